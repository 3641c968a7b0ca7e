"""What the processes of the tests work on: importable by name, as every function that is sent to another process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from estran.jobs.work import Result


def square(payload, progress) -> Result:
    progress(0.5, "half")
    progress(1.0, "all")
    return Result(line={"square": payload**2, "process": os.getpid()})


def die_at_first(payload: Path, _progress) -> Result:
    """Its process is killed, but for the second time."""
    if not payload.exists():
        payload.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Result(line={"done": True})


def die_always(_payload, _progress) -> Result:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def wait_for_ever(payload: Path, _progress) -> Result:
    """Write half of something, say so, and never end."""
    from estran.adapters.files.whole import whole

    with whole(payload) as part:
        part.write_text("half")
        payload.with_suffix(".begun").write_text(str(os.getpid()))
        time.sleep(600)
    return Result()
