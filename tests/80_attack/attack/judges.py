"""What must be true of a call and of what it left."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from attack.program import Said

_TIMES = re.compile(rb"<tr[^>]*>(?:(?!</tr>).)*?\d s</td>.*?</tr>", re.DOTALL)
"""How long the parts of a run took, in reports and headers: no two runs have the same."""


def contents(paths: Iterable[Path]) -> str:
    """A digest of files and folders: names and bytes, without the report's seconds and without hidden files."""
    whole = hashlib.sha256()
    for top in sorted(paths):
        for path in sorted([top, *top.rglob("*")] if top.is_dir() else [top]):
            name = path.relative_to(top.parent).as_posix()
            if any(part.startswith(".") for part in path.relative_to(top.parent).parts):
                continue
            whole.update(f"{name}\0{hashlib.sha256(_bytes(path)).hexdigest()}\n".encode())
    return whole.hexdigest()


def _bytes(path: Path) -> bytes:
    """A file's bytes without times; of GeoTIFF and NetCDF, which hold the times inside, the arrays."""
    if path.is_dir():
        return b"folder"
    if path.suffix in (".html", ".dim"):
        return _TIMES.sub(b"", path.read_bytes())
    try:
        return _ARRAYS[path.suffix](path) if path.suffix in _ARRAYS else path.read_bytes()
    except Exception as error:  # a damaged file is like no other
        return f"{path}: {error}".encode()


def _tiff(path: Path) -> bytes:
    import rasterio

    with rasterio.open(path) as raster:
        return repr((raster.descriptions, raster.transform, raster.crs)).encode() + raster.read().tobytes()


def _netcdf(path: Path) -> bytes:
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return b"".join(name.encode() + np.asarray(file[name][...]).tobytes() for name in sorted(file.variables))


_ARRAYS = {".tif": _tiff, ".nc": _netcdf}


def visible(folder: Path) -> list[Path]:
    """What a user sees in a folder."""
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def hidden(folder: Path) -> list[str]:
    """Hidden parts of killed runs."""
    return sorted(p.name for p in folder.iterdir() if ".estran-" in p.name)


def snapshot(folder: Path) -> dict[str, str]:
    """Every file, link and folder below a folder with a digest of it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = "folder"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[name] = "neither file nor folder"
    return found


def honest(said: Said, codes: tuple[int, ...] = (0, 1, 2)) -> str:
    """Whether a call ended in time, by itself, and said one sentence if it failed; "" or what is wrong."""
    if said.late:
        return f"no end after {said.seconds:.0f} s"
    if said.code < 0:
        return f"ended by signal {-said.code}: {said.err.strip()[-200:]}"
    if "Traceback (most recent call last)" in said.err:
        return f"a traceback: {said.err.strip().splitlines()[-1][:300]}"
    if said.code not in codes:
        return f"expected exit {' or '.join(map(str, codes))}, {said.shown()}"
    return "" if said.code == 0 else one_sentence(said)


def one_sentence(said: Said) -> str:
    """Whether the failure is one sentence; "" or what is wrong."""
    errors = [
        line
        for line in said.err.splitlines()
        if not re.match(r"estran: (note|info|debug):|usage: ", line) and line.strip()
    ]
    if said.code == 2 and said.err.startswith("usage:"):
        return ""  # argparse: usage and a sentence
    if len(errors) != 1 or ": error: " not in errors[0]:
        return f"not one sentence (exit {said.code}): {' // '.join(errors)[:400] or '(silence)'}"
    return ""


def refused(said: Said, *words: str, codes: tuple[int, ...] = (1, 2)) -> str:
    """Whether a call was refused in one sentence that holds one of `words`."""
    wrong = honest(said, codes)
    if not wrong and words and not any(word.lower() in said.err.lower() for word in words):
        wrong = f"the sentence has none of {', '.join(map(repr, words))}: {said.sentence[:300]}"
    return wrong
