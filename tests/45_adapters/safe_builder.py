"""Small Sentinel-2 L1C products, written as plain as can be: what the reader is tested on, sharing nothing with it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
METRES = {"B01": 60, "B02": 10, "B03": 10, "B04": 10, "B08": 10, "B09": 60, "B10": 60}
TILE = "T31UFS"
ULX, ULY = 600000, 5700000
SIZE = 360
"""Pixels of 10 m across: 3.6 km."""
BLOCK = 128
"""Rows and columns that images are divided in."""
STEP = 600
"""Metres between angle nodes: 7 x 7 of them."""
CENTRAL = {"B01": 442.7, "B8A": 864.7}

Field = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(x, y) metres right of and below the upper-left corner -> (zenith, azimuth)."""


def metres(band: str) -> int:
    return METRES.get(band, 20)


def shape(band: str) -> tuple[int, int]:
    return SIZE * 10 // metres(band), SIZE * 10 // metres(band)


def samples(seed: int = 0) -> dict[str, np.ndarray]:
    """Digital numbers of a baseline without offsets: noise, a ragged no-data edge that differs from band to band, a
    saturated pixel.
    """
    rng = np.random.default_rng(seed)
    made = {}
    for k, band in enumerate(BANDS):
        raw = rng.integers(1, 12000, shape(band)).astype(np.uint16)
        rows, cols = np.indices(raw.shape) * metres(band)
        raw[cols < 500 + 0.1 * rows + 20 * k] = 0
        raw[-1, -1] = 65535
        made[band] = raw
    return made


def shifted(raw: Mapping[str, np.ndarray], by: int) -> dict[str, np.ndarray]:
    """The same reflectances with `by` added to every digital number that is neither no-data nor saturated."""
    return {b: np.where((a == 0) | (a == 65535), a, a + by).astype(np.uint16) for b, a in raw.items()}


def write_jp2(path: Path, data: np.ndarray, pixel: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "JP2OpenJPEG",
        "height": data.shape[0],
        "width": data.shape[1],
        "count": 1,
        "dtype": data.dtype,
        "QUALITY": "100",
        "REVERSIBLE": "YES",
    }
    with rasterio.open(
        path,
        "w",
        crs="EPSG:32631",
        transform=from_origin(ULX, ULY, pixel, pixel),
        BLOCKXSIZE=BLOCK,
        BLOCKYSIZE=BLOCK,
        **profile,
    ) as dataset:
        dataset.write(data, 1)


def constant(zenith: float, azimuth: float) -> Field:
    return lambda x, y: (np.full(x.shape, zenith), np.full(x.shape, azimuth))


