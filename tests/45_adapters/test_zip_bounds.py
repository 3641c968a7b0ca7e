"""A zip says how much it holds; what it says is checked before it is believed."""

from __future__ import annotations

import struct
import time
import warnings
import zipfile
from pathlib import Path

import pytest

from estran.adapters.files.open import open_product
from estran.adapters.files.safe.store import members
from estran.adapters.files.safe.zip_directory import LARGEST
from estran.errors import BadProduct

NAME = "S2A_MSIL1C_20190410T105031_N0400_R051_T31TDH_20190410T115031.SAFE"


def end_record(directory: int, at: int) -> bytes:
    return struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, min(directory, 0xFFFFFFFF), min(at, 0xFFFFFFFF), 0
    )


def end_record_64(directory: int, at: int, here: int) -> bytes:
    return struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 10**6, 10**6, directory, at) + struct.pack(
        "<4sIQI", b"PK\x06\x07", 0, here, 1
    )


@pytest.mark.parametrize("big", [False, True], ids=["zip", "zip64"])
def test_a_directory_that_would_fill_the_memory(tmp_path, big):
    path = tmp_path / f"{NAME}.zip"
    size = LARGEST + 1
    with path.open("wb") as file:
        file.truncate(size)  # a hole, full of entries as far as the record says
        file.seek(size)
        file.write((end_record_64(size, 0, size) if big else b"") + end_record(0xFFFFFFFF if big else size, 0))
    started = time.monotonic()
    with pytest.raises(BadProduct, match="directory of the zip is too large"):
        open_product(path)
    assert time.monotonic() - started < 1


def test_twin_the_largest_that_is_listed(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{NAME}/GRANULE/{number:05}.xml", b"")
    assert len(members(path)) == 3000


def test_a_file_that_is_there_twice(tmp_path):
    path = tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in ("<a/>", "<b/>"):
            archive.writestr(f"{NAME}/MTD_MSIL1C.xml", text)
    with pytest.raises(BadProduct, match="holds a file twice"):
        open_product(path)


def packed(path: Path, content: bytes, claimed: int | None = None) -> Path:
    """A zip of a product whose metadata are `content`, and claim to have `claimed` bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NAME}/MTD_MSIL1C.xml", content)
    if claimed is not None:
        data = bytearray(path.read_bytes())
        for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", data, data.index(signature) + offset, claimed)
        path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("claimed", "told"),
    [(None, "too large.*64 MB"), (1000, "cannot be unpacked|no well-formed XML")],
    ids=["honest", "with a size that is a lie"],
)
def test_a_bomb(tmp_path, claimed, told):
    path = packed(tmp_path / f"{NAME}.zip", b"<a>" + b" " * 100_000_000 + b"</a>", claimed)
    assert path.stat().st_size < 200_000
    started = time.monotonic()
    with pytest.raises(BadProduct, match=told):
        open_product(path)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\x", "C:\\x", f"{NAME}/../../x"])
def test_names_that_lead_elsewhere_are_never_followed(tmp_path, name):
    path = tmp_path / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{NAME}/MTD_MSIL1C.xml", "<a/>")
        archive.writestr(name, "secret")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    with pytest.raises(BadProduct):
        open_product(path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
