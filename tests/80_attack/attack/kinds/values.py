"""Numbers that no reflectance, pixel, DEM or parameter can have: no-data, a note or a sentence, never a mask made of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from attack.case import Case
from attack.ground import Ground
from attack.judges import honest, refused
from attack.program import Said, forked
from attack.scenes import SIDE, Array, flags, land, write_raster, write_stack

KIND = "impossible values"
PATCH = np.s_[10:25, 30:50]


def cases(ground: Ground) -> Iterator[Case]:
    """Pixels first, then whole scenes, then grids, DEMs and parameters."""
    for name, value in IMPOSSIBLE.items():
        yield Case(KIND, "impossible pixels are no-data", name, _patch(value))
    for side in ("left", "right", "top"):
        for value in (0.0, 0.0001, -0.1, 1.6383):
            yield Case(KIND, "a border stuck at one number is no-data", f"{side}, {value}", _border(side, value))
    for name, (edit, words) in REFUSED.items():
        yield Case(KIND, "scenes that cannot be reflectance: one sentence", name, _scene(edit, words, must_fail=True))
    for name, (edit, words) in NOTED.items():
        yield Case(KIND, "scenes that are odd: a note or a sentence", name, _scene(edit, words, must_fail=False))
    for name, write in GRIDS.items():
        yield Case(KIND, "odd grids: a result or a sentence", name, _grid(write))
    for name, dem in DEMS.items():
        for command in ("masks", "run ReliefShadow"):
            yield Case(
                KIND,
                "odd DEMs: a result or a sentence, no warning of a library",
                f"{name}, {command}",
                _dem(ground, dem, command),
            )
    for name, words in CROSSED.items():
        yield Case(KIND, "limits that cross: exit 2", name, _crossed(ground, words))


IMPOSSIBLE = {
    "NaN": np.nan,
    "infinity": np.inf,
    "minus infinity": -np.inf,
    "-0.06": -0.06,
    "-1": -1.0,
    "-9999": -9999.0,
    "-1e30": -1e30,
}


def _ran(folder: Path, *more: object) -> Said:
    return forked(folder, "masks", "x.tif", "-o", "o.dim", "--sun-zenith", "40", "--sun-azimuth", "150", *more)


def _no_data(folder: Path, said: Said, expected: Array) -> str:
    if wrong := honest(said, (0,)):
        return wrong
    if "RuntimeWarning" in said.err:
        return f"a warning of a library: {said.err[-200:]}"
    found = flags(folder / "o.dim")["NODATA"]
    missed, more = int((expected & ~found).sum()), int((found & ~expected).sum())
    return f"{missed} of {int(expected.sum())} pixels are not no-data, {more} others are" if missed or more else ""


def _patch(value: float) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        bands = land()
        expected = np.zeros((SIDE, SIDE), bool)
        expected[PATCH] = True
        for data in bands.values():
            data[PATCH] = value
        write_stack(folder / "x.tif", bands)
        return _no_data(folder, _ran(folder), expected)

    return attempt


def _border(side: str, value: float) -> Callable[[Path], str]:
    """A slanted strip, as at the edge of a swath, stuck at one number in every band."""

    def attempt(folder: Path) -> str:
        bands = land()
        rows, columns = np.indices((SIDE, SIDE))
        strip = columns < 8 + rows // 6
        strip = {"left": strip, "right": strip[:, ::-1], "top": strip.T}[side]
        for data in bands.values():
            data[strip] = value
        write_stack(folder / "x.tif", bands)
        return _no_data(folder, _ran(folder), strip)

    return attempt


Edit = Callable[[dict[str, Array]], dict[str, Array]]


def _each(change: Callable[[Array], Array]) -> Edit:
    return lambda bands: {name: change(data) for name, data in bands.items()}


REFUSED: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "8 bits": (_each(lambda a: np.clip(a * 255, 0, 255).astype(np.uint8)), ("scal", "8-bit", "8 bit")),
    "per cent": (_each(lambda a: a * np.float32(100)), ("scal",)),
    "complex": (_each(lambda a: a.astype(np.complex64)), ("complex",)),
    "complex integers": (_each(lambda a: (a * 10000).astype(np.complex128)), ("complex",)),
    "all NaN": (_each(lambda a: np.full_like(a, np.nan)), ()),
    "all infinite": (_each(lambda a: np.full_like(a, np.inf)), ()),
    "all -9999": (_each(lambda a: np.full_like(a, -9999)), ()),
    "NaN in one needed band": (lambda bands: {**bands, "B2": np.full_like(bands["B2"], np.nan)}, ()),
    "a needed band left out": (
        lambda bands: {name: data for name, data in bands.items() if name != "B2"},
        ("B2", "blue"),
    ),
}
NOTED: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "reflectance x 10,000 in 16 bits without a scale": (_each(lambda a: (a * 10000).astype(np.uint16)), ("0.0001",)),
    "reflectance x 10,000 in 16 bits with a sign, without a scale": (
        _each(lambda a: (a * 10000).astype(np.int16)),
        ("0.0001",),
    ),
    "reflectance x 10,000 in floats": (_each(lambda a: a * np.float32(10000)), ("0.0001",)),
    "all slightly negative": (
        _each(lambda a: np.full_like(a, -0.01) + a * np.float32(0.01)),
        ("negative", "below", "no-data", "no valid"),
    ),
    "all saturated": (_each(lambda a: np.full_like(a, 1.6) + a * np.float32(0.001)), ("saturat", "bright", "above")),
    "all the same": (_each(lambda a: np.full_like(a, 0.2)), ()),
    "all zero": (_each(np.zeros_like), ()),
    "double precision": (_each(lambda a: a.astype(np.float64)), ()),
    "a chessboard of NaN": (_each(lambda a: np.where(np.indices(a.shape).sum(0) % 2, a, np.float32(np.nan))), ()),
    "one valid pixel": (
        _each(lambda a: np.where(np.arange(a.size).reshape(a.shape) == 777, a, np.float32(np.nan))),
        (),
    ),
    "denormal numbers": (_each(lambda a: a * np.float32(1e-40)), ()),
    "1e30": (_each(lambda a: a * np.float32(1e30)), ()),
}


def _scene(edit: Edit, words: tuple[str, ...], must_fail: bool) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        write_stack(folder / "x.tif", edit(land()))
        said = _ran(folder)
        if must_fail:
            return refused(said, *words)
        if wrong := honest(said):
            return wrong
        if "Warning" in said.err:
            return f"a warning of a library: {said.err[-200:]}"
        return (
            ""
            if not words or any(word in said.err.lower() for word in words)
            else f"no note has one of {', '.join(words)}: {said.err[-300:] or '(silence)'}"
        )

    return attempt


def _written(**how: object) -> Callable[[Path], Path]:
    return lambda folder: write_stack(folder / "x.tif", land(), **how)  # type: ignore[arg-type]


def _affine(*numbers: float) -> object:
    from rasterio import Affine

    return Affine(*numbers)


def _of_side(rows: int, columns: int) -> Callable[[Path], Path]:
    return lambda folder: write_stack(folder / "x.tif", {name: data[:rows, :columns] for name, data in land().items()})


GRIDS: dict[str, Callable[[Path], Path]] = {
    "pixels of 0.1 mm": _written(pixel=1e-4),
    "pixels of 1e-12 m": _written(pixel=1e-12),
    "pixels of 1e7 m": _written(pixel=1e7),
    "no CRS": _written(crs=None),
    "degrees": lambda folder: write_stack(
        folder / "x.tif", land(), crs="EPSG:4326", transform=_affine(2e-4, 0, 3.0, 0, -2e-4, 50.0)
    ),
    "degrees across 180": lambda folder: write_stack(
        folder / "x.tif", land(), crs="EPSG:4326", transform=_affine(2e-4, 0, 179.995, 0, -2e-4, 50.0)
    ),
    "degrees beyond the pole": lambda folder: write_stack(
        folder / "x.tif", land(), crs="EPSG:4326", transform=_affine(2e-1, 0, 3.0, 0, -2e-1, 95.0)
    ),
    "rotated": lambda folder: write_stack(folder / "x.tif", land(), transform=_affine(17, 10, 6e5, 10, -17, 56e5)),
    "south up": lambda folder: write_stack(folder / "x.tif", land(), transform=_affine(20, 0, 6e5, 0, 20, 56e5)),
    "west up": lambda folder: write_stack(folder / "x.tif", land(), transform=_affine(-20, 0, 6e5, 0, -20, 56e5)),
    "oblong pixels": lambda folder: write_stack(folder / "x.tif", land(), transform=_affine(20, 0, 6e5, 0, -60, 56e5)),
    "a transform of NaN": lambda folder: write_stack(
        folder / "x.tif", land(), transform=_affine(np.nan, 0, 6e5, 0, -20, 56e5)
    ),
    "a place of 1e300": lambda folder: write_stack(
        folder / "x.tif", land(), transform=_affine(20, 0, 1e300, 0, -20, 56e5)
    ),
    "one pixel": _of_side(1, 1),
    "one row": _of_side(1, SIDE),
    "one column": _of_side(SIDE, 1),
    "two by two": _of_side(2, 2),
    "no-data said to be 0.1": _written(nodata=0.1),
    "no-data said to be NaN": _written(nodata=float("nan")),
    "a Mercator of the Web": _written(crs="EPSG:3857"),
    "a CRS in feet": _written(crs="EPSG:2263"),
    "a CRS of the whole Earth's centre": _written(crs="EPSG:4978"),
}


def _grid(write: Callable[[Path], Path]) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        write(folder)
        said = _ran(folder, "--time", "2020-06-15T10:50:00")
        wrong = honest(said)
        return wrong or (f"a warning of a library: {said.err[-200:]}" if "Warning" in said.err else "")

    return attempt


HERE = (60.0, 0.0, 399_000.0, 0.0, -60.0, 4_801_000.0)


def _heights(
    change: Callable[[Array], Array],
    dtype: str = "float32",
    nodata: float | None = None,
    crs: str = "EPSG:32631",
    transform: tuple[float, ...] = HERE,
) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        place = _affine(*transform)
        heights = 100.0 + 20.0 * np.random.default_rng(3).random((90, 90))
        with np.errstate(invalid="ignore"):
            data = change(heights).astype(dtype)
        return write_raster(folder / "dem.tif", data, place, crs, nodata)

    return write


DEMS: dict[str, Callable[[Path], Path]] = {
    "all holes": _heights(lambda a: np.full_like(a, np.nan)),
    "all its no-data value": _heights(lambda a: np.full_like(a, -32768), "int16", -32768),
    "all -9999, not said to be no-data": _heights(lambda a: np.full_like(a, -9999)),
    "holes": _heights(lambda a: np.where(a > 110, np.nan, a)),
    "infinities": _heights(lambda a: np.where(a > 115, np.inf, a)),
    "9999 km high": _heights(lambda a: a + 9_999_000),
    "whole numbers": _heights(lambda a: a, "int32"),
    "8 bits": _heights(lambda a: a, "uint8"),
    "complex": _heights(lambda a: a, "complex64"),
    "elsewhere": _heights(lambda a: a, transform=(60, 0, 0, 0, -60, 0)),
    "in degrees": _heights(lambda a: a, crs="EPSG:4326", transform=(0.001, 0, 1.72, 0, -0.001, 43.37)),
    "in degrees from 0 to 360": _heights(lambda a: a, crs="EPSG:4326", transform=(0.001, 0, 361.72, 0, -0.001, 43.37)),
    "one pixel": _heights(lambda a: a[:1, :1], transform=(60_000, 0, 380_000, 0, -60_000, 4_820_000)),
    "without a CRS": lambda folder: write_raster(
        folder / "dem.tif", np.ones((5, 5), np.float32), _affine(1, 0, 0, 0, -1, 0), None
    ),
}


def _dem(ground: Ground, write: Callable[[Path], Path], command: str) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        write(folder)
        more = ["--backend", "sweep"] if "Relief" in command else []
        said = forked(folder, *command.split(), ground.stack, "--dem", "dem.tif", "-o", "o.dim", *more)
        wrong = honest(said)
        return wrong or (f"a warning of a library: {said.err[-200:]}" if "Warning" in said.err else "")

    return attempt


CROSSED = {
    "heights": ("--height-min", "9000", "--height-max", "1000"),
    "height below zero": ("--height-min", "-5"),
    "not a number": ("--height-min", "nan"),
    "infinite": ("--height-max", "inf"),
}


def _crossed(ground: Ground, words: tuple[str, ...]) -> Callable[[Path], str]:
    return lambda folder: refused(forked(folder, "masks", ground.stack, "-o", "o.dim", *words), codes=(2,))
