"""Landscapes: fractions of sea and land against what was asked, terrain as of mountains, and covers pixel by pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from estran.scenes.cover import Fields, cover, fraction_of
from estran.scenes.landscape import SAND, SETTINGS, SNOW, WATER, Landscape, landscape
from estran.scenes.spectra import CODE, NAMES

SIZE = 160
KINDS = list(SETTINGS)


@pytest.fixture(scope="module")
def made() -> dict[str, Landscape]:
    return {kind: landscape(3, SIZE, kind) for kind in KINDS}


def pixels(land: Landscape, codes: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Fraction of a set of materials in each 20 m pixel, by sums over booleans."""
    mix = land.mix / 255.0
    fine = np.isin(land.first, codes) * (1.0 - mix) + np.isin(land.second, codes) * mix
    return np.asarray(fine.reshape(land.water.shape[0], 2, -1, 2).mean((1, 3)))


# --- what a landscape says of itself


@pytest.mark.parametrize("kind", KINDS)
def test_masks_are_the_majority_of_the_materials(made: dict[str, Landscape], kind: str) -> None:
    land = made[kind]
    for mask, codes in ((land.water, WATER), (land.beach, SAND), (land.snow, SNOW)):
        amount = pixels(land, codes)
        undecided = np.abs(amount - 0.5) < 1e-5
        np.testing.assert_array_equal((mask == 1)[~undecided], (amount >= 0.5)[~undecided])
    assert not (land.city & (land.water | land.beach | land.snow)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_of_the_kinds_that_kernels_take(made: dict[str, Landscape], kind: str) -> None:
    land = made[kind]
    for name in ("first", "second", "mix"):
        values = getattr(land, name)
        assert (values.shape, values.dtype) == ((2 * SIZE, 2 * SIZE), np.uint8)
        assert values.flags.c_contiguous
    assert max(land.first.max(), land.second.max()) < len(NAMES)
    assert land.tone.dtype == np.float32
    assert land.tone.min() >= np.float32(0.4)
    assert land.tone.max() <= np.float32(1.6)
    assert np.isfinite(land.elevation).all()
    for name in ("water", "beach", "city", "snow"):
        assert set(np.unique(getattr(land, name))) <= {0, 1}


def test_a_seed_is_a_landscape() -> None:
    one, again, other = (landscape(seed, 96, "coast") for seed in (5, 5, 6))
    for name in ("elevation", "first", "second", "mix", "tone"):
        np.testing.assert_array_equal(getattr(one, name), getattr(again, name))
        assert (getattr(one, name) != getattr(other, name)).any()


def test_a_small_landscape_is_cut_from_one_of_64() -> None:
    small, least = landscape(2, 20, "mountain"), landscape(2, 64, "mountain")
    np.testing.assert_array_equal(small.elevation, least.elevation[:20, :20])
    np.testing.assert_array_equal(small.first, least.first[:40, :40])
    np.testing.assert_array_equal(small.snow, least.snow[:20, :20])


# --- sea and shore


@pytest.mark.parametrize("kind", ["coast", "snow", "ocean", "city"])
def test_the_sea_is_as_large_as_asked(kind: str) -> None:
    """Salt water alone, lakes and rivers aside: within 3 % of the scene over six seeds, for the shore is drawn with a
    texture of its own.
    """
    salt = tuple(CODE[name] for name in ("deep_water", "turbid_water", "shallow_sand", "foam"))
    found = []
    for seed in range(6):
        land = landscape(seed, 96, kind)
        fresh = np.isin(land.first, [CODE["lake_water"]])
        found.append((np.isin(land.first, salt) & ~fresh).mean())
    assert np.mean(found) == pytest.approx(SETTINGS[kind].sea, abs=0.03)


def test_the_sea_is_flat_and_the_land_above_it(made: dict[str, Landscape]) -> None:
    for kind in ("coast", "ocean"):
        land = made[kind]
        deep = ndimage.binary_erosion(pixels(land, (CODE["deep_water"],)) > 0.9, iterations=3)
        assert deep.any()
        assert (land.elevation[deep] == 0.0).all()
        # Rivers and lakes lie below 140 m.
        assert not land.water[land.elevation > 140.0].any()
    assert made["mountain"].elevation.min() > 0.0


def test_sand_lies_along_the_shore(made: dict[str, Landscape]) -> None:
    """No beach is farther from the sea than the widest one, 75 m times the field of sand, and the texture."""
    land = made["coast"]
    sea = ndimage.binary_opening(pixels(land, WATER) > 0.5, iterations=2)
    away = ndimage.distance_transform_edt(~sea) * 20.0
    assert land.beach.any()
    assert away[land.beach == 1].max() < 450.0
    assert (land.elevation[land.beach == 1] < 80.0).mean() > 0.98


def test_the_open_sea_is_clearer_than_the_coast(made: dict[str, Landscape]) -> None:
    """Mud falls off from the shore with 1500 m."""
    land = made["ocean"]
    turbid = np.where(land.second == CODE["turbid_water"], land.mix, 0)[::2, ::2] / 255.0
    sea = land.water == 1
    away = ndimage.distance_transform_edt(sea) * 20.0
    near, far = (turbid[sea & (away > low) & (away < high)].mean() for low, high in ((100, 400), (1500, 2600)))
    assert far < 0.6 * near


# --- terrain


def slopes(elevation: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    dy, dx = np.gradient(elevation.astype(float), 20.0)
    return np.hypot(dy, dx)


@pytest.mark.parametrize("seed", range(4))
def test_mountains_are_as_steep_as_the_alps(seed: int) -> None:
    """The median slope above 250 m is that of 29 degrees, and nine tenths of the ground are no walls."""
    land = landscape(seed, 192, "mountain")
    steep = slopes(land.elevation)
    high = land.elevation > 250.0
    assert high.any()
    assert np.median(steep[high]) == pytest.approx(np.tan(np.radians(29.0)), abs=0.03)
    assert np.quantile(steep, 0.9) < 1.5


def test_summits_follow_the_setting() -> None:
    """A scene of n pixels holds mountains of 0.13 n pixels at most; a lowland stays low."""
    heights = {kind: [landscape(s, 128, kind).elevation.max() for s in range(4)] for kind in ("mountain", "city")}
    assert max(heights["mountain"]) < 0.13 * 128 * 20.0 + 120.0
    assert np.mean(heights["mountain"]) > 1.3 * np.mean(heights["city"])


def test_snow_lies_high_and_not_on_walls(made: dict[str, Landscape]) -> None:
    land = made["mountain"]
    steep = slopes(land.elevation)
    snow, bare = land.snow == 1, (land.snow == 0) & (land.water == 0)
    assert snow.any()
    assert land.elevation[snow].mean() > land.elevation[bare].mean() + 100.0
    top = land.elevation > np.quantile(land.elevation[snow], 0.5)
    walls, gentle = top & (steep > 1.3), top & (steep < 0.5)
    if walls.sum() > 20 and gentle.sum() > 20:
        assert land.snow[walls].mean() < land.snow[gentle].mean()
    assert not made["city"].snow.any()


def test_trees_end_below_rock(made: dict[str, Landscape]) -> None:
    land = made["mountain"]
    of = {name: pixels(land, (CODE[name],)) > 0.5 for name in ("broadleaf", "conifer", "rock_grey")}
    height = {name: float(np.median(land.elevation[mask])) for name, mask in of.items() if mask.sum() > 10}
    assert height["broadleaf"] < height["rock_grey"]
    if "conifer" in height:
        assert height["broadleaf"] < height["conifer"]


def test_towns_are_on_low_flat_land(made: dict[str, Landscape]) -> None:
    land = made["city"]
    assert 0.05 < land.city.mean() < 0.6
    assert land.elevation[land.city == 1].max() < 200.0
    built = tuple(CODE[name] for name in ("asphalt", "concrete", "roof_tile", "roof_bright", "roof_dark"))
    assert pixels(land, built)[land.city == 1].mean() > 0.5 > pixels(land, built)[land.city == 0].mean()


# --- fractions of materials


@settings(max_examples=40)
@given(
    st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 6), st.lists(st.integers(0, 23), min_size=1, unique=True)
)
def test_fractions_by_another_sum(seed: int, rows: int, cols: int, codes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, 24, (2 * rows, 2 * cols)).astype(np.uint8) for _ in range(2))
    mix = rng.integers(0, 256, first.shape).astype(np.uint8)
    found = fraction_of(first, second, mix, np.array(codes, np.uint8))
    m = mix / 255.0
    fine = np.isin(first, codes) * (1 - m) + np.isin(second, codes) * m
    np.testing.assert_allclose(found, fine.reshape(rows, 2, cols, 2).mean((1, 3)), atol=1e-6)


