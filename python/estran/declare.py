"""Parameters of operators, studies and settings: how a field is declared, checked, read from text and written as text.

It belongs to no room, so that the settings of kernels and the operators that offer them use the same words.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, Union, cast, get_args, get_origin

from estran.errors import BadParameter, EstranError
from estran.labels import label_of


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
        try:
            opening, low, high, closing = match.groups() if match else ("", "", "", "")
            lo = -math.inf if low == "*" else float(low)
            hi = math.inf if high == "*" else float(high)
        except ValueError:
            raise EstranError(
                "an interval cannot be read", expected='like "[0,1]" or "(0,*)"', found=repr(text)
            ) from None
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
    expert: bool = False
    modes: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
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
    expert: bool = False,
    modes: Mapping[str, Any] | None = None,
    at_most: str = "",
) -> Any:
    """Declare a parameter: a dataclass field with what users must know of it.

    Parameters
    ----------
    default
        Its default value; of a parameter of an operator that follows the mode, None.
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
        Whether the dialog of SNAP Desktop shows it. What it does not show keeps its default there, and stays in gpt and
        on the command line.
    expert
        Whether it is for those who know the method: in no dialog and no graph of ours, in a section of its own
        everywhere else.
    modes
        Defaults by mode (the value of the parameter `mode` of the same declaration), where they are not `default`.
    at_most
        Name of the parameter of the same declaration that this one may not exceed, where both are given.
    """
    if interval:
        Interval.parse(interval)
    info = ParamInfo(
        help, unit, interval, label, section, source, choose_bands, dialog, expert, dict(modes or {}), at_most
    )
    return dataclasses.field(default=default, metadata={"estran": info})


@dataclass(frozen=True)
class Parameter:
    """One parameter of a declaration, whole: what the views are made of.

    Parameters
    ----------
    name, type, kind
        As declared; `kind` is one word for the type.
    default
        Of the constructor: None where the parameter follows the mode.
    choices
        Of a Literal.
    info
        What users must know.
    mode
        Default of the parameter `mode` of the same declaration; "" where it has none.
    """

    name: str
    type: Any
    kind: str
    default: Any
    choices: tuple[str, ...]
    info: ParamInfo
    mode: str = ""

    @property
    def optional(self) -> bool:
        """Whether None is a value."""
        return type(None) in get_args(self.type)

    @property
    def label(self) -> str:
        """Text of dialogs."""
        return self.info.label or label_of(self.name)

    @property
    def section(self) -> str:
        """Heading under which it stands; those of experts stand apart."""
        if not self.info.expert:
            return self.info.section
        return f"Expert: {self.info.section}" if self.info.section else "Expert"

    @property
    def follows_mode(self) -> bool:
        """Whether None means the default of the mode that is chosen."""
        return self.default is None and bool(self.info.modes)

    def default_in(self, mode: str = "") -> Any:
        """The default in a mode; in the declaration's default mode where none is named."""
        return self.info.modes.get(mode or self.mode, self.default)

    def value_in(self, mode: str, value: Any) -> Any:
        """What a value given is in a mode: the mode's default instead of None."""
        return self.default_in(mode) if value is None and self.follows_mode else value

    @property
    def shown(self) -> str:
        """The default as text, as views show it: that of the default mode where it follows the mode."""
        return self.format(self.default_in())

    @property
    def shown_by_mode(self) -> str:
        """The defaults of the modes in which it is not :attr:`shown`: "strict, python-fmask: 0.15"; "" where none
        differs.
        """
        others: dict[str, list[str]] = {}
        for mode, value in self.info.modes.items():
            if (text := self.format(value)) != self.shown:
                others.setdefault(text, []).append(mode)
        return "; ".join(f"{', '.join(names)}: {text}" for text, names in others.items())

    @property
    def shown_in_full(self) -> str:
        """The default with those of other modes: "0.4 (strict, python-fmask: 0.15)"; "" where there is none."""
        return f"{self.shown} ({self.shown_by_mode})" if self.shown_by_mode else self.shown

    @property
    def option(self) -> str:
        """Command-line spelling."""
        return "--" + self.name.replace("_", "-")

    @property
    def element(self) -> str:
        """Spelling in graphs, "cloudBuffer": SNAP's XML reader doubles each underscore of an element's name and then
        knows no such parameter.
        """
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
            raise BadParameter(
                f"parameter {self.name} has the wrong type", where=where, expected=self.kind, found=repr(value)
            )
        if self.choices and value not in self.choices:
            raise BadParameter(
                f"parameter {self.name} is not one of its choices",
                where=where,
                expected=" | ".join(self.choices),
                found=repr(value),
            )
        if self.info.interval:
            interval = Interval.parse(self.info.interval)
            for number in value if isinstance(value, tuple) else (value,):
                if number not in interval:
                    unit = "" if self.info.unit == "1" else self.info.unit
                    raise BadParameter(
                        f"parameter {self.name} is outside its interval",
                        where=where,
                        expected=f"{self.info.interval} {unit}".strip(),
                        found=number,
                    )

    def parse(self, text: str, where: str) -> Any:
        """Read a value written as text (command line, graph XML, properties); "" is "not given": None where that is a
        value, else the default.
        """
        text = text.strip()
        if text == "":
            return None if self.optional else self.default
        try:
            value = _PARSERS[self.kind](text)
        except (ValueError, KeyError):
            raise BadParameter(
                f"parameter {self.name} cannot be read", where=where, expected=self.kind, found=repr(text)
            ) from None
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
    bool | None: "bool",
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
        known_or_none = [part for part in get_args(annotation) if part is not type(None)]
        if len(known_or_none) == 1 and get_origin(known_or_none[0]) is Literal:
            return _kind(known_or_none[0], where)
        annotation = typing.Union[get_args(annotation)]  # noqa: UP007 - one spelling, so that the table finds it
    for known, kind in _KINDS.items():
        if annotation == known:
            return kind, ()
    raise EstranError(
        "a field has a type that SNAP cannot show",
        where=where,
        expected="bool int float str Literal, with |None bool int float Literal Path, tuple[str|float, ...]",
        found=annotation,
    )


