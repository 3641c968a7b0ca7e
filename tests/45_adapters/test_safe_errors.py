"""Products that are broken, incomplete, or of another kind: each has its sentence."""

from __future__ import annotations

import importlib.util
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.safe import is_safe, read_safe
from estran.errors import BadGrid, BadParameter, BadProduct, EstranError, UnsupportedProduct

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

ONE_OFFSET = '<Radiometric_Offset_List><RADIO_ADD_OFFSET band_id="0">-1000</RADIO_ADD_OFFSET></Radiometric_Offset_List>'
VIEWS = {5: (builder.constant(3.0, 100.0), np.ones((7, 7), bool))}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return builder.build(
        tmp_path,
        builder.samples(),
        sun=builder.constant(40.0, 150.0),
        views=VIEWS,
        footprint=lambda b: np.full(builder.shape(b), 5, np.uint8),
    )


def image(root: Path, band: str) -> Path:
    return next(root.glob(f"GRANULE/*/IMG_DATA/*_{band}.jp2"))


def tile_xml(root: Path) -> Path:
    return next(root.glob("GRANULE/*/MTD_TL.xml"))


def edit(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text()
    changed = change(text)
    assert changed != text
    path.write_text(changed)


def sentence(kind: type[EstranError], path: Path, **options: object) -> str:
    with pytest.raises(kind) as caught:
        read_safe(path, **options)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_nothing_there(tmp_path: Path) -> None:
    assert "no such file or folder" in sentence(BadProduct, tmp_path / "nowhere.SAFE")


def test_not_a_product(tmp_path: Path) -> None:
    assert "this is not a Sentinel-2 product" in sentence(BadProduct, tmp_path)
    (tmp_path / "a.txt").write_text("hello")
    assert "expected a .SAFE folder, its zip, or its MTD_MSIL1C.xml" in sentence(BadProduct, tmp_path / "a.txt")


def test_product_metadata_missing(root: Path) -> None:
    (root / "MTD_MSIL1C.xml").unlink()
    assert is_safe(root)
    assert "the product metadata file is missing" in sentence(BadProduct, root)


def test_tile_metadata_missing(root: Path) -> None:
    tile_xml(root).unlink()
    assert "the tile metadata file is missing" in sentence(BadProduct, root)


def test_tile_folder_missing(root: Path) -> None:
    folder = tile_xml(root).parent
    folder.rename(folder.with_name("L1C_T99XYZ_A000000_20200101T000000"))
    assert "the folder of tile T31UFS is missing" in sentence(BadProduct, root)


def test_band_file_missing_is_an_error_or_a_note(root: Path) -> None:
    image(root, "B10").unlink()
    message = sentence(BadProduct, root)
    assert "the image of band B10 is missing" in message
    assert "T31UFS_20200615T105031_B10.jp2" in message
    product = read_safe(root, strict=False)
    assert "B10" not in product.bands
    assert any("The image of band B10 is missing" in note for note in product.notes)
    assert product["B11"].data.compute().any()


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.999])
def test_a_truncated_image_is_seen_when_the_product_is_opened(root: Path, keep: float) -> None:
    path = image(root, "B03")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    message = sentence(BadProduct, root)
    assert path.name in message
    assert "truncated" in message or "no JPEG 2000 file" in message


def test_an_image_without_its_length_is_truncated_where_its_end_mark_is_not_last(root: Path) -> None:
    # Real products leave the length of the last box open ("to the end of the file").
    path = image(root, "B03")
    whole = path.read_bytes()
    at = whole.index(b"jp2c") - 4
    whole = whole[:at] + bytes(4) + whole[at + 4 :]
    path.write_bytes(whole)
    assert read_safe(root)["B3"].data.compute().any()
    path.write_bytes(whole[:-3])
    assert "without the end-of-image marker" in sentence(BadProduct, root)
    # In a compressed zip the end is far away: the truncation shows when the pixels are read, and never as zeros.
    product = read_safe(builder.zipped(root, zipfile.ZIP_DEFLATED))
    with pytest.raises(BadProduct, match="truncated or damaged"):
        product["B3"].data.compute()


def test_damage_in_one_tile_of_an_image_is_an_error_and_not_zeros(root: Path) -> None:
    path = image(root, "B02")
    data = bytearray(path.read_bytes())
    last = data.rindex(b"\xff\x90\x00\x0a")  # the last tile's first marker
    data[last : last + 12] = bytes(12)
    path.write_bytes(data)
    product = read_safe(root)
    with pytest.raises(BadProduct, match="truncated or damaged"):
        product["B2"].data.compute()


def test_an_image_of_another_size(root: Path) -> None:
    builder.write_jp2(image(root, "B05"), np.ones((170, 180), np.uint16), 20)
    message = sentence(BadProduct, root)
    assert "the image and the tile metadata differ in size" in message
    assert "expected 180 x 180 pixels, found 170 x 180" in message


