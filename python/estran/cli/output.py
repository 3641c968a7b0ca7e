"""Where results go: ``-o NAME.dim|.tif|.nc`` is a file; a name without ending is a folder with product, pictures and
report. Whole or not at all.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from estran.catalogue.spec import Declared, parameters_of
from estran.cli.product import Complete, Made
from estran.engine.overview import Overview
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter, TargetExists
from estran.raster.product import Product
from estran.raster.scene import Progress, quiet

if TYPE_CHECKING:
    from estran.adapters.files.belongings import Kind

log = logging.getLogger("estran")

_LONGEST = 200
"""Characters of a product's file name: with their endings, names of files are at most 255."""
_LISTS, _LISTED = (".vrt", ".txt", ".xml"), 1 << 24
"""Endings of inputs that name other files, and how much of them is looked at [bytes]."""
_FILES = (".dim", ".tif", ".tiff", ".nc")


def add_output(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The options ``-o`` and ``--overwrite``."""
    parser.add_argument(
        "-o",
        "--out",
        type=output_path,
        required=required,
        metavar="OUT",
        help="NAME.dim, NAME.tif, NAME.nc; without ending a folder with product, pictures, report",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a result of ours that is there, once the new one is whole; other things never are",
    )


def output_path(text: str) -> Path:
    """The name of an output on the command line; an empty one, as of a variable that is not set, is none."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the name of the output is empty")
    return Path(text)


def is_folder(out: Path) -> bool:
    """Whether a name means a folder.

    Raises
    ------
    BadParameter
        An ending that is no format's.
    """
    if out.suffix.lower() in _FILES:
        return False
    if out.suffix and not out.is_dir():
        raise BadParameter(
            "the ending of the output is not known",
            where=out,
            expected=f"{', '.join(_FILES)}, or none for a folder",
            found=out.suffix,
        )
    return True


@contextlib.contextmanager
def claimed_output(out: Path, overwrite: bool, inputs: Sequence[Path] = ()) -> Iterator[None]:
    """Hold what ``-o`` names while a run works on it; whatever would refuse it at the end does so before the work.

    Raises
    ------
    TargetExists
        Something is there that may not be replaced, or is an input of the run.
    TargetBusy
        Another run is writing it.
    WriteFailed
        It cannot be written there.
    """
    from estran.adapters.files.belongings import A_FOLDER
    from estran.adapters.files.claims import followed
    from estran.adapters.files.places import claimed_place
    from estran.adapters.files.whole import claimed

    followed(out)
    claim: AbstractContextManager[object] = (
        claimed(out, overwrite=overwrite, kind=A_FOLDER) if is_folder(out) else claimed_place(out, overwrite=overwrite)
    )
    refuse_inputs(out, inputs)
    with claim:
        yield


@contextlib.contextmanager
def claimed_file(out: Path, overwrite: bool, inputs: Sequence[Path] = (), *, kind: Kind) -> Iterator[None]:
    """As :func:`claimed_output`, for a file that is no product."""
    from estran.adapters.files.whole import claimed

    refuse_inputs(out, inputs)
    with claimed(out, overwrite=overwrite, kind=kind):
        yield


def refuse_inputs(out: Path, inputs: Sequence[Path]) -> None:
    """Raise :class:`TargetExists` where an output is an input, lies in one, or holds one."""
    places = _with_data(Path(os.path.realpath(out)))
    for given in inputs:
        sources = _with_data(_around(Path(os.path.realpath(given))))
        if set(places) & set(sources):
            raise TargetExists("the output is an input of the same run", where=out, todo="give another name")
        if any(source.is_dir() and source in places[0].parents for source in sources):
            raise TargetExists("the output lies inside an input", where=out, found=given, todo="give a place outside")
        if any(place in sources[0].parents for place in places):
            raise TargetExists(
                "an input lies inside the output folder", where=out, found=given, todo="give another name"
            )
        if places[0].is_file() and _names(sources[0], places[0].name):
            raise TargetExists(
                "the output is a file that an input names as its own", where=out, found=given, todo="give another name"
            )


def _names(source: Path, name: str) -> bool:
    """Whether an input is a text that names files, as virtual rasters and Landsat's metadata do, and this one is among
    them.
    """
    if source.suffix.lower() not in _LISTS or not source.is_file():
        return False
    with contextlib.suppress(OSError), source.open("rb") as file:
        return os.fsencode(name).lower() in file.read(_LISTED).lower()
    return False


