"""What the SNAP adapter costs: a trivial operator of ours beside BandMaths, in the same gpt, on the same product.

2000 x 2000 pixels, four float bands in, four out (twice each band). Wall time less that of gpt's start on a product of
64 x 64 pixels; the largest resident memory of gpt with all that it holds. The bar: below 1.5 s over BandMaths.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estran.catalogue.spec import BandOut, Operator, Reads, Source, Walk

SIZE, BANDS, RUNS = 2000, 4, 3
START = 64
BAR = 1.5


@dataclass(frozen=True, kw_only=True)
class Doubling(Operator):
    """Twice each band, tile by tile."""

    alias = "Estran.Doubling"
    label = "Doubling"
    version = "1.0"
    summary = "Twice each band."
    atbd = "none"
    menu = "Tools"
    sources = (Source("source", tuple(Reads(f"b{i}", ours=True) for i in range(BANDS)), "Bands."),)
    writes = tuple(BandOut(f"d{i}", "float32", "1", "twice the band") for i in range(BANDS))
    walk = Walk.PIXEL

    def compute(self, block, survey=None):
        return block.out({f"d{i}": block[f"b{i}"] * np.float32(2) for i in range(BANDS)})


@dataclass(frozen=True, kw_only=True)
class DoublingScene(Doubling):
    """The same, of the whole scene at once."""

    alias = "Estran.DoublingScene"
    walk = Walk.SCENE


def main() -> int:
    """Print the table; a sentence where there is no gpt."""
    from estran.adapters.snap.setup.find import find_snap
    from estran.errors import EstranError

    try:
        gpt = find_snap().gpt
    except EstranError as error:
        print(f"Not measured: {error}")
        return 0
    if importlib.util.find_spec("esa_snappy") is None:
        print("Not measured: esa_snappy is not installed in this Python (pip install 'estran[snap]').")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        _table(gpt, Path(folder))
    return 0


def _table(gpt: Path, folder: Path) -> None:
    user = _user_dir(folder / "user")
    products = {size: _product(folder / f"{size}.dim", size) for size in (START, SIZE)}
    ways = {
        "BandMaths": [str(_band_maths(folder / "maths.xml"))],
        "ours, by tiles": [Doubling.alias],
        "ours, the scene at once": [DoublingScene.alias],
    }
    print(
        f"{SIZE} x {SIZE} pixels, {BANDS} float bands in and out as BEAM-DIMAP, the median of {RUNS} runs; "
        f"{os.cpu_count()} cores.\n"
    )
    print(
        "| operator | start (64 x 64) [s] | whole run [s] | work [s] | over BandMaths [s] | ratio | largest memory "
        "[MB] |"
    )
    print("|---|---|---|---|---|---|---|")
    reference, slowest = None, 0.0
    for name, arguments in ways.items():
        start, _ = _median(gpt, user, arguments, products[START], folder)
        whole, memory = _median(gpt, user, arguments, products[SIZE], folder)
        work = whole - start
        reference = work if reference is None else reference
        slowest = max(slowest, work - reference)
        print(
            f"| {name} | {start:.1f} | {whole:.1f} | {work:.2f} | {work - reference:+.2f} | {work / reference:.2f} | "
            f"{memory:.0f} |",
            flush=True,
        )
    verdict = "met" if slowest < BAR else "missed"
    print(
        f"\nThe bar is {BAR} s over BandMaths: {verdict} ({slowest:.2f} s). One copy of the sources is "
        f"{SIZE**2 * BANDS * 4 / 1e6:.0f} MB."
    )


def _user_dir(user: Path) -> Path:
    """A user directory for SNAP with the two operators, and our package beside them."""
    import estran
    from estran.catalogue.views.tree import PLUGIN, plugin_files

    plugin = user / "snap-python" / "estran"
    # SNAP imports this very module, by the name that the operators know it by.
    module = plugin / "benchmarks"
    module.mkdir(parents=True)
    (module / "__init__.py").touch()
    shutil.copy(__file__, module)
    for path, text in plugin_files((Doubling, DoublingScene)):
        if path.startswith(PLUGIN):
            target = plugin / Path(path).relative_to(PLUGIN)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    shutil.copytree(Path(estran.__file__).parent, plugin / "estran", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return user


def _product(path: Path, size: int) -> Path:
    from affine import Affine

    from estran.adapters.files import write_product
    from estran.raster.grid import Grid
    from estran.raster.product import Band, Product

    grid = Grid(size, size, Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
    rng = np.random.default_rng(1)
    bands = {f"b{i}": Band(f"b{i}", rng.random((size, size), dtype=np.float32), grid) for i in range(BANDS)}
    return write_product(Product("random", grid, bands), path)


def _band_maths(path: Path) -> Path:
    targets = "".join(
        f"<targetBand><name>d{i}</name><type>float32</type><expression>b{i} * 2</expression></targetBand>"
        for i in range(BANDS)
    )
    node = (
        f'<node id="A"><operator>BandMaths</operator><sources><sourceProduct '
        f'refid="${{source}}"/></sources><parameters><targetBands>{targets}'
    )
    path.write_text(f'<graph id="g"><version>1.0</version>{node}</targetBands></parameters></node></graph>')
    return path


def _median(gpt: Path, user: Path, arguments: list[str], product: Path, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of a run, after one that nobody counts (Java's and Python's first compilations, the file
    system's cache).
    """
    found = [_run(gpt, user, arguments, product, folder) for _ in range(1 + RUNS)][1:]
    return statistics.median(seconds for seconds, _ in found), max(memory for _, memory in found)


def _run(gpt: Path, user: Path, arguments: list[str], product: Path, folder: Path) -> tuple[float, float]:
    shutil.rmtree(folder / "out", ignore_errors=True)
    properties = {
        "snap.userdir": user,
        "snap.pythonExecutable": sys.executable,
        "snap.pythonModuleDir": sysconfig.get_path("purelib"),
    }
    options = [f"-J-D{name}={value}" for name, value in properties.items()]
    command = [str(gpt), *options, *arguments, f"-Ssource={product}", "-t", str(folder / "out" / "out.dim")]
    with (folder / "said.txt").open("w+b") as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        memory = _wait(process)
        seconds = time.perf_counter() - begun
        if process.returncode != 0 or not (folder / "out" / "out.dim").is_file():
            said.seek(0)
            raise RuntimeError(f"gpt failed: {said.read()[-3000:].decode(errors='replace')}")
    return seconds, memory


def _wait(process: subprocess.Popen[bytes]) -> float:
    """Wait for the end; the largest resident memory [MB], NaN where the system does not tell."""
    if not hasattr(os, "wait4"):
        process.wait()
        return float("nan")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # Kilobytes on Linux, bytes on macOS.
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    raise SystemExit(main())
