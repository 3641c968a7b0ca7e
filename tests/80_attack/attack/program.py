"""Call the program: in a fresh process as a user does, or in a fork of one that has imported it (ten times as many
calls in the same time).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ESTRAN = (sys.executable, "-c", "import sys; from estran.cli.start import main; sys.exit(main())")
"""What the installed script does."""
PYTHON = Path(__file__).resolve().parents[3] / "python"
LIMIT_S = 240.0
"""No call here takes a tenth of it on an idle machine."""


@dataclass(frozen=True)
class Said:
    """What a call left: exit code (negative: the signal that ended it), stdout, stderr, seconds, largest resident
    memory [MB], whether it was stopped late.
    """

    code: int
    out: str
    err: str
    seconds: float
    peak_mb: float
    late: bool

    @property
    def sentence(self) -> str:
        """The error on stderr, without notes."""
        errors = [line for line in self.err.splitlines() if line.startswith("estran: error:") or ": error: " in line]
        return errors[-1] if errors else ""

    def shown(self) -> str:
        """The end, for a report."""
        return (
            f"exit {self.code}{', too late' if self.late else ''}: "
            f"{(self.sentence or self.err.strip()[-300:] or '(silence)')[:400]}"
        )


def environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment of a call: this one, with the checkout's package first; None takes a variable away."""
    merged: dict[str, str | None] = {
        **os.environ,
        "PYTHONPATH": str(PYTHON),
        "OPENBLAS_NUM_THREADS": "1",
        **(extra or {}),
    }
    return {name: value for name, value in merged.items() if value is not None}


def fresh(
    folder: Path,
    *arguments: object,
    env: Mapping[str, str | None] | None = None,
    limit_s: float = LIMIT_S,
    file_limit: int | None = None,
    meanwhile: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> Said:
    """A process of its own in `folder`; `meanwhile` may do things to it."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit or 0,) * 2)

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        process = subprocess.Popen(
            [*ESTRAN, *map(str, arguments)],
            cwd=folder,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            preexec_fn=limited if file_limit is not None else None,
        )
        if meanwhile is not None:
            meanwhile(process)
        late, peak = False, 0.0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                process.returncode, peak = os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
                break
            if time.monotonic() - begun > limit_s and not late:
                late = True
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            time.sleep(0.01)
        out.seek(0)
        err.seek(0)
        texts = out.read().decode(errors="replace"), err.read().decode(errors="replace")
        return Said(process.returncode, *texts, time.monotonic() - begun, peak, late)


class _Server:
    def __init__(self) -> None:
        path = Path(__file__).with_name("server.py")
        self.process = subprocess.Popen(
            [sys.executable, str(path)],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.folder = tempfile.TemporaryDirectory()

    def ask(self, request: dict[str, object]) -> Said:
        out, err = Path(self.folder.name) / "out", Path(self.folder.name) / "err"
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**request, "out": str(out), "err": str(err)}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        environment = request["env"]
        assert isinstance(environment, dict)
        encoding = environment.get("PYTHONIOENCODING") or "utf-8"
        texts = out.read_text(encoding, errors="replace"), err.read_text(encoding, errors="replace")
        return Said(answer["code"], *texts, answer["seconds"], answer["peak_mb"], answer["late"])


_MINE = threading.local()
_STARTED: list[_Server] = []


def forked(
    folder: Path,
    *arguments: object,
    env: Mapping[str, str] | None = None,
    limit_s: float = LIMIT_S,
    file_limit: int | None = None,
    die_at: int | None = None,
    deadly: int = signal.SIGKILL,
) -> Said:
    """A fork of this thread's server; `die_at` see :func:`attack.server.die_at`."""
    if getattr(_MINE, "server", None) not in _STARTED:
        _MINE.server = _Server()
        _STARTED.append(_MINE.server)
    words = [str(a) for a in arguments]
    request = {
        "arguments": words,
        "folder": str(folder),
        "env": dict(env or {}),
        "limit_s": limit_s,
        "file_limit": file_limit,
    }
    answer: Said = _MINE.server.ask({**request, "die_at": die_at, "signal": int(deadly)})
    return answer


def stop_servers() -> None:
    """End the servers that were started."""
    for server in _STARTED:
        assert server.process.stdin is not None
        server.process.stdin.close()
        server.process.wait()
        server.folder.cleanup()
    _STARTED.clear()
