"""How far the published formulas of the Rayleigh optical depth are apart."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from estran.physics.rayleigh import Formula, optical_depth


def data() -> dict[str, Any]:
    """Ratio of each fit to the full formula of Bodhaine et al. 1999."""
    wavelength = np.arange(350.0, 2301.0, 5.0)
    full = optical_depth(wavelength)
    fits = [name for name in get_args(Formula) if name != "bodhaine"]
    return {"wavelength": wavelength, "ratio": {name: optical_depth(wavelength, formula=name) / full for name in fits}}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    at = lambda name, nm: float(np.interp(nm, data["wavelength"], data["ratio"][name])) - 1.0  # noqa: E731 - one number, read often
    return {
        "Bodhaine's own fit is within 0.015 % to 900 nm": max(abs(at("bodhaine_fit", nm)) for nm in range(350, 901, 10))
        < 1.5e-4,
        "it is 1 % high at 1.6 µm and 3.4 % high at 2.04 µm": abs(at("bodhaine_fit", 1608) - 0.0107) < 5e-4
        and abs(at("bodhaine_fit", 2037) - 0.0338) < 5e-4,
        "Perbos' is 2.2 to 2.5 % low in the visible": all(
            -0.025 < at("perbos", nm) < -0.022 for nm in range(400, 701, 10)
        ),
        "Hansen and Travis' and Bucholtz' stay within 0.45 %": max(
            abs(at(n, nm)) for n in ("hansen_travis", "bucholtz") for nm in range(350, 2301, 50)
        )
        < 0.0045,
    }


def draw(data: dict[str, Any]) -> Any:
    """Differences in percent."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6))
    axes = figure.add_subplot()
    colours = {
        "bodhaine_fit": "#0b6e8a",
        "hansen_travis": "#d9822b",
        "bucholtz": "#5a8f29",
        "frohlich_shaw": "#7a4fb5",
        "perbos": "#b5423a",
    }
    for name, ratio in data["ratio"].items():
        axes.plot(data["wavelength"] / 1000, 100 * (ratio - 1), color=colours[name], label=name)
    axes.axhline(0, color="0.4", lw=0.8)
    axes.set(ylim=(-4, 4), xlim=(0.35, 2.3), xlabel="wavelength [µm]", ylabel="difference to (RAY-5) [%]")
    axes.legend(fontsize=8.5, ncols=2)
    return figure
