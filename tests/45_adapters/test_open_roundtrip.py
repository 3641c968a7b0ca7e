"""What is written is read back, in each format: random products of every sample type, scaling, coding and text."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from estran.adapters.files import open_product, write_product
from estran.errors import WriteFailed
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Mask, Product, TiePointGrid

TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"]
words = st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1, max_size=8)
texts = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=30).map(lambda t: " ".join(t.split()))
numbers = st.floats(allow_nan=False, allow_infinity=False)
colours = st.tuples(*[st.integers(0, 255)] * 3)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
values = st.one_of(
    texts.filter(bool), st.integers(-(2**31), 2**31 - 1), numbers, st.lists(numbers, min_size=1, max_size=4)
)


@st.composite
def codings(draw, dtype):
    name = draw(words)
    if draw(st.booleans()):
        bits = draw(st.lists(st.integers(0, min(31, 8 * dtype.itemsize - 1)), min_size=1, max_size=8, unique=True))
        flags = tuple(
            Flag(f"F{i}", bit, draw(colours), draw(texts), draw(st.floats(0, 1))) for i, bit in enumerate(bits)
        )
        return FlagCoding(name, flags)
    limits = np.iinfo(dtype)
    low, high = max(limits.min, -(2**31)), min(limits.max, 2**31 - 1)
    numbers_ = draw(st.lists(st.integers(low, high), min_size=2, max_size=5, unique=True))
    return IndexCoding(name, tuple(IndexValue(f"C{i}", v, draw(colours), draw(texts)) for i, v in enumerate(numbers_)))


@st.composite
def bands(draw, name, grid):
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    data = draw(hnp.arrays(dtype, grid.shape))
    coding = draw(codings(dtype)) if dtype.kind in "iu" and draw(st.booleans()) else None
    if coding is not None:
        # The codings of a product are told apart by name.
        coding = replace(coding, name=f"{name}_{coding.name}")
    if draw(st.booleans()):
        import dask.array

        data = dask.array.from_array(data, chunks=draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
    nodata = draw(st.none() | hnp.from_dtype(dtype, allow_nan=True).map(float))
    palette = (
        draw(st.lists(st.tuples(numbers, colours, texts), min_size=2, max_size=4))
        if draw(st.booleans()) and not isinstance(coding, IndexCoding)
        else []
    )
    return Band(
        name,
        data,
        grid,
        scale=draw(st.sampled_from([1.0, 1e-4, -2.5, 1 / 3])),
        offset=draw(st.sampled_from([0.0, -0.1, 1e7])),
        log10_scaled=draw(st.booleans()),
        nodata=nodata,
        valid=draw(st.sampled_from(["", f"{name} > 0 && {name} < 5", "a <= 3"])),
        unit=draw(st.sampled_from(["", "1", "mW m^-2 sr^-1 nm^-1", "µm", "dl"])),
        description=draw(texts),
        wavelength=draw(st.none() | st.floats(1, 13000)),
        bandwidth=draw(st.none() | st.floats(1, 300)),
        solar_flux=draw(st.none() | st.floats(1, 3000)),
        spectral_index=draw(st.none() | st.integers(0, 20)),
        coding=coding,
        saturated=draw(st.none() | st.just(65535.0)),
        palette=tuple(palette),
    )


@st.composite
def products(draw):
    width, height = draw(st.integers(1, 17)), draw(st.integers(1, 13))
    crs = draw(st.sampled_from(["EPSG:32631", "EPSG:32733", "EPSG:4326", "EPSG:3035"]))
    step = 0.001 if crs == "EPSG:4326" else draw(st.sampled_from([10.0, 20.0, 159.82532751091702]))
    origin = (12.3, -45.6) if crs == "EPSG:4326" else (600000.0, 5000040.0)
    grid = Grid(width, height, Affine(step, 0, origin[0], 0, -step, origin[1]), crs)
    made = {name: draw(bands(name, grid)) for name in ["a", "B8A", "c.2"][: draw(st.integers(1, 3))]}
    masks = {"m": Mask("m", "a > 1 && a < 5", draw(colours), draw(texts), draw(st.floats(0, 1)))}
    for band in made.values():
        if isinstance(band.coding, FlagCoding):
            # Masks of all flags are there, as the engine makes them: that is where BEAM-DIMAP keeps the colours.
            for flag in band.coding.flags:
                name = f"{band.name}_{flag.name}"
                masks[name] = Mask(name, f"{band.name}.{flag.name}", flag.colour, flag.meaning, flag.transparency)
    leaf = Element(draw(words), draw(st.dictionaries(words, values, max_size=3)))
    tie = TiePointGrid(
        "sun_zenith",
        draw(hnp.arrays(np.float32, (2, 3), elements=st.floats(-90, 90, width=32))),
        0.5,
        0.5,
        8.0,
        6.0,
        "deg",
        draw(texts),
        True,
    )
    return Product(
        "x",
        grid,
        made,
        kind=draw(texts),
        tie_points={tie.name: tie},
        masks=masks,
        metadata=(Element("Top", {"n": 1}, (leaf, leaf)),),
        start=draw(st.none() | moments),
        stop=draw(st.none() | moments),
        platform=draw(st.sampled_from(["", "Sentinel-2B"])),
        description=draw(texts),
        auto_grouping=draw(st.sampled_from(["", "a:B"])),
        quicklook=draw(st.sampled_from(["", "a"])),
        notes=tuple(dict.fromkeys(draw(st.lists(texts.filter(bool), max_size=2)))),
    )


def same(first, second) -> bool:
    """Equality in which NaN equals NaN."""
    if isinstance(first, float) and isinstance(second, (int, float)):
        return first == second or (np.isnan(first) and np.isnan(second))
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(same(a, b) for a, b in zip(first, second, strict=True))
    return first == second


def assert_same_bands(product: Product, back: Product) -> None:
    assert list(back.bands) == list(product.bands)
    for name, band in product.bands.items():
        read = back[name]
        assert read.data.dtype == band.data.dtype
        np.testing.assert_array_equal(np.asarray(read.data), np.asarray(band.data), err_msg=name)
        for field in fields(Band):
            if field.name not in ("data", "palette", "unscaled"):  # the reader's verdict on samples is not the writer's
                assert same(getattr(band, field.name), getattr(read, field.name)), (
                    name,
                    field.name,
                    getattr(band, field.name),
                    getattr(read, field.name),
                )
        if not isinstance(band.coding, IndexCoding):
            assert read.palette == band.palette


def assert_same_product(product: Product, back: Product) -> None:
    assert_same_bands(product, back)
    for field in fields(Product):
        if field.name == "tie_points":
            for name, grid in product.tie_points.items():
                np.testing.assert_array_equal(back.tie_points[name].data, grid.data)
                assert replace(back.tie_points[name], data=None) == replace(grid, data=None)
        elif field.name == "metadata":
            assert [strip(e) for e in back.metadata] == [strip(e) for e in product.metadata]
        elif field.name not in ("bands", "source"):
            assert getattr(back, field.name) == getattr(product, field.name), field.name


def strip(element: Element) -> tuple:
    """An element without what a file adds (types)."""
    return element.name, dict(element.attributes), [strip(e) for e in element.elements]


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
@settings(max_examples=60)
@given(product=products())
def test_read_back(ending, product):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{ending}"
        write_product(product, path)
        assert_same_product(product, open_product(path))
        left = {p.name for p in Path(folder).iterdir()}
        assert left == ({"x.dim", "x.data"} if ending == ".dim" else {path.name})


@pytest.mark.parametrize("ending", [".dim", ".nc"])
def test_bands_of_several_sizes(ending, tmp_path):
    fine = Grid(12, 6, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
    coarse = fine.at_resolution(20)
    product = Product(
        "x",
        fine,
        {
            "B2": Band("B2", np.arange(72, dtype=np.uint16).reshape(6, 12), fine),
            "B5": Band("B5", np.ones((3, 6), np.float32), coarse),
        },
    )
    write_product(product, tmp_path / f"x{ending}")
    assert_same_product(product, open_product(tmp_path / f"x{ending}"))


def test_geotiff_takes_one_size_only(tmp_path):
    fine = Grid(12, 6, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
    product = Product(
        "x",
        fine,
        {
            "B2": Band("B2", np.zeros((6, 12), np.uint16), fine),
            "B5": Band("B5", np.ones((3, 6), np.float32), fine.at_resolution(20)),
        },
    )
    with pytest.raises(WriteFailed, match=r"bands of one size .*found 6 x 3, 12 x 6.*write \.dim or \.nc"):
        write_product(product, tmp_path / "x.tif")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
@pytest.mark.parametrize(
    ("made", "kept"), [("int64", "int32"), ("uint64", "uint32"), ("bool", "uint8"), ("float16", "float32")]
)
def test_types_that_snap_lacks_are_narrowed(ending, made, kept, tmp_path):
    grid = Grid(3, 2, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
    data = np.array([[0, 1, 1], [1, 0, 1]]).astype(made)
    write_product(Product("x", grid, {"a": Band("a", data, grid)}), tmp_path / f"x{ending}")
    read = open_product(tmp_path / f"x{ending}")["a"].data
    assert read.dtype == kept
    np.testing.assert_array_equal(read, data)


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_a_number_that_does_not_fit_is_reported(ending, tmp_path):
    grid = Grid(3, 2)
    with pytest.raises(WriteFailed, match=r"'a' holds values that do not fit .*found 0 to 1099511627776"):
        write_product(
            Product("x", grid, {"a": Band("a", np.array([[0, 1, 2], [3, 4, 2**40]]), grid)}), tmp_path / f"x{ending}"
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_without_any_georeference(ending, tmp_path):
    grid = Grid(5, 4)
    product = Product("x", grid, {"a": Band("a", np.arange(20, dtype=np.float32).reshape(4, 5), grid)})
    write_product(product, tmp_path / f"x{ending}")
    back = open_product(tmp_path / f"x{ending}")
    assert back.grid == grid
    np.testing.assert_array_equal(back["a"].data, product["a"].data)


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_virtual_bands_stay_expressions(ending, tmp_path):
    grid = Grid(5, 4, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
    data = np.arange(20, dtype=np.float32).reshape(4, 5)
    product = Product("x", grid, {"twice": Band("twice", None, grid, expression="2 * a"), "a": Band("a", data, grid)})
    write_product(product, tmp_path / f"x{ending}")
    back = open_product(tmp_path / f"x{ending}")
    assert list(back.bands) == ["twice", "a"]
    assert back["twice"].expression == "2 * a"
    np.testing.assert_array_equal(back["twice"].data, 2 * data)


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_what_bands_share_is_computed_once(ending, tmp_path):
    """Two bands made of one expensive array: each chunk of it is computed once, not once per band."""
    import dask.array

    grid = Grid(64, 48, Affine(10, 0, 6e5, 0, -10, 5e6), "EPSG:32631")
    calls = []

    def expensive(block_info=None):
        location = block_info[None]["chunk-location"]
        calls.append(location)
        return np.full(block_info[None]["chunk-shape"], sum(location), np.float32)

    shared = dask.array.map_blocks(
        expensive, chunks=((16,) * 3, (16,) * 4), dtype=np.float32, meta=np.empty((0, 0), np.float32)
    )
    product = Product("x", grid, {"a": Band("a", shared + 1, grid), "b": Band("b", shared * 2, grid)})
    seen = []
    write_product(product, tmp_path / f"x{ending}", progress=lambda fraction, _: seen.append(fraction))
    assert sorted(calls) == [(i, j) for i in range(3) for j in range(4)]
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    back = open_product(tmp_path / f"x{ending}")
    np.testing.assert_array_equal(back["b"].data, 2 * (np.asarray(back["a"].data) - 1))
