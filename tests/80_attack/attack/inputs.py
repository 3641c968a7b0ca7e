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
    for source, place in [
        (product, target),
        *([(product.with_suffix(".data"), target.with_suffix(".data"))] if product.suffix == ".dim" else []),
    ]:
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
    encoding = "latin-1" if b"ISO-8859-1" in path.read_bytes()[:100] else "utf-8"
    old = path.read_text(encoding)
    new = edit(old)
    if new == old:
        raise RuntimeError(f"{path.name}: the edit changed nothing")
    put(path, new.encode(encoding))


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


def with_checksums(safe: Path, name: str) -> None:
    """The manifest's checksums by another algorithm: MD5 as products had them to 2021, SHA3-256 since."""
    algorithm = {"MD5": hashlib.md5, "SHA3-256": hashlib.sha3_256}[name]

    def renewed(match: re.Match[str]) -> str:
        digest = algorithm((safe / match["path"]).read_bytes()).hexdigest()
        return f'href="./{match["path"]}"{match["between"]}<checksum checksumName="{name}">{digest}</checksum>'

    text = (safe / "manifest.safe").read_text("utf-8")
    new, number = re.subn(
        r'href="\./(?P<path>[^"]+)"(?P<between>[^>]*/>\s*)<checksum checksumName="[\w-]+">\w+</checksum>', renewed, text
    )
    if not number:
        raise RuntimeError("the manifest has no checksums")
    put(safe / "manifest.safe", new.encode())