def test_all_materials_together_are_everything(made: dict[str, Landscape]) -> None:
    land = made["coast"]
    every = np.arange(len(NAMES), dtype=np.uint8)
    np.testing.assert_allclose(fraction_of(land.first, land.second, land.mix, every), 1.0, atol=1e-6)
    parts = sum(fraction_of(land.first, land.second, land.mix, every[k : k + 1]) for k in range(len(NAMES)))
    np.testing.assert_allclose(parts, 1.0, atol=1e-5)


# --- the rules of the cover, one place at a time


def covered(**fields: float) -> tuple[str, str, float]:
    """Materials and fraction of the second in the middle of an even landscape without texture."""
    size = 8
    values = {
        "coast": 5000.0, "elevation": 50.0, "slope": 0.02, "river": 1e4, "lake": -1.0, "towns": -5.0, "woods": -5.0,
        "sandy": -1.0, "snow": -5.0, "hollow": 0.0,
    } | fields  # fmt: skip
    even = Fields(**{name: np.full((size, size), value, np.float32) for name, value in values.items()})
    flat = np.zeros((16, 16), np.float32)
    first, second, mix = (np.zeros((2 * size, 2 * size), np.uint8) for _ in range(3))
    tone = np.zeros((2 * size, 2 * size), np.float32)
    cover(1, 1750.0, even, flat, flat, first, second, mix, tone)
    return NAMES[first[8, 8]], NAMES[second[8, 8]], float(mix[8, 8]) / 255.0


