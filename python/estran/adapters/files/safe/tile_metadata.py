"""A tile's metadata: what MTD_TL.xml says about the ground, the angles and the masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.store import AGAIN
from estran.adapters.files.times import utc
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Element
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

FloatArray = npt.NDArray[np.float64]

LAST_DETECTOR = 254
"""Highest number of a detector that is taken; Sentinel-2 has twelve."""

Direction = tuple[float, float]
"""Zenith and azimuth [degrees]."""

_LONG = frozenset({"Sun_Angles_Grid", "Viewing_Incidence_Angles_Grids", "MASK_FILENAME"})


@dataclass(frozen=True)
class AngleGrid:
    """Zenith and azimuth [degrees] on nodes, the first at the tile's upper-left corner; steps in metres."""

    zenith: FloatArray
    azimuth: FloatArray
    row_step: float
    col_step: float


@dataclass(frozen=True)
class TileMetadata:
    """What a tile's metadata say.

    Parameters
    ----------
    tile_id
        Identifier of the tile.
    sensing_time
        Time of the tile [UTC]; closer to the image than the product's start.
    grids
        Raster grid by pixel size [m]: 10, 20, 60.
    sun
        Sun angles, or None where no node has any.
    views
        View angles by band name, then detector number; a node outside the detector's footprint is NaN. Grids without a
        valid node are left out.
    mean_sun, mean_views
        Published means (zenith, azimuth), the latter by band name; None or empty where absent or impossible.
    footprints
        File name of the detector footprint mask by band name.
    tree
        The useful part, as a metadata tree.
    notes
        What was impossible and so left out.
    """

    tile_id: str
    sensing_time: datetime | None
    grids: Mapping[int, Grid]
    sun: AngleGrid | None
    views: Mapping[str, Mapping[int, AngleGrid]]
    mean_sun: Direction | None
    mean_views: Mapping[str, Direction]
    footprints: Mapping[str, str]
    tree: Element
    notes: tuple[str, ...] = ()


def read_tile_metadata(content: bytes, where: str) -> TileMetadata:
    """Parse a tile's metadata file.

    Parameters
    ----------
    content
        The XML.
    where
        Its name, for errors.

    Raises
    ------
    BadProduct
        Malformed or incomplete.
    BadGrid
        A CRS that is not known, or a geoposition that is no north-up raster.
    """
    root = xml.parse(content, where)
    notes: list[str] = []
    means = ((_band(n), _mean(n, notes)) for n in root.iter("Mean_Viewing_Incidence_Angle"))
    return TileMetadata(
        tile_id=root.findtext(".//TILE_ID", "").strip(),
        sensing_time=utc(root.findtext(".//SENSING_TIME")),
        grids=_grids(root, where),
        sun=_angles(root.find(".//Sun_Angles_Grid"), "the sun", where, notes),
        views=_views(root, where, notes),
        mean_sun=_mean(root.find(".//Mean_Sun_Angle"), notes),
        mean_views={band: mean for band, mean in means if band and mean is not None},
        footprints={
            band: (n.text or "").strip()
            for n in root.iter("MASK_FILENAME")
            if n.get("type") == "MSK_DETFOO" and (band := _band(n))
        },
        tree=xml.tree(root, _LONG),
        notes=tuple(dict.fromkeys(notes)),
    )


def _grids(root: Node, where: str) -> dict[int, Grid]:
    code = xml.text(root, ".//Tile_Geocoding/HORIZONTAL_CS_CODE", where)
    _check_crs(code, where)
    grids: dict[int, Grid] = {}
    for size in root.iterfind(".//Tile_Geocoding/Size"):
        metres = size.get("resolution", "")
        place = next((g for g in root.iterfind(".//Tile_Geocoding/Geoposition") if g.get("resolution") == metres), None)
        if place is None or not metres.isdigit():
            raise BadProduct(
                "a Size has no Geoposition of the same resolution",
                where=where,
                found=f"resolution {metres!r}",
                todo=AGAIN,
            )
        x, y, dx, dy = (xml.number(xml.text(place, tag, where), tag, where) for tag in ("ULX", "ULY", "XDIM", "YDIM"))
        if dx <= 0 or dy >= 0:
            raise BadGrid(
                "the tile is not a north-up raster", where=where, expected="XDIM > 0 and YDIM < 0", found=f"{dx}, {dy}"
            )
        rows, cols = (round(xml.number(xml.text(size, tag, where), tag, where)) for tag in ("NROWS", "NCOLS"))
        grids[int(metres)] = Grid(cols, rows, Affine(dx, 0, x, 0, dy, y), code)
    if not {10, 20, 60} <= set(grids):
        raise BadProduct(
            "the tile's raster sizes are incomplete",
            where=where,
            expected="10, 20 and 60 m",
            found=sorted(grids),
            todo=AGAIN,
        )
    return grids


