"""What a file may reach: opening a product goes to no network and to no file outside its folder, unless the user allows
it.

A virtual raster, a map service's description, a header or a file beside a raster can name any other file of the
machine, or an address. A link on the disk is followed: it is the owner of the disk who made it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estran.bounded_xml import read_xml
from estran.errors import BadProduct, EstranError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ALLOW = "--allow-remote lets it"
"""The remedy, where what is named is to be trusted."""

_START, _SIGNIFICANT = 1024, 12
_BINARY = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Starts of TIFF and BigTIFF files: what GDAL writes beside a raster for masks and overviews."""
_BESIDE = (".ovr", ".msk", ".OVR", ".MSK")
_DEPTH = 8
"""Most virtual rasters within one another."""

_FILES = frozenset({"SourceFilename", "SourceDataset"})
"""Elements of a virtual raster that name a file."""
_BANDS = (
    "VRTDataset SRS GeoTransform GCPList GCP Metadata MDI VRTRasterBand ColorInterp Description NoDataValue "
    "HideNoDataValue UnitType Offset Scale "
    "CategoryNames Category ColorTable Entry Histograms HistItem HistMin HistMax BucketCount IncludeOutOfRange "
    "Approximate HistCounts Overview OverviewList "
    "MaskBand BlockXSize BlockYSize"
)
_SOURCES = (
    "SimpleSource ComplexSource AveragedSource NoDataFromMaskSource KernelFilteredSource Kernel Size Coefs SourceBand "
    "SourceProperties SrcRect DstRect NODATA "
    "ScaleOffset ScaleRatio Exponent SrcMin SrcMax DstMin DstMax Clamp ColorTableComponent LUT UseMaskBand "
    "PixelFunctionType PixelFunctionArguments "
    "SourceTransferType ImageOffset PixelOffset LineOffset ByteOrder"
)
_WARPS = (
    "GDALWarpOptions WarpMemoryLimit ResampleAlg WorkingDataType Option Options Transformer ApproxTransformer "
    "MaxError BaseTransformer GenImgProjTransformer "
    "SrcGeoTransform SrcInvGeoTransform DstGeoTransform DstInvGeoTransform ReprojectTransformer "
    "ReprojectionTransformer SourceSRS TargetSRS BandList "
    "BandMapping SrcNoDataReal SrcNoDataImag DstNoDataReal DstNoDataImag SrcAlphaBand DstAlphaBand"
)
_KNOWN = _FILES | frozenset(f"{_BANDS} {_SOURCES} {_WARPS}".split())
"""Elements of virtual rasters that name no file, and those that do (GDAL, "VRT driver")."""
_NAMING_KEYS = frozenset({"OVERVIEW_FILE", "X_DATASET", "Y_DATASET", "DEM", "RPC_DEM", "CUTLINE_LAYER"})
"""Items of metadata and options by which GDAL finds other files."""


def check(path: Path, *, remote: bool = False) -> bool:
    """Refuse a raster that names files elsewhere, before GDAL opens it.

    Parameters
    ----------
    path
        A raster.
    remote
        Whether it may.

    Returns
    -------
    bool
        Whether the ``.aux.xml`` beside it may be read; one that is broken or names other files counts as missing.

    Raises
    ------
    BadProduct
        It is the description of a service, or names a file outside its folder, or a file beside it is no raster.
    """
    path = Path(path)
    if remote or not path.is_file():
        return True
    if _is_document(path):
        _check_virtual(path, path.absolute().parent, 0)
    _check_beside(path)
    return _is_harmless(path.with_name(f"{path.name}.aux.xml"))


def check_opened(dataset: Any, path: Path, *, remote: bool = False) -> None:
    """Refuse an open raster whose pixels lie, or that looks for parts, outside its folder.

    Parameters
    ----------
    dataset
        As Rasterio opened it.
    path
        Its file.
    remote
        Whether it may.

    Raises
    ------
    BadProduct
        As it says.
    """
    if remote:
        return
    folders = path.absolute().parent, Path(dataset.name).absolute().parent  # GDAL may know the folder by another name
    for name in dataset.files:
        if not any(_is_inside(Path(name), folder) for folder in folders):
            raise _elsewhere(path, name)
    if dataset.driver == "netCDF":
        return  # GDAL names the file itself there
    for domain in ("OVERVIEWS", "GEOLOCATION"):
        for key, value in dataset.tags(ns=domain).items():
            if key in _NAMING_KEYS:
                raise _elsewhere(path, value)


def inside(folder: Path, name: str, where: Path, *, within: Path | None = None, remote: bool = False) -> Path:
    """The file that a header names, from the folder of the header.

    Parameters
    ----------
    folder
        Where its paths start: its folder.
    name
        A path as the header has it, with forward slashes.
    where
        The header, for messages.
    within
        The folder in which it must lie; `folder` where None.
    remote
        Whether it may lie elsewhere.

    Raises
    ------
    BadProduct
        It lies outside.
    """
    target = folder / os.fsdecode(name.encode("utf-8", "surrogateescape"))
    if not remote and (
        not name.strip()
        or "\0" in name
        or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", name)
        or not _is_inside(target, within or folder)
    ):
        raise _elsewhere(where, name)
    return target


