"""BEAM-DIMAP against files that a real SNAP wrote: every value is known from how they were made, and what we write back
has their structure.
"""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio

from estran.adapters.files import open_product, write_product
from estran.adapters.files.dimap.read import read_dimap
from estran.adapters.files.virtual import mask_array, valid_mask
from estran.errors import BadProduct

PRODUCTS = ["utm", "tiepoint_geocoding", "multisize", "resampled_20_Mean_Bilinear", "resampled_60_Mean_Nearest"]


@pytest.fixture(scope="module")
def snap(shared_data) -> Path:
    return shared_data / "snap_products"


@pytest.fixture(scope="module", params=["utm", "tiepoint_geocoding"])
def known(request, snap):
    """A product made by rule, and its pixel coordinates."""
    product = read_dimap(snap / f"{request.param}.dim")
    y, x = np.mgrid[: product.grid.height, : product.grid.width]
    return product, x, y


def test_every_value(known):
    product, x, y = known
    reflectance = product["B4"].physical(product["B4"].data.compute(), np.float64)
    # Raw values were truncated, so a value is up to one step of 1e-4 below the rule.
    expected = np.where(x < 3, np.nan, (x % 50) / 50)
    below = expected - reflectance
    assert np.array_equal(np.isnan(below), x < 3)
    assert np.nanmin(below) > -1e-9
    assert np.nanmax(below) < 1.0001e-4
    np.testing.assert_array_equal(product["B4"].data == 0, x < 3)
    np.testing.assert_array_equal(
        product["glint"].data, np.where((x + y) % 17 == 0, np.nan, (y / 1000).astype(np.float32))
    )
    np.testing.assert_array_equal(product["height"].data, 1000.0 * x + y)
    np.testing.assert_array_equal(product["i8"].data, (x % 200) - 100)
    np.testing.assert_array_equal(product["i16"].data, 10 * x - 500)
    np.testing.assert_array_equal(product["i32"].data, 100000 * x - y)
    np.testing.assert_array_equal(product["cloud_flags"].data, (x // 10) % 16)
    np.testing.assert_array_equal(product["class"].data, (y // 20) % 3)
    types = {name: band.data.dtype.name for name, band in product.bands.items()}
    assert types == {
        "B4": "uint16",
        "glint": "float32",
        "height": "float64",
        "i8": "int8",
        "i16": "int16",
        "i32": "int32",
        "cloud_flags": "uint8",
        "class": "uint8",
        "ndvi_like": "float32",
    }


def test_what_bands_say(known):
    product, *_ = known
    b4 = product["B4"]
    assert (b4.scale, b4.offset, b4.nodata, b4.wavelength, b4.bandwidth, b4.unit) == (
        1e-4,
        -0.1,
        0.0,
        664.75,
        31.0,
        "dl",
    )
    assert b4.description == "Reflectance in band B4"
    assert np.isnan(product["glint"].nodata)
    assert product["glint"].valid == "B4 > 0"
    assert product["height"].nodata is None
    assert product["height"].unit == "m"
    assert product["ndvi_like"].expression == "(B4 - glint)/(B4 + glint)"


def test_codings_and_masks(known):
    product, x, _ = known
    coding = product["cloud_flags"].coding
    assert [(f.name, f.mask, f.meaning) for f in coding.flags] == [
        (n, 1 << i, f"{n} pixel") for i, n in enumerate(("CLOUD", "SHADOW", "SNOW", "WATER"))
    ]
    # The colours of flags are those of their masks.
    assert [f.colour for f in coding.flags] == [(255, 255, 255), (128, 128, 128), (0, 255, 255), (0, 0, 255)]
    assert [(v.name, v.value) for v in product["class"].coding.values] == [("clear", 0), ("water", 1), ("cloud", 2)]
    assert {m.name: m.expression for m in product.masks.values()} == {
        f"cloud_{n.lower()}": f"cloud_flags.{n}" for n in ("CLOUD", "SHADOW", "SNOW", "WATER")
    }
    np.testing.assert_array_equal(mask_array(product, "cloud_snow"), (x // 10) % 16 & 4 != 0)


def test_valid_pixels(known):
    product, x, y = known
    np.testing.assert_array_equal(valid_mask(product, product["B4"]), x >= 3)
    # "B4 > 0" on scaled samples: x mod 50 = 0 is reflectance 0, no-data is -0.1.
    np.testing.assert_array_equal(valid_mask(product, product["glint"]), ((x + y) % 17 != 0) & (x >= 3) & (x % 50 != 0))
    assert valid_mask(product, product["height"]) is None


def test_the_rest_of_the_product(known):
    product, *_ = known
    assert (product.auto_grouping, product.quicklook, product.kind) == ("cloud:glint", "B4", "S2-like")
    element = next(e for e in product.metadata if e.name == "Estran_Processing")
    assert dict(element.attributes) == {"parameter_a": "0.2", "count": 3}
    assert product.notes == ()


def test_map_geocoding(snap):
    product = read_dimap(snap / "utm.dim")
    assert product.grid.crs == "EPSG:32632"
    assert tuple(product.grid.transform)[:6] == (10, 0, 500995, 0, -10, 4998005)
    # SNAP's NetCDF of the same product gives the centre of the first pixel.
    lon, lat = product.grid.lonlat(0.5, 0.5)
    assert (float(lon), float(lat)) == pytest.approx((9.0127179, 45.13547308), abs=1e-7)


def test_tie_points(snap):
    product = read_dimap(snap / "tiepoint_geocoding.dim")
    assert product.tie_point_geocoding == ("latitude", "longitude")
    assert product.grid.transform is None
    latitude = product.tie_points["latitude"]
    assert latitude.data.shape == (5, 6)
    assert (latitude.offset_x, latitude.offset_y, latitude.step_x, latitude.step_y, latitude.unit) == (
        -16.5,
        -51.5,
        64.0,
        64.0,
        "deg",
    )
    raw = np.fromfile(snap / "tiepoint_geocoding.data/tie_point_grids/latitude.img", ">f4").reshape(5, 6)
    np.testing.assert_array_equal(latitude.data, raw)
    assert len(product.tie_points) == 15
    assert product.tie_points["longitude"].cyclic
    assert not latitude.cyclic
    assert product.start == datetime(2007, 7, 9, 11, 14, 55, 493954, tzinfo=UTC)
    assert product.stop == datetime(2007, 7, 9, 11, 15, 3, 545405, tzinfo=UTC)


def test_multisize(snap):
    product = read_dimap(snap / "multisize.dim")
    assert product.is_multisize
    for name, step in (("B2", 1), ("B5", 2), ("B10", 6)):
        band = product[name]
        assert band.grid.shape == (180 // step, 240 // step)
        assert band.grid.pixel_size == (10 * step, 10 * step)
        y, x = np.mgrid[: band.grid.height, : band.grid.width]
        value = band.data.compute() * band.scale
        assert np.all(np.abs((x * step % 60) / 60 + 0.01 - value - 0.5e-4) < 0.51e-4)
    y, _ = np.mgrid[:180, :240]
    np.testing.assert_allclose(product["sun_zenith"].data, 30 + y / 100, rtol=1e-7)
    assert product.grid == product["B2"].grid


def test_virtual_band_has_the_bits_that_snap_computed(snap):
    """SNAP's GeoTIFF and NetCDF writers leave out or evaluate the virtual band; the NetCDF has its values."""
    ours = read_dimap(snap / "utm.dim")["ndvi_like"].data.compute()
    theirs = open_product(snap / "utm.nc")["ndvi_like"].data.compute()
    np.testing.assert_array_equal(ours, theirs)


def flattened(node: ET.Element, path: str = "") -> list[tuple[str, dict[str, str], str]]:
    """Every element in order: its path, attributes and text, blanks aside."""
    found = []
    for child in node:
        text = " ".join((child.text or "").split())
        # The method's EPSG code inside a CRS, which SNAP sometimes writes and sometimes not.
        text = text.replace(
            'PROJECTION["Transverse_Mercator", AUTHORITY["EPSG","9807"]]', 'PROJECTION["Transverse_Mercator"]'
        )
        found.append((f"{path}/{child.tag}", dict(child.attrib), text))
        found += flattened(child, f"{path}/{child.tag}")
    return found


@pytest.mark.parametrize("name", PRODUCTS)
def test_written_back_it_is_what_snap_wrote(snap, tmp_path, name):
    write_product(read_dimap(snap / f"{name}.dim"), tmp_path / f"{name}.dim")
    assert flattened(ET.parse(tmp_path / f"{name}.dim").getroot()) == flattened(
        ET.parse(snap / f"{name}.dim").getroot()
    )
    theirs = {p.relative_to(snap) for p in (snap / f"{name}.data").rglob("*")}
    assert {p.relative_to(tmp_path) for p in (tmp_path / f"{name}.data").rglob("*")} == theirs
    for path in theirs:
        if path.suffix == ".hdr":
            drop = ', AUTHORITY["EPSG","9807"]'
            assert (tmp_path / path).read_text() == (snap / path).read_text().replace(drop, "")
        elif (snap / path).is_file():
            assert (tmp_path / path).read_bytes() == (snap / path).read_bytes(), path


def test_gdal_reads_the_images(snap, tmp_path):
    write_product(read_dimap(snap / "utm.dim"), tmp_path / "utm.dim")
    with rasterio.open(tmp_path / "utm.data" / "B4.img") as image:
        assert image.crs.to_epsg() == 32632
        assert tuple(image.transform)[:6] == pytest.approx((10, 0, 500995, 0, -10, 4998005))
        assert (image.scales[0], image.offsets[0]) == (1e-4, -0.1)
        np.testing.assert_array_equal(image.read(1), read_dimap(snap / "utm.dim")["B4"].data)


def test_our_own_facts_survive(snap, tmp_path):
    product = replace(read_dimap(snap / "utm.dim"), platform="Sentinel-2C", notes=("The sun's angles were assumed.",))
    product = product.with_bands(
        replace(product["B4"], saturated=65535.0, palette=((0.0, (0, 0, 0), "dark"), (1.0, (255, 10, 0), "")))
    )
    write_product(product, tmp_path / "x.dim")
    back = read_dimap(tmp_path / "x.dim")
    assert (back.platform, back.notes, back["B4"].saturated, back["B4"].palette) == (
        "Sentinel-2C",
        product.notes,
        65535.0,
        product["B4"].palette,
    )
    assert back.metadata == product.metadata


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_encoding(copied, encoding):
    """Every header of SNAP says ISO-8859-1; on Java 18 and later its bytes are UTF-8."""
    text = copied.read_text("latin-1").replace("<BAND_DESCRIPTION>", "<BAND_DESCRIPTION>W/m²/µm ", 1)
    assert 'encoding="ISO-8859-1"' in text
    copied.write_text(text, encoding)
    assert next(iter(read_dimap(copied).bands.values())).description.startswith("W/m²/µm ")


# ---------------------------------------------------------------- bad input


@pytest.fixture
def copied(snap, tmp_path):
    shutil.copytree(snap / "utm.data", tmp_path / "utm.data")
    shutil.copy(snap / "utm.dim", tmp_path / "utm.dim")
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path / "utm.dim"


def test_missing_samples(copied):
    (copied.parent / "utm.data" / "i16.img").unlink()
    with pytest.raises(BadProduct, match=r"samples of a band are missing .*i16\.img.*copy the \.data folder"):
        read_dimap(copied)


def test_truncated_samples(copied):
    image = copied.parent / "utm.data" / "i16.img"
    image.write_bytes(image.read_bytes()[:-1])
    with pytest.raises(BadProduct, match=r"truncated .*expected 63742 bytes, found 63741"):
        read_dimap(copied)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t[:3000], "no well-formed XML"),
        (
            lambda t: t.replace("<Dimap_Document", '<!DOCTYPE d [<!ENTITY a "b">]><Dimap_Document', 1),
            "declares a document type or entities",
        ),
        (lambda t: t.replace("<NCOLS>203</NCOLS>", "<NCOLS>many</NCOLS>"), "header is inconsistent"),
        (lambda t: t.replace("uint16", "complex"), "unknown sample type"),
        (lambda t: t.replace("PROJCS[", "PROJEKT["), "CRS cannot be understood"),
        (lambda t: t.replace("Dimap_Document", "Document"), "not a BEAM-DIMAP product"),
    ],
)
def test_damaged_header(copied, change, told):
    from estran.errors import EstranError

    copied.write_text(change(copied.read_text("latin-1")), "latin-1")
    with pytest.raises(EstranError, match=told):
        open_product(copied)
