"""Sample codings: what the integers of a flag band or a class band mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Self

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Flag:
    """One bit of a flag band, with the colour and transparency of its mask."""

    name: str
    bit: int
    colour: Colour
    meaning: str
    transparency: float = 0.5

    @property
    def mask(self) -> int:
        """The bit as a number."""
        return 1 << self.bit


@dataclass(frozen=True)
class FlagCoding:
    """The flags of one band; a pixel may carry several."""

    name: str
    flags: tuple[Flag, ...]

    def __post_init__(self) -> None:
        bits, names = [f.bit for f in self.flags], [f.name for f in self.flags]
        if len(set(bits)) != len(bits) or len(set(names)) != len(names):
            raise EstranError(
                "two flags share a bit or a name", where=self.name, found=list(zip(names, bits, strict=True))
            )

    def __getitem__(self, name: str) -> Flag:
        for flag in self.flags:
            if flag.name == name:
                return flag
        raise EstranError(
            f"no flag is called {name!r}", where=self.name, expected=", ".join(f.name for f in self.flags)
        )

    def pack(
        self, masks: Mapping[str, npt.NDArray[np.bool_]], dtype: npt.DTypeLike = np.uint16
    ) -> npt.NDArray[np.unsignedinteger]:
        """Booleans by flag name to one integer array; flags not given stay 0."""
        first = next(iter(masks.values()))
        packed = np.zeros(first.shape, dtype)
        for name, mask in masks.items():
            packed |= np.asarray(mask, dtype=dtype) << np.asarray(self[name].bit, dtype=dtype)
        return packed

    def unpack(self, packed: npt.NDArray[np.integer], name: str) -> npt.NDArray[np.bool_]:
        """Where the flag is set; a band of signed integers keeps its highest flag in the sign."""
        selected: npt.NDArray[np.bool_] = (packed & np.uint64(self[name].mask).astype(packed.dtype)) != 0
        return selected


@dataclass(frozen=True)
class IndexValue:
    """One class of an index band."""

    name: str
    value: int
    colour: Colour
    meaning: str


@dataclass(frozen=True)
class IndexCoding:
    """The classes of one band; a pixel has exactly one."""

    name: str
    values: tuple[IndexValue, ...]

    def __getitem__(self, name: str) -> IndexValue:
        for value in self.values:
            if value.name == name:
                return value
        raise EstranError(
            f"no class is called {name!r}", where=self.name, expected=", ".join(v.name for v in self.values)
        )


class Flags(IntFlag):
    """Flags of a band, said once for kernels, which take a member as a number (compiled ones by ``int(…)``), and for
    the declaration of an operator, which takes :meth:`coding`.

    A member is written as its bit, the colour of its mask, its meaning and, if need be, the mask's transparency.

    Examples
    --------
    >>> class Sky(Flags):
    ...     CLOUD = 0, (255, 255, 255), "cloud"
    ...     HAZE = 3, (200, 200, 255), "haze", 0.7
    >>> int(Sky.HAZE), Sky.coding("sky")["HAZE"].bit
    (8, 3)
    """

    colour: Colour
    meaning: str
    transparency: float

    def __new__(cls, bit: int, colour: Colour = (0, 0, 0), meaning: str = "", transparency: float = 0.5) -> Self:
        """A member."""
        member = int.__new__(cls, 1 << bit)
        member._value_ = 1 << bit
        member.colour, member.meaning, member.transparency = colour, meaning, transparency
        return member

    @classmethod
    def coding(cls, name: str) -> FlagCoding:
        """The coding of a band of that name."""
        return FlagCoding(
            name, tuple(Flag(str(f.name), f.bit_length() - 1, f.colour, f.meaning, f.transparency) for f in cls)
        )


class Classes(IntEnum):
    """Classes of a band, said once for kernels, which take a member as a number, and for the declaration of an
    operator, which takes :meth:`coding`. A member is written as its value, its colour and its meaning.

    Examples
    --------
    >>> class Sky(Classes):
    ...     CLEAR = 0, (0, 0, 255), "clear"
    ...     NODATA = 255, (0, 0, 0), "no data"
    >>> int(Sky.NODATA), Sky.coding("sky")["CLEAR"].meaning
    (255, 'clear')
    """

    colour: Colour
    meaning: str

    def __new__(cls, value: int, colour: Colour = (0, 0, 0), meaning: str = "") -> Self:
        """A member."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.colour, member.meaning = colour, meaning
        return member

    @classmethod
    def coding(cls, name: str) -> IndexCoding:
        """The coding of a band of that name."""
        return IndexCoding(name, tuple(IndexValue(c.name, int(c), c.colour, c.meaning) for c in cls))
