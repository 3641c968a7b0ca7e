"""Damage as disks, networks and editors do it, drawn from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Damage = Callable[[random.Random, bytes], bytes]


def flip(rng: random.Random, data: bytes) -> bytes:
    """One bit turned over."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def byte(rng: random.Random, data: bytes) -> bytes:
    """One byte replaced."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([(data[at] + rng.randrange(1, 256)) % 256]) + data[at + 1 :]


def head(rng: random.Random, data: bytes) -> bytes:
    """A byte of the first kilobyte replaced: where formats keep what matters."""
    part = min(len(data), 1024)
    return byte(rng, data[:part]) + data[part:]


def noise(rng: random.Random, data: bytes) -> bytes:
    """Up to 64 bytes of noise over what was there."""
    at, length = rng.randrange(len(data)), rng.randrange(1, 65)
    return data[:at] + rng.randbytes(min(length, len(data) - at)) + data[at + length :]


def zeros(rng: random.Random, data: bytes) -> bytes:
    """A page of zeros, as after a crash of the system."""
    at, length = rng.randrange(len(data)), rng.choice((16, 512, 4096))
    return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]


def cut(rng: random.Random, data: bytes) -> bytes:
    """Cut short, as by a broken download."""
    return data[: rng.choice((0, 1, rng.randrange(len(data)), rng.randrange(len(data)), len(data) - 1))]


def lost(rng: random.Random, data: bytes) -> bytes:
    """A stretch lost from the middle."""
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 1025) :]


def doubled(rng: random.Random, data: bytes) -> bytes:
    """A stretch there twice."""
    at = rng.randrange(len(data))
    return data[: at + rng.randrange(1, 1025)] + data[at:]


def text_mode(_rng: random.Random, data: bytes) -> bytes:
    """Line ends changed, as by a transfer in text mode."""
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if b"\n" in data else data.replace(b"\r", b"\n") + b"\n"


def number(rng: random.Random, data: bytes) -> bytes:
    """A number of a text replaced by one that it cannot be."""
    places = list(re.finditer(rb"(?<=[>\s\"={,])-?\d+(?:\.\d+)?(?=[<\s\",}])", data))
    if not places:
        return byte(rng, data)
    place = rng.choice(places)
    wrong = rng.choice(
        (
            b"NaN",
            b"INF",
            b"-1",
            b"0",
            b"1e308",
            b"99999999999",
            b"-0.0",
            b"",
            b"abc",
            b"1,5",
            b"0x10",
            b"1e-320",
            b"2147483648",
        )
    )
    return data[: place.start()] + wrong + data[place.end() :]


def element(rng: random.Random, data: bytes) -> bytes:
    """An element of an XML text lost, doubled, emptied, or called otherwise."""
    places = list(re.finditer(rb"<([A-Za-z_][\w:.-]*)[^<>]*>[^<>]*</\1>", data)) + list(
        re.finditer(rb"<([A-Za-z_][\w:.-]*)[^<>]*/?>", data)
    )
    if not places:
        return byte(rng, data)
    place = rng.choice(places)
    text, name = place.group(0), place.group(1)
    new = rng.choice(
        (
            b"",
            text + text,
            b"<" + name + b"/>",
            text.replace(name, name + b"X"),
            text.upper(),
            b"<!-- " + text + b" -->",
        )
    )
    return data[: place.start()] + new + data[place.end() :]


def word(rng: random.Random, data: bytes) -> bytes:
    """A word of a text replaced by one that nobody expects."""
    places = list(re.finditer(rb"(?<=[>\"\s=])[A-Za-z_][\w./:-]*(?=[<\"\s])", data))
    if not places:
        return byte(rng, data)
    place = rng.choice(places)
    wrong = rng.choice(
        (
            b"",
            b"../../etc/passwd",
            b"\xff\xfe",
            b"&bogus;",
            b"%s%n",
            b"x" * 5000,
            "Größe".encode(),
            b"\x00",
            b"null",
            b"]]>",
        )
    )
    return data[: place.start()] + wrong + data[place.end() :]


BYTES: tuple[Damage, ...] = (flip, byte, head, noise, zeros, cut, lost, doubled, text_mode)
TEXT: tuple[Damage, ...] = (byte, cut, lost, doubled, number, number, element, element, word, word)


def damaged(rng: random.Random, data: bytes, text: bool) -> tuple[str, bytes]:
    """Name of the damage and the damaged bytes, which differ from what they were."""
    for _ in range(20):
        damage = rng.choice(TEXT if text else BYTES)
        made = damage(rng, data) if data else rng.randbytes(7)
        if made != data:
            return damage.__name__, made
    return "flip", flip(rng, data)
