"""One file per study: whatever study a module of this package declares is in the catalogue."""

from __future__ import annotations

from estran.catalogue.discover import declared_in
from estran.catalogue.study import Study

FIRST = ("simulate_scene", "predict_glint")
"""Modules in the order of pages; those that are not named here follow by name."""

STUDIES: tuple[type[Study], ...] = declared_in(__name__, Study, FIRST)
"""Every study, in the order of pages."""
