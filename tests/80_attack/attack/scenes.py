"""Small scenes of known ground, as rasters and as .SAFE, and what a result says of them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LAND = {
    "B1": 0.12,
    "B2": 0.10,
    "B3": 0.09,
    "B4": 0.08,
    "B5": 0.13,
    "B6": 0.25,
    "B7": 0.30,
    "B8": 0.31,
    "B8A": 0.33,
    "B9": 0.12,
    "B10": 0.002,
    "B11": 0.20,
    "B12": 0.11,
}
"""Reflectance of vegetated ground."""
SIDE = 60


def land(seed: int = 1, side: int = SIDE) -> dict[str, Array]:
    """Reflectances with some texture, (side, side), float32."""
    texture = 1.0 + 0.08 * np.random.default_rng(seed).standard_normal((side, side))
    return {name: (value * texture).astype(np.float32) for name, value in LAND.items()}


def write_stack(
    path: Path,
    bands: Mapping[str, Array],
    *,
    pixel: float = 20.0,
    crs: str | None = "EPSG:32631",
    transform: Any = None,
    nodata: float | None = None,
) -> Path:
    """Bands as a GeoTIFF with their names."""
    import rasterio

    first = next(iter(bands.values()))
    place = rasterio.Affine(pixel, 0, 600000, 0, -pixel, 5600000) if transform is None else transform
    profile = {
        "driver": "GTiff",
        "width": first.shape[1],
        "height": first.shape[0],
        "count": len(bands),
        "dtype": first.dtype,
        "nodata": nodata,
    }
    with rasterio.open(path, "w", crs=crs, transform=place, **profile) as raster:
        for number, (name, data) in enumerate(bands.items(), 1):
            raster.write(data, number)
            raster.set_band_description(number, name)
    return path


def write_raster(
    path: Path, data: Array, transform: Any, crs: str | None = "EPSG:32631", nodata: float | None = None
) -> Path:
    """One band, a DEM say."""
    import rasterio

    profile = {
        "driver": "GTiff",
        "width": data.shape[1],
        "height": data.shape[0],
        "count": 1,
        "dtype": data.dtype,
        "nodata": nodata,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        _write(path, data, profile, transform, crs)
    return path


def _write(path: Path, data: Array, profile: dict[str, Any], transform: Any, crs: str | None) -> None:
    import rasterio

    with rasterio.open(path, "w", crs=crs, transform=transform, **profile) as raster:
        raster.write(data, 1)


def flags(product: Path, band: str = "mask_flags") -> dict[str, Array]:
    """Each flag of a result as (rows, columns) of bool."""
    from estran.adapters.files.open import open_product

    found = open_product(product).bands[band]
    coding: Any = found.coding
    data = np.asarray(found.data)
    return {flag.name: data & flag.mask > 0 for flag in coding.flags}


def safe_builder() -> ModuleType:
    """The builder of the reader's own tests, which shares nothing with the reader."""
    folder = str(Path(__file__).resolve().parents[2] / "45_adapters")
    if folder not in sys.path:
        sys.path.append(folder)
    import safe_builder as module  # type: ignore[import-not-found]

    return module  # type: ignore[no-any-return]


def built_safe(
    folder: Path, offset: int = 0, field: Callable[[str, tuple[int, int]], Array] | None = None, **more: Any
) -> Path:
    """A .SAFE of 3.6 km with land of known reflectance; `field` gives reflectances by band and shape, `offset` what
    baselines since 04.00 add.
    """
    builder = safe_builder()

    def textured(band: str, shape: tuple[int, int]) -> Array:
        name = band if band == "B8A" else f"B{int(band[1:])}"
        rows, cols = np.indices(shape) * (3600.0 / shape[0])
        return LAND[name] * (1.0 + 0.08 * np.sin(rows / 97.0) * np.cos(cols / 61.0))

    raw = {
        b: np.rint((field or textured)(b, builder.shape(b)) * 1e4 + offset).clip(1, 65535).astype(np.uint16)
        for b in builder.BANDS
    }
    if offset:
        more = {"baseline": "05.00", "offsets": dict.fromkeys(range(13), -offset), **more}
    kinds = {
        "sun": builder.constant(35.0, 150.0),
        "views": {5: (builder.constant(6.0, 103.0), np.ones_like(builder.nodes()[0], bool))},
    }
    made: Path = builder.build(folder, raw, **{**kinds, **more})
    return made
