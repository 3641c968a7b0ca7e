r"""Numbers of the documents that stand for constants of the code: filled from it, and guarded as every generated file.

A page says a number with a reference link, ``[0.68][ASYMMETRY]``, and where it comes from at its end::

    [ASYMMETRY]: ../../python/estran/masks/glint/air.py#ASYMMETRY
    [width]: ../../python/estran/scenes/instrument.py#DETECTOR_WIDTH "/ 1000"
    [GLINT-8: 1.7]: ../../python/estran/masks/glint/air.py#TWICE

The last form is for a number inside of a labelled formula, which cannot hold a link: the label of the definition names
the equation and the number; ``[GLINT-8: 0.5 (2)]`` is the second 0.5 of the equation, without it every 0.5 is meant.
After ``#`` stands a constant, a field of a class with a default, a parameter of a function with one, or an entry of
those (``GAP``, ``Settings.low``, ``Settings.for_mode(strict).low``, ``solve.streams``, ``TABLE[B11]``,
``PAIR[0]``). The title in quotes converts: ``"%"``, ``"x 1000"``, ``"/ 1000"``, ``"degrees"`` from radians.
"""

from __future__ import annotations

import importlib
import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from estran.errors import EstranError

PAGES = ("docs/ATBD/*.md", "docs/DPM/*.md", "docs/ICD/*.md", "docs/conventions.md")
"""Where pages may quote constants."""
_DEFINITION = re.compile(r'^\[([^\[\]\n]+)\]: +(\S+\.py)#(\S+)(?: +"([^"\n]*)")?$', re.MULTILINE)
_IN_TEXT = re.compile(r"\[([^\[\]]+)\]\[([^\[\]]+)\]")
_INLINE = re.compile(r"\]\(\S+\.py#")
_IN_FORMULA = re.compile(r"^([A-Z][A-Z0-9]*-\d+[a-z]?): +(\S+?)(?: +\((\d+)\))?$")
_FORMULA = re.compile(r"\$\$((?:(?!\$\$).)+?)\\tag\{([^}]+)\}(?:(?!\$\$).)*\$\$", re.DOTALL)
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[([^\[\]]+)\]|\(([^()]*)\)")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TO_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_POWERS = (
    re.compile(r"()10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"),
    re.compile(r"(·)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)"),
    re.compile(r"(|\\,|\\cdot ?)10\^(?:\{(-?\d+)\}|(\d))"),
    re.compile(r"(e)([+-]?\d+)"),
)
_PLAIN = re.compile(r"([-−]?)(\d{1,3}(?:([, \u00a0\u202f])\d{3})+|\d*)((?:\.\d+)?)")


@dataclass(frozen=True)
class _Definition:
    """A definition at the end of a page: which name in the code, and how its value is converted."""

    label: str
    module: str
    name: str
    conversion: str

    @property
    def origin(self) -> str:
        """The dotted name."""
        return f"{self.module}.{self.name}"


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """(path relative to `root`, text as it should be) of every page that quotes constants.

    Raises
    ------
    EstranError
        As :func:`filled`.
    """
    for pattern in PAGES:
        for path in sorted(root.glob(pattern)):
            text = path.read_text("utf-8")
            if ".py#" in text:
                page = PurePosixPath(path.relative_to(root).as_posix())
                yield str(page), filled(page, text)


def filled(page: PurePosixPath, text: str) -> str:
    """A page with its numbers as the code has them.

    Parameters
    ----------
    page
        Its path from the root of the checkout.
    text
        Its Markdown.

    Raises
    ------
    EstranError
        A name is not in the code or stands for no number, a definition stands for no number of the page, or a number of
        a formula cannot be found.
    """
    inline = _INLINE.search(text)
    if inline is not None:
        raise EstranError(
            "a link leads to a name in the code without a definition",
            where=page,
            expected="[number][label], and [label]: path.py#NAME at the end of the page",
            found=text[inline.start() + 2 :].split(")")[0],
            todo="write it so, and it is filled from the code",
        )
    found = _definitions(page, text)
    used: set[str] = set()

    def number(match: re.Match[str]) -> str:
        definition = found.get(_folded(match[2]))
        if definition is None:
            return match[0]
        used.add(_folded(match[2]))
        return f"[{written(page, match[1], definition)}][{match[2]}]"

    text = _IN_TEXT.sub(number, text)
    of_equations: dict[str, list[_Definition]] = {}
    for key, definition in found.items():
        match = _IN_FORMULA.match(definition.label)
        if match is not None:
            of_equations.setdefault(match[1], []).append(definition)
            used.add(key)
    idle = sorted(found[key].label for key in found.keys() - used)
    if idle:
        raise EstranError(
            "a definition stands for no number of the page",
            where=page,
            found=", ".join(f"[{label}]" for label in idle),
            todo="quote it as [number][label], or take the definition away",
        )
    for equation, definitions in of_equations.items():
        text = _formula_filled(page, text, equation, definitions)
    return text


