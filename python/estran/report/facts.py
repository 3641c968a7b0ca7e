"""What a reader of the report wants to know besides pictures: the input, the processing, the versions."""

from __future__ import annotations

import importlib
import math
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from estran import __version__
from estran.catalogue.spec import Declared, parameters_of
from estran.raster.product import Element, Product

RECORD_PREFIX = "Estran_"
"""Metadata elements so called record a step of ours (:func:`estran.catalogue.outputs.record`)."""

PACKAGES = ("numpy", "scipy", "numba", "dask", "rasterio", "netCDF4", "pyproj", "matplotlib", "jinja2")


@dataclass(frozen=True)
class ParameterRow:
    """A parameter as it was used: texts; `default` is that of the mode, `changed` where it is not."""

    name: str
    value: str
    default: str
    unit: str
    help: str
    changed: bool


@dataclass(frozen=True)
class Step:
    """One recorded step: operator, its parameters, notes, and the facts it learnt from the scene."""

    operator: str
    version: str
    parameters: tuple[ParameterRow, ...]
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


def steps(product: Product) -> tuple[Step, ...]:
    """The steps recorded in a product's metadata, in order."""
    return tuple(_step(element) for element in _records(product.metadata))


def _records(elements: tuple[Element, ...]) -> Iterator[Element]:
    for element in elements:
        if element.name.startswith(RECORD_PREFIX) and (element.find("parameters") or element.find("facts")):
            yield element
        else:
            yield from _records(element.elements)


def _step(element: Element) -> Step:
    alias = str(element.attributes.get("operator", element.name.removeprefix(RECORD_PREFIX)))
    declared = declaration(alias)
    known = {p.name: p for p in parameters_of(declared)} if declared is not None else {}
    rows = []
    given = _attributes(element, "parameters")
    for name, value in given.items():
        text = str(value)
        if name in known:
            parameter = known[name]
            default = parameter.format(parameter.default_in(str(given.get("mode", ""))))
            changed = text != default and not (parameter.follows_mode and text == "")
            rows.append(ParameterRow(name, text, default, parameter.info.unit, parameter.info.help, changed))
        else:
            rows.append(ParameterRow(name, text, "", "", "", False))
    # Fractions are in the report as tables, counted anew.
    facts = tuple((name, readable(value)) for name, value in _attributes(element, "facts").items())
    notes = tuple(str(v) for v in _attributes(element, "notes").values())
    return Step(alias, str(element.attributes.get("operator_version", "")), tuple(rows), notes, facts)


def _attributes(element: Element, child: str) -> Mapping[str, Any]:
    found = element.find(child)
    return {} if found is None else found.attributes


def declaration(alias: str) -> type[Declared] | None:
    """The operator or study of that alias, or None where this installation does not know it (an old product)."""
    from estran.catalogue import OPERATORS, STUDIES

    return next((declared for declared in (*OPERATORS, *STUDIES) if declared.alias == alias), None)


def readable(value: Any) -> str:
    """A value as a table shows it: six significant digits, yes and no, "unknown" for NaN, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "unknown" if math.isnan(value) else f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(readable(v) for v in value)
    return str(value)


def what_was_read(product: Product) -> tuple[tuple[str, str], ...]:
    """The input in a few rows: product, kind, platform, time, size, CRS, bands."""
    rows = [("Product", product.name)]
    if product.kind:
        rows.append(("Kind", product.kind))
    if product.platform:
        rows.append(("Platform", product.platform))
    baseline = _baseline(product.metadata)
    if baseline:
        rows.append(("Processing baseline", baseline))
    if product.start is not None:
        rows.append(("Sensing time", _time(product.start)))
    grid = product.grid
    rows.append(("Size", f"{grid.width} x {grid.height} pixels"))
    if grid.transform is not None:
        width, height = grid.pixel_size
        unit = "degrees" if grid.is_geographic else "m"
        rows.append(
            ("Pixel", f"{width:g} {unit}" if abs(width - height) < 1e-9 * width else f"{width:g} x {height:g} {unit}")
        )
    rows.append(("CRS", _crs_name(grid.crs) if grid.crs else "none"))
    rows.append(("Bands", ", ".join(product.bands)))
    if product.tie_points:
        rows.append(("Tie-point grids", ", ".join(product.tie_points)))
    return tuple(rows)


def _crs_name(crs: str) -> str:
    if len(crs) < 40:
        return crs
    from pyproj import CRS

    return str(CRS.from_user_input(crs).name)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _baseline(elements: tuple[Element, ...]) -> str:
    for element in elements:
        for name, value in element.attributes.items():
            if name.upper() in ("PROCESSING_BASELINE", "PROCESSINGBASELINE"):
                return str(value)
        inner = _baseline(element.elements)
        if inner:
            return inner
    return ""


def versions() -> tuple[tuple[str, str], ...]:
    """Estran, Python, and the libraries whose version may change a result."""
    rows = [("estran", __version__), ("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            rows.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            rows.append((name, "not installed"))
    try:
        rows.append(("GDAL (in rasterio)", str(importlib.import_module("rasterio").__gdal_version__)))
    except ImportError:
        rows.append(("GDAL (in rasterio)", "not installed"))
    return tuple(rows)
