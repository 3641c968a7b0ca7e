"""When two products are the same: what a way through a Dataset must keep."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from estran.raster.product import Band, Product

_PATH = Path(__file__).resolve().parents[1] / "45_adapters" / "test_open_roundtrip.py"
_SPEC = importlib.util.spec_from_file_location("open_roundtrip", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
formats = sys.modules.setdefault("open_roundtrip", importlib.util.module_from_spec(_SPEC))
_SPEC.loader.exec_module(formats)


def assert_same(product: Product, back: Product) -> None:
    """Every field of the product and of its bands; samples bit by bit, but that NaN in a float band with a no-data
    number is that number.
    """
    assert list(back.bands) == list(product.bands)
    for name, band in product.bands.items():
        read = back[name]
        for field in fields(Band):
            if field.name != "data":
                one, other = getattr(band, field.name), getattr(read, field.name)
                assert formats.same(one, other), (name, field.name, one, other)
        if band.data is None:
            assert read.data is None
            continue
        assert read.data.dtype == band.data.dtype, name
        assert hasattr(read.data, "dask") == hasattr(band.data, "dask"), name
        np.testing.assert_array_equal(samples(read), samples(band), err_msg=name)
    assert list(back.tie_points) == list(product.tie_points)
    for name, grid in product.tie_points.items():
        np.testing.assert_array_equal(back.tie_points[name].data, grid.data)
        assert replace(back.tie_points[name], data=None) == replace(grid, data=None)
    for field in fields(Product):
        if field.name not in ("bands", "tie_points", "metadata"):
            assert getattr(back, field.name) == getattr(product, field.name), field.name
    assert [formats.strip(e) for e in back.metadata] == [formats.strip(e) for e in product.metadata]


def samples(band: Band) -> np.ndarray:
    values = np.asarray(band.data)
    if band.nodata is None or values.dtype.kind != "f":
        return values
    return np.where(np.isnan(values), np.asarray(band.nodata, values.dtype), values)
