"""Tables of molecules and aerosol: reflectance of air over black, over the bands and over the angle to the Sun."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.physics.aerosol import MODELS, optics
from estran.physics.radiative_transfer import Constituent, exponential_layers, solve
from estran.physics.radiative_transfer.table_aerosol import BANDS, SHIPPED_MODELS
from estran.physics.radiative_transfer.tables import aerosol_table, rayleigh_table
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek

SEEN = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
THIN, THICK = 0.2, 0.4
SUN, HIGH_SUN = 40.0, 10.0


def _exact(model: str, thickness: float, cos_sun: float, view: Any) -> Any:
    """Band 4 from the solver, in the plane of the Sun: (views, 2)."""
    nm = BANDS["B4"]
    seen, standard = optics(MODELS[model], nm), optics(MODELS[model], 550.0)
    molecules = Constituent(float(optical_depth(nm)), 1.0, rayleigh_greek(float(depolarisation_factor(nm))), 8.0)
    aerosol = Constituent(thickness * seen.extinction / standard.extinction, seen.albedo, seen.greek, 2.0)
    return solve(exponential_layers([molecules, aerosol]), [cos_sun], view, [0.0, 180.0], streams=48).up[0, :, 0]


def data() -> dict[str, Any]:
    """Reflectances by model: over the bands, and along the plane of the Sun, positive away from it."""
    cos_sun, high = np.cos(np.radians([SUN, HIGH_SUN]))
    zenith = np.linspace(-14.9, 14.9, 150)
    azimuth = np.where(zenith < 0, 180.0, 0.0)
    points = np.array([0.0, 5.0, 8.0, 10.0, 12.0, 14.5])
    return {
        "zenith": zenith,
        "bands": {
            m: np.array([float(aerosol_table(m).path_reflectance(b, THIN, cos_sun, 1.0, 0.0)) for b in SEEN])
            for m in SHIPPED_MODELS
        },
        "molecules": np.array(
            [float(rayleigh_table().path_reflectance(optical_depth(BANDS[b]), cos_sun, 1.0, 0.0)) for b in SEEN]
        ),
        "plane": {
            m: aerosol_table(m).path_reflectance("B4", THICK, high, np.cos(np.radians(zenith)), azimuth)
            for m in SHIPPED_MODELS
        },
        "points": points,
        "exact": {m: _exact(m, THICK, float(high), np.cos(np.radians(points))) for m in ("dust", "maritime")},
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    bands, plane, zenith, points = data["bands"], data["plane"], data["zenith"], data["points"]
    near = [
        np.abs(np.interp(sign * points, zenith, plane[m]) - data["exact"][m][:, side]).max()
        for m in data["exact"]
        for side, sign in ((0, 1.0), (1, -1.0))
    ]
    glory = float(zenith[np.argmax(plane["dust"])])
    return {
        "points of the solver lie on the lines of the table": max(near) < 5e-4,
        "aerosol adds light in every band but where soot takes it from the blue": all(
            np.all(bands[m][3:] > data["molecules"][3:]) for m in bands if m != "urban"
        ),
        "dust shines most where the view has the Sun behind it": abs(glory + HIGH_SUN) < 1.5,
    }


def draw(data: dict[str, Any]) -> Any:
    """Two panels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.8, 3.5))
    left, right = figure.subplots(1, 2)
    nm = [BANDS[b] for b in SEEN]
    for model, values in data["bands"].items():
        (line,) = left.plot(nm, values, label=model)
        right.plot(data["zenith"], data["plane"][model], color=line.get_color())
        if model in data["exact"]:
            for side, sign in ((0, 1.0), (1, -1.0)):
                right.plot(sign * data["points"], data["exact"][model][:, side], "o", ms=3.5, color=line.get_color())
    left.plot(nm, data["molecules"], "k--", lw=1, label="molecules alone")
    left.set(xscale="log", yscale="log", xlabel="wavelength [nm]", ylabel="reflectance")
    left.set_xticks([450, 600, 850, 1600, 2200], labels=["450", "600", "850", "1600", "2200"])
    left.minorticks_off()
    left.legend(fontsize=8)
    right.axvline(-HIGH_SUN, color="0.6", lw=0.8, ls=":")
    right.set(xlabel="view [degrees], negative: Sun behind", ylabel="reflectance")
    return figure
