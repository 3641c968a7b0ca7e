"""What the stages of the cloud mask hand to one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PixelStage:
    """Result of the pixel tests (Zhu & Woodcock 2012, 3.1.1-3.1.2), before anything looks at a neighbour; all arrays (rows, columns).

    Parameters
    ----------
    valid
        Every mandatory band has data.
    saturated
        A visible band is saturated.
    potential
        Potential cloud pixels (PCP).
    cirrus
        Thin cirrus by the cirrus band.
    snow, water
        Potential snow; water (exclusive of `snow`).
    cloud
        PCP whose probability exceeds the scene's threshold.
    clear_land, clear_water
        Where the scene's statistics came from.
    probability
        Cloud probability, 0..1, NaN where not valid.
    variability
        P_v of eq. 15, needed by the displacement test.
    thresholds
        Numbers learnt from the scene, by name, for metadata and report.
    few_clear
        Whether clear pixels were below the Fmask minimum: cloud is then the PCP, and shadow matching is off.
    """

    valid: Bool
    saturated: Bool
    potential: Bool
    cirrus: Bool
    snow: Bool
    water: Bool
    cloud: Bool
    clear_land: Bool
    clear_water: Bool
    probability: Float
    variability: Float
    thresholds: dict[str, Any] = field(default_factory=dict)
    few_clear: bool = False


@dataclass(frozen=True)
class Geometry:
    """Sun and view angles [degrees], each a scalar or a (rows, columns) array.

    Azimuths run clockwise from *grid* north and point from the ground to the sun or sensor.
    ``sun_zenith`` or ``sun_azimuth`` is None where unknown: the matching then searches it and says so.
    """

    sun_zenith: Any
    sun_azimuth: Any
    view_zenith: Any = 0.0
    view_azimuth: Any = 0.0
