"""The .dim file: a product's description as XML, element by element in the order in which SNAP writes them.

Facts: SNAP 13's own files, and the element names of its ``DimapProductConstants``. One limit of SNAP's reader shapes
the text: a palette needs two points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element as Xml
from xml.etree.ElementTree import SubElement, indent, tostring

import numpy as np
from affine import Affine

from estran.adapters.files import extras
from estran.adapters.files.dimap.java_text import double_text, utc_text
from estran.adapters.files.dimap.metadata import write_elements
from estran.adapters.files.dimap.wkt import snap_wkt
from estran.adapters.files.storage import storage_dtype
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.expression import names
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Mask, Product, TiePointGrid
from estran.raster.stacks import ancillaries

OURS = "Estran_Product"
"""Metadata element that keeps what BEAM-DIMAP has no place for: platform, notes, saturation values, stacks."""

RELATIONS = "relations_"
"""What an attribute of that element begins with that keeps, as JSON, where a band lies in a stack and how errors hang
together.
"""
UNCERTAINTY = "uncertainty"
"""SNAP's relation of a band that is the uncertainty of another."""

_VERSION = "2.13.0"


def header_xml(product: Product, data_folder: str) -> bytes:
    """The bytes of the .dim file of a product whose samples lie in `data_folder`."""
    root = Xml("Dimap_Document", {"name": f"{product.name}.dim"})
    _identity(root, product)
    _geocoding(root, product)
    _codings(root, product.bands.values())
    dimensions = SubElement(root, "Raster_Dimensions")
    _text(dimensions, "NCOLS", product.grid.width)
    _text(dimensions, "NROWS", product.grid.height)
    _text(dimensions, "NBANDS", len(product.bands))
    _data_access(root, product, data_folder)
    _tie_points(root, product)
    _palettes(root, product.bands.values())
    if product.masks:
        masks = SubElement(root, "Masks")
        for mask in product.masks.values():
            _mask(masks, mask, _mask_grid(product, mask))
    if product.bands:
        interpretation = SubElement(root, "Image_Interpretation")
        ancillary = ancillaries(product.bands.values())
        for index, band in enumerate(product.bands.values()):
            _band(interpretation, index, band, ancillary.get(band.name, ()))
    elements = (*(e for e in product.metadata if e.name != OURS), *_ours(product))
    if elements:
        write_elements(SubElement(root, "Dataset_Sources"), [Element("metadata", {}, elements)])
    indent(root, "    ")
    body: bytes = tostring(root, encoding="ISO-8859-1", xml_declaration=True).split(b"\n", 1)[1]
    # The declaration by hand: ElementTree writes single quotes, which XML allows and older readers of DIMAP do not
    # expect.
    return b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + body + b"\n"


def _text(parent: Xml, tag: str, value: object, **attributes: str) -> Xml:
    node = SubElement(parent, tag, attributes)
    if isinstance(value, bool):
        node.text = "true" if value else "false"
    elif isinstance(value, float):
        node.text = double_text(value)
    else:
        node.text = _clean(str(value)) or None
    return node


def _clean(text: str) -> str:
    """Text without the control characters that XML 1.0 forbids."""
    return "".join(c for c in text if c in "\t\n" or c >= " ").strip()


def _identity(root: Xml, product: Product) -> None:
    identity = SubElement(root, "Metadata_Id")
    _text(identity, "METADATA_FORMAT", "DIMAP", version=_VERSION)
    _text(identity, "METADATA_PROFILE", "BEAM-DATAMODEL-V1")
    dataset = SubElement(root, "Dataset_Id")
    _text(dataset, "DATASET_SERIES", "BEAM-PRODUCT")
    _text(dataset, "DATASET_NAME", product.name)
    if product.description or product.auto_grouping:
        use = SubElement(root, "Dataset_Use")
        if product.description:
            _text(use, "DATASET_COMMENTS", product.description)
        if product.auto_grouping:
            _text(use, "DATASET_AUTO_GROUPING", product.auto_grouping)
    production = SubElement(root, "Production")
    _text(production, "DATASET_PRODUCER_NAME", "")
    _text(production, "PRODUCT_TYPE", product.kind)
    if product.start is not None:
        _text(production, "PRODUCT_SCENE_RASTER_START_TIME", utc_text(product.start))
    if product.stop is not None:
        _text(production, "PRODUCT_SCENE_RASTER_STOP_TIME", utc_text(product.stop))
    if product.quicklook:
        _text(production, "QUICKLOOK_BAND_NAME", product.quicklook)


