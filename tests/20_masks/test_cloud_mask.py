"""The whole chain: labelled and unlabelled real images, a small scene of our own, and everything that can go wrong."""

from __future__ import annotations

import threading
import time
import warnings
from dataclasses import replace

import numba
import numpy as np
import pytest

from estran.catalogue.operators.cloud_mask import CLASSES
from estran.errors import BadGeometry, EmptyScene, MissingBand
from estran.masks.cloud import strips
from estran.masks.cloud.cloud_mask import cloud_mask
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.result import classes_of, mask_flags
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.stages import Geometry

MODES = ("default", "strict", "python-fmask")
BANDS = ("blue", "green", "red", "nir08", "swir16", "swir22", "cirrus")
LAND = (0.09, 0.08, 0.07, 0.30, 0.20, 0.12, 0.001)
THICK = (0.55, 0.54, 0.53, 0.55, 0.45, 0.35, 0.004)
GEOMETRY = Geometry(45.0, 180.0, 0.0, 0.0)


def run(bands, geometry=GEOMETRY, mode="default", pixel=(20.0, 20.0), **objects):
    return cloud_mask(
        bands,
        geometry,
        pixel,
        pixel=PixelSettings.for_mode(mode),
        objects=replace(ObjectSettings.for_mode(mode), **objects),
    )


