"""Reads BEAM-DIMAP as SNAP writes it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element as Xml

import numpy as np
from affine import Affine

from estran import bounds
from estran.adapters.files import reach
from estran.adapters.files.dimap import envi
from estran.adapters.files.dimap.colours import UNKNOWN, coloured
from estran.adapters.files.dimap.edges import without_mixed_edges
from estran.adapters.files.dimap.header import OURS
from estran.adapters.files.dimap.java_text import parse_double, parse_utc
from estran.adapters.files.dimap.metadata import read_element
from estran.adapters.files.dimap.wkt import crs_name
from estran.adapters.files.facts import platform_of
from estran.adapters.files.lazy import lazy_array
from estran.adapters.files.leftovers import recover
from estran.adapters.files.virtual import with_virtual_data
from estran.bounded_xml import parse_xml
from estran.errors import BadProduct
from estran.raster.coding import Colour, Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Mask, Product, TiePointGrid

Samples = Callable[[int, Xml, tuple[int, int]], Any]
Place = Callable[[str], Path]


def is_dimap(path: Path) -> bool:
    """Whether a file is a BEAM-DIMAP header, by its first lines."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(2000).lstrip(b"\xef\xbb\xbf \r\n\t")
            return start.startswith(b"<") and b"<Dimap_Document" in start
    except OSError:
        return False


def read_dimap(path: Path, *, remote: bool = False) -> Product:
    """Open a BEAM-DIMAP product; samples stay in their files until asked for.

    Virtual bands whose expression we can evaluate get lazy data, the others None. What SNAP keeps and we cannot
    (geometry masks, pixel geocoding) is noted.

    Parameters
    ----------
    path
        The .dim file.
    remote
        Whether its samples may lie outside its folder.

    Raises
    ------
    BadProduct
        If it is not BEAM-DIMAP, not well-formed, holds XML entities, or misses samples.
    BadGrid
        If its CRS cannot be understood.
    """
    path = Path(path)
    recover(path)
    root = _parse(path)
    if root.tag != "Dimap_Document" or root.find("Raster_Dimensions") is None:
        raise BadProduct(
            "this is not a BEAM-DIMAP product",
            where=path,
            expected="Dimap_Document with Raster_Dimensions",
            found=root.tag,
        )
    beside = f"{path.stem}.data/"

    def place(name: str) -> Path:
        # Its own folder, even where the name has a colon as an address has.
        return reach.inside(path.parent, f"./{name}" if name.startswith(beside) else name, where=path, remote=remote)

    return product_of(root, path, lambda _number, info, shape: _samples(root, place, info, shape), place)


def product_of(root: Xml, path: Path, samples: Samples, place: Place | None = None) -> Product:
    """The product that a BEAM-DIMAP document describes, with samples from wherever they lie.

    Parameters
    ----------
    root
        The Dimap_Document; SNAP also puts one into its GeoTIFFs.
    path
        The file, for messages and as the product's source.
    samples
        From the number of a band that is not virtual (counted from 0), its Spectral_Band_Info and its shape to its
        samples.
    place
        From the name of a file in the document to where it lies; None where there are no files (and so no tie-point
        grids) with it.
    """
    try:
        return _product(root, path, samples, place)
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise BadProduct(
            "the BEAM-DIMAP header is inconsistent",
            where=path,
            found=str(error),
            todo="write the product again with SNAP",
        ) from error


def _parse(path: Path) -> Xml:
    content = _as_encoded(bounds.read_bytes(path, bounds.XML_BYTES, what="the header"))
    return parse_xml(content, path, what="the header", todo="copy the product again")


def _as_encoded(data: bytes) -> bytes | str:
    """The header in the encoding it truly has: SNAP says ISO-8859-1 but, on Java 18 and later, writes UTF-8."""
    if b"iso-8859-1" in data[:100].lower():
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8")
    return data


