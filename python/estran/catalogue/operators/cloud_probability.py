"""Estran.CloudProbability: cloud probability and potential cloud of every pixel, before anything looks
at a neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import Aux, BandOut, FlagsOut, Operator, Reads, Source, Walk, param
from estran.masks.cloud.coding import PixelFlag
from estran.masks.cloud.settings import Mode, PixelSettings
from estran.raster.record import RunRecord
from estran.raster.scene import Block

PIXEL_READS: tuple[Reads, ...] = (
    Reads("blue"),
    Reads("green"),
    Reads("red"),
    Reads("nir08"),
    Reads("swir16"),
    Reads("swir22", optional=True, without="the SWIR 2.2 µm part of the basic test and of the snow test is off"),
    Reads(
        "cirrus",
        optional=True,
        without="the thin-cirrus test and the cirrus part of the probability are off; thin cirrus is missed",
    ),
    Reads(
        "nir09",
        optional=True,
        without="the cloud model without the water-vapour ratio is used; more false alarms on bright ground",
    ),
    Reads(
        "coastal",
        optional=True,
        without="the cloud model without the coastal-aerosol ratio is used; more false alarms over water",
    ),
    Reads("nir", optional=True, without="python-fmask mode takes the narrow near infrared instead of the wide one"),
)
"""What the pixel stage of the cloud mask reads; the operators that contain it share this."""

PIXEL_AUX: tuple[Aux, ...] = (
    Aux(
        "dem",
        "dem",
        "m",
        "Height of the ground.",
        without="the thin-cirrus threshold is that of sea level, or of the darkest clear pixels of the whole scene",
    ),
    Aux("swo", "water_occurrence", "%", "Surface water occurrence.", without="water comes from its spectrum alone"),
)
"""Layers beside the product that the pixel stage uses where they are given."""

_FLAGS = PixelFlag.coding("cloud_probability_flags")
_SETTINGS = SettingsPart(PixelSettings)


@dataclass(frozen=True, kw_only=True)
@with_settings(_SETTINGS)
class CloudProbability(Operator):
    """Cloud probability and potential cloud."""

    alias = "Estran.CloudProbability"
    label = "Cloud probability (pixel tests)"
    version = "1.0"
    summary = (
        "Cloud probability, potential cloud, thin cirrus, snow and water of every pixel by itself: the first stage of "
        "the cloud mask, without objects."
    )
    atbd = "cloud_mask"
    menu = "Optical/Preprocessing/Masking"
    walk = Walk.SURVEYED
    sources = (Source("source", PIXEL_READS, "Top-of-atmosphere reflectance on one grid."),)
    aux = PIXEL_AUX
    writes = (
        BandOut("cloud_probability", "float32", "1", "Cloud probability", interval="[0,1]"),
        FlagsOut("cloud_probability_flags", "uint16", _FLAGS, "Results of the pixel tests"),
    )

    mode: Mode = param(
        "default",
        "Rules: our own, the published Fmask text, or those of python-fmask.",
        source="ATBD cloud_mask, table of modes",
        dialog=True,
    )
    dem: Path | None = param(
        None,
        "Raster of ground heights; raises the cirrus threshold in mountains.",
        unit="m",
        section="Layers",
        dialog=True,
    )
    water_occurrence: Path | None = param(
        None,
        "Raster of surface water occurrence; helps to find water under haze.",
        unit="%",
        section="Layers",
        dialog=True,
    )

    def survey(self, block: Block) -> Any:
        """Samples of the block's valid pixels."""
        from estran.masks.cloud.survey import survey_pixels

        return survey_pixels(block.arrays, _SETTINGS.of(self))

    def merge(self, first: Any, second: Any) -> Any:
        """Samples of both together."""
        from estran.masks.cloud.survey import merge_surveys

        return merge_surveys(first, second)

    def compute(self, block: Block, survey: Any = None) -> Block:
        """Decide every pixel of the block with what the whole scene taught."""
        from estran.masks.cloud.pixel import pixel_stage
        from estran.masks.cloud.result import pixel_flags
        from estran.masks.cloud.survey import survey_pixels

        settings = _SETTINGS.of(self)
        stage = pixel_stage(block.arrays, survey_pixels(block.arrays, settings) if survey is None else survey, settings)
        return block.out(
            {"cloud_probability": stage.probability, "cloud_probability_flags": pixel_flags(stage.flags)},
            RunRecord(facts=stage.thresholds),
        )
