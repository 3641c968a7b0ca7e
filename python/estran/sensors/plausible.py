"""What reflectance can be: which values are no measurement, and which numbers are no reflectance at all.

Readers, the engine and the SNAP adapter ask here, so that the same product has the same pixels without data everywhere.
Every rule looks at one pixel alone, with numbers learnt at fixed places of the scene (:func:`lookouts`): the result is
the same for any tiling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from estran.sensors.bands import SPECTRAL, resolve

Array = npt.NDArray[np.floating]

LOWEST = -0.05
"""Reflectance below which a pixel has no data: dark water under an over-corrected offset reaches -0.01, a raw zero
under Sentinel-2's offset is -0.1.
"""

HIGHEST = 1.5
"""Reflectance that a pixel may pass, as a cloud's side towards a low sun does, but not every pixel of a scene."""

NUMBERS = 1e15
"""Beyond it a float is a number that fills (NetCDF's is 9.97e36, models' is 1e20), whatever is measured."""

HEIGHTS = (-11000.0, 9000.0)
"""Lowest and highest ground [m], from the Challenger Deep to Everest: beyond are numbers that fill holes (-32768,
32767).
"""

_VISIBLE = frozenset({"coastal", "blue", "green", "red"})
_BRIGHT = 0.5
"""From here on a number that stands in all visible bands may be a saturated cloud; it is a filling only where a band
that no cloud saturates has it too.
"""
_NEVER_SATURATED = frozenset({"cirrus", "nir09", "swir16", "swir22"})

_SIDE = 32
"""Rows and columns of the parts of a scene that are looked at."""
_RUN = 16
"""Pixels along the edge of the image that must hold one number in all bands before that number is taken for a filling.
"""
_BANDS = 3
"""Bands that must agree before a number is taken for a filling; a band or two may well be zero over water."""


def is_reflectance(semantic: str) -> bool:
    """Whether an input of this semantic name, of any source ("blue", "other.blue"), is reflectance.

    Examples
    --------
    >>> is_reflectance("blue"), is_reflectance("slave.swir16"), is_reflectance("sun_zenith")
    (True, True, False)
    """
    return semantic.rpartition(".")[2] in SPECTRAL


def spectral_bands(available: Sequence[str], platform: str = "") -> dict[str, str]:
    """Band names that hold reflectance, and their semantic names."""
    found = {semantic: resolve(semantic, available, platform) for semantic in SPECTRAL}
    return {name: semantic for semantic, name in found.items() if name is not None}


def drop_impossible(values: Array, semantic: str = "") -> None:
    """Make NaN, in place, of infinities and of what no measurement of that name is: reflectance below :data:`LOWEST`,
    fillings, heights that Earth has not.
    """
    limits = np.finfo(values.dtype)
    lowest, highest = float(limits.min), float(limits.max)
    if is_reflectance(semantic):
        lowest, highest = LOWEST, NUMBERS
    elif semantic.rpartition(".")[2] == "dem":
        lowest, highest = HEIGHTS
    with np.errstate(invalid="ignore"):
        good = (values >= lowest) & (values <= highest)
    if not good.all():
        values[~good] = np.nan


# ---------------------------------------------------------------- fillings


Part = tuple[slice, slice]
"""Rows and columns of an image, from first to stop."""


