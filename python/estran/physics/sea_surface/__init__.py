"""The surface of the sea: refraction, Fresnel's equations, slopes of the waves, foam, and the reflectance they make
together; see ``docs/ATBD/sea_surface.md``.
"""

from estran.physics.sea_surface.rough_sea import RoughSea

__all__ = ["RoughSea"]