def _folded(label: str) -> str:
    """As Markdown compares labels."""
    return " ".join(label.split()).casefold()


def _definitions(page: PurePosixPath, text: str) -> dict[str, _Definition]:
    found: dict[str, _Definition] = {}
    for label, path, name, conversion in _DEFINITION.findall(text):
        source = PurePosixPath(normpath(str(page.parent / path)))
        if source.parts[:2] != ("python", "estran"):
            raise EstranError(
                "a definition does not lead into the code",
                where=f"{page}, [{label}]",
                expected="a file below python/estran",
                found=str(source),
                todo="count the ../ of its path",
            )
        if _folded(label) in found:
            raise EstranError("a definition is given twice", where=page, found=f"[{label}]", todo="take one away")
        module = ".".join(source.with_suffix("").parts[1:]).removesuffix(".__init__")
        found[_folded(label)] = _Definition(label, module, name, conversion)
    return found


def written(page: PurePosixPath, text: str, definition: _Definition) -> str:
    """The number of a definition, as `text` writes it: `text` itself where it has that value already."""
    value = _value(page, definition)
    try:
        return text if _parsed(text) == value else _as(text, value)
    except ValueError:
        raise EstranError(
            "what stands for a constant is not written as a number",
            where=f"{page}, [{definition.label}]",
            expected="such as 0.1, 10 000, 10⁻⁴ or 2·10⁻⁶",
            found=text,
            todo="leave words and units outside of the brackets",
        ) from None


def _value(page: PurePosixPath, definition: _Definition) -> Decimal:
    """What a definition stands for, to twelve digits."""
    try:
        value = value_of(definition.module, definition.name)
        # A single-precision constant is the number that it was written as.
        number = math.nan if isinstance(value, (bool, str)) else float(str(value) if hasattr(value, "dtype") else value)
    except (ImportError, AttributeError, LookupError, TypeError, ValueError):
        raise EstranError(
            "a number stands for a name that the code does not have, or that is no number",
            where=f"{page}, [{definition.label}]",
            expected="a constant, a field or parameter with a default, or an entry of these",
            found=definition.origin,
            todo="give the definition at the end of the page the name that the code has now",
        ) from None
    conversion = definition.conversion
    scale = re.fullmatch(r"([x/]) ([0-9.e+-]+)", conversion)
    if conversion == "%":
        number *= 100.0
    elif conversion == "degrees":
        number = math.degrees(number)
    elif scale is not None:
        number = number * float(scale[2]) if scale[1] == "x" else number / float(scale[2])
    elif conversion:
        raise EstranError(
            "a conversion is unknown",
            where=f"{page}, [{definition.label}]",
            expected='"%", "x 1000", "/ 1000" or "degrees"',
            found=f'"{conversion}"',
        )
    if not math.isfinite(number):
        raise EstranError(
            "a definition stands for no number", where=f"{page}, [{definition.label}]", found=definition.origin
        )
    return Decimal(f"{number:.12g}")


def value_of(module: str, name: str) -> Any:
    """What a name of a module stands for, such as ``Settings.for_mode(strict).low`` or ``TABLE[B11]``.

    Raises
    ------
    ImportError, AttributeError, LookupError, TypeError, ValueError
        There is no such thing.
    """
    value: Any = importlib.import_module(module)
    at = 0
    while at < len(name):
        step = _STEP.match(name, at)
        if step is None:
            raise ValueError(name)
        at = step.end()
        attribute, entry, argument = step.groups()
        if attribute is not None:
            function = inspect.isroutine(inspect.unwrap(value))
            value = _default(value, attribute) if function else getattr(value, attribute)
        elif entry is not None:
            keys = tuple(int(key) if key.lstrip("-").isdigit() else key for key in entry.split(","))
            value = value[keys[0] if len(keys) == 1 else keys]
        else:
            value = value(*(argument.split(",") if argument else ()))
    return value


def _default(function: Any, parameter: str) -> Any:
    default = inspect.signature(function).parameters[parameter].default
    if default is inspect.Parameter.empty:
        raise AttributeError(parameter)
    return default