def scene(size: int = 240) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Fields with three clouds 1500 m up under a sun in the south, and their shadows 75 pixels to the north."""
    rng = np.random.default_rng(1)
    cloud, shadow = np.zeros((size, size), bool), np.zeros((size, size), bool)
    for r, c, h, w in ((120, 30, 18, 26), (150, 100, 24, 16), (130, 170, 14, 30)):
        cloud[r : r + h, c : c + w] = True
        shadow[r - 75 : r - 75 + h, c : c + w] = True
    bands = {}
    fields = np.kron(rng.uniform(0.9, 1.1, (size // 12, size // 12)), np.ones((12, 12)))
    for name, ground, top in zip(BANDS, LAND, THICK, strict=True):
        dark = 0.7 if name in ("blue", "green", "red") else 0.4
        value = np.where(cloud, top, ground * fields * np.where(shadow, dark, 1.0)) + 0.002 * rng.standard_normal(
            (size, size)
        )
        bands[name] = value.astype(np.float32)
    return bands, cloud, shadow


def classes(result) -> np.ndarray:
    return classes_of(mask_flags(result.pixels.flags))


def f1(found: np.ndarray, truth: np.ndarray) -> float:
    return 2 * np.count_nonzero(found & truth) / (np.count_nonzero(found) + np.count_nonzero(truth))


@pytest.mark.parametrize("mode", MODES)
def test_clouds_and_shadows_of_a_small_scene(mode):
    bands, cloud, shadow = scene()
    result = run(bands, mode=mode)
    assert f1(result.flags["cloud"], cloud) > 0.97
    # The published search stops at the first good height: a few pixels short.
    assert f1(result.flags["shadow"], shadow) > (0.75 if mode == "strict" else 0.9)
    assert np.nanmedian(result.height) == pytest.approx(1500, abs=120 if mode == "strict" else 25)
    assert set(np.unique(result.height[~np.isnan(result.height)])) <= set(result.height[result.flags["cloud"]])


def test_classes_follow_their_priority():
    bands, _, _ = scene()
    bands["red"][:5] = np.nan
    result = run(bands)
    shown = classes(result)
    assert (shown[:5] == CLASSES["NODATA"].value).all()
    assert (shown[result.flags["cloud"]] == CLASSES["CLOUD"].value).all()
    assert (shown[result.flags["shadow"]] == CLASSES["SHADOW"].value).all()
    assert not (result.flags["buffer"] & (result.flags["cloud"] | result.flags["shadow"])).any()
    assert not any(mask[:5].any() for name, mask in result.flags.items() if name != "nodata")
    assert np.isnan(result.probability[:5]).all()


def test_inputs_stay_as_they_are_and_results_repeat():
    bands, _, _ = scene()
    before = {k: v.copy() for k, v in bands.items()}
    first, second = run(bands), run(bands)
    for name, array in bands.items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(first.pixels.flags, second.pixels.flags)
    np.testing.assert_array_equal(first.height, second.height)


def test_threads_do_not_matter():
    bands, _, _ = scene()
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = run(bands)
    finally:
        numba.set_num_threads(threads)
    all_ = run(bands)
    np.testing.assert_array_equal(one.pixels.flags, all_.pixels.flags)
    np.testing.assert_array_equal(one.height, all_.height)


@pytest.mark.parametrize("rows", [1, 2, 37])
@pytest.mark.parametrize("mode", MODES)
def test_the_height_of_a_strip_does_not_matter(monkeypatch, mode, rows):
    """Strips are cut anywhere: through clouds, snow on a slope, a hole in a band, built-up ground; and one row may be a
    strip.
    """
    bands, cloud, _ = scene()
    rng = np.random.default_rng(2)
    bands["nir"], bands["rededge078"] = (
        bands["nir08"] + 0.02 * cloud * rng.standard_normal(cloud.shape).astype(np.float32) for _ in range(2)
    )
    bands["dem"] = np.tile(np.linspace(0, 3000, cloud.shape[0], dtype=np.float32)[:, None], (1, cloud.shape[1]))
    bands["blue"][50:60, 20:30] = np.nan
    bands["swir16"][180:220:2, 20:60] = 0.5
    for name, value in zip(BANDS, (0.76, 0.78, 0.76, 0.68, 0.08, 0.06, 0.002), strict=True):
        bands[name][200:230, 150:200] = value
    expected = run(bands, mode=mode)
    monkeypatch.setattr(strips, "STRIP", rows * cloud.shape[1])
    found = run(bands, mode=mode)
    np.testing.assert_array_equal(found.pixels.flags, expected.pixels.flags)
    np.testing.assert_array_equal(found.probability, expected.probability)
    np.testing.assert_array_equal(found.height, expected.height)
    assert repr(found.record) == repr(expected.record)


def test_strips_come_in_their_order_from_several_threads(monkeypatch):
    """Whichever is done first; what NumPy shall not say is not said by the threads either, and an error of one is the
    caller's.
    """
    monkeypatch.setattr(strips.numba, "get_num_threads", lambda: 3)
    reader = strips.StripReader.of({"a": np.arange(40, dtype=np.float32).reshape(20, 2)})
    monkeypatch.setattr(strips, "STRIP", 4)

    def work(strip):
        time.sleep(0.02 if strip.first % 4 else 0.0)
        return strip.arrays["a"].sum() / np.zeros(1, np.float32)[0], threading.get_ident()

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        done = list(strips.over_strips(reader.strips(("a",)), work))
    assert [strip.first for strip, _ in done] == list(range(0, 20, 2))
    assert len({thread for _, (_, thread) in done} - {threading.get_ident()}) == 3
    with pytest.raises(ZeroDivisionError):
        list(strips.over_strips(reader.strips(("a",)), lambda strip: 1 // (4 - strip.first)))


def test_wider_buffers_hold_narrower_ones():
    bands, _, _ = scene()
    before = None
    for metres in (0.0, 40.0, 100.0):
        flags = run(bands, cloud_buffer=metres, shadow_buffer=metres).flags
        masked = flags["cloud"] | flags["shadow"] | flags["buffer"]
        assert before is None or (before <= masked).all()
        before = masked


def test_nothing_but_no_data():
    bands = {name: np.full((30, 30), np.nan, np.float32) for name in BANDS}
    with pytest.raises(EmptyScene, match="no pixel of the scene has data"):
        run(bands)


def test_all_cloud():
    bands = {name: np.full((60, 60), value, np.float32) for name, value in zip(BANDS, THICK, strict=True)}
    result = run(bands)
    assert result.flags["cloud"].mean() > 0.95
    assert not result.flags["shadow"].any()
    assert any("no shadow is looked for" in note for note in map(str, result.record.notes))


def test_no_cloud():
    bands = {name: np.full((60, 60), value, np.float32) for name, value in zip(BANDS, LAND, strict=True)}
    result = run(bands)
    assert not result.flags["cloud"].any()
    assert not result.flags["shadow"].any()
    assert np.isnan(result.height).all()


def test_too_few_clear_pixels_in_strict_mode_are_reported():
    bands, cloud, _ = scene()
    with_potential = run(bands, mode="strict")
    assert cloud.sum() > 0
    assert with_potential.record.facts["clear_fraction"] > 0.9
    small = {name: band[100:180, :100] for name, band in bands.items()}
    result = run(small, mode="strict")
    assert any("fewer clear pixels" in note for note in map(str, result.record.notes))
    assert not result.flags["shadow"].any()


@pytest.mark.parametrize("zenith", [89.0, 95.0, np.full((240, 240), 91.0)])
def test_sun_below_the_horizon(zenith):
    bands, _, _ = scene()
    with pytest.raises(BadGeometry, match="below the horizon"):
        run(bands, Geometry(zenith, 180.0))


def test_a_mandatory_band():
    bands, _, _ = scene()
    del bands["swir16"]
    with pytest.raises(MissingBand, match="swir16"):
        run(bands)


@pytest.mark.parametrize("missing", ["swir22", "cirrus"])
def test_optional_bands_are_missed_with_a_note(missing):
    bands, cloud, _ = scene()
    del bands[missing]
    result = run(bands)
    assert any(note.startswith(f"no {missing}:") for note in map(str, result.record.notes))
    assert f1(result.flags["cloud"], cloud) > 0.9


def test_unknown_sun_is_searched_and_reported():
    bands, _, shadow = scene()
    result = run(bands, Geometry(None, None))
    assert f1(result.flags["shadow"], shadow) > 0.85
    assert result.record.facts["displacement_azimuth"] == pytest.approx(180.0, abs=4) or result.record.facts[
        "displacement_azimuth"
    ] == pytest.approx(0.0, abs=4)
    assert result.record.facts["displacement_length"] == pytest.approx(1500.0, abs=60)
    assert any("searched" in note and "heights stay unknown" in note for note in map(str, result.record.notes))
    assert np.isnan(result.height).all()
    known = run(bands, Geometry(45.0, None))
    assert np.nanmedian(known.height) == pytest.approx(1500, abs=60)


def test_facts_count_what_was_found():
    bands, _, _ = scene()
    record = run(bands).record
    facts = record.facts
    assert facts["clouds_matched"] == facts["cloud_objects"] == 3
    assert record.fractions["cloud"] == pytest.approx(facts["cloud_fraction"])


# Real images


def test_labelled_landsat_chip(shared_data):
    """Heavy cumulus with labels (ukis-csmask), six bands, no angles: without buffers, cloud F1 0.86 and shadow F1 0.60
    or more.
    """
    with np.load(shared_data / "ukis_csmask" / "landsat7.npz") as chip:
        image, label = chip["img"], chip["msk"][..., 0]
    bands = {name: np.ascontiguousarray(image[..., i]) for i, name in enumerate(BANDS[:6])}
    for azimuth in (None, 141.0):
        result = run(bands, Geometry(None, azimuth), pixel=(30.0, 30.0))
        assert f1(result.flags["cloud"], label == 4) >= 0.86
        assert f1(result.flags["shadow"], label == 0) >= 0.65
    found = run(bands, Geometry(None, None), pixel=(30.0, 30.0)).record.facts
    # Measured from the label masks by the people who made our copy: 141 degrees, 52.6 pixels.
    assert found["displacement_azimuth"] == pytest.approx(141.0, abs=5)
    assert found["displacement_length"] == pytest.approx(52.6 * 30, abs=120)


@pytest.fixture(scope="module")
def quebec(shared_data) -> dict[str, np.ndarray]:
    """T19UDP, thinned to 160 m: cumulus, cirrus, an estuary, 38 % no-data, no angles."""
    import rasterio

    names = {
        "B02": "blue",
        "B03": "green",
        "B04": "red",
        "B8A": "nir08",
        "B11": "swir16",
        "B12": "swir22",
        "B10": "cirrus",
        "B08": "nir",
        "B07": "rededge078",
    }
    bands = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file, name in names.items():
            with rasterio.open(shared_data / "s2_l1c_T19UDP_160m" / f"{file}.jp2") as source:
                raw = source.read(1)
            bands[name] = np.where(raw == 0, np.float32(np.nan), raw * np.float32(1e-4))
    return bands


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_tile_without_angles(quebec, mode):
    result = run(quebec, Geometry(None, None), mode, pixel=(159.83, 159.83))
    assert result.record.fractions["nodata"] == pytest.approx(0.38, abs=0.02)
    assert 0.2 < result.record.fractions["cloud"] < 0.4
    assert 0.2 < result.record.fractions["water"] < 0.5
    if mode != "python-fmask":
        assert any("do not resolve the parallax" in note for note in map(str, result.record.notes))


def test_compatible_mode_finds_what_python_fmask_found(quebec):
    """python-fmask 0.5.10, run on the same tile without buffers on 2026-11-21: 81065 pixels of cloud; intersection over
    union with ours was 0.9965.
    """
    result = run(quebec, Geometry(35.0, 150.0, 5.0, 100.0), "python-fmask", pixel=(159.83, 159.83))
    assert np.count_nonzero(result.flags["cloud"]) == pytest.approx(81065, rel=0.01)


def test_a_flooded_plain_without_clouds(shared_data):
    """Flood chip, 10 m on a geographic grid, no angles, no cloud in the sky: next to no cloud, and no shadow made up
    for the few bright roofs.
    """
    import rasterio

    names = (
        "coastal",
        "blue",
        "green",
        "red",
        "rededge071",
        "rededge075",
        "rededge078",
        "nir",
        "nir08",
        "nir09",
        "cirrus",
        "swir16",
        "swir22",
    )
    with rasterio.open(shared_data / "sen1floods11_spain" / "Spain_7370579_S2Hand.tif") as source:
        bands = {name: source.read(i).astype(np.float32) * np.float32(1e-4) for i, name in enumerate(names, 1)}
    result = run(bands, Geometry(None, None), pixel=(7.9, 10.0))
    assert result.record.fractions["cloud"] < 0.002
    assert not result.flags["shadow"].any()
    assert any("too little to find where its shadow falls" in note for note in map(str, result.record.notes))


@pytest.mark.parametrize(("date", "cloudy"), [(0, True), (1, True), (2, False), (3, False), (4, False)])
def test_small_chips_of_slovenia(shared_data, date, cloudy):
    """Chips of 101 x 100 pixels, all cloud or all clear: stratus stays, and clear fields are not covered."""
    dates = np.load(shared_data / "eolearn_s2_l1c_13band" / "L1C_13bands_5dates_full.npy")
    names = (
        "coastal",
        "blue",
        "green",
        "red",
        "rededge071",
        "rededge075",
        "rededge078",
        "nir",
        "nir08",
        "nir09",
        "cirrus",
        "swir16",
        "swir22",
    )
    bands = {name: np.ascontiguousarray(dates[date, ..., i]) for i, name in enumerate(names)}
    result = run(bands, Geometry(None, None), pixel=(10.0, 10.0))
    fraction = result.record.fractions["cloud"]
    assert fraction > 0.9 if cloudy else fraction < 0.02


def test_cumulus_over_belgium(shared_data):
    """T31UFS, 10 m, without B10 and B12; places read off the picture: a cumulus, its shadow, a sand-pit lake, fields,
    bright halls.
    """
    import rasterio

    folder = shared_data / "s2_l1c_T31UFS_10m"

    def read(name: str) -> np.ndarray:
        with rasterio.open(folder / f"ref_input_S2_{name}.tif") as source:
            return source.read(1).astype(np.float32)

    files = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B8A": "nir08", "B09": "nir09", "B11": "swir16"}
    bands = {name: read(file) * np.float32(1e-4) for file, name in files.items()}
    angles = [read(name) for name in ("sunZenithAngles", "sunAzimuthAngles", "viewZenithMean", "viewAzimuthMean")]
    result = run(bands, Geometry(*angles), pixel=(10.0, 10.0))
    assert 0.1 < result.record.fractions["cloud"] < 0.3

    shown = classes(result)

    def at(row: int, col: int) -> np.ndarray:
        return shown[row - 10 : row + 10, col - 10 : col + 10]

    assert (at(440, 150) == 5).mean() > 0.95
    assert (at(270, 110) == 3).mean() > 0.95
    assert (at(770, 180) == 1).mean() > 0.95
    assert (at(640, 60) == 0).all()
    assert (at(690, 290) == 5).mean() < 0.05


def test_a_cloud_shadow_that_falls_across_relief_shadow_keeps_its_match():
    """Half of each true shadow lies in the dark anyway: what is left of it is found, at the right height, and nothing
    is said of the rest (CM-46).
    """
    bands, cloud, shadow = scene()
    relief = np.zeros_like(cloud)
    relief[:, 40:110] = True
    for name in BANDS[:6]:
        bands[name][relief & ~cloud] = 0.015
    settings = {"pixel": PixelSettings.for_mode("default"), "objects": ObjectSettings.for_mode("default")}
    told = cloud_mask(bands, GEOMETRY, (20.0, 20.0), relief_shadow=relief, **settings)
    assert not (told.flags["shadow"] & relief).any()
    assert f1(told.flags["shadow"], shadow & ~relief) > 0.9
    assert np.nanmedian(told.height) == pytest.approx(1500, abs=25)


def test_glint_is_water_and_no_cloud():
    """A bright white patch of sea without a shadow; the true clouds stay (CM-47)."""
    bands, cloud, _ = scene()
    glint = np.zeros_like(cloud)
    glint[10:40, 190:230] = True
    for name, value in zip(BANDS, (0.30, 0.30, 0.30, 0.30, 0.28, 0.25, 0.001), strict=True):
        bands[name][glint] = value
    settings = {"pixel": PixelSettings.for_mode("default"), "objects": ObjectSettings.for_mode("default")}
    blind, told = (cloud_mask(bands, GEOMETRY, (20.0, 20.0), glint=known, **settings) for known in (None, glint))
    assert blind.flags["cloud"][glint].mean() > 0.5
    assert not (told.flags["cloud"] | told.flags["potential_cloud"])[glint].any()
    assert told.flags["water"][glint].all()
    assert f1(told.flags["cloud"], cloud) > 0.97
