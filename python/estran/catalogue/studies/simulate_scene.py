"""Study "simulate scene": a Sentinel-2 L1C scene whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from estran.catalogue.spec import param
from estran.catalogue.study import Case, Inputs, ProductOut, Study
from estran.raster.scene import Progress, quiet

if TYPE_CHECKING:
    from estran.scenes.simulate import SimulatedScene


@dataclass(frozen=True, kw_only=True)
class SimulateScene(Study):
    """Terrain, coast, fields, towns, snow and clouds of known height, observed by Sentinel-2."""

    alias = "simulate scene"
    label = "Simulate a Sentinel-2 scene"
    version = "1.0"
    summary = "Makes a Sentinel-2 L1C product whose clouds, shadows, heights and land cover are known."
    atbd = "simulate_scene"
    result = ProductOut(
        "safe",
        "a folder: the .SAFE goes into it, the truth into OUT/truth",
        (("small", "write a scene that is too small for SNAP's Sentinel-2 reader all the same"),),
    )

    seed: int = param(1, "Number from which everything is drawn; the same seed gives the same scene.", interval="[0,*)")
    size: int = param(
        1440, "Rows and columns of the 20 m grid; SNAP's reader needs 385 or more.", unit="pixels", interval="[64,5490]"
    )
    scene: Literal["coast", "mountain", "city", "snow", "ocean"] = param(
        "coast", "Kind of landscape; a coast has a little of everything."
    )
    platform: Literal["Sentinel-2A", "Sentinel-2B", "Sentinel-2C"] = param("Sentinel-2A", "Satellite.")
    baseline: Literal["02.08", "04.00"] = param(
        "04.00", "Processing baseline: from 04.00 on, numbers carry an offset of 1000."
    )
    sza: float | None = param(
        None,
        "Sun zenith at the centre; from the drawn date and the place where empty.",
        unit="degrees",
        interval="[0,80]",
        section="Geometry",
    )
    saa: float | None = param(
        None,
        "Sun azimuth from true north; from the drawn date and the place where empty.",
        unit="degrees",
        interval="[0,360]",
        section="Geometry",
    )
    vza: float | None = param(
        None,
        "View zenith at the centre, before the stagger of detectors and bands; drawn between 0 and 10 where empty.",
        unit="degrees",
        interval="[0,15]",
        section="Geometry",
    )
    vaa: float | None = param(
        None,
        "View azimuth from true north, from the ground to the sensor; drawn across the track where empty.",
        unit="degrees",
        interval="[0,360]",
        section="Geometry",
    )
    clouds: float = param(0.15, "Fraction of the sky under cumulus.", unit="1", interval="[0,0.95]", section="Sky")
    stratus: float = param(0.05, "Fraction under a flat deck of stratus.", unit="1", interval="[0,0.95]", section="Sky")
    cirrus: float = param(0.15, "Fraction under thin cirrus.", unit="1", interval="[0,0.95]", section="Sky")
    base: float | None = param(
        None,
        "Mean altitude of the bases of cumulus; drawn between 900 and 2200 m where empty.",
        unit="m",
        interval="[200,8000]",
        section="Sky",
    )
    thickness: float = param(180.0, "Greatest thickness of cumulus.", unit="m", interval="[50,3000]", section="Sky")
    wind: float | None = param(
        None,
        "Mean speed over the open sea; drawn between 2 and 9 m/s where empty.",
        unit="m/s",
        interval="[0,15]",
        section="Sea",
    )
    wind_direction: float | None = param(
        None,
        "Where the wind comes from, from true north; drawn where empty.",
        unit="degrees",
        interval="[0,360]",
        section="Sea",
    )
    swath_edge: bool = param(False, "Let the ragged edge of the swath cut the scene.", section="Instrument")
    noise: bool = param(True, "Add the instrument's noise.", section="Instrument")

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """The one scene."""
        return (Case("scene"),)

    def run_case(self, case: Case, progress: Progress = quiet) -> SimulatedScene:
        """The scene as arrays, of this study's `baseline`."""
        from estran.scenes.simulate import SceneConfig, simulate

        return simulate(
            SceneConfig(
                seed=self.seed,
                size=self.size,
                kind=self.scene,
                platform=self.platform,
                sza=self.sza,
                saa=self.saa,
                vza=self.vza,
                vaa=self.vaa,
                clouds=self.clouds,
                stratus=self.stratus,
                cirrus=self.cirrus,
                wind=self.wind,
                wind_direction=self.wind_direction,
                base=self.base,
                thickness=self.thickness,
                swath_edge=self.swath_edge,
                noise=self.noise,
                baseline=self.baseline,
            ),
            progress,
        )
