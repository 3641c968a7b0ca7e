"""Error of a transmission in channels by the number of nodes of the table, for cross-sections taken as they are and for
their logarithms.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from estran.physics.gas.absorber import Absorber
from estran.physics.gas.instrument import gaussian_channels
from estran.physics.gas.lines import line_list
from estran.physics.gas.profile import Layers, layers_from_levels
from estran.physics.gas.table import CrossSections, Nodes, build_table, pressure_nodes, temperature_nodes
from estran.physics.gas.transmission import values

SHARE, AIRMASS = 4.2e-4, 3.0
GRID = np.arange(6229.3, 6230.75, 0.003)
CENTRES = np.arange(6229.95, 6230.1, 0.07)
PRESSURES, TEMPERATURES = (8, 12, 16, 24), (3, 4, 5, 6, 8)


def absorber() -> Absorber:
    """A hundred and twenty lines drawn at random, from weak to saturated, with energies of the lower state to 1200
    cm⁻¹.
    """
    random, n = np.random.default_rng(42), 120
    draw = random.uniform
    strength = 10.0 ** draw(-25.5, -22.5, n)
    columns = (
        draw(6215.0, 6245.0, n),
        strength,
        draw(0.06, 0.09, n),
        draw(0.08, 0.12, n),
        draw(0.0, 1200.0, n),
        draw(0.6, 0.8, n),
        draw(-0.008, 0.0, n),
    )
    return Absorber(line_list("CO2", np.ones(n), *columns))


def profile(warmer: float) -> Layers:
    height = np.linspace(0.0, 50.0, 26)
    return layers_from_levels(
        1013.25 * np.exp(-height / 7.5), np.maximum(288.0 - 6.5 * height, 217.0) + warmer, {"CO2": SHARE}
    )


def by_logarithm(table: CrossSections, layers: Layers) -> np.ndarray[Any, Any]:
    """Optical depth with ln σ linear in ln p, and by a parabola through the three nearest nodes in T: what most tables
    do.
    """
    t = table.nodes.temperature
    logs = np.log(table.section.reshape(table.nodes.pressure.size, t.size, -1).astype(float))
    total = np.zeros(table.wavenumber.size)
    for p, kelvin, air in zip(layers.pressure, layers.temperature, layers.air, strict=True):
        place = float(
            np.clip(
                np.interp(np.log(p), np.log(table.nodes.pressure), np.arange(table.nodes.pressure.size)),
                0,
                table.nodes.pressure.size - 1.001,
            )
        )
        k, part = int(place), place % 1.0
        first = int(np.clip(np.searchsorted(t, kelvin) - 2, 0, t.size - 3))
        x = t[first : first + 3]
        weights = [np.prod([(kelvin - x[j]) / (x[i] - x[j]) for j in range(3) if j != i]) for i in range(3)]
        here = (1 - part) * logs[k, first : first + 3] + part * logs[k + 1, first : first + 3]
        total += air * SHARE * np.exp(np.tensordot(weights, here, 1))
    return total


def data() -> dict[str, Any]:
    """Largest errors of all channels and profiles against line by line."""
    of, channels = absorber(), gaussian_channels(GRID, CENTRES, CENTRES / 25000)
    profiles = [profile(w) for w in (-20.0, 20.0)]
    truth = []
    for layers in profiles:
        depth = sum(
            n * SHARE * of.cross_section(GRID, p, t, SHARE)
            for n, p, t in zip(layers.air, layers.pressure, layers.temperature, strict=True)
        )
        truth.append(channels @ np.exp(-AIRMASS * depth))

    @cache
    def error(pressures: int, temperatures: int) -> tuple[float, float]:
        table = build_table(
            of, GRID, Nodes(pressure_nodes(pressures), temperature_nodes(temperatures), np.array([SHARE]))
        )
        ours = values([table], channels, profiles, [AIRMASS] * 2)
        logs = [channels @ np.exp(-AIRMASS * by_logarithm(table, layers)) for layers in profiles]
        return float(np.abs(ours - truth).max()), float(np.abs(np.array(logs) - truth).max())

    return {
        "pressure": np.array([error(n, 8) for n in PRESSURES]),
        "temperature": np.array([error(24, n) for n in TEMPERATURES]),
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    pressure, temperature = data["pressure"], data["temperature"]
    at = PRESSURES.index(24)
    return {
        "24 pressures are within 1e-5": bool(pressure[at, 0] < 1e-5),
        "8 temperatures are within 1e-5": bool(temperature[TEMPERATURES.index(8), 0] < 1e-5),
        "logarithms are ten times worse with 24 pressures": bool(pressure[at, 1] > 10 * pressure[at, 0]),
        "the error falls with the nodes": bool(np.all(np.diff(pressure[:4, 0]) < 0)),
    }


def draw(data: dict[str, Any]) -> Any:
    """Two panels, logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 3.4))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, nodes, name, label in zip(
        panels,
        (PRESSURES, TEMPERATURES),
        ("pressure", "temperature"),
        ("nodes of pressure (8 of temperature)", "nodes of temperature (24 of pressure)"),
        strict=True,
    ):
        axes.semilogy(nodes, data[name][:, 0], "o-", color="#0b6e8a", label="cross-sections (GAS-18)")
        axes.semilogy(nodes, data[name][:, 1], "s--", color="#d9822b", label="logarithms, linear and parabola")
        axes.axhline(1e-4, color="0.4", lw=0.8)
        axes.set(xlabel=label, xticks=nodes)
    panels[0].set(ylabel="largest error of the transmission")
    panels[0].legend(fontsize=8.5)
    return figure
