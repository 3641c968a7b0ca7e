"""Write a simulated scene as a Sentinel-2 L1C product in SAFE layout, and its truth as GeoTIFF.

Sizes, angles, offsets and masks are where readers look for them (Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD, issues 14.2 to 14.9). GDAL's SENTINEL2 driver opens it.
Left out, since nothing here needs them: datastrip, auxiliary and quality reports, HTML and INSPIRE pages.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from estran.errors import TargetExists, WriteFailed
from estran.raster.grid import Grid
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.scenes.simulate import AngleGrid, SimulatedScene

QUANTIFICATION = 10000
OFFSET_SINCE_0400 = -1000
ORBIT, ABSOLUTE_ORBIT, CENTRE = 51, 21000, "ESTR"
TRUTH_MEANING: Mapping[str, str] = {
    "cloud": "1: optical thickness of water cloud along the view of B4 is 1.5 or more",
    "cirrus": "1: optical thickness of ice cloud along the view of B4 is 0.03 or more",
    "shadow": "1: clouds let less than 0.6 of the Sun's beam through, and no cloud hides the ground",
    "relief_shadow": "1: terrain hides the Sun",
    "snow": "1: half or more of the ground is snow",
    "water": "1: half or more of the ground is water",
    "city": "1: built-up",
    "beach": "1: half or more of the ground is sand",
    "nodata": "1: a 10 or 20 m band has no data",
    "dem": "altitude of the ground above sea level [m]",
    "cloud_height": "mean altitude above sea level [m] of the uppermost cloud along the view of B4, weighted by extinction; NaN where no cloud",
    "cloud_depth": "optical thickness of water cloud along the view of B4",
    "cirrus_depth": "optical thickness of ice cloud along the view of B4",
    "sun_beam": "share of the Sun's beam that clouds let through to the ground",
    "cloud_id": "number of the cloud object, 0 where no cloud",
}
_FIXED_DIGITS = {"B1": "B01", "B2": "B02", "B3": "B03", "B4": "B04", "B5": "B05", "B6": "B06", "B7": "B07", "B8": "B08", "B9": "B09"}


def file_band(name: str) -> str:
    """Band name as file names spell it: B1 is B01, B8A stays."""
    return _FIXED_DIGITS.get(name, name)


def product_name(scene: SimulatedScene) -> str:
    """The product's name, by the compact naming convention; made an hour after sensing, so that the same scene has the same name."""
    made = scene.time + timedelta(hours=1)
    mission = "S2" + scene.wish.platform[-1]
    return f"{mission}_MSIL1C_{scene.time:%Y%m%dT%H%M%S}_N{scene.wish.baseline.replace('.', '')}_R{ORBIT:03d}_T{_tile()}_{made:%Y%m%dT%H%M%S}.SAFE"


def _tile() -> str:
    from estran.scenes.simulate import TILE

    return TILE


def write_safe(scene: SimulatedScene, out: Path, overwrite: bool = False, progress: Progress = quiet) -> Path:
    """Write `scene` under `out`.

    Parameters
    ----------
    scene
        From :func:`estran.scenes.simulate.simulate`. Its wish says the processing baseline: from 04.00 on, numbers carry an offset of 1000 and detector footprints are rasters.
    out
        A folder. The product goes to ``out/<name of the product>`` and the truth to ``out/truth/*.tif``; where `out` itself ends in ``.SAFE``, the product *is* `out` and the truth goes beside it, to
        ``<out without .SAFE>_truth/``.
    overwrite
        Replace what is there.

    Returns
    -------
    Path
        Of the .SAFE folder.

    Raises
    ------
    TargetExists
        The product or the truth exists and `overwrite` is False.
    WriteFailed
        The disk is full, or the folder cannot be written; nothing is left behind.
    """
    out, baseline = Path(out), scene.wish.baseline
    if out.suffix.upper() == ".SAFE":
        product, truth = out, out.with_name(out.stem + "_truth")
    else:
        product, truth = out / product_name(scene), out / "truth"
    for target in (product, truth):
        if target.exists() and not overwrite:
            raise TargetExists("the target exists", where=target, todo="give --overwrite, or another name")
    made_parent = not product.parent.exists()
    try:
        product.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".estran-", dir=product.parent) as folder:
            beside = Path(folder)
            _write_product(scene, baseline, beside / "product", product.name, progress)
            progress(0.93, "truth")
            _write_truth(scene, beside / "truth")
            _replace(beside / "product", product)
            _replace(beside / "truth", truth)
    except BaseException as error:
        if made_parent and product.parent.is_dir() and not any(product.parent.iterdir()):
            product.parent.rmdir()
        if isinstance(error, OSError) or type(error).__module__.startswith("rasterio"):
            raise WriteFailed(
                "the scene could not be written", where=product, found=error, todo="check the disk's space and your rights, and run again"
            ) from error
        raise
    progress(1.0, "written")
    return product


