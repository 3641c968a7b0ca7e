"""Results whose every byte is known: two commands a form of output, an old result and a new one, to see which of them
an attack left.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attack.ground import Ground
from attack.judges import contents, hidden, one_sentence, visible
from attack.program import Said, forked

FORMS = {"folder": "out", "BEAM-DIMAP": "o.dim", "GeoTIFF": "o.tif", "NetCDF": "o.nc"}


@dataclass(frozen=True)
class Maker:
    """A command that makes a result, in two ways that differ.

    Parameters
    ----------
    name
        As in the table.
    target
        Name of the result.
    command, other
        Its arguments for the new result, and for the old one; "{out}" is the target.
    """

    name: str
    target: str
    command: tuple[str, ...]
    other: tuple[str, ...]

    def new(self, overwrite: bool) -> list[str]:
        return [w.format(out=self.target) for w in self.command] + (["--overwrite"] if overwrite else [])

    def old(self) -> list[str]:
        return [w.format(out=self.target) for w in self.other]

    def digests(self, ground: Ground) -> dict[str, str]:
        """Digests of the two results: {digest: "old" or "new"}."""

        def make() -> dict[str, str]:
            found = {}
            for name, arguments in (("old", self.old()), ("new", self.new(False))):
                folder = self._known(ground, name)
                folder.mkdir()
                said = forked(folder, *arguments)
                if said.code != 0:
                    raise RuntimeError(f"{' '.join(arguments)}: {said.shown()}")
                found[contents(visible(folder))] = name
            if len(found) != 2:
                raise RuntimeError(f"{self.name}: old and new results are the same, so that nothing can be judged")
            return found

        return ground.once(f"{self.name} {self.target}", make)

    def product(self, ground: Ground) -> str:
        """Digest of the new result without pictures and page."""
        self.digests(ground)
        return ground.once(
            f"product {self.name} {self.target}", lambda: contents(_product(self._known(ground, "new"), self.target))
        )

    def _known(self, ground: Ground, name: str) -> Path:
        return ground.folder / f"known-{self.name}-{self.target}-{name}".replace(" ", "_")

    def lay_old(self, ground: Ground, folder: Path) -> None:
        """Put the old result there."""
        self.digests(ground)
        said = forked(folder, *self.old())
        if said.code != 0:
            raise RuntimeError(f"{' '.join(self.old())}: {said.shown()}")


def _product(folder: Path, target: str) -> list[Path]:
    """The product of a result folder."""
    return [p for p in visible(folder / target) if p.suffix in (".dim", ".data")]


def is_product(folder: Path, maker: Maker, ground: Ground) -> bool:
    """Whether the folder holds the new result's product, whatever became of its pictures."""
    return (folder / maker.target).is_dir() and contents(_product(folder, maker.target)) == maker.product(ground)


def probability(ground: Ground, form: str) -> Maker:
    """The quickest command that writes a whole product."""
    stack = str(ground.stack)
    run = ("run", "CloudProbability", stack, "-o", "{out}", "-q")
    return Maker("run", FORMS[form], (*run, "--mode", "strict"), run)


def masks(ground: Ground, form: str) -> Maker:
    """The main command."""
    run = ("masks", str(ground.safe), "-o", "{out}", "--displacement", "false")
    return Maker("masks", FORMS[form], (*run, "--mode", "strict"), run)


def gpt(ground: Ground, form: str) -> Maker:
    """An operator by gpt's way."""
    run = ("gpt", "Estran.CloudProbability", f"-Ssource={ground.stack}", "-t", "{out}", "--quiet")
    return Maker("gpt", FORMS[form], (*run, "-Pmode=strict"), run)


def simulate(_ground: Ground, _form: str) -> Maker:
    """A scene."""
    run = ("simulate", "scene", "{out}", "-q", "--size", "96", "--small", "--seed")
    return Maker("simulate", "scene", (*run, "2"), (*run, "1"))


def state(folder: Path, digests: dict[str, str], also: tuple[str, ...] = ()) -> str:
    """What a user sees: "old", "new", "nothing", or names of a mixture. A .data folder without its .dim opens nowhere,
    and is nothing.
    """
    seen = [p for p in visible(folder) if p.name not in also]
    if all(p.suffix == ".data" for p in seen):
        return "nothing"
    return digests.get(contents(seen), "neither old nor new: " + ", ".join(p.name for p in seen))


def after(folder: Path, maker: Maker, digests: dict[str, str], was_old: bool) -> str:
    """After a kill: old or new, whole; where the moment of exchange was hit, opening the product finishes it; the next
    run clears up and ends well.
    """
    found = state(folder, digests)
    if found.startswith("neither"):
        return found
    if found == "nothing" and was_old:
        # A folder takes its place in two steps; whoever opens the result next finishes them.
        said = forked(folder, "info", maker.target)
        found = state(folder, digests)
        if found not in ("old", "new"):
            return f"the old result is gone, and opening it brings {found} ({said.shown()})"
    if found == "old" and not was_old:
        return "an old result where there was none"
    said = forked(folder, *maker.new(True))
    if said.code != 0:
        return f"the next run: {said.shown()}"
    if state(folder, digests) != "new":
        return f"the next run left {state(folder, digests)}"
    if left := hidden(folder):
        return f"the next run left hidden {', '.join(left)}"
    return ""


def stopped(folder: Path, said: Said, expected: int, digests: dict[str, str], was_old: bool) -> str:
    """After SIGTERM or SIGINT: the new result and exit 0, or one sentence, the number's exit code, and
    all as it was.
    """
    found = state(folder, digests)
    if left := hidden(folder):
        return f"hidden {', '.join(left)} is left (exit {said.code})"
    if said.code in (0, 128 - expected):
        # Hit while Python itself was being put away, when all had been done: a shell says 143 or 130 then, too.
        return "" if found == "new" else f"exit {said.code} and {found}"
    if said.code != expected:
        return f"expected exit {expected}, {said.shown()}"
    if found not in ("new", "old" if was_old else "nothing"):
        return f"left {found}"
    if not was_old and any(p.suffix == ".data" for p in folder.iterdir()):
        return "a .data folder is left"
    return one_sentence(said)
