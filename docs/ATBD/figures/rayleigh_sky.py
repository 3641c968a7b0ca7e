"""Skylight and the light of molecules seen from space: reflectance and degree of linear polarisation in the Sun's
vertical plane.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.physics.radiative_transfer import Lambertian, Layer, solve
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek

SUN = 50.0


def data() -> dict[str, Any]:
    """From -80 to 80 degrees in the plane of the Sun, positive towards where light goes; at 443 nm over black and over
    a Lambertian ground.
    """
    zenith = np.arange(0.0, 80.1, 2.0)
    layer = Layer(float(optical_depth(443.0)), 1.0, rayleigh_greek(float(depolarisation_factor(443.0))))
    found = {}
    for albedo in (0.0, 0.25):
        field = solve([layer], np.cos(np.radians([SUN])), np.cos(np.radians(zenith)), [0.0, 180.0], Lambertian(albedo))
        for where, stokes in (("top", field.up), ("ground", field.down)):
            plane = np.concatenate([stokes[:, :0:-1, 0, 1], stokes[:, :, 0, 0]], axis=1)
            found[where, albedo] = plane
    return {"angle": np.concatenate([-zenith[:0:-1], zenith]), "stokes": found}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    angle, stokes = data["angle"], data["stokes"]
    degree = {key: np.hypot(s[1], s[2]) / s[0] for key, s in stokes.items()}
    strongest = float(angle[np.argmax(degree["top", 0.0])])
    neutral = np.flatnonzero(np.diff(np.sign(stokes["ground", 0.0][1])))
    return {
        "seen from space polarisation is strongest 90 degrees from the Sun's rays": abs(strongest - (90.0 - SUN))
        <= 2.0,
        "a bright ground takes polarisation away": bool(np.all(degree["top", 0.25] < degree["top", 0.0])),
        "from the ground there are neutral points above and below the Sun (Babinet and Brewster)": bool(
            np.any((angle[neutral] > SUN - 30) & (angle[neutral] < SUN))
            and np.any((angle[neutral] > SUN) & (angle[neutral] < SUN + 30))
        ),
    }


def draw(data: dict[str, Any]) -> Any:
    """Reflectance and polarisation against the angle."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.4))
    left, right = figure.subplots(1, 2)
    for (where, albedo), stokes in data["stokes"].items():
        style = {"color": "#0b6e8a" if where == "top" else "#d9822b", "ls": "-" if albedo == 0 else "--"}
        left.plot(data["angle"], stokes[0], **style, label=f"{where}, ground {albedo:g}")
        right.plot(data["angle"], 100 * np.hypot(stokes[1], stokes[2]) / stokes[0], **style)
    left.set(xlabel="zenith angle in the Sun's plane [°]", ylabel="reflectance at 443 nm")
    right.set(xlabel="zenith angle in the Sun's plane [°]", ylabel="linear polarisation [%]")
    left.legend(fontsize=8)
    return figure