def _replace(new: Path, old: Path) -> None:
    if old.exists():
        retired = new.with_name("old-" + new.name)
        old.rename(retired)
        shutil.rmtree(retired, ignore_errors=True)
    new.rename(old)


def _write_product(scene: SimulatedScene, baseline: str, folder: Path, name: str, progress: Progress) -> None:
    tile, sensed = _tile(), f"{scene.time:%Y%m%dT%H%M%S}"
    granule = f"L1C_T{tile}_A{ABSOLUTE_ORBIT:06d}_{sensed}"
    inside = folder / "GRANULE" / granule
    images, quality = inside / "IMG_DATA", inside / "QI_DATA"
    for made in (images, quality):
        made.mkdir(parents=True)
    since_0400 = baseline >= "04.00"
    offset = -OFFSET_SINCE_0400 if since_0400 else 0
    for k, band in enumerate(SENTINEL2):
        progress(0.9 * k / 13, f"writing {band.name}")
        numbers = scene.bands[band.name]
        if offset:
            numbers = np.where((numbers == 0) | (numbers == 65535), numbers, numbers + np.uint16(offset)).astype(np.uint16)
        write_jp2(images / f"T{tile}_{sensed}_{file_band(band.name)}.jp2", numbers[None], scene.grids[int(band.pixel)])
    write_jp2(images / f"T{tile}_{sensed}_TCI.jp2", _true_colour(scene), scene.grids[10])
    write_jp2(quality / f"T{tile}_{sensed}_PVI.jp2", *_preview(scene))
    masks = []
    for k, band in enumerate(SENTINEL2):
        ending = "jp2" if since_0400 else "gml"
        path = quality / f"MSK_DETFOO_{file_band(band.name)}.{ending}"
        footprint = np.where(scene.bands[band.name] == 0, 0, scene.detectors[int(band.pixel)]).astype(np.uint8)
        if since_0400:
            write_jp2(path, footprint[None], scene.grids[int(band.pixel)])
        else:
            path.write_text(_footprint_gml(scene, band.name, k, footprint), encoding="utf-8")
        masks.append((k, f"GRANULE/{granule}/QI_DATA/{path.name}"))
    (folder / "MTD_MSIL1C.xml").write_text(_product_xml(scene, baseline, name, granule), encoding="utf-8")
    (inside / "MTD_TL.xml").write_text(_tile_xml(scene, baseline, granule, masks), encoding="utf-8")
    (folder / "manifest.safe").write_text(_manifest(folder, scene), encoding="utf-8")


def write_jp2(path: Path, bands: npt.NDArray[Any], grid: Grid) -> None:
    """Write a lossless JPEG 2000 file, in tiles of 1024 as the real products (smaller images are one tile)."""
    import rasterio

    block = min(1024, grid.width, grid.height)
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        width=grid.width,
        height=grid.height,
        count=len(bands),
        dtype=bands.dtype,
        crs=grid.crs,
        transform=grid.transform,
        QUALITY="100",
        REVERSIBLE="YES",
        BLOCKXSIZE=block,
        BLOCKYSIZE=block,
        GMLJP2="YES",
        GEOJP2="YES",
        **({"YCBCR420": "NO", "YCC": "NO"} if len(bands) == 3 else {}),
    ) as target:
        target.write(bands)
    # Georeference lives in the file; a sidecar would say it twice.
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)


