"""Estran.Masks: every mask of a scene in one go, each by itself, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import count
from typing import Any, ClassVar

from estran.catalogue.compound import OperatorPart, aux_of, reads_of, with_parameters_of
from estran.catalogue.operators import cloud_mask, relief_shadow, sun_glint
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import Aux, BandOut, ClassesOut, FlagsOut, Operator, Reads, Source, Walk, Writes, param
from estran.raster.coding import Colour, Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Window
from estran.raster.scene import Array, Block

_CLOUDS = OperatorPart(CloudMask, out_of_dialog=("displacement", "min_object"))
_RELIEF = OperatorPart(ReliefShadow, "relief_", shared=("dem", "sun_zenith", "sun_azimuth"), left_out=("sky_directions",))

_GLINT = OperatorPart(SunGlint, "glint_", shared=("water_occurrence", "sun_zenith", "sun_azimuth", "view_zenith", "view_azimuth"))


def _flags(coding: FlagCoding, called: Mapping[str, str], first: int, colours: Mapping[str, Colour] | None = None) -> tuple[Flag, ...]:
    """Flags of a part under the names and bits that they have here, and in other colours where theirs are taken."""
    found = (coding[name] for name in called)
    return tuple(
        replace(flag, name=name, bit=bit, colour=(colours or {}).get(name, flag.colour))
        for flag, name, bit in zip(found, called.values(), count(first), strict=False)
    )


def _of_another_band(reads: Reads) -> bool:
    """The mask of glint needs the view of swir16 alone; angles of each band are for reflectances, which this operator does not write."""
    return reads.band.startswith("view_") and reads.band.count("_") > 1 and not reads.band.endswith("_swir16")


_OF_RELIEF: Mapping[str, str] = {"CAST": "RELIEF_SHADOW", "SELF": "SELF_SHADOW", "LOW_SUN": "LOW_SUN", "HIDDEN": "HIDDEN", "UNKNOWN": "RELIEF_UNKNOWN"}
"""What flags of the relief shadow are called here."""
_OF_GLINT: Mapping[str, str] = {"LOW": "GLINT_LOW", "MODERATE": "GLINT_MODERATE", "SEVERE": "GLINT_SEVERE", "POSSIBLE": "GLINT_POSSIBLE"}
"""What flags of the sun glint are called here."""
FLAGS = FlagCoding(
    "mask_flags",
    (
        *cloud_mask.FLAGS.flags,
        *_flags(relief_shadow.FLAGS, _OF_RELIEF, 9),
        *_flags(
            sun_glint.FLAGS,
            _OF_GLINT,
            9 + len(_OF_RELIEF),
            {"GLINT_LOW": (255, 205, 210), "GLINT_MODERATE": (239, 83, 80), "GLINT_SEVERE": (183, 28, 28), "GLINT_POSSIBLE": (252, 228, 236)},
        ),
    ),
)
CLASSES = IndexCoding(
    "mask_class",
    (
        *cloud_mask.CLASSES.values[:-1],
        IndexValue("RELIEF_SHADOW", 7, relief_shadow.FLAGS["CAST"].colour, "shadow of terrain, or a slope turned from the sun"),
        IndexValue("GLINT", 8, FLAGS["GLINT_SEVERE"].colour, "sun glint, moderate or severe"),
        cloud_mask.CLASSES.values[-1],
    ),
)
_OVER = ("CLOUD", "SHADOW", "NODATA")
"""Classes that a relief shadow leaves as they are."""
_UNDER = ("CLEAR", "WATER", "SNOW")
"""Classes that glint takes."""
_STEEP = "steep"
_LEVEL = 5.0
"""Slope that water has at most, with what a DEM makes of it [degrees] (FORCE takes the same)."""
_ROWS = 128
"""Rows of the image in which glint is looked for at a time: it makes a dozen numbers a pixel and leaves one."""


@dataclass(frozen=True, kw_only=True)
@with_parameters_of(_CLOUDS, _RELIEF, _GLINT)
class Masks(Operator):
    """Sun glint and relief shadow first, then clouds, which know of both; no mask loses a pixel to another but in the class band."""

    alias: ClassVar[str] = "Estran.Masks"
    label: ClassVar[str] = "All masks"
    version: ClassVar[str] = "1.0"
    summary: ClassVar[str] = (
        "Cloud, thin cirrus, cloud shadow, snow, water, relief shadow and sun glint of Sentinel-2 top-of-atmosphere reflectance, side by side in one flag "
        "band, and by priority in one class band. Glint is told before cloud; the search for cloud shadows knows where terrain casts its own."
    )
    menu: ClassVar[str] = "Optical/Preprocessing/Masking"
    entry: ClassVar[str] = "Sentinel-2 masks (cloud, shadow, snow, water, glint)"
    atbd: ClassVar[str] = "masks"
    sources: ClassVar[tuple[Source, ...]] = (
        Source("source", reads_of(CloudMask, SunGlint, ReliefShadow, left_out=_of_another_band), "top-of-atmosphere reflectance, all bands on one grid"),
    )
    aux: ClassVar[tuple[Aux, ...]] = aux_of(CloudMask, ReliefShadow)
    writes: ClassVar[tuple[Writes, ...]] = (
        FlagsOut("mask_flags", "int32", FLAGS, "every mask by itself; a pixel may have several"),
        ClassesOut(
            "mask_class",
            "uint8",
            CLASSES,
            "one class a pixel: no-data over cloud over cloud shadow over relief shadow over cirrus over buffer over glint over snow over water over clear",
        ),
        *(band for band in CloudMask.writes if isinstance(band, BandOut)),
    )
    walk: ClassVar[Walk] = Walk.SCENE

    relief: bool = param(True, "Look for relief shadow, where there is a DEM", label="Relief shadow", dialog=True)
    glint: bool = param(True, "Look for sun glint, where the angles are known", label="Sun glint", dialog=True)

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        import numpy as np

        facts: dict[str, Any] = {}
        notes: list[str] = []
        bright = self._glint(block)
        terrain = self._relief(block, facts, notes)
        cast = None if terrain is None else terrain["CAST"] | terrain["SELF"]
        if bright is not None and terrain is not None:
            # Water is level and dark slopes are not: whoever knows the terrain need not take them for water.
            bright[terrain.pop(_STEEP) | terrain["CAST"]] = 0
        mirror = None if bright is None else (bright & sum(sun_glint.FLAGS[name].mask for name in ("MODERATE", "SEVERE"))) != 0
        rest = replace(block, progress=lambda share, text: block.progress(0.4 + 0.6 * share, text))
        found, more = _CLOUDS.of(self).masks(rest, relief_shadow=cast, glint=mirror)
        notes += more.pop("notes", ())
        packed = FLAGS.pack({name.upper(): mask for name, mask in found.flags.items()}, np.int32)
        classes = found.classes
        if bright is not None and mirror is not None:
            seen = {called: sun_glint.FLAGS.unpack(bright, name) for name, called in _OF_GLINT.items()}
            packed |= FLAGS.pack(seen, np.int32)
            facts |= {f"share_{called.lower()}": float(np.count_nonzero(mask)) / max(1, more["valid_pixels"]) for called, mask in seen.items()}
            classes[mirror & np.isin(classes, [CLASSES[name].value for name in _UNDER])] = CLASSES["GLINT"].value  # (MSK-1)
        if terrain is not None and cast is not None:
            packed |= FLAGS.pack({called: terrain[name] for name, called in _OF_RELIEF.items()}, np.int32)
            # (MSK-1)
            classes[cast & ~np.isin(classes, [CLASSES[name].value for name in _OVER])] = CLASSES["RELIEF_SHADOW"].value
        arrays: dict[str, Array] = {"mask_flags": packed, "mask_class": classes, "cloud_probability": found.probability, "cloud_height": found.height}
        return block.out(arrays, notes=tuple(dict.fromkeys(notes)), **more, **facts)

    def _glint(self, block: Block) -> Array | None:
        """Flags of the sun glint, or None where it is off; lets go of the angles that nobody else needs."""
        import numpy as np

        needed = ("sun_zenith", "sun_azimuth", "view_zenith_swir16", "view_azimuth_swir16")
        flags = None
        if self.glint and all(block.get(name) is not None for name in needed):
            block.progress(0.0, "sun glint")
            part, (rows, columns) = _GLINT.of(self), block.shape
            flags = np.zeros(block.shape, np.uint16)

            def rows_of(first: int, last: int) -> Block:
                return block.crop(Window(block.window.row + first, block.window.col, last - first, columns))

            strips = [(row, min(row + _ROWS, rows)) for row in range(0, rows, _ROWS)]
            survey = reduce(part.merge, (part.survey(rows_of(*strip)) for strip in strips))
            for begin, end in strips:
                block.progress(0.05 + 0.05 * begin / rows, "sun glint")
                first = max(begin - part.halo(), 0)
                flags[begin:end] = part.mask(rows_of(first, min(end + part.halo(), rows)), survey).flags[begin - first : end - first]
        for name in ("view_zenith_swir16", "view_azimuth_swir16", "wind_u", "wind_v"):
            block.take(name)
        return flags

    def _relief(self, block: Block, facts: dict[str, Any], notes: list[str]) -> dict[str, Array] | None:
        """Flags of the relief shadow and where the ground is too steep for water, or None where it is off."""
        if not self.relief or any(block.get(name) is None for name in ("dem", "sun_zenith", "sun_azimuth")):
            return None
        done = _RELIEF.of(self).compute(replace(block, progress=lambda share, text: block.progress(0.1 + 0.3 * share, text)))
        told = dict(done.facts)
        notes += told.pop("notes", ())
        facts |= {f"relief_{name}": value for name, value in told.items()}
        coding, flags = relief_shadow.FLAGS, done["relief_flags"]
        return {name: coding.unpack(flags, name) for name in _OF_RELIEF} | {_STEEP: done["slope"] > _LEVEL}
