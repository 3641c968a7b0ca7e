"""The SNAP nodes that our graphs use, and nothing more: whatever else a graph names needs ``gpt``.

Parameters carry SNAP's own names and defaults (SNAP 13.0.3); ``graphs/snap-nodes.toml`` lists them, and a test compares.
"""

# SNAP's parameter names are camelCase; class attributes of a declaration are no mutable state.
# ruff: noqa: N815, RUF012

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from estran.catalogue.spec import Declared, param
from estran.engine.graph import Value
from estran.errors import BadParameter, MissingBand
from estran.raster.product import Product

WITH_GPT = "run this graph with SNAP's gpt"

READERS = re.compile(
    r"BEAM-DIMAP|GeoTIFF.*|BigGeoTIFF.*|TIFF?|COG|NetCDF.*|JPEG2000|ENVI|GDAL.*|SENTINEL-2-MSI(-MultiRes.*)?|Sentinel2.*|Landsat.*", re.IGNORECASE
)
"""SNAP's names of readers whose files we read; which of them it is, their content says."""

_AT_ONE_SIZE = re.compile(r"SENTINEL-2-MSI-(10|20|60)M\b", re.IGNORECASE)
"""Readers of earlier toolboxes, which bring all bands to one pixel size."""


@dataclass(frozen=True)
class Beyond:
    """A parameter of SNAP's that this engine does not do: the values that ask for nothing, and what to do where another is set."""

    instead: str
    idle: tuple[str, ...] = ()


class SnapNode(Declared):
    """A node of SNAP's: parameters declared as ours are, sources by name.

    ``other_names`` are the names of fields in SNAP's own source: gpt takes them beside the names that its help shows, and snapista writes them.
    ``beyond`` is what SNAP can do and this engine cannot: refused where it is set. ``beyond_values`` are such values of a parameter that is taken.
    """

    sources: ClassVar[tuple[str, ...]] = ("sourceProduct",)
    many_sources: ClassVar[bool] = False
    other_names: ClassVar[Mapping[str, str]] = {}
    beyond: ClassVar[Mapping[str, Beyond]] = {}
    beyond_values: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    version = "13.0.3"
    label = ""
    summary = ""
    atbd = ""

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The parameters that this engine takes."""
        from estran.catalogue.spec import parameters_of

        return tuple(p.name for p in parameters_of(cls))

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> Self:
        """Construct from the parameters of a graph's node.

        Raises
        ------
        BadParameter
            Unknown names, values of another type, and what SNAP does and this engine does not.
        """
        known = cls.known_values(values)
        for name, value in known.items():
            if not isinstance(value, str):
                raise BadParameter(f"parameter {name} is a list of records", where=cls.alias, expected="a text", todo="write its value as text")
        return cls.from_text({name: value for name, value in known.items() if isinstance(value, str)})

    @classmethod
    def known_values(cls, values: Mapping[str, Value]) -> dict[str, Value]:
        """The values under the names of this engine, without those that are not given."""
        found: dict[str, Value] = {}
        for name, value in values.items():
            value = value.strip() if isinstance(value, str) else value
            if not value:
                continue
            known = cls.other_names.get(name, name)
            if found.get(known, value) != value:
                raise BadParameter(f"parameter {known} is given twice, as {known} and as {name}", where=cls.alias, todo="give it once")
            found[known] = value
        for name, beyond in cls.beyond.items():
            value = found.pop(name, "")
            if value and value not in beyond.idle:
                shown = f" with {value!r}" if isinstance(value, str) and len(value) < 40 else ""
                raise BadParameter(f"{cls.alias} does not do {name} here{shown}", where=cls.alias, todo=f"{beyond.instead}, or {WITH_GPT}")
        for name, others in cls.beyond_values.items():
            if found.get(name) in others:
                choices = ", ".join(_choices(cls, name))
                raise BadParameter(f"{cls.alias} does not do {name} {found[name]!r} here", where=cls.alias, todo=f"take one of {choices}, or {WITH_GPT}")
        unknown = [name for name in found if name not in cls.parameter_names()]
        if unknown:
            names = (*cls.parameter_names(), *cls.beyond)
            raise BadParameter(
                f"unknown parameter {unknown[0]!r}", where=cls.alias, expected=", ".join(names), todo="correct its name: SNAP's gpt knows none such"
            )
        return found

    def apply(self, source: Product, *, tile: int) -> Product:
        """The target product; lazy, in chunks of `tile` pixels."""
        raise BadParameter("this node has no target of its own", where=self.alias)

    def apply_to(self, sources: Mapping[str, Product], *, tile: int) -> Product:
        """The target product of all sources, by name; most nodes have one."""
        return self.apply(next(iter(sources.values())), tile=tile)


def _choices(node: type[SnapNode], name: str) -> tuple[str, ...]:
    from estran.catalogue.spec import parameters_of

    return next(p.choices for p in parameters_of(node) if p.name == name)


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
    useAdvancedOptions: bool = param(False, "Whether the options on a part, bands and masks hold; SNAP takes no notice of them otherwise.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadParameter("parameter file is not given", where=self.alias, todo="name the product to read")
        if self.formatName and not READERS.fullmatch(self.formatName):
            at_one_size = _AT_ONE_SIZE.search(self.formatName)
            instead = f", and put a Resample node with targetResolution {at_one_size[1]} behind" if at_one_size else " (the content decides)"
            raise BadParameter("the reader is not known here", where=self.alias, found=self.formatName, todo=f"leave formatName empty{instead}, or {WITH_GPT}")
        if self.pixelRegion and self.geometryRegion:
            raise BadParameter("both pixelRegion and geometryRegion are given", where=self.alias, todo="give one of them")
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
            raise MissingBand(f"mask {missing[0]!r} is missing", where=source.name, found=", ".join(source.masks) or "none", todo="leave it out of sourceMasks")
        part = self._subset().apply(source, tile=0)
        return replace(part, name=source.name, masks={name: mask for name, mask in masks.items() if name in part.masks})

    def _subset(self) -> SnapNode:
        from estran.engine.nodes.subset import Subset

        return Subset(sourceBands=self.sourceBands, region=self.pixelRegion, geoRegion=self.geometryRegion, copyMetadata=self.copyMetadata)


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
            raise BadParameter("parameter file is not given", where=self.alias, todo="name the file to write, or leave the Write node out and give -t")

    @property
    def path(self) -> Path:
        """The file, with ``~`` for the home directory."""
        return Path(self.file).expanduser()


def snap_nodes() -> Mapping[str, type[SnapNode]]:
    """Every node of SNAP's that this engine runs, by operator name."""
    from estran.engine.nodes.bandmaths import BandMaths
    from estran.engine.nodes.resampling import Resample, S2Resampling
    from estran.engine.nodes.subset import Subset

    return {node.alias: node for node in (Read, Write, Resample, S2Resampling, Subset, BandMaths)}
