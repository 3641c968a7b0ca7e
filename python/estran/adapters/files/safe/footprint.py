"""Which detector saw a pixel: footprint masks as polygons (GML, baselines before 04.00) or as rasters (JPEG 2000, since)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.jpeg2000 import Image
from estran.errors import BadProduct
from estran.raster.grid import Grid

Detectors = npt.NDArray[np.uint8]
Ring = list[tuple[float, float]]


class Footprint(Protocol):
    """The detector footprints of one band."""

    def detectors(self, grid: Grid) -> Detectors:
        """Detector number of each pixel of `grid` (north-up, in the tile's CRS), 0 where there is none."""


@dataclass(frozen=True)
class PolygonFootprint:
    """Footprints as polygons: (detector, rings), the first ring the outer one; where two overlap the later one counts."""

    polygons: tuple[tuple[int, tuple[Ring, ...]], ...]

    def detectors(self, grid: Grid) -> Detectors:
        """Detector whose polygon holds the pixel's centre."""
        from rasterio.features import rasterize

        if not self.polygons:
            return np.zeros(grid.shape, np.uint8)
        shapes = [({"type": "Polygon", "coordinates": rings}, detector) for detector, rings in self.polygons]
        burnt: Detectors = rasterize(shapes, out_shape=grid.shape, transform=grid.transform, fill=0, dtype="uint8")
        return burnt


@dataclass(frozen=True)
class RasterFootprint:
    """Footprints as an image of detector numbers on the band's own grid."""

    image: Image
    grid: Grid

    def detectors(self, grid: Grid) -> Detectors:
        """Detector at the pixel's centre.

        Read at full resolution and picked: the reduced resolutions of a JPEG 2000 file are averages, and the average of detectors 5 and 0 is no detector.
        """
        assert grid.transform is not None
        assert self.grid.transform is not None
        ours, theirs = grid.transform, self.grid.transform
        cols = np.floor((ours.c + (np.arange(grid.width) + 0.5) * ours.a - theirs.c) / theirs.a).astype(int)
        rows = np.floor((ours.f + (np.arange(grid.height) + 0.5) * ours.e - theirs.f) / theirs.e).astype(int)
        inside_cols, inside_rows = (cols >= 0) & (cols < self.grid.width), (rows >= 0) & (rows < self.grid.height)
        found = np.zeros(grid.shape, np.uint8)
        if not inside_cols.any() or not inside_rows.any():
            return found
        top, left = rows[inside_rows][0], cols[inside_cols][0]
        window: Any = self.image[top : rows[inside_rows][-1] + 1, left : cols[inside_cols][-1] + 1]
        found[np.ix_(inside_rows, inside_cols)] = window[np.ix_(rows[inside_rows] - top, cols[inside_cols] - left)]
        return found


def read_polygons(content: bytes, where: str) -> PolygonFootprint:
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
        if not found:
            raise BadProduct("a detector footprint does not say its detector", where=where, expected="an id like detector_footprint-B02-07-0", found=repr(name))
        rings: list[Ring] = []
        for positions in feature.iter("posList"):
            dimension = int(positions.get("srsDimension", "2"))
            values = [xml.number(v, "posList", where) for v in (positions.text or "").split()]
            ring = list(zip(values[0::dimension], values[1::dimension], strict=False))
            if len(ring) >= 3:
                rings.append(ring)
        if rings:
            polygons.append((int(found.group(1)), tuple(rings)))
    return PolygonFootprint(tuple(polygons))
