"""What each gas takes from each band, and why a mean over a cell of the spectrum needs the law of its lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from estran.physics.gas.absorption import GASES, transmittance, transmittances
from estran.physics.gas.exponential_sum import saturated
from estran.sensors.bands import SENTINEL2

SEED = 11
BANDS = [band.name for band in SENTINEL2]


def data() -> dict[str, Any]:
    """Absorption at a common path (air mass 2.3, 300 DU, 2 g/cm²), and a made-up cell of narrow lines."""
    common: dict[str, Any] = {"airmass": 2.3, "ozone": 300.0, "water_vapour": 2.0}
    absorbed = {s: {gas: 1.0 - transmittances(f"S2{s}", gases=[gas], **common) for gas in GASES} for s in "ABC"}
    # 400 cells of 1 cm-1 with two lines each on average, as wide as lines of CO2 near the ground.
    rng = np.random.default_rng(SEED)
    width, cells, lines = 0.055, 400, 800
    nu = np.arange(0.0, cells, 0.005)
    tau = np.zeros(nu.size)
    for centre, strength in zip(rng.uniform(0, cells, lines), rng.exponential(0.08, lines), strict=True):
        tau += strength * width / np.pi / ((nu - centre) ** 2 + width**2)
    mean = tau.reshape(cells, -1).mean(axis=1)
    path = np.linspace(0.0, 10.0, 41)
    law = lambda b: np.exp(-saturated(mean, b, path)).mean(axis=1)  # noqa: E731
    true = np.array([np.exp(-m * tau).mean() for m in path])
    # One number, set so that the law holds at air mass 4.
    overlap = brentq(lambda b: float(law(b)[16] - true[16]), 0.05, 50.0)
    return {
        "absorbed": absorbed,
        "path": path,
        "overlap": overlap,
        "true": true,
        "plain": np.exp(-path[:, None] * mean).mean(axis=1),
        "law": law(overlap),
        "high": [
            float(transmittance("S2A", "B11", pressure=p, gases=["carbon_dioxide"], **common)) for p in (1013.25, 500.0)
        ],
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    of = lambda satellite, gas, band: float(data["absorbed"][satellite][gas][BANDS.index(band)])  # noqa: E731
    return {
        "ozone takes 7 % of B3 and 3 % of B4": 0.065 < of("A", "ozone", "B3") < 0.073
        and 0.03 < of("A", "ozone", "B4") < 0.038,
        "water takes 0.2 % of B8A and 5 to 8 % of B5, B8 and B12": of("A", "water_vapour", "B8A") < 0.003
        and all(0.045 < of("A", "water_vapour", b) < 0.08 for b in ("B5", "B8", "B12")),
        "water leaves 0.1 % of B10": 0.998 < of("A", "water_vapour", "B10") < 0.9995,
        "oxygen is felt in B7 of Sentinel-2B alone, which cuts into the A band": of("B", "oxygen", "B7") > 0.003
        and of("A", "oxygen", "B7") < 4e-4,
        "plain exponentials of cells are 0.15 too dark at air mass 10": 0.13
        < float(data["true"][-1] - data["plain"][-1])
        < 0.17,
        "the law of the lines is within 0.01 everywhere": float(np.abs(data["law"] - data["true"]).max()) < 0.01,
        "half the pressure halves the absorption of carbon dioxide, to 5 %": abs(
            (1 - data["high"][1]) / (1 - data["high"][0]) - 500 / 1013.25
        )
        < 0.025,
    }


def draw(data: dict[str, Any]) -> Any:
    """Dots on a logarithmic axis; curves over the path."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1.75, 1))
    colours = dict(
        zip(GASES, ("#5a8f29", "#0b6e8a", "#b5423a", "#7a4fb5", "#d9822b", "#8a6d0b", "#c25a9a", "0.45"), strict=True)
    )
    for gas in GASES:
        for satellite, marker in zip("ABC", "o^s", strict=True):
            shown = data["absorbed"][satellite][gas]
            left.semilogy(
                np.arange(13) + 0.18 * ("ABC".index(satellite) - 1),
                np.where(shown > 1e-4, shown, np.nan),
                marker,
                ms=4.2,
                color=colours[gas],
                label=gas.replace("_", " ") if satellite == "A" else None,
            )
    left.set(xticks=range(13), xticklabels=BANDS, ylim=(1e-4, 1.3), ylabel="fraction absorbed, air mass 2.3 [1]")
    left.legend(fontsize=7.5, ncols=2, loc="upper left")
    left.set_title("circles A, triangles B, squares C", fontsize=8.5)
    right.plot(data["path"], data["true"], color="0.1", lw=2.6, label="line by line")
    right.plot(data["path"], data["law"], color="#d9822b", lw=1.4, label=f"cells, (ABS-2), b = {data['overlap']:.2f}")
    right.plot(data["path"], data["plain"], color="#0b6e8a", lw=1.4, ls="--", label="cells, plain")
    right.set(xlabel="air mass", ylabel="mean transmittance of made-up lines")
    right.legend(fontsize=8)
    return figure
