"""What the program prints, in terminals of every encoding."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from attack.case import Case
from attack.ground import Ground
from attack.judges import honest
from attack.program import Said, forked, fresh

KIND = "encodings"
ENCODINGS = ("ascii", "latin-1", "cp437", "cp850", "cp932", "cp1252", "gb18030", "koi8-r", "utf-16")


def cases(ground: Ground) -> Iterator[Case]:
    """``--help`` of every command and subcommand; then what else is printed."""
    for encoding in ENCODINGS:
        for words in commands():
            yield Case(
                KIND,
                "--help of every command",
                f"{' '.join(words)}, {encoding}",
                _printed(ground, (*words, "--help"), encoding),
            )
        for name, arguments in PRINTED.items():
            yield Case(
                KIND, "lists, products' facts, errors", f"{name}, {encoding}", _printed(ground, arguments, encoding)
            )
    for encoding in ENCODINGS[: ground.some(len(ENCODINGS), 2)]:
        yield Case(KIND, "--help of every command", f"masks in a process of its own, {encoding}", _alone(encoding))


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand there is, as the parsers say."""
    from estran.cli.main import COMMANDS, _parser

    yield ()
    for name in COMMANDS:
        yield (name,)
        top = next(a for a in _parser(name)._actions if isinstance(a, argparse._SubParsersAction))
        for inner in (a for a in top.choices[name]._actions if isinstance(a, argparse._SubParsersAction)):
            seen = set()
            for word, parser in inner.choices.items():
                if id(parser) not in seen:
                    seen.add(id(parser))
                    yield (name, word)


PRINTED: dict[str, tuple[str, ...]] = {
    "version": ("--version",),
    "operators": ("operators",),
    "tables": ("tables", "list"),
    "facts of a product": ("info", "{safe}"),
    "an input that is not there": ("masks", "scènes-場面.SAFE", "-o", "out"),
    "an option that is not there": ("masks", "--größe", "1"),
    "a wrong value": ("masks", "{safe}", "-o", "out", "--height-min", "übel"),
    "a product called so": ("masks", "{stack}", "-o", "場面.dim"),
}


def _judged(said: Said) -> str:
    if wrong := honest(said):
        return wrong
    return "" if said.out or said.err else "nothing was printed"


def _printed(ground: Ground, arguments: tuple[str, ...], encoding: str) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        words = [w.format(safe=ground.safe, stack=ground.stack) if "{" in w else w for w in arguments]
        return _judged(forked(folder, *words, env={"PYTHONIOENCODING": encoding}))

    return attempt


def _alone(encoding: str) -> Callable[[Path], str]:
    return lambda folder: _judged(fresh(folder, "masks", "--help", env={"PYTHONIOENCODING": encoding, "COLUMNS": "80"}))