def _product(root: Xml, path: Path, samples: Samples, place: Place | None) -> Product:
    notes: list[str] = []
    metadata = tuple(read_element(e) for node in root.findall("Dataset_Sources/MDElem") for e in node.findall("MDElem"))
    ours = next((e for e in metadata if e.name == OURS), Element(OURS))
    grids, scene, tie_geocoding = _grids(root, notes)
    bands = _bands(root, grids, ours.attributes, samples)
    masks = _masks(root, notes)
    bands = {name: coloured(band, masks) for name, band in bands.items()}
    name = _get(root, "Dataset_Id/DATASET_NAME") or path.stem
    tie_points = _tie_points(root, place) if place is not None else {}
    others = tuple(e for e in metadata if e.name != OURS)
    product = Product(
        name=name,
        grid=scene,
        bands=bands,
        kind=_get(root, "Production/PRODUCT_TYPE"),
        tie_points=tie_points,
        masks=masks,
        tie_point_geocoding=tie_geocoding if tie_points else None,
        metadata=others,
        start=parse_utc(_get(root, "Production/PRODUCT_SCENE_RASTER_START_TIME")),
        stop=parse_utc(_get(root, "Production/PRODUCT_SCENE_RASTER_STOP_TIME")),
        platform=str(ours.attributes.get("platform", "")) or platform_of(name, others),
        description=_get(root, "Dataset_Use/DATASET_COMMENTS"),
        auto_grouping=_get(root, "Dataset_Use/DATASET_AUTO_GROUPING"),
        quicklook=_get(root, "Production/QUICKLOOK_BAND_NAME"),
        source=str(path),
        notes=tuple(str(v) for k, v in ours.attributes.items() if re.fullmatch(r"note_\d+", k)),
    )
    return without_mixed_edges(with_virtual_data(product)).with_notes(*notes)


def _get(node: Xml, tag: str, default: str = "") -> str:
    return (node.findtext(tag) or default).strip()


def _number(node: Xml, tag: str) -> float | None:
    text = _get(node, tag)
    return parse_double(text) if text else None


def _affine(text: str) -> Affine:
    a, d, b, e, c, f = (parse_double(part) for part in text.split(","))
    return Affine(a, b, c, d, e, f)


def _grids(root: Xml, notes: list[str]) -> tuple[Mapping[int, Grid], Grid, tuple[str, str] | None]:
    """Grid of each band by index, grid of the scene, and the tie-point geocoding where there is one."""
    width, height = int(_get(root, "Raster_Dimensions/NCOLS")), int(_get(root, "Raster_Dimensions/NROWS"))
    sizes = {
        int(_get(info, "BAND_INDEX")): (
            int(_get(info, "BAND_RASTER_WIDTH") or width),
            int(_get(info, "BAND_RASTER_HEIGHT") or height),
        )
        for info in root.findall("Image_Interpretation/Spectral_Band_Info")
    }
    positions, systems = root.findall("Geoposition"), root.findall("Coordinate_Reference_System")
    maps: dict[int, tuple[Affine, str]] = {}
    tie_geocoding = None
    unknown = False
    for number, position in enumerate(positions):
        wkt = _get(systems[number], "WKT") if number < len(systems) else ""
        matrix = _get(position, "IMAGE_TO_MODEL_TRANSFORM")
        lat, lon = (
            _first(position, "TIE_POINT_GRID_NAME_LAT", "LAT_VARIABLE_NAME"),
            _first(position, "TIE_POINT_GRID_NAME_LON", "LON_VARIABLE_NAME"),
        )
        tie_names = {_get(info, "TIE_POINT_GRID_NAME") for info in root.findall("Tie_Point_Grids/Tie_Point_Grid_Info")}
        if wkt and matrix:
            maps[int(_get(position, "BAND_INDEX") or -1)] = (_affine(matrix), crs_name(wkt))
        elif lat in tie_names and lon in tie_names:
            tie_geocoding = (lat, lon)
        else:
            unknown = True
    if unknown:
        notes.append(
            "The product's geocoding is of a kind that is not read (neither a map's nor tie points): it has no map "
            "coordinates here."
        )
    scene_map = maps.get(-1)
    grids = {}
    for index, (columns, rows) in sizes.items():
        transform, crs = maps.get(
            index,
            scene_map
            if (columns, rows) == (width, height) or scene_map is None
            else _scaled(scene_map, width / columns, height / rows),
        ) or (
            None,
            None,
        )
        grids[index] = Grid(columns, rows, transform, crs)
    scene = (
        Grid(width, height, *scene_map)
        if scene_map
        else next((g for g in grids.values() if g.shape == (height, width)), None)
    )
    if scene is None and grids:
        # No band has the scene's size: the scene covers the ground of the first.
        first = next(iter(grids.values()))
        transform = (
            None
            if first.transform is None
            else first.transform * Affine.scale(first.width / width, first.height / height)
        )
        scene = Grid(width, height, transform, first.crs)
    return grids, scene or Grid(width, height), tie_geocoding


