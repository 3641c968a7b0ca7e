"""Products that are read in no time, with a cloud flag, a place and a time; and what results look like."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from affine import Affine

from estran.adapters.files import write_product
from estran.raster.coding import Flag, FlagCoding
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

FLAGS = FlagCoding("flags", (Flag("NODATA", 0, (0, 0, 0), "nothing"), Flag("CLOUD", 1, (255, 255, 0), "cloud")))
GRID = Grid(12, 10, Affine(20, 0, 600000, 0, -20, 4800000), "EPSG:32631")


def make(path: Path, value: int = 0) -> Path:
    """A product whose samples depend on `value`; `value` of its 12 columns are cloud."""
    flags = np.zeros(GRID.shape, np.uint16)
    flags[:, :value] = 2
    samples = np.arange(120, dtype=np.int16).reshape(GRID.shape) + value
    bands = {"B2": Band("B2", samples, GRID), "flags": Band("flags", flags, GRID, coding=FLAGS)}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_product(
        Product(path.stem, GRID, bands, start=datetime(2020, 1, 1, 10, tzinfo=UTC), platform="Sentinel-2A"), path
    )
    return path


VARY = ("index.html", ".estran-result.json", "estran-jobs.sqlite")
"""What tells of the run itself: its times."""


def results(out: Path) -> dict[str, bytes]:
    """All files below a folder, hidden ones too, but for those that tell of the run."""
    return {
        str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and p.name not in VARY
    }
