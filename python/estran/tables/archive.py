"""Large tables as NumPy archives: arrays and a record of how they were made, in one file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadProduct

Array = npt.NDArray[Any]
_RECORD, _CONTENT = "record", "content"


@dataclass(frozen=True, eq=False)
class ArrayTable:
    """A record of how the table was made, and its arrays."""

    record: Mapping[str, str]
    arrays: Mapping[str, Array]


def write_archive(path: Path, record: Mapping[str, str], arrays: Mapping[str, Array]) -> None:
    """Write a table; the hash of its arrays is added to the record. Same arrays and record, same bytes.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "squares.npz"
    >>> write_archive(path, {"what": "squares"}, {"x": np.arange(3), "y": np.arange(3) ** 2})
    >>> table = read_archive(path)
    >>> table.record["what"], table.arrays["y"].tolist()
    ('squares', [0, 1, 4])
    """
    whole = {**record, _CONTENT: content_hash(arrays)}
    packed: dict[str, Any] = {_RECORD: np.array(json.dumps(whole, indent=0)), **arrays}
    with path.open("wb") as file:
        np.savez_compressed(file, **packed)


def read_archive(path: Path, *, check: bool = False) -> ArrayTable:
    """Read a table.

    Parameters
    ----------
    path
        The archive.
    check
        Whether the arrays are compared with the hash in the record; damage of the file is found in any case.

    Raises
    ------
    BadProduct
        If the file is missing, damaged, no table, or not as it was made.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        record = json.loads(str(arrays.pop(_RECORD)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        found = getattr(error, "strerror", None) or type(error).__name__
        raise BadProduct(
            "a look-up table cannot be read",
            where=path.name,
            found=found,
            todo="install Estran again, or estran tables build",
        ) from error
    if check and record.get(_CONTENT) != content_hash(arrays):
        raise BadProduct(
            "a look-up table is not as it was made",
            where=path.name,
            expected=record.get(_CONTENT, "a hash"),
            found=content_hash(arrays),
        )
    return ArrayTable(record, arrays)


def content_hash(arrays: Mapping[str, Array]) -> str:
    """Hash of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.tobytes())
    return "sha256:" + digest.hexdigest()
