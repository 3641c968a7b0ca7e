"""Whole or not at all: killed at any step, disk full, target there; what is left is the old product or the new one,
never a part.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from estran.adapters.files import open_product, write_product
from estran.adapters.files.belongings import MARKER
from estran.adapters.files.leftovers import recover
from estran.adapters.files.whole import whole
from estran.errors import TargetExists, WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

ENDINGS = [".dim", ".tif", ".nc"]
GRID = Grid(40, 30, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")


def product(value: int) -> Product:
    return Product("x", GRID, {"a": Band("a", np.full(GRID.shape, value, np.int16), GRID)})


def held(path: Path) -> int:
    return int(np.unique(np.asarray(open_product(path)["a"].data))[0])


def test_nothing_is_there_until_all_is(tmp_path):
    with whole(tmp_path / "a.txt") as part:
        part.write_text("half")
        assert not (tmp_path / "a.txt").exists()
        assert part.parent.parent == tmp_path
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_folders_too(tmp_path):
    for text in ("old", "new"):
        with whole(tmp_path / "out", overwrite=True) as part:
            part.mkdir()
            (part / text).write_text(text)
    assert sorted(p.name for p in tmp_path.rglob("*")) == [MARKER, "new", "out"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_target_there(ending, tmp_path):
    path = tmp_path / f"x{ending}"
    write_product(product(1), path)
    with pytest.raises(TargetExists, match=r"already there .*--overwrite"):
        write_product(product(2), path)
    assert held(path) == 1
    write_product(product(2), path, overwrite=True)
    assert held(path) == 2


def test_a_data_folder_alone_counts_as_there(tmp_path):
    (tmp_path / "x.data").mkdir()
    with pytest.raises(TargetExists, match=r"x\.data"):
        write_product(product(1), tmp_path / "x.dim")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_error_on_the_way_leaves_the_old_one(ending, tmp_path):
    class Stop(Exception):
        pass

    def cancel(fraction, _message):
        if fraction > 0.3:
            raise Stop

    path = tmp_path / f"x{ending}"
    write_product(product(1), path)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(Stop):
        write_product(product(2), path, overwrite=True, progress=cancel)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert held(path) == 1


# ---------------------------------------------------------------- killed

DEADLY = """
    import os, pathlib, shutil, signal, sys
    from estran.adapters.files import moves
    from estran.adapters.files.whole import whole

    target, companions, exchanged, last = pathlib.Path(sys.argv[1]), tuple(filter(None, sys.argv[2].split(","))), sys.argv[3] == "exchange", int(sys.argv[4])
    steps = 0

    def deadly(real):
        def step(*args, **kwargs):
            global steps
            steps += 1
            if steps == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return step

    if not exchanged:
        moves._renameat2 = lambda *_: False
    with whole(target, companions=companions, overwrite=True) as part:
        for name in ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync", "open"):
            setattr(os, name, deadly(getattr(os, name)))
        moves._renameat2 = deadly(moves._renameat2)
        for entry in (part, *map(part.with_name, companions)):
            if entry.suffix in ("", ".data"):
                entry.mkdir()
                (entry / "samples").write_text("new")
                (entry / "index.html").write_text("new")
            else:
                entry.write_text("new")
