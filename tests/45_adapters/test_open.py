"""The doors: what is opened goes by content, what is written by ending or by SNAP's name of the format."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from affine import Affine

from estran.adapters.files import open_product, write_product
from estran.errors import BadParameter, BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(4, 3, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
PRODUCT = Product("x", GRID, {"a": Band("a", np.arange(12, dtype=np.int16).reshape(3, 4), GRID)})


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_content_decides(ending, tmp_path):
    """A product under any name is what it is."""
    write_product(PRODUCT, tmp_path / f"x{ending}")
    (tmp_path / f"x{ending}").rename(tmp_path / "something.else")
    np.testing.assert_array_equal(open_product(tmp_path / "something.else")["a"].data, PRODUCT["a"].data)


def test_the_data_folder_is_its_product(tmp_path):
    write_product(PRODUCT, tmp_path / "x.dim")
    assert list(open_product(tmp_path / "x.data").bands) == ["a"]


def test_a_folder_that_holds_one_product(tmp_path):
    write_product(PRODUCT, tmp_path / "out" / "x.dim")
    (tmp_path / "out" / "quicklook.png").write_bytes(b"")
    assert open_product(tmp_path / "out").name == "x"
    write_product(PRODUCT, tmp_path / "out" / "y.dim")
    with pytest.raises(BadProduct, match=r"several products .*x\.dim, y\.dim"):
        open_product(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.dim", b"hello", "not a BEAM-DIMAP product"),
        ("x.tif", b"hello", "this is not a product"),
        ("x.txt", b"", "this is not a product"),
        ("x.nc", b"\x89HDF\r\n\x1a\n" + b"0" * 100, "truncated or damaged"),
        ("x.tif", b"II*\0\xff\xff\xff\xff", "this is not a product"),
    ],
)
def test_not_a_product(name, content, told, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadProduct, match=told):
        open_product(tmp_path / name)


def test_not_there(tmp_path):
    with pytest.raises(BadProduct, match="no such file or folder"):
        open_product(tmp_path / "x.dim")


@pytest.mark.parametrize(("name", "ending"), [("BEAM-DIMAP", ".dim"), ("GeoTIFF", ".tif"), ("NetCDF4-CF", ".nc")])
def test_snap_names_of_formats(name, ending, tmp_path):
    assert write_product(PRODUCT, tmp_path / "scene.v1", name) == tmp_path / f"scene.v1{ending}"
    assert list(open_product(tmp_path / f"scene.v1{ending}").bands) == ["a"]


def test_unknown_formats(tmp_path):
    with pytest.raises(
        BadParameter, match=r"ending of the output is not known .*expected \.dim, \.tif, \.nc, found \.png"
    ):
        write_product(PRODUCT, tmp_path / "x.png")
    with pytest.raises(BadParameter, match=r"format is not known .*found HDF5"):
        write_product(PRODUCT, tmp_path / "x.dim", "HDF5")


def test_the_doors_are_light():
    code = (
        "import sys, estran.adapters.files; print([m for m in ('rasterio', 'netCDF4', 'dask', 'pyproj') if m in "
        "sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
