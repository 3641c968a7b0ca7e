"""Detector footprints as the polygons of baselines before 04.00."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe_write.metadata import file_band
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene


def footprint_gml(scene: SimulatedScene, band: str, index: int, footprint: npt.NDArray[np.uint8]) -> str:
    """Outlines of the runs of pixels that one detector sees.

    Parameters
    ----------
    band, index
        Name and identifier of the band.
    footprint
        Detector number per pixel of the band, 0 outside the swath.
    """
    from rasterio.features import shapes

    from estran.scenes.simulate import EPSG

    grid = scene.grids[int(next(b.pixel for b in SENTINEL2 if b.name == band))]
    members: list[str] = []
    count: Counter[int] = Counter()
    for shape, number in shapes(footprint, mask=footprint > 0, transform=grid.transform):
        detector = int(number)
        identity = f"detector_footprint-{file_band(band)}-{detector:02d}-{count[detector]}"
        count[detector] += 1
        rings = "\n".join(
            _ring("exterior" if k == 0 else "interior", points) for k, points in enumerate(shape["coordinates"])
        )
        members.append(
            f'    <eop:MaskFeature gml:id="{identity}">\n      <eop:maskType '
            f'codeSpace="urn:gs2:S2PDGS:maskType">DETECTOR_FOOTPRINT</eop:maskType>\n'
            f'      <eop:extentOf>\n        <gml:Polygon gml:id="{identity}_Polygon">\n{rings}\n        '
            f"</gml:Polygon>\n"
            "      </eop:extentOf>\n    </eop:MaskFeature>"
        )
    body = "\n".join(sorted(members))
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
"""  # noqa: E501


def _ring(side: str, points: Sequence[tuple[float, float]]) -> str:
    text = " ".join(f"{x:.0f} {y:.0f} 0" for x, y in points)
    return (
        f"          <gml:{side}>\n            <gml:LinearRing>\n"
        f'              <gml:posList srsDimension="3">{text}</gml:posList>\n            </gml:LinearRing>\n          '
        f"</gml:{side}>"
    )
