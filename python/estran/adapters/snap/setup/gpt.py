"""Run SNAP's gpt, and never wait for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
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
        """The line that says why, of what can be a long trace."""
        lines = [line.strip() for line in (self.err + "\n" + self.out).splitlines() if line.strip()]
        for start in ("Value:", "Error:", "Caused by:", "SEVERE:"):
            found = next((line for line in lines if line.startswith(start) and line not in ("Error: Error in Python interpreter:",)), None)
            if found:
                return found
        return lines[-1] if lines else "it said nothing"


def run_gpt(snap: Snap, *arguments: str, user_dir: Path | None = None, timeout: float) -> Answer:
    """Run it in a folder of its own; with `user_dir` where the user asked for another than SNAP's.

    At the end of `timeout` [s] the launcher and the JVM that it started are ended.
    """
    options = [] if user_dir is None else [f"-J-Dsnap.userdir={user_dir}"]
    command = [str(snap.gpt), *options, *arguments]
    with tempfile.TemporaryDirectory(prefix="estran-gpt-", ignore_cleanup_errors=True) as folder:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            return Answer(None, "", f"Error: gpt does not start: {error.strerror}")
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            out, err = process.communicate()
            return Answer(None, _text(out), f"Error: gpt gave no answer in {timeout:g} s")
        except BaseException:
            _end(process)
            process.communicate()
            raise
    return Answer(process.returncode, _text(out), _text(err))


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole family: the launcher is often a shell script, and the JVM its child."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
