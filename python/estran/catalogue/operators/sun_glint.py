"""Estran.SunGlint: specular reflection of the Sun by waves, predicted from geometry and wind, and observed in the
short-wave infrared.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from estran.catalogue.operators.sun_glint_bands import BANDS, CLASSES, FLAGS, WRITES
from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import Aux, AuxMeteo, Operator, Reads, Source, Walk, param
from estran.errors import BadParameter
from estran.masks.glint.coding import GlintClass
from estran.masks.glint.settings import GlintSettings
from estran.raster.scene import Array, Block
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from estran.masks.glint.air import ClearAir
    from estran.masks.glint.detect import GlintStage
    from estran.masks.glint.observe import Angles

__all__ = ["BANDS", "CLASSES", "FLAGS", "SunGlint"]

_SETTINGS = SettingsPart(GlintSettings, users=("strongest_wind", "low", "moderate", "severe", "severe_sun", "window"))
_CENTRE = {band.semantic: (band.name, band.wavelength) for band in SENTINEL2}
_SATELLITES = ("Sentinel-2A", "Sentinel-2B", "Sentinel-2C")
"""Those whose gases are known; the first one's serve any other."""
_USUAL = 5.0
"""Wind of the prediction where none is known [m/s]."""
_OWN = (
    "glint of this band is predicted with the view angles of swir16, which misses what neighbouring bands see at "
    "seams of detectors"
)


def _view(band: str) -> tuple[Reads, ...]:
    if band == "swir16":
        return tuple(
            Reads(f"view_{angle}_{band}", "degrees", fallback=(f"view_{angle}",), from_param=f"view_{angle}")
            for angle in ("zenith", "azimuth")
        )
    return tuple(
        Reads(
            f"view_{angle}_{band}",
            "degrees",
            optional=True,
            without=_OWN,
            fallback=(f"view_{angle}",),
            from_param=f"view_{angle}",
        )
        for angle in ("zenith", "azimuth")
    )


