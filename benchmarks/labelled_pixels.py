"""The labelled pixels that fit and scores are made on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.lacks import data

Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Labelled:
    """The table s2_cloud_pixels as arrays (n,)."""

    columns: dict[str, npt.NDArray[np.float64]]
    digest: str

    @property
    def label(self) -> Bool:
        return self.columns["label"] > 0

    @property
    def scene(self) -> npt.NDArray[np.int64]:
        return self.columns["scene"].astype(np.int64)

    @property
    def bright(self) -> Bool:
        c = self.columns
        return ((c["blue"] + c["green"] + c["red"]) / 3.0 > 0.2) & (c["ndsi"] < 0.4)


def path_of_table() -> Path:
    """Where the table stands.

    Raises
    ------
    LackingError
        It is not there.
    """
    return data("s2_cloud_pixels", "pixels_stac.csv")


def read_labelled() -> Labelled:
    """Read the table."""
    raw = path_of_table().read_bytes()
    table = np.genfromtxt(raw.decode().splitlines(), delimiter=",", names=True)
    return Labelled(
        {name: np.ascontiguousarray(table[name]) for name in table.dtype.names}, hashlib.sha256(raw).hexdigest()
    )
