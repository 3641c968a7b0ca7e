"""What is wrong with a Dataset, a name or a value is said in one sentence."""

from __future__ import annotations

import warnings

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from small_scene import GRID, make_foreign, with_attrs

import estran
from estran.errors import BadGrid, BadParameter, BadProduct, EstranError, MissingBand, UnsupportedProduct


def run(source, **parameters):
    return estran.run("SpectralTests", source, **parameters)


def y_of(values) -> xr.Dataset:
    return make_foreign().assign_coords(y=values)


Y = np.asarray(make_foreign().y)
SHUFFLED = np.concatenate([Y[10:], Y[:10]])
GAP = np.concatenate([Y[:40], Y[40:] - 400.0])
COUNTS = make_foreign().map(lambda v: (v.fillna(0) * 1e4).astype("uint16") if v.ndim else v)
PERCENT = make_foreign().map(lambda v: v * 100)
TWICE = make_foreign().assign(B8A=make_foreign().nir08 * 1.1)
WRONG = {
    "no reference system": (
        make_foreign(crs=False),
        BadGrid,
        r"no coordinate reference system .*attrs\[\"crs\"\] = \"EPSG:32631\".*write_crs",
    ),
    "a reference system of nonsense": (
        make_foreign().assign_attrs(crs="EPSG:999999"),
        BadGrid,
        r"cannot be understood .*EPSG:999999",
    ),
    "unsorted": (y_of(SHUFFLED), BadGrid, r"dimension 'y' are not sorted .*sortby"),
    "twice the same row": (y_of(np.where(np.arange(len(Y)) == 5, Y[4], Y)), BadGrid, "are not sorted"),
    "a gap": (y_of(GAP), BadGrid, r"dimension 'y' are not evenly spaced .*found steps from 20 to 420"),
    "coordinates of nothing": (y_of(np.where(np.arange(len(Y)) == 5, np.nan, Y)), BadGrid, "are not numbers"),
    "no coordinates": (
        make_foreign().drop_vars(["y", "x"]),
        BadGrid,
        r"does not say where its pixels lie .*assign_coords\(y=…, x=…\)",
    ),
    "one pixel": (make_foreign().isel(y=[0], x=[0]), BadGrid, "one pixel alone has no size"),
    "whole numbers": (
        COUNTS,
        UnsupportedProduct,
        r"no reflectance: .*whole numbers \(uint16\) without a scale.*scale_factor\"\] = 0.0001",
    ),
    "percent": (PERCENT, UnsupportedProduct, r"variable '\w+' holds numbers that are no reflectance: .*numbers around"),
    "floats with a scale": (
        with_attrs(make_foreign(), scale_factor=1e-4),
        UnsupportedProduct,
        r"not clear whether variable 'blue' is scaled already",
    ),
    "a band twice": (
        TWICE,
        UnsupportedProduct,
        r"two variables are the same band \(nir08\) .*found B8A and nir08, with different "
        r"values.*drop_vars\(\"nir08\"\)",
    ),
    "another platform": (
        make_foreign().assign_attrs(platform="Sentinel-3A"),
        UnsupportedProduct,
        r"platform is not one .*found Sentinel-3A",
    ),
    "not a Dataset": (np.zeros((3, 4)), BadProduct, r"this is no scene: expected an xarray Dataset .*found ndarray"),
    "a path": ("a.tif", BadProduct, r"found str.*estran\.open\(path\)"),
    "an empty Dataset": (xr.Dataset(), BadProduct, "the Dataset is empty"),
    "nothing selected": (
        make_foreign().isel(y=slice(0, 0)),
        BadProduct,
        r"dimension 'y' of the Dataset has length 0: found y 0, x 80",
    ),
    "no raster": (
        xr.Dataset({"a": ("time", [1.0, 2.0])}),
        BadProduct,
        r"holds no band: .*found a\(time\)|holds no band",
    ),
    "a dimension too many": (
        make_foreign().expand_dims(level=[1, 2]),
        BadProduct,
        r"a dimension that is neither rows, columns nor time.*isel\(level=0\)",
    ),
    "no time": (
        make_foreign().expand_dims("time").isel(time=slice(0, 0)),
        BadProduct,
        r"dimension 'time' of the Dataset has length 0",
    ),
    "bands without names": (
        make_foreign().to_dataarray("band").assign_coords(band=range(1, 7)),
        BadProduct,
        r"have no names, or one twice: .*found 1, 2, 3, 4, 5, 6",
    ),
    "a band missing": (make_foreign().drop_vars("swir16"), MissingBand, "swir16"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_dataset(case):
    source, kind, sentence = WRONG[case]
    with pytest.raises(kind, match=sentence) as caught:
        run(source)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_lazy_numbers_that_are_no_reflectance_are_refused_when_computed_not_before():
    """Of lazy floats nothing is known before somebody asks; then the sentence comes, not masks of nonsense."""
    asked = []

    def numbers(block: np.ndarray) -> np.ndarray:
        asked.append(block.shape)
        return block * 1e4

    source = make_foreign().map(
        lambda v: (
            v.copy(data=da.map_blocks(numbers, v.data, dtype="float32", meta=np.empty((0, 0), "float32")))
            if v.ndim
            else v
        )
    )
    source.estran.to_product()
    assert asked == []
    with pytest.raises(UnsupportedProduct, match="no reflectance"):
        run(source).compute()


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("Clouds", {}, r"no operator is called 'Clouds': expected .*Estran\.CloudMask.*Estran\.SunGlint"),
        (
            "SunGlint",
            {"windspeed": 6},
            r"Estran\.SunGlint has no parameter 'windspeed': expected wind_speed.*help\(estran\.operators\.sun_glint\)",
        ),
        ("SunGlint", {"wind_speed": 60}, r"wind_speed is outside its interval .*\[0,30\] m/s"),
        ("SunGlint", {"wind_speed": "strong"}, "wind_speed has the wrong type"),
        (
            "SunGlint",
            {"water_occurrence": xr.DataArray(np.zeros(GRID.shape))},
            r"is the name of a file .*ds\.assign\(swo=…\)",
        ),
        ("SunGlint", {"resolution": 0.5}, "resolution is no number of metres"),
        ("SunGlint", {"tile": 3}, "tile is no number of pixels"),
    ],
)
def test_names_and_values(name, parameters, sentence, foreign):
    with pytest.raises(BadParameter, match=sentence):
        estran.run(name, foreign, **parameters)


