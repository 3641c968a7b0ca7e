"""Landsat Level-1 beside its MTL: its numbers mean what the metadata say, and never reflectance by themselves."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files import open_product
from estran.catalogue.operators.cloud_mask import FLAGS, CloudMask
from estran.engine.inputs import gather
from estran.engine.run import run_now
from estran.errors import BadProduct, UnsupportedProduct
from estran.raster.product import Product

SCENE = "LC08_L1TP_001002_20200102_20200103_02_T1"
ENTRIES = {
    "SPACECRAFT_ID": "LANDSAT_8",
    "PROCESSING_LEVEL": "L1TP",
    "DATE_ACQUIRED": "2020-01-02",
    "SCENE_CENTER_TIME": "10:11:12.3456789Z",
    "SUN_AZIMUTH": "160.5",
    "SUN_ELEVATION": "30.0",
    **{f"REFLECTANCE_MULT_BAND_{n}": "2.0000E-05" for n in range(1, 10)},
    **{f"REFLECTANCE_ADD_BAND_{n}": "-0.100000" for n in range(1, 10)},
    **{f"QUANTIZE_CAL_MAX_BAND_{n}": "65535" for n in range(1, 12)},
}


ENTITY = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


def as_text(entries: dict[str, str]) -> str:
    lines = [
        f"    {key} = {value}" if value[0].isdigit() or value[0] == "-" else f'    {key} = "{value}"'
        for key, value in entries.items()
    ]
    return "\n".join(
        [
            "GROUP = LANDSAT_METADATA_FILE",
            "  GROUP = IMAGE",
            *lines,
            "  END_GROUP = IMAGE",
            "END_GROUP = LANDSAT_METADATA_FILE",
            "END",
        ]
    )


def as_json(entries: dict[str, str]) -> str:
    return json.dumps({"LANDSAT_METADATA_FILE": {"IMAGE": entries}})


def as_xml(entries: dict[str, str]) -> str:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in entries.items())
    return f'<?xml version="1.0"?><LANDSAT_METADATA_FILE><IMAGE>{inner}</IMAGE></LANDSAT_METADATA_FILE>'


def image(path: Path, data: np.ndarray, pixel: float = 30.0) -> None:
    profile = {"driver": "GTiff", "count": 1, "height": data.shape[0], "width": data.shape[1], "dtype": data.dtype}
    with rasterio.open(
        path, "w", transform=Affine(pixel, 0, 400000, 0, -pixel, 4000000), crs="EPSG:32633", **profile
    ) as dataset:
        dataset.write(data, 1)


def build(
    folder: Path,
    entries: dict[str, str] = ENTRIES,
    *,
    scene: str = SCENE,
    text: str | None = None,
    ending: str = "txt",
    dtype: str = "uint16",
) -> Path:
    folder.mkdir()
    for number in range(1, 10):
        side = 64 if number == 8 else 32
        data = (
            np.full((side, side), 10000 + 100 * number, dtype)
            if dtype == "uint16"
            else np.full((side, side), 50 + number, dtype)
        )
        data[:, : side // 4] = 0
        image(folder / f"{scene}_B{number}.TIF", data, 15.0 if number == 8 else 30.0)
    (folder / f"{scene}_MTL.{ending}").write_text(text if text is not None else as_text(entries))
    return folder


def values(product: Product, name: str) -> np.ndarray:
    return product[name].physical(np.asarray(product[name].data))


@pytest.mark.parametrize(("ending", "written"), [("txt", as_text), ("json", as_json), ("xml", as_xml)])
def test_reflectance_by_the_metadata(tmp_path: Path, ending: str, written) -> None:
    product = open_product(build(tmp_path / "l8", text=written(ENTRIES), ending=ending))
    assert (product.platform, product.start) == ("Landsat-8", datetime(2020, 1, 2, 10, 11, 12, 345678, UTC))
    blue = values(product, "blue")
    # (2e-5 * 10200 - 0.1) / sin 30 degrees
    assert blue[0, -1] == pytest.approx(0.208)
    assert np.isnan(blue[:, :8]).all()
    assert not np.isnan(blue[:, 8:]).any()
    assert {name: float(p.data[0, 0]) for name, p in product.tie_points.items()} == {
        "sun_zenith": 60.0,
        "sun_azimuth": 160.5,
    }
    inputs = gather(CloudMask(), {"source": product}, read_aux=None, tile=64)
    assert np.asarray(inputs.arrays["sun_zenith"]) == pytest.approx(60.0)


def test_the_metadata_file_itself_and_a_band_alone(tmp_path: Path) -> None:
    folder = build(tmp_path / "l8")
    assert values(open_product(folder / f"{SCENE}_MTL.txt"), "red")[0, -1] == pytest.approx((2e-5 * 10400 - 0.1) * 2)
    assert values(open_product(folder / f"{SCENE}_B4.TIF"), "red")[0, -1] == pytest.approx((2e-5 * 10400 - 0.1) * 2)


def test_angle_bands_are_hundredths_of_degrees(tmp_path: Path) -> None:
    folder = build(tmp_path / "l8")
    image(folder / f"{SCENE}_SZA.TIF", np.full((32, 32), 5987, np.int16))
    image(folder / f"{SCENE}_SAA.TIF", np.full((32, 32), -4321, np.int16))
    product = open_product(folder)
    assert (values(product, "sun_zenith")[0, 0], values(product, "sun_azimuth")[0, 0]) == pytest.approx((59.87, -43.21))
    assert not product.tie_points


def test_landsat_7(tmp_path: Path) -> None:
    """8-bit numbers that have gains to reflectance; those of before 2012 have gains to radiance alone
    and are refused.
    """
    scene = SCENE.replace("LC08", "LE07")
    seven = {**ENTRIES, "SPACECRAFT_ID": "LANDSAT_7"} | {f"REFLECTANCE_MULT_BAND_{n}": "1.5E-03" for n in range(1, 10)}
    product = open_product(build(tmp_path / "l7", seven, scene=scene, dtype="uint8"))
    assert product.platform == "Landsat-7"
    assert values(product, "near_infrared")[0, -1] == pytest.approx((1.5e-3 * 54 - 0.1) * 2)
    old = {key: value for key, value in seven.items() if not key.startswith("REFLECTANCE")} | {
        "RADIANCE_MULT_BAND_1": "0.7"
    }
    product = open_product(build(tmp_path / "old", old, scene=scene, dtype="uint8"))
    with pytest.raises(UnsupportedProduct, match="no gains to reflectance"):
        run_now(CloudMask(), {"source": product})


def test_no_sun_no_reflectance(tmp_path: Path) -> None:
    product = open_product(build(tmp_path / "l8", {**ENTRIES, "SUN_ELEVATION": "-3.2"}))
    assert any("-3.2 degrees" in note for note in product.notes)
    with pytest.raises(UnsupportedProduct, match="scaling is not known"):
        run_now(CloudMask(), {"source": product})


def test_level_2_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedProduct, match=r"Landsat Level-2 .*found L2SP.*Level-1 product of the scene"):
        open_product(build(tmp_path / "l2", {**ENTRIES, "PROCESSING_LEVEL": "L2SP"}))
    image(tmp_path / "LC08_L2SP_001002_20200102_20200103_02_T1_SR_B4.TIF", np.full((20, 20), 9000, np.uint16))
    with pytest.raises(UnsupportedProduct, match="Level-2"):
        open_product(tmp_path / "LC08_L2SP_001002_20200102_20200103_02_T1_SR_B4.TIF")


@pytest.mark.parametrize(
    ("text", "ending"), [("", "txt"), ("{", "json"), ("<a>", "xml"), (ENTITY, "xml"), ("x" * 3_000_000, "txt")]
)
def test_broken_metadata(tmp_path: Path, text: str, ending: str) -> None:
    with pytest.raises(BadProduct, match=r"Landsat metadata file .*MTL"):
        open_product(build(tmp_path / "l8", text=text, ending=ending))


def test_two_scenes(tmp_path: Path) -> None:
    folder = build(tmp_path / "l8")
    shutil.copy(folder / f"{SCENE}_MTL.txt", folder / f"{SCENE.replace('001002', '003004')}_MTL.txt")
    with pytest.raises(BadProduct, match="several Landsat scenes"):
        open_product(folder)


def test_a_coast_of_georgia(shared_data: Path) -> None:
    """Decimated to 900 m: ocean is dark, cloud is bright, and our cloud is mostly that of the quality band (a pixel is
    too coarse for more).
    """
    product = open_product(shared_data / "landsat8_900m_016037")
    assert product.platform == "Landsat-8"
    assert product.start == datetime(2017, 8, 13, 15, 54, 15, 788464, UTC)
    nir08 = values(product, "near_infrared")
    ocean = nir08[205:235, 130:180]
    assert 0.0 < np.nanmedian(ocean) < 0.06
    assert 0.6 < np.nanmax(nir08) < 1.6
    flags = np.asarray(run_now(CloudMask(), {"source": product})["cloud_flags"].data)
    cloud, nodata = FLAGS.unpack(flags, "CLOUD"), FLAGS.unpack(flags, "NODATA")
    quality = np.asarray(product["BQA"].data)
    fill = (quality & 1) != 0  # it has a ring of pixels more along the edge than the bands
    assert not (nodata & ~fill).any()
    assert np.mean(fill & ~nodata) < 0.02
    theirs = (quality & 16) != 0
    assert np.mean(theirs[cloud]) > 0.5
    assert not cloud[205:235, 130:180].any()
