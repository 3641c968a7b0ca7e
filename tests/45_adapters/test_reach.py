"""Opening a product reaches no network and no file outside its folder, unless the user allows it: each way that GDAL
and our formats know is tried.

A server of the test counts who asks: nobody may.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT

from estran.adapters.files.aux_raster import read_on_grid
from estran.adapters.files.dimap.write import write_dimap
from estran.adapters.files.open import open_product
from estran.adapters.files.options import DEFAULT, ReadOptions
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

SAMPLES = np.arange(40 * 30, dtype=np.uint16).reshape(30, 40)
ALLOWED = ReadOptions(allow_remote=True)


def raster(path: Path, driver: str = "GTiff", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "width": 40,
        "height": 30,
        "count": 1,
        "dtype": "uint16",
        "crs": "EPSG:32631",
        "transform": from_origin(5e5, 5e6, 10, 10),
        **options,
    }
    with rasterio.open(path, "w", driver=driver, **profile) as dataset:
        dataset.write(SAMPLES, 1)
    return path


def vrt(path: Path, source: str, *, relative: int = 1, more: str = "") -> Path:
    path.write_text(
        '<VRTDataset rasterXSize="40" '
        'rasterYSize="30"><SRS>EPSG:32631</SRS><GeoTransform>5e5,10,0,5e6,0,-10</GeoTransform>'
        f'<VRTRasterBand dataType="UInt16" band="1"><SimpleSource><SourceFilename '
        f'relativeToVRT="{relative}">{source}</SourceFilename>'
        f"<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>{more}</VRTDataset>"
    )
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """The address of a server, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - its name in http.server

        def log_message(self, *_: object) -> None:
            return

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()
    thread.join()


def samples(path: Path, options: ReadOptions = DEFAULT) -> np.ndarray:
    (band,) = open_product(path, options).bands.values()
    return np.asarray(band.data)


# ---------------------------------------------------------------- the network

WMS = """<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service><DataWindow><UpperLeftX>0</UpperLeftX>
<UpperLeftY>10</UpperLeftY><LowerRightX>10</LowerRightX><LowerRightY>0</LowerRightY><SizeX>40</SizeX><SizeY>30</SizeY><TileLevel>0</TileLevel></DataWindow>
<BlockSizeX>40</BlockSizeX><BlockSizeY>30</BlockSizeY><BandsCount>1</BandsCount></GDAL_WMS>"""  # noqa: E501
WMTS = "<GDAL_WMTS><GetCapabilitiesUrl>{url}/wmts</GetCapabilitiesUrl></GDAL_WMTS>"
WCS = "<WCS_GDAL><ServiceURL>{url}/wcs?</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>"
STACTA = json.dumps(
    {
        "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/tiled-assets/v1.0.0/schema.json"],
        "url": "{url}",
    }
)
MRF = (
    "<MRF_META><CachedSource><Source>{url}/a.tif</Source></CachedSource><Raster><Size x='40' y='30' "
    "c='1'/></Raster></MRF_META>"
)


@pytest.mark.parametrize("text", [WMS, WMTS, WCS, STACTA, MRF], ids=["WMS", "WMTS", "WCS", "STACTA", "MRF"])
@pytest.mark.parametrize("name", ["a.xml", "a.tif"])
def test_descriptions_of_services(tmp_path, asked, text, name):
    url, paths = asked
    path = tmp_path / name
    path.write_text(text.replace("{url}", url).replace("${{", "${").replace("}}", "}"))
    with pytest.raises(BadProduct, match="document that names others"):
        open_product(path)
    assert paths == []


def test_twin_the_same_service_is_asked_where_it_is_allowed(tmp_path, asked):
    url, paths = asked
    (tmp_path / "a.xml").write_text(WMS.format(url=url))
    with pytest.raises(BadProduct, match="cannot be read"):  # the server has no pictures
        samples(tmp_path / "a.xml", ALLOWED)
    assert paths, "the server would have been asked"


@pytest.mark.parametrize(
    "source",
    ["/vsicurl/{url}/a.tif", "{url}/a.tif", "/vsicurl_streaming/{url}/a.tif", "/vsis3/bucket/a.tif", "WMS:{url}/x?"],
)
@pytest.mark.parametrize("relative", [0, 1])
def test_virtual_rasters_of_addresses(tmp_path, asked, source, relative):
    url, paths = asked
    vrt(tmp_path / "a.vrt", source.format(url=url), relative=relative)
    with pytest.raises(BadProduct, match="outside its folder"):
        samples(tmp_path / "a.vrt")
    assert paths == []


