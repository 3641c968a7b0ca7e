"""A scene read by strips of rows, for kernels that look at a whole image without holding it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Read = Callable[[Sequence[str], int, int], Mapping[str, Array]]
"""``read(names, first_row, last_row)``: (last_row - first_row, columns) arrays by name, of those that the scene has."""

STRIP = 1 << 20
"""Pixels of a strip, about."""
_AT_ONCE = 4
"""Most strips that are worked on at a time: each with all its bands in memory."""
Found = TypeVar("Found")


def _keep(_names: Sequence[str]) -> None:
    """Arrays stay with their holder."""


@dataclass(frozen=True)
class Strip:
    """Rows ``first:last`` of a scene, with rows around them where there are any.

    Parameters
    ----------
    first, last
        Rows that the strip stands for.
    top
        Row of the scene in which the arrays begin.
    arrays
        (rows, columns) by name.
    """

    first: int
    last: int
    top: int
    arrays: Mapping[str, Array]

    @property
    def inner(self) -> slice:
        """The strip's own rows in its arrays."""
        return slice(self.first - self.top, self.last - self.top)

    @property
    def rows(self) -> slice:
        """The strip's own rows in the scene."""
        return slice(self.first, self.last)

    def own(self) -> dict[str, Array]:
        """The arrays without the rows around."""
        return {name: array[self.inner] for name, array in self.arrays.items()}


def over_strips(strips: Iterable[Strip], work: Callable[[Strip], Found]) -> Iterator[tuple[Strip, Found]]:
    """What `work` makes of each strip, in their order; several are worked on at a time, each by one thread, while the
    next is read.

    What it makes of a strip may not depend on another one.
    """
    available = int(numba.get_num_threads())
    threads = min(available, _AT_ONCE)
    if threads == 1:
        yield from ((strip, work(strip)) for strip in strips)
        return
    quiet = np.geterr()  # which a thread has for itself

    def done(strip: Strip) -> Found:
        with np.errstate(**quiet):
            return work(strip)

    waiting: deque[tuple[Strip, Future[Found]]] = deque()
    with ThreadPoolExecutor(
        threads, initializer=numba.set_num_threads, initargs=(max(1, available // threads),)
    ) as pool:
        for strip in strips:
            waiting.append((strip, pool.submit(done, strip)))
            if len(waiting) > threads:
                first, found = waiting.popleft()
                yield first, found.result()
        for first, found in waiting:
            yield first, found.result()


@dataclass(frozen=True)
class StripReader:
    """A scene as strips.

    Parameters
    ----------
    shape
        (rows, columns).
    present
        Names of the arrays that the scene has.
    read
        Reads rows of some of them.
    release
        Gets the names of arrays that are not read any more.
    """

    shape: tuple[int, int]
    present: tuple[str, ...]
    read: Read
    release: Callable[[Sequence[str]], None] = _keep

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> StripReader:
        """Of arrays in memory."""
        rows, columns = np.shape(next(iter(arrays.values())))
        names = tuple(arrays)
        return cls(
            (rows, columns),
            names,
            lambda wanted, first, last: {name: arrays[name][first:last] for name in wanted if name in names},
        )

    def strips(
        self, names: Sequence[str], halo: int = 0, needed: npt.NDArray[np.bool_] | None = None
    ) -> Iterator[Strip]:
        """The whole scene, strip by strip from the north.

        Parameters
        ----------
        names
            Arrays to read; those that the scene lacks are left out.
        halo
            Rows to read around each strip.
        needed
            (rows,) which rows are wanted; strips without any are passed over. All where None.
        """
        rows, columns = self.shape
        wanted = tuple(name for name in dict.fromkeys(names) if name in self.present)
        step = max(1, STRIP // max(1, columns))
        for first in range(0, rows, step):
            last = min(first + step, rows)
            if needed is None or needed[first:last].any():
                top = max(first - halo, 0)
                yield Strip(first, last, top, self.read(wanted, top, min(last + halo, rows)))

    def whole(self, name: str) -> npt.NDArray[np.float32]:
        """One array of the whole scene as float32, the caller's own."""
        out = np.empty(self.shape, np.float32)
        for strip in self.strips((name,)):
            out[strip.rows] = strip.arrays[name]
        return out
