"""The SNAP nodes that our graphs use, and nothing more: whatever else a graph names needs ``gpt``.

Parameters carry SNAP's own names and defaults (SNAP 13.0.3); ``graphs/snap-nodes.toml`` lists them, and a test compares.
"""

# SNAP's parameter names are camelCase.
# ruff: noqa: N815

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from estran.catalogue.spec import Declared, param
from estran.engine.graph import Value
from estran.errors import BadParameter
from estran.raster.product import Product


class SnapNode(Declared):
    """A node of SNAP's: parameters declared as ours are, sources by name."""

    sources: ClassVar[tuple[str, ...]] = ("sourceProduct",)
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
        """Construct from the parameters of a graph's node."""
        for name, value in values.items():
            if not isinstance(value, str):
                raise BadParameter(f"parameter {name} is a list of records", where=cls.alias, expected="a text")
        return cls.from_text({name: value for name, value in values.items() if isinstance(value, str)})

    def apply(self, source: Product, *, tile: int) -> Product:
        """The target product; lazy, in chunks of `tile` pixels."""
        raise BadParameter("this node has no target of its own", where=self.alias)


@dataclass(frozen=True, kw_only=True)
class Read(SnapNode):
    """Reads a product from a file."""

    alias = "Read"
    sources = ()
    file: str = param("", "The file from which the data product is read.")
    formatName: str = param("", "A format name; the content decides where it is empty.")
    copyMetadata: bool = param(True, "Whether to copy the metadata of the source product.")
    useAdvancedOptions: bool = param(False, "Whether to subset while reading; use a Subset node here.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.file:
            raise BadParameter("parameter file is not given", where=self.alias, todo="name the product to read")
        if self.useAdvancedOptions:
            raise BadParameter("reading a part is not done here", where=self.alias, todo="put a Subset node behind, or run the graph with gpt")


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


def snap_nodes() -> Mapping[str, type[SnapNode]]:
    """Every node of SNAP's that this engine runs, by operator name."""
    from estran.engine.nodes.bandmaths import BandMaths
    from estran.engine.nodes.resampling import Resample, S2Resampling
    from estran.engine.nodes.subset import Subset

    return {node.alias: node for node in (Read, Write, Resample, S2Resampling, Subset, BandMaths)}
