"""What went wrong, as a sentence for the user and an exit code: the same for a command and for each of
many products.
"""

from __future__ import annotations

import sys

from estran.errors import EstranError

FAULT = 70


def sentence_of(error: Exception) -> tuple[str, int]:
    """What is said of an error, and the exit code."""
    if isinstance(error, EstranError):
        return error.sentence(), error.exit_code
    if isinstance(error, MemoryError):
        return "there is not enough memory. What to do: take larger pixels, or a part of the image.", 1
    if isinstance(error, OSError):
        return f"{error.strerror or error}" + (f" (in {error.filename})." if error.filename else "."), 1
    if "distributed" in sys.modules:
        from estran.jobs.schedulers import sentence_of_scheduler

        said = sentence_of_scheduler(error)
        if said:
            return said, 1
    if "dask config file" in str(error):  # of the user's, read while Dask is imported
        return (
            f"the settings of Dask cannot be read: {' '.join(str(error).split())}. What to do: correct that file, or "
            f"move it away.",
            1,
        )
    return (
        f"a fault of Estran: {type(error).__name__}: {error}. What to do: run again with --verbose, and report what "
        f"it says.",
        FAULT,
    )
