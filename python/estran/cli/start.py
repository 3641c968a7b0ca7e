"""Where the program starts: it listens for signals before it imports anything else."""

from __future__ import annotations

import os
import sys


def _leave_out_the_current_folder() -> None:
    """A file numpy.py or json.py that happens to lie where the user works is not ours to import: an empty entry of
    PYTHONPATH, or ``-m``, would find it.
    """
    try:
        here = os.getcwd()  # noqa: PTH109 (pathlib is not loaded yet)
    except OSError:
        return
    if os.path.isdir(os.path.join(here, "estran")):  # noqa: PTH112, PTH118
        return
    library = os.path.dirname(os.__file__)  # noqa: PTH120
    own = (
        sys.path.index(library) if library in sys.path else 0
    )  # what is installed comes from here on, wherever we are started
    sys.path[:own] = [entry for entry in sys.path[:own] if entry not in ("", here)]


_leave_out_the_current_folder()

from estran.cli.stop import listen  # noqa: E402

listen()


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    from estran.cli.main import main as run

    return run()
