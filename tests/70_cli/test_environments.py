"""What the user's other software, terminal and disk bring along costs nothing: same result, same bytes, no fault of
ours.

Each runs a process of its own, as libraries look at the environment when they are loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from estran.cli.surroundings import clear

ENVIRONMENTS = {
    "PROJ's data of another program": {"PROJ_LIB": "{folder}", "PROJ_DATA": "{folder}", "PROJ_NETWORK": "ON"},
    "GDAL's data and plugins of another program": {
        "GDAL_DATA": "{folder}",
        "GDAL_DRIVER_PATH": "{folder}",
        "CPL_DEBUG": "ON",
    },
    "formats left out": {"GDAL_SKIP": "GTiff,JP2OpenJPEG,VRT", "OGR_SKIP": "GPKG"},
    "folders not looked into": {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_CACHEMAX": "0",
        "GDAL_NUM_THREADS": "abc",
    },
    "TeX and huge letters in pictures": {"MATPLOTLIBRC": "{folder}/matplotlibrc", "MPLCONFIGDIR": "/nowhere"},
    "a notebook's pictures": {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    "windows for pictures": {"MPLBACKEND": "Qt5Agg", "DISPLAY": ":99"},
    "threads without end": {"NUMBA_NUM_THREADS": "999", "OMP_NUM_THREADS": "abc"},
    "a compiler that does not compile": {
        "NUMBA_DISABLE_JIT": "1",
        "NUMBA_CACHE_DIR": "/proc/nowhere",
        "NUMBA_THREADING_LAYER": "tbb",
    },
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "no assertions and no docstrings": {"PYTHONOPTIMIZE": "2"},
    "Dask of a cluster": {
        "DASK_SCHEDULER": "processes",
        "DASK_NUM_WORKERS": "abc",
        "DASK_ARRAY__CHUNK_SIZE": "1kB",
        "DASK_CONFIG": "{folder}/broken.yaml",
    },
    "no home and no temporary folder": {
        "HOME": "/proc/nowhere",
        "TMPDIR": "/proc/nowhere",
        "XDG_CONFIG_HOME": "/proc/nowhere",
    },
    "a terminal without size": {"COLUMNS": "0", "LINES": "-1", "TERM": "dumb", "TQDM_MININTERVAL": "abc"},
    "the plainest locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a Turkish locale": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "a German locale": {"LC_ALL": "de_DE.UTF-8", "PYTHONIOENCODING": "cp437"},
}


DASK = {"DASK_CONFIG", "DASK_ROOT_CONFIG"}
"""Set by us: files of settings that Dask would read."""


def run(*arguments: object, encoding: str = "utf-8", **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "estran.cli.main", *map(os.fsencode, map(str, arguments))]
    return subprocess.run(
        command,
        capture_output=True,
        env={**os.environ, **variables},
        check=False,
        encoding=encoding,
        errors="surrogateescape",
    )


def content(folder: Path) -> dict[str, bytes]:
    """Samples of masks, and pictures."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.suffix in (".img", ".png")
    }


