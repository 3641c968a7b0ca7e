"""Transmission in channels of a band like O2's A band, and what the table, the sampling and the fit lose of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.physics.gas.absorber import Absorber
from estran.physics.gas.band_fit import fit_bands
from estran.physics.gas.instrument import gaussian_channels
from estran.physics.gas.lines import line_list
from estran.physics.gas.profile import Layers, layers_from_levels
from estran.physics.gas.sampling import sample
from estran.physics.gas.table import Nodes, build_table, pressure_nodes, temperature_nodes
from estran.physics.gas.transmission import spectra, values

SHARE = 0.2095
GRID = np.arange(13080.0, 13128.0, 0.005)
CENTRES = np.arange(13083.0, 13125.0, 0.12)


def absorber() -> Absorber:
    """P branch of a rigid rotor with O2's constants: pairs of lines, B = 1.438 and 1.391 cm⁻¹ below and above, strength
    by population.
    """
    n = np.arange(1, 34, 2)
    lower, upper = 1.4377, 1.3913
    energy = lower * n * (n + 1)
    centre = 13120.9 - (lower + upper) * n - (lower - upper) * n**2
    strength = 7e-24 * n * np.exp(-1.4388 * energy / 296.0) / 5.0
    nu = np.concatenate([centre, centre + 1.9])
    width = np.tile(0.06 - 0.0008 * n, 2)
    return Absorber(
        line_list(
            "O2",
            np.ones(nu.size),
            nu,
            np.tile(strength, 2),
            width,
            width,
            np.tile(energy, 2),
            np.full(nu.size, 0.7),
            np.full(nu.size, -0.008),
        )
    )


def profile(ground: float = 1013.25, warmer: float = 0.0) -> Layers:
    height = np.linspace(0.0, 60.0, 41)
    return layers_from_levels(
        ground * np.exp(-height / 7.5), np.maximum(288.0 - 6.5 * height, 217.0) + warmer, {"O2": SHARE}
    )


def data() -> dict[str, Any]:
    """Transmission line by line, and the three differences to it."""
    of, channels = absorber(), gaussian_channels(GRID, CENTRES, CENTRES / 25000)
    layers = profile(1000.0, 6.0)
    depth = sum(
        n * SHARE * of.cross_section(GRID, p, t, SHARE)
        for n, p, t in zip(layers.air, layers.pressure, layers.temperature, strict=True)
    )
    truth = {m: channels @ np.exp(-m * depth) for m in (2.0, 4.0)}
    table = build_table(of, GRID, Nodes(pressure_nodes(), temperature_nodes(), np.array([SHARE])))
    by_table = values([table], channels, [layers], [4.0])[0]

    random = np.random.default_rng(7)
    training, paths = (
        [profile(random.uniform(880, 1040), random.uniform(-25, 25)) for _ in range(80)],
        random.uniform(2.0, 7.0, 80).tolist(),
    )
    chosen = sample(channels, np.exp(-spectra([table], training, paths)["O2"][:, 0]))
    by_sampling = values([table.take(chosen.which)], chosen.channels, [layers], [4.0])[0]

    airmass = np.linspace(2.0, 7.0, 12)
    fit = fit_bands(airmass, values([table], channels, [layers] * 12, airmass.tolist()))
    return {
        "truth": truth,
        "table": np.abs(by_table - truth[4.0]),
        "sampling": np.abs(by_sampling - by_table),
        "fit": np.abs(fit.transmission(4.0)[0] - truth[4.0]),
        "taken": chosen.which.size / CENTRES.size,
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    return {
        "the table is within 2e-5 of line by line": bool(data["table"].max() < 2e-5),
        "sampling is within 5e-5 of the table": bool(data["sampling"].max() < 5e-5),
        "the fit is fifty times worse than the table": bool(data["fit"].max() > 50 * data["table"].max()),
        "some channels are nearly black, others clear": bool(
            data["truth"][2.0].min() < 0.2 and data["truth"][2.0].max() > 0.97
        ),
        "fewer than eight wavenumbers a channel are taken": bool(data["taken"] < 8.0),
    }


def draw(data: dict[str, Any]) -> Any:
    """Transmission above, differences below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.6))
    top, bottom = figure.subplots(2, 1, sharex=True)
    for airmass, colour in ((2.0, "#0b6e8a"), (4.0, "#b5423a")):
        top.plot(CENTRES, data["truth"][airmass], color=colour, lw=1.0, label=f"airmass {airmass:g}")
    top.set(ylabel="transmission", ylim=(0, 1.02))
    top.legend(fontsize=8.5, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    for name, colour, label in (
        ("fit", "#d9822b", "fit (GAS-25)"),
        ("sampling", "#5a8f29", "sampling (GAS-24)"),
        ("table", "#0b6e8a", "table (GAS-18)"),
    ):
        bottom.semilogy(CENTRES, np.maximum(data[name], 1e-9), color=colour, lw=0.9, label=label)
    bottom.set(
        ylabel="difference at airmass 4", xlabel="wavenumber [cm⁻¹]", ylim=(1e-8, 0.1), xlim=(CENTRES[0], CENTRES[-1])
    )
    bottom.legend(fontsize=8.5, ncols=3, loc="upper left")
    return figure
