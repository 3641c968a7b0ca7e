"""Two runs on one name at once: one result, and the other run says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attack.case import Case
from attack.ground import Ground
from attack.judges import hidden, one_sentence
from attack.program import fresh
from attack.results import FORMS, Maker, gpt, masks, probability, simulate, state

KIND = "two runs at once"


def cases(ground: Ground) -> Iterator[Case]:
    """Every form of output, with and without an old result."""
    for make, forms in (
        (probability, tuple(FORMS)),
        (masks, ("folder",)),
        (gpt, ("BEAM-DIMAP",)),
        (simulate, ("folder",)),
    ):
        for form in forms:
            for old in (False, True):
                for k in range(ground.some(2, 1)):
                    maker = make.__name__
                    yield Case(
                        KIND,
                        "one result, and one sentence",
                        f"{maker} to {form}, old {old}, {k}",
                        _both(ground, make, form, old),
                    )


def _both(ground: Ground, make: Callable[[Ground, str], Maker], form: str, old: bool) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        ground.warm()
        maker = make(ground, form)
        digests = maker.digests(ground)
        if old:
            maker.lay_old(ground, folder)
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _: fresh(folder, *maker.new(old)), range(2))
        good, bad = sorted((first, second), key=lambda said: said.code)
        if good.code != 0:
            return f"both failed: {good.shown()}; {bad.shown()}"
        if bad.code == 0:
            return "both ended with exit 0"
        if (found := state(folder, digests)) != "new":
            return f"left {found}"
        if left := hidden(folder):
            return f"hidden {', '.join(left)} is left"
        return one_sentence(bad)

    return attempt
