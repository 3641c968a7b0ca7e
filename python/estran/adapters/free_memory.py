"""Memory that is free, as the system says; nothing but the standard library is imported here."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def address_space() -> int | None:
    """The limit of this process's address space [bytes]; None where there is none, or the system knows none."""
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if most == resource.RLIM_INFINITY else most


def free_memory() -> int | None:
    """Memory that this process may still take [bytes]: of the machine, of its container or job, of its own limit; None
    where it is not known.
    """
    return min(_limits(), default=None)


def _limits() -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
        facts = {
            line.split(":")[0]: int(line.split()[1]) * 1024 for line in Path("/proc/meminfo").read_text().splitlines()
        }
        yield facts["MemAvailable"] + facts.get("SwapFree", 0)
    for group, limit, used, stat, cache in (
        *((g, "memory.max", "memory.current", "memory.stat", "inactive_file") for g in _groups("")),
        *(
            (g, "memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat", "total_inactive_file")
            for g in _groups("memory")
        ),
    ):
        with contextlib.suppress(OSError, ValueError, IndexError):
            most = int((group / limit).read_text())  # "max" is no number: no limit
            if most < 1 << 60:
                yield max(0, most - int((group / used).read_text()) + _of_cache(group / stat, cache))
    space = address_space()
    if space is not None and sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError, IndexError):
            taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            yield max(0, space - taken)


def _groups(controller: str) -> Iterator[Path]:
    """The control groups of this process, from its own to the outermost; "" is version 2."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if controller in names.split(","):
                top = _CGROUP / controller
                own = top / path.lstrip("/")
                yield from (p for p in (own, *own.parents) if p == top or top in p.parents)
                return


def _of_cache(stat: Path, name: str) -> int:
    """What a group holds of files that the system can drop."""
    for line in stat.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
