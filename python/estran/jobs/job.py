"""What a job is: one product and all that decides its result, as a digest; and the name of its folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estran.adapters.files.belongings import inventory

_ENDINGS = re.compile(r"\.(safe|zip|dim|data|tiff?|nc|xml|jp2|vrt)$", re.IGNORECASE)
_LONGEST = 120
"""Characters of a name: pictures and bands add theirs, and names of files have at most 255."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""What names of folders look like; nothing in them leads out of the folder that they are in."""


@dataclass(frozen=True)
class Job:
    """One product to be worked on.

    Parameters
    ----------
    name
        Of its folder in the output.
    source
        The product, as the user gave it.
    identity
        Its absolute path, links followed.
    folder
        Where its result goes.
    digest
        Of all that decides the result (:func:`digest_of`).
    """

    name: str
    source: Path
    identity: str
    folder: Path
    digest: str


def digest_of(facts: Mapping[str, Any]) -> str:
    """SHA-256 of what decides a result: command, operator or graph, parameters, source, version.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def fingerprint(path: Path) -> list[Any]:
    """What separates a file or folder from a changed one without reading it: names, sizes, times of change; its place
    does not count.

    Of BEAM-DIMAP the samples beside the header count, too. What cannot be looked at is empty.
    """
    found: list[Any] = []
    beside = [path.with_suffix(".data")] if path.suffix.lower() == ".dim" else []
    for one in (path, *beside):
        try:
            found += sorted(inventory(Path(os.path.realpath(one)), one.name).items())
        except OSError:
            continue
    return found


def identity_of(path: Path) -> str:
    """The absolute path of a product, links followed; of a file inside a .SAFE, the folder's."""
    place = Path(os.path.realpath(path))
    return str(next((p for p in (place, *place.parents) if p.suffix.upper() == ".SAFE" and p.is_dir()), place))


def plain_name(path: Path) -> str:
    """A product's name as a folder's: without ending, and without what a file system minds or what leads elsewhere.

    Examples
    --------
    >>> [plain_name(Path(path)) for path in ("a/S2A_MSIL1C_X.SAFE.zip", "b/été 1.tif", "/", "c/-x")]
    ['S2A_MSIL1C_X', 't_1', 'product', 'x']
    """
    parents = (path, *path.parents)
    name = next(
        (p.name for p in parents if p.suffix.upper() == ".SAFE" and p.is_dir()),
        Path(os.path.abspath(path)).name,  # noqa: PTH100 (".." has no name)
    )
    while _ENDINGS.search(name):
        name = _ENDINGS.sub("", name)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:_LONGEST] or "product"


def names_of(products: Iterable[Path], known: Mapping[str, str]) -> dict[str, Path]:
    """A name for each product; one that is given twice has one.

    The name is the product's own (:func:`plain_name`). Where another product has it, whether in the same command or, as
    `known` says, in an earlier one, the first eight or more digits of the SHA-256 of the product's absolute path stand
    behind it. A product keeps the name that it once had.

    Parameters
    ----------
    products
        As given.
    known
        Absolute paths by name, of earlier runs. A name whose product has gone is free.
    """
    taken = {name.casefold(): place for name, place in known.items() if os.path.lexists(place)}
    kept = {place: name for name, place in known.items() if NAME.fullmatch(name)}
    names: dict[str, Path] = {}
    done: set[str] = set()
    for path in products:
        place = identity_of(path)
        if place in done:
            continue
        done.add(place)
        name = kept.get(place) or _free_name(plain_name(path), place, taken)
        taken[name.casefold()] = place
        names[name] = path
    return names


def _free_name(plain: str, place: str, taken: Mapping[str, str]) -> str:
    digits = hashlib.sha256(os.fsencode(place)).hexdigest()
    candidates = (plain, *(f"{plain}-{digits[:count]}" for count in range(8, len(digits) + 1)))
    return next(name for name in candidates if taken.get(name.casefold(), place) == place)
