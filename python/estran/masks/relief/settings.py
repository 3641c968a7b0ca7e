"""Settings of the relief shadow: name, default, unit, interval, meaning, source; operators offer them from here.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from estran.declare import Settings, param

Backend = Literal["hybrid", "rugged", "sweep"]


@dataclass(frozen=True)
class ReliefSettings(Settings):
    """How the relief shadow is computed."""

    backend: Backend = param(
        "hybrid",
        "hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java",
        source="docs/ATBD/relief_shadow.md",
        dialog=True,
    )
    dem_posting: float | None = param(
        None,
        "Posting of the DEM where it is coarser than the image; empty: a pixel",
        unit="m",
        interval="(0,1000]",
        section="Layers",
    )
    low_sun: float = param(
        0.1,
        "Cosine of the incidence below which the sun grazes",
        unit="1",
        interval="[0,1]",
        section="Flags",
        source="MAJA: tangent sun",
        label="Low sun below cosine",
        dialog=True,
    )
    sky_directions: int = param(
        0,
        "Horizons for the sky-view factor; 0: not computed",
        unit="directions",
        interval="[0,64]",
        section="Sky",
        label="Sky view",
        dialog=True,
    )