def test_a_service_behind_a_virtual_raster(tmp_path, asked):
    url, paths = asked
    (tmp_path / "b.tif").write_text(WMS.format(url=url))
    vrt(tmp_path / "a.vrt", "b.tif")
    with pytest.raises(BadProduct, match="document that names others"):
        samples(tmp_path / "a.vrt")
    assert paths == []


@pytest.mark.parametrize("ending", [".ovr", ".msk"])
def test_a_service_beside_a_raster(tmp_path, asked, ending):
    url, paths = asked
    path = raster(tmp_path / "a.tif")
    (tmp_path / f"a.tif{ending}").write_text(WMS.format(url=url))
    with pytest.raises(BadProduct, match="beside the raster"):
        samples(path)
    assert paths == []


def test_metadata_beside_a_raster_that_name_a_service_are_not_read(tmp_path, asked):
    url, paths = asked
    path = raster(tmp_path / "a.tif")
    (tmp_path / "a.tif.aux.xml").write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI '
        f'key="OVERVIEW_FILE">/vsicurl/{url}/o.tif</MDI></Metadata></PAMDataset>'
    )
    np.testing.assert_array_equal(samples(path), SAMPLES)
    assert paths == []


def test_metadata_inside_a_raster_that_name_a_service(tmp_path, asked):
    url, paths = asked
    path = raster(tmp_path / "a.tif")
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=f"/vsicurl/{url}/o.tif")
    with pytest.raises(BadProduct, match="outside its folder"):
        open_product(path)
    assert paths == []


