"""What in a ``.data`` folder belongs to its ``.dim``: the files that the header names, and SNAP's lists of vectors.
Nothing else is ever replaced.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from estran.adapters.files.belongings import Kind, inventory
from estran.adapters.files.dimap.read import is_dimap

_HREF = re.compile(rb"""href\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_VECTORS = "vector_data/"
_OF_VECTORS = (b"#", b"org.esa.")
"""How SNAP's lists of vectors begin."""


def _stranger(header: Path, folder: Path) -> str:
    """The first file of a .data folder that is not its product's; "" where there is none."""
    if folder.suffix.lower() != ".data":
        return folder.name
    ours = _named(header, folder.name)
    folders = {"vector_data", "tie_point_grids", *(str(Path(name).parent) for name in ours)}
    for path, (kind, *_) in inventory(folder).items():
        known = path in folders if kind == "folder" else kind == "file" and (path in ours or _is_vectors(folder, path))
        if not known:
            return path
    return ""


def _named(header: Path, folder: str) -> set[str]:
    """Files in the folder that a header names, with the samples beside each ENVI header."""
    try:
        text = header.read_bytes()
    except OSError:
        return set()
    named = (
        html.unescape((one or other).decode("utf-8", "replace")).replace("\\", "/")
        for one, other in _HREF.findall(text)
    )
    inside = {
        name.removeprefix("./").removeprefix(f"{folder}/")
        for name in named
        if name.removeprefix("./").startswith(f"{folder}/")
    }
    return inside | {name.removesuffix(".hdr") + ".img" for name in inside}


def _is_vectors(folder: Path, path: str) -> bool:
    if not path.startswith(_VECTORS) or not path.endswith(".csv"):
        return False
    try:
        with (folder / path).open("rb") as file:
            return file.read(8).startswith(_OF_VECTORS)
    except OSError:
        return False


DIMAP = Kind(folder=False, called="BEAM-DIMAP product", is_one=is_dimap, stranger=_stranger, marked=False)
