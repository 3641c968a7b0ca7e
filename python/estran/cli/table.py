"""Table in, table out: the pixel tests on spectra without an image."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from estran.cli.output import claimed_file

log = logging.getLogger("estran")

ADDED = ("cloud", "probability", "class")
"""Columns of the result, behind those of the input."""


def classify(table: Path, out: Path, mode: Literal["default", "strict", "python-fmask"], *, overwrite: bool) -> None:
    """Classify the rows of a CSV file, write them with ``cloud``, ``probability``, ``class`` added, and print scores
    where there is a label.
    """
    from estran.adapters.files.table import with_columns

    with claimed_file(out, overwrite, [table], kind=with_columns(ADDED)):
        _classify(table, out, mode, overwrite)


def _classify(table: Path, out: Path, mode: Literal["default", "strict", "python-fmask"], overwrite: bool) -> None:
    from estran.adapters.files.table import pixel_columns, read_table, refuse_taken, write_table
    from estran.masks.cloud.settings import PixelSettings
    from estran.masks.cloud.table import classify_table, scores_by_group

    read = read_table(table)
    refuse_taken(read, ADDED)
    columns = pixel_columns(read)
    result = classify_table(
        {name: values for name, values in columns.items() if name != "label"}, PixelSettings.for_mode(mode)
    )
    for note in result.notes:
        log.warning(note)
    write_table(
        out,
        read,
        dict(zip(ADDED, (result.cloud, result.probability, result.classes), strict=True)),
        overwrite=overwrite,
    )
    if "label" not in columns:
        return
    print(f"{'group':<28}{'rows':>7}{'balanced':>10}{'recall':>9}{'specificity':>13}")
    for score in scores_by_group(columns["label"], result.cloud, columns):
        c = score.confusion
        print(f"{score.group:<28}{c.total:>7}{c.balanced_accuracy:>10.3f}{c.recall:>9.3f}{c.specificity:>13.3f}")
