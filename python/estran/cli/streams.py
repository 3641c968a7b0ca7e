"""Standard streams that the starting process has closed (``>&-``, some services): opened to nowhere, so that no file of
ours takes their numbers and what libraries say does not land in it. Only the standard library's quickest modules: this
runs first.
"""

from __future__ import annotations

import os
import sys


def open_closed() -> None:
    """Open what is closed of the three to nowhere."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:  # the system gives the lowest free number
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
    # Open for as long as the process runs.
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
