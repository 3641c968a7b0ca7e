"""What an operator and a study are: the one declaration from which everything else is derived.

An operator is a frozen dataclass. Its fields, made with :func:`param`, are its parameters; its class attributes say what it reads, writes and how far it looks.
Nothing is parsed, registered or generated here: ``views`` derives descriptors, menus, options and pages; ``engine`` and ``adapters`` run it.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, Literal, Union, cast, get_args, get_origin

from estran.catalogue.labels import label_of
from estran.errors import BadParameter, EstranError
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.scene import Block, Progress, quiet


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
        Semantic name, as in ``estran.sensors.bands`` ("blue", "cirrus", "sun_zenith"), or the name of a band of our own.
    unit
        Unit of the physical values handed over.
    optional
        Whether the operator runs without it.
    without
        What is switched off when it is missing: completes the sentence "no <band>: … ". Mandatory for optional bands.
    fallback
        Semantic names that may serve instead, in order; using one is said aloud.
    from_param
        Name of the parameter whose value replaces a band that is missing (a constant angle).
    """

    band: str
    unit: str = "1"
    optional: bool = False
    without: str = ""
    fallback: tuple[str, ...] = ()
    from_param: str = ""

    def __post_init__(self) -> None:
        if self.optional and not self.without:
            raise EstranError("an optional band must say what is switched off without it", where=self.band)


@dataclass(frozen=True)
class Source:
    """A source product of an operator."""

    name: str
    reads: tuple[Reads, ...]
    help: str
    optional: bool = False


@dataclass(frozen=True)
class Aux:
    """A raster that is no band of the product: read from a file parameter and warped to the scene's grid by whoever runs the operator.

    It arrives among the block's arrays under `name`; where the product has a band of that semantic name and no file is given, that band serves.
    """

    name: str
    parameter: str
    unit: str
    help: str
    without: str
    margin: float = 0.0
    resampling: Literal["nearest", "bilinear", "average"] = "bilinear"


@dataclass(frozen=True)
class BandOut:
    """A band that an operator writes. Floats use NaN as no-data."""

    name: str
    dtype: Literal["float32", "int16", "uint8", "uint16", "int32"]
    unit: str
    meaning: str
    nodata: float | None = None
    interval: str = ""
    palette: tuple[tuple[float, Colour, str], ...] = ()


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


Writes = BandOut | FlagsOut | ClassesOut


