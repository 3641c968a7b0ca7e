"""Classic NetCDF files pass as the libraries write them; one whose header contradicts itself is refused before the
library meets it.
"""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
from scipy.io import netcdf_file

from estran.adapters.files.netcdf.header import check_classic_header
from estran.adapters.files.open import open_product
from estran.errors import BadProduct

CLASSIC = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


@pytest.mark.parametrize("kind", [*CLASSIC, "NETCDF4"])
def test_files_of_the_library(tmp_path, kind):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format=kind) as file:
        for name, length in (("time", None), ("é", 3), ("x", 5)):
            file.createDimension(name, length)
        file.setncatts({"title": "a" * 7, "numbers": np.arange(3, dtype="i2")})
        for name, dtype, dimensions in (
            ("t", "f8", ("time",)),
            ("b", "i1", ("time", "é", "x")),
            ("c", "S1", ("x",)),
            ("s", "i2", ()),
        ):
            file.createVariable(name, dtype, dimensions).units = "m"
    check_classic_header(path)
    with netCDF4.Dataset(path, "a") as file:
        file["t"][:4] = 1
    check_classic_header(path)


@pytest.mark.parametrize("version", [1, 2])
def test_files_of_scipy(tmp_path, version):
    with netcdf_file(tmp_path / "a.nc", "w", version=version) as file:
        file.history = "x"
        file.createDimension("t", None)
        file.createDimension("x", 3)
        file.createVariable("q", "h", ("t", "x"))[0] = 1
    check_classic_header(tmp_path / "a.nc")


@pytest.fixture
def plain(tmp_path):
    with netCDF4.Dataset(tmp_path / "a.nc", "w", format="NETCDF3_CLASSIC") as file:
        file.createDimension("y", 4)
        file.createDimension("x", 5)
        file.createVariable("B2", "f4", ("y", "x"))[:] = 1
    return tmp_path / "a.nc"


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (12, 0x0A000000, "dimensions"),
        (8, 13, "not where it should be"),
        (16, 10**6, "letters in a name"),
        (24, 2**31, "negative length"),
    ],
)
def test_headers_that_contradict_themselves(plain, at, value, told):
    data = bytearray(plain.read_bytes())
    data[at : at + 4] = value.to_bytes(4, "big")
    plain.write_bytes(data)
    with pytest.raises(BadProduct, match=told):
        open_product(plain)


def test_a_header_that_is_cut(plain):
    plain.write_bytes(plain.read_bytes()[:60])
    with pytest.raises(BadProduct, match="beyond the end"):
        check_classic_header(plain)


def test_a_variable_over_a_dimension_that_is_not_there(plain):
    data = plain.read_bytes()
    at = data.index(b"B2\0\0") + 4 + 4 + 4
    plain.write_bytes(data[:at] + (7).to_bytes(4, "big") + data[at + 4 :])
    with pytest.raises(BadProduct, match="dimension that is not there"):
        open_product(plain)
