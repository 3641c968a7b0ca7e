"""Bands and tie-point grids of a .dim file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element as Xml

import numpy as np

from estran.adapters.files import extras
from estran.adapters.files.dimap import envi
from estran.adapters.files.dimap.header import RELATIONS, UNCERTAINTY
from estran.adapters.files.dimap.java_text import parse_double
from estran.adapters.files.dimap.read_codings import codings_of, palettes_of
from estran.adapters.files.dimap.xml_values import number_of, text_of
from estran.adapters.files.lazy import lazy_array
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.layers import Uncertainty
from estran.raster.product import Band, TiePointGrid

Samples = Callable[[int, Xml, tuple[int, int]], Any]
Place = Callable[[str], Path]


def samples_of(root: Xml, place: Place, info: Xml, shape: tuple[int, int]) -> Any:
    """The samples of a band, read when they are sliced."""
    name = text_of(info, "BAND_NAME")
    for node in root.findall("Data_Access/Data_File"):
        if text_of(node, "BAND_INDEX") == text_of(info, "BAND_INDEX"):
            image = _image(place(_href(node, "DATA_FILE_PATH")), shape, text_of(info, "DATA_TYPE"), name)
            return lazy_array(image, image.path)
    raise BadProduct(f"band {name!r} has no samples", expected="a Data_File entry")


def bands_of(root: Xml, grids: Mapping[int, Grid], ours: Mapping[str, Any], samples: Samples) -> dict[str, Band]:
    """The bands by name, on these grids by index; `ours` is what we keep beside of them."""
    flag_codings, index_codings = codings_of(root)
    palettes = palettes_of(root)
    bands: dict[str, Band] = {}
    number = 0
    for info in root.findall("Image_Interpretation/Spectral_Band_Info"):
        index, name = int(text_of(info, "BAND_INDEX")), text_of(info, "BAND_NAME")
        grid = grids[index]
        virtual = text_of(info, "VIRTUAL_BAND") == "true"
        data = None if virtual else samples(number, info, grid.shape)
        number += not virtual
        spectral_index = text_of(info, "SPECTRAL_BAND_INDEX")
        bands[name] = Band(
            name=name,
            data=data,
            grid=grid,
            scale=number_of(info, "SCALING_FACTOR") if text_of(info, "SCALING_FACTOR") else 1.0,  # type: ignore[arg-type]
            offset=number_of(info, "SCALING_OFFSET") or 0.0,
            log10_scaled=text_of(info, "LOG10_SCALED") == "true",
            nodata=number_of(info, "NO_DATA_VALUE") if text_of(info, "NO_DATA_VALUE_USED") == "true" else None,
            valid=text_of(info, "VALID_MASK_TERM"),
            unit=text_of(info, "PHYSICAL_UNIT"),
            description=text_of(info, "BAND_DESCRIPTION"),
            wavelength=number_of(info, "BAND_WAVELEN") or None,
            bandwidth=number_of(info, "BANDWIDTH") or None,
            solar_flux=number_of(info, "SOLAR_FLUX") or None,
            spectral_index=int(spectral_index) if spectral_index else None,
            coding=flag_codings.get(text_of(info, "FLAG_CODING_NAME"))
            or index_codings.get(text_of(info, "INDEX_CODING_NAME")),
            expression=text_of(info, "EXPRESSION") if virtual else None,
            saturated=ours.get(f"saturated_{name}"),
            palette=palettes.get(index, ()),
        )
    return _with_relations(root, bands, ours)


def _with_relations(root: Xml, bands: dict[str, Band], ours: Mapping[str, Any]) -> dict[str, Band]:
    """The bands with what they say of others: SNAP's ancillary variables that are uncertainties, and what we keep
    beside of stacks and correlation.
    """
    of: dict[str, str] = {}
    uncertain = set()
    for info in root.findall("Image_Interpretation/Spectral_Band_Info"):
        name = text_of(info, "BAND_NAME")
        of |= {(node.text or "").strip(): name for node in info.findall("ANCILLARY_VARIABLE")}
        if any((node.text or "").strip() == UNCERTAINTY for node in info.findall("ANCILLARY_RELATION")):
            uncertain.add(name)
    for name, band in bands.items():
        said = extras.loads(ours.get(f"{RELATIONS}{name}", ""))
        bands[name] = extras.with_relations(band, said)
        if name in uncertain and name in of and bands[name].uncertainty is None:
            bands[name] = replace(bands[name], uncertainty=Uncertainty(of[name]))
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


def tie_points_of(root: Xml, place: Place) -> dict[str, TiePointGrid]:
    """The tie-point grids by name, read whole."""
    files = {
        int(text_of(node, "TIE_POINT_GRID_INDEX")): _href(node, "TIE_POINT_GRID_FILE_PATH")
        for node in root.findall("Data_Access/Tie_Point_Grid_File")
    }
    grids = {}
    for info in root.findall("Tie_Point_Grids/Tie_Point_Grid_Info"):
        name = text_of(info, "TIE_POINT_GRID_NAME")
        shape = int(text_of(info, "NROWS")), int(text_of(info, "NCOLS"))
        image = _image(
            place(files[int(text_of(info, "TIE_POINT_GRID_INDEX"))]), shape, text_of(info, "DATA_TYPE"), name
        )
        grids[name] = TiePointGrid(
            name,
            np.asarray(image[:, :]),
            parse_double(text_of(info, "OFFSET_X")),
            parse_double(text_of(info, "OFFSET_Y")),
            parse_double(text_of(info, "STEP_X")),
            parse_double(text_of(info, "STEP_Y")),
            text_of(info, "PHYSICAL_UNIT"),
            text_of(info, "TIE_POINT_DESCRIPTION"),
            text_of(info, "CYCLIC") == "true",
        )
    return grids