def _elsewhere(where: Path, name: str) -> BadProduct:
    return BadProduct(
        "the file names another one outside its folder",
        where=where,
        found=repr(name[:200]),
        todo=f"put what it names beside it, if you trust it; {ALLOW}",
    )


def _is_inside(path: Path, folder: Path) -> bool:
    return Path(os.path.normpath(path.absolute())).is_relative_to(os.path.normpath(folder.absolute()))


# ---------------------------------------------------------------- documents that GDAL opens as rasters


def _is_document(path: Path) -> bool:
    """Whether GDAL could take a file for the description of a raster: XML, or the JSON of a catalogue. Raw samples may
    start with any byte.
    """
    with path.open("rb") as file:
        text = _text_of(file.read(_START))
    if "<VRTDataset" in text:
        return True
    return text[:_SIGNIFICANT].isprintable() and (
        re.match(r"<[A-Za-z?!]", text) is not None or (text.startswith("{") and "stac" in text.lower())
    )


def _text_of(start: bytes) -> str:
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start.decode("utf-16", "replace").lstrip()
    return start.removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip(" \t\r\n\0")


def _check_virtual(path: Path, folder: Path, depth: int) -> None:
    path = (
        path.resolve() if path.is_symlink() else path
    )  # as GDAL does, which looks for the sources beside what the link names
    folder = folder if depth else path.absolute().parent
    with path.open("rb") as file:
        start = _text_of(file.read(_START))
    if "<VRTDataset" not in start:
        raise BadProduct(
            "this is no raster but a document that names others, perhaps on the network",
            where=path,
            expected="a file with pixels of its own",
            found=start[:40].split("\n")[0],
            todo=f"give the raster itself; to open what the document names, {ALLOW}",
        )
    if depth > _DEPTH:
        raise BadProduct("virtual rasters name one another without an end", where=path, todo="give the raster itself")
    root = read_xml(path, what="the virtual raster")
    if root.tag != "VRTDataset":
        raise BadProduct("this is not a virtual raster", where=path, expected="VRTDataset", found=root.tag)
    for name, relative in _names(root, path):
        # GDAL takes a path that is not marked as relative from the folder at hand.
        source = inside(path.absolute().parent if relative else Path.cwd(), name, path, within=folder)
        if not source.is_file():
            raise BadProduct(
                "the virtual raster names a file that is not there",
                where=path,
                found=repr(name[:200]),
                todo="copy the files that it names along",
            )
        _check_source(source, folder, depth)


def _names(root: Element, where: Path) -> Iterator[tuple[str, bool]]:
    for node in root.iter():
        key = node.get("key", node.get("name", ""))
        if node.tag not in _KNOWN or node.get("subClass") == "VRTPansharpenedDataset" or key.upper() in _NAMING_KEYS:
            raise BadProduct(
                "the virtual raster is of a kind that may name other files",
                where=where,
                found=f"{node.tag} {key}".strip(),
                todo=f"make a GeoTIFF of it (gdal_translate), if you trust it; {ALLOW}",
            )
        if node.tag in _FILES:
            yield (node.text or "").strip(), node.get("relativeToVRT", "0") == "1"


def _check_source(source: Path, folder: Path, depth: int) -> None:
    if _is_document(source):
        _check_virtual(source, folder, depth + 1)
    else:
        _check_one_format(source)
    _check_beside(source)


def _check_one_format(source: Path) -> None:
    """Refuse, as a source of a virtual raster, what is text: GDAL itself opens it then, and tries all its formats, some
    of which name other files.
    """
    with source.open("rb") as file:
        start = file.read(_START)
    if start and all(byte in b"\t\r\n\f" or 32 <= byte < 127 for byte in start):
        raise BadProduct(
            "the virtual raster names a file of text",
            where=source,
            expected="a file with pixels of its own",
            todo="make a GeoTIFF of it",
        )


# ---------------------------------------------------------------- files beside a raster


def _check_beside(path: Path) -> None:
    """Masks and overviews beside a raster are opened by GDAL whatever they are: they must be rasters with pixels of
    their own.
    """
    for ending in _BESIDE:
        for beside in (path.with_name(path.name + ending), path.with_suffix(ending)):
            if beside != path and beside.is_file():
                with beside.open("rb") as file:
                    start = file.read(16)
                if start and not start.startswith(_BINARY):
                    raise BadProduct(
                        "a file beside the raster would be opened as part of it, but is no TIFF",
                        where=beside,
                        todo=f"remove it; to open it all the same, {ALLOW}",
                    )


def _is_harmless(aux: Path) -> bool:
    if not aux.exists():
        return True
    try:
        root = read_xml(aux)
    except EstranError:
        return False
    return not any(
        node.get("key", "").upper() in _NAMING_KEYS or (node.text or "").strip().startswith("/vsi")
        for node in root.iter()
    )
