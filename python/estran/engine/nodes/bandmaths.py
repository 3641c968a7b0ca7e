"""``BandMaths``: bands made by expressions."""

# SNAP's parameter names are camelCase; class attributes of a declaration are no mutable state.
# ruff: noqa: N815, RUF012

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from estran.catalogue.spec import Declared, param, parameters_of
from estran.engine.expressions import lazily
from estran.engine.graph import Value
from estran.engine.nodes.base import SnapNode
from estran.engine.nodes.subset import readable_masks
from estran.errors import BadParameter
from estran.raster.expression import Constants, names, references
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

log = logging.getLogger("estran")

_NULL = "null"
"""How SNAP writes a number of a band that is not given."""


@dataclass(frozen=True, kw_only=True)
class TargetBand(Declared):
    """One band to be made."""

    alias = "BandMaths, targetBand"
    name: str = param("", "Name of the band.")
    expression: str = param("", "What it is, in band arithmetic.")
    type: Literal["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"] = param(
        "float32", "Type of its samples."
    )
    description: str = param("", "What it means.")
    unit: str = param("", "Unit.")
    validExpression: str = param("", "Where it is valid.")
    noDataValue: float | None = param(None, "Value without data; NaN where not given.")
    scalingFactor: float = param(1.0, "Value of a step of its samples.")
    scalingOffset: float = param(0.0, "Value of the sample 0.")
    spectralBandIndex: int | None = param(None, "Index of the spectral band.")
    spectralWavelength: float | None = param(None, "Central wavelength.", unit="nm")
    spectralBandwidth: float | None = param(None, "Width.", unit="nm")
    angularValue: float | None = param(None, "View angle; without effect here.")
    angularBandIndex: int | None = param(None, "Index of the view; without effect here.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or not self.expression:
            raise BadParameter(
                "a target band needs a name and an expression",
                where=self.alias,
                found=self.name or self.expression or "neither",
                todo="give it both",
            )
        if not self.scalingFactor:
            raise BadParameter(
                "the scalingFactor of a target band is 0",
                where=self.alias,
                found=self.name,
                todo="leave it out, or give another",
            )
        self._check_nodata()

    def _check_nodata(self) -> None:
        """The samples must be able to hold the value without data; NaN, which SNAP writes for whole numbers too, is 0
        there.
        """
        dtype, value = np.dtype(self.type), self.noDataValue
        if value is None or np.isnan(value) or dtype.kind == "f":
            return
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max or value != np.trunc(value):
            raise BadParameter(
                f"noDataValue does not fit the type of band {self.name}",
                where=self.alias,
                expected=f"a whole number from {limits.min} to {limits.max}, as {self.type} has",
                found=f"{value:g}",
                todo="give such a number, or a type that holds it",
            )

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """From the children of ``targetBand``; SNAP takes no notice of others (snapista writes ``no_data_value``)."""
        known = {p.name for p in parameters_of(cls)}
        for name in record:
            if name not in known:
                log.warning("BandMaths: SNAP knows no %s of a target band; it is left out.", name)
        given = {name: text for name, text in record.items() if name in known and text != _NULL}
        return cls.from_text({**given, **({"type": given["type"].lower()} if "type" in given else {})})


@dataclass(frozen=True, kw_only=True)
class BandMaths(SnapNode):
    """Makes bands from expressions over those of the source."""

    alias = "BandMaths"
    many_sources = True
    other_names = {"targetBandDescriptors": "targetBands"}
    bands: tuple[TargetBand, ...] = ()
    constants: Constants = ()

    def __post_init__(self) -> None:
        if not self.bands:
            raise BadParameter(
                "no target band is given",
                where=self.alias,
                todo="give at least one targetBand with name and expression, in a graph",
            )
        repeated = [b.name for i, b in enumerate(self.bands) if b.name in [a.name for a in self.bands[:i]]]
        if repeated:
            raise BadParameter(
                "two target bands have the same name",
                where=self.alias,
                found=repeated[0],
                todo="give each its own name",
            )
        for band in self.bands:
            names(band.expression, self.constants)  # what cannot be read is said before anything runs
            if band.validExpression:
                names(band.validExpression)

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The lists of bands and of variables."""
        return ("targetBands", "variables")

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> Self:
        """From the records of ``targetBands`` and ``variables``."""
        known = cls.known_values(values)
        records: dict[str, tuple[Mapping[str, str], ...]] = {}
        for name, item in (("targetBands", "targetBand"), ("variables", "variable")):
            value = known.get(name, ())
            if isinstance(value, str):
                raise BadParameter(
                    f"parameter {name} is a text",
                    where=cls.alias,
                    expected=f"{item} records",
                    found=repr(value),
                    todo=f"write it as <{item}>…</{item}> in a graph",
                )
            records[name] = value
        return cls(
            bands=tuple(TargetBand.from_record(r) for r in records["targetBands"]),
            constants=tuple(_constant(r) for r in records["variables"]),
        )

    def apply(self, source: Product, *, tile: int) -> Product:
        """The bands, lazy, on the grids of the bands that they name."""
        return self.apply_to({"sourceProduct": source}, tile=tile)

    def apply_to(self, sources: Mapping[str, Product], *, tile: int) -> Product:
        """As `apply`; bands of several products are named ``$sourceProduct.1.B4``, ``$2.B4``; those of the first
        without that too.
        """
        source = _together(sources)
        made = {
            target.name: _band(target, source, self._grid(target, source), tile, self.constants)
            for target in self.bands
        }
        grids = {band.grid.shape: band.grid for band in made.values()}
        grid = next(iter(grids.values())) if len(grids) == 1 else source.grid
        there = {*made, *source.tie_points}
        masks = readable_masks(source.masks, there)
        made = {
            name: replace(_valid(band, {*there, *masks}, source, tile), coding=_coding(band, source))
            for name, band in made.items()
        }
        return replace(
            source, name=f"{source.name}_BandMath", grid=grid, bands=made, masks=masks, auto_grouping="", quicklook=""
        )

    def _grid(self, target: TargetBand, source: Product) -> Grid:
        return next(
            (source.bands[n].grid for n in sorted(names(target.expression, self.constants)) if n in source.bands),
            source.grid,
        )


def _valid(band: Band, there: set[str], source: Product, tile: int) -> Band:
    """The band where its ``validExpression`` holds.

    As in SNAP the expression is one over the bands made, and goes along with the band. One that names bands of the
    source, which SNAP takes and cannot compute afterwards, is computed now: elsewhere the band has no data.
    """
    if references(band.valid) <= there:
        return band
    valid = lazily(band.valid, source, band.grid, tile, dtype=np.bool_)
    empty = 0 if band.nodata is None else band.nodata

    def fill(samples: np.ndarray[Any, Any], good: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.where(good, samples, np.asarray(empty, samples.dtype))

    data = band.data.map_blocks(
        fill, valid.rechunk(band.data.chunks), dtype=band.data.dtype, meta=np.empty((0, 0), band.data.dtype)
    )
    return replace(band, data=data, valid="")


def _constant(record: Mapping[str, str]) -> tuple[str, float | int | bool]:
    name, kind, text = (record.get(key, "") for key in ("name", "type", "value"))
    try:
        value: float | int | bool
        if kind == "boolean":
            value = text.lower() == "true"
        elif kind in ("float32", "float64"):
            value = float(text)
        elif kind in ("int8", "uint8", "int16", "uint16", "int32", "uint32"):
            value = int(text)
            value = value if abs(value) < 2**31 else float(value)
        else:
            raise ValueError(kind)
    except ValueError:
        raise BadParameter(
            "a variable cannot be read",
            where=BandMaths.alias,
            expected="name, type (int32, float64, boolean…) and value",
            found=", ".join(f"{k} {v!r}" for k, v in record.items()),
            todo="give it all three",
        ) from None
    if not name:
        raise BadParameter("a variable has no name", where=BandMaths.alias, found=text, todo="give it one")
    return name, value


def _together(sources: Mapping[str, Product]) -> Product:
    """The first product, with the bands of all under names of their own."""
    first = next(iter(sources.values()))
    if len(sources) == 1:
        return first
    bands = dict(first.bands)
    for number, (name, product) in enumerate(sources.items(), 1):
        for prefix in (f"${name}.", f"${number}."):
            bands |= {prefix + band.name: replace(band, name=prefix + band.name) for band in product.bands.values()}
    return replace(first, bands=bands)


def _coding(band: Band, source: Product) -> Any:
    """As SNAP copies them: the coding of the source's band of that name, where the samples are whole numbers."""
    same = source.bands.get(band.name)
    return same.coding if same is not None and np.dtype(band.data.dtype).kind in "iu" else None


def _band(target: TargetBand, source: Product, grid: Grid, tile: int, constants: Constants) -> Band:
    values = lazily(target.expression, source, grid, tile, dtype=np.float64, only_data=True, constants=constants)
    dtype = np.dtype(target.type)
    raw_nodata = target.noDataValue
    nodata = float("nan") if raw_nodata is None else raw_nodata
    factor, offset = target.scalingFactor, target.scalingOffset

    def store(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        raw = block if (factor, offset) == (1.0, 0.0) else (block - offset) / factor
        filled = np.where(np.isnan(block), nodata, raw)
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
        scale=factor,
        offset=offset,
        nodata=nodata if keeps_nodata else None,
        valid=target.validExpression,
        unit=target.unit,
        description=target.description,
        wavelength=target.spectralWavelength,
        bandwidth=target.spectralBandwidth,
        spectral_index=target.spectralBandIndex,
    )