def matrix_text(transform: Affine) -> str:
    """An image-to-map transform in the order of Java's ``AffineTransform.getMatrix``: m00, m10, m01, m11, m02, m12."""
    return ",".join(
        double_text(v) for v in (transform.a, transform.d, transform.b, transform.e, transform.c, transform.f)
    )


def _geocoding(root: Xml, product: Product) -> None:
    if product.tie_point_geocoding is not None:
        system = SubElement(SubElement(root, "Coordinate_Reference_System"), "Horizontal_CS")
        _text(system, "HORIZONTAL_CS_TYPE", "GEOGRAPHIC")
        datum = SubElement(SubElement(system, "Geographic_CS"), "Horizontal_Datum")
        _text(datum, "HORIZONTAL_DATUM_NAME", "WGS-84")
        ellipsoid = SubElement(datum, "Ellipsoid")
        _text(ellipsoid, "ELLIPSOID_NAME", "WGS-84")
        axes = SubElement(ellipsoid, "Ellipsoid_Parameters")
        _text(axes, "ELLIPSOID_MAJ_AXIS", 6378137.0, unit="M")
        _text(axes, "ELLIPSOID_MIN_AXIS", 6356752.3, unit="M")
        points = SubElement(SubElement(root, "Geoposition"), "Geoposition_Points")
        _text(points, "TIE_POINT_GRID_NAME_LAT", product.tie_point_geocoding[0])
        _text(points, "TIE_POINT_GRID_NAME_LON", product.tie_point_geocoding[1])
        return
    if all(_same_geocoding(band.grid, product.grid) for band in product.bands.values()):
        _map(root, product.grid, None)
        return
    for index, band in enumerate(product.bands.values()):
        _map(root, band.grid, index)


def _same_geocoding(first: Grid, second: Grid) -> bool:
    return first == second or first.transform is None


def _map(root: Xml, grid: Grid, band: int | None) -> None:
    if grid.transform is None or grid.crs is None:
        return
    system = SubElement(root, "Coordinate_Reference_System")
    margin = " " * 13
    SubElement(system, "WKT").text = f"\n{margin}{snap_wkt(grid.crs, margin)}\n        "
    position = SubElement(root, "Geoposition")
    if band is not None:
        _text(position, "BAND_INDEX", band)
    _text(position, "IMAGE_TO_MODEL_TRANSFORM", matrix_text(grid.transform))


def _codings(root: Xml, bands: Iterable[Band]) -> None:
    codings = {band.coding.name: band.coding for band in bands if band.coding is not None}
    for coding in codings.values():
        if isinstance(coding, FlagCoding):
            node = SubElement(root, "Flag_Coding", {"name": coding.name})
            for flag in coding.flags:
                item = SubElement(node, "Flag")
                _text(item, "Flag_Name", flag.name)
                # SNAP reads a signed 32-bit number; bit 31 is its sign.
                _text(item, "Flag_Index", int(np.uint32(flag.mask).astype(np.int32)))
                _text(item, "Flag_description", flag.meaning)
    for coding in codings.values():
        if isinstance(coding, IndexCoding):
            node = SubElement(root, "Index_Coding", {"name": coding.name})
            for value in coding.values:
                item = SubElement(node, "Index")
                _text(item, "INDEX_NAME", value.name)
                _text(item, "INDEX_VALUE", value.value)
                _text(item, "INDEX_DESCRIPTION", value.meaning)