def lookouts(shape: tuple[int, int]) -> tuple[Part, ...]:
    """Nine parts of an image: its corners, the middles of its sides, its middle."""
    places = [sorted({0, max(0, (length - _SIDE) // 2), max(0, length - _SIDE)}) for length in shape]
    return tuple(
        (slice(row, min(row + _SIDE, shape[0])), slice(col, min(col + _SIDE, shape[1])))
        for row in places[0]
        for col in places[1]
    )


def fillings(looks: Sequence[Mapping[str, Array]], shape: tuple[int, int]) -> tuple[float, ...]:
    """Numbers that fill what the sensor did not observe: one and the same in all bands along the edge of the image.

    Parameters
    ----------
    looks
        The :func:`lookouts` of the scene in order: (rows, columns) arrays by semantic name, all of one scale.
    shape
        (rows, columns) of the scene.

    Returns
    -------
    tuple of float
        The numbers, ascending; empty where the whole scene is one number, or fewer than three bands are there.
    """
    if not looks or len(looks[0]) < _BANDS:
        return ()
    places = lookouts(shape)
    found: set[float] = set()
    everywhere: set[float] | None = None
    for part, bands in zip(places, looks, strict=True):
        same, values = _alike(list(bands.values()))
        numbers, counts = np.unique(values[same & _on_the_edge(part, shape)], return_counts=True)
        found |= {float(v) for v in numbers[counts >= _RUN] if not LOWEST <= v < 0.0}  # that may be water
        whole = {float(values.flat[0])} if same.all() and np.all(values == values.flat[0]) else set()
        everywhere = whole if everywhere is None else everywhere & whole
    if not _NEVER_SATURATED & set(looks[0]):
        found = {v for v in found if v < _BRIGHT}
    return tuple(sorted(found - (everywhere or set())))


def _alike(bands: Sequence[Array]) -> tuple[npt.NDArray[np.bool_], Array]:
    same = np.isfinite(bands[0])
    for band in bands[1:]:
        same &= band == bands[0]
    return same, bands[0]


def _on_the_edge(part: Part, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    rows, cols = (np.arange(piece.start, piece.stop) for piece in part)
    return np.asarray(np.isin(rows, (0, shape[0] - 1))[:, None] | np.isin(cols, (0, shape[1] - 1)))


def filled(bands: Mapping[str, Array], numbers: Sequence[float]) -> npt.NDArray[np.bool_] | None:
    """Where all bands (by semantic name) hold one of `numbers`, or all are zero, which no sunlit pixel is; None where
    nowhere.
    """
    if len(bands) < _BANDS or not _VISIBLE & {name.rpartition(".")[2] for name in bands}:
        return None
    first, *others = bands.values()
    mask = first == 0.0
    for number in numbers:
        mask |= first == np.float32(number)
    for other in others:
        if not mask.any():
            return None
        mask &= other == first
    return mask if mask.any() else None


# ---------------------------------------------------------------- numbers and reflectance

_LARGEST_REFLECTANCE = 2.0
"""Reflectance rarely passes 1.5, even over bright cloud under a low sun: the 90th percentile of the brightest band lies
below this.
"""
_COUNTS = (500.0, 4500.0, 30000.0)
"""Of reflectance times 10 000: the brightest band has its median above the first, the darkest its first percentile
below the second, none its 98th above the third.
"""
_SHOWS_BRIGHTNESS = frozenset({"coastal", "blue", "green", "red", "nir", "nir08"})


def judge(samples: Mapping[str, Array], *, whole_numbers: bool) -> tuple[bool, str]:
    """Whether the samples of bands that declare no scaling are reflectance times 10 000, and why they are no
    reflectance at all.

    Parameters
    ----------
    samples
        (n,) samples with data, by semantic name; empty ones say nothing.
    whole_numbers
        Whether the file keeps integers.

    Returns
    -------
    counts : bool
        Whether they are reflectance times 10 000.
    refused : str
        What they look like instead, where they cannot be that nor reflectance; else "".
    """
    there = {name: values for name, values in samples.items() if values.size}
    if not there:
        return whole_numbers, ""
    low = min(float(np.percentile(v, 1)) for v in there.values())
    median = max(float(np.median(v)) for v in there.values())
    high_90, high = (max(float(np.percentile(v, p)) for v in there.values()) for p in (90, 98))
    if not whole_numbers and high_90 <= _LARGEST_REFLECTANCE:
        return False, "negative numbers, as decibels are" if median < -1.0 else ""
    least_bright, most_dark, most_high = _COUNTS
    if median < 0.0:
        return False, "negative numbers, as decibels are"
    if low >= most_dark or high > most_high:
        return False, f"numbers from {low:.0f} to {high:.0f}, as another sensor's digital numbers are"
    if median < least_bright and (_SHOWS_BRIGHTNESS & set(there) or not whole_numbers):
        small = high <= 255 and all(np.array_equal(v, np.rint(v)) for v in there.values())
        kind = "8-bit numbers" if small and high > 100 else "percent" if high <= 100 else "radiances"
        return False, f"numbers from {low:.3g} to {high:.3g}, as {kind} are"
    return True, ""
