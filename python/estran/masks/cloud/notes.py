"""The sentences of the cloud mask: what was switched off, assumed or not possible."""

from __future__ import annotations

from estran.masks.cloud.geometry_search import Searched
from estran.masks.cloud.stages import Geometry
from estran.raster.record import Note, missing


def of_missing(switched_off: dict[str, str]) -> list[Note]:
    """Layers that are missing, each with what is off without it."""
    return [missing(name, text) for name, text in switched_off.items()]


def of_no_displacement(bands: list[str]) -> list[Note]:
    """Bands without which there is no displacement index."""
    return [missing(name, "the displacement test of cloud objects is off") for name in bands]


def of_growth(probability: float) -> Note:
    """Clouds that grow for want of a cirrus band."""
    what = f"clouds are grown to where their probability falls below {probability:g}, to hold their thin parts"
    return missing("cirrus", what)


FEW_CLEAR = Note(
    "found",
    "",
    "fewer clear pixels than Fmask needs: every potential cloud pixel counts as cloud, and no shadow is looked for.",
)


def of_overcast(fraction: float) -> Note:
    """Too much cloud to look for shadows."""
    return Note("found", "", f"cloud covers {fraction:.0%} of the scene: no shadow is looked for.")


def of_search(geometry: Geometry, searched: Searched) -> Note:
    """How the search for the sun's place went."""
    return Note("found", "", _search_text(geometry, searched))


def _search_text(geometry: Geometry, searched: Searched) -> str:
    unknown = " and ".join(
        name for name, angle in (("zenith", geometry.sun_zenith), ("azimuth", geometry.sun_azimuth)) if angle is None
    )
    if searched.failed == "little":
        what = f"cloud on {searched.cloud_fraction:.2%} of the scene is too little to find where its shadow falls"
        return f"sun {unknown} angle unknown, and {what}: no shadow is drawn."
    found = searched.displacement
    if found is None:
        return f"sun {unknown} angle unknown, and no displacement from clouds to shadows was found: no shadow is drawn."
    text = (
        f"sun {unknown} angle unknown: clouds and shadows are best matched along azimuth {found.azimuth:.0f} "
        f"degrees, {found.length:.0f} m apart"
    )
    lengths = (
        "; shadow lengths are searched along it, and cloud heights stay unknown" if geometry.sun_zenith is None else ""
    )
    return f"{text}{lengths}."
