"""Variables of the user's other software (conda, QGIS, OSGeo), locales, terminals and odd names of files: the same bits
as without.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attack.case import Case, Lacking
from attack.ground import Ground
from attack.judges import contents, honest, visible
from attack.program import Said, fresh

KIND = "environments"
NOWHERE = "{folder}/not-there"

VARIABLES: dict[str, tuple[str | None, ...]] = {
    "PROJ_LIB": (NOWHERE, "{folder}/empty", "{folder}/broken", "{folder}/old", ""),
    "PROJ_DATA": (NOWHERE, "{folder}/empty", "{folder}/broken", "{folder}/old", ""),
    "PROJ_NETWORK": ("ON",),
    "PROJ_DEBUG": ("3",),
    "PROJ_USER_WRITABLE_DIRECTORY": (NOWHERE,),
    "GDAL_DATA": (NOWHERE, "{folder}/empty", "{folder}/broken", ""),
    "GDAL_SKIP": ("GTiff", "JP2OpenJPEG", "netCDF", "VRT,MEM", "GTiff JP2OpenJPEG netCDF"),
    "GDAL_DRIVER_PATH": (NOWHERE, "{folder}/empty"),
    "GDAL_NUM_THREADS": ("ALL_CPUS", "0", "nonsense"),
    "GDAL_CACHEMAX": ("1", "nonsense"),
    "GDAL_PAM_ENABLED": ("NO",),
    "GDAL_PAM_PROXY_DIR": ("{folder}/empty",),
    "GDAL_DISABLE_READDIR_ON_OPEN": ("TRUE", "EMPTY_DIR"),
    "GDAL_GEOREF_SOURCES": ("NONE", "WORLDFILE"),
    "GDAL_TIFF_INTERNAL_MASK": ("YES",),
    "GDAL_VALIDATE_CREATION_OPTIONS": ("NO",),
    "GDAL_ENABLE_READ_WRITE_MUTEX": ("NO",),
    "CPL_DEBUG": ("ON",),
    "CPL_TMPDIR": (NOWHERE,),
    "VSI_CACHE": ("TRUE",),
    "OSR_DEFAULT_AXIS_MAPPING_STRATEGY": ("AUTHORITY_COMPLIANT",),
    "OSR_USE_ETMERC": ("NO",),
    "HDF5_USE_FILE_LOCKING": ("FALSE", "TRUE"),
    "HDF5_PLUGIN_PATH": (NOWHERE,),
    "MATPLOTLIBRC": (NOWHERE, "{folder}/broken/matplotlibrc", "{folder}/style/matplotlibrc"),
    "MPLBACKEND": ("TkAgg", "Qt5Agg", "module://not.there", "nonsense", ""),
    "MPLCONFIGDIR": (NOWHERE, "/proc/nowhere"),
    "NUMBA_NUM_THREADS": ("1", "2"),
    "NUMBA_CACHE_DIR": ("/proc/nowhere", "{folder}/empty"),
    "NUMBA_THREADING_LAYER": ("tbb", "workqueue", "omp", "nonsense"),
    "NUMBA_DISABLE_PERFORMANCE_WARNINGS": ("1",),
    "NUMBA_CPU_NAME": ("nonsense",),
    "NUMBA_DISABLE_JIT": ("1",),
    "OMP_NUM_THREADS": ("1", "0", "nonsense"),
    "OPENBLAS_NUM_THREADS": ("16",),
    "MKL_NUM_THREADS": ("1",),
    "DASK_SCHEDULER": ("synchronous", "processes", "distributed"),
    "DASK_NUM_WORKERS": ("1",),
    "DASK_CONFIG": ("{folder}/broken",),
    "LC_ALL": ("C", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.SJIS", "nonsense"),
    "LANG": (None, "C"),
    "LANGUAGE": ("xx",),
    "PYTHONIOENCODING": ("ascii", "latin-1", "cp437", "cp932", "utf-16"),
    "PYTHONUTF8": ("0", "1"),
    "PYTHONCOERCECLOCALE": ("0",),
    "PYTHONHASHSEED": ("0", "1", "4294967295"),
    "PYTHONOPTIMIZE": ("1", "2"),
    "PYTHONWARNINGS": ("error", "default"),
    "PYTHONDONTWRITEBYTECODE": ("1",),
    "PYTHONDEVMODE": ("1",),
    "PYTHONSAFEPATH": ("1",),
    "HOME": (None, "/", NOWHERE, "/proc/nowhere"),
    "TMPDIR": (NOWHERE, "/proc/nowhere", "{folder}/empty"),
    "XDG_CONFIG_HOME": ("/proc/nowhere",),
    "XDG_CACHE_HOME": ("/proc/nowhere",),
    "COLUMNS": ("0", "1", "-5", "nonsense"),
    "LINES": ("0",),
    "TERM": ("dumb", "", None, "nonsense"),
    "NO_COLOR": ("1",),
    "FORCE_COLOR": ("3",),
    "DISPLAY": (":99",),
    "TZ": ("Asia/Tokyo", "nonsense", "UTC+25"),
    "SOURCE_DATE_EPOCH": ("0",),
    "SNAP_HOME": (NOWHERE,),
    "JAVA_HOME": (NOWHERE,),
    "ESTRAN_TEST_DATA": (NOWHERE,),
    "USER": (None,),
    "PATH": ("", "/proc/nowhere"),
    "VSCODE_PID": ("1",),
    "QT_QPA_PLATFORM": ("offscreen",),
    "MALLOC_ARENA_MAX": ("1",),
    "TQDM_DISABLE": ("1",),
    "TQDM_NCOLS": ("nonsense",),
    "TQDM_MININTERVAL": ("nonsense",),
}
"""Values tried of each variable; None takes it away."""

NUMBA_NUM_THREADS_WRONG = {
    "NUMBA_NUM_THREADS": ("0", "-1", "nonsense", "100000"),
    "NUMBA_OPT": ("nonsense",),
    "NUMBA_DISABLE_JIT": ("nonsense",),
}
"""Values with which numba itself does not start: the same bits, or a sentence that says which variable."""

NAMES = {
    "blanks": "my scenes of 2019",
    "letters of the world": "scènes-сцены-場面-🛰",
    "quotes and dollars": "a'b\"c$HOME;d&e",
    "a leading dash": "-o",
    "a line break": "a\nb",
    "percent and braces": "100%{x}%s",
    "brackets, as globs have them": "[ab]*?",
    "bytes that are no UTF-8": b"caf\xe9".decode("utf-8", "surrogateescape"),
    "200 letters": "n" * 200,
}


def cases(ground: Ground) -> Iterator[Case]:
    """One variable at a time, then names."""
    for variable, values in VARIABLES.items():
        for value in values[:1] if ground.quick else values:
            yield Case(
                KIND, "the same bits, whatever the variable", f"{variable}={value}", _same(ground, {variable: value})
            )
    yield Case(
        KIND, "the same bits, whatever the variable", "conda's, QGIS's, OSGeo's together", _same(ground, TOGETHER)
    )
    for variable, wrong in NUMBA_NUM_THREADS_WRONG.items():
        for value in wrong[:1] if ground.quick else wrong:
            yield Case(
                KIND,
                "the same bits, or a sentence that names the variable",
                f"{variable}={value}",
                _same(ground, {variable: value}, variable),
            )
    for name, odd in NAMES.items():
        for where in ("input", "output"):
            yield Case(
                KIND, "the same bits, whatever the files are called", f"{name}, {where}", _named(ground, odd, where)
            )


TOGETHER: dict[str, str | None] = {
    "PROJ_LIB": "{folder}/old",
    "PROJ_DATA": "{folder}/broken",
    "GDAL_DATA": NOWHERE,
    "GDAL_DRIVER_PATH": NOWHERE,
    "MPLBACKEND": "Qt5Agg",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii",
    "HOME": NOWHERE,
}


def lay(folder: Path) -> None:
    """Folders that variables point to: empty, broken, and with a PROJ database of long ago."""
    for name in ("empty", "broken", "old", "style"):
        (folder / name).mkdir()
    for name in ("proj.db", "proj.ini", "gdalvrt.xsd", "gt_datum.csv", "epsg.wkt", "config.yaml"):
        (folder / "broken" / name).write_bytes(b"\x00not what it says: [\x01\n")
    (folder / "broken" / "matplotlibrc").write_text("figure.dpi : nonsense\nno such thing\n")
    (folder / "style" / "matplotlibrc").write_text(
        "figure.dpi : 33\nimage.cmap : jet\nsavefig.transparent : True\nfont.size : 40\nsavefig.bbox : tight\n"
    )
    database = sqlite3.connect(folder / "old" / "proj.db")
    database.execute("create table metadata (key text, value text)")
    database.executemany(
        "insert into metadata values (?, ?)",
        [("DATABASE.LAYOUT.VERSION.MAJOR", "1"), ("DATABASE.LAYOUT.VERSION.MINOR", "0")],
    )
    database.commit()
    database.close()


def _command(ground: Ground, out: str) -> tuple[object, ...]:
    return ("masks", ground.safe, "-o", out, "-q")


def _plain(ground: Ground) -> dict[str, str]:
    """Digests of the plain result, as a folder: of its product, its pictures and its page."""

    def make() -> dict[str, str]:
        ground.warm()
        folder = ground.folder / "plain"
        folder.mkdir()
        said = fresh(folder, *_command(ground, "out"))
        if said.code != 0:
            raise RuntimeError(said.shown())
        return _parts(folder / "out")

    return ground.once("plain masks", make)


def _parts(folder: Path) -> dict[str, str]:
    return {path.name: contents([path]) for path in visible(folder)} if folder.is_dir() else {}


def _differences(ground: Ground, said: Said, out: Path) -> str:
    if wrong := honest(said, (0,)):
        return wrong
    plain, found = _plain(ground), _parts(out)
    differing = sorted(name for name in plain.keys() | found.keys() if plain.get(name) != found.get(name))
    return f"{', '.join(differing[:4])} differ" if differing else ""


def _same(ground: Ground, variables: Mapping[str, str | None], sentence: str = "") -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        _plain(ground)
        lay(folder)
        env = {
            name: value if value is None else value.replace("{folder}", str(folder))
            for name, value in variables.items()
        }
        said = fresh(folder, *_command(ground, "out"), env=env)
        if sentence and said.code in (1, 2) and sentence in said.err:
            return honest(said)
        return _differences(ground, said, folder / "out")

    return attempt


def _named(ground: Ground, odd: str, where: str) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        _plain(ground)
        try:
            (folder / odd).mkdir()
        except OSError as error:
            raise Lacking(f"this file system has no such names: {error.strerror}") from error
        if where == "input":
            (folder / odd / ground.safe.name).symlink_to(ground.safe)
            said = fresh(folder, "masks", f"./{odd}/{ground.safe.name}", "-o", "out", "-q")
            return _differences(ground, said, folder / "out")
        said = fresh(
            folder,
            *_command(ground, f"./{odd}/out"),
            env={"PYTHONIOENCODING": "ascii"} if os.fsencode(odd).isascii() else None,
        )
        return _differences(ground, said, folder / odd / "out")

    return attempt