@dataclass(frozen=True)
class Interval:
    """An interval as SNAP writes it: "[0,1]", "(0,1]", "[0,*)".

    Examples
    --------
    >>> 0 in Interval.parse("(0,1]"), 1 in Interval.parse("(0,1]"), 7e9 in Interval.parse("[0,*)")
    (False, True, True)
    """

    low: float
    high: float
    closed_low: bool
    closed_high: bool

    _PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"^([\[(])\s*([^,\s]+)\s*,\s*([^,\s]+)\s*([\])])$")

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read the notation; "*" is infinity."""
        match = cls._PATTERN.match(text)
        if not match:
            raise EstranError("an interval cannot be read", expected='like "[0,1]" or "(0,*)"', found=text)
        opening, low, high, closing = match.groups()
        lo = -math.inf if low == "*" else float(low)
        hi = math.inf if high == "*" else float(high)
        return cls(lo, hi, opening == "[", closing == "]")

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if self.closed_low else value > self.low
        below = value <= self.high if self.closed_high else value < self.high
        return above and below


@dataclass(frozen=True)
class ParamInfo:
    """What :func:`param` remembers about a field."""

    help: str
    unit: str = ""
    interval: str = ""
    label: str = ""
    section: str = ""
    source: str = ""
    choose_bands: bool = False
    dialog: bool = False
    stands_for: float | None = None
    at_most: str = ""


def param(
    default: Any,
    help: str,  # noqa: A002 - the field's own word
    *,
    unit: str = "",
    interval: str = "",
    label: str = "",
    section: str = "",
    source: str = "",
    choose_bands: bool = False,
    dialog: bool = False,
    stands_for: float | None = None,
    at_most: str = "",
) -> Any:
    """Declare a parameter: a dataclass field with what users must know of it.

    Parameters
    ----------
    default
        Its default value.
    help
        One line.
    unit, interval
        "degrees", "m", "1"; and as SNAP writes them, "[0,1]", "(0,*)".
    label
        Short text for dialogs; made from the name where empty.
    section
        Heading under which pages and the command line's help group it.
    source
        Paper, equation or measurement that the default comes from.
    choose_bands
        Whether values are names of bands of the source product.
    dialog
        Whether the dialog of SNAP Desktop shows it. What it does not show keeps its default there, and stays in gpt and on the command line.
    stands_for
        Of a parameter of a dialog, the number that its default of None stands for as long as nothing else (a mode) changes it: shown instead of
        an empty field, and left as it is it means None.
    at_most
        Name of the parameter of the same declaration that this one may not exceed, where both are given.
    """
    if interval:
        Interval.parse(interval)
    info = ParamInfo(help, unit, interval, label, section, source, choose_bands, dialog, stands_for, at_most)
    return dataclasses.field(default=default, metadata={"estran": info})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a declaration, whole: what the views are made of."""

    name: str
    type: Any
    kind: str
    default: Any
    choices: tuple[str, ...]
    info: ParamInfo

    @property
    def optional(self) -> bool:
        """Whether None is a value."""
        return type(None) in get_args(self.type)

    @property
    def label(self) -> str:
        """Text of dialogs."""
        return self.info.label or label_of(self.name)

    @property
    def shown(self) -> str:
        """The default as a dialog shows it: :attr:`ParamInfo.stands_for` where the default itself is None."""
        return self.format(self.info.stands_for if self.default is None else self.default)

    @property
    def option(self) -> str:
        """Command-line spelling."""
        return "--" + self.name.replace("_", "-")

    @property
    def element(self) -> str:
        """Spelling in graphs, "cloudBuffer": SNAP's XML reader doubles each underscore of an element's name and then knows no such parameter."""
        first, *rest = self.name.split("_")
        return first + "".join(part.capitalize() for part in rest)

    def check(self, value: Any, where: str) -> None:
        """Raise :class:`BadParameter` unless `value` has the type, the choice and the interval declared."""
        if value is None and self.optional:
            return
        good = {
            "bool": lambda v: isinstance(v, bool),
            "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
            "float": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
            "str": lambda v: isinstance(v, str),
            "choice": lambda v: isinstance(v, str),
            "strings": lambda v: isinstance(v, tuple) and all(isinstance(s, str) for s in v),
            "floats": lambda v: isinstance(v, tuple) and all(isinstance(s, (int, float)) for s in v),
            "path": lambda v: isinstance(v, Path),
        }[self.kind](value)
        if not good:
            raise BadParameter(f"parameter {self.name} has the wrong type", where=where, expected=self.kind, found=repr(value))
        if self.choices and value not in self.choices:
            raise BadParameter(f"parameter {self.name} is not one of its choices", where=where, expected=" | ".join(self.choices), found=repr(value))
        if self.info.interval:
            interval = Interval.parse(self.info.interval)
            for number in value if isinstance(value, tuple) else (value,):
                if number not in interval:
                    unit = "" if self.info.unit == "1" else self.info.unit
                    raise BadParameter(
                        f"parameter {self.name} is outside its interval", where=where, expected=f"{self.info.interval} {unit}".strip(), found=number
                    )

    def parse(self, text: str, where: str) -> Any:
        """Read a value written as text (command line, graph XML, properties); "" is "not given": None where that is a value, else the default."""
        text = text.strip()
        if text == "":
            return None if self.optional else self.default
        try:
            value = _PARSERS[self.kind](text)
        except (ValueError, KeyError):
            raise BadParameter(f"parameter {self.name} cannot be read", where=where, expected=self.kind, found=repr(text)) from None
        self.check(value, where)
        return value

    def format(self, value: Any) -> str:
        """The text that :meth:`parse` reads back."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return ",".join(self.format(v) for v in value)
        if isinstance(value, float):
            return repr(value)
        return str(value)


def _digits(text: str) -> str:
    """Refuses what Python reads as a number and Java does not: 1_000, digits of other scripts."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def _number(text: str) -> float:
    return float(_digits(text))


