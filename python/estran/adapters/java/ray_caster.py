"""The ray caster that operators may call; Java is started by its first call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estran.adapters.java.rugged import RuggedRays


def ray_caster(terrain: Any) -> RuggedRays:
    """Rays over a terrain, for :attr:`estran.raster.scene.Services.ray_caster`."""
    from estran.adapters.java.rugged import RuggedRays

    return RuggedRays(terrain)
