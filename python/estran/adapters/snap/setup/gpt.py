"""Run SNAP's gpt, and never wait for ever."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup.find import Snap


@dataclass(frozen=True)
class Answer:
    """What gpt said; `code` is None where it did not end in time or did not start."""

    code: int | None
    out: str
    err: str

    @property
    def reason(self) -> str:
        """What says why, whole, of what can be a long trace: Python's own error, else SNAP's with what caused it."""
        streams = [[line.strip() for line in text.splitlines() if line.strip()] for text in (self.err, self.out)]
        python, error, cause, severe = (
            _message(streams, start) for start in ("Value:", "Error:", "Caused by:", "SEVERE:")
        )
        if python:
            name = re.search(r"<class '(?:[\w.]*\.)?(\w+)'>", _message(streams, "Type:"))
            return f"{name[1]}: {python.removeprefix('Value:').strip()}" if name else python
        if error and cause and cause.rpartition("Exception: ")[2] not in error:
            return f"{error} ({cause})"
        return error or cause or severe or next((lines[-1] for lines in reversed(streams) if lines), "it said nothing")


_NEXT = re.compile(
    r"at [\w.$/]+\(|\.\.\. \d+ more|(Caused "
    r"by|Error|INFO|WARNING|SEVERE|Suppressed|Line|Namespace|File):|\w+(\.\w+)+(Exception|Error)\b|[A-Z]\w\w \d+, "
    r"\d{4} "
)
"""How a line begins that no longer belongs to the message before it."""


def _message(streams: list[list[str]], start: str) -> str:
    """The first message that begins so, with its further lines; of what is caused by one another, the last."""
    for lines in streams:
        places = [
            i
            for i, line in enumerate(lines)
            if line.startswith(start) and line != "Error: Error in Python interpreter:"
        ]
        if places:
            first = places[-1 if start == "Caused by:" else 0]
            return " ".join(
                [lines[first], *itertools.takewhile(lambda line: not _NEXT.match(line), lines[first + 1 :])]
            )
    return ""


def run_gpt(
    snap: Snap, *arguments: str, user_dir: Path | None = None, timeout: float, changed: Mapping[str, str] | None = None
) -> Answer:
    """Run it in a folder of its own; with `user_dir` where the user asked for another than SNAP's, and `changed`
    variables of the environment.

    At the end of `timeout` [s] the launcher and the JVM that it started are ended.
    """
    options = [] if user_dir is None else [f"-J-Dsnap.userdir={user_dir}"]
    with tempfile.TemporaryDirectory(prefix="estran-gpt-", ignore_cleanup_errors=True) as folder:
        try:
            process = subprocess.Popen(
                [str(snap.gpt), *options, *arguments],
                cwd=folder,
                env={**os.environ, **(changed or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            return Answer(None, "", f"Error: gpt does not start: {error.strerror}")
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException as error:
            _end(process)
            out, _ = process.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return Answer(None, out, f"Error: gpt gave no answer in {timeout:g} s")
    return Answer(process.returncode, out, err)


def _end(process: subprocess.Popen[str]) -> None:
    """The whole family: the launcher may be a shell script, and the JVM its child."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
