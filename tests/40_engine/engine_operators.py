"""Small operators of every walk, and a small product: what the engine does must not depend on ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from affine import Affine
from scipy import ndimage

from estran.catalogue.spec import Aux, BandOut, FlagsOut, Operator, Reads, Source, Walk, param
from estran.raster.coding import Flag, FlagCoding
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.raster.record import RunRecord
from estran.raster.scene import Block

CODING = FlagCoding(
    "bright_flags",
    (Flag("BRIGHT", 0, (255, 255, 255), "Brighter than the limit"), Flag("NODATA", 1, (0, 0, 0), "No data")),
)
READS = (
    Reads("red", "1"),
    Reads("sun_zenith", "degrees", optional=True, without="the sun is taken at the zenith", from_param="sza"),
)
WRITES = (
    BandOut("value", "float32", "1", "What was computed"),
    FlagsOut("bright_flags", "uint8", CODING, "Bright pixels"),
)


class Bright(Operator, abstract=True):
    """Base of the test operators: value from the red band, flags from a limit."""

    version = "1.0"
    menu = "Optical"
    summary = "For tests."
    atbd = "test"
    sources = (Source("source", READS, "Anything with a red band."),)
    writes = WRITES

    limit: float
    sza: float | None

    def answer(self, block: Block, value: np.ndarray[Any, Any]) -> Block:
        value = value.astype(np.float32)
        return block.out(
            {
                "value": value,
                "bright_flags": CODING.pack({"BRIGHT": value > self.limit, "NODATA": np.isnan(value)}, np.uint8),
            },
            RunRecord(facts={"limit": self.limit}),
        )


@dataclass(frozen=True, kw_only=True)
class PixelOp(Bright):
    """Red over the cosine of the sun's zenith angle."""

    alias = "Test.Pixel"
    label = "Pixel"
    walk = Walk.PIXEL
    limit: float = param(0.5, "Limit.", interval="[0,1]")
    mode: Literal["plain", "odd"] = param("plain", "A choice.")
    sza: float | None = param(None, "Sun zenith angle.", unit="degrees", interval="[0,90)")
    copy_bands: tuple[str, ...] = param((), "Bands to hand on.", choose_bands=True)

    def compute(self, block: Block, survey: Any = None) -> Block:
        sun = block.get("sun_zenith")
        return self.answer(block, block["red"] / (1.0 if sun is None else np.cos(np.radians(sun))))


@dataclass(frozen=True, kw_only=True)
class NeighbourOp(Bright):
    """Largest red within `reach` pixels."""

    alias = "Test.Neighbour"
    label = "Neighbour"
    walk = Walk.NEIGHBOURHOOD
    limit: float = param(0.5, "Limit.", interval="[0,1]")
    sza: float | None = param(None, "Sun zenith angle.", unit="degrees")
    reach: int = param(3, "Reach.", unit="pixels", interval="[0,*)")

    def halo(self) -> int:
        return self.reach

    def compute(self, block: Block, survey: Any = None) -> Block:
        return self.answer(
            block,
            ndimage.maximum_filter(
                np.nan_to_num(block["red"], nan=-1.0), 2 * self.reach + 1, mode="constant", cval=-1.0
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ShortOp(NeighbourOp):
    """As its parent, but declares one pixel less than it needs."""

    alias = "Test.Short"

    def halo(self) -> int:
        return self.reach - 1


@dataclass(frozen=True, kw_only=True)
class SurveyOp(Bright):
    """Red relative to the scene's largest."""

    alias = "Test.Survey"
    label = "Survey"
    walk = Walk.SURVEYED
    limit: float = param(0.5, "Limit.", interval="[0,1]")
    sza: float | None = param(None, "Sun zenith angle.", unit="degrees")

    def survey(self, block: Block) -> Any:
        return [(block.window.row, block.window.col, float(np.nanmax(block["red"])))]

    def merge(self, first: Any, second: Any) -> Any:
        return first + second

    def compute(self, block: Block, survey: Any = None) -> Block:
        return self.answer(block, block["red"] / np.float32(max(s[2] for s in survey)))


@dataclass(frozen=True, kw_only=True)
class SceneOp(Bright):
    """Red minus the scene's median; with a height model where there is one."""

    alias = "Test.Scene"
    label = "Scene"
    walk = Walk.SCENE
    aux = (Aux("dem", "dem_file", "m", "Heights.", "heights are taken as 0"),)
    limit: float = param(0.5, "Limit.", interval="[0,1]")
    sza: float | None = param(None, "Sun zenith angle.", unit="degrees")
    dem_file: Path | None = param(None, "A height model.")

    def compute(self, block: Block, survey: Any = None) -> Block:
        block.progress(0.5, "thinking")
        heights = block.get("dem")
        return self.answer(
            block, block["red"] - np.float32(np.nanmedian(block["red"])) + (0 if heights is None else heights)
        )


OPERATORS = {op.alias: op for op in (PixelOp, NeighbourOp, ShortOp, SurveyOp, SceneOp)}


def make_product(shape: tuple[int, int] = (70, 90), pixel: float = 20.0, **changes: Any) -> Product:
    """A scaled red band with no-data in a corner and one bright pixel here and there: sparse, so that a short halo
    shows.
    """
    random = np.random.default_rng(7)
    grid = Grid(shape[1], shape[0], Affine(pixel, 0, 600000, 0, -pixel, 5600000), "EPSG:32631")
    raw = np.full(shape, 1500, np.uint16)
    raw[random.random(shape) < 0.004] = 9000
    raw[:5, :7] = 0
    red = Band("B4", raw, grid, scale=1e-4, offset=-0.1, nodata=0, unit="dl", saturated=65535)
    facts: dict[str, Any] = {
        "start": datetime(2019, 4, 11, 10, 50, 29, tzinfo=UTC),
        "platform": "Sentinel-2A",
        "kind": "S2_MSI_Level-1C",
    }
    return Product("scene", grid, {"B4": red}, **{**facts, **changes})
