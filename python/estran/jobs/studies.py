"""The cases of a study, done anywhere: each that is finished is kept, one that fails is listed, and what an earlier run
has done is not done again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from estran import __version__
from estran.catalogue.study import Case, DatasetOut, Inputs, Study, StudyResult, checked_case, joined
from estran.declare import texts_of
from estran.errors import EstranError, NoScheduler
from estran.jobs.job import Job
from estran.jobs.work import Result, Runner, Task, computing_here, one_by_one
from estran.raster.scene import Progress, quiet
from estran.tables.pieces import Arrays, Failed, Keep, PieceStore, complete

FAULT = 70
"""Code of a failure that is ours and not the user's."""


@dataclass(frozen=True, eq=False)
class CasePayload:
    """What another process needs to do a case; `version` is of the Estran that asks."""

    study: Study
    case: Case
    version: str = __version__


def run_study(
    study: Study,
    inputs: Inputs,
    store: PieceStore,
    *,
    runner: Runner = one_by_one,
    progress: Progress = quiet,
) -> StudyResult:
    """Do the cases of a study that are not done yet.

    Parameters
    ----------
    study
        With its parameters; its result has a schema.
    inputs
        By name, as read (:func:`estran.adapters.studies.inputs.read_inputs`).
    store
        Where finished cases are kept: a file each, named by the digest of all that decides it.
    runner
        Who does them: this process, other ones, workers of a scheduler. The result does not depend on it.

    Returns
    -------
    StudyResult
        The cases that are done, in the study's order, and the sentence of each that failed.

    Raises
    ------
    EstranError
        The study has no case, gives two of them one key, or has no result with a schema.
    """
    if not isinstance(study.result, DatasetOut):
        raise EstranError(f"the result of {study.alias} is a product and has no cases to keep")
    cases = unique(study.cases(inputs), study.alias)
    by_digest = {digest_of_case(study, case): case for case in cases}
    worker = _over(runner, study, by_digest, progress)
    pieces, failed = complete(store, list(by_digest), worker, progress, study.alias)
    # Compared with the schema again: kept cases lie on the disk.
    done = {by_digest[name].key: checked_case(study, arrays) for name, arrays in pieces.items()}
    sentences = {by_digest[name].key: failure.sentence for name, failure in failed.items()}
    notes = tuple(note for one in inputs.values() for note in one.notes)
    return StudyResult(study, tuple(done), joined(study, done), sentences, notes=notes)


def unique(cases: Sequence[Case], alias: str) -> Sequence[Case]:
    """The cases of a study, judged.

    Raises
    ------
    EstranError
        There is none, or two have one key.
    """
    if not cases:
        raise EstranError(f"{alias} has nothing to do", expected="one case or more", found="none")
    known: set[str] = set()
    for case in cases:
        if case.key in known:
            raise EstranError(f"{alias} has two cases of one key", expected="each once", found=repr(case.key))
        known.add(case.key)
    return cases


def _over(runner: Runner, study: Study, by_digest: Mapping[str, Case], progress: Progress) -> Any:
    """The runner as a worker of :func:`~estran.tables.pieces.complete`."""

    def work(names: Sequence[str], keep: Keep) -> Generator[tuple[str, Arrays | Failed]]:
        found = len(by_digest) - len(names)

        def within(fraction: float, message: str) -> None:
            progress((found + fraction * len(names)) / len(by_digest), f"{study.alias}: {message}")

        tasks = [
            Task(Job(by_digest[name].key, Path(), "", Path(), name), CasePayload(study, by_digest[name]))
            for name in names
        ]
        with closing(_generator(runner(tasks, do_case, started=_no_news, progress=within))) as ends:
            for task, result in ends:
                if result.sentence:
                    yield task.job.digest, Failed(result.sentence, result.code)
                    continue
                keep(task.job.digest, result.value)
                yield task.job.digest, result.value

    return work


def _generator(ends: Any) -> Generator[tuple[Task, Result]]:
    try:
        yield from ends
    finally:
        if hasattr(ends, "close"):
            ends.close()


def _no_news(_job: Job) -> None:
    """A case has begun."""


def do_case(payload: CasePayload, progress: Progress) -> Result:
    """Do a case, on one thread; whatever goes wrong is in the result."""
    from estran.jit import one_thread

    study, case = payload.study, payload.case
    try:
        if payload.version != __version__:
            raise NoScheduler(
                "a worker has another version of Estran",
                expected=payload.version,
                found=__version__,
                todo="install the same version on all computers",
            )
        with computing_here() if "distributed" in sys.modules else contextlib.nullcontext(), one_thread():
            return Result(value=checked_case(study, study.run_case(case, progress), case.key))
    except EstranError as error:
        return Result(error.sentence(), error.exit_code)
    except MemoryError:
        return Result("there is not enough memory for this case.", 1)
    except Exception as error:
        return Result(
            f"a fault of Estran: {type(error).__name__}: {error}. What to do: report it, with the row or the file.",
            FAULT,
        )


# ---------------------------------------------------------------- what decides a case


def digest_of_case(study: Study, case: Case) -> str:
    """SHA-256 of all that decides what a case gives: the study, its version and parameters, the version of Estran, the
    schema, and the case.
    """
    schema = dataclasses.astuple(study.result) if isinstance(study.result, DatasetOut) else ()
    said = (study.alias, study.version, __version__, texts_of(study), schema, case.key, case.data)
    digest = hashlib.sha256()
    _feed(digest, said)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    """Add a value to a hash, with its kind and size, so that no two values of a case give the same bytes."""
    if value is None or isinstance(value, (bool, int, str, bytes, os.PathLike)):
        text = value if isinstance(value, bytes) else repr(value).encode()
        digest.update(f"{type(value).__name__} {len(text)} ".encode() + text)
    elif isinstance(value, float):
        digest.update(b"float " + np.float64(value).tobytes())
    elif isinstance(value, (np.ndarray, np.generic)) and np.asarray(value).dtype.kind not in "OV":
        array = np.ascontiguousarray(value)
        digest.update(f"array {array.dtype.str} {np.shape(value)} ".encode())
        digest.update(array.tobytes())
    elif isinstance(value, Mapping):
        digest.update(f"mapping {len(value)} ".encode())
        for key, one in value.items():
            _feed(digest, key)
            _feed(digest, one)
    elif isinstance(value, (tuple, list)):
        digest.update(f"sequence {len(value)} ".encode())
        for one in value:
            _feed(digest, one)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(f"record {type(value).__qualname__} ".encode())
        _feed(digest, {f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    else:
        raise EstranError(
            "a case of a study holds what cannot be hashed",
            expected="numbers, texts, times, arrays, and tuples, lists, mappings and dataclasses of them",
            found=type(value).__name__,
        )
