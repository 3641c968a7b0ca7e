"""How products are read: what a user may ask of the readers, said once for the command line, the graph runner and
Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AngleNodes = Literal["metadata", "snap"]


@dataclass(frozen=True)
class ReadOptions:
    """What a user may ask of the readers; each reader takes what concerns it.

    Parameters
    ----------
    scale
        Reflectance per digital number of rasters that declare none; None takes what the files or their sidecar say.
    offset
        What is added to digital numbers before they are scaled, of files that should say it and do not (Sentinel-2
        bands without their metadata).
    granule
        Which tile, where a product holds several ("T31TDH").
    strict
        Whether a band that the product lists but lacks is an error; else it becomes a note.
    verify
        Whether checksums that the product carries are compared.
    angles
        Where the 5 km nodes of the angle grids lie: "metadata" at the tile's corner, as the product specification says;
        "snap" as SNAP places them.
    allow_remote
        Whether opening a file may reach the network, or files outside the product.
    """

    scale: float | None = None
    offset: float | None = None
    granule: str | None = None
    strict: bool = True
    verify: bool = True
    angles: AngleNodes = "metadata"
    allow_remote: bool = False


DEFAULT = ReadOptions()
