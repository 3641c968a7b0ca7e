"""The one door to GDAL for files that others wrote: which formats, which data of PROJ, and nothing from the network."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from estran.adapters.files.undecodable import for_libraries

T = TypeVar("T")

_LOADING = threading.Lock()

FORMATS = (
    "GTiff",
    "JP2OpenJPEG",
    "JP2KAK",
    "JP2ECW",
    "JP2MrSID",
    "ENVI",
    "EHdr",
    "HFA",
    "PNG",
    "JPEG",
    "GIF",
    "BMP",
    "netCDF",
    "AAIGrid",
    "GRASSASCIIGrid",
    "GSAG",
    "GSBG",
    "GS7BG",
    "SRTMHGT",
    "DTED",
    "USGSDEM",
    "BT",
    "GTX",
    "SAGA",
    "RST",
    "NITF",
    "VRT",
)
"""Formats of GDAL whose files hold their own pixels, and virtual rasters (:func:`estran.adapters.files.reach.check`
looks at what those name).

The others are services (WMS, WMTS, WCS, STACTA), containers of names (TIL, ERS, PDS labels, tile indices) or rare; they
need `remote`.
"""

_NEVER = "nothing-is-fetched"
_SETTINGS = {
    # Headers, georeferences and masks beside the file are found, whatever the environment says.
    "GDAL_DISABLE_READDIR_ON_OPEN": "FALSE",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VALIDATE_CREATION_OPTIONS": "YES",
}


@contextlib.contextmanager
def opened(path: Path | str, *, remote: bool = False, pam: bool = True, **settings: str) -> Iterator[Any]:
    """A raster, open for reading.

    Parameters
    ----------
    path
        The file, or a name that GDAL gives to one inside an archive.
    remote
        Whether every format of GDAL and the network are allowed.
    pam
        Whether GDAL looks into ``.aux.xml`` files beside it.
    settings
        Further settings of GDAL, for this file alone.

    Yields
    ------
    rasterio.DatasetReader
        The raster.

    Raises
    ------
    rasterio.errors.RasterioError
        It cannot be opened.
    """
    rasterio = library()
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
    from rasterio.io import DatasetReader
    from rasterio.session import DummySession

    chosen = {**_SETTINGS, **_own_data(), "GDAL_PAM_ENABLED": "YES" if pam else "NO", **settings}
    if not remote:
        chosen["CPL_VSIL_CURL_ALLOWED_FILENAME"] = _NEVER
    session = None if remote else DummySession()
    with for_libraries(path) as known, rasterio.Env(session=session, **chosen):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            try:
                dataset: Any = DatasetReader(known, driver=None if remote else list(FORMATS))
            except (UnicodeError, ValueError, OverflowError) as error:  # texts and numbers of a damaged header
                raise RasterioIOError(str(error)) from error
        with dataset:
            try:
                yield dataset
            except (
                UnicodeDecodeError,
                CPLE_BaseError,
            ) as error:  # something in the header that only the caller asked for
                raise RasterioIOError(str(error)) from error


def fact_of(read: Callable[[], T], otherwise: T) -> T:
    """A fact of a header that is not worth an error: names and units are often in Latin-1, and rasterio reads UTF-8
    alone; private tags bring complaints.

    Parameters
    ----------
    read
        Asks for it.
    otherwise
        What stands in its place.
    """
    from rasterio._err import CPLE_BaseError

    for _ in range(2):
        try:
            return read()
        except UnicodeDecodeError:
            break
        except CPLE_BaseError:  # GDAL complains of a tag when it first comes across it, whatever it was asked for
            continue
    return otherwise


def library() -> Any:
    """Rasterio, with all its modules that readers use.

    A thread that reads asks here before it imports any of them: several threads that import parts of it for the
    first time find each other's half-made.
    """
    with _LOADING:
        return _library()


@functools.cache
def _library() -> Any:
    """Rasterio, its formats registered: all of them, unless the program that we are part of has done it before."""
    kept = {
        name: os.environ.pop(name)
        for name in ("GDAL_SKIP", "GDAL_DRIVER_PATH")
        if _bundled("gdal_data") and name in os.environ
    }
    try:
        import rasterio
        import rasterio.errors
        import rasterio.features
        import rasterio.io
        import rasterio.session
        import rasterio.vrt
        import rasterio.warp
        import rasterio.windows

        with rasterio.Env():
            # The PROJ inside GDAL reads its own tables: those that another program's PROJ_LIB names may be of a version
            # that it cannot read.
            from rasterio._env import set_proj_data_search_path

            tables = _bundled("proj_data")
            if tables and ("PROJ_LIB" in os.environ or "PROJ_DATA" in os.environ):
                set_proj_data_search_path(tables)
    finally:
        os.environ.update(kept)
    return rasterio


@functools.cache
def hush_tiff() -> None:
    """Keep the TIFF library from writing to the terminal on its own where a file cannot be written: GDAL reports the
    same as an error.

    The library comes beside rasterio, as a wheel's own; GDAL leaves its handler as it is, and has no setting for it.
    """
    import ctypes

    import rasterio

    package = Path(rasterio.__file__).parent
    for library in (*package.parent.glob("rasterio.libs/*tiff*"), *package.glob(".dylibs/libtiff*")):
        with contextlib.suppress(OSError, AttributeError):
            handler = ctypes.CDLL(str(library)).TIFFSetErrorHandler
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)


def _own_data() -> dict[str, str]:
    data = _bundled("gdal_data")
    return {"GDAL_DATA": data} if data and "GDAL_DATA" in os.environ else {}


@functools.cache
def _bundled(folder: str) -> str:
    """The folder of data that came with GDAL, "" where it was not installed as a wheel."""
    spec = importlib.util.find_spec("rasterio")
    found = Path(spec.origin).parent / folder if spec is not None and spec.origin is not None else None
    return str(found) if found is not None and found.is_dir() else ""
