"""Products and Datasets for the face: a simulated scene, a small product of one size, a Dataset of a user's own."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest
import xarray as xr

from estran.adapters.files import open_product
from estran.cli.main import main
from estran.raster.product import Band, Product

matplotlib.use("agg")


def _loaded(name: str) -> ModuleType:
    """A module beside the tests, which are no package, under its name."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


small = _loaded("small_scene")
_loaded("same_product")


@pytest.fixture(scope="session")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .SAFE of a simulated scene, 96 x 96 pixels of 20 m."""
    folder = tmp_path_factory.mktemp("scene")
    assert main(["simulate", "scene", str(folder / "sim"), "--seed", "5", "--size", "96", "--small", "-q"]) == 0
    (found,) = (folder / "sim").glob("*.SAFE")
    return found


@pytest.fixture(scope="session")
def safe_product(safe: Path) -> Product:
    return open_product(safe)


@pytest.fixture
def product() -> Product:
    """Six bands of one size as our readers give them, in memory."""
    bands = {
        n: Band(n, raw, small.GRID, scale=1e-4, nodata=0.0, saturated=65535.0, unit="dl")
        for n, raw in small.counts().items()
    }
    return Product(
        "S2A_small", small.GRID, bands, platform="Sentinel-2A", start=datetime(2020, 6, 1, 10, 30, tzinfo=UTC)
    )


@pytest.fixture
def foreign() -> xr.Dataset:
    """Reflectance as a user's own Dataset holds it: STAC's names, float32, lazy, nothing of ours."""
    return small.make_foreign()
