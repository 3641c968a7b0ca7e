"""Work that is done piece by piece and survives being stopped: each finished piece is kept in a hidden folder beside
the output, and only what is missing is done by the next run. Tables and studies are made this way.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadProduct
from estran.tables.archive import read_archive, write_archive

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Failed:
    """A piece that could not be made: the sentence, and the exit code that it would have alone."""

    sentence: str
    code: int = 1


Keep = Callable[[str, Arrays], None]
"""Keeps the arrays of a piece; may be called from several threads."""
Worker = Callable[[Sequence[str], Keep], Generator[tuple[str, Arrays | Failed]]]
"""Makes the pieces of these names in any order, keeps each that is made, and says how each ended."""


@dataclass(frozen=True)
class PieceStore:
    """The folder in which pieces wait for the others.

    Names of pieces are names of files: they must differ wherever the content does.
    """

    folder: Path

    def keep(self, name: str, arrays: Arrays) -> None:
        """Write a piece, whole or not at all."""
        part = self.folder / f"{name}.part"
        write_archive(part, {"piece": name}, arrays)
        part.replace(self.folder / f"{name}.npz")

    def find(self, name: str) -> Arrays | None:
        """A piece of an earlier run; None where there is none, or it is damaged (a full disk, a power failure)."""
        path = self.folder / f"{name}.npz"
        if not path.is_file():
            return None
        try:
            return read_archive(path, check=True).arrays
        except BadProduct:
            return None

    def clear(self) -> None:
        """Remove all pieces, once what they are for is whole."""
        shutil.rmtree(self.folder, ignore_errors=True)


def complete(
    store: PieceStore, names: Sequence[str], worker: Worker, progress: Callable[[float, str], None], title: str
) -> tuple[dict[str, Arrays], dict[str, Failed]]:
    """Every piece, made or found from an earlier run.

    Parameters
    ----------
    store
        Where pieces are kept; its folder is made where absent.
    names
        Of the pieces.
    worker
        Makes those that are missing. What it raises ends the work, and what it has kept stays.
    progress
        Gets the fraction of pieces that are there, and which was made last.
    title
        What is made, for `progress`.

    Returns
    -------
    pieces, failed
        Arrays of the pieces that are there, and why the others are not; both in the order of `names`.
    """
    store.folder.mkdir(exist_ok=True)
    found: dict[str, Arrays] = {name: arrays for name in names if (arrays := store.find(name)) is not None}
    count = max(1, len(names))
    progress(len(found) / count, f"{title}: {len(found)} of {len(names)} pieces are there already" if found else title)
    failed: dict[str, Failed] = {}
    missing = [name for name in names if name not in found]
    if missing:
        with closing(worker(missing, store.keep)) as ends:
            for name, made in ends:
                if isinstance(made, Failed):
                    failed[name] = made
                else:
                    found[name] = made
                progress((len(found) + len(failed)) / count, f"{title}: {name}")
    return {n: found[n] for n in names if n in found}, {n: failed[n] for n in names if n in failed}


def in_threads(make: Callable[[str], Arrays], workers: int) -> Worker:
    """A worker of `workers` threads in this process; the first error ends the work: what is under way ends and is kept,
    what waits is not begun.
    """

    def work(names: Sequence[str], keep: Keep) -> Generator[tuple[str, Arrays | Failed]]:
        stop = threading.Event()

        def one(name: str) -> tuple[str, Arrays]:
            if stop.is_set():
                return name, {}
            arrays = make(name)
            keep(name, arrays)
            return name, arrays

        with ThreadPoolExecutor(max_workers=workers) as pool:
            try:
                for done in as_completed([pool.submit(one, name) for name in names]):
                    yield done.result()
            except BaseException:
                stop.set()
                raise

    return work


def one_after_another(pieces: Mapping[str, Arrays]) -> Arrays:
    """Join pieces that have the same arrays along their first axis, in the order of the plan."""
    return {name: np.concatenate([arrays[name] for arrays in pieces.values()]) for name in next(iter(pieces.values()))}