def test_unknown_names_of_functions_and_arguments(foreign):
    with pytest.raises(AttributeError, match="clouds"):
        estran.operators.clouds(foreign)
    with pytest.raises(TypeError, match="windspeed"):
        estran.operators.sun_glint(foreign, windspeed=6)


def test_files(tmp_path, product):
    with pytest.raises(BadProduct, match="no such file or folder"):
        estran.open(tmp_path / "nothing.SAFE")
    from estran.face.to_dataset import dataset_of

    with pytest.raises(BadParameter, match=r"the ending of the output is not known .*\.zarr"):
        dataset_of(product).estran.write(tmp_path / "a.png")
    xr.Dataset(attrs={"a": 1}).to_zarr(tmp_path / "groups.zarr", zarr_format=2)
    with pytest.raises(BadProduct, match=r"no variables at its top .*xarray-eopf"):
        estran.open(tmp_path / "groups.zarr")
    (tmp_path / "damaged.zarr").mkdir()
    (tmp_path / "damaged.zarr" / "zarr.json").write_text("{")
    with pytest.raises(BadProduct, match="cannot be opened"):
        estran.open(tmp_path / "damaged.zarr")


def test_a_platform_that_nobody_states_is_said(foreign):
    got = run(foreign.rename(blue="B02", nir08="B8A").drop_attrs().assign_attrs(crs=32631))
    assert any("does not say its platform" in note for note in got.attrs["notes"])


def test_the_same_band_under_two_names_is_no_mistake(foreign):
    assert "ndvi" in run(foreign.assign(B8A=foreign.nir08))


def test_every_error_is_of_the_house():
    assert all(issubclass(kind, EstranError) for _, kind, _ in WRONG.values())


def test_a_copy_of_our_own_band_is_no_mistake(product):
    from estran.face.to_dataset import dataset_of

    dataset = dataset_of(product)
    lazy = dataset.chunk(32)
    assert "ndvi" in run(dataset.assign(nir08=dataset.B8A))
    assert "ndvi" in run(lazy.assign(nir08=lazy.B8A))
    with pytest.raises(UnsupportedProduct, match="two variables are the same band"):
        run(lazy.assign(nir08=lazy.B8A + 0.01))


def test_too_little_memory_is_a_warning(monkeypatch):
    """Nothing is computed yet, and a part may be all that is wanted; enough memory, or none known, is no word worth."""
    monkeypatch.setattr("estran.face.calling.free_memory", lambda: 1000)
    with pytest.warns(
        UserWarning, match=r"SpectralTests of 80 x 70 pixels needs about \d.* of memory, and 1 kB are free"
    ):
        run(make_foreign())
    for free in (None, 10**12):
        monkeypatch.setattr("estran.face.calling.free_memory", lambda free=free: free)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(make_foreign())
