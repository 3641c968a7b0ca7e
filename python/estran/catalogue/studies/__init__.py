"""One file per study; this is the table of contents."""

from __future__ import annotations

from estran.catalogue.spec import Study
from estran.catalogue.studies.simulate_scene import SimulateScene

STUDIES: tuple[type[Study], ...] = (SimulateScene,)
"""Every study, in the order of pages."""
