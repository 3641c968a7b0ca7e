"""Where each band sees a cloud at 2 km, on odd and on even detectors: the colour fringes of clouds."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.scenes.instrument import BANDS, TIME_LAG, view_rays

HEIGHT = 2000.0
FLIGHT = 194.0
"""Azimuth of flight [degrees]."""


def data() -> dict[str, Any]:
    """Distance along the track from the cloud's true place to where a band sees it [m], behind is negative; by detector
    parity and band.
    """
    found: dict[str, dict[str, float]] = {}
    azimuth = np.radians(FLIGHT)
    along = np.array([np.sin(azimuth), -np.cos(azimuth)])
    for parity, seam in (("odd", 10e3), ("even", -10e3)):
        found[parity] = {}
        for band in BANDS:
            east, south = view_rays(band, (0.0, 0.0), (0.0, 0.0), FLIGHT, seam).at(0.0, 0.0)
            # The ray of a pixel meets the cloud above x + h v: the cloud is seen at x, that is at -h v from its true
            # place.
            found[parity][band] = float(-HEIGHT * (along @ [float(east), float(south)]))
    return found


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    odd, even = data["odd"], data["even"]
    gaps = {pair: abs(odd[pair[0]] - odd[pair[1]]) for pair in (("B8", "B8A"), ("B7", "B8A"))}
    return {
        "even detectors see the opposite of odd ones": bool(
            np.allclose([odd[b] + even[b] for b in BANDS], 0.0, atol=1e-9)
        ),
        "B2 and B9 are 49 m apart on one detector": abs(abs(odd["B9"] - odd["B2"]) - 48.9) < 0.5,
        "B8 and B8A are seven times as far apart as B7 and B8A": 6.5 < gaps["B8", "B8A"] / gaps["B7", "B8A"] < 7.0,
        "on odd detectors later bands see the cloud further behind": [
            odd[b] for b in sorted(BANDS, key=TIME_LAG.__getitem__)
        ]
        == sorted(odd.values(), reverse=True),
    }


def draw(data: dict[str, Any]) -> Any:
    """A dot a band, for both kinds of detector."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.6))
    ax = figure.subplots()
    for y, (parity, colour) in enumerate((("odd", "#0b6e8a"), ("even", "#5b2a86"))):
        for k, (band, x) in enumerate(sorted(data[parity].items(), key=lambda item: item[1])):
            ax.plot(x, y, "o", color=colour, ms=6)
            ax.annotate(
                band, (x, y), xytext=(0, 9 if k % 2 else -16), textcoords="offset points", ha="center", fontsize=7.5
            )
    ax.axvline(0, color="0.6", lw=1)
    ax.annotate("true place", (0, 0.5), xytext=(3, 0), textcoords="offset points", fontsize=8, color="0.4")
    ax.set(
        yticks=(0, 1),
        yticklabels=("odd detectors", "even detectors"),
        ylim=(-0.6, 1.6),
        xlabel="along the track, in the direction of flight [m]",
    )
    return figure
