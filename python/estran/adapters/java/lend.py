"""What operators may borrow of Java; nothing is started before one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def lent() -> dict[str, Callable[..., Any]]:
    """Ray casters, for :attr:`estran.raster.scene.Block.lent`."""

    def rays(terrain: Any) -> Any:
        from estran.adapters.java.rugged import RuggedRays

        return RuggedRays(terrain)

    return {"rays": rays}
