"""How five aerosol models scatter and polarise."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.physics.aerosol import MODELS, optics
from estran.physics.scattering import phase_matrix

NAMES = ("maritime", "coastal", "continental", "urban", "dust")


def data() -> dict[str, Any]:
    """Phase function and polarisation by scattering angle at 550 nm."""
    angle = np.linspace(0.0, 180.0, 361)
    found = {name: optics(MODELS[name], 550.0) for name in NAMES}
    elements = {name: phase_matrix(o.greek, np.cos(np.radians(angle))) for name, o in found.items()}
    return {"angle": angle, "elements": elements, "albedo": {name: o.albedo for name, o in found.items()}}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    degree = {name: -e[3] / e[0] for name, e in data["elements"].items()}
    middle = np.argmin(np.abs(data["angle"] - 90.0))
    return {
        "urban aerosol polarises most at 90 degrees": max(degree, key=lambda name: degree[name][middle]) == "urban",
        "maritime aerosol is weakest sideways": min(
            data["elements"], key=lambda name: data["elements"][name][0][middle]
        )
        in ("maritime", "coastal"),
        "only urban aerosol absorbs more than a quarter": [name for name, w in data["albedo"].items() if w < 0.75]
        == ["urban"],
    }


def draw(data: dict[str, Any]) -> Any:
    """Both against the scattering angle."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.4))
    left, right = figure.subplots(1, 2)
    for name, colour in zip(NAMES, ("#0b6e8a", "#39a0c9", "#5a8f29", "#4a4a4a", "#d9822b"), strict=True):
        a1, _, _, b1 = data["elements"][name]
        left.semilogy(data["angle"], a1, color=colour, label=f"{name}, albedo {data['albedo'][name]:.2f}")
        right.plot(data["angle"], -100 * b1 / a1, color=colour)
    left.set(xlabel="scattering angle [°]", ylabel="phase function", ylim=(0.03, 300))
    right.set(xlabel="scattering angle [°]", ylabel="linear polarisation [%]")
    left.legend(fontsize=7.5)
    return figure
