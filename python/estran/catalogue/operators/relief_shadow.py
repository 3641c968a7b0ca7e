"""Estran.ReliefShadow: shadows that terrain casts, slopes turned from the sun, and ground hidden from the sensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import Aux, BandOut, FlagsOut, Operator, Reads, Source, Walk, param
from estran.errors import BadGeometry
from estran.masks.relief.coding import ReliefFlag
from estran.masks.relief.settings import ReliefSettings
from estran.raster.record import RunRecord
from estran.raster.scene import Array, Block

if TYPE_CHECKING:
    from estran.masks.relief.cast import ByRows
    from estran.masks.relief.relief_shadow import ReliefDecision, ReliefServices

FLAGS = ReliefFlag.coding("relief_flags")
_SETTINGS = SettingsPart(ReliefSettings, users=("backend", "dem_posting", "low_sun", "sky_directions"))


@dataclass(frozen=True, kw_only=True)
@with_settings(_SETTINGS)
class ReliefShadow(Operator):
    """Shadow cast by terrain, by a sweep of parallel lines, with Rugged deciding where the sweep is near."""

    alias = "Estran.ReliefShadow"
    label = "Relief shadow"
    version = "1.0"
    summary = (
        "Shadow cast by terrain onto terrain, slopes turned away from the sun or grazed by it, and ground hidden from "
        "the sensor, from a DEM and the angles "
        "of sun and sensor. Thin decisions are taken by the Rugged library on the ellipsoid."
    )
    menu = "Optical/Preprocessing/Masking"
    atbd = "relief_shadow"
    sources = (
        Source(
            "source",
            (
                Reads("sun_zenith", "degrees", from_param="sun_zenith"),
                Reads("sun_azimuth", "degrees", from_param="sun_azimuth"),
                Reads("view_zenith", "degrees", optional=True, without="ground hidden from the sensor is not flagged"),
                Reads("view_azimuth", "degrees", optional=True, without="ground hidden from the sensor is not flagged"),
            ),
            "a product with the angles of sun and sensor, all on one grid",
        ),
    )
    aux = (
        Aux(
            "dem", "dem", "m", "Height of the ground.", without="nothing is known of relief, and every pixel is no-data"
        ),
    )
    writes = (
        FlagsOut("relief_flags", "uint8", FLAGS, "cast shadow, self shadow, low sun, hidden; a pixel may have several"),
        BandOut(
            "cos_incidence",
            "float32",
            "1",
            "cosine of the angle between the sun and the slope's normal",
            interval="[-1,1]",
            palette=(
                (-0.2, (0, 0, 60), "turned away"),
                (0.0, (60, 60, 120), ""),
                (1.0, (255, 250, 220), "facing the sun"),
            ),
        ),
        BandOut(
            "relief_margin",
            "float32",
            "m",
            "height by which the sun's ray clears the terrain; negative in cast shadow, 9999 where nothing is near",
            palette=(
                (-300.0, (30, 0, 80), ""),
                (0.0, (180, 180, 180), "edge of the shadow"),
                (300.0, (255, 240, 180), ""),
            ),
        ),
        BandOut(
            "slope",
            "float32",
            "degrees",
            "slope of the ground",
            interval="[0,90]",
            palette=((0.0, (245, 245, 245), ""), (60.0, (60, 30, 10), "")),
        ),
        BandOut(
            "aspect", "float32", "degrees", "direction in which the ground falls, from true north", interval="[0,360)"
        ),
        BandOut(
            "sky_view",
            "float32",
            "1",
            "fraction of the sky that terrain leaves open; NaN unless sky_directions is given",
            interval="[0,1]",
        ),
    )
    walk = Walk.SCENE

    dem: Path | None = param(
        None,
        "DEM: a file, a folder or a pattern of tiles, larger than the image; empty: the product's own band, whose "
        "edge zone is flagged",
        unit="m",
        section="Layers",
        dialog=True,
    )
    sun_zenith: float | None = param(
        None, "Sun zenith angle where the product has none", unit="degrees", interval="[0,90)", section="Geometry"
    )
    sun_azimuth: float | None = param(
        None,
        "Sun azimuth from true north, clockwise, where the product has none",
        unit="degrees",
        interval="[-180,360]",
        section="Geometry",
    )
    hidden: bool = param(
        True, "Flag ground hidden from the sensor", section="Flags", label="Hidden ground", dialog=True
    )

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        arrays: dict[str, Array] = {w.name: block.empty(w.name, w.dtype) for w in self.writes}
        records: list[RunRecord] = []
        for part, values in self.parts(block, records):
            for name, array in arrays.items():
                array[part] = values[name]
        return block.out(arrays, *records)

    def parts(self, block: Block, records: list[RunRecord]) -> Iterator[tuple[tuple[slice, slice], dict[str, Array]]]:
        """The bands by name, part by part of a whole scene, each with where it lies. Afterwards the record of the run
        is in `records`.
        """
        import numpy as np

        found = self._decision(block)
        if found is None:
            records.append(RunRecord(facts={"backend": "none"}))
            nothing: dict[str, Array] = {w.name: np.broadcast_to(np.float32(np.nan), block.shape) for w in self.writes}
            yield (
                (slice(None), slice(None)),
                {**nothing, "relief_flags": np.broadcast_to(np.uint8(ReliefFlag.NODATA), block.shape)},
            )
            return
        counts = dict.fromkeys((flag.name for flag in FLAGS.flags), 0)
        for part, masks in found.parts():
            flags = masks.flags
            counts = {name: count + int(np.count_nonzero(FLAGS.unpack(flags, name))) for name, count in counts.items()}
            yield (
                part,
                {
                    "cos_incidence": masks.cosine,
                    "relief_margin": masks.clearance,
                    "slope": masks.slope,
                    "aspect": masks.aspect,
                    "sky_view": masks.sky_view,
                    "relief_flags": flags,
                },
            )
        valid = max(1, block.shape[0] * block.shape[1] - counts["NODATA"])
        fractions = {name.lower(): round(float(count) / valid, 6) for name, count in counts.items() if name != "NODATA"}
        records.append(found.record | RunRecord(fractions=fractions))

    def _decision(self, block: Block) -> ReliefDecision | None:
        """What needs the terrain as a whole; None where height or sun are unknown everywhere."""
        import numpy as np

        from estran.masks.relief.cast import Sun, lowest_of
        from estran.masks.relief.relief_shadow import decide_relief

        if "dem" not in block or np.isnan(lowest_of(_rows_of(block, "dem"))):
            return None
        least = lowest_of(self._angle(block, "sun_zenith"))
        if np.isnan(least):
            return None
        if least >= 90.0:
            raise BadGeometry(
                "the sun is below the horizon",
                where=self.alias,
                expected="a zenith angle below 90 degrees",
                found=f"{least:.1f}",
            )
        sun = Sun(self._angle(block, "sun_azimuth"), self._angle(block, "sun_zenith", above_horizon=True))
        sensor = None
        if self.hidden and "view_zenith" in block and "view_azimuth" in block:
            sensor = Sun(_rows_of(block, "view_azimuth"), _rows_of(block, "view_zenith", above_horizon=True))
        return decide_relief(
            block["dem"], block.scene.grid, sun, sensor, _SETTINGS.of(self), _services(block), block.progress
        )

    def _angle(self, block: Block, name: str, *, above_horizon: bool = False) -> ByRows | Any:
        import numpy as np

        if name in block:
            return _rows_of(block, name, above_horizon=above_horizon)
        constant = getattr(self, name)
        value = np.float32(np.nan if constant is None else constant)
        return np.float32(90.0) - value if above_horizon else value


def _rows_of(block: Block, name: str, *, above_horizon: bool = False) -> ByRows:
    """An array of the block, or 90 degrees less it, that is read as it is asked for."""
    import numpy as np

    from estran.masks.relief.cast import ByRows

    def read(first: int, last: int) -> Array:
        values = np.asarray(block.strip((name,), first, last)[name], np.float32)
        return np.float32(90.0) - values if above_horizon else values

    return ByRows(read, block.shape[0])


def _services(block: Block) -> ReliefServices:
    from estran.masks.relief.relief_shadow import ReliefServices

    read = block.services.read_aux
    return ReliefServices(None if read is None else lambda grid: read("dem", grid), block.services.ray_caster)
