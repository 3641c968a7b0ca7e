"""STAC items: where, when, what, and how cloudy; read again by pystac."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
from affine import Affine

from estran import __version__
from estran.adapters.files import write_product
from estran.jobs.describe import describe
from estran.jobs.footprint import footprint
from estran.jobs.job import Job
from estran.raster.coding import Flag, FlagCoding
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(40, 30, Affine(20, 0, 600000, 0, -20, 4800000), "EPSG:32631")
FLAGS = FlagCoding("flags", (Flag("NODATA", 0, (0, 0, 0), "nothing"), Flag("CLOUD", 1, (255, 255, 0), "cloud")))


def product(grid: Grid = GRID, start: datetime | None = datetime(2019, 4, 11, 10, 50, 29, tzinfo=UTC)) -> Product:
    """A quarter of its pixels has no data; a third of the others is cloud."""
    flags = np.zeros(grid.shape, np.uint16)
    flags[:, : grid.width // 4] = 1
    flags[:, grid.width // 4 : grid.width // 2] = 2
    return Product(
        "x",
        grid,
        {"flags": Band("flags", flags, grid, coding=FLAGS)},
        kind="Estran.Masks",
        start=start,
        platform="Sentinel-2A",
    )


def item_of(product: Product, folder: Path) -> pystac.Item:
    write_product(product, folder / "x.dim")
    found = describe(folder / "x.dim", Job("x", Path("x.SAFE"), "/x.SAFE", folder, "abc"))
    assert found.files["item"] == "x.json"
    return pystac.Item.from_file(str(folder / "x.json"))


def test_an_item_says_where_when_and_what(tmp_path: Path) -> None:
    item = item_of(product(), tmp_path)
    assert (item.id, item.datetime) == ("x", datetime(2019, 4, 11, 10, 50, 29, tzinfo=UTC))
    assert item.properties["platform"] == "sentinel-2a"
    assert item.properties["eo:cloud_cover"] == pytest.approx(100 / 3, abs=1e-3)
    assert item.properties["processing:software"] == {"Estran": __version__}
    assert item.properties["estran:digest"] == "abc"
    asset = item.assets["product"]
    assert asset.href.endswith("x.dim")
    assert asset.extra_fields["proj:code"] == "EPSG:32631"
    assert asset.extra_fields["proj:shape"] == [30, 40]
    assert asset.extra_fields["proj:transform"] == [20, 0, 600000, 0, -20, 4800000]
    assert asset.extra_fields["proj:bbox"] == [600000, 4799400, 600800, 4800000]
    for prefix in {key.partition(":")[0] for key in (*item.properties, *asset.extra_fields) if ":" in key} - {"estran"}:
        called = {"proj": "projection"}.get(prefix, prefix)
        assert any(f"/{called}/" in address for address in item.stac_extensions), prefix


def test_place_is_that_of_the_corners(tmp_path: Path) -> None:
    from pyproj import Transformer

    item = item_of(product(), tmp_path)
    west, south, east, north = item.bbox
    x, y = np.meshgrid([600000, 600800], [4799400, 4800000])
    lon, lat = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform(x, y)
    np.testing.assert_allclose([west, south, east, north], [lon.min(), lat.min(), lon.max(), lat.max()], atol=2e-7)
    (ring,) = item.geometry["coordinates"]
    assert ring[0] == ring[-1]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2
    assert area > 0, "the outer ring goes round to the left"


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        item_of(product(), tmp_path / name)
    assert (tmp_path / "a" / "x.json").read_bytes() == (tmp_path / "b" / "x.json").read_bytes()


def test_a_product_without_time_has_no_item_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_product(product(start=None), tmp_path / "x.tif")
    found = describe(tmp_path / "x.tif", Job("x", Path("x"), "/x", tmp_path, ""))
    assert "item" not in found.files
    assert "no sensing time" in caplog.text
    assert found.fractions["flags"]["CLOUD"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_product_without_a_place_has_no_geometry(tmp_path: Path) -> None:
    item = item_of(product(Grid(40, 30)), tmp_path)
    assert item.geometry is None
    assert item.bbox is None
    assert "proj:code" not in item.assets["product"].extra_fields


def test_without_a_cloud_flag_there_is_no_cloud_cover(tmp_path: Path) -> None:
    plain = product()
    band = replace(plain["flags"], coding=None)
    item = item_of(replace(plain, bands={"flags": band}), tmp_path)
    assert "eo:cloud_cover" not in item.properties
    assert not any("/eo/" in address for address in item.stac_extensions)


def test_across_longitude_180_the_ground_is_cut() -> None:
    """A tile of zone 60 that reaches into zone 1: two polygons that touch at the cut, and a box whose west is larger
    than its east.
    """
    grid = Grid(5000, 100, Affine(20, 0, 790000, 0, -20, 100000), "EPSG:32660")
    geometry, (west, south, east, north) = footprint(grid)
    assert geometry["type"] == "MultiPolygon"
    assert west > 178
    assert east < -179
    assert south < north
    (one,), (other,) = geometry["coordinates"]
    assert max(lon for lon, _ in one) == 180
    assert min(lon for lon, _ in other) == -180
    assert all(-180 <= lon <= 180 for lon, _ in (*one, *other))
    at_cut = [sorted(lat for lon, lat in ring if abs(lon) == 180) for ring in (one, other)]
    np.testing.assert_allclose((at_cut[0][0], at_cut[0][-1]), (at_cut[1][0], at_cut[1][-1]))
    # As much ground as there is: what was cut off is what was put on the other side.
    width = (180 - west) + (east + 180)
    assert width == pytest.approx(5000 * 20 / 111320, rel=0.01)


def test_the_whole_earth_is_not_cut() -> None:
    geometry, box = footprint(Grid(360, 180, Affine(1, 0, -180, 0, -1, 90), "EPSG:4326"))
    assert geometry["type"] == "Polygon"
    assert box == [-180, -90, 180, 90]


def test_lines_are_json(tmp_path: Path) -> None:
    write_product(product(), tmp_path / "x.dim")
    found = describe(tmp_path / "x.dim")
    assert json.loads(json.dumps(found.fractions)) == found.fractions
    assert found.cloud_cover == pytest.approx(100 / 3)
