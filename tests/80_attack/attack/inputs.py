"""Copies of the ground's products, in which single files can be exchanged."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path


def copied(product: Path, folder: Path) -> Path:
    """A copy made of hard links: quick; exchange files with :func:`put`, never write into them."""
    target = folder / product.name
    for source, place in [(product, target), *([(product.with_suffix(".data"), target.with_suffix(".data"))] if product.suffix == ".dim" else [])]:
        if source.is_dir():
            shutil.copytree(source, place, copy_function=os.link)
        else:
            os.link(source, place)
    return target


def put(path: Path, data: bytes) -> None:
    """Exchange a file."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def edited(path: Path, edit: Callable[[str], str]) -> None:
    """Exchange a text file for an edited one; the edit must change something."""
    old = path.read_text("utf-8")
    new = edit(old)
    if new == old:
        raise RuntimeError(f"{path.name}: the edit changed nothing")
    put(path, new.encode())


def zipped(product: Path, target: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A folder as a zip, as it is downloaded."""
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path in sorted(product.rglob("*")):
            if path.is_file():
                archive.write(path, f"{product.name}/{path.relative_to(product).as_posix()}")
    return target


def without_checksums(safe: Path) -> None:
    """Take the checksums out of a manifest."""
    edited(safe / "manifest.safe", lambda text: re.sub(r"<checksum .*?</checksum>", "", text))


def with_sha3(safe: Path) -> None:
    """Checksums by SHA3-256, as products have them since 2022."""

    def renewed(match: re.Match[str]) -> str:
        digest = hashlib.sha3_256((safe / match[1]).read_bytes()).hexdigest()
        return f'href="./{match[1]}"/>{match[2]}<checksum checksumName="SHA3-256">{digest}</checksum>'

    edited(safe / "manifest.safe", lambda text: re.sub(r'href="\./([^"]+)"/>(\s*)<checksum checksumName="MD5">\w+</checksum>', renewed, text))
