"""Moments as metadata files write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T "
    r"]\s*(\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?\s*(?:(Z|UTC)|([+-])(\d\d):?(\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
"""ISO 8601: date, then hours, minutes, seconds with any number of decimals, then Z or an offset from UTC, each as far
as it is there.
"""


def utc(stamp: str | None) -> datetime | None:
    """The moment that a text of ISO 8601 names, in UTC; None where there is none to read.

    Without a time zone it is UTC. A leap second is the first of the next minute, as ``datetime`` has none; decimals
    beyond microseconds are cut off.

    Examples
    --------
    >>> str(utc("2018-01-01T10:54:41.026Z")), str(utc("2016-12-31T23:59:60.5Z"))
    ('2018-01-01 10:54:41.026000+00:00', '2017-01-01 00:00:00.500000+00:00')
    >>> str(utc("2019-06-03T12:50:31.123456789+02:00")), utc("soon")
    ('2019-06-03 10:50:31.123456+00:00', None)
    """
    found = _ISO.fullmatch((stamp or "").strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, off_hours, off_minutes = found.groups(default="0")
    seconds = int(second)
    if seconds > 60:
        return None
    ahead = timedelta(hours=int(off_hours), minutes=int(off_minutes)) * (-1 if sign == "-" else 1)
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            min(seconds, 59),
            int(fraction.ljust(6, "0")[:6]),
            tzinfo=timezone(ahead),
        )
        return (moment + timedelta(seconds=seconds // 60)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
