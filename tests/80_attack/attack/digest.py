"""``estran digest PRODUCT``, known to the suite's server alone: a digest of every band as its reader gives it, and of
what places it.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    from estran.cli.reading import add_reading

    parser.add_argument("product", type=Path)
    add_reading(parser)


def run(args: argparse.Namespace) -> None:
    """Print a line for the whole, then one for each band."""
    from estran.adapters.files.open import open_product
    from estran.cli.console import log
    from estran.cli.reading import reading

    product = open_product(args.product, reading(args))
    for note in product.notes:
        log.warning(note)
    whole = hashlib.sha256()
    lines = []
    for name in sorted(product.bands):
        band = product[name]
        if band.data is None:
            continue  # a virtual band that nothing evaluated
        data = np.ascontiguousarray(band.data)
        place = (
            name,
            data.shape,
            str(data.dtype),
            tuple(band.grid.transform or ()),
            str(band.grid.crs),
            band.scale,
            band.offset,
            repr(band.nodata),
            band.unit,
        )
        one = hashlib.sha256(repr(place).encode() + data.tobytes()).hexdigest()
        whole.update(one.encode())
        lines.append(f"{one[:16]} {name}")
    whole.update(repr((product.start, product.platform)).encode())
    print(whole.hexdigest())
    print("\n".join(lines))
