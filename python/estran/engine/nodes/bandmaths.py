"""``BandMaths``: bands made by expressions."""

# SNAP's parameter names are camelCase.
# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from estran.catalogue.spec import Declared, param
from estran.engine.expressions import lazily
from estran.engine.graph import Value
from estran.engine.nodes import SnapNode
from estran.errors import BadGrid, BadParameter
from estran.raster.expression import names
from estran.raster.product import Band, Product


@dataclass(frozen=True, kw_only=True)
class TargetBand(Declared):
    """One band to be made."""

    alias = "BandMaths, targetBand"
    name: str = param("", "Name of the band.")
    expression: str = param("", "What it is, in band arithmetic.")
    type: Literal["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"] = param("float32", "Type of its samples.")
    description: str = param("", "What it means.")
    unit: str = param("", "Unit.")
    validExpression: str = param("", "Where it is valid.")
    noDataValue: float | None = param(None, "Value without data; NaN where not given.")
    spectralWavelength: float | None = param(None, "Central wavelength.", unit="nm")
    spectralBandwidth: float | None = param(None, "Width.", unit="nm")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or not self.expression:
            raise BadParameter("a target band needs a name and an expression", where=self.alias, found=self.name or self.expression or "neither")


@dataclass(frozen=True, kw_only=True)
class BandMaths(SnapNode):
    """Makes bands from expressions over those of the source."""

    alias = "BandMaths"
    bands: tuple[TargetBand, ...] = ()

    def __post_init__(self) -> None:
        if not self.bands:
            raise BadParameter("no target band is given", where=self.alias, todo="give at least one targetBand with name and expression")

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The list of bands."""
        return ("targetBands",)

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> Self:
        """From the records of ``targetBands``."""
        unknown = [name for name in values if name not in cls.parameter_names()]
        if unknown:
            raise BadParameter(f"unknown parameter {unknown[0]!r}", where=cls.alias, expected="targetBands", todo="run this graph with gpt, which has more")
        records = values.get("targetBands", ())
        if isinstance(records, str):
            raise BadParameter("parameter targetBands is a text", where=cls.alias, expected="targetBand records", found=repr(records))
        return cls(bands=tuple(TargetBand.from_text(record) for record in records))

    def apply(self, source: Product, *, tile: int) -> Product:
        """The bands, lazy, on the grid of the bands that they name."""
        made = {}
        for target in self.bands:
            grids = [source.bands[n].grid for n in sorted(names(target.expression)) if n in source.bands]
            made[target.name] = _band(target, source, grids[0] if grids else source.grid, tile)
        sizes = {band.grid.shape for band in made.values()}
        if len(sizes) > 1:
            raise BadGrid("the target bands differ in size", where=self.alias, todo="put a Resample node before")
        grid = next(iter(made.values())).grid
        return replace(source, name=f"{source.name}_BandMath", grid=grid, bands=made, masks={}, auto_grouping="", quicklook="")


def _band(target: TargetBand, source: Product, grid: Any, tile: int) -> Band:
    values = lazily(target.expression, source, grid, tile, dtype=np.float64, only_data=True)
    if target.validExpression:
        values = np.where(lazily(target.validExpression, source, grid, tile, dtype=np.bool_), values, np.nan)
    dtype = np.dtype(target.type)
    nodata = float("nan") if target.noDataValue is None else target.noDataValue

    def store(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        filled = np.where(np.isnan(block), nodata, block)
        if dtype.kind == "f":
            return np.asarray(filled, dtype)
        limits = np.iinfo(dtype)
        # Truncated as SNAP does; NaN is 0.
        return np.asarray(np.clip(np.trunc(np.nan_to_num(filled)), limits.min, limits.max), dtype)

    data = values.map_blocks(store, dtype=dtype, meta=np.empty((0, 0), dtype))
    keeps_nodata = dtype.kind == "f" or target.noDataValue is not None
    return Band(
        target.name,
        data,
        grid,
        nodata=nodata if keeps_nodata else None,
        unit=target.unit,
        description=target.description,
        wavelength=target.spectralWavelength,
        bandwidth=target.spectralBandwidth,
    )
