"""How many threads work: Dask's and Numba's."""

from __future__ import annotations

from estran.errors import BadParameter


def use_threads(number: int) -> None:
    """Bound the threads of this process; results do not depend on it.

    Raises
    ------
    BadParameter
        Fewer than one.
    """
    if number < 1:
        raise BadParameter("there must be a thread", expected="1 or more", found=number)
    import dask.config

    from estran import jit

    dask.config.set(num_workers=number)
    jit.use_threads(number)


def threads() -> int:
    """How many threads Dask will use."""
    import dask.config
    from dask.system import CPU_COUNT

    return int(dask.config.get("num_workers", None) or CPU_COUNT)