@pytest.mark.parametrize(
    "name",
    ["{url}/a.tif", "https://example.org/S2A.SAFE", "s3://bucket/a.tif", "/vsicurl/{url}/a.tif", "/vsizip/a.zip/b.tif"],
)
def test_addresses_as_products(tmp_path, asked, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    url, paths = asked
    with pytest.raises(BadProduct, match=r"not from addresses.*download it"):
        open_product(Path(name.format(url=url)))
    assert paths == []


@pytest.mark.parametrize("name", ["file:///data/a.tif", "file:/C:/data/a.dim", "FILE:/a.tif"])
def test_addresses_of_files(name):
    with pytest.raises(BadProduct, match=r"not from addresses.*give its path without file:"):
        open_product(Path(name))


def test_heights_behind_a_service(tmp_path, asked):
    url, paths = asked
    vrt(tmp_path / "dem.vrt", f"/vsicurl/{url}/a.tif")
    grid = Grid(40, 30, rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32631")
    with pytest.raises(BadProduct, match="outside its folder"):
        read_on_grid(tmp_path / "dem.vrt", grid)
    assert paths == []


# ---------------------------------------------------------------- other folders


@pytest.mark.parametrize("how", ["up", "absolute", "through a folder", "nested"])
def test_virtual_rasters_of_other_folders(tmp_path, how):
    secret = raster(tmp_path / "elsewhere" / "b.tif")
    inner = tmp_path / "in"
    (inner / "sub").mkdir(parents=True)
    name = {
        "up": "../elsewhere/b.tif",
        "absolute": str(secret),
        "through a folder": "sub/../../elsewhere/b.tif",
        "nested": "sub/c.vrt",
    }[how]
    if how == "nested":
        vrt(inner / "sub" / "c.vrt", "../../elsewhere/b.tif")
    path = vrt(inner / "a.vrt", name, relative=int(how != "absolute"))
    with pytest.raises(BadProduct, match=r"outside its folder.*--allow-remote"):
        samples(path)
    np.testing.assert_array_equal(samples(path, ALLOWED), SAMPLES)


def test_virtual_rasters_of_their_own_folder_are_read(tmp_path):
    raster(tmp_path / "sub" / "b.tif")
    path = vrt(tmp_path / "a.vrt", "sub/b.tif")
    np.testing.assert_array_equal(samples(path), SAMPLES)
    np.testing.assert_array_equal(samples(vrt(tmp_path / "c.vrt", "a.vrt")), SAMPLES)
    np.testing.assert_array_equal(
        samples(vrt(tmp_path / "d.vrt", str(tmp_path / "sub" / "b.tif"), relative=0)), SAMPLES
    )


def test_virtual_rasters_as_gdal_writes_them(tmp_path):
    path = raster(tmp_path / "b.tif", nodata=7)
    rasterio.shutil.copy(path, tmp_path / "copy.vrt", driver="VRT")
    with rasterio.open(path) as source, WarpedVRT(source, crs="EPSG:4326") as warped:
        rasterio.shutil.copy(warped, tmp_path / "plain.vrt", driver="VRT")
        expected = warped.read(1)
    np.testing.assert_array_equal(samples(tmp_path / "copy.vrt"), SAMPLES)
    np.testing.assert_array_equal(samples(tmp_path / "plain.vrt"), expected)


@pytest.mark.parametrize(
    "more",
    [
        "<PansharpeningOptions><PanchroBand><SourceFilename>b.tif</SourceFilename></PanchroBand></PansharpeningOptions>",
        '<Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/etc/passwd</MDI></Metadata>',
        '<VRTRasterBand dataType="Byte" band="2" '
        'subClass="VRTDerivedRasterBand"><PixelFunctionLanguage>Python</PixelFunctionLanguage></VRTRasterBand>',
        '<OpenOptions><OOI key="ROOT_PATH">/</OOI></OpenOptions>',
    ],
)
def test_virtual_rasters_of_other_kinds_are_named(tmp_path, more):
    raster(tmp_path / "b.tif")
    with pytest.raises(BadProduct, match=r"of a kind that may name other files.*gdal_translate"):
        open_product(vrt(tmp_path / "a.vrt", "b.tif", more=more))


def test_raw_bands_of_other_folders(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_bytes(bytes(2400))
    (tmp_path / "in" / "a.vrt").write_text(
        '<VRTDataset rasterXSize="40" rasterYSize="30"><VRTRasterBand dataType="UInt16" band="1" '
        'subClass="VRTRawRasterBand">'
        '<SourceFilename relativeToVRT="1">../secret</SourceFilename></VRTRasterBand></VRTDataset>'
    )
    with pytest.raises(BadProduct, match="outside its folder"):
        open_product(tmp_path / "in" / "a.vrt")


def test_virtual_rasters_that_name_themselves(tmp_path):
    with pytest.raises(BadProduct, match="without an end"):
        open_product(vrt(tmp_path / "a.vrt", "a.vrt"))


def test_virtual_rasters_of_what_is_missing_or_text(tmp_path):
    (tmp_path / "b.ers").write_text("DatasetHeader Begin\n DataFile = /etc/passwd\nDatasetHeader End\n")
    for name, told in (("none.tif", "not there"), ("b.ers", "file of text")):
        with pytest.raises(BadProduct, match=told):
            open_product(vrt(tmp_path / "a.vrt", name))


def test_links_on_the_disk_are_followed(tmp_path):
    secret = raster(tmp_path / "elsewhere" / "b.tif")
    (tmp_path / "in").mkdir()
    try:
        (tmp_path / "in" / "b.tif").symlink_to(secret)
    except OSError:
        pytest.skip("no links on this system")
    np.testing.assert_array_equal(samples(tmp_path / "in" / "b.tif"), SAMPLES)
    np.testing.assert_array_equal(samples(vrt(tmp_path / "in" / "a.vrt", "b.tif")), SAMPLES)


# ---------------------------------------------------------------- BEAM-DIMAP


@pytest.fixture
def dim(tmp_path: Path) -> Path:
    grid = Grid(40, 30, rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32631")
    path = tmp_path / "in" / "p.dim"
    path.parent.mkdir()
    write_dimap(Product("p", grid, {"B2": Band("B2", SAMPLES, grid)}), path)
    return path


@pytest.mark.parametrize(
    "href",
    [
        "../secret.data/B2.hdr",
        "{folder}/secret.data/B2.hdr",
        "p.data/../../secret.data/B2.hdr",
        "file:///etc/passwd",
        "http://example.org/B2.hdr",
        "",
    ],
)
def test_samples_of_other_folders(tmp_path, dim, href):
    shutil.copytree(dim.with_suffix(".data"), tmp_path / "secret.data")
    text = dim.read_text()
    assert 'href="p.data/B2.hdr"' in text
    dim.write_text(text.replace('href="p.data/B2.hdr"', f'href="{href.format(folder=tmp_path)}"'))
    with pytest.raises(BadProduct, match="outside its folder"):
        open_product(dim)
    if "secret" in href:
        np.testing.assert_array_equal(samples(dim, ALLOWED), SAMPLES)


def test_twin_samples_of_their_own_folder(dim):
    np.testing.assert_array_equal(samples(dim), SAMPLES)


# ---------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("name", "driver"),
    [("a.img", "ENVI"), ("a.img", "HFA"), ("a.png", "PNG"), ("a.jp2", "JP2OpenJPEG"), ("a.bil", "EHdr")],
)
def test_ordinary_formats_are_read(tmp_path, name, driver):
    options = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    np.testing.assert_array_equal(samples(raster(tmp_path / name, driver, **options)), SAMPLES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(BadProduct, match="neither a file nor a folder"):
        open_product(tmp_path / "a.tif")
