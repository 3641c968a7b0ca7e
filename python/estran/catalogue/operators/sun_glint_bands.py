"""What Estran.SunGlint writes: its flags, its classes, its bands."""

from __future__ import annotations

from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Writes
from estran.masks.glint.coding import GlintClass, GlintFlag

FLAGS = GlintFlag.coding("glint_flags")
CLASSES = GlintClass.coding("glint_class")
BANDS = ("blue", "green", "red", "nir08", "swir16", "swir22")
"""Bands whose glint is reported."""
_GLOW = (
    (0.0, (10, 20, 60), ""),
    (0.005, (60, 80, 120), ""),
    (0.02, (240, 150, 40), "severe"),
    (0.2, (255, 255, 240), ""),
)


def _observed(band: str) -> str:
    if band == "swir16":
        return "glint observed on water, just above it; NaN on land"
    return f"glint in {band}, just above the water: the one observed in swir16 times the ratio of Fresnel reflectances"


WRITES: tuple[Writes, ...] = (
    FlagsOut("glint_flags", "uint16", FLAGS, "glint by class, both observers, water, suspected cloud; none on land"),
    ClassesOut("glint_class", "uint8", CLASSES, "one class a pixel: none, low, moderate, severe"),
    BandOut(
        "glint_probability",
        "float32",
        "1",
        "probability of glint of at least the lowest class",
        interval="[0,1]",
        palette=((0.0, (10, 20, 60), "none"), (1.0, (255, 240, 180), "glint")),
    ),
    BandOut(
        "glint_wind",
        "float32",
        "m/s",
        "wind that would explain the observed glint; NaN where there is none, or no wind does",
        interval="[0,30]",
    ),
    BandOut(
        "glint_brightest",
        "float32",
        "1",
        "the most that any wind up to 12 m/s makes near 1.6 µm",
        interval="[0,*)",
        palette=_GLOW,
    ),
    *(
        BandOut(
            f"glint_predicted_{band}",
            "float32",
            "1",
            f"glint in {band}, just above the sea, by geometry and wind",
            interval="[0,*)",
            palette=_GLOW,
        )
        for band in BANDS
    ),
    *(
        BandOut(f"glint_observed_{band}", "float32", "1", _observed(band), interval="[0,*)", palette=_GLOW)
        for band in BANDS
    ),
)
