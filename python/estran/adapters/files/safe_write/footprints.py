"""Detector footprints as the polygons of baselines before 04.00."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe_write.metadata import file_band
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene


def footprint_gml(scene: SimulatedScene, band: str, index: int, footprint: npt.NDArray[np.uint8]) -> str:
    """Detector footprints as polygons, as baselines before 04.00 carry them: one polygon a detector, its outline followed row by row."""
    from estran.scenes.simulate import EPSG

    grid = scene.grids[int(next(b.pixel for b in SENTINEL2 if b.name == band))]
    assert grid.transform is not None
    members = []
    for detector in np.unique(footprint[footprint > 0]):
        points = [grid.transform * point for point in _outline(footprint == detector)]
        text = " ".join(f"{x:.0f} {y:.0f} 0" for x, y in points)
        identity = f"detector_footprint-{file_band(band)}-{int(detector):02d}-0"
        members.append(
            f'    <eop:MaskFeature gml:id="{identity}">\n      <eop:maskType codeSpace="urn:gs2:S2PDGS:maskType">DETECTOR_FOOTPRINT</eop:maskType>\n'
            f'      <eop:extentOf>\n        <gml:Polygon gml:id="{identity}_Polygon">\n          <gml:exterior>\n            <gml:LinearRing>\n'
            f'              <gml:posList srsDimension="3">{text}</gml:posList>\n            </gml:LinearRing>\n          </gml:exterior>\n'
            "        </gml:Polygon>\n      </eop:extentOf>\n    </eop:MaskFeature>"
        )
    body = "\n".join(members)
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" gml:id="MSK_DETFOO_{index}">
  <gml:name>MSK_DETFOO_{file_band(band)}</gml:name>
  <gml:boundedBy>
    <gml:Envelope srsName="urn:ogc:def:crs:EPSG::{EPSG}"/>
  </gml:boundedBy>
  <eop:maskMembers>
{body}
  </eop:maskMembers>
</eop:Mask>
"""


def _outline(inside: npt.NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Closed outline of a region that every row meets in one run: down its left side, up its right side, in pixel corners (column, row)."""
    rows = np.flatnonzero(inside.any(1))
    left = inside[rows].argmax(1)
    right = inside.shape[1] - inside[rows][:, ::-1].argmax(1)
    down: list[tuple[float, float]] = []
    for row, col in zip(rows, left, strict=True):
        down += [(float(col), float(row)), (float(col), float(row + 1))]
    up: list[tuple[float, float]] = []
    for row, col in zip(rows[::-1], right[::-1], strict=True):
        up += [(float(col), float(row + 1)), (float(col), float(row))]
    ring = _straight(down + up)
    return [*ring, ring[0]]


def _straight(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without points that lie on the line between their neighbours."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        while len(kept) > 1 and (kept[-1][0] - kept[-2][0]) * (point[1] - kept[-1][1]) == (kept[-1][1] - kept[-2][1]) * (point[0] - kept[-1][0]):
            kept.pop()
        kept.append(point)
    return kept