def _check_crs(code: str, where: str) -> None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(code)
    except CRSError as error:
        raise BadGrid(
            "the tile's CRS is not known", where=where, expected="a code such as EPSG:32631", found=code, todo=AGAIN
        ) from error


def _views(root: Node, where: str, notes: list[str]) -> dict[str, dict[int, AngleGrid]]:
    views: dict[str, dict[int, AngleGrid]] = {}
    for node in root.iter("Viewing_Incidence_Angles_Grids"):
        band, detector = _band(node), node.get("detectorId", "")
        grid = _angles(node, f"view in {band}", where, notes)
        if band and grid is not None and detector.isdecimal() and 0 < int(detector) <= LAST_DETECTOR:
            views.setdefault(band, {})[int(detector)] = grid
    shapes = {g.zenith.shape for by_detector in views.values() for g in by_detector.values()}
    if len(shapes) > 1:
        raise BadProduct("the view angle grids differ in size", where=where, found=sorted(shapes), todo=AGAIN)
    return {band: dict(sorted(by_detector.items())) for band, by_detector in views.items()}


def _angles(node: Node | None, what: str, where: str, notes: list[str]) -> AngleGrid | None:
    if node is None:
        return None
    zenith, azimuth = xml.table(node.find("Zenith"), where), xml.table(node.find("Azimuth"), where)
    if zenith is None or azimuth is None:
        return None
    if zenith.shape != azimuth.shape:
        raise BadProduct(
            "zenith and azimuth grids differ in size",
            where=where,
            expected=zenith.shape,
            found=azimuth.shape,
            todo=AGAIN,
        )
    row_step, col_step = (
        xml.number(node.findtext(f"Zenith/{tag}", "5000"), tag, where) for tag in ("ROW_STEP", "COL_STEP")
    )
    if row_step <= 0 or col_step <= 0:
        raise BadProduct(
            "the step of an angle grid is not positive", where=where, found=f"{row_step}, {col_step}", todo=AGAIN
        )
    given = np.isfinite(zenith) & np.isfinite(azimuth)
    good = given & _possible(zenith, azimuth)
    if (given & ~good).any():
        notes.append(
            f"{(given & ~good).sum()} of {given.sum()} published angles of {what} are impossible ({_LIMITS}): they "
            f"count as holes."
        )
    if not good.any():
        return None
    return AngleGrid(np.where(good, zenith, np.nan), np.where(good, azimuth % 360.0, np.nan), row_step, col_step)


_LIMITS = "zenith outside 0 to 90 degrees, or azimuth beyond a turn"


def _possible(zenith: FloatArray, azimuth: FloatArray) -> npt.NDArray[np.bool_]:
    """Directions above the horizon. An azimuth may be counted from -180 or go past 360; fill values (-9999) are no
    azimuth.
    """
    return np.asarray((zenith >= 0) & (zenith < 90) & (np.abs(azimuth) <= 360))


def _mean(node: Node | None, notes: list[str]) -> Direction | None:
    """A published mean; None where there is none to use: it stands in for others and is never needed."""
    if node is None:
        return None
    try:
        zenith, azimuth = (float(node.findtext(tag, "nan")) for tag in ("ZENITH_ANGLE", "AZIMUTH_ANGLE"))
    except ValueError:
        return None
    if not (np.isfinite(zenith) and np.isfinite(azimuth)):
        return None
    if not _possible(np.array(zenith), np.array(azimuth)):
        notes.append(
            f"The published mean angles {zenith:g}, {azimuth:g} of {node.tag} are impossible ({_LIMITS}): they are "
            f"not used."
        )
        return None
    return zenith, azimuth % 360.0


def _band(node: Node) -> str:
    index = node.get("bandId", "")
    return SENTINEL2[int(index)].name if index.isdecimal() and int(index) < len(SENTINEL2) else ""
