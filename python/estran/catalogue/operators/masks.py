"""Estran.Masks: every mask of a scene in one go, each by itself, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from estran.catalogue.compound import OperatorPart, aux_of, meteo_of, reads_of, with_parameters_of
from estran.catalogue.operators import cloud_mask, relief_shadow, sun_glint
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import (
    BandOut,
    ClassesOut,
    FlagsOut,
    Operator,
    Pass,
    Reads,
    Source,
    Walk,
    param,
)
from estran.masks.cloud.coding import CloudClass
from estran.masks.glint.coding import GlintFlag
from estran.masks.relief.coding import ReliefFlag
from estran.raster.coding import Colour, Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Window
from estran.raster.record import RunRecord
from estran.raster.scene import Array, Block

if TYPE_CHECKING:
    from estran.masks.cloud.cloud_mask import Companion
    from estran.masks.cloud.strips import Strip

_CLOUDS = OperatorPart(CloudMask, out_of_dialog=("displacement", "min_object"))
_RELIEF = OperatorPart(
    ReliefShadow, "relief_", shared=("dem", "sun_zenith", "sun_azimuth"), left_out=("sky_directions",)
)

_GLINT = OperatorPart(
    SunGlint, "glint_", shared=("water_occurrence", "sun_zenith", "sun_azimuth", "view_zenith", "view_azimuth")
)


def _flags(
    coding: FlagCoding, called: Mapping[str, str], first: int, colours: Mapping[str, Colour] | None = None
) -> tuple[Flag, ...]:
    """Flags of a part under the names and bits that they have here, and in other colours where theirs are taken."""
    found = (coding[name] for name in called)
    return tuple(
        replace(flag, name=name, bit=bit, colour=(colours or {}).get(name, flag.colour))
        for flag, name, bit in zip(found, called.values(), count(first), strict=False)
    )


def _of_another_band(reads: Reads) -> bool:
    """The mask of glint needs the view of swir16 alone; angles of each band are for reflectances, which this operator
    does not write.
    """
    return reads.band.startswith("view_") and reads.band.count("_") > 1 and not reads.band.endswith("_swir16")


_OF_RELIEF: Mapping[str, str] = {
    "CAST": "RELIEF_SHADOW",
    "SELF": "SELF_SHADOW",
    "LOW_SUN": "LOW_SUN",
    "HIDDEN": "HIDDEN",
    "UNKNOWN": "RELIEF_UNKNOWN",
}
"""What flags of the relief shadow are called here."""
_OF_GLINT: Mapping[str, str] = {
    "LOW": "GLINT_LOW",
    "MODERATE": "GLINT_MODERATE",
    "SEVERE": "GLINT_SEVERE",
    "POSSIBLE": "GLINT_POSSIBLE",
}
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
            {
                "GLINT_LOW": (255, 205, 210),
                "GLINT_MODERATE": (239, 83, 80),
                "GLINT_SEVERE": (183, 28, 28),
                "GLINT_POSSIBLE": (252, 228, 236),
            },
        ),
    ),
)
CLASSES = IndexCoding(
    "mask_class",
    (
        *cloud_mask.CLASSES.values[:-1],
        IndexValue(
            "RELIEF_SHADOW", 7, relief_shadow.FLAGS["CAST"].colour, "shadow of terrain, or a slope turned from the sun"
        ),
        IndexValue("GLINT", 8, FLAGS["GLINT_SEVERE"].colour, "sun glint, moderate or severe"),
        cloud_mask.CLASSES.values[-1],
    ),
)
_OVER = (CloudClass.CLOUD, CloudClass.SHADOW, CloudClass.NODATA)
"""Classes that a relief shadow leaves as they are."""
_UNDER = (CloudClass.CLEAR, CloudClass.WATER, CloudClass.SNOW)
"""Classes that glint takes."""
_LEVEL = 5.0
"""Slope that water has at most, with what a DEM makes of it [degrees] (FORCE takes the same)."""
_ANGLES = ("sun_zenith", "sun_azimuth", "view_zenith_swir16", "view_azimuth_swir16")
"""Without which there is no glint mask."""
_WANTED = sum(sun_glint.FLAGS[name].mask for name in _OF_GLINT)


@dataclass(frozen=True, kw_only=True)
@with_parameters_of(_CLOUDS, _RELIEF, _GLINT)
class Masks(Operator):
    """Sun glint and relief shadow first, then clouds, which know of both; no mask loses a pixel to another but in the
    class band.
    """

    alias = "Estran.Masks"
    label = "All masks"
    version = "1.0"
    summary = (
        "Cloud, thin cirrus, cloud shadow, snow, water, relief shadow and sun glint of Sentinel-2 top-of-atmosphere "
        "reflectance, side by side in one flag "
        "band, and by priority in one class band. Glint is detected before cloud; the search for cloud shadows knows "
        "where terrain casts its own."
    )
    menu = "Optical/Preprocessing/Masking"
    entry = "Sentinel-2 masks (cloud, shadow, snow, water, glint)"
    atbd = "masks"
    sources = (
        Source(
            "source",
            reads_of(CloudMask, SunGlint, ReliefShadow, left_out=_of_another_band),
            "top-of-atmosphere reflectance, all bands on one grid",
        ),
    )
    aux = aux_of(CloudMask, ReliefShadow)
    meteo = meteo_of(_GLINT)
    writes = (
        FlagsOut("mask_flags", "int32", FLAGS, "every mask by itself; a pixel may have several"),
        ClassesOut(
            "mask_class",
            "uint8",
            CLASSES,
            "one class a pixel: no-data over cloud over cloud shadow over relief shadow over cirrus over buffer over "
            "glint over snow over water over clear",
        ),
        *(band for band in CloudMask.writes if isinstance(band, BandOut)),
    )
    walk = Walk.SCENE
    passes = (
        Pass(
            "relief: the terrain itself, the clearance of the sun's rays",
            ("dem", "sun_zenith", "sun_azimuth"),
            Walk.SCENE,
            20,
        ),
        # Flags of relief and glint are kept beside (2 bytes), and where slopes are steep (1); glint is surveyed and
        # decided on the way.
        *(replace(each, holds=each.holds + 3) for each in cloud_mask.PASSES),
    )

    relief: bool = param(True, "Look for relief shadow, where there is a DEM", label="Relief shadow", dialog=True)
    glint: bool = param(True, "Look for sun glint, where the angles are known", label="Sun glint", dialog=True)

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        import numpy as np

        from estran.masks.cloud.result import classes_of, mask_flags
        from estran.masks.cloud.stages import pieces

        relief, record = self._relief(block)
        glint = (
            _GlintStrips(_GLINT.of(self), block, relief)
            if self.glint and all(name in block for name in _ANGLES)
            else None
        )
        rest = replace(block, progress=lambda fraction, text: block.progress(0.3 + 0.7 * fraction, text))
        found, of_clouds = _CLOUDS.of(self).masks(rest, _companion(glint, relief))
        packed, classes = block.empty("mask_flags", np.int32), block.empty("mask_class", np.uint8)
        counts = dict.fromkeys(_OF_GLINT.values() if glint is not None else (), 0)
        for rows in pieces(block.shape):
            cloud = mask_flags(found.pixels.flags[rows])
            classes[rows] = classes_of(cloud)
            flags: dict[str, Array] = {}
            if glint is not None:
                flags |= {called: sun_glint.FLAGS.unpack(glint.flags[rows], name) for name, called in _OF_GLINT.items()}
                counts = {called: count + int(np.count_nonzero(flags[called])) for called, count in counts.items()}
                strong = flags["GLINT_MODERATE"] | flags["GLINT_SEVERE"]
                free = np.isin(classes[rows], _UNDER)
                classes[rows][strong & free] = CLASSES["GLINT"].value  # (MSK-1)
            if relief is not None:
                flags |= {
                    called: relief_shadow.FLAGS.unpack(relief.flags[rows], name) for name, called in _OF_RELIEF.items()
                }
                free = ~np.isin(classes[rows], _OVER)
                classes[rows][relief.shadow(rows) & free] = CLASSES["RELIEF_SHADOW"].value  # (MSK-1)
            packed[rows] = cloud
            if flags:
                packed[rows] |= FLAGS.pack(flags, np.int32)
        valid = max(1, int(of_clouds.facts["valid_pixels"]))
        of_glint = RunRecord(fractions={called.lower(): float(count) / valid for called, count in counts.items()})
        arrays: dict[str, Array] = {
            "mask_flags": packed,
            "mask_class": classes,
            "cloud_probability": found.probability,
            "cloud_height": found.height,
        }
        return block.out(arrays, record | of_clouds | of_glint)

    def _relief(self, block: Block) -> tuple[_Relief | None, RunRecord]:
        """What is known of the relief, or None where it is off; and the record of it."""
        if not self.relief or any(name not in block for name in ("dem", "sun_zenith", "sun_azimuth")):
            return None, RunRecord()
        import numpy as np

        records: list[RunRecord] = []
        flags, steep = np.empty(block.shape, np.uint8), np.empty(block.shape, np.bool_)
        for part, values in _RELIEF.of(self).parts(
            replace(block, progress=lambda fraction, text: block.progress(0.3 * fraction, text)), records
        ):
            flags[part], steep[part] = values["relief_flags"], values["slope"] > _LEVEL
        return _Relief(flags, steep), records[0].within("relief_")


@dataclass(frozen=True)
class _Relief:
    """Flags of the relief shadow, and where the ground is too steep for water; (rows, columns)."""

    flags: Array
    steep: Array

    def shadow(self, rows: slice) -> Array:
        """Shadow of terrain, or a slope turned from the sun, in some rows."""
        import numpy as np

        return np.asarray((self.flags[rows] & int(ReliefFlag.CAST | ReliefFlag.SELF)) != 0)

    def no_water(self, rows: slice) -> Array:
        """Water is level and dark slopes are not: with the terrain known they are not taken for water."""
        import numpy as np

        return np.asarray(self.steep[rows] | ((self.flags[rows] & int(ReliefFlag.CAST)) != 0))


class _GlintStrips:
    """The sun glint, strip by strip of the cloud mask's passes; the flags that are wanted of it, (rows, columns)."""

    def __init__(self, op: SunGlint, block: Block, relief: _Relief | None) -> None:
        import numpy as np

        self.op, self.block, self.relief = op, block, relief
        self.flags = np.zeros(block.shape, np.uint8)
        self.found: Any = None

    def survey(self, strip: Strip) -> Any:
        """How much glint the water of a strip shows."""
        return self.op.survey(self._block(strip))

    def keep(self, counts: Any) -> None:
        """Add what was found of the next strip."""
        self.found = counts if self.found is None else self.op.merge(self.found, counts)

    def strong(self, strip: Strip) -> Array:
        """Decide the strip; where its glint is moderate or severe."""
        import numpy as np

        flags = self.op.mask(self._block(strip), self.found).flags[strip.inner]
        if self.relief is not None:
            flags[self.relief.no_water(strip.rows)] = 0
        # All that is wanted lies in the lower byte.
        self.flags[strip.rows] = flags & _WANTED
        return np.asarray((flags & int(GlintFlag.MODERATE | GlintFlag.SEVERE)) != 0)

    def _block(self, strip: Strip) -> Block:
        window = self.block.window
        rows = next(iter(strip.arrays.values())).shape[0]
        return replace(
            self.block, arrays=strip.arrays, window=Window(window.row + strip.top, window.col, rows, window.width)
        )


def _companion(glint: _GlintStrips | None, relief: _Relief | None) -> Companion:
    """Glint and relief shadow as the cloud mask asks for them."""
    from estran.masks.cloud.cloud_mask import Companion
    from estran.masks.cloud.passes import OtherMasks

    def masks(strip: Strip) -> OtherMasks:
        return OtherMasks(
            None if glint is None else glint.strong(strip), None if relief is None else relief.shadow(strip.rows)
        )

    if glint is None:
        return Companion(masks=masks)
    names = tuple(reads.band for reads in SunGlint.sources[0].reads if not _of_another_band(reads))
    winds = (component for meteo in SunGlint.meteo for component in meteo.components)
    return Companion((*names, *winds, "swo"), halo=glint.op.halo(), survey=glint.survey, keep=glint.keep, masks=masks)
