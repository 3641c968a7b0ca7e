"""Estran.CloudDisplacement: the parallax of clouds between the near-infrared bands of Sentinel-2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from estran.catalogue.spec import BandOut, Operator, Reads, Source, Walk, param
from estran.raster.scene import Block


@dataclass(frozen=True, kw_only=True)
class CloudDisplacement(Operator):
    """Cloud displacement index after Frantz et al. 2018: -1 over clouds, near 0 or above over ground."""

    alias = "Estran.CloudDisplacement"
    label = "Cloud displacement index"
    version = "1.0"
    summary = (
        "Cloud displacement index of Sentinel-2: near-infrared bands view a cloud from slightly different places, "
        "so the local variance of B8/B8A exceeds that of B7/B8A. It separates clouds from bright ground by geometry "
        "instead of colour."
    )
    menu = "Optical/Preprocessing/Masking"
    atbd = "cloud_mask"
    sources = (
        Source(
            "source",
            (Reads("nir"), Reads("rededge078"), Reads("nir08")),
            "top-of-atmosphere reflectance, all bands on one grid of 10 to 20 m",
        ),
    )
    writes = (
        BandOut(
            "cdi",
            "float32",
            "1",
            "cloud displacement index: -1 cloud, 1 ground",
            interval="[-1,1]",
            palette=((-1.0, (255, 255, 255), "cloud"), (0.0, (120, 120, 120), ""), (1.0, (0, 0, 0), "ground")),
        ),
    )
    walk = Walk.NEIGHBOURHOOD

    half_width: int = param(
        3,
        "Half-width of the window in which variances are taken: 3 at 20 m, 7 at 10 m",
        unit="pixels",
        interval="[1,20]",
        source="Frantz et al. 2018: 7 x 7 pixels of 20 m",
        label="Half-width of the window",
        dialog=True,
    )

    def halo(self) -> int:
        """The window's half-width."""
        return self.half_width

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The index of one block."""
        from estran.masks.cloud.displacement import displacement_index

        return block.out(
            {"cdi": displacement_index(block["nir"], block["rededge078"], block["nir08"], self.half_width)}
        )
