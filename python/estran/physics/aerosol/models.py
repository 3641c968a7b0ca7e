"""Published aerosol models, as configuration: sizes and refractive indices with their sources. Nothing here is
computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from estran.errors import BadParameter
from estran.physics.aerosol.modes import Mode, Substance


@dataclass(frozen=True)
class AerosolModel:
    """A mixture of modes, by number of particles."""

    name: str
    modes: tuple[Mode, ...]
    numbers: tuple[float, ...]
    """Fraction of each mode; their sum is 1."""
    source: str
    largest: float = 20.0
    """Largest radius [µm]: heavier particles fall out within hours."""

    def __post_init__(self) -> None:
        if (
            len(self.modes) != len(self.numbers)
            or min(self.numbers, default=-1.0) < 0.0
            or abs(sum(self.numbers) - 1.0) > 1e-9
        ):
            raise BadParameter(
                "an aerosol model is inconsistent",
                where=self.name,
                expected="a fraction a mode, 1 in all",
                found=f"{len(self.modes)} modes, {self.numbers}",
            )

    @classmethod
    def by_volume(
        cls, name: str, modes: tuple[Mode, ...], volumes: tuple[float, ...], particle: tuple[float, ...], source: str
    ) -> AerosolModel:
        """From fractions of volume, and the mean volume of a particle of each mode [µm³]."""
        numbers = [volume / one for volume, one in zip(volumes, particle, strict=True)]
        return cls(name, modes, tuple(number / sum(numbers) for number in numbers), source)


_WMO = (
    "World Meteorological Organization 1986, WCP 112, A preliminary cloudless standard atmosphere for radiation "
    "computation"
)
_SF = "Shettle and Fenn 1979, AFGL-TR-79-0214, at a relative humidity of 80 %"
_D02 = "Dubovik et al. 2002, J. Atmos. Sci. 59, 590-608, table 1, Solar Village, optical depth 0.5 at 1020 nm"

# fmt: off
_AT_WMO = (300.0, 337.0, 400.0, 488.0, 515.0, 550.0, 633.0, 694.0,
        860.0, 1060.0, 1300.0, 1536.0, 1800.0, 2000.0, 2250.0, 2500.0)
_AT_SF = (300.0, 337.1, 400.0, 488.0, 514.5, 550.0, 632.8, 694.3,
        860.0, 1060.0, 1300.0, 1536.0, 1800.0, 2000.0, 2250.0, 2500.0)

DUST_LIKE = Substance(_AT_WMO,
    (1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.52, 1.52, 1.46, 1.40, 1.33, 1.26, 1.22, 1.18),
    (.008, .008, .008, .008, .008, .008, .008, .008, .008, .008, .008, .008, .008, .008, .009, .009), _WMO)
WATER_SOLUBLE = Substance(_AT_WMO,
    (1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.53, 1.52, 1.52, 1.51, 1.51, 1.46, 1.42, 1.42, 1.42),
    (.003, .005, .005, .005, .005, .006, .006, .007, .012, .017, .020, .023, .017, .008, .010, .012), _WMO)
OCEANIC = Substance(_AT_WMO,
    (1.395, 1.392, 1.385, 1.382, 1.381, 1.381, 1.377, 1.376, 1.372, 1.367, 1.365, 1.359, 1.351, 1.347, 1.334, 1.309),
    (0., 0., 0., 0., 0., 0., 0., 0., 0., 6e-5, 1.4e-4, 2.4e-4, 3.1e-4, 1.07e-3, 8.5e-4, 2.39e-3), _WMO)
SOOT = Substance(_AT_WMO,
    (1.74, 1.75, 1.75, 1.75, 1.75, 1.75, 1.75, 1.75, 1.75, 1.75, 1.76, 1.77, 1.79, 1.80, 1.81, 1.82),
    (.47, .47, .46, .45, .45, .44, .43, .43, .43, .44, .45, .46, .48, .49, .50, .51), _WMO)
RURAL_80 = Substance(_AT_SF,
    (1.450, 1.449, 1.446, 1.444, 1.444, 1.443, 1.443, 1.443, 1.436, 1.435, 1.419, 1.407, 1.373, 1.343, 1.330, 1.310),
    (.00449, .00331, .00331, .00331, .00331, .0037, .0037, .00409,
        .00606, .00802, .00921, .0104, .00807, .00497, .00561, .00699), _SF)
SALT_80 = Substance(_AT_SF,
    (1.369, 1.366, 1.359, 1.356, 1.355, 1.354, 1.352, 1.351, 1.348, 1.344, 1.342, 1.336, 1.330, 1.324, 1.311, 1.283),
    (0., 0., 0., 0., 0., 0., 0., 0., 0., 3e-5, 8e-5, 1.6e-4, 2e-4, 1.09e-3, 6e-4, 2.03e-3), _SF)
DESERT = Substance((300.0, 440.0, 670.0, 870.0, 1020.0, 2500.0), (1.56,) * 6, (.0029, .0029, .0013, .001, .001, .001),
    _D02 + "; beyond 440 and 1020 nm the end values")
# fmt: on

_DUST_LIKE_MODE = Mode(0.5, math.log(2.99), DUST_LIKE)
_WATER_SOLUBLE_MODE = Mode(0.005, math.log(2.99), WATER_SOLUBLE)
_SOOT_MODE = Mode(0.0118, math.log(2.0), SOOT)
_RURAL_MODE = Mode(0.03274, 0.35 * math.log(10.0), RURAL_80)
_SALT_MODE = Mode(0.318, 0.40 * math.log(10.0), SALT_80)
_FINE_DESERT, _COARSE_DESERT = Mode.of_volume(0.12, 0.40, DESERT), Mode.of_volume(2.32, 0.60, DESERT)

WMO_VOLUMES = {"dust_like": 113.98352, "water_soluble": 113.98352e-6, "oceanic": 5.14441, "soot": 59.77755e-6}
"""Mean volume of a particle [µm³] as the WMO report takes it, from radii below its own limit."""
MARITIME, COASTAL = (0.99, 0.01), (0.995, 0.005)
"""Fractions by number of small rural particles and sea salt; coastal air has half of the sea salt (Gordon and Wang
1994).
"""
CONTINENTAL, URBAN = (0.70, 0.29, 0.01), (0.17, 0.61, 0.22)
"""Fractions by volume of dust-like and water-soluble particles and soot."""
MARITIME_WMO = (0.05, 0.95)
"""Fractions by volume of water-soluble and oceanic particles."""

MODELS: dict[str, AerosolModel] = {
    model.name: model
    for model in (
        AerosolModel("maritime", (_RURAL_MODE, _SALT_MODE), MARITIME, _SF),
        AerosolModel(
            "coastal",
            (_RURAL_MODE, _SALT_MODE),
            COASTAL,
            _SF + "; half of the maritime model's sea salt (Gordon and Wang 1994)",
        ),
        AerosolModel.by_volume(
            "continental",
            (_DUST_LIKE_MODE, _WATER_SOLUBLE_MODE, _SOOT_MODE),
            CONTINENTAL,
            (WMO_VOLUMES["dust_like"], WMO_VOLUMES["water_soluble"], WMO_VOLUMES["soot"]),
            _WMO,
        ),
        AerosolModel.by_volume(
            "urban",
            (_DUST_LIKE_MODE, _WATER_SOLUBLE_MODE, _SOOT_MODE),
            URBAN,
            (WMO_VOLUMES["dust_like"], WMO_VOLUMES["water_soluble"], WMO_VOLUMES["soot"]),
            _WMO,
        ),
        AerosolModel.by_volume(
            "dust", (_FINE_DESERT, _COARSE_DESERT), (0.03, 0.47), (_FINE_DESERT.volume, _COARSE_DESERT.volume), _D02
        ),
        AerosolModel.by_volume(
            "maritime_wmo",
            (_WATER_SOLUBLE_MODE, Mode(0.3, math.log(2.51), OCEANIC)),
            MARITIME_WMO,
            (WMO_VOLUMES["water_soluble"], WMO_VOLUMES["oceanic"]),
            _WMO,
        ),
    )
}
"""Models by name."""
