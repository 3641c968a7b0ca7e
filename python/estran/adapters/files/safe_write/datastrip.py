"""What surrounds the tile in a product: the datastrip with its metadata, and the page for browsers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from estran.adapters.files.safe_write.metadata import (
    CENTRE,
    ORBIT,
    datastrip_identifier,
    datatake,
    made,
    stamp,
    tile_identifier,
)

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene


def datastrip_name(scene: SimulatedScene) -> str:
    """Name of the folder of the only datastrip, by the compact naming convention."""
    return f"DS_{CENTRE}_{made(scene):%Y%m%dT%H%M%S}_S{scene.time:%Y%m%dT%H%M%S}"


def datastrip_xml(scene: SimulatedScene) -> str:
    """``MTD_DS.xml``: which datatake the datastrip is of, its time, its tiles. No telemetry: there was no flight."""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-1C_DataStrip_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Datastrip_Metadata.xsd"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" datastripIdentifier="{datastrip_identifier(scene)}">
  <n1:General_Info>
    <Datatake_Info datatakeIdentifier="{datatake(scene)}">
      <SPACECRAFT_NAME>{scene.config.platform}</SPACECRAFT_NAME>
      <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
      <DATATAKE_SENSING_START>{stamp(scene)}</DATATAKE_SENSING_START>
      <SENSING_ORBIT_NUMBER>{ORBIT}</SENSING_ORBIT_NUMBER>
      <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
    </Datatake_Info>
    <Datastrip_Time_Info>
      <DATASTRIP_SENSING_START>{stamp(scene)}</DATASTRIP_SENSING_START>
      <DATASTRIP_SENSING_STOP>{stamp(scene)}</DATASTRIP_SENSING_STOP>
    </Datastrip_Time_Info>
    <Processing_Info>
      <PROCESSING_BASELINE>{scene.config.baseline}</PROCESSING_BASELINE>
      <PROCESSING_CENTER>{CENTRE}</PROCESSING_CENTER>
      <UTC_DATE_TIME>{made(scene):%Y-%m-%dT%H:%M:%S}.000000Z</UTC_DATE_TIME>
    </Processing_Info>
  </n1:General_Info>
  <n1:Image_Data_Info>
    <Tiles_Information>
      <Tile_List>
        <Tile tileId="{tile_identifier(scene)}"/>
      </Tile_List>
    </Tiles_Information>
  </n1:Image_Data_Info>
</n1:Level-1C_DataStrip_ID>
"""


def page(scene: SimulatedScene, name: str) -> str:
    """``HTML/UserProduct_index.html``: what the product is, and how it was asked for."""
    rows = "\n".join(
        f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>" for key, value in vars(scene.config).items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape(name)}</title></head>
<body>
<h1>{escape(name)}</h1>
<p>A simulated scene, not an observation. Sensed (as if) {stamp(scene)}.</p>
<table>
{rows}
</table>
</body>
</html>
"""