def _with_data(path: Path) -> list[Path]:
    """A file, and of BEAM-DIMAP the folder beside it."""
    return [path, path.with_suffix(".data")] if path.suffix.lower() == ".dim" else [path]


def files_of(declared: Declared) -> list[Path]:
    """The files that parameters name."""
    return [
        Path(value)
        for p in parameters_of(type(declared))
        if p.kind == "path" and (value := getattr(declared, p.name)) is not None
    ]


def _around(source: Path) -> Path:
    """The product that a file inside it stands for: the folder .SAFE around its metadata, the header beside a .data
    folder.
    """
    safe = next((p for p in (source, *source.parents) if p.suffix.upper() == ".SAFE" and p.is_dir()), None)
    if safe is not None:
        return safe
    data = next(
        (p for p in (source, *source.parents) if p.suffix.lower() == ".data" and p.with_suffix(".dim").is_file()), None
    )
    return source if data is None else data.with_suffix(".dim")


def picture_overview() -> Overview:
    """Gathers what the pictures need while the bands are read."""
    from estran.report.canvas import LIMIT

    return Overview(("blue", "green", "red", "nir08", "swir16", "swir22"), LIMIT)


def write_folder(
    source: Product,
    result: Product,
    out: Path,
    *,
    overview: Overview,
    title: str,
    watch: Stopwatch,
    overwrite: bool,
    complete: Complete | None = None,
    progress: Progress = quiet,
) -> Made:
    """Product (BEAM-DIMAP), pictures and ``index.html``; the folder appears when all of it is there, and what
    `complete` puts into it.

    A product that is whole is never thrown away because something could not be drawn: a picture is then left out of the
    report, which says so, or the whole report is left out, with a note.

    Parameters
    ----------
    source, result
        What was read, and the lazy result: it is computed once, while it is written, and the pictures are drawn from
        the file.
    overview
        Small copies of the source's bands, gathered meanwhile.
    watch
        Counts writing and pictures as stages.

    Returns
    -------
    Made
        Its page is the product where there is none.
    """
    from estran.adapters.files.belongings import A_FOLDER
    from estran.adapters.files.dimap.read import read_dimap
    from estran.adapters.files.dimap.write import write_dimap
    from estran.adapters.files.undecodable import as_text
    from estran.adapters.files.whole import whole

    file = f"{file_stem(result.name)}.dim"
    with whole(out, overwrite=overwrite, kind=A_FOLDER) as part:
        part.mkdir()

        def writing(fraction: float, message: str) -> None:
            watch.start("write")
            progress(0.5 * fraction, message)

        watch.start("write")
        written = write_dimap(as_text(result), part / file, progress=writing)
        watch.stop()
        drawn = replace(
            result, bands=read_dimap(part / file).bands, metadata=written.metadata, notes=written.notes, pending=()
        )
        page = _report(
            overview.on(source),
            drawn,
            part,
            title,
            watch,
            lambda fraction, message: progress(0.5 + 0.5 * fraction, message),
        )
        if complete is not None:
            complete(part / file)
    return Made(out / (page or file), (out / file,))


def _report(source: Product, result: Product, part: Path, title: str, watch: Stopwatch, progress: Progress) -> str:
    """Name of the page; "" where it could not be written, and nothing is left of it."""
    done = {entry.name for entry in part.iterdir()}
    timings, drawing = dict(watch.seconds), watch.listening(progress)
    try:
        from estran.report import write_report

        return write_report(
            source,
            result,
            part,
            title=title,
            timings=timings,
            progress=lambda fraction, message: drawing(fraction, f"picture {message}"),
        ).name
    except Exception as error:
        for entry in part.iterdir():
            if entry.name not in done:
                entry.unlink()
        log.warning(
            "The report could not be written (%s: %s); the product is whole and was kept.", type(error).__name__, error
        )
        return ""


def file_stem(name: str) -> str:
    """A product's name as a file's: nothing that a file system or SNAP minds.

    Examples
    --------
    >>> file_stem("S2A_MSIL1C_20190411.SAFE_CloudMask"), file_stem("a b/c")
    ('S2A_MSIL1C_20190411_CloudMask', 'a_b_c')
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name.replace(".SAFE", "")).strip("_")[:_LONGEST] or "product"