def _true_colour(scene: SimulatedScene, step: int = 1) -> npt.NDArray[np.uint8]:
    """The product's own picture: reflectances 0..0.36 over 1..255, as the TCI of real products."""
    planes = [np.clip(scene.bands[b][::step, ::step].astype(np.float32) * (255.0 / 3600.0), 1, 255) for b in ("B4", "B3", "B2")]
    image = np.stack(planes).astype(np.uint8)
    image[:, scene.bands["B4"][::step, ::step] == 0] = 0
    return image


def _preview(scene: SimulatedScene) -> tuple[npt.NDArray[np.uint8], Grid]:
    from affine import Affine

    grid = scene.grids[10]
    step = max(1, -(-grid.width // 343))
    image = _true_colour(scene, step)
    assert grid.transform is not None
    return image, Grid(image.shape[2], image.shape[1], grid.transform * Affine.scale(step), grid.crs)


def _write_truth(scene: SimulatedScene, folder: Path) -> None:
    import rasterio

    folder.mkdir()
    grid = scene.grids[20]
    for name, values in scene.truth.items():
        floating = values.dtype.kind == "f"
        with rasterio.open(
            folder / f"{name}.tif",
            "w",
            driver="GTiff",
            width=grid.width,
            height=grid.height,
            count=1,
            dtype=values.dtype,
            crs=grid.crs,
            transform=grid.transform,
            compress="deflate",
            zlevel=1,
            predictor=3 if floating else 1,
            tiled=grid.width >= 256,
            **({"nodata": float("nan")} if floating else {}),
        ) as target:
            target.write(values, 1)
            target.set_band_description(1, name)
            target.update_tags(DESCRIPTION=TRUTH_MEANING[name], SEED=scene.wish.seed)


def _number(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:.6g}"


def _angles_xml(grid: AngleGrid, indent: str) -> str:
    lines = []
    for tag, values in (("Zenith", grid.zenith), ("Azimuth", grid.azimuth)):
        rows = "\n".join(f"{indent}    <VALUES>{' '.join(_number(float(v)) for v in row)}</VALUES>" for row in values)
        lines.append(
            f'{indent}<{tag}>\n{indent}  <COL_STEP unit="m">5000</COL_STEP>\n{indent}  <ROW_STEP unit="m">5000</ROW_STEP>\n'
            f"{indent}  <Values_List>\n{rows}\n{indent}  </Values_List>\n{indent}</{tag}>"
        )
    return "\n".join(lines)


def _mean_view(scene: SimulatedScene, band: str) -> tuple[float, float]:
    """Mean view of a band over the scene, weighted by the ground that each detector sees."""
    from estran.physics.geometry import slope_vector, zenith_azimuth

    counts = np.bincount(scene.detectors[20].ravel(), minlength=16)
    east = north = total = 0.0
    for (name, detector), grid in scene.view.items():
        if name == band and counts[detector]:
            e, n = slope_vector(grid.zenith, grid.azimuth)
            east, north, total = east + counts[detector] * float(np.nanmean(e)), north + counts[detector] * float(np.nanmean(n)), total + counts[detector]
    zenith, azimuth = zenith_azimuth(east / total, north / total)
    return float(zenith), float(azimuth)


def _tile_xml(scene: SimulatedScene, baseline: str, granule: str, masks: Iterable[tuple[int, str]]) -> str:
    from estran.scenes.simulate import EPSG

    sizes = "\n".join(
        f'      <Size resolution="{p}">\n        <NROWS>{g.height}</NROWS>\n        <NCOLS>{g.width}</NCOLS>\n      </Size>' for p, g in scene.grids.items()
    )
    corner = scene.grids[10].transform
    assert corner is not None
    positions = "\n".join(
        f'      <Geoposition resolution="{p}">\n        <ULX>{corner.c:.0f}</ULX>\n        <ULY>{corner.f:.0f}</ULY>\n        <XDIM>{p}</XDIM>\n        <YDIM>-{p}</YDIM>\n      </Geoposition>'
        for p in scene.grids
    )
    order = {b.name: k for k, b in enumerate(SENTINEL2)}
    views = "\n".join(
        f'      <Viewing_Incidence_Angles_Grids bandId="{order[band]}" detectorId="{detector}">\n{_angles_xml(grid, "        ")}\n      </Viewing_Incidence_Angles_Grids>'
        for (band, detector), grid in scene.view.items()
    )
    means = []
    for k, band in enumerate(SENTINEL2):
        zenith, azimuth = _mean_view(scene, band.name)
        means.append(
            f'        <Mean_Viewing_Incidence_Angle bandId="{k}">\n          <ZENITH_ANGLE unit="deg">{zenith}</ZENITH_ANGLE>\n'
            f'          <AZIMUTH_ANGLE unit="deg">{azimuth}</AZIMUTH_ANGLE>\n        </Mean_Viewing_Incidence_Angle>'
        )
    zone = EPSG % 100
    cloudy = 100.0 * float(scene.truth["cloud"].mean())
    files = "\n".join(f'      <MASK_FILENAME bandId="{k}" type="MSK_DETFOO">{name}</MASK_FILENAME>' for k, name in masks)
    tile_id = _identifier(scene, baseline, "TL", f"A{ABSOLUTE_ORBIT:06d}_T{_tile()}")
    newline = "\n"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Tile_Metadata.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <n1:General_Info>
    <TILE_ID metadataLevel="Brief">{tile_id}</TILE_ID>
    <DATASTRIP_ID metadataLevel="Standard">{_identifier(scene, baseline, "DS", f"S{scene.time:%Y%m%dT%H%M%S}")}</DATASTRIP_ID>
    <DOWNLINK_PRIORITY metadataLevel="Standard">NOMINAL</DOWNLINK_PRIORITY>
    <SENSING_TIME metadataLevel="Standard">{_stamp(scene)}</SENSING_TIME>
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


def _stamp(scene: SimulatedScene) -> str:
    return f"{scene.time:%Y-%m-%dT%H:%M:%S}.{scene.time.microsecond // 1000:03d}Z"


def _identifier(scene: SimulatedScene, baseline: str, kind: str, rest: str) -> str:
    mission = "S2" + scene.wish.platform[-1]
    return f"{mission}_OPER_MSI_L1C_{kind}_{CENTRE}_{scene.time + timedelta(hours=1):%Y%m%dT%H%M%S}_{rest}_N{baseline}"


def _product_xml(scene: SimulatedScene, baseline: str, name: str, granule: str) -> str:
    from estran.scenes.instrument import SOLAR_IRRADIANCE

    sensed, stamp = f"{scene.time:%Y%m%dT%H%M%S}", _stamp(scene)
    mission = "S2" + scene.wish.platform[-1]
    files = "\n".join(
        f"          <IMAGE_FILE>GRANULE/{granule}/IMG_DATA/T{_tile()}_{sensed}_{band}</IMAGE_FILE>" for band in [*(file_band(b.name) for b in SENTINEL2), "TCI"]
    )
    offsets = ""
    if baseline >= "04.00":
        rows = "\n".join(f'        <RADIO_ADD_OFFSET band_id="{k}">{OFFSET_SINCE_0400}</RADIO_ADD_OFFSET>' for k in range(13))
        offsets = f"\n      <Radiometric_Offset_List>\n{rows}\n      </Radiometric_Offset_List>"
    irradiance = "\n".join(
        f'          <SOLAR_IRRADIANCE bandId="{k}" unit="W/m²/µm">{value}</SOLAR_IRRADIANCE>' for k, value in enumerate(SOLAR_IRRADIANCE[scene.wish.platform])
    )
    spectra = "\n".join(
        f'        <Spectral_Information bandId="{k}" physicalBand="{b.name}">\n          <RESOLUTION>{b.pixel:.0f}</RESOLUTION>\n          <Wavelength>\n'
        f'            <MIN unit="nm">{b.wavelength - b.width / 2:.1f}</MIN>\n            <MAX unit="nm">{b.wavelength + b.width / 2:.1f}</MAX>\n'
        f'            <CENTRAL unit="nm">{b.wavelength}</CENTRAL>\n          </Wavelength>\n        </Spectral_Information>'
        for k, b in enumerate(SENTINEL2)
    )
    grid = scene.grids[10]
    lon, lat = grid.lonlat(np.array([0, grid.width, grid.width, 0, 0], float), np.array([0, 0, grid.height, grid.height, 0], float))
    footprint = " ".join(f"{b:.9f} {a:.9f}" for a, b in zip(lon, lat, strict=True))
    wish = "; ".join(f"{key}={value}" for key, value in vars(scene.wish).items())
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- A simulated scene, not an observation. {escape(wish).replace("--", "- -")} -->
<n1:Level-1C_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-1C.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>{stamp}</PRODUCT_START_TIME>
      <PRODUCT_STOP_TIME>{stamp}</PRODUCT_STOP_TIME>
      <PRODUCT_URI>{escape(name)}</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-1C</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI1C</PRODUCT_TYPE>
      <PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
      <GENERATION_TIME>{scene.time + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}.000000Z</GENERATION_TIME>
      <PREVIEW_IMAGE_URL>Not applicable</PREVIEW_IMAGE_URL>
      <PREVIEW_GEO_INFO>Not applicable</PREVIEW_GEO_INFO>
      <Datatake datatakeIdentifier="G{mission}_{sensed}_{ABSOLUTE_ORBIT:06d}_N{baseline}">
        <SPACECRAFT_NAME>{scene.wish.platform}</SPACECRAFT_NAME>
        <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
        <DATATAKE_SENSING_START>{stamp}</DATATAKE_SENSING_START>
        <SENSING_ORBIT_NUMBER>{ORBIT}</SENSING_ORBIT_NUMBER>
        <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
      </Datatake>
      <Query_Options completeSingleTile="true">
        <PRODUCT_FORMAT>SAFE_COMPACT</PRODUCT_FORMAT>
      </Query_Options>
      <Product_Organisation>
        <Granule_List>
          <Granule datastripIdentifier={quoteattr(_identifier(scene, baseline, "DS", f"S{sensed}"))} granuleIdentifier={quoteattr(_identifier(scene, baseline, "TL", f"A{ABSOLUTE_ORBIT:06d}_T{_tile()}"))} imageFormat="JPEG2000">
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
          <EXT_POS_LIST>{footprint}</EXT_POS_LIST>
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
"""


def _footprint_gml(scene: SimulatedScene, band: str, index: int, footprint: npt.NDArray[np.uint8]) -> str:
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


def _manifest(folder: Path, scene: SimulatedScene) -> str:
    """The list of files with sizes and MD5 sums."""
    objects = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        kind = {".xml": "text/xml", ".gml": "text/xml", ".jp2": "application/octet-stream"}[path.suffix]
        digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        identity = name.replace("/", "_")
        objects.append(
            f'    <dataObject ID="{identity}">\n      <byteStream mimeType="{kind}" size="{os.path.getsize(path)}">\n'  # noqa: PTH202
            f'        <fileLocation locatorType="URL" href="./{name}"/>\n        <checksum checksumName="MD5">{digest}</checksum>\n      </byteStream>\n    </dataObject>'
        )
    body = "\n".join(objects)
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel/1.1" version="esa/safe/sentinel/1.1/sentinel-2/msi/archive_l1c_user_product">
  <informationPackageMap>
    <xfdu:contentUnit unitType="Product_Level-1C" textInfo="Simulated SENTINEL-2 MSI Level-1C product"/>
  </informationPackageMap>
  <metadataSection>
    <metadataObject ID="acquisitionPeriod" classification="DESCRIPTION" category="DMD">
      <metadataWrap mimeType="text/xml" vocabularyName="SAFE" textInfo="Acquisition Period">
        <xmlData>
          <safe:acquisitionPeriod>
            <safe:startTime>{_stamp(scene)}</safe:startTime>
          </safe:acquisitionPeriod>
        </xmlData>
      </metadataWrap>
    </metadataObject>
  </metadataSection>
  <dataObjectSection>
{body}
  </dataObjectSection>
</xfdu:XFDU>
"""