def _scaled(scene: tuple[Affine, str], x: float, y: float) -> tuple[Affine, str]:
    return scene[0] * Affine.scale(x, y), scene[1]


def _first(node: Xml, *tags: str) -> str:
    return next((text.strip() for tag in tags for text in [node.findtext(f".//{tag}")] if text), "")


def _codings(root: Xml) -> tuple[dict[str, FlagCoding], dict[str, IndexCoding]]:
    flags = {
        node.get("name", ""): FlagCoding(
            node.get("name", ""), tuple(_flag(item) for item in node.findall("Flag") if _is_bit(item))
        )
        for node in root.findall("Flag_Coding")
    }
    indices = {
        node.get("name", ""): IndexCoding(
            node.get("name", ""),
            tuple(
                IndexValue(
                    _get(item, "INDEX_NAME"), int(_get(item, "INDEX_VALUE")), UNKNOWN, _get(item, "INDEX_DESCRIPTION")
                )
                for item in node.findall("Index")
            ),
        )
        for node in root.findall("Index_Coding")
    }
    return flags, indices


def _mask_of(item: Xml) -> int:
    return int(_get(item, "Flag_Index") or 0) & 0xFFFFFFFF


def _is_bit(item: Xml) -> bool:
    # SNAP also has flags of several bits with a value (Flag_Mask, Flag_Value); a bit field of ours cannot say that.
    mask = _mask_of(item)
    return mask != 0 and mask & (mask - 1) == 0


def _flag(item: Xml) -> Flag:
    return Flag(_get(item, "Flag_Name"), _mask_of(item).bit_length() - 1, UNKNOWN, _get(item, "Flag_description"))


def _palettes(root: Xml) -> dict[int, tuple[tuple[float, Colour, str], ...]]:
    palettes = {}
    for node in root.findall("Image_Display/Band_Statistics"):
        points = []
        for point in node.findall("Color_Palette_Point"):
            colour = point.find("COLOR")
            if colour is not None:
                points.append((parse_double(_get(point, "SAMPLE")), _rgb(colour), _get(point, "LABEL")))
        palettes[int(_get(node, "BAND_INDEX"))] = tuple(points)
    return palettes


def _rgb(node: Xml) -> Colour:
    return int(node.get("red", "0")), int(node.get("green", "0")), int(node.get("blue", "0"))


def _samples(root: Xml, place: Place, info: Xml, shape: tuple[int, int]) -> Any:
    name = _get(info, "BAND_NAME")
    for node in root.findall("Data_Access/Data_File"):
        if _get(node, "BAND_INDEX") == _get(info, "BAND_INDEX"):
            image = _image(place(_href(node, "DATA_FILE_PATH")), shape, _get(info, "DATA_TYPE"), name)
            return lazy_array(image, image.path)
    raise BadProduct(f"band {name!r} has no samples", expected="a Data_File entry")


