"""Damaged files of every format: read as they were, or a sentence; where checksums exist, never other values in
silence.
"""

from __future__ import annotations

import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from attack.case import Case
from attack.damage import damaged
from attack.ground import Ground
from attack.inputs import copied, put, with_checksums, without_checksums, zipped
from attack.judges import honest
from attack.program import Said, forked

KIND = "damaged files"
TEXTS = {".xml", ".safe", ".dim", ".hdr", ".gml", ".csv", ".properties"}


@dataclass(frozen=True)
class Format:
    """A format, how its input is laid in a folder, whether it carries checksums, and how many damages are tried."""

    name: str
    lay: Callable[[Ground, Path], Path]
    sums: bool
    many: int


def cases(ground: Ground) -> Iterator[Case]:
    """Readers first, each damage read in full; then whole runs; then what is no product."""
    for known in FORMATS:
        for seed in range(ground.some(known.many, 12)):
            yield Case(KIND, f"{known.name}: read, or one sentence", f"seed {seed}", _read(ground, known, seed))
            line = f"{known.name}: never other values in silence"
            yield Case(KIND, line, f"seed {seed}", _noticed(ground, known, seed), declared=not known.sums)
    for seed in range(ground.some(40, 4)):
        yield Case(
            KIND,
            "whole runs of masks: a result, or one sentence",
            f"seed {seed}",
            _masks(ground, FORMATS[seed % len(FORMATS)], seed),
        )
    for name, lay in OTHERS.items():
        for seed in range(ground.some(30, 6)):
            yield Case(
                KIND, f"{name}: a result, or one sentence", f"seed {seed}", _other(ground, lay, f"{name} {seed}")
            )


def _safe(name: str) -> Callable[[Ground, Path], Path]:
    def lay(ground: Ground, folder: Path) -> Path:
        safe = copied(ground.safe, folder)
        with_checksums(safe, name)
        return safe

    return lay


def _safe_plain(ground: Ground, folder: Path) -> Path:
    safe = copied(ground.safe, folder)
    without_checksums(safe)
    return safe


def _zip(compression: int) -> Callable[[Ground, Path], Path]:
    def lay(ground: Ground, folder: Path) -> Path:
        name = f"{ground.safe.stem}-{compression}.zip"
        made = ground.once(name, lambda: zipped(ground.safe, ground.folder / name, compression))
        return copied(made, folder)

    return lay


FORMATS = (
    Format("SAFE with MD5 sums", _safe("MD5"), True, 75),
    Format("SAFE with SHA3-256 sums", _safe("SHA3-256"), True, 30),
    Format("SAFE zipped, compressed", _zip(zipfile.ZIP_DEFLATED), True, 30),
    Format("SAFE zipped, stored", _zip(zipfile.ZIP_STORED), True, 30),
    Format("SAFE without checksums", _safe_plain, False, 50),
    Format("BEAM-DIMAP", lambda ground, folder: copied(ground.stack, folder), False, 60),
    Format("GeoTIFF", lambda ground, folder: copied(ground.tiff, folder), False, 60),
    Format("NetCDF", lambda ground, folder: copied(ground.netcdf, folder), False, 60),
)


def _harm(product: Path, rng: random.Random) -> str:
    """Damage one file of a product, headers as often as pixels; says what was done."""
    top = [product, *([product.with_suffix(".data")] if product.suffix == ".dim" else [])]
    files = sorted(p for t in top for p in ([t] if t.is_file() else t.rglob("*")) if p.is_file() and p.stat().st_size)
    texts = [p for p in files if p.suffix in TEXTS]
    path = rng.choice(texts if texts and rng.random() < 0.5 else files)
    name, data = damaged(rng, path.read_bytes(), path.suffix in TEXTS)
    put(path, data)
    return f"{name} in {path.name}"


def _notes(said: Said) -> set[str]:
    return {line for line in said.err.splitlines() if ": note: " in line}


def _clean(ground: Ground, known: Format) -> tuple[str, set[str]]:
    """Digest of the undamaged input, and the notes on it: they say nothing of a damage."""

    def make() -> tuple[str, set[str]]:
        folder = ground.folder / f"clean {known.name}"
        folder.mkdir()
        said = forked(folder, "digest", known.lay(ground, folder))
        if said.code != 0:
            raise RuntimeError(said.shown())
        return said.out.split()[0], _notes(said)

    return ground.once(f"clean {known.name}", make)


