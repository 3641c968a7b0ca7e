"""Who writes the result of a study, by its kind: a folder with data and report, a file, a Sentinel-2 product.

The command line knows none of them: it asks :func:`writer_of`, holds the place, and hands over the result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estran.adapters.files.belongings import A_FOLDER, Kind, starts_with
from estran.adapters.files.places import NETCDF
from estran.adapters.files.whole import claimed, whole
from estran.adapters.studies import results, safe_product
from estran.catalogue.study import DatasetOut, ProductOut, Study, StudyResult
from estran.errors import BadParameter
from estran.raster.scene import Progress, quiet

PARQUET = starts_with("Parquet file", b"PAR1")
Report = Callable[[StudyResult, Path], None]
"""Writes the report of a result into a folder."""


@dataclass(frozen=True)
class Writer:
    """Writes results of one kind.

    Parameters
    ----------
    check
        Raises where a study, with the switches that were given, makes what is not written there; before the work.
    claim
        Holds the place while the work goes on.
    write
        Writes, whole or not at all; gives the sentence for the user.
    """

    check: Callable[[Study, Path, Collection[str]], None]
    claim: Callable[[Path, bool], contextlib.AbstractContextManager[Any]]
    write: Callable[[Any, Path, bool, Progress, Report | None], Path]


def writer_of(study: type[Study], out: Path) -> Writer:
    """The writer of a study's result at a place."""
    if isinstance(study.result, ProductOut):
        return WRITERS[study.result.kind]
    ending = out.suffix.lower()
    if ending and ending not in WRITERS and not out.is_dir():
        raise BadParameter(
            "the ending of the output is not known",
            where=out,
            expected=".nc, .parquet, or none for a folder with data and report",
            found=out.suffix,
        )
    return WRITERS[ending if ending in WRITERS else "folder"]


# ---------------------------------------------------------------- results with a schema


def _nothing_to_check(_study: Study, _out: Path, _switches: Collection[str]) -> None:
    """Any study with a schema can be written so."""


def _check_parquet(study: Study, out: Path, _switches: Collection[str]) -> None:
    assert isinstance(study.result, DatasetOut)
    results.refuse_no_table(study.result, out)
    results.need_pyarrow()


def _claim_as(kind: Kind) -> Callable[[Path, bool], contextlib.AbstractContextManager[Any]]:
    @contextlib.contextmanager
    def claim(out: Path, overwrite: bool) -> Iterator[None]:
        with claimed(out, overwrite=overwrite, kind=kind):
            yield

    return claim


def _write_folder(result: StudyResult, out: Path, overwrite: bool, progress: Progress, report: Report | None) -> Path:
    """Data and report in a folder; the report is left out, with a note, where it cannot be drawn."""
    name = result.study.alias.replace(" ", "_")
    with whole(out, overwrite=overwrite, kind=A_FOLDER) as part:
        part.mkdir()
        progress(0.0, "writing")
        results.write_netcdf(results.dataset_of(result), part / f"{name}.nc")
        if report is not None:
            progress(0.5, "report")
            report(result, part)
        page = "index.html" if (part / "index.html").is_file() else f"{name}.nc"
    progress(1.0, "written")
    return out / page


def _write_file(
    write: Callable[[Any, Path], None], kind: Kind
) -> Callable[[Any, Path, bool, Progress, Report | None], Path]:
    def write_file(
        result: StudyResult, out: Path, overwrite: bool, progress: Progress = quiet, _report: Report | None = None
    ) -> Path:
        with whole(out, overwrite=overwrite, kind=kind) as part:
            progress(0.0, "writing")
            write(results.dataset_of(result), part)
        progress(1.0, "written")
        return out

    return write_file


WRITERS: Mapping[str, Writer] = {
    "safe": Writer(safe_product.check, safe_product.claim, safe_product.write),
    "folder": Writer(_nothing_to_check, _claim_as(A_FOLDER), _write_folder),
    ".nc": Writer(_nothing_to_check, _claim_as(NETCDF), _write_file(results.write_netcdf, NETCDF)),
    ".parquet": Writer(_check_parquet, _claim_as(PARQUET), _write_file(results.write_parquet, PARQUET)),
}
"""By the kind of a :class:`~estran.catalogue.study.ProductOut`, and by the ending of the output of the others."""
