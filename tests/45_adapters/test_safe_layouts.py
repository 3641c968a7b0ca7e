"""One product in the layouts in which people have it: each is read as the product it is, with its own offset, or named
with what to give.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files import open_product
from estran.adapters.files.options import ReadOptions
from estran.errors import BadParameter, BadProduct, EstranError, UnsupportedProduct
from estran.raster.product import Product

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

OFFSETS = dict.fromkeys(range(13), -1000)
SUN = builder.constant(40.0, 150.0)
VIEWS = {5: (builder.constant(3.0, 100.0), np.ones((7, 7), bool))}
BANDS = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"]


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return builder.samples()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, raw: dict[str, np.ndarray]) -> Path:
    """A product of baseline 04.00, not to be changed."""
    mask = {b: np.full(builder.shape(b), 5, np.uint8) for b in builder.BANDS}
    return builder.build(
        tmp_path_factory.mktemp("made"),
        raw,
        baseline="04.00",
        offsets=OFFSETS,
        sun=SUN,
        views=VIEWS,
        footprint=mask.__getitem__,
    )


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    return Path(shutil.copytree(made, tmp_path / made.name))


def granule(root: Path) -> Path:
    return next(root.glob("GRANULE/*"))


def assert_whole(product: Product, raw: dict[str, np.ndarray], offset: float = -0.1) -> None:
    """All of the product: every band with its samples, its offset, angles from the metadata."""
    assert [n for n in product.bands if n.startswith("B")] == BANDS
    np.testing.assert_array_equal(product["B8A"].data.compute(), raw["B8A"])
    assert {product[b].offset for b in BANDS} == {offset}
    assert product.start is not None
    assert product["sun_zenith"].data[0, 0].compute() == pytest.approx(40.0)
    assert product["view_zenith_B5"].data[0, 0].compute() == pytest.approx(3.0)


def sentence(path: Path, kind: type[EstranError] = BadProduct, **options: object) -> str:
    with pytest.raises(kind) as caught:
        open_product(path, ReadOptions(**options))
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "What to do: " in message
    assert "\n" not in message
    return message


# --- a part stands for the whole
# -----------------------------------------------------------------------------------------------------

PARTS = [
    "GRANULE",
    "GRANULE/*",
    "GRANULE/*/IMG_DATA",
    "GRANULE/*/QI_DATA",
    "GRANULE/*/IMG_DATA/*_B02.jp2",
    "GRANULE/*/MTD_TL.xml",
    "DATASTRIP/DS",
]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_product_is_read_as_the_product(root: Path, raw: dict[str, np.ndarray], part: str) -> None:
    (root / "DATASTRIP" / "DS").mkdir(parents=True)
    path = next(root.glob(part))
    product = open_product(path)
    assert_whole(product, raw)
    assert product.name == root.stem
    assert f"{path.name} is a part of the product {root.name}, which was read in its place." in product.notes


def test_a_part_given_from_inside_or_through_a_link(
    root: Path, raw: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(granule(root) / "IMG_DATA")
    assert_whole(open_product(Path()), raw)
    assert_whole(open_product(Path("../..")), raw)
    link = tmp_path / "link"
    link.symlink_to(granule(root) / "IMG_DATA")
    assert_whole(open_product(link), raw)


def test_a_folder_of_ones_own_in_a_product_is_no_part_of_it(root: Path, tmp_path: Path) -> None:
    (root / "mine").mkdir()
    with pytest.raises(BadProduct, match="holds no product"):
        open_product(root / "mine")


@pytest.mark.parametrize("part", ["GRANULE", "GRANULE/*", "GRANULE/*/MTD_TL.xml"])
def test_a_copy_of_a_part_alone_is_refused(root: Path, tmp_path: Path, part: str) -> None:
    path = next(root.glob(part))
    alone = tmp_path / "alone" / path.name
    alone.parent.mkdir()
    path.rename(alone)
    message = sentence(alone)
    assert "this is a part of a Sentinel-2 product" in message
    assert "give the .SAFE folder, or its zip" in message


def test_the_remedies_for_a_lone_granule_work(root: Path, tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    lone = tmp_path / "alone" / granule(root).name
    shutil.copytree(granule(root), lone)
    assert f"or {lone / 'IMG_DATA'} with --offset" in sentence(lone)
    product = open_product(lone / "IMG_DATA", ReadOptions(offset=-1000))
    band = product["B5"]
    np.testing.assert_allclose(
        band.physical(raw["B05"]), np.where(raw["B05"] == 0, np.nan, (raw["B05"] - 1000.0) / 1e4), atol=1e-6
    )


# --- images without metadata
# ---------------------------------------------------------------------------------------------------------


def loose(root: Path, folder: Path, name: Callable[[str], str] = lambda stem: stem) -> Path:
    folder.mkdir()
    for path in granule(root).glob("IMG_DATA/*.jp2"):
        shutil.copy(path, folder / f"{name(path.stem)}.jp2")
    return folder


NAMES: dict[str, Callable[[str], str]] = {
    "level 1C": lambda stem: stem,
    "before December 2016": lambda stem: (
        f"S2A_OPER_MSI_L1C_TL_SGS__20160606T132352_A005001_T32TQR_{stem.rpartition('_')[2]}"
    ),
    "bucket": lambda stem: stem.rpartition("_")[2],
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_images_without_metadata_are_refused_unless_their_offset_is_said(
    root: Path, tmp_path: Path, name: Callable[[str], str]
) -> None:
    folder = loose(root, tmp_path / "loose", name)
    for path in (folder, next(folder.glob("*B02.jp2"))):
        message = sentence(path)
        assert "the offset of the digital numbers is not known" in message
        assert "give the .SAFE, or say what is added to its digital numbers with --offset: -1000 " in message
        assert "the offset of the digital numbers is not known" in sentence(
            path, scale=1e-4
        )  # a scale says nothing about the offset
        for offset in (-1000.0, 0.0):
            product = open_product(path, ReadOptions(offset=offset))
            assert product["B2"].offset == pytest.approx(offset / 1e4)
            assert product["B2"].nodata == 0
            assert any("as --offset says" in note for note in product.notes)


def test_the_offset_comes_before_the_scale(root: Path, tmp_path: Path) -> None:
    product = open_product(loose(root, tmp_path / "loose"), ReadOptions(offset=-1000, scale=2e-4))
    assert (product["B2"].scale, product["B2"].offset) == (2e-4, -0.2)


def test_images_of_level_2a_are_refused(root: Path, tmp_path: Path) -> None:
    folder = loose(root, tmp_path / "R10m", lambda stem: f"{stem}_10m")
    message = sentence(folder, UnsupportedProduct)
    assert "this is out of a Level-2A product" in message
    assert "give the Level-1C product" in message


# --- tiles as cloud buckets hold them
# ------------------------------------------------------------------------------------------------


@pytest.fixture
def bucket(root: Path, tmp_path: Path) -> Path:
    """The bucket's root, with one tile in tiles/31/U/FS/2020/6/15/0 and its product in products/2020/6/15."""
    top = tmp_path / "sentinel-s2-l1c"
    tile, product = top / "tiles/31/U/FS/2020/6/15/0", top / "products/2020/6/15" / root.stem
    (tile / "qi").mkdir(parents=True)
    product.mkdir(parents=True)
    for path in granule(root).glob("IMG_DATA/*.jp2"):
        path.rename(tile / f"{path.stem.rpartition('_')[2]}.jp2")
    for path in granule(root).glob("QI_DATA/*.jp2"):
        path.rename(tile / "qi" / path.name)
    (granule(root) / "MTD_TL.xml").rename(tile / "metadata.xml")
    (root / "MTD_MSIL1C.xml").rename(product / "metadata.xml")
    shutil.rmtree(root)
    (tile / "tileInfo.json").write_text(
        json.dumps({"productName": root.stem, "productPath": f"products/2020/6/15/{root.stem}", "utmZone": 31})
    )
    (product / "productInfo.json").write_text(json.dumps({"name": root.stem}))
    return top


