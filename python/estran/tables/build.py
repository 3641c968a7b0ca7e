"""Building of large tables piece by piece: stopped at any moment, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
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
class Plan:
    """What a table is made of.

    Parameters
    ----------
    name
        File name of the table ("rayleigh.npz").
    record
        What the table is and everything that decides its content: quantity, units, page, grid, command, inputs with
        their hashes. Pieces of a plan with another record are not taken over.
    pieces
        Names of the pieces, each a piece of work of seconds to minutes.
    make
        The arrays of one piece; may be called from several threads at once, in any order.
    join
        The arrays of the table from those of all pieces, by name.
    write
        Writes record and arrays to a path; a NumPy archive unless said otherwise.
    """

    name: str
    record: Mapping[str, str]
    pieces: Sequence[str]
    make: Callable[[str], Arrays]
    join: Callable[[Mapping[str, Arrays]], Arrays]
    write: Callable[[Path, Mapping[str, str], Arrays], None] = write_archive


def one_after_another(pieces: Mapping[str, Arrays]) -> Arrays:
    """Join pieces that have the same arrays along their first axis, in the order of the plan."""
    return {name: np.concatenate([arrays[name] for arrays in pieces.values()]) for name in next(iter(pieces.values()))}


def pieces_folder(plan: Plan, folder: Path) -> Path:
    """Where the pieces of a plan wait for the others: beside the table, hidden, named by all that decides them."""
    said = json.dumps([plan.name, dict(plan.record), list(plan.pieces)], sort_keys=True)
    return folder / f".{plan.name}.{hashlib.sha256(said.encode()).hexdigest()[:12]}.pieces"


def make_pieces(
    plan: Plan, folder: Path, progress: Callable[[float, str], None], *, workers: int = 1
) -> dict[str, Arrays]:
    """Every piece of a plan, made or found from an earlier run.

    Parameters
    ----------
    plan
        What to make.
    folder
        Where the table will be; must exist.
    progress
        Told the share of pieces that are there, and what was made last.
    workers
        Pieces made at once, in threads. The result does not depend on it.
    """
    store = pieces_folder(plan, folder)
    store.mkdir(exist_ok=True)
    found = {piece: arrays for piece in plan.pieces if (arrays := _found(store / f"{piece}.npz")) is not None}
    progress(
        len(found) / len(plan.pieces),
        f"{plan.name}: {len(found)} of {len(plan.pieces)} pieces are there already" if found else plan.name,
    )
    stop = threading.Event()

    def make(piece: str) -> tuple[str, Arrays]:
        if stop.is_set():
            return piece, {}
        arrays = plan.make(piece)
        part = store / f"{piece}.part"
        write_archive(part, {"piece": piece}, arrays)
        part.replace(store / f"{piece}.npz")
        return piece, arrays

    with ThreadPoolExecutor(max_workers=workers) as pool:
        waiting = [pool.submit(make, piece) for piece in plan.pieces if piece not in found]
        try:
            for done in as_completed(waiting):
                piece, arrays = done.result()
                found[piece] = arrays
                progress(len(found) / len(plan.pieces), f"{plan.name}: {piece}")
        except BaseException:
            # What is under way ends and is kept; what waits is not begun.
            stop.set()
            raise
    return {piece: found[piece] for piece in plan.pieces}


def finish(plan: Plan, pieces: Mapping[str, Arrays], path: Path) -> None:
    """Join the pieces and write the table to `path`."""
    plan.write(path, plan.record, plan.join(pieces))


def clear_pieces(plan: Plan, folder: Path) -> None:
    """Remove the pieces of a plan, once its table is whole."""
    shutil.rmtree(pieces_folder(plan, folder), ignore_errors=True)


def _found(path: Path) -> Arrays | None:
    if not path.is_file():
        return None
    try:
        return read_archive(path, check=True).arrays
    except BadProduct:
        return None  # cut short by a full disk or a power failure: made again
