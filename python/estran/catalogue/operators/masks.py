"""Estran.Masks: every mask of a scene in one go, each by itself, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from estran.catalogue.compound import Part, aux_of, reads_of, with_parameters_of
from estran.catalogue.operators import cloud_mask, relief_shadow
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.spec import Aux, BandOut, ClassesOut, FlagsOut, Operator, Source, Walk, Writes, param
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.scene import Array, Block

_CLOUDS = Part(CloudMask)
_RELIEF = Part(ReliefShadow, "relief_", shared=("dem", "sun_zenith", "sun_azimuth"), left_out=("sky_directions",))


def _flag(coding: FlagCoding, name: str, bit: int, called: str) -> Flag:
    return replace(coding[name], name=called, bit=bit)


_OF_RELIEF: Mapping[str, str] = {"CAST": "RELIEF_SHADOW", "SELF": "SELF_SHADOW", "LOW_SUN": "LOW_SUN", "HIDDEN": "HIDDEN", "UNKNOWN": "RELIEF_UNKNOWN"}
"""What flags of the relief shadow are called here."""
FLAGS = FlagCoding(
    "mask_flags",
    (*cloud_mask.FLAGS.flags, *(_flag(relief_shadow.FLAGS, name, 9 + i, called) for i, (name, called) in enumerate(_OF_RELIEF.items()))),
)
CLASSES = IndexCoding(
    "mask_class",
    (
        *cloud_mask.CLASSES.values[:-1],
        IndexValue("RELIEF_SHADOW", 7, relief_shadow.FLAGS["CAST"].colour, "shadow of terrain, or a slope turned from the sun"),
        cloud_mask.CLASSES.values[-1],
    ),
)
_OVER = ("CLOUD", "SHADOW", "NODATA")
"""Classes that a relief shadow leaves as they are."""


@dataclass(frozen=True, kw_only=True)
@with_parameters_of(_CLOUDS, _RELIEF)
class Masks(Operator):
    """Relief shadow first, then clouds, which know of it; no mask loses a pixel to another but in the class band."""

    alias: ClassVar[str] = "Estran.Masks"
    label: ClassVar[str] = "All masks"
    version: ClassVar[str] = "1.0"
    summary: ClassVar[str] = (
        "Cloud, thin cirrus, cloud shadow, snow, water and relief shadow of Sentinel-2 top-of-atmosphere reflectance, side by side in one flag band, and by "
        "priority in one class band. The search for cloud shadows knows where terrain casts its own."
    )
    menu: ClassVar[str] = "Optical/Preprocessing/Masking"
    atbd: ClassVar[str] = "masks"
    sources: ClassVar[tuple[Source, ...]] = (Source("source", reads_of(CloudMask, ReliefShadow), "top-of-atmosphere reflectance, all bands on one grid"),)
    aux: ClassVar[tuple[Aux, ...]] = aux_of(CloudMask, ReliefShadow)
    writes: ClassVar[tuple[Writes, ...]] = (
        FlagsOut("mask_flags", "int32", FLAGS, "every mask by itself; a pixel may have several"),
        ClassesOut(
            "mask_class",
            "uint8",
            CLASSES,
            "one class a pixel: no-data over cloud over cloud shadow over relief shadow over cirrus over buffer over snow over water over clear",
        ),
        *(band for band in CloudMask.writes if isinstance(band, BandOut)),
    )
    walk: ClassVar[Walk] = Walk.SCENE

    relief: bool = param(True, "Look for relief shadow, where there is a DEM")

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        import numpy as np

        facts: dict[str, Any] = {}
        notes: list[str] = []
        terrain = self._relief(block, facts, notes)
        cast = None if terrain is None else terrain["CAST"] | terrain["SELF"]
        found, more = _CLOUDS.of(self).masks(replace(block, progress=lambda share, text: block.progress(0.4 + 0.6 * share, text)), relief_shadow=cast)
        notes += more.pop("notes", ())
        packed = FLAGS.pack({name.upper(): mask for name, mask in found.flags.items()}, np.int32)
        classes = found.classes
        if terrain is not None and cast is not None:
            packed |= FLAGS.pack({called: terrain[name] for name, called in _OF_RELIEF.items()}, np.int32)
            # (MSK-1)
            classes[cast & ~np.isin(classes, [CLASSES[name].value for name in _OVER])] = CLASSES["RELIEF_SHADOW"].value
        arrays: dict[str, Array] = {"mask_flags": packed, "mask_class": classes, "cloud_probability": found.probability, "cloud_height": found.height}
        return block.out(arrays, notes=tuple(dict.fromkeys(notes)), **more, **facts)

    def _relief(self, block: Block, facts: dict[str, Any], notes: list[str]) -> dict[str, Array] | None:
        """Flags of the relief shadow, or None where it is off."""
        if not self.relief or any(block.get(name) is None for name in ("dem", "sun_zenith", "sun_azimuth")):
            return None
        done = _RELIEF.of(self).compute(replace(block, progress=lambda share, text: block.progress(0.4 * share, text)))
        told = dict(done.facts)
        notes += told.pop("notes", ())
        facts |= {f"relief_{name}": value for name, value in told.items()}
        coding, flags = relief_shadow.FLAGS, done["relief_flags"]
        return {name: coding.unpack(flags, name) for name in _OF_RELIEF}
