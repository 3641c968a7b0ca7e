"""One file per study; this is the table of contents."""

from __future__ import annotations

from estran.catalogue.studies.predict_glint import PredictGlint
from estran.catalogue.studies.simulate_scene import SimulateScene
from estran.catalogue.study import Study

STUDIES: tuple[type[Study], ...] = (SimulateScene, PredictGlint)
"""Every study, in the order of pages."""