_PARSERS: Mapping[str, Any] = {
    "bool": lambda t: {"true": True, "false": False}[t.lower()] if t.isalpha() else _number(t) != 0,
    "int": lambda t: int(_digits(t)),
    "float": lambda t: _number(t),
    "str": str,
    "choice": str,
    "strings": lambda t: tuple(s.strip() for s in t.split(",") if s.strip()),
    "floats": lambda t: tuple(_number(s) for s in t.split(",") if s.strip()),
    "path": Path,
}

_KINDS: Mapping[Any, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    int | None: "int",
    float | None: "float",
    Path | None: "path",
    tuple[str, ...]: "strings",
    tuple[float, ...]: "floats",
}


def _kind(annotation: Any, where: str) -> tuple[str, tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return "choice", tuple(cast(tuple[str, ...], get_args(annotation)))
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = typing.Union[get_args(annotation)]  # noqa: UP007 - one spelling, so that the table finds it
    for known, kind in _KINDS.items():
        if annotation == known:
            return kind, ()
    raise EstranError(
        "a field has a type that SNAP cannot show",
        where=where,
        expected="bool int float str Literal, int|None float|None Path|None, tuple[str|float, ...]",
        found=annotation,
    )


_DECLARED: dict[type, tuple[Parameter, ...]] = {}


def parameters_of(declaration: type) -> tuple[Parameter, ...]:
    """The parameters of an operator or a study, in order of declaration."""
    if declaration not in _DECLARED:
        _DECLARED[declaration] = tuple(_parameters(declaration))
    return _DECLARED[declaration]


def _parameters(declaration: type) -> Iterator[Parameter]:
    hints = typing.get_type_hints(declaration)
    for field in dataclasses.fields(declaration):
        where = f"{declaration.__name__}.{field.name}"
        info = field.metadata.get("estran")
        if info is None:
            raise EstranError("a field of a declaration is not made with param()", where=where)
        kind, choices = _kind(hints[field.name], where)
        yield Parameter(field.name, hints[field.name], kind, field.default, choices, info)


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
        low, high = getattr(self, lower.name), getattr(self, upper) if upper else None
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
    def from_text(cls, values: Mapping[str, str]) -> typing.Self:
        """Construct from parameter texts, named as declared or as in graphs; a name that is unknown or given in both ways raises :class:`BadParameter`."""
        known = {name: p for p in parameters_of(cls) for name in (p.element, p.name)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise BadParameter(f"unknown parameter {unknown[0]!r}", where=cls.alias, expected=", ".join(p.name for p in parameters_of(cls)))
        given: dict[str, Any] = {}
        for name, text in values.items():
            p = known[name]
            if p.name in given:
                raise BadParameter(f"parameter {p.name} is given twice, as {p.name} and as {p.element}", where=cls.alias, todo="give it once")
            given[p.name] = p.parse(text, cls.alias)
        return cls(**given)


class Operator(Declared):
    """A step from rasters to rasters. Subclasses are ``@dataclass(frozen=True, kw_only=True)``.

    ``compute`` gets a :class:`~estran.raster.scene.Block` whose arrays are named semantically, and answers with the arrays of ``writes``.
    It never writes into its inputs. It imports its kernels inside ``compute``, so that the catalogue stays quick to import.
    """

    menu: ClassVar[str]
    """Menu folder of SNAP Desktop ("Optical/Preprocessing/Masking")."""
    entry: ClassVar[str] = ""
    """Text of the menu entry and title of the dialog, where the label after the name of the satellite says too little."""
    sources: ClassVar[tuple[Source, ...]]
    writes: ClassVar[tuple[Writes, ...]]
    walk: ClassVar[Walk]
    aux: ClassVar[tuple[Aux, ...]] = ()

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


class Study(Declared):
    """What is not raster to raster: seeds, time axes, campaigns. Deterministic for its seed, whatever the number of workers."""

    def run(self, progress: Progress = quiet) -> Any:
        """The result, a dataclass of arrays; an adapter saves it."""
        raise EstranError(f"{self.alias} computes nothing")
