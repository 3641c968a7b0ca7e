"""Images of the product and of the truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estran.raster.grid import Grid

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene

REAL_TILES: Mapping[int, int] = {10: 1024, 20: 640, 60: 192}
"""Sides of the tiles in JPEG 2000 files of real products, by pixel size [m]."""

REAL_RESOLUTIONS = 6
"""Resolutions in JPEG 2000 files of real products: each half of the one before."""

NO_OVERVIEW = 128
"""GDAL gives JPEG 2000 images up to this size [pixels] no overview (its JP2OpenJPEG driver), and SNAP's reader takes
their number for that of its levels.
"""

TRUTH_MEANING: Mapping[str, str] = {
    "cloud": "1: optical thickness of water cloud along the view of B4 is 0.5 or more",
    "cirrus": "1: optical thickness of ice cloud along the view of B4 is 0.03 or more",
    "shadow": "1: clouds let less than 0.6 of the Sun's beam through, and no cloud hides the ground",
    "relief_shadow": "1: terrain hides the Sun, cast upon the pixel or because the slope is turned away",
    "snow": "1: half or more of the ground is snow",
    "water": "1: half or more of the ground is water",
    "city": "1: built-up",
    "beach": "1: half or more of the ground is sand",
    "nodata": "1: a 10 or 20 m band has no data",
    "dem": "altitude of the ground above sea level [m]",
    "cloud_height": "mean altitude above sea level [m] of the uppermost cloud along the view of B4, weighted by "
    "extinction; NaN where no cloud",
    "cloud_depth": "optical thickness of water cloud along the view of B4",
    "cirrus_depth": "optical thickness of ice cloud along the view of B4",
    "sun_beam": "fraction of the Sun's beam that clouds let through to the ground",
    "glint": "reflectance of the Sun's glint in B11 at the level of the water, as lit (0 in the cores of cloud "
    "shadows), viewed without clouds",
    "wind": "wind over water [m/s]; NaN on land",
    "cloud_id": "number of the cloud object, 0 where no cloud",
}


def write_jp2(path: Path, bands: npt.NDArray[Any], grid: Grid) -> None:
    """Write a lossless JPEG 2000 file, in the tiles that real products have."""
    import rasterio

    across, down = _tile(grid.width, grid.pixel_size[0]), _tile(grid.height, grid.pixel_size[1])
    tiles = {"blockxsize": across, "blockysize": down} if (across, down) != (grid.width, grid.height) else {}
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        width=grid.width,
        height=grid.height,
        count=len(bands),
        dtype=bands.dtype,
        crs=grid.crs,
        transform=grid.transform,
        QUALITY="100",
        REVERSIBLE="YES",
        RESOLUTIONS=min(REAL_RESOLUTIONS, min(across, down).bit_length() - 1),
        GMLJP2="YES",
        GEOJP2="YES",
        **tiles,
        **({"YCBCR420": "NO", "YCC": "NO"} if len(bands) == 3 else {}),
    ) as target:
        target.write(bands)
    # Georeference lives in the file; a sidecar would say it twice.
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)


def _tile(size: int, pixel: float) -> int:
    """Side of a tile: that of real products by pixel size; a smaller image is one tile, or two where its side is odd
    and it could have an overview.

    GDAL halves an image for an overview only where its tiles have even sides (JP2OpenJPEG driver), and SNAP's reader
    needs an overview of each band.
    """
    side = REAL_TILES.get(round(pixel), REAL_TILES[10])
    if size > side:
        return side
    return 2 * (size // 4 + 1) if size % 2 and size > NO_OVERVIEW else size


def true_colour(scene: SimulatedScene, step: int = 1) -> npt.NDArray[np.uint8]:
    """The product's own picture: reflectances 0..0.36 over 1..255, as the TCI of real products."""
    planes = [
        np.clip(scene.bands[b][::step, ::step].astype(np.float32) * (255.0 / 3600.0), 1, 255)
        for b in ("B4", "B3", "B2")
    ]
    image = np.stack(planes).astype(np.uint8)
    image[:, scene.bands["B4"][::step, ::step] == 0] = 0
    return image


def preview(scene: SimulatedScene) -> tuple[npt.NDArray[np.uint8], Grid]:
    """A small picture, 343 pixels wide at most, and its grid."""
    from affine import Affine

    grid = scene.grids[10]
    step = max(1, -(-grid.width // 343))
    image = true_colour(scene, step)
    assert grid.transform is not None
    return image, Grid(image.shape[2], image.shape[1], grid.transform * Affine.scale(step), grid.crs)


def write_truth(scene: SimulatedScene, folder: Path) -> None:
    """One GeoTIFF for each layer of the truth, with what it means in its tags."""
    import rasterio

    folder.mkdir()
    grid = scene.grids[20]
    for name, values in scene.truth.items():
        floating = values.dtype.kind == "f"
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=1,
            dtype=values.dtype,
            crs=grid.crs,
            transform=grid.transform,
            compress="deflate",
            zlevel=1,
            predictor=3 if floating else 1,
            tiled=grid.width >= 256,
            **({"nodata": float("nan")} if floating else {}),
        ) as target:
            target.write(values, 1)
            target.set_band_description(1, name)
            target.update_tags(DESCRIPTION=TRUTH_MEANING[name], SEED=scene.config.seed)