def test_level_2a(tmp_path: Path) -> None:
    root = builder.build(tmp_path, {"B02": builder.samples()["B02"]}, level="Level-2A")
    assert is_safe(root)
    assert "this is a Level-2A product" in sentence(UnsupportedProduct, root)


@pytest.mark.parametrize("which", ["product", "tile"])
def test_entities_are_refused(root: Path, which: str) -> None:
    path = root / "MTD_MSIL1C.xml" if which == "product" else tile_xml(root)
    bomb = '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    edit(path, lambda text: text.replace("?>", f"?>{bomb}", 1))
    assert "declares a document type or entities" in sentence(BadProduct, root)


def test_xml_cut_short(root: Path) -> None:
    edit(tile_xml(root), lambda text: text[: len(text) // 2])
    assert "the XML is no well-formed XML" in sentence(BadProduct, root)


def test_a_broken_zip(root: Path) -> None:
    packed = builder.zipped(root)
    packed.write_bytes(packed.read_bytes()[:-3000])
    assert is_safe(packed)
    assert "the zip is broken" in sentence(BadProduct, packed)


def test_a_zip_of_two_products(root: Path, tmp_path: Path) -> None:
    packed = tmp_path / "two.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("A.SAFE", "B.SAFE"):
            archive.write(root / "MTD_MSIL1C.xml", f"{name}/MTD_MSIL1C.xml")
    assert "the zip holds several products" in sentence(BadProduct, packed)


def test_a_servers_page_in_place_of_metadata(root: Path) -> None:
    (root / "MTD_MSIL1C.xml").write_text("<html><body>503</body></html>")
    message = sentence(BadProduct, root)
    assert "found html" in message
    assert "download the product again" in message


def test_an_unknown_crs(root: Path) -> None:
    edit(tile_xml(root), lambda text: text.replace("EPSG:32631", "EPSG:99999"))
    message = sentence(BadGrid, root)
    assert "the tile's CRS is not known" in message
    assert "EPSG:99999" in message


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ('<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>', "", "QUANTIFICATION_VALUE is missing"),
        ('unit="none">10000<', 'unit="none">many<', "QUANTIFICATION_VALUE is no number"),
        ('unit="none">10000<', 'unit="none">0<', "QUANTIFICATION_VALUE is not positive"),
        ("<Reflectance_Conversion>", ONE_OFFSET + "<Reflectance_Conversion>", "RADIO_ADD_OFFSET of band B2 is missing"),
        (
            "<Reflectance_Conversion>",
            ONE_OFFSET + ONE_OFFSET.replace("-1000", "-900") + "<Reflectance_Conversion>",
            "RADIO_ADD_OFFSET of band B1 is given twice",
        ),
        ("GRANULE/L1C", "../../L1C", "the metadata name a file outside the product"),
    ],
)
def test_product_metadata_that_make_no_sense(root: Path, find: str, put: str, says: str) -> None:
    edit(root / "MTD_MSIL1C.xml", lambda text: text.replace(find, put))
    assert says in sentence(BadProduct, root)


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("<NROWS>360</NROWS>", "", "NROWS is missing"),
        ('<Size resolution="60">', '<Size resolution="61">', "no Geoposition of the same resolution"),
        ("<VALUES>40.000000 ", "<VALUES>", "differ in length"),
        ("<VALUES>40.000000 ", "<VALUES>high ", "no number"),
        ('<COL_STEP unit="m">600<', '<COL_STEP unit="m">60<', "does not cover the tile"),
        ('<COL_STEP unit="m">600<', '<COL_STEP unit="m">-600<', "is not positive"),
    ],
)
def test_tile_metadata_that_make_no_sense(root: Path, find: str, put: str, says: str) -> None:
    edit(tile_xml(root), lambda text: text.replace(find, put, 1))
    assert says in sentence(BadProduct, root)


def test_which_tile(root: Path) -> None:
    assert read_safe(root, tile="31UFS").name == root.stem
    assert "does not hold tile T30ABC" in sentence(BadParameter, root, tile="T30ABC")
    edit(
        root / "MTD_MSIL1C.xml",
        lambda text: text.replace(
            "</Granule_List>",
            text[text.index("<Granule ") : text.index("</Granule_List>")].replace("T31UFS_N", "T31UGS_N")
            + "</Granule_List>",
        ),
    )
    assert "the product holds several tiles" in sentence(BadParameter, root)
    assert read_safe(root, tile="T31UFS")["B2"].data.compute().any()


def test_an_angle_resolution_that_is_none(root: Path) -> None:
    assert "angle_resolution is out of range" in sentence(BadParameter, root, angle_resolution=0.0)
