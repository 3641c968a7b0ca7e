"""Files are read up to a limit: what describes a product is small, and a file that says otherwise must not fill the
memory.
"""

from __future__ import annotations

import math
from pathlib import Path

from estran.errors import BadProduct, EstranError

MEGABYTE = 10**6

XML_BYTES = 64 * MEGABYTE
"""An XML document; the largest of Sentinel-2 and of SNAP have a few megabytes."""
TEXT_BYTES = 64 * MEGABYTE
"""Numbers as text, JSON."""
TABLE_BYTES = 250 * MEGABYTE
"""A CSV table of pixels: some million rows."""
SETTINGS_BYTES = MEGABYTE
"""What only names settings: .properties, .hdr, MTL, graphs' defaults."""
NUMBERS = 10**8
"""Most numbers of an array that is read whole where its file names its size."""


def read_bytes(path: Path, limit: int, *, what: str = "the file", error: type[EstranError] = BadProduct) -> bytes:
    """The content of a file that has at most `limit` bytes.

    Parameters
    ----------
    path
        The file; what is no regular file (a pipe, a device) is refused, as it may never end.
    limit
        Most bytes taken.
    what
        How a message calls the file ("the header").
    error
        The error raised.

    Raises
    ------
    EstranError
        Of kind `error`, where it is larger or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise error(f"{what} is no ordinary file", where=path, todo="give a file")
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as reason:
        raise error(f"{what} cannot be read", where=path, found=reason.strerror or reason) from reason
    within(len(content), limit, what, path, error, exact=False)
    return content


def read_text(
    path: Path, limit: int, *, what: str = "the file", error: type[EstranError] = BadProduct, errors: str = "strict"
) -> str:
    """The content of a UTF-8 file (a byte order mark dropped, line ends as they are) that has at most `limit` bytes.

    Raises
    ------
    EstranError
        Of kind `error`, where it is larger, cannot be read, or is no text.
    """
    content = read_bytes(path, limit, what=what, error=error)
    try:
        return content.decode("utf-8-sig", errors)
    except UnicodeDecodeError as reason:
        raise error(f"{what} is no UTF-8 text", where=path, found=str(reason), todo="save it as UTF-8") from reason


def within(
    size: int, limit: int, what: str, where: object, error: type[EstranError] = BadProduct, *, exact: bool = True
) -> None:
    """Refuse a size [bytes] above `limit`; `exact` says whether the size is known or only that it is larger.

    Raises
    ------
    EstranError
        Of kind `error`.
    """
    if size > limit:
        raise error(
            f"{what} is too large",
            where=where,
            expected=f"at most {amount(limit)}",
            found=amount(size) if exact else "more",
            todo="see that it is what it should be: nothing of this kind needs as much",
        )


def amount(size: float) -> str:
    """A number of bytes as people read it ("3.2 GB"); decimal units.

    Examples
    --------
    >>> amount(512), amount(64_000_000), amount(3.2e12)
    ('512 bytes', '64 MB', '3.2 TB')
    """
    if size < 1000:
        return f"{size:.0f} bytes"
    power = min(4, int(math.log10(size) // 3))
    size, unit = size / 1000**power, ("kB", "MB", "GB", "TB")[power - 1]
    return f"{size:.2g} {unit}" if size < 100 else f"{size:.0f} {unit}"
