"""Fixtures of the physics room."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import pytest


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Numba with one thread, for modules whose arrays are short: more threads would only wait for one another."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)
