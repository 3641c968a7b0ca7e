"""Address space that whoever started us has limited (``ulimit -v``, some batch systems): with too little of it, the libraries that are loaded abort or spin.

Nothing of theirs is imported here: this is looked at before.
"""

from __future__ import annotations

import sys

_LEAST = {"masks": 2_000_000_000, "run": 2_000_000_000, "gpt": 2_000_000_000, "simulate": 2_000_000_000, "tables": 2_000_000_000}
"""Address space [bytes] with which a command has its libraries loaded and its loops compiled, and a small scene still fits; most of it is never used."""
_LEAST_OF_ALL = 1_000_000_000
"""The same of commands that compute nothing."""


def too_narrow(command: str) -> str:
    """A sentence, where the limit of this process's address space is too low for a command; "" where it is not."""
    if sys.platform == "win32":
        return ""
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    least = _LEAST.get(command, _LEAST_OF_ALL)
    if most == resource.RLIM_INFINITY or most >= least:
        return ""
    return (
        f"the address space of this process is limited to {most / 1e6:.0f} MB, and {command} needs {least / 1e6:.0f} MB to start "
        "(ulimit -v, or the job's limit). What to do: raise the limit, or --force tries all the same."
    )
