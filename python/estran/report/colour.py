"""Values to colours: arrays in, (rows, columns, 3) uint8 out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from estran.raster.coding import Colour, FlagCoding, IndexCoding

Float = npt.NDArray[np.float32]
Rgb = npt.NDArray[np.uint8]

NOTHING: Colour = (236, 236, 232)
"""Where there are no data: a light grey that no reflectance takes by itself in a composite."""

BRIGHTEST = 0.6
"""Reflectance shown white: the tops of thick clouds keep their structure, and two scenes can be compared by eye."""

GAMMA = 2.4
"""Display exponent: land, at reflectances of 0.05 to 0.2, lies in the middle of the greys."""

CLEAN_AIR: Mapping[str, float] = {"blue": 0.055, "green": 0.028, "red": 0.013}
"""What clean air alone reflects (a little less than the Rayleigh reflectance of a nadir view); taken off, so that land
is not veiled in blue.
"""


def is_reflectance(channels: Iterable[Float]) -> bool:
    """Whether all channels look like reflectances: 99.9 % of the finite values between -0.3 and 2.5, and some above
    0.001.
    """
    for channel in channels:
        values = channel[np.isfinite(channel)]
        if values.size == 0:
            return False
        low, high = np.percentile(values, (0.05, 99.95))
        if low < -0.3 or high > 2.5 or high < 1e-3:
            return False
    return True


def stretch(channel: Float, low: float, high: float, gamma: float = GAMMA) -> npt.NDArray[np.float64]:
    """0..1 for display; NaN stays NaN."""
    span = high - low if high > low else 1.0
    return np.asarray(np.clip((channel.astype(np.float64) - low) / span, 0.0, 1.0) ** (1.0 / gamma))


def composite(channels: Sequence[Float], semantics: Sequence[str] = ("", "", "")) -> Rgb:
    """Three channels (red, green, blue of the picture) as a picture.

    Reflectances get one fixed stretch, with :data:`CLEAN_AIR` taken off by the semantic name of the band; anything else
    the 1st to 99th percentile of all three channels together, so that hues stay.
    """
    if is_reflectance(channels):
        shown = [stretch(c, CLEAN_AIR.get(name, 0.0), BRIGHTEST) for c, name in zip(channels, semantics, strict=True)]
    else:
        values = np.concatenate([c[np.isfinite(c)].ravel() for c in channels])
        low, high = (float(p) for p in np.percentile(values, (1, 99))) if values.size else (0.0, 1.0)
        shown = [stretch(c, low, high) for c in channels]
    stacked = np.stack(shown, axis=-1)
    return to_bytes(stacked, np.asarray(np.isnan(stacked).any(axis=2)))


def grey(rgb: Rgb) -> Rgb:
    """The picture without hue (Rec. 709 weights), lightened so that colours painted over it read well."""
    luminance = rgb.astype(np.float64) @ (0.2126, 0.7152, 0.0722)
    light = 40.0 + luminance * (215.0 / 255.0)
    out = np.repeat(np.rint(light).astype(np.uint8)[..., None], 3, axis=-1)
    out[(rgb == NOTHING).all(axis=-1)] = NOTHING
    return out


def to_bytes(shown: npt.NDArray[np.float64], nothing: npt.NDArray[np.bool_]) -> Rgb:
    """0..1 to bytes, :data:`NOTHING` where there is nothing."""
    out = np.rint(np.nan_to_num(shown) * 255.0).astype(np.uint8)
    out[nothing] = NOTHING
    return out


def overlay(base: Rgb, packed: npt.NDArray[np.integer], coding: FlagCoding, names: Sequence[str]) -> Rgb:
    """Flags `names` painted over `base`, in that order (the last is on top), each with its own colour
    and transparency.
    """
    out = base.astype(np.float64)
    for name in names:
        flag = coding[name]
        where = coding.unpack(packed, name)
        opacity = 1.0 - flag.transparency
        out[where] = (1.0 - opacity) * out[where] + opacity * np.array(flag.colour, np.float64)
    return np.rint(out).astype(np.uint8)


def classes(values: npt.NDArray[np.integer], coding: IndexCoding) -> Rgb:
    """Class colours; values that the coding does not know get :data:`NOTHING`."""
    out = np.empty((*values.shape, 3), np.uint8)
    out[...] = NOTHING
    for value in coding.values:
        out[values == value.value] = value.colour
    return out


def ramp(values: Float, low: float, high: float, colours: npt.NDArray[np.uint8]) -> Rgb:
    """Values through a table of (n, 3) colours from `low` to `high`."""
    n = len(colours)
    fraction = np.clip((values.astype(np.float64) - low) / (high - low if high > low else 1.0), 0.0, 1.0)
    out = colours[np.rint(np.nan_to_num(fraction) * (n - 1)).astype(np.intp)].copy()
    out[~np.isfinite(values)] = NOTHING
    return out
