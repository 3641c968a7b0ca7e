"""The one place that decides how hot loops are compiled.

Every compiled kernel of Estran is decorated with :func:`jit` (one thread) or :func:`parallel_jit` (Numba's threads inside one
call). Both release the interpreter lock. Compiled code is cached beside the module where that is writable and numba can locate
the source; from a read-only install or a jar it falls back to ``NUMBA_CACHE_DIR`` or to no cache at all, silently: a cache is a comfort, never a need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _compile(function: F, **options: Any) -> F:
    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function))
    except RuntimeError:  # "cannot cache function ...: no locator available"
        return cast(F, numba.njit(cache=False, nogil=True, error_model="numpy", **options)(function))


def jit(function: F) -> F:
    """Compile a kernel for one thread, without the interpreter lock; strict IEEE arithmetic, so same input, same bits."""
    return _compile(function)


def inlined(function: F) -> F:
    """A small function that loops call for every pixel: its body becomes part of the loop, which then is vectorised where all is arithmetic: tenfold speed."""
    return _compile(function, inline="always")


def parallel_jit(function: F) -> F:
    """Compile a kernel whose ``numba.prange`` loops share one call's work; iterations must not depend on one another."""
    return _compile(function, parallel=True)


def use_threads(number: int) -> None:
    """Let the loops of :func:`parallel_jit` called from this thread use at most `number` threads; results do not depend on it."""
    numba.set_num_threads(min(number, int(numba.get_num_threads())))
