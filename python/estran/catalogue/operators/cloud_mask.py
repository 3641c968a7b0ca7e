"""Estran.CloudMask: clouds, their shadows, snow and water of a Sentinel-2 scene."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estran.catalogue.operators.cloud_probability import PIXEL_AUX, PIXEL_READS
from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import Aux, BandOut, ClassesOut, FlagsOut, Operator, Pass, Reads, Source, Walk, param
from estran.errors import BadGrid
from estran.masks.cloud.coding import CloudClass, CloudFlag
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.settings import MODE_HELP, Mode, PixelSettings
from estran.raster.record import RunRecord
from estran.raster.scene import Array, Block

if TYPE_CHECKING:
    from estran.masks.cloud.cloud_mask import Companion
    from estran.masks.cloud.result import CloudMaskResult
    from estran.masks.cloud.stages import Geometry
    from estran.masks.cloud.strips import Strip, StripReader

FLAGS = CloudFlag.coding("cloud_flags")
CLASSES = CloudClass.coding("cloud_class")
PIXEL = SettingsPart(PixelSettings, users=("cirrus_min", "probability_offset", "brightness_min", "snow_ndsi_min"))
OBJECTS = SettingsPart(
    ObjectSettings,
    users=(
        *("displacement", "min_object", "shadow_depth", "similarity", "height_min", "height_max"),
        *("cloud_buffer", "shadow_buffer"),
    ),
)
"""Thresholds, those of users first; the others are for experts."""
PASSES = (
    Pass(
        "survey: thresholds of the scene",
        (*(reads.band for reads in PIXEL_READS), *(aux.name for aux in PIXEL_AUX)),
        Walk.PIXEL,
        0,
    ),
    Pass(
        "decision: flags (2 bytes), probability (4), brightness of rims (4), masks",
        tuple(reads.band for reads in PIXEL_READS),
        Walk.NEIGHBOURHOOD,
        18,
    ),
    Pass("displacement of clouds: a window at a time", ("nir08", "nir", "rededge078"), Walk.NEIGHBOURHOOD, 14),
    Pass(
        "potential shadow: two filled images, one after the other; matching over the relief",
        ("nir08", "swir16", "blue", "cirrus", "dem"),
        Walk.SCENE,
        24,
    ),
)
"""What the cloud mask looks at, in order, and what it holds meanwhile: flags and probability all the time. Figures were
measured on whole tiles.
"""
_ANGLES_READ = ("sun_zenith", "sun_azimuth", "view_zenith", "view_azimuth")
_THIN = 8
"""Angles are taken at each of so many rows and columns: they change slowly, and four full arrays weigh as much as four
bands.
"""
_OWN = {
    "nir08": Reads("nir08", fallback=("nir",)),
    "nir": Reads("nir", optional=True, without="the displacement test of cloud objects is off"),
}
"""What the whole mask says of bands in its own words."""
_ANGLES = "angle given per pixel by the product is better"


@dataclass(frozen=True, kw_only=True)
@with_settings(PIXEL, OBJECTS)
class CloudMask(Operator):
    """Fmask adapted to Sentinel-2: spectral tests, scene statistics, cloud objects, and shadows matched to their clouds
    over height.
    """

    alias = "Estran.CloudMask"
    label = "Cloud and cloud shadow"
    version = "1.0"
    summary = (
        "Cloud, thin cirrus, cloud shadow, snow and water by Fmask adapted to Sentinel-2 top-of-atmosphere "
        "reflectance, "
        "with cloud probability and cloud height. Shadows are matched to their clouds with the true geometry of sun "
        "and sensor."
    )
    menu = "Optical/Preprocessing/Masking"
    atbd = "cloud_mask"
    sources = (
        Source(
            "source",
            (
                *(_OWN.get(reads.band, reads) for reads in PIXEL_READS),
                Reads("rededge078", optional=True, without="the displacement test of cloud objects is off"),
                Reads(
                    "sun_zenith",
                    "degrees",
                    optional=True,
                    without="the length of shadows is searched in the scene, and cloud heights stay unknown",
                    from_param="sun_zenith",
                ),
                Reads(
                    "sun_azimuth",
                    "degrees",
                    optional=True,
                    without="the direction of shadows is searched in the scene",
                    from_param="sun_azimuth",
                ),
                Reads(
                    "view_zenith",
                    "degrees",
                    optional=True,
                    without="the sensor is taken to look straight down",
                    from_param="view_zenith",
                ),
                Reads(
                    "view_azimuth",
                    "degrees",
                    optional=True,
                    without="the sensor is taken to look straight down",
                    from_param="view_azimuth",
                ),
            ),
            "top-of-atmosphere reflectance, all bands on one grid",
        ),
    )
    aux = (
        Aux(
            "dem",
            "dem",
            "m",
            "Height of the ground.",
            without="the thin-cirrus threshold is that of sea level, shadows fall on flat ground, and cloud heights "
            "count from it",
        ),
        *(aux for aux in PIXEL_AUX if aux.name != "dem"),
    )
    writes = (
        FlagsOut("cloud_flags", "uint16", FLAGS, "cloud, cirrus, shadow, snow, water; a pixel may have several"),
        ClassesOut(
            "cloud_class",
            "uint8",
            CLASSES,
            "one class a pixel: no-data over cloud over shadow over cirrus over buffer over snow over water over clear",
        ),
        BandOut(
            "cloud_probability",
            "float32",
            "1",
            "cloud probability",
            interval="[0,1]",
            palette=((0.0, (0, 0, 60), "clear"), (1.0, (255, 255, 255), "cloud")),
        ),
        BandOut(
            "cloud_height",
            "float32",
            "m",
            "altitude of the cloud where a DEM is given, else its height above the ground; NaN where its shadow does "
            "not determine it",
            interval="[0,*)",
            palette=((0.0, (70, 0, 100), ""), (2000.0, (30, 140, 140), ""), (6000.0, (255, 230, 30), "")),
        ),
    )
    walk = Walk.SCENE
    passes = PASSES

    mode: Mode = param("default", MODE_HELP, source="docs/ATBD/cloud_mask.md, validation")
    dem: Path | None = param(
        None, "Raster of ground heights; empty: the product's own, if any", unit="m", section="Layers", dialog=True
    )
    water_occurrence: Path | None = param(
        None,
        "Raster of surface water occurrence; empty: the product's own, if any",
        unit="%",
        section="Layers",
        dialog=True,
    )
    sun_zenith: float | None = param(
        None,
        f"Sun zenith angle where the product has none; {_ANGLES}",
        unit="degrees",
        interval="[0,90]",
        section="Geometry",
    )
    sun_azimuth: float | None = param(
        None,
        f"Sun azimuth from true north, clockwise, where the product has none; {_ANGLES}",
        unit="degrees",
        interval="[-180,360]",
        section="Geometry",
    )
    view_zenith: float | None = param(
        None,
        f"View zenith angle where the product has none; {_ANGLES}",
        unit="degrees",
        interval="[0,60]",
        section="Geometry",
    )
    view_azimuth: float | None = param(
        None,
        f"Azimuth from the ground to the sensor where the product has none; {_ANGLES}",
        unit="degrees",
        interval="[-180,360]",
        section="Geometry",
    )
    pixel_size: float | None = param(
        None,
        "Size of a pixel where the product has no map geocoding",
        unit="m",
        interval="(0,1000]",
        section="Geometry",
    )

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        import numpy as np

        from estran.masks.cloud.result import classes_of, mask_flags
        from estran.masks.cloud.stages import pieces

        result, record = self.masks(block)
        packed, classes = block.empty("cloud_flags", np.uint16), block.empty("cloud_class", np.uint8)
        for rows in pieces(block.shape):
            packed[rows] = mask_flags(result.pixels.flags[rows])
            classes[rows] = classes_of(packed[rows])
        arrays = {
            "cloud_flags": packed,
            "cloud_class": classes,
            "cloud_probability": result.probability,
            "cloud_height": result.height,
        }
        return block.out(arrays, record)

    def masks(self, block: Block, companion: Companion | None = None) -> tuple[CloudMaskResult, RunRecord]:
        """The masks as the kernel gives them, and the record of the run; reads the block by strips, and releases
        arrays that are not read any more.

        `companion` is what another operator makes of the same strips.
        """
        from estran.masks.cloud.cloud_mask import NAMES, CloudMaskRun, Companion

        if not block.scene.grid.is_north_up:
            what = "the rows of the product do not run southwards, so shadows cannot be followed"
            raise BadGrid(what, where=self.alias, todo="reproject it first, for example with gdalwarp")
        other = companion or Companion()
        angles: dict[str, list[Array]] = {}

        def survey(strip: Strip) -> tuple[dict[str, Array], Any]:
            there = (name for name in _ANGLES_READ if name in strip.arrays)
            return {
                name: strip.arrays[name][-strip.first % _THIN :: _THIN, ::_THIN].copy() for name in there
            }, other.survey(strip)

        def keep(found: tuple[dict[str, Array], Any]) -> None:
            for name, part in found[0].items():
                angles.setdefault(name, []).append(part)
            other.keep(found[1])

        both = replace(other, survey=survey, keep=keep, names_of_survey=(*other.names_of_survey, *_ANGLES_READ))
        reader = reader_of(block, (*NAMES, *both.names, *both.names_of_survey))
        thresholds = PIXEL.of(self), OBJECTS.of(self)
        result = CloudMaskRun(reader, self._pixel_size(block), *thresholds, both, block.progress).run(
            lambda: self._geometry(block, angles)
        )
        # What a missing band switches off is reported where bands are resolved.
        reported = (*(reads.band for reads in self.sources[0].reads), *(aux.name for aux in self.aux))
        return result, result.record.without_missing(reported)

    def _geometry(self, block: Block, angles: dict[str, list[Array]]) -> Geometry:
        """Angles against grid north, from the thinned rows of the strips, or from the parameters."""
        import numpy as np

        from estran.masks.cloud.stages import Geometry

        grid = block.scene.grid
        convergence = grid.meridian_convergence() if grid.transform is not None and grid.crs is not None else 0.0

        def angle(name: str, turn: float) -> Any:
            if name not in angles:
                constant = getattr(self, name)
                return None if constant is None else float(constant) - turn
            return np.concatenate(angles[name]).astype(np.float32) - np.float32(turn)

        zenith, azimuth = angle("view_zenith", 0.0), angle("view_azimuth", convergence)
        if zenith is None or azimuth is None:
            zenith, azimuth = 0.0, 0.0
        return Geometry(angle("sun_zenith", 0.0), angle("sun_azimuth", convergence), zenith, azimuth)

    def _pixel_size(self, block: Block) -> tuple[float, float]:
        grid = block.scene.grid
        if grid.transform is not None:
            return grid.pixel_size_metres()
        if self.pixel_size is None:
            raise BadGrid(
                "the product has no map geocoding, so the size of its pixels is unknown",
                where=self.alias,
                todo="give it with the parameter pixel_size",
            )
        return self.pixel_size, self.pixel_size


def reader_of(block: Block, names: tuple[str, ...]) -> StripReader:
    """A block as the kernels read it: by strips of some of its arrays, which it releases one by one."""
    from estran.masks.cloud.strips import StripReader

    present = tuple(dict.fromkeys(name for name in names if name in block))
    return StripReader(
        block.shape, present, lambda wanted, first, last: block.strip(wanted, first, last).arrays, block.release
    )
