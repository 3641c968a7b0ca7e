"""What the heights of a raster are counted from and in: the vertical part of its CRS, its unit, and the names of the
common elevation models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from estran.adapters.files.gdal import fact_of

_UNITS: Mapping[str, float] = {
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters", "m.", "gpm"), 1.0),
    **dict.fromkeys(("ft", "foot", "feet", "international foot", "international feet"), 0.3048),
    **dict.fromkeys(
        ("us ft", "ussft", "ftus", "us foot", "us feet", "foot us", "us survey foot", "us survey feet", "survey foot"),
        1200 / 3937,
    ),
    **dict.fromkeys(("survey feet", "ussurveyfoot", "ussurveyfeet", "ft us", "sft"), 1200 / 3937),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000.0),
    **dict.fromkeys(("dm", "decimetre", "decimetres", "decimeter", "decimeters"), 0.1),
    **dict.fromkeys(("cm", "centimetre", "centimetres", "centimeter", "centimeters"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 0.001),
}
"""Metres of the units that files name."""

_MODELS = (
    (re.compile(r"Copernicus_DSM", re.IGNORECASE), "the geoid EGM2008"),
    (re.compile(r"\.hgt$|SRTM|ASTGTM", re.IGNORECASE), "the geoid EGM96"),
    (re.compile(r"NASADEM", re.IGNORECASE), "the geoid EGM96"),
    (re.compile(r"AW3D30|ALPSMLC30", re.IGNORECASE), "the geoid EGM96"),
)
"""Elevation models by the names of their files, and what their documentation counts heights from."""


def metres_per_unit(dataset: Any) -> float:
    """Metres of one unit of the first band: of the unit that the band says, else of the axis of its vertical CRS, else
    1.
    """
    unit = _unit(dataset)
    if unit:
        return _UNITS.get(_plain(unit), 1.0)
    vertical = _vertical(dataset.crs)
    return float(vertical.axis_info[0].unit_conversion_factor) if vertical is not None and vertical.axis_info else 1.0


def oddities(path: Path, dataset: Any) -> str:
    """A sentence on a unit that is not known, and on bands that are not read; "" where there is nothing to say."""
    said, unit = [], _unit(dataset)
    if unit and _plain(unit) not in (*_UNITS, "1", "%", "percent"):
        said.append(
            f"{path.name} has its numbers in {unit!r}, which is no known unit of length: they are taken as metres."
        )
    if dataset.count > 1:
        said.append(f"{path.name} has {dataset.count} bands: the first was read.")
    return " ".join(said)


def _unit(dataset: Any) -> str:
    return str(fact_of(lambda: dataset.units[0], "") or "").strip()


def _plain(unit: str) -> str:
    return re.sub(r"[\s_-]+", " ", unit.lower().replace("u.s.", "us"))


def datum_note(path: Path, dataset: Any) -> str:
    """A sentence on what the heights of a file are counted from."""
    vertical = _vertical(dataset.crs)
    if vertical is not None:
        return f"The heights of {path.name} are counted from {vertical.name}, as its CRS says."
    if _is_ellipsoidal(dataset.crs):
        return f"The heights of {path.name} are ellipsoidal, as its CRS says."
    for pattern, datum in _MODELS:
        if pattern.search(path.name):
            return f"The heights of {path.name} are counted from {datum}, as is usual for files of that name."
    return (
        f"{path.name} does not say whether its heights are orthometric or ellipsoidal; they are taken as they are. "
        f"The two differ by up to 100 m, "
        "nearly the same all over a scene: shadows do not move, heights above the sea do."
    )


def _vertical(crs: Any) -> Any | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_wkt(crs.to_wkt())
    except CRSError:
        return None
    return next((part for part in found.sub_crs_list if part.is_vertical), None)


def _is_ellipsoidal(crs: Any) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return len(CRS.from_wkt(crs.to_wkt()).axis_info) == 3
    except CRSError:
        return False
