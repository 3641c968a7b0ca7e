"""Names and XML of the product."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.scenes.angles import AngleGrid
    from estran.scenes.simulate import SimulatedScene

QUANTIFICATION = 10000
OFFSET_SINCE_0400 = -1000
ORBIT, ABSOLUTE_ORBIT, CENTRE = 51, 21000, "ESTR"
_FIXED_DIGITS = {
    "B1": "B01",
    "B2": "B02",
    "B3": "B03",
    "B4": "B04",
    "B5": "B05",
    "B6": "B06",
    "B7": "B07",
    "B8": "B08",
    "B9": "B09",
}


def file_band(name: str) -> str:
    """Band name as file names spell it: B1 is B01, B8A stays."""
    return _FIXED_DIGITS.get(name, name)


def product_name(scene: SimulatedScene) -> str:
    """The product's name, by the compact naming convention."""
    baseline = scene.config.baseline.replace(".", "")
    taken = f"{_mission(scene)}_MSIL1C_{scene.time:%Y%m%dT%H%M%S}"
    return f"{taken}_N{baseline}_R{ORBIT:03d}_T{_tile()}_{made(scene):%Y%m%dT%H%M%S}.SAFE"


def granule_name(scene: SimulatedScene) -> str:
    """Name of the folder of the only granule."""
    return f"L1C_T{_tile()}_A{ABSOLUTE_ORBIT:06d}_{scene.time:%Y%m%dT%H%M%S}"


def image_stem(scene: SimulatedScene) -> str:
    """How names of images begin."""
    return f"T{_tile()}_{scene.time:%Y%m%dT%H%M%S}"


def _tile() -> str:
    from estran.scenes.simulate import TILE

    return TILE


def _number(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:.6g}"


def _angles_xml(grid: AngleGrid, indent: str) -> str:
    lines = []
    for tag, values in (("Zenith", grid.zenith), ("Azimuth", grid.azimuth)):
        rows = "\n".join(f"{indent}    <VALUES>{' '.join(_number(float(v)) for v in row)}</VALUES>" for row in values)
        lines.append(
            f'{indent}<{tag}>\n{indent}  <COL_STEP unit="m">5000</COL_STEP>\n{indent}  <ROW_STEP '
            f'unit="m">5000</ROW_STEP>\n'
            f"{indent}  <Values_List>\n{rows}\n{indent}  </Values_List>\n{indent}</{tag}>"
        )
    return "\n".join(lines)


def _mean_view(scene: SimulatedScene, band: str) -> tuple[float, float]:
    """Mean view of a band over the scene, weighted by the ground that each detector views."""
    from estran.physics.geometry import slope_vector, zenith_azimuth

    counts = np.bincount(scene.detectors[20].ravel(), minlength=16)
    east = north = total = 0.0
    for (name, detector), grid in scene.view.items():
        if name == band and counts[detector]:
            e, n = slope_vector(grid.zenith, grid.azimuth)
            east, north, total = (
                east + counts[detector] * float(np.nanmean(e)),
                north + counts[detector] * float(np.nanmean(n)),
                total + counts[detector],
            )
    zenith, azimuth = zenith_azimuth(east / total, north / total)
    return float(zenith), float(azimuth)


