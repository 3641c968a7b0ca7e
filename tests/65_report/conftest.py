"""A small scene with known numbers, and the same with everything odd about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import dask.array as da
import numpy as np
import pytest
from affine import Affine

from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Product

FINE = Grid(240, 200, Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
GRID = FINE.at_resolution(20)

CODING = FlagCoding(
    "cloud_flags",
    (
        Flag("NO_DATA", 0, (60, 60, 60), "nothing was measured"),
        Flag("CLOUD", 1, (255, 210, 40), "cloud", 0.4),
        Flag("CLOUD_SHADOW", 2, (120, 40, 160), "shadow of a cloud", 0.4),
        Flag("POTENTIAL_CLOUD", 3, (255, 120, 0), "passed the spectral tests", 0.6),
        Flag("SNOW", 4, (0, 255, 255), "snow"),
    ),
)
CLASSES = IndexCoding(
    "cloud_class",
    (
        IndexValue("no_data", 0, (60, 60, 60), "nothing was measured"),
        IndexValue("clear", 1, (110, 160, 90), "clear"),
        IndexValue("cloud", 2, (240, 240, 240), "cloud"),
    ),
)


def reflectance(name: str, grid: Grid, value: float, seed: int) -> Band:
    """A band around `value`, scaled as Sentinel-2 is, with a no-data column on its left."""
    noise = np.random.default_rng(seed).normal(0, 0.01, grid.shape)
    raw = np.rint(np.clip(value + noise, 0.0001, 1.2) * 10000).astype(np.uint16)
    raw[:, : grid.width // 12] = 0
    return Band(name, raw, grid, scale=1e-4, nodata=0, unit="1")


@pytest.fixture
def source() -> Product:
    bands = [reflectance(n, FINE, v, i) for i, (n, v) in enumerate((("B2", 0.10), ("B3", 0.09), ("B4", 0.08)))]
    bands += [reflectance(n, GRID, v, i) for i, (n, v) in enumerate((("B8A", 0.30), ("B11", 0.20), ("B12", 0.12)), 3)]
    lazy = {b.name: replace(b, data=da.from_array(b.data, chunks=64)) for b in bands}
    user = Element("Level-1C_User_Product", {}, (Element("Product_Info", {"PROCESSING_BASELINE": "04.00"}),))
    return Product(
        "S2A_<test>&product",
        FINE,
        lazy,
        kind="S2_MSI_Level-1C",
        platform="Sentinel-2A",
        metadata=(user,),
        start=datetime(2020, 6, 1, 10, 30, tzinfo=UTC),
        notes=("no band B10: the thin-cirrus test is off",),
    )


@pytest.fixture
def masks() -> dict[str, np.ndarray]:
    """No-data on the left; a cloud of 20 x 30 pixels inside a potential cloud of 40 x 30; its shadow, 10 x 10 pixels
    apart.
    """
    masks = {f.name: np.zeros(GRID.shape, bool) for f in CODING.flags}
    masks["NO_DATA"][:, :10] = True
    masks["POTENTIAL_CLOUD"][20:60, 40:70] = True
    masks["CLOUD"][20:40, 40:70] = True
    masks["CLOUD_SHADOW"][70:80, 80:90] = True
    return masks


@pytest.fixture
def result(masks: dict[str, np.ndarray]) -> Product:
    classes = np.where(masks["NO_DATA"], 0, np.where(masks["CLOUD"], 2, 1)).astype(np.uint8)
    probability = np.where(masks["NO_DATA"], np.nan, 0.25).astype(np.float32)
    height = np.where(masks["CLOUD"], 1500.0, np.nan).astype(np.float32)
    height[20, 40] = 2500.0
    record = Element(
        "Estran_CloudMask",
        {"operator": "Estran.Unknown", "operator_version": "9.9"},
        (
            Element("parameters", {"mode": "strict"}),
            Element("facts", {"land_threshold": 0.4321, "few_clear": False}),
            Element("notes", {"note_1": "sun searched"}),
        ),
    )
    return Product(
        "masks",
        GRID,
        {
            "cloud_flags": Band(
                "cloud_flags", CODING.pack(masks), GRID, coding=CODING, description="Flags of the cloud mask"
            ),
            "cloud_class": Band(
                "cloud_class", da.from_array(classes, chunks=33), GRID, coding=CLASSES, description="Classes"
            ),
            "cloud_probability": Band("cloud_probability", probability, GRID, unit="1"),
            "cloud_height": Band("cloud_height", height, GRID, unit="m"),
        },
        metadata=(Element("history", {}, (record,)),),
    )