def _data_access(root: Xml, product: Product, folder: str) -> None:
    if not product.bands and not product.tie_points:
        return
    access = SubElement(root, "Data_Access")
    _text(access, "DATA_FILE_FORMAT", "ENVI")
    _text(access, "DATA_FILE_FORMAT_DESC", "ENVI File Format")
    _text(access, "DATA_FILE_ORGANISATION", "BAND_SEPARATE")
    for index, band in enumerate(product.bands.values()):
        if band.expression is None:
            file = SubElement(access, "Data_File")
            SubElement(file, "DATA_FILE_PATH", {"href": f"{folder}/{band.name}.hdr"})
            _text(file, "BAND_INDEX", index)
    for index, name in enumerate(product.tie_points):
        file = SubElement(access, "Tie_Point_Grid_File")
        SubElement(file, "TIE_POINT_GRID_FILE_PATH", {"href": f"{folder}/tie_point_grids/{name}.hdr"})
        _text(file, "TIE_POINT_GRID_INDEX", index)


def _tie_points(root: Xml, product: Product) -> None:
    if not product.tie_points:
        return
    parent = SubElement(root, "Tie_Point_Grids")
    _text(parent, "NUM_TIE_POINT_GRIDS", len(product.tie_points))
    for index, grid in enumerate(product.tie_points.values()):
        node = SubElement(parent, "Tie_Point_Grid_Info")
        _text(node, "TIE_POINT_GRID_INDEX", index)
        _text(node, "TIE_POINT_DESCRIPTION", grid.description)
        _text(node, "PHYSICAL_UNIT", grid.unit)
        _text(node, "TIE_POINT_GRID_NAME", grid.name)
        _text(node, "DATA_TYPE", tie_point_dtype(grid).name)
        _text(node, "NCOLS", grid.data.shape[1])
        _text(node, "NROWS", grid.data.shape[0])
        _text(node, "OFFSET_X", float(grid.offset_x))
        _text(node, "OFFSET_Y", float(grid.offset_y))
        _text(node, "STEP_X", float(grid.step_x))
        _text(node, "STEP_Y", float(grid.step_y))
        _text(node, "CYCLIC", grid.cyclic, discontinuity=str(_discontinuity(grid)))


def tie_point_dtype(grid: TiePointGrid) -> np.dtype[np.floating]:
    """Sample type of a tie-point grid in its file."""
    return np.dtype(np.float64) if grid.data.dtype == np.float64 else np.dtype(np.float32)


def _discontinuity(grid: TiePointGrid) -> int:
    """Where angles jump: at 180 degrees, or at 360 where the values go beyond 180."""
    if not grid.cyclic:
        return 0
    return 360 if float(np.nanmax(np.asarray(grid.data), initial=0.0)) > 180 else 180


def _colour(parent: Xml, tag: str, colour: Colour) -> None:
    red, green, blue = (str(int(part)) for part in colour)
    SubElement(parent, tag, {"red": red, "green": green, "blue": blue, "alpha": "255"})


def _palettes(root: Xml, bands: Iterable[Band]) -> None:
    with_palette = [(index, band) for index, band in enumerate(bands) if len(band.palette) > 1]
    if not with_palette:
        return
    display = SubElement(root, "Image_Display")
    for index, band in with_palette:
        statistics = SubElement(display, "Band_Statistics")
        _text(statistics, "BAND_INDEX", index)
        _text(statistics, "NUM_COLORS", len(band.palette) if isinstance(band.coding, IndexCoding) else 256)
        for value, colour, label in band.palette:
            point = SubElement(statistics, "Color_Palette_Point")
            _text(point, "SAMPLE", float(value))
            if label:
                _text(point, "LABEL", label)
            _colour(point, "COLOR", colour)
        _colour(statistics, "NO_DATA_COLOR", (0, 0, 0))
        _text(statistics, "HISTOGRAM_MATCHING", "None")


