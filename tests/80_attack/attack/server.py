"""A process that has imported the program once and forks for every call: a call costs a tenth of a fresh start, and
dies alone.

Requests and answers are lines of JSON on stdin and stdout. ``python server.py`` is started by :mod:`attack.program`.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

PRELOADED = (
    "estran.cli.main",
    "estran.cli.console",
    "estran.masks.cloud.cloud_mask",
    "estran.engine.run",
    "estran.report",
    "estran.adapters.files.open",
    "estran.adapters.files.safe_write",
    "rasterio",
    "netCDF4",
    "pyproj",
    "numba",
    "scipy.ndimage",
    "dask.array",
    "matplotlib",
    "jinja2",
)


def serve() -> None:
    """Answer requests until stdin ends."""
    for name in PRELOADED:
        importlib.import_module(name)
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from estran.cli.main import COMMANDS

    for module, _ in COMMANDS.values():
        importlib.import_module(f"estran.cli.commands.{module}")
    # A command of the suite's own, behind the program's own guard: the digest of all that a reader gives.
    sys.modules["estran.cli.commands.digest"] = importlib.import_module("attack.digest")
    COMMANDS["digest"] = ("digest", "digest of a product")
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(request)
    late = False
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - begun > request["limit_s"] and not late:
            late = True
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.01)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "late": late,
        "peak_mb": usage.ru_maxrss / 1024,
        "seconds": time.monotonic() - begun,
    }


def _child(request: dict[str, Any]) -> None:
    """Run the command line as a process of its own would; never returns."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.update(request["env"])
    for number, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        os.dup2(os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), number)
    # As Python itself would have opened them.
    encoding = os.environ.get("PYTHONIOENCODING") or "utf-8"
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
    if request["file_limit"] is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_limit"],) * 2)
    if request["die_at"] is not None:
        die_at(Path(request["folder"]), request["die_at"], request["signal"])
    code = 70
    try:
        from estran.cli.main import main

        # As the program's own process: it then listens for signals.
        sys.argv = ["estran", *request["arguments"]]
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def die_at(folder: Path, number: int, deadly: int) -> None:
    """Send this process a signal just before its `number`-th step on the file system below `folder` (0: never; the
    steps are counted into ``.steps``).
    """
    inside, done = str(folder), 0

    def step(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal done
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        elif event not in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"):
            return
        else:
            path = arguments[0]
            # Steps relative to an open folder (rmtree) carry a name alone.
            if isinstance(arguments[-1], int) and arguments[-1] != -1 and event in ("os.remove", "os.rmdir"):
                path = inside
        if not str(path).startswith(inside) or str(path).endswith(".steps"):
            return
        done += 1
        if done == number:
            os.kill(os.getpid(), deadly)
            if deadly != signal.SIGKILL:
                time.sleep(1.0)  # the program has to end by itself meanwhile, or to finish a move that has begun
        if number == 0:
            with open(folder / ".steps", "w") as file:  # noqa: PTH123
                file.write(str(done))

    sys.addaudithook(step)


if __name__ == "__main__":
    serve()
