"""Moments as metadata files write them, leap seconds and all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from estran.adapters.files.dimap.java_text import parse_utc
from estran.adapters.files.times import utc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-01-01T10:54:41.026Z", datetime(2018, 1, 1, 10, 54, 41, 26000, UTC)),
        ("2018-01-01T10:54:41.026", datetime(2018, 1, 1, 10, 54, 41, 26000, UTC)),
        (" 2018-01-01 10:54:41 UTC ", datetime(2018, 1, 1, 10, 54, 41, tzinfo=UTC)),
        ("2018-01-01T10:54:41.123456789Z", datetime(2018, 1, 1, 10, 54, 41, 123456, UTC)),
        ("2018-01-01T10:54:41,5Z", datetime(2018, 1, 1, 10, 54, 41, 500000, UTC)),
        ("2018-01-01T12:54:41+02:00", datetime(2018, 1, 1, 10, 54, 41, tzinfo=UTC)),
        ("2018-01-01T00:24:41-1030", datetime(2018, 1, 1, 10, 54, 41, tzinfo=UTC)),
        ("20180101T105441Z", datetime(2018, 1, 1, 10, 54, 41, tzinfo=UTC)),
        ("2018-01-01T10:54", datetime(2018, 1, 1, 10, 54, tzinfo=UTC)),
        ("2018-01-01", datetime(2018, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.999999Z", datetime(2017, 1, 1, 0, 0, 0, 999999, UTC)),
        ("2017-01-01T01:59:60+02:00", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_moments(text: str, expected: datetime) -> None:
    assert utc(text) == expected
    assert utc(text).utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "soon",
        "2018-13-01T00:00:00Z",
        "2018-01-01T25:00:00Z",
        "2018-01-01T10:54:61Z",
        "9999-12-31T23:59:60Z",
        "2018-01-01T00:00:00+99:00",
    ],
)
def test_what_is_no_moment(text: str | None) -> None:
    assert utc(text) is None


def test_a_leap_second_in_a_dimap() -> None:
    assert parse_utc("31-DEC-2016 23:59:60.500000") == datetime(2017, 1, 1, 0, 0, 0, 500000, UTC)
    assert parse_utc("31-DEC-2016 23:59:61.500000") is None
