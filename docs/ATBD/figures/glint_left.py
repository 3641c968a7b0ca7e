"""The colour of glint, thin cloud and land, when what may be glint is taken off."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.glint.air import water_index
from estran.physics.sea_surface.fresnel import reflectance
from estran.scenes.spectra import LIQUID_CLOUD, SURFACES

EDGE, SHINE, SWIR = 4, 5, 11
"""Places of B5, B6 and B11 in the tables of spectra."""
LAND = (
    "sand_white",
    "sand_dry",
    "sand_wet",
    "soil_brown",
    "soil_dark",
    "conifer",
    "crop",
    "asphalt",
    "concrete",
    "rock_grey",
    "snow_fresh",
)
WATERS = ("deep_water", "turbid_water", "lake_water")
GLINT = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.4])


def left(edge: Any, shine: Any, swir: Any) -> tuple[Any, Any]:
    """What is left in B5 and in B6 over what was taken for glint (GLINT-12), without air."""
    cosine = np.cos(np.radians(20.0))
    ratio = [
        float(reflectance(cosine, water_index(w)) / reflectance(cosine, water_index(1613.7))) for w in (704.1, 740.5)
    ]
    return (edge - ratio[0] * swir) / swir, (shine - ratio[1] * swir) / swir


def data() -> dict[str, Any]:
    """Glint over three waters, cloud of any thickness over deep water, land."""
    cosine = np.cos(np.radians(20.0))
    each = {
        w: float(reflectance(cosine, water_index(w)) / reflectance(cosine, water_index(1613.7))) for w in (704.1, 740.5)
    }
    glint = {}
    for name in WATERS:
        water = SURFACES[name]
        glint[name] = left(water[EDGE] + each[704.1] * GLINT, water[SHINE] + each[740.5] * GLINT, GLINT)
    cover = np.array([0.02, 0.05, 0.1, 0.3, 1.0]) * 0.6
    deep = SURFACES["deep_water"]
    cloud = left(*((1 - cover) * deep[k] + cover * LIQUID_CLOUD[k] for k in (EDGE, SHINE, SWIR)))
    land = {name: left(SURFACES[name][EDGE], SURFACES[name][SHINE], SURFACES[name][SWIR]) for name in LAND}
    return {"glint": glint, "cloud": cloud, "land": land, "bright": {name: SURFACES[name][SWIR] for name in LAND}}


def allowed(edge: Any, shine: Any, glint: Any) -> Any:
    """The first two allowances of (GLINT-13), in the figure's terms."""
    return (edge > -0.007 / glint - 0.08) & (shine - edge < 0.015 / glint + 0.15)


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    waters = [bool(np.all(allowed(*places, GLINT))) for places in data["glint"].values()]
    outside = [name for name, place in data["land"].items() if not allowed(*place, data["bright"][name])]
    edge, shine = data["cloud"]
    return {
        "glint over clear, turbid and lake water is water": all(waters),
        "sand, soil, rock, towns and plants are not": set(outside) >= set(LAND) - {"sand_wet", "snow_fresh"},
        "wet sand passes, as the page warns": "sand_wet" not in outside,
        "cloud is paler at 0.74 µm than glint": bool(np.all((shine - 0.5 * edge)[1:] > 0.02)),
    }


def draw(data: dict[str, Any]) -> Any:
    """Both left-overs, over the glint."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.4))
    axes = figure.subplots()
    for name, places in data["glint"].items():
        axes.plot(
            *places,
            "o-",
            ms=4,
            lw=1,
            color="#0b6e8a",
            alpha={"deep_water": 1.0, "lake_water": 0.7, "turbid_water": 0.4}[name],
            label=name.replace("_", " "),
        )
    axes.plot(*data["cloud"], "s-", ms=5, lw=1, color="#d9822b", label="cloud over deep water")
    for name, place in data["land"].items():
        if name != "snow_fresh":
            axes.plot(*place, "x", ms=6, color="#5a7d2a")
            axes.annotate(
                name.replace("_", " "), place, textcoords="offset points", xytext=(5, 3), fontsize=7.5, color="#5a7d2a"
            )
    axes.axvline(-0.08, color="0.6", lw=0.8, ls="--")
    line = np.array([-0.08, 2.0])
    axes.plot(line, line + 0.15, "--", color="0.6", lw=0.8)
    axes.set(
        xlim=(-0.75, 1.0),
        ylim=(-0.75, 1.2),
        xlabel="left at 0.70 µm, over the glint taken",
        ylabel="left at 0.74 µm, over the glint taken",
    )
    axes.legend(fontsize=8, loc="lower right")
    return figure
