"""A header can claim any size: opening costs next to nothing whatever it says, and work on what no memory holds is
refused with the figure.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio

from estran.adapters.files.lazy import MOST_CHUNKS
from estran.adapters.files.open import open_product
from estran.engine.lazy import chunked
from estran.errors import BadGrid, BadProduct

SIDE = 10**6


def virtual(folder: Path) -> Path:
    (folder / "a.vrt").write_text(
        f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}"><VRTRasterBand dataType="UInt16" '
        f'band="1"/></VRTDataset>'
    )
    return folder / "a.vrt"


def geotiff(folder: Path) -> Path:
    profile = {
        "width": SIDE,
        "height": SIDE,
        "count": 1,
        "dtype": "uint16",
        "tiled": True,
        "blockxsize": 8192,
        "blockysize": 8192,
        "BIGTIFF": "YES",
    }
    with rasterio.open(folder / "a.tif", "w", driver="GTiff", SPARSE_OK=True, **profile):
        return folder / "a.tif"


def jpeg2000(folder: Path) -> Path:
    path = folder / "a.jp2"
    with rasterio.open(path, "w", driver="JP2OpenJPEG", width=64, height=64, count=1, dtype="uint16") as dataset:
        dataset.write(np.ones((64, 64), np.uint16), 1)
    data = bytearray(path.read_bytes())
    start = data.index(b"\xff\x4f\xff\x51")
    for at in (start + 8, start + 24, data.index(b"ihdr") + 4):  # the image, its one tile, the header box
        struct.pack_into(">2I", data, at, SIDE, SIDE)
    path.write_bytes(data)
    return path


def netcdf(folder: Path) -> Path:
    with netCDF4.Dataset(folder / "a.nc", "w") as file:
        for name in ("y", "x"):
            file.createDimension(name, SIDE)
        for name, dtype in (("mask", "u2"), ("lat", "f8"), ("lon", "f8")):
            file.createVariable(name, dtype, ("y", "x"), zlib=True, chunksizes=(1000, 1000))
    return folder / "a.nc"


@pytest.mark.parametrize("make", [virtual, geotiff, jpeg2000, netcdf])
def test_opening_costs_nothing(tmp_path, make):
    path = make(tmp_path)
    open_product(virtual(tmp_path))  # what is imported for the first time is not what is measured
    started = time.process_time()
    (band,) = open_product(path).bands.values()
    assert time.process_time() - started < 1
    assert band.data.shape == (SIDE, SIDE)
    assert np.prod(band.data.numblocks) <= MOST_CHUNKS
    with pytest.raises(BadGrid, match=r"1000000 x 1000000 pixels, 4 TB for each band.*Subset"):
        chunked(band.data, 1024)


def test_a_part_of_it_can_be_worked_on(tmp_path):
    (band,) = open_product(virtual(tmp_path)).bands.values()
    part = chunked(band.data[500_000:500_100, 7:107], 1024)
    started = time.process_time()
    assert not np.asarray(part).any()
    assert time.process_time() - started < 2


@pytest.mark.parametrize("kind", ["ENVI", "BEAM-DIMAP"])
def test_samples_that_are_not_there(tmp_path, kind):
    (tmp_path / "a.data").mkdir()
    image = tmp_path / ("a.img" if kind == "ENVI" else "a.data/B2.img")
    image.write_bytes(bytes(1000))
    image.with_suffix(".hdr").write_text(
        f"ENVI\nsamples = {SIDE}\nlines = {SIDE}\nbands = 1\nfile type = ENVI Standard\ndata type = 12\ninterleave = "
        f"bsq\n"
    )
    (tmp_path / "a.dim").write_text(
        f"<Dimap_Document><Raster_Dimensions><NCOLS>{SIDE}</NCOLS><NROWS>{SIDE}</NROWS></Raster_Dimensions><Data_Access><Data_File>"
        "<DATA_FILE_PATH "
        'href="a.data/B2.hdr"/><BAND_INDEX>0</BAND_INDEX></Data_File></Data_Access><Image_Interpretation><Spectral_Band_Info>'
        "<BAND_INDEX>0</BAND_INDEX><DATA_TYPE>uint16</DATA_TYPE><BAND_NAME>B2</BAND_NAME></Spectral_Band_Info></Image_Interpretation></Dimap_Document>"
    )
    with pytest.raises(BadProduct, match=r"too small|truncated.*2000000000000 bytes"):
        open_product(image if kind == "ENVI" else tmp_path / "a.dim")


def test_more_pixels_than_anything_has(tmp_path):
    text = virtual(tmp_path).read_text().replace(f'"{SIDE}"', '"2147483647"')
    (tmp_path / "a.vrt").write_text(text)
    with pytest.raises(BadProduct, match=r"larger than can be read.*2147483647 x 2147483647"):
        open_product(tmp_path / "a.vrt")
