"""The header of classic NetCDF files, read for its consistency alone: the NetCDF library ends the process on some that
are damaged.

Grammar: NetCDF Classic Format Specification, Unidata (NetCDF User's Guide, appendix B); its three variants (CDF 1, 2
and 5).
"""

from __future__ import annotations

from pathlib import Path

from estran.errors import BadProduct

_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
"""Bytes of a value, by the number of its type."""
_LONGEST_NAME = 256
_RANK = 1024
_FIRST_READ = 2**20


def check_classic_header(path: Path) -> None:
    """Refuse a classic NetCDF file whose header contradicts itself or its size; other files pass.

    Raises
    ------
    BadProduct
        The header is damaged.
    """
    with path.open("rb") as file:
        start = file.read(_FIRST_READ)
        if start[:3] != b"CDF" or start[3:4] not in b"\1\2\5":
            return
        size = file.seek(0, 2)
        file.seek(_FIRST_READ)
        try:
            try:
                _Header(start, size).check()
            except EOFError:
                _Header(start + file.read(15 * _FIRST_READ), size).check()
        except (ValueError, EOFError) as error:
            raise BadProduct(
                "the NetCDF file cannot be opened; its header is damaged",
                where=path,
                found=str(error),
                todo="copy it again",
            ) from None


class _Header:
    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size, self._at = data, size, 4
        self._word = 8 if data[3] == 5 else 4
        self._offset = 4 if data[3] == 1 else 8
        self._types = _SIZES if data[3] == 5 else {kind: bytes_ for kind, bytes_ in _SIZES.items() if kind <= 6}

    def check(self) -> None:
        self._take(self._word)  # the number of records, or that it is not known
        lengths = [self._dimension() for _ in range(self._list(_DIMENSIONS, "dimensions"))]
        if lengths.count(0) > 1:
            raise ValueError("two dimensions without a length")
        self._attributes()
        begins = [self._variable(lengths) for _ in range(self._list(_VARIABLES, "variables"))]
        if any(begin < self._at for begin in begins):  # beyond the end they may be: a variable that is not written yet
            raise ValueError("samples of a variable lie inside the header")

    def _take(self, count: int) -> bytes:
        if count > self._size - self._at:
            raise ValueError("it goes beyond the end of the file")
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise EOFError("it is too long")
        self._at += count
        return piece

    def _number(self, count: int) -> int:
        return int.from_bytes(self._take(count), "big")

    def _count(self, most: int, what: str) -> int:
        value = self._number(self._word)
        if value > most:
            raise ValueError(f"{value} {what}")
        return value

    def _list(self, tag: int, what: str) -> int:
        found, count = self._number(4), self._count(self._size // 8, what)
        if found != tag and (found or count):
            raise ValueError(f"the list of {what} is not where it should be")
        return count

    def _name(self) -> None:
        length = self._count(_LONGEST_NAME, "letters in a name")
        name = self._take(length + -length % 4)[:length]
        if not length or b"\0" in name or b"/" in name:
            raise ValueError("a name that is none")
        name.decode("utf-8")

    def _dimension(self) -> int:
        self._name()
        length = self._number(self._word)
        if length >= 2 ** (8 * self._word - 1):
            raise ValueError("a dimension of negative length")
        return length

    def _kind(self) -> int:
        kind = self._number(4)
        if kind not in self._types:
            raise ValueError(f"a type with the number {kind}")
        return self._types[kind]

    def _attributes(self) -> None:
        for _ in range(self._list(_ATTRIBUTES, "attributes")):
            self._name()
            size = self._kind() * self._count(self._size, "values in an attribute")
            self._take(size + -size % 4)

    def _variable(self, lengths: list[int]) -> int:
        self._name()
        ids = [self._number(self._word) for _ in range(self._count(_RANK, "dimensions of a variable"))]
        if any(number >= len(lengths) for number in ids):
            raise ValueError("a variable over a dimension that is not there")
        if any(lengths[number] == 0 for number in ids[1:]):
            raise ValueError("a variable with records inside another dimension")
        self._attributes()
        self._kind()
        self._take(self._word)  # its size, which the library works out itself
        return self._number(self._offset)
