"""Reflectance of surfaces and colour of clouds in the thirteen bands of Sentinel-2: one table.

Surfaces are bottom-of-atmosphere reflectances in round figures, drawn by hand after the shapes of the ECOSTRESS library
(Meerdink et al. 2019, RSE 230, 111196; soils, rocks, snow, man-made) and of the USGS library version 7 (Kokaly et al.
2017, USGS Data Series 1035; vegetation, water), and set so that top-of-atmosphere values fall between the tenth and
ninetieth percentiles of labelled Sentinel-2 L1C pixels: forest and crops red 0.04-0.08 and B8A 0.24-0.41, bright ground
red 0.24-0.43, snow green 0.64-0.86 and B11 0.05-0.11, thick low cloud blue 0.53-0.89, B11 0.48-0.69, B12 0.33-0.54.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

# fmt: off
#                         B1    B2    B3    B4    B5    B6    B7    B8    B8A   B9    B10   B11   B12
SURFACES: Mapping[str, tuple[float, ...]] = {
    "deep_water":       (.030, .025, .016, .006, .004, .002, .002, .001, .001, .001, 3e-4, 3e-4, 3e-4),
    "turbid_water":     (.045, .058, .082, .072, .050, .026, .024, .019, .014, .007, .001, 1e-3, 5e-4),
    "shallow_sand":     (.070, .100, .125, .060, .030, .012, .010, .008, .005, .002, 3e-4, 5e-4, 3e-4),
    "foam":             (.300, .300, .300, .290, .280, .260, .260, .250, .240, .200, .150, .100, .060),
    "lake_water":       (.022, .024, .030, .017, .013, .007, .006, .005, .004, .002, 3e-4, 5e-4, 3e-4),
    "conifer":          (.015, .019, .033, .021, .058, .155, .195, .205, .225, .230, .190, .105, .048),
    "broadleaf":        (.018, .024, .048, .026, .085, .265, .340, .350, .380, .380, .300, .180, .078),
    "crop":             (.020, .028, .060, .030, .098, .330, .430, .440, .475, .470, .350, .200, .090),
    "grass":            (.035, .045, .080, .058, .120, .240, .290, .300, .330, .330, .280, .250, .140),
    "stubble":          (.070, .090, .130, .170, .200, .235, .255, .275, .300, .315, .320, .360, .270),
    "soil_brown":       (.060, .075, .105, .145, .165, .180, .200, .210, .230, .240, .280, .310, .260),
    "soil_light":       (.095, .120, .165, .225, .245, .262, .280, .295, .315, .325, .355, .395, .355),
    "soil_dark":        (.035, .040, .055, .070, .080, .090, .100, .110, .120, .130, .150, .170, .140),
    "sand_dry":         (.170, .210, .280, .340, .360, .378, .392, .402, .420, .430, .450, .490, .450),
    "sand_white":       (.220, .280, .360, .420, .440, .455, .465, .475, .485, .490, .490, .530, .480),
    "sand_wet":         (.085, .105, .140, .165, .175, .180, .185, .185, .190, .185, .150, .150, .120),
    "rock_grey":        (.095, .112, .132, .150, .160, .170, .180, .185, .195, .200, .220, .240, .215),
    "rock_lime":        (.180, .210, .250, .280, .290, .300, .310, .318, .330, .330, .340, .370, .335),
    "asphalt":          (.060, .066, .076, .086, .092, .097, .102, .106, .112, .115, .120, .142, .132),
    "concrete":         (.160, .182, .212, .235, .245, .255, .262, .268, .278, .280, .280, .310, .288),
    "roof_tile":        (.050, .062, .092, .178, .220, .252, .272, .282, .300, .310, .330, .372, .342),
    "roof_bright":      (.450, .520, .550, .560, .560, .560, .560, .560, .560, .550, .500, .500, .440),
    "roof_dark":        (.050, .055, .060, .066, .070, .074, .078, .080, .085, .088, .095, .110, .105),
    "snow_fresh":       (.950, .950, .930, .920, .910, .900, .885, .870, .850, .800, .420, .095, .085),
    "snow_old":         (.690, .700, .680, .660, .640, .610, .580, .560, .530, .470, .180, .060, .055),
}
"""Reflectance in B1, B2, B3, B4, B5, B6, B7, B8, B8A, B9, B10, B11, B12."""

#                         B1    B2    B3    B4    B5    B6    B7    B8    B8A   B9    B10   B11   B12
LIQUID_CLOUD             = (.97, .98, .99, 1.00, 1.00, 1.00, 1.00, .980, 1.00, .990, .980, .800, .600)
"""Colour of a cloud of droplets relative to a scatterer that absorbs nothing: B11 / B8A = 0.8, B12 / B8A = 0.6, as
thick low clouds show.
"""
ICE_CLOUD                = (.98, .98, .99, 1.00, 1.00, 1.00, 1.00, 1.00, 1.00, .980, .930, .450, .350)
"""Colour of cirrus: ice absorbs more at 1.6 and 2.2 um (Warren and Brandt 2008, JGR 113, D14220)."""
# fmt: on

NAMES: tuple[str, ...] = tuple(SURFACES)
CODE: Mapping[str, int] = {name: code for code, name in enumerate(NAMES)}
"""Material codes: positions in the table."""


def table() -> npt.NDArray[np.float32]:
    """(material, band) reflectances."""
    return np.array([SURFACES[name] for name in NAMES], np.float32)
