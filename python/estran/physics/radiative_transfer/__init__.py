"""Polarised radiative transfer in a plane-parallel atmosphere over black, Lambertian or rough ground; see ``docs/ATBD/radiative_transfer.md``."""

from estran.physics.radiative_transfer.ground import Ground, Lambertian
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.radiative_transfer.solve import Radiation, solve

__all__ = ["Ground", "Lambertian", "Layer", "Radiation", "solve"]
