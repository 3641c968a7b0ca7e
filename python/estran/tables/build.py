"""Building of large tables piece by piece: stopped at any moment, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from estran.tables.archive import write_archive
from estran.tables.pieces import Arrays, PieceStore, complete, in_threads, one_after_another

__all__ = ["Arrays", "Plan", "clear_pieces", "finish", "make_pieces", "one_after_another", "pieces_folder"]


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
        Gets the fraction of pieces that are there, and what was made last.
    workers
        Pieces made at once, in threads. The result does not depend on it.
    """
    store = PieceStore(pieces_folder(plan, folder))
    pieces, _ = complete(store, plan.pieces, in_threads(plan.make, workers), progress, plan.name)
    return dict(pieces)


def finish(plan: Plan, pieces: Mapping[str, Arrays], path: Path) -> None:
    """Join the pieces and write the table to `path`."""
    plan.write(path, plan.record, plan.join(pieces))


def clear_pieces(plan: Plan, folder: Path) -> None:
    """Remove the pieces of a plan, once its table is whole."""
    PieceStore(pieces_folder(plan, folder)).clear()