@pytest.mark.parametrize(
    ("fields", "first", "second"),
    [
        ({"coast": -8000.0}, "deep_water", "turbid_water"),
        ({"coast": -200.0, "sandy": 1.0}, "deep_water", "shallow_sand"),
        ({"coast": -10.0, "sandy": 1.0}, "shallow_sand", "foam"),
        ({"river": 5.0}, "lake_water", "turbid_water"),
        ({"lake": 0.3}, "lake_water", "turbid_water"),
        ({"coast": 5.0, "sandy": 1.0}, "sand_wet", "sand_dry"),
        ({"coast": 50.0, "sandy": 1.0}, "sand_dry", "sand_white"),
        ({"coast": 100.0, "sandy": 1.0}, "sand_dry", "grass"),
        ({"slope": 1.5, "elevation": 900.0}, "rock_grey", "rock_lime"),
        ({"elevation": 2600.0}, "rock_grey", "rock_lime"),
        ({"elevation": 1900.0}, "grass", "rock_grey"),
        ({"woods": 1.0}, "broadleaf", "conifer"),
        ({"slope": 0.5, "elevation": 150.0}, "broadleaf", "conifer"),
        ({"elevation": 300.0}, "grass", "stubble"),
        ({"elevation": 2600.0, "snow": 2.0}, "snow_fresh", "snow_old"),
        ({"woods": 1.0, "snow": 2.0}, "conifer", "snow_fresh"),
    ],
)
def test_each_place_has_the_cover_of_its_kind(fields: dict[str, float], first: str, second: str) -> None:
    assert covered(**fields)[:2] == (first, second)


def test_mud_and_light_fade_with_depth() -> None:
    """Off a rocky coast: 0.30 of mud at the shore, falling with 1500 m; over sand the bottom is seen to 160 m off."""
    mud = [covered(coast=-d)[2] for d in (100.0, 1000.0, 3000.0)]
    np.testing.assert_allclose(mud, [0.30 * np.exp(-d / 1500.0) for d in (100.0, 1000.0, 3000.0)], atol=0.003)
    bottom = [covered(coast=-d, sandy=1.0) for d in (100.0, 180.0)]
    assert all(second == "shallow_sand" for _, second, _ in bottom)
    np.testing.assert_allclose([part for *_, part in bottom], np.exp([-100 / 160, -180 / 160]), atol=0.003)


def test_higher_woods_have_more_needles() -> None:
    amounts = [covered(woods=1.0, elevation=h)[2] for h in (200.0, 700.0, 1000.0, 1300.0)]
    assert amounts == sorted(amounts)
    assert amounts[0] == 0.0
    assert amounts[-1] == 1.0


def test_thin_snow_covers_in_part() -> None:
    """From nothing to all over 0.7 of the inclination."""
    for snow in (0.1, 0.35, 0.6):
        _, second, part = covered(elevation=300.0, snow=snow)
        assert second == "snow_fresh"
        assert part == pytest.approx(snow / 0.7, abs=0.003)


def test_water_does_not_freeze() -> None:
    assert covered(river=5.0, snow=3.0)[0] == "lake_water"
    assert covered(lake=0.5, snow=3.0)[0] == "lake_water"


def test_towns_keep_off_the_shore_and_the_slopes() -> None:
    built = {"asphalt", "concrete", "roof_tile", "roof_bright", "roof_dark"}
    for fields in ({"slope": 0.2}, {"elevation": 210.0}, {"coast": 40.0}):
        assert covered(towns=0.8, **fields)[0] not in built
