"""What a finished product says of itself: fractions of flags and classes, cloud cover, and its STAC item; read from the
file, not from what made it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from estran.adapters.files.open import open_product
from estran.errors import EstranError
from estran.jobs.job import Job
from estran.jobs.stac import NoItem, write_item

if TYPE_CHECKING:
    from estran.report.fractions import FractionTable

log = logging.getLogger("estran")

_PAGE = "index.html"
CLOUD = "CLOUD"
"""Name of the flag, or class, whose fraction is the cloud cover."""


@dataclass(frozen=True)
class Description:
    """Of one result: fractions by band and name (1), cloud cover (percent, None where nothing says it), and names of
    its files: product, report, item.
    """

    fractions: dict[str, dict[str, float]]
    cloud_cover: float | None
    files: dict[str, str]


def describe(file: Path, job: Job | None = None) -> Description:
    """Read a finished product and, of a job, write its item beside it.

    What cannot be said is a note: the product is whole all the same.

    Parameters
    ----------
    file
        The product.
    job
        Whose result it is; no item is written where None.
    """
    from estran.report.fractions import fraction_tables

    product = open_product(file)
    tables = fraction_tables(product)
    fractions = {table.band: {row.name: round(row.fraction, 6) for row in table.rows} for table in tables}
    cover = cloud_cover(tables)
    files = {"product": file.name, **({"report": _PAGE} if (file.parent / _PAGE).is_file() and job is not None else {})}
    if job is not None:
        try:
            files["item"] = write_item(job, file.parent, file, product, cover).name
        except NoItem as lacking:
            log.warning(lacking.sentence())
        except (EstranError, ValueError) as error:
            log.warning("The STAC item could not be made (%s); the product is whole and was kept.", error)
    return Description(fractions, cover, files)


def cloud_cover(tables: Sequence[FractionTable]) -> float | None:
    """Percent of the pixels with data under the flag CLOUD, or of that class where no band has the flag; None where
    there is neither.
    """
    for kind in ("flags", "classes"):
        for table in tables:
            for row in table.rows:
                if table.kind == kind and row.name == CLOUD:
                    return 100.0 * row.fraction
    return None
