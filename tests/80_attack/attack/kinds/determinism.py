"""The same input gives the same bits: any number of threads, size of tiles, packing, way of calling, and every time."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attack.case import Case
from attack.ground import Ground
from attack.inputs import zipped
from attack.program import Said, forked, fresh

KIND = "determinism"


def cases(ground: Ground) -> Iterator[Case]:
    """Each beside one plain run."""
    for name, (arguments, env) in VARIED.items():
        yield Case(KIND, "masks: the same bits", name, _masks(ground, arguments, env))
    for k in range(ground.some(5, 1)):
        yield Case(KIND, "masks: the same bits", f"again, {k}", _masks(ground, (), {}))
    for name, make in PACKED.items():
        yield Case(KIND, "masks: the same bits", name, _packed(ground, make))
    for form in ("o.tif", "o.nc"):
        yield Case(KIND, "masks: the same bits", f"written to {form}", _masks(ground, (), {}, form))
    yield Case(KIND, "masks: the same bits", "by estran gpt graphs/masks.xml", _by_graph(ground))
    yield Case(KIND, "simulate: the same scene from the same seed", "twice", _scene(ground))


VARIED: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "1 thread": (("--threads", "1"), {}),
    "2 threads": (("--threads", "2"), {}),
    "3 threads": (("--threads", "3"), {}),
    "8 threads": (("--threads", "8"), {}),
    "tiles of 64": (("--tile", "64"), {}),
    "tiles of 80": (("--tile", "80"), {}),
    "tiles of 4096": (("--tile", "4096"), {}),
    "tiles of 71, 3 threads": (("--tile", "71", "--threads", "3"), {}),
    "numba on one thread": ((), {"NUMBA_NUM_THREADS": "1"}),
    "another order of sets": ((), {"PYTHONHASHSEED": "7"}),
    "BLAS on two threads": ((), {"OPENBLAS_NUM_THREADS": "2"}),
}
PACKED: dict[str, Callable[[Ground, Path], Path]] = {
    "zip, compressed": lambda ground, folder: zipped(ground.safe, folder / "x.zip"),
    "zip, stored": lambda ground, folder: zipped(ground.safe, folder / "x.zip", zipfile.ZIP_STORED),
    "by its metadata file": lambda ground, _: ground.safe / "MTD_MSIL1C.xml",
    "by its manifest": lambda ground, _: ground.safe / "manifest.safe",
}


def bits(folder: Path, product: str) -> str:
    """Digests of the bands of a result, without what its format adds: name, samples and place of each."""
    said = forked(folder, "digest", product)
    if said.code != 0:
        raise RuntimeError(said.shown())
    return "\n".join(said.out.splitlines()[1:])


def _plain(ground: Ground, out: str) -> str:
    """One form is compared with itself: formats differ in how they say no-data."""

    def make() -> str:
        folder = ground.folder / f"plain bits {out}"
        folder.mkdir()
        said = fresh(folder, "masks", ground.safe, "-o", out, "-q")
        if said.code != 0:
            raise RuntimeError(said.shown())
        return bits(folder, out)

    return ground.once(f"plain bits {out}", make)


def _judged(ground: Ground, folder: Path, said: Said, out: str) -> str:
    if said.code != 0:
        return said.shown()
    plain, found = _plain(ground, out), bits(folder, out)
    if found == plain:
        return ""
    return "differ: " + ", ".join(
        sorted({line.split()[-1] for line in set(plain.splitlines()) ^ set(found.splitlines())})
    )


def _masks(
    ground: Ground, arguments: tuple[str, ...], env: Mapping[str, str], out: str = "o.dim"
) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        return _judged(ground, folder, fresh(folder, "masks", ground.safe, "-o", out, "-q", *arguments, env=env), out)

    return attempt


def _packed(ground: Ground, make: Callable[[Ground, Path], Path]) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        return _judged(ground, folder, forked(folder, "masks", make(ground, folder), "-o", "o.dim", "-q"), "o.dim")

    return attempt


def _by_graph(ground: Ground) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        graph = Path(__file__).resolve().parents[4] / "graphs" / "masks.xml"
        return _judged(
            ground, folder, forked(folder, "gpt", graph, f"-Ssource={ground.safe}", "-t", "o.dim", "--quiet"), "o.dim"
        )

    return attempt


def _scene(ground: Ground) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        for name in ("a", "b"):
            (folder / name).mkdir()
            said = forked(folder / name, "simulate", "scene", "scene", "--seed", "5", "--size", "96", "--small", "-q")
            if said.code != 0:
                return said.shown()
        one, two = (
            {
                p.relative_to(folder / name): p.read_bytes()
                for p in (folder / name).rglob("*")
                if p.is_file() and not p.name.startswith(".")
            }
            for name in ("a", "b")
        )
        differing = sorted(p.as_posix() for p in one.keys() | two.keys() if one.get(p) != two.get(p))
        return f"{', '.join(differing[:3])} differ" if differing else ""

    return attempt
