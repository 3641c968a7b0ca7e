"""What the makers of tables share: responses of Sentinel-2 by satellite, and the record of inputs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from estran import __version__
from estran.adapters.files.spectra import read_responses
from estran.errors import BadParameter, BadProduct
from estran.sensors.bands import SENTINEL2
from estran.sensors.response import Response


def satellite_of(path: Path) -> str:
    """The satellite whose name ("S2A") begins a file's name, as "Sentinel-2A".

    Raises
    ------
    BadParameter
        If it begins otherwise.
    """
    found = re.match(r"S2[A-Z](?![A-Z0-9])", path.name)
    if found is None:
        raise BadParameter(
            "the satellite is not known from the file's name",
            where=path.name,
            expected="a name that begins with S2A, S2B or S2C",
        )
    return f"Sentinel-{found[0][1:]}"


def sentinel2_responses(path: Path) -> dict[str, Response]:
    """Responses of all 13 bands.

    Raises
    ------
    BadProduct
        If one is missing.
    """
    satellite_of(path)
    bands = read_responses(path)
    lacking = [b.name for b in SENTINEL2 if b.name not in bands]
    if lacking:
        raise BadProduct(
            "the file lacks responses of bands", where=path.name, expected=", ".join(lacking), found=", ".join(bands)
        )
    return bands


def record_of(inputs: Sequence[Path]) -> dict[str, str]:
    """The version of Estran, and names and hashes of the inputs."""
    return {
        "estran": __version__,
        **{f"input {p.name}": f"sha256:{hashlib.sha256(p.read_bytes()).hexdigest()}" for p in inputs},
    }