@pytest.fixture(scope="module")
def expected(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("plain")
    done = run("masks", scene, "-o", folder / "out", "-q")
    assert done.returncode == 0, done.stderr
    return content(folder / "out")


def same(variables: dict[str, str], scene: Path, folder: Path, expected: dict[str, bytes]) -> None:
    (folder / "broken.yaml").write_text("a: [1\n")
    (folder / "proj.db").write_bytes(b"SQLite format 3\0of another version")
    (folder / "matplotlibrc").write_text(
        "text.usetex: True\nfont.size: 60\nfigure.dpi: 300\nsavefig.facecolor: red\nbackend: Qt5Agg\nnonsense: 1\n"
    )
    done = run(
        "masks",
        scene,
        "-o",
        folder / "out",
        "-q",
        **{name: value.format(folder=folder) for name, value in variables.items()},
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert content(folder / "out") == expected
    assert len(expected) > 8


def test_all_of_them_at_once(scene, tmp_path, expected):
    same({k: v for variables in ENVIRONMENTS.values() for k, v in variables.items()}, scene, tmp_path, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_each_of_them(scene, tmp_path, expected, name):
    same(ENVIRONMENTS[name], scene, tmp_path, expected)


def test_libraries_say_nothing_of_variables(scene, tmp_path):
    variables = {
        "OMP_NUM_THREADS": "-1",
        "OMP_STACKSIZE": "1",
        "OMP_DISPLAY_ENV": "TRUE",
        "KMP_SETTINGS": "1",
        "OMP_PLACES": "nonsense",
    }
    variables |= {"NPY_PROMOTION_STATE": "legacy", "OPENBLAS_CORETYPE": "nonsense"}
    done = run("masks", scene, "-o", tmp_path / "out", "-q", **variables)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("3", True), ("0", False), ("-1", False), ("abc", False), ("9" * 5000, False), ("٣", False), ("", False)],
)
def test_numbers_of_threads(given, kept):
    environment = {"OMP_NUM_THREADS": given}
    clear(environment)
    assert ("OMP_NUM_THREADS" in environment) == kept


def test_variables_that_users_may_set_are_kept(tmp_path):
    environment = {
        "GDAL_HTTP_PROXY": "a",
        "GDAL_SKIP": "GTiff",
        "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
        "NUMBA_NUM_THREADS": "1",
        "PROJ_LIB": str(tmp_path),
        "PATH": "b",
    }
    clear(environment)
    assert (
        environment.keys()
        == {"GDAL_HTTP_PROXY", "NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS", "PATH", "GDAL_CONFIG_FILE", "NUMBA_DISABLE_JIT"}
        | DASK
    )


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "cp932", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    "command", [("--help",), ("masks", "--help"), ("operators",)], ids=["estran", "masks", "operators"]
)
def test_help_in_any_encoding(encoding, command):
    done = run(*command, PYTHONIOENCODING=encoding, PYTHONUTF8="0", encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 300
    assert "\\u" not in done.stdout + done.stderr, "what the encoding lacks has a name in plain letters"


@pytest.mark.parametrize("columns", ["0", "1", "-5", "abc", "100000"])
def test_help_in_any_width(columns):
    assert run("masks", "--help", COLUMNS=columns).returncode == 0


def test_errors_in_any_encoding(tmp_path):
    done = run("info", tmp_path / "日本.tif", PYTHONIOENCODING="ascii:strict", encoding="ascii")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no such file" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- paths that are no text


@pytest.fixture
def latin(tmp_path: Path) -> Path:
    """A folder named in Latin-1."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system has no names that are not UTF-8")
    return folder


@pytest.mark.parametrize("name", ["o.dim", "o.tif", "o.nc", "o"])
def test_products_in_such_folders(scene, latin, name):
    inside = latin / scene.name
    inside.symlink_to(scene)
    done = run("masks", inside, "-o", latin / name, "-q")
    assert done.returncode == 0, done.stderr
    said = run("info", latin / name) if name != "o" else run("info", next((latin / name).glob("*.dim")))
    assert said.returncode == 0, said.stderr
    assert "mask_flags" in said.stdout
    pages = list(latin.rglob("*.html"))
    assert bool(pages) == (name == "o")
    assert all("Masks" in page.read_text("utf-8") for page in pages)


@pytest.mark.parametrize("driver", ["GTiff", "ENVI"])
def test_rasters_with_such_names(latin, driver, tmp_path):
    ending = {"GTiff": "tif", "ENVI": "img"}[driver]
    samples = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with rasterio.open(
        tmp_path / f"a.{ending}", "w", driver=driver, width=4, height=3, count=1, dtype="uint8"
    ) as dataset:
        dataset.write(samples, 1)
    for path in list(tmp_path.glob("a.*")):
        named = os.fsdecode(b"b\xe9") if driver != "ENVI" else "b"  # its header is found by name
        path.rename(latin / f"{named}{path.suffix}")
    (path,) = latin.glob(f"*.{ending}")
    said = run("info", path)
    assert said.returncode == 0, said.stderr
    assert "4 x 3" in said.stdout


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_an_output_with_such_a_name_is_refused_before_the_work(scene, latin, ending):
    said = run("masks", scene, "-o", Path(os.fsdecode(os.fsencode(latin) + b"/b\xe9" + ending.encode())))
    assert (said.returncode, list(latin.iterdir())) == (2, [])
    assert "the name of the output is no text" in said.stderr


def test_bytes_that_are_utf8_in_a_locale_that_is_not(scene, tmp_path):
    folder = tmp_path / "café"
    folder.mkdir()
    (folder / scene.name).symlink_to(scene)
    plainest = ENVIRONMENTS["the plainest locale"]
    for output in ("o.dim", "é.tif"):
        done = run("masks", folder / scene.name, "-o", folder / output, "-q", **plainest)
        assert done.returncode == 0, done.stderr
        assert (folder / output).is_file()
        assert run("info", folder / output).returncode == 0


def test_broken_settings_of_dask_in_the_home_folder(scene, tmp_path):
    """Nothing can be said before Dask reads them: one sentence, and no fault of ours."""
    (tmp_path / ".config" / "dask").mkdir(parents=True)
    (tmp_path / ".config" / "dask" / "dask.yaml").write_text("a: [1\n")
    done = run("masks", scene, "-o", tmp_path / "o.dim", "-q", HOME=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("estran: error: the settings of Dask cannot be read")
    assert "dask.yaml" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ---------------------------------------------------------------- folders and limits


def shell(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """The program in a shell's line, where it stands for ``estran``."""
    line = command.replace("estran ", f"{sys.executable} -m estran.cli.main ")
    return subprocess.run(["sh", "-c", line, "sh", *map(str, arguments)], capture_output=True, check=False, text=True)


def test_a_folder_that_is_gone(scene, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = shell('cd "$1" && rmdir "$1" && estran masks "$2" -o out -q', gone, scene)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "the folder that the program was started in is no longer there" in done.stderr


@pytest.mark.parametrize(
    "start", [("-m", "estran.cli.main"), ("-c", "import sys; from estran.cli.start import main; sys.exit(main())")]
)
def test_modules_of_the_users_own_in_the_current_folder(scene, tmp_path, start):
    """By -m and by an empty entry of PYTHONPATH, Python would find them."""
    for name in ("numpy", "dataclasses", "argparse"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is not yours')\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep + os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(
        [sys.executable, *start, "info", scene],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space")
@pytest.mark.parametrize("kilobytes", [300_000, 350_000, 700_000, 900_000, 1_800_000])
def test_an_address_space_too_small_for_the_libraries(scene, tmp_path, kilobytes):
    """They abort there, or try for ever."""
    done = shell(f'ulimit -v {kilobytes}; estran masks "$1" -o "$2" -q', scene, tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "the address space of this process is limited to" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space")
@pytest.mark.parametrize(
    ("command", "is_forced"), [("masks", True), ("gpt", True), ("info", False), ("simulate", False), ("tables", False)]
)
def test_its_remedy_is_one_that_the_command_has(command, is_forced):
    done = shell(f"ulimit -v 700000; estran {command}")
    assert done.returncode == 1
    assert ("--force" in done.stderr) == is_forced == ("--force" in shell(f"estran {command} --help").stdout)
