"""Auxiliary data that an operator declares beside its bands: rasters, meteorology, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from estran.errors import EstranError

Meteo = Literal["ozone", "water_vapour", "pressure", "wind", "aot_550"]
"""Quantities of meteorology: columns of ozone and of water vapour, pressure at mean sea level, wind at 10 m, optical
thickness of aerosol at 550 nm.
"""

COMPONENTS: Mapping[Meteo, tuple[str, ...]] = MappingProxyType(
    {
        "ozone": ("ozone",),
        "water_vapour": ("water_vapour",),
        "pressure": ("pressure",),
        "wind": ("wind_u", "wind_v"),
        "aot_550": ("aot_550",),
    }
)
"""Semantic names (``estran.sensors.bands``) under which a quantity arrives on the block; the wind has two: towards east
and towards north.
"""


@dataclass(frozen=True)
class Aux:
    """A raster that is no band of the product: read from a file parameter and warped to the scene's grid by the
    engine.

    It arrives among the block's arrays under `name`; where the product has a band of that semantic name and no file is
    given, that band serves.
    """

    name: str
    parameter: str
    unit: str
    help: str
    without: str
    margin: float = 0.0
    resampling: Literal["nearest", "bilinear", "average"] = "bilinear"


@dataclass(frozen=True)
class AuxMeteo:
    """A meteorological quantity, found by the engine, in this order: bands or tie-point grids of the
    product, those that its reader makes of its GRIB files among them; the `parameter`; the `default`. Which of them
    served is noted.

    It arrives among the block's arrays under the names of :data:`COMPONENTS`, in `unit`, one number all over where it
    is the parameter's or the default. One number cannot stand for a wind, which has a direction: where the product has
    none, no array arrives, and the operator takes what its parameters say.

    Parameters
    ----------
    quantity
        What is wanted.
    unit
        Unit of what arrives; other units of a product are converted.
    help
        What it is for, for the documentation.
    parameter
        Name of the parameter (a float, None where it is not given) that stands for it where the product has none; of
        the wind, that of its speed. "" for none.
    default
        Value where neither the product nor the parameter has one; None for none.
    without
        What is switched off where nothing has a value: completes the sentence "no <quantity>: …". Mandatory where
        there is no default.
    only_if
        Name of a boolean parameter: where it is false, the product is not asked. "" for none.
    """

    quantity: Meteo
    unit: str
    help: str
    parameter: str = ""
    default: float | None = None
    without: str = ""
    only_if: str = ""

    def __post_init__(self) -> None:
        if self.default is None and not self.without:
            raise EstranError(
                "auxiliary meteorology without a default must say what is switched off without it", where=self.quantity
            )

    @property
    def components(self) -> tuple[str, ...]:
        """Names of the arrays on the block."""
        return COMPONENTS[self.quantity]


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its name, the unit of the numbers handed over ("1" for plain ones), its meaning; text where
    `kind` says so.
    """

    name: str
    unit: str
    meaning: str
    kind: Literal["float", "text"] = "float"


@dataclass(frozen=True)
class AuxTable:
    """A table that a file parameter names, read by the engine.

    It arrives as columns: ``block.table(name)`` maps the name of each column to a NumPy array with a value for each
    row, in the units declared. Where the parameter is empty there is none.

    Parameters
    ----------
    name
        Name on the block.
    parameter
        Name of the parameter that names the file.
    columns
        Columns that the file must have; others are left out.
    help
        What it is for, for the documentation.
    without
        What is switched off without it: completes the sentence "no <name>: …".
    key
        Names of the columns that identify a row: no two rows have the same values there. () for none.
    """

    name: str
    parameter: str
    columns: tuple[TableColumn, ...]
    help: str
    without: str
    key: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.key if name not in {c.name for c in self.columns}]
        if unknown:
            raise EstranError(
                f"the key {unknown[0]!r} of a table is none of its columns",
                where=self.name,
                expected=", ".join(c.name for c in self.columns),
            )