def bucket_tile(top: Path) -> Path:
    return top / "tiles/31/U/FS/2020/6/15/0"


@pytest.mark.parametrize("given", ["", "B02.jp2", "metadata.xml", "tileInfo.json"])
def test_a_tile_in_a_mirror_of_a_bucket(bucket: Path, raw: dict[str, np.ndarray], given: str) -> None:
    product = open_product(bucket_tile(bucket) / given)
    assert_whole(product, raw)
    assert not any("footprints" in note for note in product.notes)
    assert any(f"products/2020/6/15/{product.name}/metadata.xml" in note for note in product.notes)


@pytest.mark.parametrize("name", ["MTD_MSIL1C.xml", "product_metadata.xml", "product/metadata.xml"])
def test_a_tile_with_the_product_metadata_beside_it(
    bucket: Path, raw: dict[str, np.ndarray], tmp_path: Path, name: str
) -> None:
    tile = tmp_path / "31UFS,2020-06-15,0"
    bucket_tile(bucket).rename(tile)
    (tile / name).parent.mkdir(exist_ok=True)
    next(bucket.glob("products/*/*/*/*/metadata.xml")).rename(tile / name)
    assert_whole(open_product(tile), raw)


def test_a_tile_without_the_product_metadata_is_refused(bucket: Path) -> None:
    shutil.rmtree(bucket / "products")
    message = sentence(bucket_tile(bucket))
    assert "the product metadata of the tile are missing, and with them the offset" in message
    assert "products/2020/6/15/S2B_MSIL1C_20200615T105031_N0400_R051_T31UFS_20200615T120000/metadata.xml" in message


