"""Many products into one folder: what is done already, what may not be replaced, what is to be made; each end is
recorded before the next is reported.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from estran.adapters.files.leftovers import recover
from estran.errors import TargetExists
from estran.jobs.job import Job, digest_of, fingerprint, identity_of, names_of
from estran.jobs.state import DONE, FAILED, RUNNING, Row, State
from estran.jobs.work import Function, Result, Runner, Task
from estran.raster.scene import Progress, quiet

SCHEMA = 1
"""Version of the lines of ``--json``; it changes where a key changes its meaning or goes."""


@dataclass(frozen=True)
class Plan:
    """What is to be done with each of the products given.

    Parameters
    ----------
    pending
        To be made, each with whether what lies in its place may be replaced.
    done
        Made by an earlier run, with what was said of them.
    refused
        Those whose place holds something else, with the sentence.
    """

    pending: list[tuple[Job, bool]] = field(default_factory=list)
    done: list[tuple[Job, Mapping[str, Any]]] = field(default_factory=list)
    refused: list[tuple[Job, TargetExists]] = field(default_factory=list)


def jobs_of(products: Sequence[Path], out: Path, facts: Mapping[str, Any], known: Mapping[str, Row]) -> list[Job]:
    """The jobs of some products: each with its name and the digest of `facts` and what it is made from."""
    names = names_of(products, {row.name: row.source for row in known.values()})
    return [
        Job(
            name,
            path,
            identity_of(path),
            out / name,
            digest_of({**facts, "source": [path.name, fingerprint(Path(identity_of(path)))]}),
        )
        for name, path in names.items()
    ]


def planned(jobs: Sequence[Job], known: Mapping[str, Row], *, overwrite: bool) -> Plan:
    """Sort jobs by what is known of them and what lies in their places.

    What an interrupted run had begun may be replaced by the same job: its place was free, or given free, when that run
    began.
    """
    plan = Plan()
    for job in jobs:
        row = known.get(job.name)
        recover(job.folder)
        refused = _leads_elsewhere(job)
        if refused is not None:
            plan.refused.append((job, refused))
        elif row is not None and row.status == DONE and row.digest == job.digest and _is_there(job):
            plan.done.append((job, row.line))
        elif overwrite or not _is_there(job) or _was_begun(job, row):
            plan.pending.append((job, overwrite or _was_begun(job, row)))
        else:
            plan.refused.append((job, _taken(job, row)))
    return plan


def _was_begun(job: Job, row: Row | None) -> bool:
    return row is not None and row.status == RUNNING and row.digest == job.digest


def _is_there(job: Job) -> bool:
    """Whether something lies in the place of a result; an empty folder is nothing."""
    if not os.path.lexists(job.folder):
        return False
    try:
        return not job.folder.is_dir() or any(job.folder.iterdir())
    except OSError:
        return True


def _leads_elsewhere(job: Job) -> TargetExists | None:
    if (
        job.folder.is_symlink()
        and Path(os.path.realpath(job.folder.parent)) not in Path(os.path.realpath(job.folder)).parents
    ):
        return TargetExists(
            "the place of the result is a link that leads out of the output folder",
            where=job.folder,
            todo="remove the link",
        )
    return None


def _taken(job: Job, row: Row | None) -> TargetExists:
    if row is None or row.digest == job.digest:
        return TargetExists("the output is already there", where=job.folder, todo="give another folder, or --overwrite")
    what = (
        "the output is already there, made from another state of the source, with other parameters or by another "
        "version of Estran"
    )
    return TargetExists(what, where=job.folder, todo="give another folder, or --overwrite")


Report = Callable[[Job, Result], None]
"""Called with each product when it has ended."""


def run_all(
    tasks: Sequence[Task],
    state: State,
    runner: Runner,
    function: Function,
    report: Report,
    *,
    progress: Progress = quiet,
) -> list[tuple[Job, Result]]:
    """Work on tasks, and keep what becomes of each.

    Returns
    -------
    list
        Those that failed.
    """
    failed = []
    with closing(_generator(runner(tasks, function, started=state.begin, progress=progress))) as ends:
        for task, result in ends:
            line = _complete(task.job, result)
            if result.sentence:
                recover(task.job.folder)  # what a process that was killed left
                state.fail(task.job, result.sentence, line)
                failed.append((task.job, result))
            else:
                state.finish(task.job, line)
            report(task.job, Result(result.sentence, result.code, _placed(task.job, line), result.said))
    return failed


def _generator(ends: Iterator[tuple[Task, Result]]) -> Any:
    """With a ``close`` that ends the work, whatever the runner is."""
    try:
        yield from ends
    finally:
        with contextlib.suppress(AttributeError):
            ends.close()  # type: ignore[attr-defined]


def alone(job: Job, result: Result) -> Result:
    """The result of a product that is not one of many, with all that ``--json`` says."""
    return Result(result.sentence, result.code, _placed(job, _complete(job, result)), result.said)


def refusal(job: Job, error: TargetExists) -> Result:
    """The result of a job that may not be begun."""
    return Result(error.sentence(), error.exit_code, {**_line(job), "status": FAILED, "error": error.sentence()})


def skipped(job: Job, line: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a job that an earlier run has done."""
    return _placed(job, {**line, "source": str(job.source), "status": "skipped"})


def _placed(job: Job, line: Mapping[str, Any]) -> dict[str, Any]:
    """The line with the names of files in the folder as paths, as the folder is called now."""
    return {**line, "paths": {key: str(job.folder / name) for key, name in line["paths"].items()}}


def _complete(job: Job, result: Result) -> dict[str, Any]:
    return {**_line(job), **result.line, "status": FAILED if result.sentence else DONE, "error": result.sentence}


def _line(job: Job) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "name": job.name,
        "source": str(job.source),
        "status": "",
        "error": "",
        "fractions": {},
        "cloud_cover": None,
        "notes": [],
        "paths": {},
        "seconds": 0.0,
    }
