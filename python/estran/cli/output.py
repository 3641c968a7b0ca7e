"""Where results go: ``-o NAME.dim|.tif|.nc`` is a file; a name without ending is a folder with product, pictures and report. Whole or not at all."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from estran.cli.console import within
from estran.engine.overview import Overview
from estran.errors import BadParameter, TargetExists
from estran.raster.product import Product
from estran.raster.scene import Progress, quiet

_FILES = (".dim", ".tif", ".tiff", ".nc")
_OF_A_REPORT = (".dim", ".data", ".html", ".png", ".css", ".svg")
"""What a result folder holds; a folder with anything else in it is never replaced."""


def add_output(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """The options ``-o`` and ``--overwrite``."""
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=required,
        metavar="OUT",
        help="NAME.dim, NAME.tif, NAME.nc; without ending a folder with product, pictures, report",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there, once the new result is whole")


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
        raise BadParameter("the ending of the output is not known", where=out, expected=f"{', '.join(_FILES)}, or none for a folder", found=out.suffix)
    return True


def refuse_early(out: Path, overwrite: bool) -> None:
    """Raise :class:`TargetExists` before the work, where it would come after it; also for a folder that holds more than our results."""
    folder = is_folder(out)
    if out.exists() and not overwrite:
        raise TargetExists("the output is already there", where=out, todo="give another name, or --overwrite")
    if folder and out.is_dir():
        foreign = sorted(p.name for p in out.iterdir() if p.suffix not in _OF_A_REPORT)
        if foreign:
            raise TargetExists("the output folder holds things that are not ours", where=out, found=foreign[0], todo="give a folder of its own")
    if folder and out.exists() and not out.is_dir():
        raise TargetExists("the output is a file, and the name means a folder", where=out, todo="give another name, or one with an ending")


def picture_overview() -> Overview:
    """Gathers what the pictures need while the bands are read."""
    from estran.report.canvas import LIMIT

    return Overview(("blue", "green", "red", "nir", "swir1", "swir2"), LIMIT)


def write_folder(source: Product, result: Product, out: Path, *, title: str, timings: Mapping[str, float], overwrite: bool, progress: Progress = quiet) -> Path:
    """Product (BEAM-DIMAP), pictures and ``index.html``; the folder appears when all of it is there. Returns the page."""
    from estran.adapters.files.open import write_product
    from estran.report import write_report

    with _whole_folder(out, overwrite) as part:
        write_product(result, part / f"{file_stem(result.name)}.dim", progress=within(progress, 0.0, 0.5))
        page = write_report(
            source, result, part, title=title, timings=timings, progress=lambda share, message: within(progress, 0.5, 1.0)(share, f"picture {message}")
        )
    return out / page.name


def file_stem(name: str) -> str:
    """A product's name as a file's: nothing that a file system or SNAP minds.

    Examples
    --------
    >>> file_stem("S2A_MSIL1C_20190411.SAFE_CloudMask"), file_stem("a b/c")
    ('S2A_MSIL1C_20190411_CloudMask', 'a_b_c')
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name.replace(".SAFE", "")).strip("_") or "product"


@contextlib.contextmanager
def _whole_folder(out: Path, overwrite: bool) -> Iterator[Path]:
    from estran.adapters.files.whole import whole

    with whole(out, overwrite=overwrite) as part:
        part.mkdir()
        yield part
