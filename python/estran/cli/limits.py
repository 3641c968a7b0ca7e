"""Address space that the starting process has limited (``ulimit -v``, some batch systems): with too little of it, the
libraries that are loaded abort or spin.

Nothing of theirs is imported here: this is looked at before.
"""

from __future__ import annotations

from estran.adapters.free_memory import address_space
from estran.cli.words import WORDS

_LEAST = dict.fromkeys(("masks", "run", "gpt", "tables", *WORDS), 2_000_000_000)
"""Address space [bytes] with which a command has its libraries loaded and its loops compiled, and a small scene still
fits; most of it is never used.
"""
_LEAST_OF_ALL = 1_000_000_000
"""The same of commands that compute nothing."""
_FORCED = ("masks", "run", "gpt")
"""Commands that have ``--force``."""


def too_narrow(command: str) -> str:
    """A sentence, where the limit of this process's address space is too low for a command; "" where it is not."""
    most = address_space()
    least = _LEAST.get(command, _LEAST_OF_ALL)
    if most is None or most >= least:
        return ""
    todo = "raise the limit, or --force tries all the same" if command in _FORCED else "raise the limit"
    return (
        f"the address space of this process is limited to {most / 1e6:.0f} MB, and {command} needs {least / 1e6:.0f} "
        f"MB to start "
        f"(ulimit -v, or the job's limit). What to do: {todo}."
    )
