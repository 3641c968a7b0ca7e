"""A small scene as arrays, and as a Dataset that another library could have made."""

from __future__ import annotations

import dask.array as da
import numpy as np
import xarray as xr
from affine import Affine

from estran.raster.grid import Grid

GRID = Grid(80, 70, Affine(20, 0, 600000, 0, -20, 5000000), "EPSG:32631")
BRIGHT = {"B2": 0.1, "B3": 0.09, "B4": 0.07, "B8A": 0.3, "B11": 0.2, "B12": 0.1}
COMMON = {"B2": "blue", "B3": "green", "B4": "red", "B8A": "nir08", "B11": "swir16", "B12": "swir22"}


def counts(seed: int = 0) -> dict[str, np.ndarray]:
    """Digital numbers of a textured ground with a no-data column and a saturated pixel."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, value in BRIGHT.items():
        raw = np.rint(1e4 * value * (1 + 0.2 * rng.standard_normal(GRID.shape))).clip(1, 20000).astype(np.uint16)
        raw[:, :3] = 0
        raw[30, 40] = 65535
        made[name] = raw
    return made


def with_attrs(dataset: xr.Dataset, **attributes: object) -> xr.Dataset:
    """A Dataset whose bands have these attributes."""
    return dataset.assign(
        {name: variable.assign_attrs(attributes) for name, variable in dataset.data_vars.items() if variable.ndim}
    )


def make_foreign(seed: int = 0, *, crs: bool = True, chunks: int = 32) -> xr.Dataset:
    y, x = 5000000 - 20 * (np.arange(GRID.height) + 0.5), 600000 + 20 * (np.arange(GRID.width) + 0.5)
    bands = {}
    for name, raw in counts(seed).items():
        values = np.where(raw == 0, np.nan, raw * 1e-4).astype(np.float32)
        bands[COMMON[name]] = (("y", "x"), da.from_array(values, chunks=chunks))
    dataset = xr.Dataset(
        bands, {"y": y, "x": x, "time": np.datetime64("2020-06-01T10:30:00", "ns")}, {"platform": "sentinel-2a"}
    )
    return dataset.assign_attrs(crs="EPSG:32631") if crs else dataset
