"""What is known of the jobs of an output folder: one SQLite file in it, written before and after each job, so that a
killed run can be taken up.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estran import __version__
from estran.adapters.files.belongings import A_FILE, MARKER
from estran.adapters.files.whole import claimed
from estran.errors import BadState, TargetExists, WriteFailed
from estran.jobs.job import Job

FILE = "estran-jobs.sqlite"
VERSION = 1
_APPLICATION = 0x45737472
""""Estr" in the header of the file: SQLite's place for saying whose a file is."""
_MAGIC = b"SQLite format 3\0"
_TABLE = """
CREATE TABLE jobs (
    name     TEXT PRIMARY KEY,  -- of the folder
    source   TEXT NOT NULL,     -- absolute path of the product
    digest   TEXT NOT NULL,     -- of all that decides the result
    status   TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')),
    sentence TEXT NOT NULL,     -- why it failed
    line     TEXT NOT NULL,     -- what --json says, as JSON
    tries    INTEGER NOT NULL,
    changed  TEXT NOT NULL,     -- UTC
    estran   TEXT NOT NULL      -- version of the program
)
"""

RUNNING, DONE, FAILED = "running", "done", "failed"


@dataclass(frozen=True)
class Row:
    """What is known of a job; `line` is what ``--json`` said of it."""

    name: str
    source: str
    digest: str
    status: str
    sentence: str
    line: Mapping[str, Any]
    tries: int


class State:
    """The jobs of an output folder; each change is on the disk when the call returns.

    Parameters
    ----------
    connection
        To the file, which holds the table.
    path
        Of the file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    def rows(self) -> dict[str, Row]:
        """All that is known, by name.

        Raises
        ------
        BadState
            The file is damaged.
        """
        with _errors_of(self._path):
            found = self._connection.execute(
                "SELECT name, source, digest, status, sentence, line, tries FROM jobs"
            ).fetchall()
            return {
                name: Row(name, source, digest, status, sentence, json.loads(line), tries)
                for name, source, digest, status, sentence, line, tries in found
            }

    def begin(self, job: Job) -> None:
        """A job is begun: whatever is found in its folder from now on is its own."""
        self._put(job, RUNNING, "", {})

    def finish(self, job: Job, line: Mapping[str, Any]) -> None:
        """A job is done, and its result in its place."""
        self._put(job, DONE, "", line)

    def fail(self, job: Job, sentence: str, line: Mapping[str, Any]) -> None:
        """A job has failed."""
        self._put(job, FAILED, sentence, line)

    def _put(self, job: Job, status: str, sentence: str, line: Mapping[str, Any]) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with _errors_of(self._path):
            self._connection.execute(
                "INSERT INTO jobs VALUES (:name, :source, :digest, :status, :sentence, :line, 1, :now, :version) ON "
                "CONFLICT (name) DO UPDATE SET "
                "source = :source, digest = :digest, status = :status, sentence = :sentence, line = :line, changed = "
                ":now, estran = :version, "
                "tries = CASE WHEN digest != :digest THEN 1 WHEN :status = 'running' THEN tries + 1 ELSE tries END",
                {
                    "name": job.name,
                    "source": job.identity.encode("utf-8", "backslashreplace").decode(),
                    "digest": job.digest,
                    "status": status,
                    "sentence": sentence.encode("utf-8", "backslashreplace").decode(),
                    "line": json.dumps(line),
                    "now": now,
                    "version": __version__,
                },
            )


@contextlib.contextmanager
def state_of(out: Path) -> Iterator[State]:
    """The state of an output folder, which is made where it lacks; held by one run at a time.

    Raises
    ------
    BadState
        The file of that name is of another version, not ours, or damaged. It stays as it is.
    TargetBusy
        Another run is working in the folder.
    TargetExists
        The folder is the result of a single product.
    WriteFailed
        It cannot be written there.
    """
    if (out / MARKER).exists():
        raise TargetExists(
            "the output folder is the result of one product", where=out, todo="give another name for the folder of many"
        )
    path = out / FILE
    _judge(path)
    with claimed(path, overwrite=True, kind=A_FILE) as place:
        with _errors_of(place):
            connection = _connected(place)
        with contextlib.closing(connection):
            yield State(connection, place)


def _judge(path: Path) -> None:
    """Refuse a file that is no database before it is opened as one."""
    if not path.exists():
        return
    try:
        start = b"folder or device"
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(len(_MAGIC))
    except OSError as error:
        raise BadState(
            "the record of the folder's jobs cannot be read",
            where=path,
            found=error.strerror,
            todo="give another output folder",
        ) from error
    if start not in (b"", _MAGIC):
        raise _not_ours(path)


def _not_ours(path: Path) -> BadState:
    return BadState(
        "a file that is not ours has the name of the record of the folder's jobs",
        where=path,
        todo="move it away, or give another output folder",
    )


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and not application and not version:
            # One transaction: a kill leaves an empty file, or all of it.
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        elif application != _APPLICATION:
            raise _not_ours(path)
        elif version != VERSION:
            raise BadState(
                "the record of the folder's jobs is of another version",
                where=path,
                expected=VERSION,
                found=version,
                todo="give another output folder, or work on with the version of Estran that wrote it",
            )
        connection.execute("COMMIT")
    except BaseException:
        connection.close()  # what was begun is taken back
        raise
    return connection


@contextlib.contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    """What SQLite raises, as a sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise WriteFailed(
            "the record of the folder's jobs could not be written",
            where=path,
            found=str(error),
            todo="free some space, or mend its mode",
        ) from error
    except (sqlite3.DatabaseError, json.JSONDecodeError) as error:
        raise BadState(
            "the record of the folder's jobs is damaged",
            where=path,
            found=str(error),
            todo="move it away; the results stay, and --overwrite makes them again",
        ) from error
