"""What a simulated acquisition writes: counts of the instrument, noise, saturation, angle grids, times, and the limits
of what may be asked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.errors import BadGeometry
from estran.physics.geometry import earth_sun_distance, slope_vector, sun_position
from estran.raster.grid import Grid
from estran.scenes.angles import FIRST_DETECTOR, footprint, sun_grid, view_grids
from estran.scenes.atmosphere import LEVELS, Air, atmosphere, pressure
from estran.scenes.instrument import BANDS, DETECTOR_WIDTH, FLIGHT_AZIMUTH, radiometry, sun_rays, view_rays
from estran.scenes.simulate import CORNER, SceneConfig, SimulatedScene, simulate

SIZE = 64
CONFIG = SceneConfig(seed=8, size=SIZE, kind="coast", sza=35.0, saa=150.0, vza=5.0, vaa=104.0)


@pytest.fixture(scope="module")
def clean() -> SimulatedScene:
    return simulate(replace(CONFIG, noise=False))


@pytest.fixture(scope="module")
def noisy() -> SimulatedScene:
    return simulate(CONFIG)


@pytest.fixture(scope="module")
def snowy() -> SimulatedScene:
    """A high Sun over snow and the bright faces of tall clouds."""
    return simulate(replace(CONFIG, kind="snow", sza=20.0, clouds=0.5, thickness=900.0, noise=False))


@pytest.fixture(scope="module")
def drawn() -> SimulatedScene:
    """As the clean scene, but angles are drawn and the wind is asked for."""
    return simulate(replace(CONFIG, sza=None, saa=None, vza=None, vaa=None, wind=3.0, noise=False))


# --- counts


def test_numbers_are_steps_of_a_counter_of_12_bits(clean: SimulatedScene) -> None:
    """Every number is a whole number of steps, rounded to 1e-4 of reflectance."""
    scale = radiometry("Sentinel-2A", np.cos(np.radians(35.0)), clean.distance)
    for k, name in enumerate(BANDS):
        numbers = clean.bands[name]
        valid = numbers[(numbers > 1) & (numbers < 65535)].astype(float)
        steps = valid / 1e4 / scale.step[k]
        assert np.abs(steps - np.round(steps)).max() * scale.step[k] <= 0.51e-4, name
        assert valid.max() / 1e4 < scale.full[k] + 1e-4


def test_noise_is_that_of_the_radiometry(clean: SimulatedScene, noisy: SimulatedScene) -> None:
    """The same scene with and without: the variance of the difference is the model's at the signal, and that of
    rounding to steps twice, within 15 % in bands whose noise is well above a step.
    """
    scale = radiometry("Sentinel-2A", np.cos(np.radians(35.0)), clean.distance)
    for k, name in enumerate(BANDS):
        a, b = clean.bands[name].astype(float), noisy.bands[name].astype(float)
        good = (a > 50) & (a < 60000) & (b < 60000)
        if good.sum() < 2000:
            continue
        model = scale.signal_free[k] + scale.per_signal[k] * a[good].mean() / 1e4
        rounding = 2.0 * scale.step[k] ** 2 / 12.0
        found = ((b - a)[good] / 1e4).var()
        assert found == pytest.approx(model + rounding, rel=0.2), name
        assert abs((b - a)[good].mean() / 1e4) < 5.0 * np.sqrt(found / good.sum()) + 1e-5


def test_truth_does_not_know_of_noise(clean: SimulatedScene, noisy: SimulatedScene) -> None:
    for name, layer in clean.truth.items():
        np.testing.assert_array_equal(layer, noisy.truth[name])


def test_bright_scenes_fill_the_counter(snowy: SimulatedScene) -> None:
    """B8, which is full at the lowest reflectance, reaches 65535 on the faces of clouds; whatever is below 65535 is
    below the limit.
    """
    full = radiometry("Sentinel-2A", np.cos(np.radians(20.0)), snowy.distance).full
    saturated = {name: (snowy.bands[name] == 65535).mean() for name in BANDS}
    assert 0.0 < saturated["B8"] < 0.1
    assert max(saturated, key=saturated.__getitem__) == "B8"
    for k, name in enumerate(BANDS):
        below = snowy.bands[name][snowy.bands[name] < 65535]
        assert below.max() / 1e4 <= full[k] + 1e-4


def test_no_number_is_zero_inside_the_swath(noisy: SimulatedScene) -> None:
    """Zero means no data; the darkest pixel is 1."""
    for name in BANDS:
        assert noisy.bands[name].min() >= 1
    assert not noisy.truth["nodata"].any()


def test_no_data_is_where_a_band_is_missing() -> None:
    made = simulate(replace(CONFIG, swath_edge=True, noise=False, size=96))
    missing = np.zeros((96, 96), bool)
    for name in ("B2", "B8", "B8A", "B11", "B12"):
        numbers = made.bands[name]
        factor = numbers.shape[0] // 96
        missing |= (numbers.reshape(96, factor, 96, factor) == 0).any((1, 3))
    np.testing.assert_array_equal(made.truth["nodata"] == 1, missing)
    assert missing.any()
    assert not missing.all()


# --- place and time


def test_grids_share_one_corner(clean: SimulatedScene) -> None:
    for pixel, grid in clean.grids.items():
        assert (grid.transform.c, grid.transform.f) == CORNER
        assert (grid.transform.a, grid.transform.e) == (pixel, -pixel)
        assert grid.width * pixel >= SIZE * 20 > (grid.width - 1) * pixel


def test_the_sun_is_where_it_is_at_that_time(drawn: SimulatedScene) -> None:
    assert drawn.time.tzinfo is UTC
    assert datetime(2019, 2, 14, tzinfo=UTC) <= drawn.time < datetime(2019, 11, 18, tzinfo=UTC)
    lon, lat = drawn.grids[20].lonlat(SIZE / 2, SIZE / 2)
    zenith, azimuth = sun_position(drawn.time, lon, lat)
    assert drawn.sun_zenith == pytest.approx(float(zenith))
    assert drawn.sun_azimuth == pytest.approx(float(azimuth))
    assert drawn.distance == earth_sun_distance(drawn.time)


def test_views_are_drawn_across_the_swath(drawn: SimulatedScene) -> None:
    """Within 9.65 degrees of the nadir, to the left or to the right of the flight."""
    assert drawn.view_zenith <= np.degrees(np.arctan(0.17))
    assert drawn.view_azimuth in ((FLIGHT_AZIMUTH + 90.0) % 360.0, (FLIGHT_AZIMUTH - 90.0) % 360.0)


def test_what_is_not_asked_is_drawn_alike(clean: SimulatedScene, drawn: SimulatedScene) -> None:
    """Values that are asked for leave the others as they were drawn: streams do not shift."""
    assert drawn.facts["wind [m/s]"] == 3.0 != clean.facts["wind [m/s]"]
    for name in ("aerosol optical depth at 550 nm", "water vapour [g/cm2]", "ozone [DU]", "wind from [degrees]"):
        assert drawn.facts[name] == clean.facts[name]
    assert drawn.time == clean.time
    np.testing.assert_array_equal(drawn.truth["dem"], clean.truth["dem"])
    np.testing.assert_array_equal(drawn.truth["snow"], clean.truth["snow"])


def test_cold_air_is_dry_and_clean(clean: SimulatedScene, snowy: SimulatedScene) -> None:
    for name in ("water vapour [g/cm2]", "aerosol optical depth at 550 nm"):
        assert snowy.facts[name] == pytest.approx(0.35 * clean.facts[name], rel=1e-12)
    assert (snowy.facts["aerosol"], clean.facts["aerosol"]) == ("continental", "coastal")


@pytest.mark.parametrize("sza", [85.0, 90.0, 120.0])
def test_a_sun_that_is_too_low_gets_a_sentence(sza: float) -> None:
    with pytest.raises(BadGeometry, match=rf"below 85 degrees.*{sza}.*--sza"):
        simulate(replace(CONFIG, sza=sza))


def test_clouds_as_asked_and_none_if_none() -> None:
    clear = simulate(replace(CONFIG, clouds=0.0, stratus=0.0, cirrus=0.0, noise=False))
    for name in ("cloud", "cirrus", "shadow", "cloud_id"):
        assert not clear.truth[name].any()
    assert np.isnan(clear.truth["cloud_height"]).all()
    assert clear.facts["cloud objects"] == 0
    high = simulate(replace(CONFIG, clouds=0.3, stratus=0.0, cirrus=0.0, base=1800.0, noise=False)).truth
    heights = high["cloud_height"][high["cloud"] == 1]
    assert np.quantile(heights, 0.25) > 1500.0


# --- angles in the product


GRID = Grid(700, 700, Affine(20, 0, 0, 0, -20, 0), "EPSG:32631")


@settings(max_examples=25)
@given(st.floats(5.0, 70.0), st.floats(0.0, 359.0), st.floats(-2.0, 2.0))
def test_sun_grid_at_the_centre_is_the_sun(zenith: float, azimuth: float, convergence: float) -> None:
    """Rays are built from grid north; the product says true north: convergence is put back."""
    size = 500
    found = sun_grid(sun_rays(zenith, azimuth - convergence, (5000.0, 5000.0)), size, convergence)
    assert found.zenith.shape == (3, 3)
    assert float(found.zenith[1, 1]) == pytest.approx(zenith, abs=1e-3)
    assert (float(found.azimuth[1, 1]) - azimuth + 180.0) % 360.0 == pytest.approx(180.0, abs=1e-2)
    assert ((found.azimuth >= 0.0) & (found.azimuth < 360.0001)).all()


def test_sun_grid_tilts_as_the_earth_is_round() -> None:
    """5 km are 0.045 degrees of the Earth: towards the Sun its zenith is that much smaller."""
    found = sun_grid(sun_rays(40.0, 180.0, (5000.0, 5000.0)), 500, 0.0)
    step = np.degrees(5000.0 / 6371e3)
    np.testing.assert_allclose(np.diff(found.zenith[:, 1]), -step, rtol=1e-2)


def test_footprints_are_where_the_rays_say() -> None:
    rays = view_rays("B4", (0.02, 0.0), (7000.0, 7000.0), FLIGHT_AZIMUTH, 500.0)
    numbers = footprint(GRID, rays, 20.0)
    assert set(np.unique(numbers)) == {FIRST_DETECTOR - 1, FIRST_DETECTOR}
    for row, col in ((0, 0), (350, 300), (350, 420), (699, 699)):
        assert numbers[row, col] == FIRST_DETECTOR + int(rays.detector((col + 0.5) * 20.0, (row + 0.5) * 20.0))
    # Detectors are numbered eastwards.
    assert numbers[350, 0] < numbers[350, 699]


@pytest.mark.parametrize("band", ["B2", "B9"])
def test_view_grids_are_the_rays_of_their_detector(band: str) -> None:
    views = {band: view_rays(band, (0.1, 0.02), (7000.0, 7000.0), FLIGHT_AZIMUTH, 0.0)}
    numbers = footprint(GRID, views[band], 20.0)
    grids = view_grids(views, numbers, 700, 0.0)
    assert {detector for _, detector in grids} == set(np.unique(numbers).tolist())
    for (_, detector), grid in grids.items():
        rows, cols = np.nonzero(np.isfinite(grid.zenith))
        assert rows.size
        for i, j in zip(rows, cols, strict=True):
            x, y = j * 5000.0, i * 5000.0
            if int(views[band].detector(x, y)) == detector - FIRST_DETECTOR:
                east, south = (float(v) for v in views[band].at(x, y))
                e, n = slope_vector(float(grid.zenith[i, j]), float(grid.azimuth[i, j]))
                np.testing.assert_allclose([float(e), -float(n)], [east, south], atol=2e-6)


def test_view_grids_end_beyond_their_detector() -> None:
    """1.5 km past its edge a detector sees nothing; a scene of several detectors."""
    views = {"B4": view_rays("B4", (0.0, 0.0), (50e3, 50e3), 180.0, -0.5 * DETECTOR_WIDTH)}
    wide = Grid(5000, 5, Affine(20, 0, 0, 0, -20, 0), "EPSG:32631")
    grids = view_grids(views, footprint(wide, views["B4"], 20.0), 5000, 0.0)
    assert len(grids) >= 4
    for (_, detector), grid in grids.items():
        seen = np.flatnonzero(np.isfinite(grid.zenith[0])) * 5000.0
        left = 50e3 + views["B4"].width * (detector - FIRST_DETECTOR) - 0.5 * DETECTOR_WIDTH
        assert seen.min() >= left - 1500.0 - 1e-6
        assert seen.max() <= left + DETECTOR_WIDTH + 1500.0 + 1e-6


# --- air


@given(st.floats(0.0, 20000.0))
def test_pressure_is_hydrostatic(altitude: float) -> None:
    """dp/dz = -g p / (R T) of the standard atmosphere: 288.15 K, 6.5 K/km, 216.65 K from 11 km on."""
    step = 5.0
    temperature = max(288.15 - 0.0065 * (altitude + step / 2), 216.65)
    p = pressure([altitude, altitude + step])
    if abs(altitude - 11000.0) > 2 * step:
        assert np.log(p[1] / p[0]) / step == pytest.approx(-9.80665 / (287.053 * temperature), rel=2e-3)


def test_air_is_energy() -> None:
    """Nothing is above 1, the air sends back and lets through no more than there is, and the direct part is a part."""
    made = atmosphere("Sentinel-2B", 0.8, 1.0, 0.0, Air(0.05, 1.0))
    assert made.tables(2).shape == (6, LEVELS.size)
    for name in ("path", "through", "diffuse", "straight", "bounce", "sharp"):
        values = getattr(made, name)
        assert ((values >= 0.0) & (values <= 1.0)).all(), name
    assert (made.straight <= made.through * (1.0 + 1e-5)).all()
    assert (made.mirrored > 0.0).all()
    # What the top sends back and the ground takes in: less than the Sun's light in every band.
    assert (made.path + made.through < 1.0 + 1e-3).all()


def test_more_aerosol_and_vapour_take_more_light() -> None:
    few, many = (atmosphere("Sentinel-2B", 0.8, 1.0, 0.0, Air(a, v)) for a, v in ((0.05, 1.0), (0.4, 3.0)))
    assert (many.through[:, 0] < few.through[:, 0]).all()
    blue, vapour = BANDS.index("B2"), BANDS.index("B9")
    assert many.path[blue, 0] > few.path[blue, 0]
    assert many.through[vapour, 0] < 0.75 * few.through[vapour, 0]
    assert (many.diffuse[:, 0] > few.diffuse[:, 0]).all()
    # High above both there is the same air.
    np.testing.assert_allclose(many.through[blue, -1], few.through[blue, -1], rtol=2e-3)
