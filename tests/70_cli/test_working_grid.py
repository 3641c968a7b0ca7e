"""``estran masks`` works on 20 m, and makes nothing finer than the finest band that the masks read unless somebody asks
for it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files import open_product

BRIGHT = {"B02": 0.1, "B03": 0.09, "B04": 0.07, "B8A": 0.3, "B11": 0.2, "B12": 0.1}
GROUND = Affine(20, 0, 600000, 0, -20, 5000000)
ANGLES = ("--sun-zenith", "40", "--sun-azimuth", "150")


def folder(
    path: Path,
    pixels: dict[str, float],
    *,
    crs: str = "EPSG:32631",
    corner: tuple[float, float] = (600000, 5000000),
    side: float = 57600.0,
) -> Path:
    """One file a band: reflectance times 10 000 of a textured ground, `side` metres (or degrees) wide."""
    path.mkdir()
    rng = np.random.default_rng(4)
    for name, value in {**BRIGHT, **{n: 0.1 for n in pixels if n not in BRIGHT}}.items():
        size = pixels.get(name, pixels[""])
        count = round(side / size)
        data = np.rint(1e4 * value * (1 + 0.1 * rng.standard_normal((count, count)))).astype(np.uint16)
        profile = {"driver": "GTiff", "count": 1, "width": count, "height": count, "dtype": "uint16", "crs": crs}
        with rasterio.open(
            path / f"{name}.tif", "w", transform=Affine(size, 0, corner[0], 0, -size, corner[1]), **profile
        ) as dataset:
            dataset.write(data, 1)
    return path


@pytest.mark.parametrize(
    ("pixels", "expected", "said"),
    [
        ({"": 900.0, "B03": 450.0}, 450.0, "All bands are brought to pixels of 450 m"),
        ({"": 900.0, "panchromatic": 450.0}, 900.0, "keeps its pixels of 900 m"),
        ({"": 900.0}, 900.0, "keeps its pixels of 900 m"),
        ({"": 900.0, "panchromatic": 10.0}, 900.0, "keeps its pixels of 900 m"),
    ],
)
def test_coarse_products(estran, tmp_path: Path, pixels: dict[str, float], expected: float, said: str) -> None:
    side = 57600.0 if 10.0 not in pixels.values() else 14400.0
    done = estran("masks", folder(tmp_path / "in", pixels, side=side), "-o", tmp_path / "a.dim", *ANGLES)
    assert done.code == 0, done.err
    assert said in done.err
    grid = open_product(tmp_path / "a.dim").grid
    assert grid.pixel_size == (expected, expected)
    assert grid.shape == (side / expected, side / expected)


def test_finer_where_asked(estran, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", {"": 120.0, "B03": 60.0}, side=7200.0)
    assert estran("masks", source, "-o", tmp_path / "a.dim", *ANGLES, "--resolution", "20").code == 0
    assert open_product(tmp_path / "a.dim").grid.pixel_size == (20.0, 20.0)


def test_usual_products_are_worked_on_at_20_m(estran, tmp_path: Path) -> None:
    source = folder(tmp_path / "in", {"": 20.0, "B02": 10.0, "B03": 10.0, "B04": 10.0}, side=1920.0)
    assert estran("masks", source, "-o", tmp_path / "a.dim", *ANGLES).code == 0
    assert open_product(tmp_path / "a.dim").grid.pixel_size == (20.0, 20.0)


def test_degrees_of_two_sizes(estran, tmp_path: Path) -> None:
    """No pixel size in metres: the grid of the finest band is taken."""
    source = folder(tmp_path / "in", {"": 0.0004, "B03": 0.0002}, crs="EPSG:4326", corner=(5.0, 45.0), side=0.04)
    done = estran("masks", source, "-o", tmp_path / "a.dim", *ANGLES)
    assert done.code == 0, done.err
    assert "All bands are brought to pixels of B3" in done.err
    assert open_product(tmp_path / "a.dim").grid.shape == (200, 200)


def test_crossed_limits_are_refused_before_the_product_is_opened(estran, tmp_path: Path) -> None:
    done = estran("masks", tmp_path / "none", "-o", tmp_path / "a.dim", "--height-min", "5000", "--height-max", "1000")
    assert done.code == 2
    assert "height_min is above height_max" in done.err


@pytest.mark.parametrize("kind", ["masks", "run"])
def test_8_bit_pictures_are_refused_unless_scaled(estran, tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "rgb.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=6,
        width=60,
        height=50,
        dtype="uint8",
        crs="EPSG:32631",
        transform=Affine(20, 0, 6e5, 0, -20, 5e6),
    ) as d:
        for number, name in enumerate(("B2", "B3", "B4", "B8A", "B11", "B12"), 1):
            d.write(rng.integers(10, 120, (50, 60)).astype(np.uint8), number)
            d.set_band_description(number, name)
    command = ("masks",) if kind == "masks" else ("run", "SpectralTests")
    angles = ANGLES if kind == "masks" else ()
    done = estran(*command, path, "-o", tmp_path / "a.dim", *angles)
    assert done.code == 1
    assert "8-bit numbers" in done.err
    assert "--scale" in done.err
    assert not (tmp_path / "a.dim").exists()
    done = estran(*command, path, "-o", tmp_path / "a.dim", *angles, "--scale", "0.004")
    assert done.code == 0, done.err
