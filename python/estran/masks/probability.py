"""Cloud probability over land and over water (ATBD: cloud mask, CM-14 to CM-18)."""

from __future__ import annotations

from estran.jit import jit


@jit
def cirrus_probability(excess: float, full: float) -> float:
    """Share of an opaque cirrus, 0 and up (Z15 eq. 1): B10 above its background, over the value of a full one."""
    return max(excess, 0.0) / full  # (CM-14)


@jit
def hot_probability(hot: float, low: float, high: float) -> float:
    """Where HOT stands between clear land (0) and cloud (1) in this scene (Q19)."""
    return min(max((hot - low) / (high - low), 0.0), 1.0)  # (CM-16)


@jit
def water_probability(swir1: float, full: float) -> float:
    """Brightness of water in SWIR1, 0..1 (ZW12 eq. 10)."""
    return min(max(swir1, 0.0), full) / full  # (CM-17)


@jit
def cut_to_hundredths(probability: float) -> float:
    """As python-fmask stores probabilities: whole hundredths, cut, at most 2.55."""
    return int(min(max(probability * 100.0, 0.0), 255.0)) / 100.0
