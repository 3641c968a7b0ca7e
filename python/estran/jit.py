"""The one place that decides how hot loops are compiled.

Every compiled kernel of Estran is decorated with :func:`jit` (one thread) or :func:`parallel_jit` (Numba's threads
inside one call). Both release the interpreter lock. Compiled code is cached beside the module where that is writable
and numba can locate the source; from a read-only install or a jar it falls back to ``NUMBA_CACHE_DIR`` or to no cache
at all, silently: a cache is a comfort, never a need.
"""

from __future__ import annotations

import itertools
import logging
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
from numba.core import event
from numba.core.caching import IndexDataCacheFile

log = logging.getLogger("estran")
_PATIENCE = 2.0
"""Seconds of compiling after which it is announced."""

F = TypeVar("F", bound=Callable[..., Any])


class _CacheFile(IndexDataCacheFile):
    """A cache whose files may be of an earlier Estran: Numba reads them before it compares their date with the source,
    and a class that is gone meanwhile cannot be read. Such a file counts as none.
    """

    _UNREADABLE = (AttributeError, ImportError, EOFError, pickle.UnpicklingError)

    def _load_index(self) -> Any:
        try:
            return super()._load_index()  # type: ignore[no-untyped-call]
        except self._UNREADABLE:
            return {}

    def load(self, key: Any) -> Any:
        """A cached kernel, or None."""
        try:
            return super().load(key)  # type: ignore[no-untyped-call]
        except self._UNREADABLE:
            return None


def _compile(function: F, **options: Any) -> F:
    try:
        made = numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
        file = getattr(getattr(made, "_cache", None), "_cache_file", None)
        if type(file) is IndexDataCacheFile:
            file.__class__ = _CacheFile
        return cast(F, made)
    except RuntimeError:  # "cannot cache function ...: no locator available"
        return cast(F, numba.njit(cache=False, nogil=True, error_model="numpy", **options)(function))


def jit(function: F) -> F:
    """Compile a kernel for one thread, without the interpreter lock; strict IEEE arithmetic, so same
    input, same bits.
    """
    return _compile(function)


def inlined(function: F) -> F:
    """A small function that loops call for every pixel: its body becomes part of the loop, which then is vectorised
    where all is arithmetic: tenfold speed.
    """
    return _compile(function, inline="always")


def parallel_jit(function: F) -> F:
    """Compile a kernel whose ``numba.prange`` loops share one call's work; iterations must not depend
    on one another.
    """
    return _compile(function, parallel=True)


def over_rows(kernel: Callable[..., None], rows: int, *arguments: Any) -> None:
    """Share the rows of an image, or other pieces of work, among threads: ``kernel(first, last, *arguments)`` does
    those from `first` to before `last`.

    None may depend on another.

    As :func:`parallel_jit` at a third of the time to compile, for kernels that are large.
    """
    threads = max(1, min(int(numba.get_num_threads()), rows))
    edges = [rows * k // threads for k in range(threads + 1)]
    if threads == 1:
        kernel(0, rows, *arguments)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(kernel, first, last, *arguments) for first, last in itertools.pairwise(edges)]:
            done.result()


class _Announcer(event.Listener):
    """Says once that kernels are being compiled, after some seconds of it: numba reports each that no cache holds."""

    def __init__(self) -> None:
        self.seconds, self.begun, self.depth, self.said = 0.0, 0.0, 0, False

    def on_start(self, _event: event.Event) -> None:
        """A kernel begins, perhaps inside another one's compilation."""
        self.begun = self.begun if self.depth else time.perf_counter()
        self.depth += 1

    def on_end(self, _event: event.Event) -> None:
        """A kernel is compiled."""
        self.depth -= 1
        self.seconds += 0.0 if self.depth else time.perf_counter() - self.begun
        if self.seconds > _PATIENCE and not self.said:
            self.said = True
            log.warning(
                "Kernels are compiled for this machine, which takes about half a minute; where a cache can be "
                "written, only once."
            )


event.register("numba:compile", _Announcer())  # type: ignore[no-untyped-call]


def use_threads(number: int) -> None:
    """Let the loops of :func:`parallel_jit` called from this thread use at most `number` threads; results do not depend
    on it.
    """
    numba.set_num_threads(min(number, int(numba.get_num_threads())))


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, loops that this thread calls use one thread: for work of which several pieces are done at a time."""
    before = int(numba.get_num_threads())
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(before)