def test_metadata_of_another_product_beside_a_tile_are_refused(bucket: Path) -> None:
    path = next(bucket.glob("products/*/*/*/*/metadata.xml"))
    path.write_text(path.read_text().replace("A017100_T31UFS_N02.08", "A017243_T31UFS_N02.08"))
    assert "do not belong together" in sentence(bucket_tile(bucket))


def test_a_flat_folder_of_all_files(root: Path, raw: dict[str, np.ndarray], tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in [p for p in root.rglob("*") if p.is_file()]:
        path.rename(flat / path.name)
    for given in (flat, flat / "T31UFS_20200615T105031_B02.jp2"):
        assert_whole(open_product(given), raw)


# --- folders and zips
# ----------------------------------------------------------------------------------------------------------------


def test_one_folder_in_another_is_named(root: Path, tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    outer = tmp_path / "twice" / root.name
    outer.mkdir(parents=True)
    root.rename(outer / root.name)
    for given in (outer, outer.parent):
        message = sentence(given)
        assert "is no product but holds some" in message
        assert message.endswith(f"give {outer / root.name}.")
    assert_whole(open_product(outer / root.name), raw)


def test_a_product_unpacked_without_its_folders_is_named(root: Path, tmp_path: Path) -> None:
    """As some programs unpack zips of Windows: a file named "X.SAFE\\GRANULE\\…\\T31UFS_20200615T105031_B02.jp2"."""
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in [p for p in root.rglob("*") if p.is_file()]:
        path.rename(flat / path.relative_to(root.parent).as_posix().replace("/", "\\"))
    for given in (flat, next(flat.glob("*B02.jp2"))):
        message = sentence(given)
        assert "unpacked without its folders" in message
        assert "give the zip itself" in message


@pytest.mark.parametrize("ending", [".safe", ""])
def test_a_product_whose_names_are_in_small_letters_is_named(root: Path, tmp_path: Path, ending: str) -> None:
    for path in sorted((p for p in root.rglob("*")), key=lambda p: -len(p.parts)):
        path.rename(path.with_name(path.name.lower()))
    for given in (moved := root.rename(tmp_path / f"small{ending}"), moved / "mtd_msil1c.xml"):
        message = sentence(given)
        assert "have other names than they came with" in message
        assert "found mtd_msil1c.xml" in message


def test_of_several_products_in_a_folder_the_tile_says_which(
    root: Path, tmp_path: Path, raw: dict[str, np.ndarray]
) -> None:
    (tmp_path / "a").mkdir()
    root.rename(tmp_path / "a" / root.name)
    shutil.copytree(tmp_path / "a" / root.name, tmp_path / "a" / root.name.replace("T31UFS", "T31UGS"))
    assert "T31UFS_20200615T120000.SAFE, S2B_" in sentence(tmp_path / "a")
    assert open_product(tmp_path / "a", ReadOptions(granule="31ufs")).source.endswith("T31UFS_20200615T120000.SAFE")


ZIPS: dict[str, str] = {
    "as downloaded": "X.SAFE/",
    "nested": "download/X.SAFE/",
    "without its top folder": "",
    "twice": "X.SAFE/X.SAFE/",
    "dotted": "./X.SAFE/",
}


def zipped(root: Path, target: Path, *tops: str, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(target, "w", compression) as archive:
        for top in tops:
            for path in root.rglob("*"):
                if path.is_file():
                    archive.write(path, f"{top}{path.relative_to(root).as_posix()}")
        archive.writestr("__MACOSX/X.SAFE/._MTD_MSIL1C.xml", b"\0")
    return target


@pytest.mark.parametrize("top", ZIPS.values(), ids=ZIPS.keys())
def test_a_zip_is_read_wherever_the_product_lies_in_it(
    made: Path, raw: dict[str, np.ndarray], tmp_path: Path, top: str
) -> None:
    assert_whole(open_product(zipped(made, tmp_path / "x.zip", top)), raw)


def test_a_zip_whose_names_have_backslashes(made: Path, raw: dict[str, np.ndarray], tmp_path: Path) -> None:
    """As programs of Windows write them."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in [p for p in made.rglob("*") if p.is_file()]:
            archive.writestr("X.SAFE\\" + path.relative_to(made).as_posix().replace("/", "\\"), path.read_bytes())
    assert_whole(open_product(tmp_path / "x.zip"), raw)


@pytest.mark.parametrize(
    "name",
    ["$value", "S2B_MSIL1C_20200615T105031_N0500_R051_T31UFS_20200615T120000.SAFE", "x.zip.1", "a{b.zip", "a}b{/x.zip"],
)
def test_a_zip_is_recognised_by_its_content(made: Path, raw: dict[str, np.ndarray], tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    packed = zipped(made, tmp_path / "packed.zip", "X.SAFE/").rename(tmp_path / name)
    assert_whole(open_product(packed), raw)
    packed.write_bytes(packed.read_bytes()[:5000])
    assert "the zip is broken" in sentence(packed)


def test_a_part_given_as_a_dot_has_a_name_in_the_note(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(granule(root) / "IMG_DATA")
    assert any(note.startswith("IMG_DATA is a part of the product") for note in open_product(Path()).notes)


def test_of_several_products_in_a_zip_the_tile_says_which(
    made: Path, raw: dict[str, np.ndarray], tmp_path: Path
) -> None:
    packed = zipped(made, tmp_path / "x.zip", f"{made.name}/", f"{made.name.replace('T31UFS', 'T31UGS')}/")
    message = sentence(packed)
    assert "the zip holds several products" in message
    assert "name the tile with --granule" in message
    assert_whole(open_product(packed, ReadOptions(granule="T31UFS")), raw)


def test_zips_of_parts_of_other_things_and_of_other_methods(made: Path, tmp_path: Path) -> None:
    assert "this is a part of a Sentinel-2 product" in sentence(
        zipped(granule(made), tmp_path / "granule.zip", f"{granule(made).name}/")
    )
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a.tif", b"II*\0")
    assert "unpack it, and give what is in it" in sentence(tmp_path / "b.zip", UnsupportedProduct)
    packed = zipped(made, tmp_path / "deflate64.zip", "X.SAFE/")
    data = bytearray(packed.read_bytes())
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = data.find(signature)
        while start >= 0:
            data[start + at] = 9  # a method that big zips of Windows use, and zipfile does not know
            start = data.find(signature, start + 4)
    packed.write_bytes(data)
    assert "unpack the zip, and give the .SAFE folder" in sentence(packed)


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tgz", ".7z", ".rar"])
def test_archives_that_are_not_read_are_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"S2B_MSIL1C_20200615T105031_N0400_R051_T31UFS_20200615T120000{ending}"
    path.write_bytes(b"\x1f\x8b")
    assert "unpack it, and give what is in it" in sentence(path, UnsupportedProduct)
    assert f"found {path.name}" in sentence(tmp_path)


# --- several tiles
# -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_tiles(root: Path) -> Path:
    """The product with a second tile T31UGS."""
    first = granule(root)
    second = Path(shutil.copytree(first, first.with_name(first.name.replace("T31UFS", "T31UGS"))))
    (second / "MTD_TL.xml").write_text((second / "MTD_TL.xml").read_text().replace("T31UFS", "T31UGS"))
    for path in second.rglob("T31UFS*"):
        path.rename(path.with_name(path.name.replace("T31UFS", "T31UGS")))
    xml = root / "MTD_MSIL1C.xml"
    text = xml.read_text()
    listed = text[text.index("<Granule ") : text.index("</Granule_List>")]
    xml.write_text(text.replace("</Granule_List>", listed.replace("T31UFS", "T31UGS") + "</Granule_List>"))
    return root


@pytest.mark.parametrize("packed", [False, True])
def test_a_product_of_several_tiles(two_tiles: Path, tmp_path: Path, packed: bool) -> None:
    path = zipped(two_tiles, tmp_path / "x.zip", "X.SAFE/") if packed else two_tiles
    message = sentence(path, BadParameter)
    assert "the product holds several tiles" in message
    assert "found T31UFS, T31UGS" in message
    assert "as in --granule T31UFS" in message
    for name in (
        "T31UGS",
        "31UGS",
        "t31ugs",
        "31ugs",
        "S2B_OPER_MSI_L1C_TL_EPAE_20200615T120000_A017100_T31UGS_N02.08",
        "L1C_T31UGS_A017100_20200615T105030",
    ):
        assert "tile T31UGS," in open_product(path, ReadOptions(granule=name)).description
    assert "does not hold tile T30ABC" in sentence(path, BadParameter, granule="T30ABC")


def test_the_folder_of_one_of_several_tiles_is_that_tile(two_tiles: Path) -> None:
    for path in (two_tiles / "GRANULE").glob("*/IMG_DATA"):
        assert f"tile {path.parent.name.split('_')[1]}," in open_product(path).description


def test_of_several_tiles_the_only_one_that_is_there(two_tiles: Path) -> None:
    shutil.rmtree(next(two_tiles.glob("GRANULE/*T31UFS*")))
    product = open_product(two_tiles)
    assert "tile T31UGS," in product.description
    assert "Of the 2 tiles that the product lists only T31UGS is there: it was read." in product.notes


# --- missing bands
# -------------------------------------------------------------------------------------------------------------------


def test_a_missing_band_has_a_remedy_on_the_command_line(root: Path) -> None:
    next(root.glob("GRANULE/*/IMG_DATA/*_B10.jp2")).unlink()
    message = sentence(root)
    assert "the image of band B10 is missing" in message
    assert "--skip-missing" in message
    assert "B10" not in open_product(root, ReadOptions(strict=False)).bands
    next(root.glob("GRANULE/*/IMG_DATA/*_B03.jp2")).unlink()
    assert "the images of bands B3, B10 are missing" in sentence(root)
    for path in root.glob("GRANULE/*/IMG_DATA/*.jp2"):
        path.unlink()
    assert "none of the product's images is there" in sentence(root, strict=False)


# --- other levels, other formats
# -----------------------------------------------------------------------------------------------------

LEVELS = {
    "S2A_MSIL2A_20180818T094031_N0208_R036_T34VFJ_20180818T120345.SAFE/MTD_MSIL2A.xml": (
        "Level-2A_User_Product",
        "Product_Info",
        "Level-2A",
    ),
    "S2A_MSIL2A_20170823T094031_N0205_R036_T34VFJ_20170823T094252.SAFE/MTD_MSIL2A.xml": (
        "Level-2A_User_Product",
        "L2A_Product_Info",
        "Level-2Ap",
    ),
    "S2A_USER_PRD_MSIL2A_PDMC_20160606T132352.SAFE/S2A_USER_MTD_SAFL2A_PDMC_20160606T132352.xml": (
        "Level-2A_User_Product",
        "L2A_Product_Info",
        "Level-2Ap",
    ),
    "S2A_MSIL2F_20180818T094031_N9999_R036_T34VFJ_20180818T120345.SAFE/MTD_MSIL2F.xml": (
        "Level-2F_User_Product",
        "Product_Info",
        "Level-2F",
    ),
    "S2A_MSIL2H_20180818T094031_N9999_R036_T34VFJ_20180818T120345.SAFE/MTD_MSIL2H.xml": (
        "Level-2H_User_Product",
        "Product_Info",
        "Level-2H",
    ),
    "S2B_OPER_PRD_MSIL1B_PDMC_20160606T132352.SAFE/S2B_OPER_MTD_SAFL1B_PDMC_20160606T132352.xml": (
        "Level-1B_User_Product",
        "Product_Info",
        "Level-1B",
    ),
    "S2B_OPER_PRD_MSIL1B.SAFE/S2B_OPER_MTD_L1B.xml": ("Level-1B_User_Product", "Product_Info", "Level-1B"),
    "S2B_OPER_PRD_MSIL1A_PDMC_20160606T132352.SAFE/S2B_OPER_MTD_SAFL1A_PDMC_20160606T132352.xml": (
        "Level-1A_User_Product",
        "Product_Info",
        "Level-1A",
    ),
    "S2B_OPER_PRD_MSIL0P_PDMC_20160606T132352.SAFE/S2B_OPER_MTD_SAFL0P_PDMC_20160606T132352.xml": (
        "Level-0_User_Product",
        "",
        "Level-0",
    ),
}


@pytest.mark.parametrize(("name", "said"), LEVELS.items(), ids=lambda v: v[2] if isinstance(v, tuple) else "")
def test_other_levels_are_named(tmp_path: Path, name: str, said: tuple[str, str, str]) -> None:
    document, element, level = said
    path = tmp_path / name
    (path.parent / "GRANULE").mkdir(parents=True)
    info = (
        f"<n1:General_Info><{element}><PROCESSING_LEVEL>{level}</PROCESSING_LEVEL></{element}></n1:General_Info>"
        if element
        else ""
    )
    path.write_text(f'<n1:{document} xmlns:n1="x">{info}</n1:{document}>')
    packed = tmp_path / "x.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, name)
    for given in (path.parent, path, path.parent / "GRANULE", packed):
        message = sentence(given, UnsupportedProduct)
        assert f"this is a {level} product" in message
        assert "give the Level-1C product" in message


def test_a_part_of_another_level_is_named_by_its_names(tmp_path: Path) -> None:
    folder = tmp_path / "L2A_T34VFJ_A011330_20170823T094252"
    (folder / "IMG_DATA" / "R10m").mkdir(parents=True)
    (folder / "MTD_TL.xml").write_text("<x/>")
    assert "this is a Level-2A product (surface reflectance)" in sentence(folder, UnsupportedProduct)


def test_sentinel_1(tmp_path: Path) -> None:
    folder = tmp_path / "S1A_IW_GRDH_1SDV_20200615T054031_20200615T054056_033027_03D350_1C2A.SAFE"
    folder.mkdir()
    (folder / "manifest.safe").write_text("<x/>")
    assert "this is a product of Sentinel-1" in sentence(folder, UnsupportedProduct)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("eopf", [True, False])
def test_zarr_is_named(tmp_path: Path, version: int, eopf: bool) -> None:
    attributes = {"stac_discovery": {"properties": {"product:type": "S02MSIL1C"}}} if eopf else {"title": "a cube"}
    files = (
        {".zgroup": {"zarr_format": 2}, ".zattrs": attributes}
        if version == 2
        else {"zarr.json": {"zarr_format": 3, "attributes": attributes}}
    )
    store = tmp_path / "cubes" / "a.zarr"
    store.mkdir(parents=True)
    packed = tmp_path / "a.zarr.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            (store / name).write_text(json.dumps(content))
            archive.writestr(name, json.dumps(content))
    for given in (store, packed, store / next(iter(files)), store.parent):
        message = sentence(given, UnsupportedProduct)
        assert ("EOPF Zarr is not read" in message) == eopf
        assert message.endswith("give the .SAFE of the same scene." if eopf else "give it as NetCDF or GeoTIFF.")


def test_bands_of_a_bucket_in_other_pixels_are_read_with_a_warning(tmp_path: Path) -> None:
    """Previews and exports under such names may come from anywhere: the user is told what would be wrong."""
    for band in builder.BANDS:
        builder.write_jp2(tmp_path / "preview" / f"{band}.jp2", np.full((12, 12), 2000, np.uint16), 320)
    product = open_product(tmp_path / "preview")
    assert product["B2"].offset == 0
    assert any("--offset -1000 mends it" in note for note in product.notes)
    assert open_product(tmp_path / "preview", ReadOptions(offset=-1000))["B2"].offset == -0.1