@dataclass(frozen=True, kw_only=True)
@with_settings(_SETTINGS)
class SunGlint(Operator):
    """Cox and Munk's glint for a geometry and a wind, beside what B11 and B12 show; water that reflects the Sun is
    separated from cloud.
    """

    alias = "Estran.SunGlint"
    label = "Sun glint (glitter)"
    version = "1.0"
    summary = (
        "Sun glint over water and its severity: what geometry and wind predict for each band, with the angles of its "
        "own detectors, and what the short-wave "
        "infrared shows. Land, cloud and haze are separated from glint by their colour, by the cirrus and water-vapour "
        "bands, and by their surroundings."
    )
    menu = "Optical/Preprocessing/Masking"
    atbd = "sun_glint"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("nir08", fallback=("nir",)),
                Reads("swir16"),
                Reads(
                    "rededge071",
                    optional=True,
                    without="water is recognised by the red band, which observes the waves at another moment, so less "
                    "surely",
                ),
                Reads(
                    "rededge075",
                    optional=True,
                    without="water and cloud are recognised by the near infrared, which observes the waves at another "
                    "moment, so less surely",
                ),
                Reads("swir22", optional=True, without="glint is not confirmed by the second short-wave infrared band"),
                Reads("cirrus", optional=True, without="thin cirrus over water may pass for glint"),
                Reads(
                    "nir09", optional=True, without="cloud is separated from glint without the water vapour above it"
                ),
                Reads("sun_zenith", "degrees", from_param="sun_zenith"),
                Reads("sun_azimuth", "degrees", from_param="sun_azimuth"),
                *(reads for band in ("swir16", "blue", "green", "red", "nir08", "swir22") for reads in _view(band)),
            ),
            "top-of-atmosphere reflectance with the angles of sun and sensor, all on one grid",
        ),
    )
    aux = (
        Aux(
            "swo",
            "water_occurrence",
            "%",
            "Surface water occurrence.",
            without="water is separated from land by its spectrum alone, glint removed",
        ),
    )
    meteo = (
        AuxMeteo(
            "wind",
            "m/s",
            "Wind at 10 m, for the prediction; by default it has no say in the classes.",
            parameter="wind_speed",
            default=_USUAL,
            only_if="use_product_meteo",
        ),
    )
    writes = WRITES
    walk = Walk.SURVEYED

    model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = param(
        "cox_munk_isotropic",
        "Model of the waves' slopes for the prediction; all but the first need the wind's direction",
        source="Cox & Munk 1954",
    )
    use_product_meteo: bool = param(
        True,
        "Use the wind that the product has, before that of the parameters",
        section="Wind",
        label="Use the product's wind",
    )
    wind_speed: float | None = param(
        None,
        "Wind at 10 m where the product's is not used; empty: 5 m/s for the prediction, which then has no say in the "
        "classes",
        unit="m/s",
        interval="[0,30]",
        section="Wind",
    )
    wind_direction: float | None = param(
        None,
        "Direction that the wind comes from, clockwise from true north, where the product's is not used",
        unit="degrees",
        interval="[-180,360]",
        section="Wind",
    )
    water_occurrence: Path | None = param(
        None,
        "Raster of surface water occurrence; empty: the product's own, if any",
        unit="%",
        section="Layers",
        dialog=True,
    )
    aerosol: float = param(
        0.1,
        "Optical thickness of aerosol at 550 nm",
        unit="1",
        interval="[0,1]",
        section="Air",
        source="clear coasts: 0.05 to 0.2",
        label="Aerosol thickness",
        dialog=True,
    )
    water_vapour: float = param(
        2.0, "Column of water vapour", unit="g/cm²", interval="[0,7]", section="Air", dialog=True
    )
    ozone: float = param(300.0, "Column of ozone", unit="DU", interval="[100,600]", section="Air", dialog=True)
    pressure: float = param(
        1013.25, "Pressure at the water", unit="hPa", interval="[500,1100]", section="Air", dialog=True
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
    view_zenith: float | None = param(
        None, "View zenith angle where the product has none", unit="degrees", interval="[0,60]", section="Geometry"
    )
    view_azimuth: float | None = param(
        None,
        "Azimuth from the ground to the sensor where the product has none",
        unit="degrees",
        interval="[-180,360]",
        section="Geometry",
    )

    def halo(self) -> int:
        """The window's half-width."""
        return _SETTINGS.of(self).window

    def survey(self, block: Block) -> Any:
        """How much glint the water shows, cell by cell."""
        from estran.masks.glint.background import survey_glint
        from estran.masks.glint.observe import observe

        pixels = observe(self._bands(block), self._angles(block, "swir16"), self._air(block), _SETTINGS.of(self))
        return survey_glint(pixels, block.window.row, block.window.col, block.scene.grid.shape)

    def merge(self, first: Any, second: Any) -> Any:
        """Counts add up."""
        return first + second

    def compute(self, block: Block, survey: Any = None) -> Block:
        """Mask and reflectances of one block."""
        import numpy as np

        from estran.masks.glint.air import water_index
        from estran.masks.glint.other_bands import in_band

        air = self._air(block)
        index = {band: water_index(_CENTRE[band][1]) for band in BANDS}
        wind, known = self._wind(block)
        predicted = {band: self._predicted(block, band, wind, index[band]) for band in BANDS}
        stage = self._stage(block, air, predicted["swir16"], known, survey)
        on_water, hole, angles = (
            FLAGS.unpack(stage.flags, "WATER"),
            stage.classes == GlintClass.NODATA,
            self._angles(block, "swir16"),
        )
        observed_on_water = np.where(on_water, np.maximum(stage.observed, np.float32(0.0)), np.float32(np.nan))
        arrays: dict[str, Array] = {
            "glint_flags": stage.flags,
            "glint_class": stage.classes,
            "glint_probability": stage.probability,
            "glint_wind": stage.wind,
            "glint_brightest": stage.brightest,
        }
        for band in BANDS:
            arrays[f"glint_predicted_{band}"] = predicted[band]
            predicted[band][hole] = np.nan
            arrays[f"glint_observed_{band}"] = (
                observed_on_water
                if band == "swir16"
                else in_band(observed_on_water, angles, index["swir16"], index[band])
            )
        return block.out(arrays)

    def mask(self, block: Block, survey: Any = None) -> GlintStage:
        """Flags, classes and probability without reflectances of the other bands, for operators that contain this one.

        Without a `survey` of the whole scene the block itself is looked over.
        """
        from estran.masks.glint.air import water_index

        wind, known = self._wind(block)
        return self._stage(
            block,
            self._air(block),
            self._predicted(block, "swir16", wind, water_index(_CENTRE["swir16"][1])),
            known,
            survey,
        )

    def _stage(self, block: Block, air: ClearAir, predicted: Array, known: bool, survey: Any) -> GlintStage:
        from estran.masks.glint.background import GlintBackground
        from estran.masks.glint.detect import glint_mask

        around = None if survey is None else GlintBackground.of(survey, block.window.row, block.window.col, block.shape)
        return glint_mask(
            self._bands(block), self._angles(block, "swir16"), air, predicted, known, around, _SETTINGS.of(self)
        )

    def _bands(self, block: Block) -> dict[str, Array]:
        from estran.masks.glint.observe import BANDS as ORDER

        return {name: array for name in (*ORDER, "cirrus", "nir09", "swo") if (array := block.get(name)) is not None}

    def _air(self, block: Block) -> ClearAir:
        from estran.masks.glint.air import clear_air
        from estran.masks.glint.observe import BANDS as ORDER

        names, wavelengths = zip(*(_CENTRE[band] for band in ORDER), strict=True)
        platform = block.scene.platform if block.scene.platform in _SATELLITES else _SATELLITES[0]
        return clear_air(
            platform,
            names,
            wavelengths,
            aerosol=self.aerosol,
            water_vapour=self.water_vapour,
            ozone=self.ozone,
            pressure=self.pressure,
        )

    def _angles(self, block: Block, band: str) -> Angles:
        """Angles of a band's own detectors; those of swir16 where it has none."""
        from estran.masks.glint.observe import Angles

        zenith, azimuth = block.get(f"view_zenith_{band}"), block.get(f"view_azimuth_{band}")
        if zenith is None or azimuth is None:
            zenith, azimuth = block["view_zenith_swir16"], block["view_azimuth_swir16"]
        return Angles(block["sun_zenith"], block["sun_azimuth"], zenith, azimuth)

    def _wind(self, block: Block) -> tuple[tuple[Any, Any], bool]:
        """Speed and direction it comes from, and whether the speed is known: the product's, else the parameters'."""
        from estran.masks.glint.wind import speed_and_origin

        u, v = block.get("wind_u"), block.get("wind_v")
        if u is not None and v is not None and self.use_product_meteo:
            return speed_and_origin(u, v), True
        if self.wind_direction is None and self.model != "cox_munk_isotropic":
            raise BadParameter(
                f"the model {self.model} needs the direction of the wind",
                where=self.alias,
                todo="give wind_direction, or take the isotropic model",
            )
        speed = _USUAL if self.wind_speed is None else self.wind_speed
        origin = 0.0 if self.wind_direction is None else self.wind_direction
        return (speed, origin), self.wind_speed is not None

    def _predicted(self, block: Block, band: str, wind: tuple[Any, Any], index: float) -> Array:
        from estran.masks.glint.geometry import predicted_glint

        a = self._angles(block, band)
        return predicted_glint(
            a.sun_zenith, a.sun_azimuth, a.view_zenith, a.view_azimuth, *wind, index=index, model=self.model
        )
