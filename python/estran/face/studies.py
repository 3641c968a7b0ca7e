"""Results of studies as Datasets."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from estran.adapters.studies.results import read_result


def read_study(path: str | Path) -> xr.Dataset:
    """Read the result of a study.

    Parameters
    ----------
    path
        A file that a study has written (.nc, .parquet), or the folder with its report.

    Returns
    -------
    Dataset
        In memory: the variables of the study's page, over its cases and axes; the attribute ``estran_study`` is the
        record as JSON (parameters, inputs, failed cases, notes).

    Raises
    ------
    BadProduct
        It is no result of a study, or damaged.
    """
    return read_result(Path(path))
