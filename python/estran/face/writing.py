"""Datasets to files: products by the house's writers, Zarr by xarray."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import dask.base
import xarray as xr

from estran.adapters.files import extras, write_product
from estran.adapters.files.belongings import Kind, inventory
from estran.adapters.files.places import FORMATS
from estran.adapters.files.whole import whole
from estran.errors import BadParameter, EstranError
from estran.face.to_dataset import KEY, PENDING, attributes_of
from estran.face.to_product import product_of, refuse_other_dates
from estran.raster.product import Product

ZARR = ".zarr"
_PART = re.compile(r"([^/]+/)?(zarr\.json|\.z(group|attrs|array|metadata))|[^/]+/(c(/\d+)*|\d+([./]\d+)*)")
"""Files of a store of versions 2 and 3: metadata, and chunks of an array at its top."""


def _stranger(_target: Path, folder: Path) -> str:
    """What in a folder is no part of a Zarr store that Estran wrote; "" where all is. A list of files, as other results
    have, would be no part of a store.
    """
    files = [path for path, facts in inventory(folder).items() if facts[0] != "folder"]
    ours = any(
        f'"{KEY}"' in (folder / name).read_text("utf-8", "replace")
        for name in ("zarr.json", ".zattrs")
        if name in files
    )
    return next((path for path in files if not ours or not _PART.fullmatch(path)), "")


_STORE = Kind(folder=True, called="Zarr store", stranger=_stranger, marked=False)


def written(dataset: xr.Dataset, path: Path, overwrite: bool) -> Path:
    """Write a Dataset where `path` says, in the format of its ending; the file written."""
    if path.suffix.lower() == ZARR:
        return _write_zarr(dataset, path, overwrite)
    if path.suffix.lower() not in (*FORMATS.values(), ".tiff"):
        raise BadParameter(
            "the ending of the output is not known",
            where=path,
            expected=", ".join((*dict.fromkeys(FORMATS.values()), ZARR)),
            found=path.suffix or "none",
        )
    refuse_other_dates(dataset)
    return write_product(product_of(dataset).product, path, overwrite=overwrite)


def _settle_store(store: Path, product: Product, records: list[Any]) -> None:
    """Put into a Zarr store what computing its samples has taught."""
    import zarr

    group = zarr.open_group(store, mode="a")
    done = attributes_of(product.settled(records))
    group.attrs.update({**{key: value for key, value in done.items() if key != KEY}, KEY: _shared(str(done[KEY]))})
    zarr.consolidate_metadata(store)


def _write_zarr(dataset: xr.Dataset, path: Path, overwrite: bool) -> Path:
    need_zarr(path)
    plain = dataset.assign_attrs({KEY: _shared(dataset.attrs.get(KEY, "{}"))})
    for variable in plain.variables.values():
        for key in ("chunks", "preferred_chunks", "compressors", "filters", "shards", "object_codec", "serializer"):
            variable.encoding.pop(key, None)  # of the file it came from
    with whole(path, overwrite=overwrite, kind=_STORE) as part, warnings.catch_warnings():
        # Texts and consolidated metadata are further than version 3 of the specification is; xarray and zarr read both.
        warnings.filterwarnings("ignore", module=r"zarr\..*")
        warnings.filterwarnings("ignore", message=".*onsolidated.*")
        stored = _evenly_chunked(plain).to_zarr(part, mode="w-", compute=False)
        pending = dataset.encoding.get(PENDING, ())
        compute: Any = dask.base.compute
        records = compute(stored, [one.records for one in pending])[1]
        if pending:
            _settle_store(part, product_of(dataset).product, records)
    return path


def _shared(own: str) -> str:
    """What goes with a store of what a Dataset remembers: not where on this machine it came from."""
    return extras.dumps({key: value for key, value in extras.loads(own).items() if key != "source"})


def _evenly_chunked(dataset: xr.Dataset) -> xr.Dataset:
    """The Dataset with chunks of one size along each dimension, as Zarr needs them; what has them already stays as it
    is.
    """
    uneven = {
        name
        for name, variable in dataset.variables.items()
        if variable.chunks and any(not _is_even(sizes) for sizes in variable.chunks)
    }
    return dataset.assign(
        {
            name: dataset[name].chunk({dim: max(sizes) for dim, sizes in dataset[name].chunksizes.items()})
            for name in uneven
        }
    )


def _is_even(sizes: tuple[int, ...]) -> bool:
    return len(set(sizes[:-1])) <= 1 and (len(sizes) == 1 or sizes[-1] <= sizes[0])


def need_zarr(path: Path) -> None:
    """Raise a sentence where the library that reads and writes Zarr is not installed."""
    try:
        import zarr  # noqa: F401
    except ImportError as error:
        raise EstranError(
            "Zarr needs a library that is not installed", where=path, todo="install it: pip install 'estran[zarr]'"
        ) from error