def plane(east: tuple[float, float, float], north: tuple[float, float, float]) -> Field:
    """Directions whose east and north components [degrees] are planes: constant, per km right, per km down."""

    def field(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e, n = (c + a * x / 1000 + b * y / 1000 for c, a, b in (east, north))
        return np.hypot(e, n), np.degrees(np.arctan2(e, n)) % 360

    return field


def nodes() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.indices((SIZE * 10 // STEP + 1,) * 2) * float(STEP)
    return x, y


def _table(values: np.ndarray) -> str:
    rows = "".join(
        "<VALUES>" + " ".join("NaN" if np.isnan(v) else f"{v:.6f}" for v in row) + "</VALUES>" for row in values
    )
    return f'<COL_STEP unit="m">{STEP}</COL_STEP><ROW_STEP unit="m">{STEP}</ROW_STEP><Values_List>{rows}</Values_List>'


def _grid(field: Field, seen: np.ndarray | None = None) -> str:
    zenith, azimuth = (np.where(True if seen is None else seen, v, np.nan) for v in field(*nodes()))
    return f"<Zenith>{_table(zenith)}</Zenith><Azimuth>{_table(azimuth)}</Azimuth>"


def product_xml(
    name: str,
    *,
    baseline: str,
    offsets: Mapping[int, int] | None,
    images: list[str],
    level: str = "Level-1C",
    granule: str = "",
    old: bool = False,
) -> str:
    list_ = "".join(
        f"<{'IMAGE_ID' if old else 'IMAGE_FILE'}>{i}</{'IMAGE_ID' if old else 'IMAGE_FILE'}>" for i in images
    )
    tag = "Granules" if old else "Granule"
    offset = "".join(f'<RADIO_ADD_OFFSET band_id="{k}">{v}</RADIO_ADD_OFFSET>' for k, v in (offsets or {}).items())
    spectral = "".join(
        f'<Spectral_Information bandId="{k}" '
        f'physicalBand="{b.replace("B0", "B")}"><RESOLUTION>{metres(b)}</RESOLUTION><Wavelength><MIN unit="nm">1</MIN>'
        f'<MAX unit="nm">2</MAX><CENTRAL '
        f'unit="nm">{CENTRAL.get(b, 500.5)}</CENTRAL></Wavelength></Spectral_Information>'
        for k, b in enumerate(BANDS)
    )
    solar = "".join(
        f'<SOLAR_IRRADIANCE bandId="{k}" unit="W/m²/µm">{1900 - 100 * k}</SOLAR_IRRADIANCE>' for k in range(13)
    )
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-1C_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-1C.xsd">
<n1:General_Info><Product_Info>
<PRODUCT_START_TIME>2020-06-15T10:50:31.024Z</PRODUCT_START_TIME><PRODUCT_STOP_TIME>2020-06-15T10:50:31.024Z</PRODUCT_STOP_TIME>
<PRODUCT_URI>{name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>{level}</PROCESSING_LEVEL><PRODUCT_TYPE>S2MSI1C</PRODUCT_TYPE>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE><GENERATION_TIME>2020-06-15T12:00:00.000000Z</GENERATION_TIME>
<Datatake datatakeIdentifier="GS2B_20200615T105031_017100_N02.08"><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME><SENSING_ORBIT_NUMBER>51</SENSING_ORBIT_NUMBER>
<SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION></Datatake>
<Query_Options completeSingleTile="true"><PRODUCT_FORMAT>{"SAFE" if old else "SAFE_COMPACT"}</PRODUCT_FORMAT></Query_Options>
<Product_Organisation><Granule_List>
<{tag} datastripIdentifier="DS" granuleIdentifier="{granule}" imageFormat="JPEG2000">{list_}</{tag}>
</Granule_List></Product_Organisation>
</Product_Info><Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
<Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>
<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>
{f"<Radiometric_Offset_List>{offset}</Radiometric_Offset_List>" if offset else ""}
<Reflectance_Conversion><U>0.969</U><Solar_Irradiance_List>{solar}</Solar_Irradiance_List></Reflectance_Conversion>
<Spectral_Information_List>{spectral}</Spectral_Information_List></Product_Image_Characteristics></n1:General_Info>
<n1:Quality_Indicators_Info><Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level-1C_User_Product>"""  # noqa: E501


def tile_xml(
    *,
    sun: Field | None,
    views: Mapping[int, tuple[Field, np.ndarray]],
    masks: Mapping[str, str],
    crs: str = "EPSG:32631",
) -> str:
    sizes = "".join(
        f'<Size resolution="{m}"><NROWS>{SIZE * 10 // m}</NROWS><NCOLS>{SIZE * 10 // m}</NCOLS></Size>'
        for m in (10, 20, 60)
    )
    places = "".join(
        f'<Geoposition resolution="{m}"><ULX>{ULX}</ULX><ULY>{ULY}</ULY><XDIM>{m}</XDIM><YDIM>-{m}</YDIM></Geoposition>'
        for m in (10, 20, 60)
    )
    view = "".join(
        f'<Viewing_Incidence_Angles_Grids bandId="{k}" '
        f'detectorId="{d}">{_grid(f, seen)}</Viewing_Incidence_Angles_Grids>'
        for k in range(13)
        for d, (f, seen) in views.items()
    )
    mask = "".join(
        f'<MASK_FILENAME bandId="{BANDS.index(b)}" type="MSK_DETFOO">{n}</MASK_FILENAME>' for b, n in masks.items()
    )
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-1C_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-1C_Tile_Metadata.xsd">
<n1:General_Info><TILE_ID metadataLevel="Brief">S2B_OPER_MSI_L1C_TL_EPAE_20200615T120000_A017100_{TILE}_N02.08</TILE_ID>
<SENSING_TIME metadataLevel="Standard">2020-06-15T10:56:27.457Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief"><HORIZONTAL_CS_NAME>WGS84 / UTM zone 31N</HORIZONTAL_CS_NAME>
<HORIZONTAL_CS_CODE>{crs}</HORIZONTAL_CS_CODE>{sizes}{places}</Tile_Geocoding>
<Tile_Angles metadataLevel="Standard">{f"<Sun_Angles_Grid>{_grid(sun)}</Sun_Angles_Grid>" if sun else ""}{view}</Tile_Angles></n1:Geometric_Info>
<n1:Quality_Indicators_Info><Pixel_Level_QI geometry="FULL_RESOLUTION">{mask}</Pixel_Level_QI></n1:Quality_Indicators_Info></n1:Level-1C_Tile_ID>"""  # noqa: E501


def footprint_gml(band: str, detectors: Mapping[int, list[tuple[float, float]]]) -> str:
    """Polygons by detector, their corners in metres right of and below the upper-left corner."""
    features = "".join(
        f"<eop:MaskFeature "
        f'gml:id="detector_footprint-{band}-{d:02d}-0"><eop:maskType>DETECTOR_FOOTPRINT</eop:maskType><eop:extentOf>'
        '<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList srsDimension="3">'
        + " ".join(f"{ULX + x} {ULY - y} 0" for x, y in (*corners, corners[0]))
        + "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></eop:extentOf></eop:MaskFeature>"
        for d, corners in detectors.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><eop:Mask xmlns:eop="http://www.opengis.net/eop/2.0" '
        'xmlns:gml="http://www.opengis.net/gml/3.2">'
        f"<eop:maskMembers>{features}</eop:maskMembers></eop:Mask>"
    )


def build(
    parent: Path,
    raw: Mapping[str, np.ndarray],
    *,
    baseline: str = "02.08",
    offsets: Mapping[int, int] | None = None,
    sun: Field | None = None,
    views: Mapping[int, tuple[Field, np.ndarray]] | None = None,
    footprint: Callable[[str], str | np.ndarray] | None = None,
    crs: str = "EPSG:32631",
    level: str = "Level-1C",
    old: bool = False,
    leave_out: tuple[str, ...] = (),
) -> Path:
    """Write a product and return its folder. `footprint` gives each band's mask: GML text, or detector numbers."""
    number = baseline.replace(".", "")
    name = (
        "S2B_OPER_PRD_MSIL1C_PDMC_20151215T000000_R051_V20151214T105031"
        if old
        else f"S2B_MSIL1C_20200615T105031_N{number}_R051_{TILE}_20200615T120000"
    )
    granule = f"S2B_OPER_MSI_L1C_TL_EPAE_20200615T120000_A017100_{TILE}_N02.08"
    folder = f"GRANULE/{granule}" if old else f"GRANULE/L1C_{TILE}_A017100_20200615T105030"
    stem = f"S2B_OPER_MSI_L1C_TL_EPAE_20200615T120000_A017100_{TILE}" if old else f"{TILE}_20200615T105031"
    root = parent / f"{name}.SAFE"
    for band, data in raw.items():
        if band not in leave_out:
            write_jp2(root / folder / "IMG_DATA" / f"{stem}_{band}.jp2", data, metres(band))
    masks = {}
    for band in BANDS if footprint else ():
        mask = footprint(band)
        path = f"{folder}/QI_DATA/MSK_DETFOO_{band}.{'gml' if isinstance(mask, str) else 'jp2'}"
        masks[band] = path
        if isinstance(mask, str):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(mask)
        else:
            write_jp2(root / path, mask, metres(band))
    images = [f"{stem}_{b}" if old else f"{folder}/IMG_DATA/{stem}_{b}" for b in (*raw, "TCI")]
    product = product_xml(
        name, baseline=baseline, offsets=offsets, images=images, level=level, granule=granule, old=old
    )
    tile = tile_xml(sun=sun, views=views or {}, masks=masks, crs=crs)
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / _product_xml_name(level, old)).write_text(product)
    (
        root / folder / (f"S2B_OPER_MTD_L1C_TL_EPAE_20200615T120000_A017100_{TILE}.xml" if old else "MTD_TL.xml")
    ).write_text(tile)
    (root / "manifest.safe").write_text("<x/>")
    return root


def _product_xml_name(level: str, old: bool) -> str:
    return "S2B_OPER_MTD_SAFL1C_PDMC_20151215T000000_R051.xml" if old else f"MTD_MSIL{level[-2:]}.xml"


def zipped(root: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """The product as a zip beside it, as it is downloaded."""
    target = root.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                archive.write(path, f"{root.name}/{path.relative_to(root).as_posix()}")
    return target