def tile_xml(scene: SimulatedScene, granule: str, masks: Iterable[tuple[int, str]]) -> str:
    """``MTD_TL.xml``: sizes, angles, where the masks are (band identifier and path)."""
    from estran.scenes.simulate import EPSG

    sizes = "\n".join(
        f'      <Size resolution="{p}">\n        <NROWS>{g.height}</NROWS>\n        <NCOLS>{g.width}</NCOLS>\n      '
        f"</Size>"
        for p, g in scene.grids.items()
    )
    corner = scene.grids[10].transform
    assert corner is not None
    positions = "\n".join(
        f'      <Geoposition resolution="{p}">\n        <ULX>{corner.c:.0f}</ULX>\n        <ULY>{corner.f:.0f}</ULY>\n'
        f"        <XDIM>{p}</XDIM>\n        <YDIM>-{p}</YDIM>\n      </Geoposition>"
        for p in scene.grids
    )
    order = {b.name: k for k, b in enumerate(SENTINEL2)}
    views = "\n".join(
        f'      <Viewing_Incidence_Angles_Grids bandId="{order[band]}" detectorId="{detector}">\n'
        f"{_angles_xml(grid, '        ')}\n      </Viewing_Incidence_Angles_Grids>"
        for (band, detector), grid in scene.view.items()
    )
    means = []
    for k, band in enumerate(SENTINEL2):
        zenith, azimuth = _mean_view(scene, band.name)
        means.append(
            f'        <Mean_Viewing_Incidence_Angle bandId="{k}">\n          <ZENITH_ANGLE '
            f'unit="deg">{zenith}</ZENITH_ANGLE>\n'
            f'          <AZIMUTH_ANGLE unit="deg">{azimuth}</AZIMUTH_ANGLE>\n        </Mean_Viewing_Incidence_Angle>'
        )
    zone = EPSG % 100
    cloudy = 100.0 * float(scene.truth["cloud"].mean())
    files = "\n".join(
        f'      <MASK_FILENAME bandId="{k}" type="MSK_DETFOO">{name}</MASK_FILENAME>' for k, name in masks
    )
    newline = "\n"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Tile_Metadata.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <n1:General_Info>
    <TILE_ID metadataLevel="Brief">{tile_identifier(scene)}</TILE_ID>
    <DATASTRIP_ID metadataLevel="Standard">{datastrip_identifier(scene)}</DATASTRIP_ID>
    <DOWNLINK_PRIORITY metadataLevel="Standard">NOMINAL</DOWNLINK_PRIORITY>
    <SENSING_TIME metadataLevel="Standard">{stamp(scene)}</SENSING_TIME>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Tile_Geocoding metadataLevel="Brief">
      <HORIZONTAL_CS_NAME>WGS84 / UTM zone {zone}N</HORIZONTAL_CS_NAME>
      <HORIZONTAL_CS_CODE>EPSG:{EPSG}</HORIZONTAL_CS_CODE>
{sizes}
{positions}
    </Tile_Geocoding>
    <Tile_Angles metadataLevel="Standard">
      <Sun_Angles_Grid>
{_angles_xml(scene.sun, "        ")}
      </Sun_Angles_Grid>
      <Mean_Sun_Angle>
        <ZENITH_ANGLE unit="deg">{scene.sun_zenith}</ZENITH_ANGLE>
        <AZIMUTH_ANGLE unit="deg">{scene.sun_azimuth}</AZIMUTH_ANGLE>
      </Mean_Sun_Angle>
{views}
      <Mean_Viewing_Incidence_Angle_List>
{newline.join(means)}
      </Mean_Viewing_Incidence_Angle_List>
    </Tile_Angles>
  </n1:Geometric_Info>
  <n1:Quality_Indicators_Info metadataLevel="Standard">
    <Image_Content_QI>
      <CLOUDY_PIXEL_PERCENTAGE>{cloudy:.4f}</CLOUDY_PIXEL_PERCENTAGE>
      <DEGRADED_MSI_DATA_PERCENTAGE>0</DEGRADED_MSI_DATA_PERCENTAGE>
    </Image_Content_QI>
    <Pixel_Level_QI geometry="FULL_RESOLUTION">
{files}
    </Pixel_Level_QI>
    <PVI_FILENAME>GRANULE/{granule}/QI_DATA/T{_tile()}_{scene.time:%Y%m%dT%H%M%S}_PVI.jp2</PVI_FILENAME>
  </n1:Quality_Indicators_Info>