def _mask_grid(product: Product, mask: Mask) -> Grid:
    """The grid of the bands that a mask looks at; the scene's where it looks at none."""
    looked_at = (
        [product.bands[name].grid for name in sorted(names(mask.expression)) if name in product.bands]
        if mask.expression
        else []
    )
    return looked_at[0] if looked_at else product.grid


def _mask(parent: Xml, mask: Mask, grid: Grid) -> None:
    node = SubElement(parent, "Mask", {"type": "Maths"})
    SubElement(node, "NAME", {"value": mask.name})
    SubElement(node, "MASK_RASTER_WIDTH", {"value": str(grid.width)})
    SubElement(node, "MASK_RASTER_HEIGHT", {"value": str(grid.height)})
    SubElement(node, "DESCRIPTION", {"value": _clean(mask.meaning)})
    _colour(node, "COLOR", mask.colour)
    SubElement(node, "TRANSPARENCY", {"value": double_text(mask.transparency)})
    if grid.transform is not None:
        SubElement(node, "IMAGE_TO_MODEL_TRANSFORM", {"value": matrix_text(grid.transform)})
    SubElement(node, "EXPRESSION", {"value": mask.expression})


def _band(parent: Xml, index: int, band: Band, ancillary: Sequence[str]) -> None:
    node = SubElement(parent, "Spectral_Band_Info")
    _text(node, "BAND_INDEX", index)
    _text(node, "BAND_DESCRIPTION", band.description)
    _text(node, "BAND_NAME", band.name)
    _text(node, "BAND_RASTER_WIDTH", band.grid.width)
    _text(node, "BAND_RASTER_HEIGHT", band.grid.height)
    _text(node, "DATA_TYPE", storage_dtype(band.data.dtype, band.name).name if band.data is not None else "float32")
    if band.unit:
        _text(node, "PHYSICAL_UNIT", band.unit)
    _text(node, "SOLAR_FLUX", float(band.solar_flux or 0.0))
    if band.spectral_index is not None:
        _text(node, "SPECTRAL_BAND_INDEX", band.spectral_index)
    _text(node, "BAND_WAVELEN", float(band.wavelength or 0.0))
    _text(node, "BAND_ANGULAR_VALUE", -999.0)
    _text(node, "BANDWIDTH", float(band.bandwidth or 0.0))
    if isinstance(band.coding, FlagCoding):
        _text(node, "FLAG_CODING_NAME", band.coding.name)
    elif isinstance(band.coding, IndexCoding):
        _text(node, "INDEX_CODING_NAME", band.coding.name)
    _text(node, "SCALING_FACTOR", float(band.scale))
    _text(node, "SCALING_OFFSET", float(band.offset))
    _text(node, "LOG10_SCALED", band.log10_scaled)
    _text(node, "NO_DATA_VALUE_USED", band.nodata is not None)
    _text(node, "NO_DATA_VALUE", float(band.nodata or 0.0))
    if band.expression is not None:
        _text(node, "VIRTUAL_BAND", True)
        _text(node, "EXPRESSION", band.expression)
    if band.valid:
        _text(node, "VALID_MASK_TERM", band.valid)
    if band.uncertainty is not None:
        _text(node, "ANCILLARY_RELATION", UNCERTAINTY)
    for name in ancillary:
        _text(node, "ANCILLARY_VARIABLE", name)
    if band.grid.transform is not None:
        _text(node, "IMAGE_TO_MODEL_TRANSFORM", matrix_text(band.grid.transform))


def _ours(product: Product) -> tuple[Element, ...]:
    attributes: dict[str, object] = {}
    if product.platform:
        attributes["platform"] = product.platform
    attributes |= {f"note_{number}": note for number, note in enumerate(product.notes, 1)}
    attributes |= {
        f"saturated_{band.name}": float(band.saturated) for band in product.bands.values() if band.saturated is not None
    }
    attributes |= {
        f"{RELATIONS}{band.name}": extras.dumps(said)
        for band in product.bands.values()
        if (said := extras.relations_json(band))
    }
    return (Element(OURS, attributes),) if attributes else ()
