"""Reads BEAM-DIMAP as SNAP writes it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element as Xml

from affine import Affine

from estran import bounds
from estran.adapters.files import reach
from estran.adapters.files.dimap.colours import coloured
from estran.adapters.files.dimap.edges import without_mixed_edges
from estran.adapters.files.dimap.header import OURS
from estran.adapters.files.dimap.java_text import parse_double, parse_utc
from estran.adapters.files.dimap.metadata import read_element
from estran.adapters.files.dimap.read_bands import Place, Samples, bands_of, samples_of, tie_points_of
from estran.adapters.files.dimap.read_codings import masks_of
from estran.adapters.files.dimap.wkt import crs_name
from estran.adapters.files.dimap.xml_values import text_of
from estran.adapters.files.facts import platform_of
from estran.adapters.files.leftovers import recover
from estran.adapters.files.virtual import with_virtual_data
from estran.bounded_xml import parse_xml
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Element, Product


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

    return product_of(root, path, lambda _number, info, shape: samples_of(root, place, info, shape), place)


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
    bands = bands_of(root, grids, ours.attributes, samples)
    masks = masks_of(root, notes)
    bands = {name: coloured(band, masks) for name, band in bands.items()}
    name = text_of(root, "Dataset_Id/DATASET_NAME") or path.stem
    tie_points = tie_points_of(root, place) if place is not None else {}
    others = tuple(e for e in metadata if e.name != OURS)
    product = Product(
        name=name,
        grid=scene,
        bands=bands,
        kind=text_of(root, "Production/PRODUCT_TYPE"),
        tie_points=tie_points,
        masks=masks,
        tie_point_geocoding=tie_geocoding if tie_points else None,
        metadata=others,
        start=parse_utc(text_of(root, "Production/PRODUCT_SCENE_RASTER_START_TIME")),
        stop=parse_utc(text_of(root, "Production/PRODUCT_SCENE_RASTER_STOP_TIME")),
        platform=str(ours.attributes.get("platform", "")) or platform_of(name, others),
        description=text_of(root, "Dataset_Use/DATASET_COMMENTS"),
        auto_grouping=text_of(root, "Dataset_Use/DATASET_AUTO_GROUPING"),
        quicklook=text_of(root, "Production/QUICKLOOK_BAND_NAME"),
        source=str(path),
        notes=tuple(str(v) for k, v in ours.attributes.items() if re.fullmatch(r"note_\d+", k)),
    )
    return without_mixed_edges(with_virtual_data(product)).with_notes(*notes)


def _affine(text: str) -> Affine:
    a, d, b, e, c, f = (parse_double(part) for part in text.split(","))
    return Affine(a, b, c, d, e, f)


def _grids(root: Xml, notes: list[str]) -> tuple[Mapping[int, Grid], Grid, tuple[str, str] | None]:
    """Grid of each band by index, grid of the scene, and the tie-point geocoding where there is one."""
    width, height = int(text_of(root, "Raster_Dimensions/NCOLS")), int(text_of(root, "Raster_Dimensions/NROWS"))
    sizes = {
        int(text_of(info, "BAND_INDEX")): (
            int(text_of(info, "BAND_RASTER_WIDTH") or width),
            int(text_of(info, "BAND_RASTER_HEIGHT") or height),
        )
        for info in root.findall("Image_Interpretation/Spectral_Band_Info")
    }
    positions, systems = root.findall("Geoposition"), root.findall("Coordinate_Reference_System")
    maps: dict[int, tuple[Affine, str]] = {}
    tie_geocoding = None
    unknown = False
    for number, position in enumerate(positions):
        wkt = text_of(systems[number], "WKT") if number < len(systems) else ""
        matrix = text_of(position, "IMAGE_TO_MODEL_TRANSFORM")
        lat, lon = (
            _first(position, "TIE_POINT_GRID_NAME_LAT", "LAT_VARIABLE_NAME"),
            _first(position, "TIE_POINT_GRID_NAME_LON", "LON_VARIABLE_NAME"),
        )
        tie_names = {
            text_of(info, "TIE_POINT_GRID_NAME") for info in root.findall("Tie_Point_Grids/Tie_Point_Grid_Info")
        }
        if wkt and matrix:
            maps[int(text_of(position, "BAND_INDEX") or -1)] = (_affine(matrix), crs_name(wkt))
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
