"""Small operators with a further axis: views that a parameter gives, views of the product, many products along time;
and products for them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from affine import Affine
from scipy import ndimage

from estran.catalogue.spec import Axis, BandOut, Operator, Reads, Source, Walk, param
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates
from estran.raster.product import Band, Product

GRID = Grid(97, 70, Affine(20, 0, 600000, 0, -20, 5600000), "EPSG:32631")
NOON = datetime(2021, 6, 1, 10, 30, tzinfo=UTC)
VIEWS = Coordinates("view", (-15.0, 0.0, 22.5), "degrees", "View zenith angle")
TIMES = Coordinates("time", tuple(NOON + timedelta(days=10 * i + i * i) for i in range(3)))
RANDOM = {"view": "systematic", "y": "random", "x": "random"}


class Trial(Operator, abstract=True):
    """Base of the trial operators."""

    version = "1.0"
    menu = "Raster"
    atbd = "test"
    summary = "For tests."


@dataclass(frozen=True, kw_only=True)
class Angles(Trial):
    """Red seen under the angles of a parameter: `rho` = red / cos(angle), in doubles; its uncertainty; their mean."""

    alias = "Test.Angles"
    label = "Angles"
    walk = Walk.PIXEL
    sources = (Source("source", (Reads("red"),), "Anything with a red band."),)
    axes = (Axis("view", coordinates="tilts", unit="degrees", meaning="View zenith angle"),)
    writes = (
        BandOut("rho", "float64", "1", "Reflectance by view", dims=("view", "y", "x")),
        BandOut(
            "u_rho",
            "float64",
            "1",
            "Uncertainty of rho",
            dims=("view", "y", "x"),
            uncertainty_of="rho",
            correlation=RANDOM,
        ),
        BandOut("mean", "float32", "1", "Mean over views"),
    )
    tilts: tuple[float, ...] = param((0.0, 15.0), "View zenith angles.", unit="degrees", interval="[0,89]")

    def compute(self, block, survey=None):
        angles = np.array(block.scene.axes["view"].values)
        rho = block["red"].astype(np.float64) / np.cos(np.radians(angles))[:, None, None]
        return block.out({"rho": rho, "u_rho": np.abs(rho) / 50, "mean": rho.mean(axis=0).astype(np.float32)})


@dataclass(frozen=True, kw_only=True)
class Numbered(Trial):
    """As many layers as a parameter says, each red times its number."""

    alias = "Test.Numbered"
    label = "Numbered"
    walk = Walk.PIXEL
    sources = (Source("source", (Reads("red"),), "Anything with a red band."),)
    axes = (Axis("view", length="count"),)
    writes = (BandOut("multiple", "float32", "1", "Multiples", dims=("view", "y", "x")),)
    count: int = param(2, "How many.", interval="[1,9]")

    def compute(self, block, survey=None):
        numbers = np.float32(block.scene.axes["view"].values)
        return block.out({"multiple": block["red"] * numbers[:, None, None]})


@dataclass(frozen=True, kw_only=True)
class PerView(Trial):
    """A band over views: the largest within `reach` of each view, and the spread between views."""

    alias = "Test.PerView"
    label = "PerView"
    walk = Walk.NEIGHBOURHOOD
    sources = (
        Source(
            "source",
            (
                Reads("red", dims=("view", "y", "x")),
                Reads("cirrus", optional=True, without="veils are not seen"),
            ),
            "A product with views.",
        ),
    )
    writes = (
        BandOut("largest", "float32", "1", "Largest red near", dims=("view", "y", "x")),
        BandOut("spread", "float64", "1", "Spread of views"),
    )
    reach: int = param(2, "Reach.", unit="pixels", interval="[0,9]")

    def halo(self):
        return self.reach

    def compute(self, block, survey=None):
        size = 2 * self.reach + 1
        red = block["red"]
        holes = np.isnan(red)
        near = ndimage.maximum_filter(np.where(holes, -1.0, red), (1, size, size), mode="constant", cval=-1.0)
        veil = 0.0 if block.get("cirrus") is None else block["cirrus"].astype(np.float64)
        spread = red.max(axis=0).astype(np.float64) - red.min(axis=0) + veil
        return block.out({"largest": np.where(holes, np.nan, near).astype(np.float32), "spread": spread})


@dataclass(frozen=True, kw_only=True)
class Series(Trial):
    """Any number of products: each minus the mean of all pixels of all, and the slope over time [1/day]."""

    alias = "Test.Series"
    label = "Series"
    walk = Walk.SURVEYED
    sources = (
        Source(
            "source",
            (Reads("red"), Reads("cirrus", optional=True, without="veils are not seen")),
            "Products of one grid.",
            many=True,
        ),
    )
    writes = (
        BandOut("anomaly", "float32", "1", "Red minus its mean", dims=("time", "y", "x")),
        BandOut("slope", "float64", "1/day", "Slope of red"),
        BandOut(
            "u_slope",
            "float64",
            "1/day",
            "Uncertainty of the slope",
            uncertainty_of="slope",
            correlation={"y": "random", "x": "systematic"},
            pdf_shape="rectangle",
        ),
    )

    def survey(self, block):
        counts = np.nan_to_num(np.round(block["red"] * 1e4)).astype(np.int64)
        return np.array([counts.sum(), np.isfinite(block["red"]).sum()])

    def merge(self, first, second):
        return first + second

    def compute(self, block, survey=None):
        return block.out(self._answer(block, np.float32(survey[0] / survey[1] / 1e4)))

    def _answer(self, block, mean):
        first, *_ = block.scene.axes["time"].values
        days = np.array([(moment - first).total_seconds() / 86400 for moment in block.scene.axes["time"].values])
        red = block["red"].astype(np.float64)
        if block.get("cirrus") is not None:
            red = red - block["cirrus"]
        weights = days - days.mean()
        norm = max(float((weights**2).sum()), 1.0)
        slope = (weights[:, None, None] * red).sum(axis=0) / norm
        return {"anomaly": block["red"] - mean, "slope": slope, "u_slope": np.abs(slope) / 10}


@dataclass(frozen=True, kw_only=True)
class SceneSeries(Series):
    """As its parent, over the whole scene at once: minus the median."""

    alias = "Test.SceneSeries"
    label = "SceneSeries"
    walk = Walk.SCENE

    def compute(self, block, survey=None):
        return block.out(self._answer(block, np.float32(np.nanmedian(block["red"]))))


OPERATORS = {op.alias: op for op in (Angles, Numbered, PerView, Series, SceneSeries)}


def raw(seed: int, shape: tuple[int, int] = GRID.shape) -> np.ndarray:
    """Digital numbers: calm, a few bright pixels, a corner without data."""
    random = np.random.default_rng(seed)
    values = (1500 + 10 * random.random(shape) + 40 * seed).astype(np.uint16)
    values[random.random(shape) < 0.01] = 9000
    values[:3, :4] = 0
    return values


def band(name: str, seed: int, grid: Grid = GRID, **more) -> Band:
    return Band(name, raw(seed, grid.shape), grid, scale=1e-4, nodata=0.0, saturated=65535.0, unit="dl", **more)


def image(seed: int = 1, grid: Grid = GRID, **changes) -> Product:
    """A product of one red band."""
    facts = {"name": f"scene{seed}", "platform": "Sentinel-2A", "start": NOON}
    return Product(grid=grid, bands={"B4": band("B4", seed, grid)}, **{**facts, **changes})


def views(grid: Grid = GRID, coordinates: Coordinates = VIEWS) -> Product:
    """A product with red once a view, as bands red_view1, red_view2, …"""
    layers = [coordinates.layer("red", i) for i in range(len(coordinates))]
    bands = {layer.name: band(layer.name, i, grid, layer=layer) for i, layer in enumerate(layers)}
    return Product("views", grid, bands, start=NOON)


def series(grid: Grid = GRID) -> list[Product]:
    """Three dates, in order."""
    return [image(i + 1, grid, start=moment, name=f"date{i}") for i, moment in enumerate(TIMES.values)]


def many(products: list[Product]) -> dict[str, Product]:
    """Products as the sources of an operator that takes many."""
    return {f"source.{i}" if i else "source": product for i, product in enumerate(products)}


def without_map(product: Product) -> Product:
    """The product as detector lines: pixels that lie on no map."""
    grid = Grid(product.grid.width, product.grid.height)
    bands = {name: replace(one, grid=grid) for name, one in product.bands.items()}
    return replace(product, grid=grid, bands=bands)
