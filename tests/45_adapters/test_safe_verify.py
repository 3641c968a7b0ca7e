"""Damage inside a product: seen by the checksums that it carries, whatever the decoder thinks of it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.open import open_product
from estran.adapters.files.options import ReadOptions
from estran.adapters.files.safe import read_safe
from estran.adapters.files.safe.locate import locate
from estran.adapters.files.safe.manifest import read_sums
from estran.adapters.files.safe.store import Folder
from estran.adapters.files.safe.verify import NO_SUMS, verify
from estran.adapters.files.safe_write import write_safe
from estran.cli.main import main
from estran.errors import BadProduct
from estran.scenes.simulate import SceneConfig, simulate

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safe(
        simulate(SceneConfig(seed=3, size=96, baseline="04.00")), tmp_path_factory.mktemp("whole") / "scene"
    )


@pytest.fixture
def safe(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(whole, tmp_path / whole.name))


def image(root: Path, band: str) -> Path:
    return next(root.glob(f"GRANULE/*/IMG_DATA/*_{band}.jp2"))


def flip(path: Path, at: int, by: int = 0x55) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= by
    path.write_bytes(content)


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(BadProduct) as caught:
        read_safe(path, **options)
    return str(caught.value)


def manifest(root: Path, kind: str, algorithm: str) -> None:
    """A manifest of our own, as terse as can be."""
    entries = [
        f'<dataObject><byteStream size="{p.stat().st_size}"><fileLocation href="./{p.relative_to(root).as_posix()}"/>'
        f'<checksum checksumName="{kind}">{hashlib.new(algorithm, p.read_bytes()).hexdigest()}</checksum></byteStream></dataObject>'  # noqa: E501
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name != "manifest.safe"
    ]
    (root / "manifest.safe").write_text(f"<x:XFDU xmlns:x='urn:ccsds:schema:xfdu:1'>{''.join(entries)}</x:XFDU>")


def test_a_whole_product_says_so(whole: Path) -> None:
    assert read_safe(whole).notes[0] == "Checksums: 13 of 13 images agree (SHA3-256)."
    assert read_safe(whole, compare_sums=False).notes[0] == "Checksums: SHA3-256 for 13 of 13 images, not compared."


def test_a_byte_changed_anywhere_in_an_image_is_caught(whole: Path, tmp_path: Path) -> None:
    """60 of 60, all over the file; without the comparison most of them give other pixels, in silence (which is why it
    is there).
    """
    random = np.random.default_rng(60)
    safe = Path(shutil.copytree(whole, tmp_path / whole.name))
    silent = 0
    for k in range(60):
        band = ("B02", "B03", "B8A", "B10", "B12")[k % 5]
        path = image(safe, band)
        good = path.read_bytes()
        start = good.index(b"\xff\x93") + 2  # the code stream's data, past its headers
        flip(path, int(random.integers(start, len(good) - 2)), int(random.integers(1, 256)))
        assert path.name in refusal(safe)
        name = band.replace("B0", "B")
        with contextlib.suppress(BadProduct):  # the decoder noticed
            silent += not np.array_equal(
                read_safe(safe, compare_sums=False)[name].data.compute(),
                read_safe(whole, compare_sums=False)[name].data.compute(),
            )
        path.write_bytes(good)
    assert silent > 30
    read_safe(safe)


def test_all_damaged_files_are_named_with_a_remedy(safe: Path) -> None:
    for band in ("B02", "B11"):
        flip(image(safe, band), -40)
    message = refusal(safe)
    assert "2 of the product's files are damaged" in message
    assert all(image(safe, band).name in message for band in ("B02", "B11"))
    assert "its SHA3-256 differs" in message
    assert message.endswith("What to do: download the product again, or read it as it is with --no-verify.")
    assert "B4" in read_safe(safe, compare_sums=False).bands


def test_the_remedy_works_on_the_command_line(safe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(image(safe, "B02"), -40)
    assert main(["masks", str(safe), "-o", str(tmp_path / "o.dim"), "-q"]) == 1
    assert "--no-verify" in capsys.readouterr().err
    assert not (tmp_path / "o.dim").exists()
    assert main(["masks", str(safe), "-o", str(tmp_path / "o.dim"), "-q", "--no-verify"]) == 0
    assert b"Checksums: SHA3-256 for 13 of 13 images, not compared." in (tmp_path / "o.dim").read_bytes()


def test_info_reads_no_image(safe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(image(safe, "B02"), -40)
    assert main(["info", str(safe)]) == 0
    assert "Checksums: SHA3-256 for 13 of 13 images, not compared." in capsys.readouterr().out


def test_metadata_are_compared_too(safe: Path) -> None:
    """A digit changed in the metadata is good XML, and another offset."""
    path = safe / "MTD_MSIL1C.xml"
    path.write_text(path.read_text(encoding="utf-8").replace(">-1000<", ">-1001<"), encoding="utf-8")
    assert "MTD_MSIL1C.xml: its SHA3-256 differs" in refusal(safe)
    assert read_safe(safe, compare_sums=False)["B2"].offset == pytest.approx(-0.1001)


def test_files_that_are_not_read_do_not_matter(safe: Path) -> None:
    flip(image(safe, "TCI"), -40)
    next(safe.rglob("*_PVI.jp2")).unlink()
    assert read_safe(safe).notes[0] == "Checksums: 13 of 13 images agree (SHA3-256)."


def test_a_damaged_footprint_counts_as_a_missing_one(safe: Path) -> None:
    path = next(safe.rglob("MSK_DETFOO_B06.jp2"))
    flip(path, -30)
    notes = read_safe(safe).notes
    assert (
        "The detector footprints of B6 cannot be used (MSK_DETFOO_B06.jp2: its SHA3-256 differs): they count as "
        "missing." in notes
    )
    assert any(note.startswith("No detector footprints for B6:") for note in notes)


def test_a_missing_band_is_no_damage(safe: Path) -> None:
    image(safe, "B10").unlink()
    assert read_safe(safe, strict=False).notes[0] == "Checksums: 12 of 12 images agree (SHA3-256)."


class Unread(Folder):
    """A product whose files cannot be opened."""

    def open(self, name):
        raise AssertionError(f"{name} was opened")


def test_a_wrong_size_is_seen_without_reading(safe: Path) -> None:
    path = image(safe, "B03")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-7])
    name = path.relative_to(safe).as_posix()
    found = verify(Unread(safe), [name])
    assert found.damaged == {name: f"{size - 7} bytes instead of {size}"}


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [
        ("MD5", "md5"),
        ("SHA3-256", "sha3_256"),
        ("SHA-256", "sha256"),
        ("sha256", "sha256"),
        ("SHA3_512", "sha3_512"),
        ("SHA-1", "sha1"),
        ("SHA-512", "sha512"),
    ],
)
def test_kinds_of_checksums(safe: Path, kind: str, algorithm: str) -> None:
    manifest(safe, kind, algorithm)
    assert read_safe(safe).notes[0] == f"Checksums: 13 of 13 images agree ({kind})."
    flip(image(safe, "B05"), -25)
    assert f"its {kind} differs" in refusal(safe)


def test_a_kind_that_is_not_known_is_said(safe: Path) -> None:
    manifest(safe, "WHIRL-9", "md5")
    assert (
        read_safe(safe).notes[0]
        == "The product's checksums are of a kind that is not known here (WHIRL-9): not compared."
    )


@pytest.mark.parametrize(
    "text", ["<xfdu/>", "", "<xfdu", '<!DOCTYPE x [<!ENTITY a "b">]><xfdu>&a;</xfdu>', "\x00\x01", None]
)
def test_a_manifest_that_says_nothing_is_no_error(safe: Path, text: str | None) -> None:
    if text is None:
        (safe / "manifest.safe").unlink()
    else:
        (safe / "manifest.safe").write_text(text)
    assert read_safe(safe).notes[0] == NO_SUMS


def test_a_manifest_may_not_point_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    root = builder.build(tmp_path, {"B02": builder.samples()["B02"]}, sun=builder.constant(40.0, 150.0))
    entries = "".join(
        f'<byteStream size="1"><fileLocation href="{h}"/><checksum checksumName="MD5">00</checksum></byteStream>'
        for h in ("../secret", "/etc/passwd")
    )
    (root / "manifest.safe").write_text(f"<x>{entries}</x>")
    assert read_sums(locate(root).store) == {}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("with_manifest", [True, False])
def test_zips(safe: Path, compression: int, with_manifest: bool) -> None:
    """A zip brings a CRC-32 of each member, which GDAL's /vsizip/ does not look at; the manifest's sums are used where
    there are any.
    """
    if not with_manifest:
        (safe / "manifest.safe").unlink()
    zipped = builder.zipped(safe, compression)
    kind = "SHA3-256" if with_manifest else "CRC-32"
    assert read_safe(zipped).notes[0] == f"Checksums: 13 of 13 images agree ({kind})."
    with zipfile.ZipFile(zipped) as archive:
        (member,) = (m for m in archive.infolist() if "IMG_DATA/" in m.filename and m.filename.endswith("_B08.jp2"))
    flip(zipped, member.header_offset + 30 + len(member.filename) + member.compress_size - 60)
    assert re.search("_B08.jp2", refusal(zipped))


def test_real_manifests(shared_data: Path) -> None:
    """Two of ESA's, from before and after the change of 2020/2021: their sums are those of the files that are there."""
    kinds = set()
    for root in sorted((shared_data / "s2_l1c_metadata").glob("*.SAFE")):
        store = locate(root).store
        sums = read_sums(store)
        there = [n for n in store.names() if n in sums]
        assert len(sums) == 97
        assert len(there) == 2
        assert verify(store, there).damaged == {}
        kinds |= {sums[n].kind for n in there}
    assert kinds == {"MD5", "SHA3-256"}


def test_options_reach_the_reader(safe: Path) -> None:
    flip(image(safe, "B02"), -40)
    with pytest.raises(BadProduct, match="damaged"):
        open_product(safe)
    assert "B2" in open_product(safe, ReadOptions(verify=False)).bands
