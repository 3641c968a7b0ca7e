"""Damage for files, drawn from a seed: what transfers, disks, editors and ill will do to them."""

from __future__ import annotations

import random
import re

NUMBERS = (
    "0",
    "-1",
    "1",
    "2",
    "255",
    "65536",
    "2147483647",
    "-2147483649",
    "4294967296",
    "1000000",
    "1e308",
    "-1e-320",
    "NaN",
    "inf",
    "0x10",
    "1,5",
    "",
    "٣",
    "1e9",
)
JUNK = (
    b"\0",
    b"\xff\xfe",
    b"<",
    b"]]>",
    b"&lt;",
    b"%s",
    b"../",
    b"/etc/passwd",
    "é中\u2028".encode(),
    b"\r",
    b"9" * 400,
    b"(" * 300,
    b"A" * 5000,
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TAG = re.compile(rb"<[^<>]{1,200}>")
_ELEMENT = re.compile(rb"<([A-Za-z_][\w.:-]*)[^<>]*>[^<>]*</\1>")


def flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def remove(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 4, 16, 300, 4096))]


def repeat(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.choice((1, 8, 64, 1000))] * rng.choice((1, 2, 50))


def splice(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((4, 16, 256, 2000))
    a, b = rng.randrange(len(data)), rng.randrange(len(data))
    data[a : a + size] = data[b : b + size]


def blank(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    size = min(len(data) - at, rng.choice((1, 2, 4, 8, 64, 1024)))
    data[at : at + size] = bytes([rng.choice((0, 255))]) * size


def word(data: bytearray, rng: random.Random) -> None:
    """A number of a binary header replaced by one at an edge."""
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(max(1, min(len(data), rng.choice((64, 600, 10**9)))))
    value = rng.choice(
        (0, 1, 2 ** (8 * size) - 1, 2 ** (8 * size - 1), 2 ** (8 * size - 1) - 1, rng.getrandbits(8 * size), 1000)
    )
    data[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, rng.choice(("little", "big")))


def junk(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.choice(JUNK)


def number(data: bytearray, rng: random.Random) -> None:
    found = list(_NUMBER.finditer(data))
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 1, 3)))), key=lambda m: -m.start()):
        data[match.start() : match.end()] = rng.choice(NUMBERS).encode()


def tag(data: bytearray, rng: random.Random) -> None:
    """A tag dropped, or put elsewhere."""
    found = list(_TAG.finditer(data))
    if found:
        match = rng.choice(found)
        text = match[0]
        del data[match.start() : match.end()]
        if rng.random() < 0.5:
            at = rng.randrange(len(data) + 1)
            data[at:at] = text


def element(data: bytearray, rng: random.Random) -> None:
    """A leaf dropped, doubled, emptied, or filled with another's text."""
    found = list(_ELEMENT.finditer(data))
    if found:
        match, other = rng.choice(found), rng.choice(found)
        name = match[1]
        new = rng.choice(
            (b"", match[0] * 2, b"<%s/>" % name, other[0], b"<%s>%s</%s>" % (name, rng.choice(JUNK), name))
        )
        data[match.start() : match.end()] = new


BINARY = (flip, truncate, remove, repeat, splice, blank, word, word, word, junk)
TEXT = (number, number, number, tag, element, element, junk, truncate, flip, remove, repeat, splice)


def mutated(original: bytes, rng: random.Random, *, text: bool) -> bytes:
    """The file with one to four kinds of damage."""
    data = bytearray(original)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if data:
            rng.choice(TEXT if text else BINARY)(data, rng)
    return bytes(data)