"""  # noqa: E501
# What is written, what belongs to it, whether the folder keeps its place (one is in it), whether the system exchanges
# in one step.
SHAPES = {
    "file": ("x.tif", "", False, True),
    "pair": ("x.dim", "x.data", False, True),
    "pair, no exchange": ("x.dim", "x.data", False, False),
    "folder": ("out", "", False, True),
    "folder, no exchange": ("out", "", False, False),
    "folder one is in": ("out", "", True, True),
}


def texts(place: Path) -> dict[str, str]:
    return {
        str(p.relative_to(place)): p.read_text()
        for p in place.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.parts[-3:])
    }


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")
@pytest.mark.parametrize("shape", [pytest.param(s, marks=() if s == "pair" else pytest.mark.slow) for s in SHAPES])
def test_killed_at_each_step(tmp_path, shape):
    """Every step that touches the disk, one after the other, is the last: the next run finds the old result or the new
    one, and no third thing.

    Even before that, for programs that know nothing of ours, an old header never stands over new samples.
    """
    name, companions, inside, exchanged = SHAPES[shape]
    script = tmp_path / "deadly.py"
    script.write_text(textwrap.dedent(DEADLY))
    outcomes = []
    for last in range(1, 120):
        place = tmp_path / str(last)
        place.mkdir()
        old = {}
        with whole(place / name, companions=tuple(filter(None, [companions]))) as part:
            for entry in (part, *([part.with_name(companions)] if companions else [])):
                if entry.suffix in ("", ".data"):
                    entry.mkdir()
                    (entry / "samples").write_text("old")
                    (entry / "index.html").write_text("old")
                else:
                    entry.write_text("old")
        old = texts(place)
        command = [
            sys.executable,
            str(script),
            str(place / name),
            companions,
            "exchange" if exchanged else "",
            str(last),
        ]
        done = subprocess.run(command, check=False, cwd=place / name if inside else tmp_path)
        seen = texts(place)
        if "x.dim" in seen:
            assert len({seen.get(path) for path in old}) == 1, f"after step {last}: {seen}"
        if exchanged and not companions and not inside:
            assert set(seen) == set(old), f"after step {last}: {seen}"
        recover(place / name)
        seen = texts(place)
        assert set(seen) == set(old), f"after step {last}: {seen}"
        assert len(set(seen.values())) == 1, f"after step {last}: {seen}"
        left = [p.name for p in place.rglob("*") if p.name.startswith(".") and p.name != MARKER]
        assert not left, f"after step {last}"
        outcomes.append(next(iter(seen.values())))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    # The twin: the walk went over both sides of the decision.
    assert outcomes.count("old") > 2
    assert outcomes.count("new") > 2
    assert outcomes == sorted(outcomes, reverse=True)


SLOW = """
    import sys, time
    import dask, dask.array, numpy as np
    from affine import Affine
    from estran.adapters.files import write_product
    from estran.raster.grid import Grid
    from estran.raster.product import Band, Product

    grid = Grid(40, 30, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")

    def slow(block):
        time.sleep(0.05)
        return block

    data = dask.array.full(grid.shape, 2, np.int16, chunks=5).map_blocks(slow)
    write_product(Product("x", grid, {"a": Band("a", data, grid)}), sys.argv[1], overwrite=True, progress=lambda fraction, _: print(fraction, flush=True))
"""  # noqa: E501


@pytest.mark.skipif(sys.platform == "win32", reason="kills with POSIX signals")
@pytest.mark.parametrize("ending", ENDINGS)
def test_killed_while_writing_and_run_again(ending, tmp_path):
    path = tmp_path / f"x{ending}"
    write_product(product(1), path)
    before = sorted(p.name for p in tmp_path.iterdir())
    script = tmp_path.with_name(tmp_path.name + ".py")
    script.write_text(textwrap.dedent(SLOW).replace("sys.argv[1]", "__import__('pathlib').Path(sys.argv[1])"))
    with subprocess.Popen([sys.executable, str(script), str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        fractions = [float(writer.stdout.readline()) for _ in range(4)]
        # A live writer's work is not rubbish.
        recover(path)
        assert any(p.name.endswith(".estran-part") for p in tmp_path.iterdir())
        writer.kill()
        writer.wait()
    assert 0 < fractions[-1] < 0.9
    assert held(path) == 1
    write_product(product(3), path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert held(path) == 3


def test_a_live_part_is_seen_as_such(tmp_path):
    with whole(tmp_path / "a.txt") as part:
        part.write_text("mine")
        recover(tmp_path / "a.txt")
        assert part.exists()


# ---------------------------------------------------------------- no space

LIMITED = """
    import pathlib, resource, sys
    import numpy as np
    from estran.adapters.files import write_product
    from estran.errors import WriteFailed
    from estran.raster.grid import Grid
    from estran.raster.product import Band, Product

    grid = Grid(700, 500)
    noise = np.random.default_rng(1).integers(0, 65535, grid.shape).astype(np.uint16)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        write_product(Product("x", grid, {"a": Band("a", noise, grid)}), pathlib.Path(sys.argv[1]))
    except WriteFailed as failed:
        print(failed)
"""


def limited(path: Path, **changes: str) -> str:
    code = textwrap.dedent(LIMITED)
    for old, new in changes.items():
        code = code.replace(old, new)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits by POSIX resources")
@pytest.mark.parametrize("ending", ENDINGS)
def test_file_size_limit(ending, tmp_path):
    told = limited(tmp_path / f"x{ending}")
    assert "could not be written; nothing is left of it" in told
    assert f"x{ending}" in told
    assert "What to do: " in told
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 300 kB; needs root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    for _ in range(20):
        if not subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode:
            break
        time.sleep(0.1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_disk_full(ending, small_disk):
    told = limited(small_disk / f"x{ending}", **{"resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))": ""})
    assert "could not be written; nothing is left of it" in told
    assert not list(small_disk.iterdir())


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere"
)
def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriteFailed, match="choose a folder that you may write into"):
            write_product(product(1), tmp_path / "x.dim")
    finally:
        tmp_path.chmod(0o700)


def test_a_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed, match="could not be written"):
        write_product(product(1), tmp_path / "file" / "x.dim")


def test_ready_but_not_moved_is_found_by_the_reader(tmp_path):
    """Killed after the decision and before the first move, with no old product: opening finishes the work."""
    write_product(product(5), tmp_path / "y" / "x.dim")
    ready = tmp_path / ".x.dim.0123456789ab.estran-ready"
    (tmp_path / "y").rename(ready)
    assert held(tmp_path / "x.dim") == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.data", "x.dim"]


def test_disk_full_without_a_number(small_disk):
    """GDAL, and so JPEG 2000, says of a full disk only that something failed."""

    def fill() -> None:
        with whole(small_disk / "x") as part, part.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 16)) == 1 << 16:
                pass
            raise RuntimeError("opj_end_compress() failed")

    with pytest.raises(WriteFailed, match="No space left on device"):
        fill()
    assert not list(small_disk.iterdir())
