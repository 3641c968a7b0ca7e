"""What the user's other software and terminal bring along costs nothing: the first thing that the command line does.

conda, QGIS, OSGeo4W, notebooks and clusters set variables for their own copies of GDAL, PROJ, Numba and matplotlib.
Ours come with data and drivers of their own: a variable that points them to another version's ``proj.db`` makes every
map projection fail.
"""

from __future__ import annotations

import codecs
import importlib.util
import os
import sys
import unicodedata
import warnings
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

_OF_OTHERS = (
    "GDAL_",
    "CPL_",
    "OGR_",
    "OSR_",
    "VRT_",
    "GTIFF_",
    "GML_",
    "PROJ_",
    "NUMBA_",
    "OMP_",
    "GOMP_",
    "KMP_",
    "DASK_",
    "TQDM_",
)
"""Families of variables that our libraries obey."""
_SINGLE = (
    "GEOTIFF_CSV",
    "ESRI_XML_PAM",
    "USE_RRD",
    "MATPLOTLIBRC",
    "MPLBACKEND",
    "OPENBLAS_CORETYPE",
    "NPY_PROMOTION_STATE",
)
_KEPT = (
    "GDAL_HTTP_",  # proxies and certificates of a site, for files that may lie on the network
    "CPL_VSIL_CURL_",
    "NUMBA_CACHE_DIR",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "DASK_DISTRIBUTED__",
    "DASK_TEMPORARY_DIRECTORY",
)
"""What a user may want to say to ours, too."""
_PLACES = ("GDAL_DATA", "GDAL_DRIVER_PATH", "PROJ_DATA", "PROJ_LIB")
"""Where GDAL and PROJ find their data; conda sets them for the copies that it installs."""


def settle(command: str | None) -> None:
    """Make this process independent of them; nothing heavy is imported.

    Parameters
    ----------
    command
        The command that will run. ``snap`` keeps the variables, as it starts SNAP, and says what SNAP will meet.
    """
    write_in_any_encoding()
    if command != "snap":
        clear(os.environ)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _unraisable
    if os.environ.get("PYTHONWARNINGS"):
        # A warning of a library about its own future is no error of the user's work.
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)


def _unraisable(unraisable: Any) -> None:
    # Rasterio decodes GDAL's messages inside a callback; bytes of a damaged file in one are no news for the user, who
    # gets the error itself.
    if not ("rasterio" in str(unraisable.object) and isinstance(unraisable.exc_value, UnicodeError)):
        sys.__unraisablehook__(unraisable)


# ---------------------------------------------------------------- variables


def clear(environment: MutableMapping[str, str]) -> None:
    """Take the variables of others out of an environment, before the libraries that would obey them are loaded.

    Parameters
    ----------
    environment
        Usually ``os.environ``.
    """
    bundled = _is_bundled()
    for name in [name for name in environment if _is_of_others(name)]:
        if bundled or name.upper() not in _PLACES or not _is_below(environment[name], Path(sys.prefix)):
            del environment[name]
    # Unless another file is named, ~/.gdal/gdalrc is read; .numba_config.yaml in the folder at hand, unless a variable
    # says otherwise.
    environment["GDAL_CONFIG_FILE"] = os.devnull
    environment["NUMBA_DISABLE_JIT"] = "0"
    for name, limit in (("NUMBA_NUM_THREADS", os.cpu_count() or 1), ("OMP_NUM_THREADS", 1000)):
        threads = environment.get(name)
        if threads is not None and not (threads.isascii() and threads.isdecimal() and 0 < int(threads[:10]) <= limit):
            del environment[name]
    # Dask reads YAML files of the user's and the site's while it is imported, and a broken one ends the import: we set
    # what we need ourselves.
    environment["DASK_CONFIG"] = environment["DASK_ROOT_CONFIG"] = os.devnull
    cache = environment.get("NUMBA_CACHE_DIR")
    if cache is not None and not _is_writable(Path(cache)):
        del environment["NUMBA_CACHE_DIR"]


def _is_of_others(name: str) -> bool:
    upper = name.upper()
    return (upper.startswith(_OF_OTHERS) or upper in _SINGLE) and not upper.startswith(_KEPT)


def _is_bundled() -> bool:
    """Whether GDAL came as a wheel, which holds its data and PROJ's."""
    spec = importlib.util.find_spec("rasterio")
    return spec is not None and spec.origin is not None and (Path(spec.origin).parent / "proj_data").is_dir()


def _is_below(paths: str, folder: Path) -> bool:
    return all(Path(path).is_relative_to(folder) for path in paths.split(os.pathsep))


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


# ---------------------------------------------------------------- encodings

_PLAIN = {
    "…": "...",
    "²": "2",
    "³": "3",
    "⁶": "6",
    "×": "x",
    "·": "*",
    "−": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "°": " deg",
    "µ": "u",
}
_PLAIN |= {
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "✓": "ok",
    "✗": "no",
    "±": "+-",
    "│": "|",
    "█": "#",
    "λ": "lambda",
    "σ": "sigma",
    "τ": "tau",
    "θ": "theta",
}


def write_in_any_encoding() -> None:
    """Let standard output and error write every text: what their encoding lacks is written in letters that it has,
    undecodable bytes of a path as they are.
    """
    codecs.register_error("estran-plain", plainly)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # tests and notebooks put other things here
        if reconfigure is not None:
            reconfigure(errors="estran-plain")


def plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replace what cannot be encoded, one character at a time (an error handler of :mod:`codecs`).

    Examples
    --------
    >>> codecs.register_error("estran-plain", plainly)
    >>> "10⁶ m² … caf\\udce9 é 中".encode("ascii", "estran-plain")
    b'106 m2 ... caf\\xe9 e \\\\u4e2d'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":
        return bytes([ord(character) - 0xDC00]), error.start + 1
    for text in (
        _PLAIN.get(character, ""),
        unicodedata.normalize("NFKD", character).rstrip("\u0300\u0301\u0302\u0303\u0308\u030a\u0327"),
    ):
        if text and text.isascii():
            return text, error.start + 1
    return character.encode("ascii", "backslashreplace").decode("ascii"), error.start + 1
