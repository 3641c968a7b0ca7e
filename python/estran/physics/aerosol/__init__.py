"""Optical properties of aerosol: Mie's theory, log-normal modes, published models; see ``docs/ATBD/aerosol.md``."""

from estran.physics.aerosol.models import MODELS, AerosolModel
from estran.physics.aerosol.optics import Optics, optics

__all__ = ["MODELS", "AerosolModel", "Optics", "optics"]
