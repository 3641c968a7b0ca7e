"""The one decorator of compiled kernels: rows shared among threads, and what is said of compiling."""

from __future__ import annotations

import logging

import numba
import numpy as np
import pytest

from estran import jit


@jit.jit
def _number_rows(first, last, out):
    for r in range(first, last):
        out[r] += r


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
@pytest.mark.parametrize("threads", [1, 2])
def test_every_row_is_worked_on_once(rows, threads):
    before, out = numba.get_num_threads(), np.zeros(rows)
    try:
        numba.set_num_threads(min(threads, before))
        jit.over_rows(_number_rows, rows, out)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(out, np.arange(rows))


def test_an_error_in_a_thread_is_raised():
    def fails(_first, _last):
        raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"):
        jit.over_rows(fails, 10)


def test_long_compiling_is_announced_once_and_short_not(monkeypatch, caplog):
    now = [0.0]
    monkeypatch.setattr(jit.time, "perf_counter", lambda: now[0])
    announcer = jit._Announcer()

    def compiled(seconds):
        announcer.on_start(None)
        announcer.on_start(None)  # one kernel calls for another
        now[0] += seconds
        announcer.on_end(None)
        announcer.on_end(None)

    with caplog.at_level(logging.WARNING, "estran"):
        compiled(0.5)
        assert not caplog.records
        compiled(jit._PATIENCE)
        compiled(10.0)
    assert [record.message.split(" ")[0] for record in caplog.records] == ["Kernels"]