def _power(text: str) -> re.Match[str] | None:
    """The power of ten that ends a number."""
    matches = (pattern.search(text) for pattern in _POWERS)
    return next((m for m in matches if m is not None and m.end() == len(text) and (m[1] or not m.start())), None)


def _parsed(text: str) -> Decimal:
    """The value of a number as pages write it."""
    power = _power(text)
    mantissa = text if power is None else text[: power.start()]
    plain = _PLAIN.fullmatch(mantissa)
    if plain is None or not (mantissa or power):
        raise ValueError(text)
    sign, whole, separator, fraction = plain.groups()
    digits = (whole.replace(separator, "") if separator else whole) + fraction
    if not digits and (power is None or power[1]):
        raise ValueError(text)
    value = Decimal(digits or "1")
    return (-value if sign else value).scaleb(0 if power is None else _exponent(power))


def _exponent(power: re.Match[str]) -> int:
    return int(next(group for group in power.groups()[1:] if group).translate(_SUPERSCRIPTS))


def _as(text: str, value: Decimal) -> str:
    """A value in the manner of a number that is written already: its minus, thousands and power of ten."""
    power = _power(text)
    plain = _PLAIN.fullmatch(text if power is None else text[: power.start()])
    if plain is None:
        raise ValueError(text)
    minus = plain[1] or ("−" if "·" in text or "⁻" in text else "-")
    mantissa = abs(value) if power is None else abs(value).scaleb(-_exponent(power))
    digits = f"{mantissa:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    if plain[3]:
        whole, _, fraction = digits.partition(".")
        digits = f"{int(whole):,}".replace(",", plain[3]) + (f".{fraction}" if fraction else "")
    if power is not None:
        # A bare power of ten that is none any more gets a factor before it.
        times = "" if power[1] else "·" if power[0][-1] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹" else r"\,"
        digits = power[0] if not plain[0] and digits == "1" else digits + times + power[0]
    return (minus if value < 0 else "") + digits


def _formula_filled(page: PurePosixPath, text: str, equation: str, definitions: list[_Definition]) -> str:
    """A page with the numbers of one formula, and the labels that name them, as the code has them."""
    formula = next((match for match in _FORMULA.finditer(text) if match[2] == equation), None)
    body = "" if formula is None else formula[1]
    places: list[tuple[int, int, int]] = []  # start, end, definition
    new: list[str] = []
    for number, definition in enumerate(definitions):
        match = _IN_FORMULA.match(definition.label)
        assert match is not None
        spans = _occurrences(body, match[2])
        if match[3] is not None:
            spans = spans[int(match[3]) - 1 : int(match[3])]
        if not spans:
            raise EstranError(
                "a number is not in its formula",
                where=f"{page}, ({equation})",
                expected=definition.label.partition(": ")[2],
                found=" ".join(body.split()) or "no formula with this label",
                todo="name the equation and the number in the definition as they stand in the formula",
            )
        places += [(*span, number) for span in spans]
        new.append(written(page, match[2], definition))
    places.sort()
    if any(one[1] > other[0] for one, other in pairwise(places)):
        raise EstranError(
            "two definitions stand for one number of a formula",
            where=f"{page}, ({equation})",
            found=", ".join(f"[{d.label}]" for d in definitions),
            todo="say which one is meant, as in [LABEL: 0.5 (2)]",
        )
    out, at = "", 0
    moved: dict[int, list[int]] = {}
    for start, end, number in places:
        out += body[at:start]
        moved.setdefault(number, []).append(len(out))
        out, at = out + new[number], end
    out += body[at:]
    assert formula is not None
    text = text[: formula.start(1)] + out + text[formula.end(1) :]
    for number, definition in enumerate(definitions):
        starts = [start for start, _ in _occurrences(out, new[number])]
        label = f"{equation}: {new[number]}"
        if starts != moved[number]:
            # Another number of the formula looks alike.
            if len(moved[number]) > 1:
                raise EstranError(
                    "two numbers of a formula look alike, and one of them stands there twice",
                    where=f"{page}, ({equation})",
                    found=new[number],
                    todo="give each place a definition of its own, as in [LABEL: 0.5 (2)]",
                )
            label += f" ({starts.index(moved[number][0]) + 1})"
        text = text.replace(f"\n[{definition.label}]: ", f"\n[{label}]: ", 1)
    return text


def _occurrences(body: str, number: str) -> list[tuple[int, int]]:
    """Where a number stands in a formula, by itself and whole."""
    pattern = rf"(?<![A-Za-z0-9.]){re.escape(number)}(?!\d|\.\d|\\,10\^)"
    return [match.span() for match in re.finditer(pattern, body)]
