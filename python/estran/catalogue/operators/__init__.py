"""One file per operator: whatever operator a module of this package declares is in the catalogue."""

from __future__ import annotations

from estran.catalogue.discover import declared_in
from estran.catalogue.spec import Operator

FIRST = (
    "masks",
    "cloud_mask",
    "cloud_probability",
    "cloud_displacement",
    "spectral_tests",
    "relief_shadow",
    "sun_glint",
)
"""Modules in the order of menus and pages; those that are not named here follow by name."""

OPERATORS: tuple[type[Operator], ...] = declared_in(__name__, Operator, FIRST)
"""Every operator, in the order of menus and pages."""
