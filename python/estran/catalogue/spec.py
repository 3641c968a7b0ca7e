"""What an operator is: the one declaration from which everything else is derived. Studies are declared in
:mod:`estran.catalogue.study`.

An operator is a frozen dataclass. Its fields, made with :func:`param`, are its parameters
(:mod:`estran.declare`); its class attributes say what it reads, writes and how far it looks. Nothing is
parsed, registered or generated here: ``views`` derives descriptors, menus, options and pages; ``engine`` and
``adapters`` run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Literal, Self

from estran.catalogue.auxiliary import Aux, AuxMeteo, AuxTable, TableColumn
from estran.catalogue.checks import check_declaration, check_operator
from estran.catalogue.dimensions import FLAT, Axis, Dim, Form, check_dimensions
from estran.declare import Parameter, param, parameters_of, values_of
from estran.errors import BadParameter, EstranError
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.scene import Block

__all__ = [
    "Aux",
    "AuxMeteo",
    "AuxTable",
    "Axis",
    "BandOut",
    "ClassesOut",
    "Declared",
    "FlagsOut",
    "Operator",
    "Reads",
    "Source",
    "TableColumn",
    "Walk",
    "Writes",
    "param",
    "parameters_of",
    "values_of",
]


class Walk(Enum):
    """How an operator goes over an image."""

    PIXEL = "pixel"  # any tile alone
    NEIGHBOURHOOD = "neighbourhood"  # a tile and a halo around it
    SURVEYED = "surveyed"  # a survey of every block, merged in a fixed order, then as a neighbourhood
    SCENE = "scene"  # the whole image at once


@dataclass(frozen=True)
class Reads:
    """A semantic band that an operator reads.

    Parameters
    ----------
    band
        Semantic name, as in ``estran.sensors.bands`` ("blue", "cirrus", "sun_zenith"), or the name of a band of our
        own.
    unit
        Unit of the physical values handed over.
    optional
        Whether the operator runs without it.
    without
        What is switched off when it is missing: completes the sentence "no <band>: … ". Mandatory for optional bands.
    fallback
        Semantic names that may serve instead, in order; using one is noted.
    from_param
        Name of the parameter whose value replaces a band that is missing (a constant angle).
    ours
        Whether `band` is no semantic name but that of a band that another operator writes.
    dims
        ("y", "x"), or ("view", "y", "x") for a band that the product has once a view: the array handed over has as many
        layers as the product.
    """

    band: str
    unit: str = "1"
    optional: bool = False
    without: str = ""
    fallback: tuple[str, ...] = ()
    from_param: str = ""
    ours: bool = False
    dims: tuple[Dim, ...] = FLAT

    def __post_init__(self) -> None:
        if self.optional and not self.without:
            raise EstranError("an optional band must say what is switched off without it", where=self.band)


@dataclass(frozen=True)
class Source:
    """A source product of an operator.

    Parameters
    ----------
    name, help
        In graphs and on the command line; for users.
    reads
        What is read of it.
    optional
        Whether the operator runs without it.
    many
        Whether it is any number of products of one grid: arrays are then (`axis`, rows, columns), a layer a product,
        in chronological order whatever the order in which they are given.
    axis
        Along which many products lie: "time".
    """

    name: str
    reads: tuple[Reads, ...]
    help: str
    optional: bool = False
    many: bool = False
    axis: Literal["time"] = "time"


@dataclass(frozen=True)
class BandOut:
    """A band that an operator writes. Floats use NaN as no-data.

    Parameters
    ----------
    name, dtype, unit, meaning, nodata, interval, palette
        Of its samples.
    dims
        ("y", "x"); ("view", "y", "x") or ("time", "y", "x") for a layer a view or time. How long the axis is, the
        operator's `axes` say, or a band or source that is read along it.
    uncertainty_of
        The band of which it is the standard uncertainty, in the same unit and dimensions.
    correlation
        How errors hang together along each dimension, in obsarray's words: "random" or "systematic".
    pdf_shape
        Of the errors, in obsarray's words.
    """

    name: str
    dtype: Literal["float32", "float64", "int16", "uint8", "uint16", "int32"]
    unit: str
    meaning: str
    nodata: float | None = None
    interval: str = ""
    palette: tuple[tuple[float, Colour, str], ...] = ()
    dims: tuple[Dim, ...] = FLAT
    uncertainty_of: str = ""
    correlation: Mapping[str, Form] = field(default_factory=dict, hash=False)
    pdf_shape: Literal["gaussian", "rectangle"] = "gaussian"


@dataclass(frozen=True)
class FlagsOut:
    """A flag band that an operator writes."""

    name: str
    dtype: Literal["uint8", "uint16", "int32"]
    coding: FlagCoding
    meaning: str


@dataclass(frozen=True)
class ClassesOut:
    """A class band that an operator writes."""

    name: str
    dtype: Literal["uint8", "uint16", "int32"]
    coding: IndexCoding
    meaning: str


@dataclass(frozen=True)
class Pass:
    """One look of a *scene* operator at its inputs.

    Parameters
    ----------
    name
        What it is for.
    reads
        Inputs by name; those that the product lacks are left out.
    walk
        How it goes over them: strip by strip (PIXEL, NEIGHBOURHOOD), or one whole image after the other (SCENE).
    holds
        What the operator holds at most while the pass goes on, with what is left of earlier passes and without its
        inputs [bytes per pixel].
    """

    name: str
    reads: tuple[str, ...]
    walk: Walk
    holds: int


Writes = BandOut | FlagsOut | ClassesOut


class Declared:
    """What operators and studies share: checked construction, and construction from text."""

    alias: ClassVar[str]
    """Name in SNAP and in graphs ("Estran.CloudMask"), or command of a study ("simulate scene")."""
    label: ClassVar[str]
    """Text of menus and titles."""
    version: ClassVar[str]
    summary: ClassVar[str]
    """One or two sentences for users."""
    atbd: ClassVar[str]
    """Page under docs/ATBD, without its ending."""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)):
            parameter.check(getattr(self, parameter.name), self.alias)
        for parameter in parameters_of(type(self)):
            self._check_order(parameter)

    def _check_order(self, lower: Parameter) -> None:
        upper = lower.info.at_most
        if not upper:
            return
        values = values_of(self)
        low, high = values[lower.name], values[upper]
        if low is not None and high is not None and low > high:
            unit = "" if lower.info.unit == "1" else f" {lower.info.unit}"
            raise BadParameter(
                f"parameter {lower.name} is above {upper}",
                where=self.alias,
                expected=f"{lower.name} of at most {upper}",
                found=f"{lower.name} {low:g} and {upper} {high:g}{unit}",
                todo=f"lower {lower.name} or raise {upper}",
            )

    @classmethod
    def from_text(cls, values: Mapping[str, str]) -> Self:
        """Construct from parameter texts, named as declared or as in graphs; a name that is unknown or given in both
        ways raises :class:`BadParameter`.
        """
        known = {name: p for p in parameters_of(cls) for name in (p.element, p.name)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise BadParameter(
                f"unknown parameter {unknown[0]!r}",
                where=cls.alias,
                expected=", ".join(p.name for p in parameters_of(cls)),
            )
        given: dict[str, Any] = {}
        for name, text in values.items():
            p = known[name]
            if p.name in given:
                raise BadParameter(
                    f"parameter {p.name} is given twice, as {p.name} and as {p.element}",
                    where=cls.alias,
                    todo="give it once",
                )
            given[p.name] = p.parse(text, cls.alias)
        return cls(**given)


class Operator(Declared):
    """A step from rasters to rasters. Subclasses are ``@dataclass(frozen=True, kw_only=True)``, and are refused where
    something is missing or unknown (:mod:`estran.catalogue.checks`).

    ``compute`` gets a :class:`~estran.raster.scene.Block` whose arrays are named semantically, and answers with the
    arrays of ``writes``. It never writes into its inputs. It imports its kernels inside ``compute``, so that the
    catalogue stays quick to import.
    """

    menu: ClassVar[str]
    """Menu folder of SNAP Desktop ("Optical/Preprocessing/Masking")."""
    entry: ClassVar[str] = ""
    """Text of the menu entry and title of the dialog, where the label after the name of the satellite says too little.
    """
    sources: ClassVar[tuple[Source, ...]]
    writes: ClassVar[tuple[Writes, ...]]
    walk: ClassVar[Walk]
    aux: ClassVar[tuple[Aux, ...]] = ()
    """Rasters beside the product."""
    meteo: ClassVar[tuple[AuxMeteo, ...]] = ()
    """Meteorology of the product, of parameters, of defaults."""
    tables: ClassVar[tuple[AuxTable, ...]] = ()
    """Tables that parameters name."""
    axes: ClassVar[tuple[Axis, ...]] = ()
    """Axes of outputs beside rows and columns that no input has."""
    passes: ClassVar[tuple[Pass, ...]] = ()
    """Of a *scene* operator that looks at its inputs by strips of rows alone
    (:meth:`~estran.raster.scene.Block.strip`), so that they need not be in memory.
    """

    def __init_subclass__(cls, *, abstract: bool = False, **more: Any) -> None:
        super().__init_subclass__(**more)
        if not abstract:
            check_declaration(cls, "menu", "sources", "writes", "walk")
            check_operator(cls)
            check_dimensions(cls)

    def halo(self) -> int:
        """Pixels needed around a tile; may depend on the parameters."""
        return 0

    def survey(self, block: Block) -> Any:
        """What a *surveyed* operator learns from one block (called without halo)."""
        raise EstranError(f"{self.alias} declares no survey")

    def merge(self, first: Any, second: Any) -> Any:
        """Two surveys as one; called in the fixed order of the blocks."""
        raise EstranError(f"{self.alias} declares no survey")

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The outputs for a block (with halo: the engine crops)."""
        raise EstranError(f"{self.alias} computes nothing")