_DECLARED: dict[type, tuple[Parameter, ...]] = {}


def parameters_of(declaration: type) -> tuple[Parameter, ...]:
    """The parameters of an operator, a study or settings, in order of declaration."""
    if declaration not in _DECLARED:
        _DECLARED[declaration] = tuple(_parameters(declaration))
    return _DECLARED[declaration]


def _parameters(declaration: type) -> Iterator[Parameter]:
    hints = typing.get_type_hints(declaration)
    mode = next((str(field.default) for field in dataclasses.fields(declaration) if field.name == "mode"), "")
    for field in dataclasses.fields(declaration):
        where = f"{declaration.__name__}.{field.name}"
        info = field.metadata.get("estran")
        if info is None:
            raise EstranError("a field of a declaration is not made with param()", where=where)
        kind, choices = _kind(hints[field.name], where)
        yield Parameter(field.name, hints[field.name], kind, field.default, choices, info, mode)


def values_of(declared: Any) -> dict[str, Any]:
    """The values of an operator, a study or settings by name; what was left to the mode is what the mode has."""
    mode = getattr(declared, "mode", "")
    return {p.name: p.value_in(mode, getattr(declared, p.name)) for p in parameters_of(type(declared))}


def texts_of(declared: Any) -> dict[str, str]:
    """The parameters of an operator or a study as they were given, as texts by name."""
    return {p.name: p.format(getattr(declared, p.name)) for p in parameters_of(type(declared))}


def offer(declared: type, name: str, parameter: Parameter, info: ParamInfo) -> None:
    """Give a class, before it is a dataclass, a parameter that another class declares; one that it declares itself
    stays as it is there.
    """
    own = declared.__annotations__
    if name not in own:
        own[name] = parameter.type
        setattr(declared, name, param(parameter.default, **vars(info)))


class Settings:
    """Thresholds of a kernel, declared with :func:`param`: subclasses are frozen dataclasses, and those whose defaults
    depend on a mode have a field `mode`.
    """

    @classmethod
    def for_mode(cls, mode: str) -> Self:
        """The defaults of a mode."""
        return cls(**{p.name: p.default_in(mode) for p in parameters_of(cls)} | {"mode": mode})

    def changed(self, **values: Any) -> Self:
        """The same but for some values."""
        return type(self)(**values_of(self) | values)
