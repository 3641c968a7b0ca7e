"""One file per operator; this is the table of contents."""

from __future__ import annotations

from estran.catalogue.operators.cloud_displacement import CloudDisplacement
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.cloud_probability import CloudProbability
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import Operator

OPERATORS: tuple[type[Operator], ...] = (
    Masks,
    CloudMask,
    CloudProbability,
    CloudDisplacement,
    SpectralTests,
    ReliefShadow,
    SunGlint,
)
"""Every operator, in the order of menus and pages."""
