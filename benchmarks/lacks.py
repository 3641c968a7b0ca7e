"""What a benchmark lacks, said in one line; the others go on."""

from __future__ import annotations

import os
from pathlib import Path


class LackingError(Exception):
    """What is not here, and what to do about it; the runner prints it after "Not measured: "."""


def data_folder() -> Path:
    """Where real data stand: ESTRAN_TEST_DATA, or ../shared/data beside the checkout."""
    return Path(os.environ.get("ESTRAN_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def data(*names: str) -> Path:
    """A file or folder of the real data.

    Raises
    ------
    LackingError
        It is not there.
    """
    path = data_folder().joinpath(*names)
    if not path.exists():
        raise LackingError(
            f"the real data {'/'.join(names)} are not here. What to do: name their folder in ESTRAN_TEST_DATA"
        )
    return path
