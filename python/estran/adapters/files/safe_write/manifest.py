"""``manifest.safe``: what belongs to the product, with sizes and checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from estran.adapters.files.safe_write.metadata import ABSOLUTE_ORBIT, ORBIT, footprint, made, stamp

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene

_MIME = {".xml": "text/xml", ".gml": "text/xml", ".html": "text/html"}
_BINARY = "application/octet-stream"
"""Of files without an ending: the forecasts."""
_UNITS = {"HTML": "HTML container", "DATASTRIP": "Datastrips Container", "GRANULE": "Tiles Container"}
"""Containers of the package map by the folder at the product's root; what lies beside them are metadata."""


def manifest(folder: Path, scene: SimulatedScene) -> str:
    """The manifest of the product in `folder`, which is complete but for it: SHA3-256 of each file, as real products
    have since 2021.
    """
    files = [p.relative_to(folder) for p in sorted(p for p in folder.rglob("*") if p.is_file())]
    names = [PurePosixPath(file.as_posix()) for file in files]
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<xfdu:XFDU xmlns:gml="http://www.opengis.net/gml" xmlns:safe="http://www.esa.int/safe/sentinel/1.1" xmlns:xfdu="urn:ccsds:schema:xfdu:1"
  version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l1c_user_product">
  <informationPackageMap>
    <xfdu:contentUnit dmdID="acquisitionPeriod platform" pdiID="processing" textInfo="Simulated SENTINEL-2 MSI Level-1C User Product"
      unitType="Product_Level-1C">
{_package_map(names)}
    </xfdu:contentUnit>
  </informationPackageMap>
  <metadataSection>
{_facts(scene)}
  </metadataSection>
  <dataObjectSection>
{chr(10).join(_data_object(folder, name) for name in names)}
  </dataObjectSection>
</xfdu:XFDU>
"""  # noqa: E501


def _identity(name: PurePosixPath) -> str:
    return str(name).replace("/", "_")


def _package_map(names: list[PurePosixPath]) -> str:
    loose = [_unit(name, "      ") for name in names if name.parts[0] not in _UNITS]
    for root, title in _UNITS.items():
        inside = "\n".join(_unit(name, "        ") for name in names if name.parts[0] == root)
        loose.append(f'      <xfdu:contentUnit ID="{root}" textInfo="{title}">\n{inside}\n      </xfdu:contentUnit>')
    return "\n".join(loose)


def _unit(name: PurePosixPath, indent: str) -> str:
    kind = "Metadata Unit" if name.name.startswith("MTD_") else "Measurement Data Unit"
    return (
        f'{indent}<xfdu:contentUnit ID="{_identity(name)}_Unit" unitType="{kind}">\n'
        f'{indent}  <dataObjectPointer dataObjectID="{_identity(name)}"/>\n{indent}</xfdu:contentUnit>'
    )


def _data_object(folder: Path, name: PurePosixPath) -> str:
    content = (folder / name).read_bytes()
    return (
        f'    <dataObject ID="{_identity(name)}">\n      <byteStream mimeType="{_MIME.get(name.suffix, _BINARY)}" '
        f'size="{len(content)}">\n'
        f'        <fileLocation href="./{name}" locatorType="URL"/>\n'
        f'        <checksum checksumName="SHA3-256">{hashlib.sha3_256(content).hexdigest()}</checksum>\n      '
        f"</byteStream>\n    </dataObject>"
    )


def _facts(scene: SimulatedScene) -> str:
    return "\n".join(
        f'    <metadataObject ID="{identity}" category="{category}" classification="{classification}">\n'
        f'      <metadataWrap mimeType="text/xml" textInfo="{title}" vocabularyName="Sentinel-SAFE">\n        '
        f"<xmlData>\n          {content}\n"
        "        </xmlData>\n      </metadataWrap>\n    </metadataObject>"
        for identity, category, classification, title, content in (
            (
                "acquisitionPeriod",
                "DMD",
                "DESCRIPTION",
                "Acquisition Period",
                f"<safe:acquisitionPeriod><safe:startTime>{stamp(scene)}</safe:startTime></safe:acquisitionPeriod>",
            ),
            (
                "measurementOrbitReference",
                "DMD",
                "DESCRIPTION",
                "Orbit Reference",
                f'<safe:orbitReference><safe:orbitNumber groundTrackDirection="descending" '
                f'type="start">{ABSOLUTE_ORBIT:06d}</safe:orbitNumber>'
                f'<safe:relativeOrbitNumber type="start">{ORBIT}</safe:relativeOrbitNumber></safe:orbitReference>',
            ),
            (
                "platform",
                "DMD",
                "DESCRIPTION",
                "Platform Description",
                f"<safe:platform><safe:familyName>SENTINEL</safe:familyName><safe:number>{scene.config.platform[-2:]}</safe:number>"
                '<safe:instrument><safe:familyName abbreviation="MSI">Multi-Spectral '
                "Instrument</safe:familyName></safe:instrument></safe:platform>",
            ),
            (
                "processing",
                "PDI",
                "PROVENANCE",
                "Processing",
                f'<safe:processing name="Simulation of a Level-1C User Product" '
                f'start="{made(scene):%Y-%m-%dT%H:%M:%S}.000000Z"/>',
            ),
            (
                "measurementFrameSet",
                "DMD",
                "DESCRIPTION",
                "Frame Set",
                '<safe:frameSet><safe:footPrint srsName="http://www.opengis.net/gml/srs/epsg.xml#4326">'
                f"<gml:coordinates>{footprint(scene)}</gml:coordinates></safe:footPrint></safe:frameSet>",
            ),
        )
    )
