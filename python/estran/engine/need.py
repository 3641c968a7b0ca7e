"""What a step will need, judged from its declaration and the size of its image before it starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from estran.catalogue.outputs import targets
from estran.catalogue.spec import Operator, Walk
from estran.engine.inputs import Inputs
from estran.engine.whole_scene import IN_MEMORY
from estran.raster.grid import Grid
from estran.raster.product import Product

_SAMPLE = 4
"""Bytes of a float32: what operators read."""
_TILES = 3
"""Copies of a tile that a thread holds, of each band: read, joined, computed."""
_RAYS = 100
"""Bytes a pixel that casting rays over a DEM takes besides: measured on a full tile of 5490 x 5490 pixels, 5.6 GB
against 2.7 GB.
"""


@dataclass(frozen=True)
class Need:
    """What a step will take.

    Parameters
    ----------
    what
        The operator's name.
    grid
        The image it works on.
    memory
        Beyond what the process has already [bytes].
    result
        Of its bands, uncompressed [bytes].
    """

    what: str
    grid: Grid
    memory: int
    result: int


Weigh = Callable[[Need], None]
"""Called before a step starts; raises where there is not enough."""


def need_of(op: Operator, inputs: Inputs, *, tile: int, threads: int, rays: bool = False) -> Need:
    """What an operator will need of memory, and its result on disk."""
    pixels = inputs.grid.width * inputs.grid.height
    arrays = sum(not isinstance(array, float) for array in inputs.arrays.values())
    result = pixels * sum(np.dtype(t.dtype).itemsize for t in targets(op, inputs.axes))
    if op.walk is Walk.SCENE:
        memory = memory_of_scene(op, arrays, pixels) + (pixels * _RAYS if rays else 0)
    else:
        side = tile + 2 * (0 if op.walk is Walk.PIXEL else op.halo())
        memory = threads * _TILES * arrays * _SAMPLE * min(pixels, side * side)
    return Need(op.alias, inputs.grid, memory, result)


def memory_of_scene(op: Operator, arrays: int, pixels: int) -> int:
    """What a scene operator holds of so many arrays [bytes].

    That is all its bands, unless it declares passes: then these lie in temporary files beyond
    :data:`~estran.engine.whole_scene.IN_MEMORY`, and what it holds in the worst of its passes counts.
    """
    held = pixels * arrays * _SAMPLE
    if not op.passes or held <= IN_MEMORY:
        return held
    return pixels * max(each.holds for each in op.passes)


def casts_rays(op: Operator, inputs: Inputs, with_rays: bool) -> bool:
    """Whether an operator will have rays cast over a DEM, where it is given a ray caster."""
    return (
        with_rays
        and "dem" in inputs.files
        and "rugged" in (getattr(op, "backend", ""), getattr(op, "relief_backend", ""))
    )


def size_of(product: Product) -> int:
    """The samples of a product, uncompressed [bytes]."""
    held = [band for band in product.bands.values() if band.data is not None and band.expression is None]
    return sum(band.grid.width * band.grid.height * np.dtype(band.data.dtype).itemsize for band in held)