</n1:Level-1C_Tile_ID>
"""


def stamp(scene: SimulatedScene) -> str:
    """The sensing time as the metadata write it."""
    return f"{scene.time:%Y-%m-%dT%H:%M:%S}.{scene.time.microsecond // 1000:03d}Z"


def _identifier(scene: SimulatedScene, kind: str, rest: str) -> str:
    return f"{_mission(scene)}_OPER_MSI_L1C_{kind}_{CENTRE}_{made(scene):%Y%m%dT%H%M%S}_{rest}_N{scene.config.baseline}"


def datastrip_identifier(scene: SimulatedScene) -> str:
    """Identifier of the only datastrip."""
    return _identifier(scene, "DS", f"S{scene.time:%Y%m%dT%H%M%S}")


def tile_identifier(scene: SimulatedScene) -> str:
    """Identifier of the only tile."""
    return _identifier(scene, "TL", f"A{ABSOLUTE_ORBIT:06d}_T{_tile()}")


def datatake(scene: SimulatedScene) -> str:
    """Identifier of the datatake."""
    return f"G{_mission(scene)}_{scene.time:%Y%m%dT%H%M%S}_{ABSOLUTE_ORBIT:06d}_N{scene.config.baseline}"


def made(scene: SimulatedScene) -> datetime:
    """When the product says that it was made: an hour after sensing, so that the same scene has the same name."""
    return scene.time + timedelta(hours=1)


def footprint(scene: SimulatedScene) -> str:
    """Latitude and longitude of the corners [degrees], clockwise from the upper left one, which comes
    again at the end.
    """
    grid = scene.grids[10]
    lon, lat = grid.lonlat(
        np.array([0, grid.width, grid.width, 0, 0], float), np.array([0, 0, grid.height, grid.height, 0], float)
    )
    return " ".join(f"{b:.9f} {a:.9f}" for a, b in zip(lon, lat, strict=True))


def _mission(scene: SimulatedScene) -> str:
    return "S2" + scene.config.platform[-1]


def product_xml(scene: SimulatedScene, name: str, granule: str) -> str:
    """``MTD_MSIL1C.xml``: what the numbers mean, and which files there are."""
    from estran.scenes.instrument import SOLAR_IRRADIANCE

    sensed, start = f"{scene.time:%Y%m%dT%H%M%S}", stamp(scene)
    files = "\n".join(
        f"          <IMAGE_FILE>GRANULE/{granule}/IMG_DATA/T{_tile()}_{sensed}_{band}</IMAGE_FILE>"
        for band in [*(file_band(b.name) for b in SENTINEL2), "TCI"]
    )
    offsets = ""
    if scene.config.baseline >= "04.00":
        rows = "\n".join(
            f'        <RADIO_ADD_OFFSET band_id="{k}">{OFFSET_SINCE_0400}</RADIO_ADD_OFFSET>' for k in range(13)
        )
        offsets = f"\n      <Radiometric_Offset_List>\n{rows}\n      </Radiometric_Offset_List>"
    irradiance = "\n".join(
        f'          <SOLAR_IRRADIANCE bandId="{k}" unit="W/m²/µm">{value}</SOLAR_IRRADIANCE>'
        for k, value in enumerate(SOLAR_IRRADIANCE[scene.config.platform])
    )
    spectra = "\n".join(
        f'        <Spectral_Information bandId="{k}" physicalBand="{b.name}">\n          '
        f"<RESOLUTION>{b.pixel:.0f}</RESOLUTION>\n          <Wavelength>\n"
        f'            <MIN unit="nm">{b.wavelength - b.width / 2:.1f}</MIN>\n            <MAX '
        f'unit="nm">{b.wavelength + b.width / 2:.1f}</MAX>\n'
        f'            <CENTRAL unit="nm">{b.wavelength}</CENTRAL>\n          </Wavelength>\n        '
        f"</Spectral_Information>"
        for k, b in enumerate(SENTINEL2)
    )
    config = "; ".join(f"{key}={value}" for key, value in vars(scene.config).items())
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- A simulated scene, not an observation. {escape(config).replace("--", "- -")} -->
<n1:Level-1C_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-1C.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>{start}</PRODUCT_START_TIME>
      <PRODUCT_STOP_TIME>{start}</PRODUCT_STOP_TIME>
      <PRODUCT_URI>{escape(name)}</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-1C</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI1C</PRODUCT_TYPE>
      <PROCESSING_BASELINE>{scene.config.baseline}</PROCESSING_BASELINE>
      <GENERATION_TIME>{made(scene):%Y-%m-%dT%H:%M:%S}.000000Z</GENERATION_TIME>
      <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
      <PREVIEW_GEO_INFO>Not applicable</PREVIEW_GEO_INFO>
      <Datatake datatakeIdentifier="{datatake(scene)}">
        <SPACECRAFT_NAME>{scene.config.platform}</SPACECRAFT_NAME>
        <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
        <DATATAKE_SENSING_START>{start}</DATATAKE_SENSING_START>
        <SENSING_ORBIT_NUMBER>{ORBIT}</SENSING_ORBIT_NUMBER>
        <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
      </Datatake>
      <Query_Options completeSingleTile="true">
        <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>
      </Query_Options>
      <Product_Organisation>
        <Granule_List>
          <Granule datastripIdentifier="{datastrip_identifier(scene)}" granuleIdentifier="{tile_identifier(scene)}" imageFormat="JPEG2000">
{files}
          </Granule>
        </Granule_List>
      </Product_Organisation>
    </Product_Info>
    <Product_Image_Characteristics>
      <Special_Values>
        <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
        <SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
      </Special_Values>
      <Special_Values>
        <SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
        <SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX>
      </Special_Values>
      <Image_Display_Order>
        <RED_CHANNEL>3</RED_CHANNEL>
        <GREEN_CHANNEL>2</GREEN_CHANNEL>
        <BLUE_CHANNEL>1</BLUE_CHANNEL>
      </Image_Display_Order>
      <QUANTIFICATION_VALUE unit="none">{QUANTIFICATION}</QUANTIFICATION_VALUE>{offsets}
      <Reflectance_Conversion>
        <U>{1 / scene.distance**2}</U>
        <Solar_Irradiance_List>
{irradiance}
        </Solar_Irradiance_List>
      </Reflectance_Conversion>
      <Spectral_Information_List>
{spectra}
      </Spectral_Information_List>
      <REFERENCE_BAND>3</REFERENCE_BAND>
    </Product_Image_Characteristics>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Product_Footprint>
      <Product_Footprint>
        <Global_Footprint>
          <EXT_POS_LIST>{footprint(scene)}</EXT_POS_LIST>
        </Global_Footprint>
      </Product_Footprint>
      <RASTER_CS_TYPE>POINT</RASTER_CS_TYPE>
      <PIXEL_ORIGIN>1</PIXEL_ORIGIN>
    </Product_Footprint>
    <Coordinate_Reference_System>
      <GEO_TABLES version="1">EPSG</GEO_TABLES>
      <HORIZONTAL_CS_TYPE>GEOGRAPHIC</HORIZONTAL_CS_TYPE>
    </Coordinate_Reference_System>
  </n1:Geometric_Info>
  <n1:Quality_Indicators_Info>
    <Cloud_Coverage_Assessment>{100.0 * float(scene.truth["cloud"].mean()):.4f}</Cloud_Coverage_Assessment>
  </n1:Quality_Indicators_Info>
</n1:Level-1C_User_Product>
"""  # noqa: E501