def _damaged_read(ground: Ground, known: Format, seed: int) -> tuple[str, Said]:
    """Damage an input and read all of it, once for both lines that judge it."""

    def make() -> tuple[str, Said]:
        folder = ground.folder / f"damaged {known.name} {seed}"
        folder.mkdir()
        product = known.lay(ground, folder)
        done = _harm(product, random.Random(f"{known.name} {seed}"))
        said = forked(folder, "digest", product)
        shutil.rmtree(folder, ignore_errors=True)
        return done, said

    return ground.once(f"damaged {known.name} {seed}", make)


def _read(ground: Ground, known: Format, seed: int) -> Callable[[Path], str]:
    def attempt(_folder: Path) -> str:
        done, said = _damaged_read(ground, known, seed)
        wrong = honest(said)
        return wrong and f"{done}: {wrong}"

    return attempt


def _noticed(ground: Ground, known: Format, seed: int) -> Callable[[Path], str]:
    def attempt(_folder: Path) -> str:
        digest, notes = _clean(ground, known)
        done, said = _damaged_read(ground, known, seed)
        silent = said.code == 0 and said.out.split()[0] != digest and not _notes(said) - notes
        return f"{done}: other values, in silence" if silent else ""

    return attempt


def _masks(ground: Ground, known: Format, seed: int) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        product = known.lay(ground, folder)
        done = _harm(product, random.Random(f"masks {known.name} {seed}"))
        wrong = honest(forked(folder, "masks", product, "-o", "result", "-q"))
        return wrong and f"{known.name}, {done}: {wrong}"

    return attempt


def _graph(ground: Ground, folder: Path, rng: random.Random) -> tuple[str, list[object]]:
    path = folder / "graph.xml"
    done, data = damaged(rng, GRAPH.encode(), text=True)
    path.write_bytes(data)
    return done, ["gpt", path, f"-Ssource={ground.stack}", "-Pout=out.dim", "-t", "last.dim", "--quiet"]


def _table(_ground: Ground, folder: Path, rng: random.Random) -> tuple[str, list[object]]:
    rows = "".join(
        ",".join(f"{rng.uniform(0, 0.6):.4f}" for _ in range(7)) + f",{rng.randrange(2)}\n" for _ in range(50)
    )
    done, data = damaged(rng, f"blue,green,red,nir08,swir16,swir22,cirrus,label\n{rows}".encode(), text=True)
    (folder / "pixels.csv").write_bytes(data)
    return done, ["masks", "--table", "pixels.csv", "-o", "out.csv"]


def _dem(ground: Ground, folder: Path, rng: random.Random) -> tuple[str, list[object]]:
    done, data = damaged(rng, (ground.safe.parent / "truth" / "dem.tif").read_bytes(), text=False)
    (folder / "dem.tif").write_bytes(data)
    return done, ["masks", ground.stack, "--dem", "dem.tif", "-o", "out.dim", "-q"]


def _properties(ground: Ground, folder: Path, rng: random.Random) -> tuple[str, list[object]]:
    done, data = damaged(
        rng, b"# variables\nmode = default\nout = out.dim\nresolution : 60\nname=a\\u0062c\n", text=True
    )
    (folder / "graph.xml").write_text(GRAPH)
    (folder / "p.properties").write_bytes(data)
    return done, ["gpt", "graph.xml", "-p", "p.properties", f"-Ssource={ground.stack}", "-t", "last.dim", "--quiet"]


OTHERS: dict[str, Callable[[Ground, Path, random.Random], tuple[str, list[object]]]] = {
    "graphs": _graph,
    "tables of spectra": _table,
    "DEMs": _dem,
    "files of variables": _properties,
}
GRAPH = """<?xml version="1.0" encoding="UTF-8"?>
<graph id="g"><version>1.0</version>
<node id="r"><operator>Subset</operator><sources><sourceProduct refid="${source}"/></sources>
<parameters><region>0,0,20,20</region><copyMetadata>true</copyMetadata></parameters></node>
<node id="m"><operator>BandMaths</operator><sources><sourceProduct refid="r"/></sources><parameters>
<targetBands><targetBand><name>ndsi</name><type>float32</type>
<expression>(B3 - B11) / (B3 + B11)</expression><noDataValue>NaN</noDataValue></targetBand></targetBands></parameters></node>
<node id="w"><operator>Write</operator><sources><sourceProduct refid="m"/></sources>
<parameters><file>${out}</file><formatName>BEAM-DIMAP</formatName></parameters></node>
</graph>
"""  # noqa: E501


def _other(
    ground: Ground, lay: Callable[[Ground, Path, random.Random], tuple[str, list[object]]], seed: str
) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        done, arguments = lay(ground, folder, random.Random(seed))
        wrong = honest(forked(folder, *arguments))
        return wrong and f"{done}: {wrong}"

    return attempt
