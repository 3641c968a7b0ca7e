"""Which detector observed a pixel: footprint masks as polygons (GML, baselines before 04.00) or as rasters (JPEG 2000,
since).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from estran.adapters.files.gdal import library
from estran.adapters.files.safe import xml
from estran.adapters.files.safe.jpeg2000 import Image
from estran.errors import BadProduct
from estran.raster.grid import Grid, Window

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

log = logging.getLogger("estran")

Detectors = npt.NDArray[np.uint8]
Ring = list[tuple[float, float]]

UNKNOWN = 255
"""Where a footprint cannot be read: some detector observed the pixel, the mask does not show which."""


class Footprint(Protocol):
    """The detector footprints of one band."""

    def detectors(self, grid: Grid) -> Detectors:
        """Detector number of each pixel of `grid` (north-up, in the tile's CRS), 0 where there is none, :data:`UNKNOWN`
        where the mask is broken.
        """


@dataclass(frozen=True)
class PolygonFootprint:
    """Footprints as polygons: (detector, rings), the first ring the outer one; where two overlap the later one counts.
    `grid` is the band's own.
    """

    polygons: tuple[tuple[int, tuple[Ring, ...]], ...]
    grid: Grid

    def detectors(self, grid: Grid) -> Detectors:
        """Detector at the pixel's centre.

        Drawn on the band's own grid and then picked, as a raster footprint is: so the two forms of one footprint give
        the same pixels.
        """
        return _picked(grid, self.grid, self._drawn)

    def _drawn(self, window: Window) -> Detectors:
        library()
        from rasterio.features import rasterize

        if not self.polygons:
            return np.zeros((window.height, window.width), np.uint8)
        part = self.grid.sub(window)
        shapes = [({"type": "Polygon", "coordinates": rings}, detector) for detector, rings in self.polygons]
        drawn: Detectors = rasterize(shapes, out_shape=part.shape, transform=part.transform, fill=0, dtype="uint8")
        return drawn


@dataclass(frozen=True)
class RasterFootprint:
    """Footprints as an image of detector numbers on the band's own grid."""

    image: Image
    grid: Grid

    def detectors(self, grid: Grid) -> Detectors:
        """Detector at the pixel's centre.

        Read at full resolution and picked: the reduced resolutions of a JPEG 2000 file are averages, and the average of
        detectors 5 and 0 is no detector.
        """
        return _picked(grid, self.grid, self._read)

    def _read(self, window: Window) -> Detectors:
        try:
            return np.asarray(self.image[window.slices])
        except BadProduct as error:
            # Damage that shows only when the pixels are read: the mask counts as missing there.
            log.warning("%s The view angles there are those of the nearest detector.", error)
            return np.full((window.height, window.width), UNKNOWN, np.uint8)


def _picked(grid: Grid, own: Grid, read: Callable[[Window], Detectors]) -> Detectors:
    """What `read` gives of the band's own grid, at the pixel centres of another; 0 outside. A centre between pixels
    belongs to the right and lower one.
    """
    assert grid.transform is not None
    assert own.transform is not None
    ours, theirs = grid.transform, own.transform
    cols = np.floor((ours.c + (np.arange(grid.width) + 0.5) * ours.a - theirs.c) / theirs.a).astype(int)
    rows = np.floor((ours.f + (np.arange(grid.height) + 0.5) * ours.e - theirs.f) / theirs.e).astype(int)
    inside_cols, inside_rows = (cols >= 0) & (cols < own.width), (rows >= 0) & (rows < own.height)
    found = np.zeros(grid.shape, np.uint8)
    if not inside_cols.any() or not inside_rows.any():
        return found
    cols, rows = cols[inside_cols], rows[inside_rows]
    top, left = int(rows[0]), int(cols[0])
    pixels = read(Window(top, left, int(rows[-1]) - top + 1, int(cols[-1]) - left + 1))
    found[np.ix_(inside_rows, inside_cols)] = pixels[np.ix_(rows - top, cols - left)]
    return found


def read_polygons(content: bytes, where: str, grid: Grid) -> PolygonFootprint:
    """Parse a detector footprint mask in GML.

    The detector is the number before the last in the feature's gml:id ("detector_footprint-B02-07-0").

    Raises
    ------
    BadProduct
        Malformed.
    """
    polygons: list[tuple[int, tuple[Ring, ...]]] = []
    for feature in xml.parse(content, where).iter("MaskFeature"):
        name = next((value for key, value in feature.attrib.items() if key.endswith("}id")), "")
        found = re.search(r"-(\d+)-\d+$", name)
        if not found or not 0 < int(found.group(1)) < UNKNOWN:
            raise BadProduct(
                "a detector footprint does not say its detector",
                where=where,
                expected="an id like detector_footprint-B02-07-0",
                found=repr(name),
            )
        rings = [ring for positions in feature.iter("posList") if (ring := _ring(positions, where))]
        if rings:
            polygons.append((int(found.group(1)), tuple(rings)))
    return PolygonFootprint(tuple(polygons), grid)


def _ring(positions: Node, where: str) -> Ring:
    """The corners of a polygon, the first again as the last; empty where they enclose nothing."""
    dimension = positions.get("srsDimension", "2")
    if dimension not in ("2", "3"):
        raise BadProduct(
            "a detector footprint has neither two nor three coordinates a corner", where=where, found=repr(dimension)
        )
    values = [xml.number(v, "posList", where) for v in (positions.text or "").split()]
    ring = list(zip(values[0 :: int(dimension)], values[1 :: int(dimension)], strict=False))
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    return ring if len(ring) >= 4 else []
