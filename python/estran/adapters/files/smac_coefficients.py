"""Reader of SMAC's coefficient files: 19 lines of numbers, as published for some sixty sensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from estran import bounds
from estran.errors import BadProduct
from estran.physics.gas.smac import LINES, SmacCoefficients


def read_smac_coefficients(path: Path | str) -> SmacCoefficients:
    """Read the coefficients of one band.

    Raises
    ------
    BadProduct
        If the file cannot be read, or has not the numbers that such a file has.
    BadParameter
        If they give an aerosol that cannot be.
    """
    path = Path(path)
    try:
        lines = [
            line.split()
            for line in bounds.read_bytes(path, bounds.SETTINGS_BYTES).decode("ascii").splitlines()
            if line.strip()
        ]
        numbers = [tuple(float(field) for field in line) for line in lines]
    except ValueError as error:
        raise BadProduct(
            "the file holds something else than numbers",
            where=path.name,
            expected="the 19 lines of a SMAC coefficient file",
        ) from error
    found = [len(line) for line in numbers]
    if found != list(LINES):
        raise BadProduct(
            "this is no coefficient file of SMAC",
            where=path.name,
            expected=f"{len(LINES)} lines of {', '.join(map(str, LINES))} numbers",
            found=f"{len(found)} lines of {', '.join(map(str, found)) or 'nothing'}",
        )
    rows: list[Any] = list(numbers)
    return SmacCoefficients(*rows)
