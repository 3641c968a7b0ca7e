"""Numbers and dates as Java, and so SNAP, writes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def double_text(value: float) -> str:
    """A number as Java's ``Double.toString`` writes it.

    Decimal notation from 1e-3 up to 1e7, else one digit before the point and "E" (Java SE API, ``Double.toString``).

    Examples
    --------
    >>> [double_text(v) for v in (1e-4, 0.1, 5000040, 12345678.9, float("nan"), float("-inf"))]
    ['1.0E-4', '0.1', '5000040.0', '1.23456789E7', 'NaN', '-Infinity']
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = repr(value).partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    power += len(whole) - 1 if whole.strip("0") else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    digits = digits.rstrip("0")
    return f"{sign}{digits[:1]}.{digits[1:] or '0'}E{power}"


def parse_double(text: str) -> float:
    """The number that Java wrote, with its spellings of what is not finite."""
    text = text.strip()
    return float({"Infinity": "inf", "-Infinity": "-inf"}.get(text, text))


def utc_text(moment: datetime) -> str:
    """A moment as SNAP's ``ProductData.UTC`` writes it: 09-JUL-2007 11:14:55.493954; a naive one is taken as UTC."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment.year:04d} {moment:%H:%M:%S}.{moment.microsecond:06d}"


def parse_utc(text: str | None) -> datetime | None:
    """The moment that SNAP wrote, UTC; None where there is none to read."""
    try:
        day, clock = (text or "").strip().split(" ")
        number, month, year = day.split("-")
        time = clock.split(".")
        micro = int((time[1] if len(time) > 1 else "0").ljust(6, "0")[:6])
        hour, minute, second = (int(part) for part in time[0].split(":"))
        whole = datetime(
            int(year),
            _MONTHS.index(month.upper()) + 1,
            int(number),
            hour,
            minute,
            min(second, 59) if second <= 60 else second,
            micro,
            tzinfo=UTC,
        )
        return whole + timedelta(seconds=second // 60)  # a leap second is the first of the next minute
    except (ValueError, OverflowError):
        return None
