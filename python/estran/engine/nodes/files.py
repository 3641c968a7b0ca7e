"""The two nodes that stand for files."""

# ruff: noqa: N815, RUF012

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from estran.catalogue.spec import param
from estran.engine.nodes.base import WITH_GPT, Beyond, SnapNode
from estran.engine.nodes.subset import Subset
from estran.errors import BadParameter, MissingBand
from estran.raster.product import Product

READERS = re.compile(
    r"BEAM-DIMAP|GeoTIFF.*|BigGeoTIFF.*|TIFF?|COG|NetCDF.*|JPEG2000|ENVI|GDAL.*|SENTINEL-2-MSI(-MultiRes.*)?|Sentinel2.*|Landsat.*",
    re.IGNORECASE,
)
"""SNAP's names of readers whose files we read; which of them it is, their content says."""

_AT_ONE_SIZE = re.compile(r"SENTINEL-2-MSI-(10|20|60)M\b", re.IGNORECASE)
"""Readers of earlier toolboxes, which bring all bands to one pixel size."""


@dataclass(frozen=True, kw_only=True)
class Read(SnapNode):
    """Reads a product from a file; with `useAdvancedOptions`, a part of it."""

    alias = "Read"
    sources = ()
    other_names = {"bandNames": "sourceBands", "maskNames": "sourceMasks"}
    beyond = {
        "vectorFile": Beyond("give pixelRegion, or geometryRegion as a POLYGON"),
        "polygonRegion": Beyond("give geometryRegion, which takes the pixels of its bounding box"),
    }
    file: str = param("", "The file from which the data product is read.")
    formatName: str = param("", "A format name; the content decides in any case.")
    sourceBands: tuple[str, ...] = param((), "Bands to read; all where empty.", choose_bands=True)
    sourceMasks: tuple[str, ...] = param((), "Masks to keep; all where empty.")
    pixelRegion: str = param("", "x,y,width,height in pixels of the scene raster; the whole where empty.")
    geometryRegion: str = param("", "The part to read, a geometry in WKT, degrees; the whole where empty.")
    copyMetadata: bool = param(True, "Whether to copy the metadata of the source product.")
    useAdvancedOptions: bool = param(
        False, "Whether the options on a part, bands and masks hold; SNAP takes no notice of them otherwise."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadParameter("parameter file is not given", where=self.alias, todo="name the product to read")
        if self.formatName and not READERS.fullmatch(self.formatName):
            at_one_size = _AT_ONE_SIZE.search(self.formatName)
            instead = (
                f", and put a Resample node with targetResolution {at_one_size[1]} behind"
                if at_one_size
                else " (the content decides)"
            )
            raise BadParameter(
                "the reader is not known here",
                where=self.alias,
                found=self.formatName,
                todo=f"leave formatName empty{instead}, or {WITH_GPT}",
            )
        if self.pixelRegion and self.geometryRegion:
            raise BadParameter(
                "both pixelRegion and geometryRegion are given", where=self.alias, todo="give one of them"
            )
        self._subset()

    @property
    def path(self) -> Path:
        """The file, with ``~`` for the home directory."""
        return Path(self.file).expanduser()

    def part(self, source: Product) -> Product:
        """What of the opened product is wanted."""
        if not self.useAdvancedOptions:
            return source
        masks = {name: mask for name, mask in source.masks.items() if not self.sourceMasks or name in self.sourceMasks}
        missing = [name for name in self.sourceMasks if name not in source.masks]
        if missing:
            raise MissingBand(
                f"mask {missing[0]!r} is missing",
                where=source.name,
                found=", ".join(source.masks) or "none",
                todo="leave it out of sourceMasks",
            )
        part = self._subset().apply(source, tile=0)
        return replace(part, name=source.name, masks={name: mask for name, mask in masks.items() if name in part.masks})

    def _subset(self) -> SnapNode:
        return Subset(
            sourceBands=self.sourceBands,
            region=self.pixelRegion,
            geoRegion=self.geometryRegion,
            copyMetadata=self.copyMetadata,
        )


@dataclass(frozen=True, kw_only=True)
class Write(SnapNode):
    """Writes a product to a file."""

    alias = "Write"
    sources = ("source",)
    file: str = param("", "The output file to which the data product is written.")
    formatName: str = param("BEAM-DIMAP", "The name of the output file format.")
    deleteOutputOnFailure: bool = param(True, "Our writers leave nothing half-written in any case.")
    writeEntireTileRows: bool = param(False, "Without effect here.")
    clearCacheAfterRowWrite: bool = param(False, "Without effect here.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadParameter(
                "parameter file is not given",
                where=self.alias,
                todo="name the file to write, or leave the Write node out and give -t",
            )

    @property
    def path(self) -> Path:
        """The file, with ``~`` for the home directory."""
        return Path(self.file).expanduser()