def _bands(root: Xml, grids: Mapping[int, Grid], ours: Mapping[str, Any], samples: Samples) -> dict[str, Band]:
    flag_codings, index_codings = _codings(root)
    palettes = _palettes(root)
    bands: dict[str, Band] = {}
    number = 0
    for info in root.findall("Image_Interpretation/Spectral_Band_Info"):
        index, name = int(_get(info, "BAND_INDEX")), _get(info, "BAND_NAME")
        grid = grids[index]
        virtual = _get(info, "VIRTUAL_BAND") == "true"
        data = None if virtual else samples(number, info, grid.shape)
        number += not virtual
        spectral_index = _get(info, "SPECTRAL_BAND_INDEX")
        bands[name] = Band(
            name=name,
            data=data,
            grid=grid,
            scale=_number(info, "SCALING_FACTOR") if _get(info, "SCALING_FACTOR") else 1.0,  # type: ignore[arg-type]
            offset=_number(info, "SCALING_OFFSET") or 0.0,
            log10_scaled=_get(info, "LOG10_SCALED") == "true",
            nodata=_number(info, "NO_DATA_VALUE") if _get(info, "NO_DATA_VALUE_USED") == "true" else None,
            valid=_get(info, "VALID_MASK_TERM"),
            unit=_get(info, "PHYSICAL_UNIT"),
            description=_get(info, "BAND_DESCRIPTION"),
            wavelength=_number(info, "BAND_WAVELEN") or None,
            bandwidth=_number(info, "BANDWIDTH") or None,
            solar_flux=_number(info, "SOLAR_FLUX") or None,
            spectral_index=int(spectral_index) if spectral_index else None,
            coding=flag_codings.get(_get(info, "FLAG_CODING_NAME"))
            or index_codings.get(_get(info, "INDEX_CODING_NAME")),
            expression=_get(info, "EXPRESSION") if virtual else None,
            saturated=ours.get(f"saturated_{name}"),
            palette=palettes.get(index, ()),
        )
    return bands


def _href(node: Xml, tag: str) -> str:
    href = node.find(tag)
    return (href.get("href", "") if href is not None else "").replace("\\", "/")


def _image(header: Path, shape: tuple[int, int], kind: str, name: str) -> envi.EnviImage:
    if kind not in envi.SAMPLE_TYPES:
        raise BadProduct(
            f"band {name!r} has an unknown sample type", where=header, expected=", ".join(envi.SAMPLE_TYPES), found=kind
        )
    return envi.EnviImage(
        header.with_name(header.name.removesuffix(".hdr") + ".img"), shape, kind, big_endian=envi.is_big_endian(header)
    )


def _tie_points(root: Xml, place: Place) -> dict[str, TiePointGrid]:
    files = {
        int(_get(node, "TIE_POINT_GRID_INDEX")): _href(node, "TIE_POINT_GRID_FILE_PATH")
        for node in root.findall("Data_Access/Tie_Point_Grid_File")
    }
    grids = {}
    for info in root.findall("Tie_Point_Grids/Tie_Point_Grid_Info"):
        name = _get(info, "TIE_POINT_GRID_NAME")
        shape = int(_get(info, "NROWS")), int(_get(info, "NCOLS"))
        image = _image(place(files[int(_get(info, "TIE_POINT_GRID_INDEX"))]), shape, _get(info, "DATA_TYPE"), name)
        grids[name] = TiePointGrid(
            name,
            np.asarray(image[:, :]),
            parse_double(_get(info, "OFFSET_X")),
            parse_double(_get(info, "OFFSET_Y")),
            parse_double(_get(info, "STEP_X")),
            parse_double(_get(info, "STEP_Y")),
            _get(info, "PHYSICAL_UNIT"),
            _get(info, "TIE_POINT_DESCRIPTION"),
            _get(info, "CYCLIC") == "true",
        )
    return grids


def _masks(root: Xml, notes: list[str]) -> dict[str, Mask]:
    masks = {}
    for node in root.findall("Masks/Mask"):
        values = {child.tag: child.get("value", "") for child in node}
        name, kind = values.get("NAME", ""), node.get("type", "")
        if kind == "Maths":
            expression = values.get("EXPRESSION", "")
        elif kind == "Range":
            raster = values.get("RASTER", "")
            expression = f"{raster} >= {values.get('MINIMUM', '')} && {raster} <= {values.get('MAXIMUM', '')}"
        else:
            notes.append(f"Mask {name!r} is of kind {kind!r}, which is not read.")
            continue
        colour = node.find("COLOR")
        transparency = parse_double(values.get("TRANSPARENCY") or "0.5")
        masks[name] = Mask(
            name,
            expression,
            _rgb(colour) if colour is not None else UNKNOWN,
            values.get("DESCRIPTION", ""),
            transparency,
        )
    return masks
