"""Polarised radiative transfer in a plane-parallel atmosphere over black, Lambertian or rough ground; see
``docs/ATBD/radiative_transfer.md``.
"""

from estran.physics.radiative_transfer.ground import Ground, Lambertian
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.radiative_transfer.profile import Constituent, exponential_layers
from estran.physics.radiative_transfer.solve import Radiation, solve

__all__ = ["Constituent", "Ground", "Lambertian", "Layer", "Radiation", "exponential_layers", "solve"]
