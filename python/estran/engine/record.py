"""What was done, for the metadata of the product: operator, parameters, what was assumed, from what, with which
versions.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

from estran import __version__
from estran.catalogue.outputs import record
from estran.catalogue.spec import Operator
from estran.raster.product import Element, Product
from estran.raster.record import RunRecord

NAME = "Estran_Processing"
_PACKAGES = ("numpy", "scipy", "numba", "dask", "rasterio", "netCDF4", "pyproj")


def versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    found = {"estran": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def processing(op: Operator, sources: Mapping[str, Product], notes: Iterable[str], run: RunRecord) -> Element:
    """The record of one run: what the catalogue says of it, the inputs by name, the versions."""
    inputs = {name: product.name for name, product in sources.items()}
    return Element(
        NAME,
        {"engine": "embedded"},
        (record(op, notes, run), Element("inputs", inputs), Element("versions", versions())),
    )


def completed(metadata: tuple[Element, ...], complete: Element) -> tuple[Element, ...]:
    """Metadata in which the last record of the same operator is replaced by the complete one; as they are where there
    is none any more.
    """
    (operator, *_) = complete.elements
    for number in range(len(metadata) - 1, -1, -1):
        if metadata[number].name == NAME and metadata[number].find(operator.name) is not None:
            return (*metadata[:number], complete, *metadata[number + 1 :])
    return metadata
