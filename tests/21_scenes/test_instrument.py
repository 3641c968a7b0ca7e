"""The instrument of the simulator: spectra of what it sees, noise and counts by its requirements, and rays by geometry
on a sphere.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.scenes.instrument import (
    BANDS,
    DETECTOR_WIDTH,
    FLIGHT_AZIMUTH,
    HALF_STAGGER,
    LAG_TO_SLOPE,
    MAXIMUM_RADIANCE,
    ORBIT_HEIGHT,
    REFERENCE_RADIANCE,
    SNR_AT_REFERENCE,
    SOLAR_IRRADIANCE,
    TIME_LAG,
    radiometry,
    sun_rays,
    view_rays,
)
from estran.scenes.spectra import CODE, ICE_CLOUD, LIQUID_CLOUD, NAMES, SURFACES, table
from estran.sensors.bands import SENTINEL2

PLATFORMS = sorted(SOLAR_IRRADIANCE)
WAVELENGTH = np.array([band.wavelength for band in SENTINEL2])
EARTH = 6371e3

cosines, distances = st.floats(0.05, 1.0), st.floats(0.983, 1.017)


def reflectance_of(radiance: float, platform: str, band: int, cos_sun: float, distance: float) -> float:
    """By the definition, from Sun to plate: irradiance over the distance squared, times the cosine, over pi."""
    irradiance = SOLAR_IRRADIANCE[platform][band] / distance**2
    return radiance / (irradiance * cos_sun / np.pi)


# --- radiometry


@given(st.sampled_from(PLATFORMS), cosines, distances)
def test_signal_to_noise_at_the_reference_is_the_required_one(platform: str, cos_sun: float, distance: float) -> None:
    """Variance at the reference radiance of Drusch et al. (2012) gives their ratio, in every band, under any Sun."""
    found = radiometry(platform, cos_sun, distance)
    for k, (radiance, required) in enumerate(zip(REFERENCE_RADIANCE, SNR_AT_REFERENCE, strict=True)):
        signal = reflectance_of(radiance, platform, k, cos_sun, distance)
        variance = found.signal_free[k] + found.per_signal[k] * signal
        assert signal / np.sqrt(variance) == pytest.approx(required, rel=1e-9)
        assert found.signal_free[k] == pytest.approx(variance / 3.0, rel=1e-9)


@given(st.sampled_from(PLATFORMS), cosines, distances)
def test_the_counter_has_4095_steps_to_the_largest_radiance(platform: str, cos_sun: float, distance: float) -> None:
    found = radiometry(platform, cos_sun, distance)
    for k, radiance in enumerate(MAXIMUM_RADIANCE):
        assert found.full[k] == pytest.approx(reflectance_of(radiance, platform, k, cos_sun, distance), rel=1e-9)
    np.testing.assert_allclose(found.full / found.step, 4095.0, rtol=1e-12)


def test_a_low_sun_is_noisier() -> None:
    """The same reflectance is less radiance: the noise of dark targets goes with 1 / cosine, that of photons with its
    root.
    """
    high, low = (radiometry("Sentinel-2A", c, 1.0) for c in (1.0, 0.25))
    np.testing.assert_allclose(np.sqrt(low.signal_free / high.signal_free), 4.0)
    np.testing.assert_allclose(np.sqrt(low.per_signal / high.per_signal), 2.0)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_irradiances_are_those_of_the_sun(platform: str) -> None:
    """Planck's law at 5772 K over the Sun's disc (radius 696 340 km at 1 au) within 25 %: lines dim the blue, the
    continuum of the infrared comes from deeper, hotter layers.
    """
    metres = WAVELENGTH * 1e-9
    planck = 2 * 6.62607015e-34 * 299792458.0**2 / metres**5 / np.expm1(0.0143877688 / (metres * 5772.0))
    expected = np.pi * planck * (696.34e6 / 1.495978707e11) ** 2 * 1e-6
    np.testing.assert_allclose(SOLAR_IRRADIANCE[platform], expected, rtol=0.25)


def test_satellites_are_alike() -> None:
    """Bands of the three differ by a few nanometres, so their irradiances by 4 % at most, B12 of 2B among them."""
    values = np.array([SOLAR_IRRADIANCE[p] for p in PLATFORMS])
    assert (np.abs(values / values.mean(axis=0) - 1.0) < 0.04).all()


def test_requirements_are_in_order() -> None:
    """Every band saturates above its reference, and at a reflectance above that of white ground under a high Sun."""
    assert (np.array(MAXIMUM_RADIANCE) > 2.0 * np.array(REFERENCE_RADIANCE)).all()
    full = radiometry("Sentinel-2A", 1.0, 1.0).full
    visible = [k for k, band in enumerate(SENTINEL2) if band.name != "B10"]
    assert (full[visible] > 0.88).all()


# --- lags and rays


def test_lags_are_those_of_the_focal_plane() -> None:
    """B2 first, B9 last, 2.586 s apart; every band has one, and none is seen at the moment of another."""
    assert set(TIME_LAG) == set(BANDS)
    assert min(TIME_LAG, key=TIME_LAG.__getitem__) == "B2"
    assert max(TIME_LAG, key=TIME_LAG.__getitem__) == "B9"
    lags = np.sort(list(TIME_LAG.values()))
    assert (np.diff(lags) > 0.01).all()
    # Speed over the orbit's height: circular orbit about the Earth's mass, as seen from the ground below.
    orbit = EARTH + ORBIT_HEIGHT
    speed = np.sqrt(3.986004418e14 / orbit)
    assert speed / ORBIT_HEIGHT == pytest.approx(LAG_TO_SLOPE, rel=0.01)


@pytest.mark.parametrize("band", ["B2", "B8", "B12"])
@pytest.mark.parametrize("flight", [FLIGHT_AZIMUTH, 166.0, 350.0])
def test_stagger_is_along_the_track(band: str, flight: float) -> None:
    """Two sides of a seam look ahead and back by the stagger and the lag, along the flight; nothing across."""
    rays = view_rays(band, (0.05, -0.02), (5000.0, 5000.0), flight, 0.0)
    a = np.radians(flight)
    along, across = np.array([np.sin(a), -np.cos(a)]), np.array([-np.cos(a), -np.sin(a)])
    place = np.array([5000.0, 5000.0])
    left, right = (np.array([float(v) for v in rays.at(*(place + d * across))]) for d in (-0.5, 0.5))
    apart = right - left
    expected = 2.0 * (HALF_STAGGER + LAG_TO_SLOPE * TIME_LAG[band])
    assert abs(apart @ along) == pytest.approx(expected, rel=1e-6)
    assert abs(apart @ across) < 1e-5
    middle = 0.5 * (left + right)
    np.testing.assert_allclose(middle, [0.05, -0.02], atol=1e-9)


@given(st.floats(-0.2, 0.2), st.floats(-20e3, 20e3), st.floats(-20e3, 20e3))
def test_views_across_the_track_meet_at_the_sensor(slope: float, x: float, y: float) -> None:
    """Flat ground: rays from two places, one across the track from the other, meet where the sensor is, at the height
    of the orbit; places along the track are seen a little later, from the same side.
    """
    centre = (54900.0, 54900.0)
    a = np.radians(FLIGHT_AZIMUTH)
    across = np.array([-np.cos(a), -np.sin(a)])
    rays = view_rays("B4", (float(slope * across[0]), float(slope * across[1])), centre, FLIGHT_AZIMUTH, 0.0)
    stagger = np.array([rays.stagger_east, rays.stagger_south])

    def reached(px: float, py: float) -> float:
        """Where the ray stands across the track at the sensor's height."""
        sign = 1.0 if int(rays.detector(px, py)) % 2 == 1 else -1.0
        east_south = np.array([float(v) for v in rays.at(px, py)]) - sign * stagger
        return float((np.array([px, py]) + ORBIT_HEIGHT * east_south) @ across)

    assert reached(*centre) == pytest.approx(reached(centre[0] + x, centre[1] + y), abs=1.0)


def test_detectors_follow_one_another_across_the_track() -> None:
    a = np.radians(FLIGHT_AZIMUTH)
    rays = view_rays("B4", (0.0, 0.0), (0.0, 0.0), FLIGHT_AZIMUTH, 300.0)
    across = np.array([-np.cos(a), -np.sin(a)])
    steps = np.arange(-3, 4) * DETECTOR_WIDTH + 301.0
    np.testing.assert_array_equal(rays.detector(steps * across[0], steps * across[1]), np.arange(-3, 4))
    # On descending orbits they are numbered eastwards.
    assert across[0] > 0.9


@given(st.floats(1.0, 75.0), st.floats(0.0, 360.0), st.floats(-50e3, 50e3), st.floats(-50e3, 50e3))
def test_the_sun_turns_with_the_vertical(zenith: float, azimuth: float, dx: float, dy: float) -> None:
    """On a sphere the Sun's direction is one vector and the vertical turns: slopes from the local frame of a place by
    three dimensions, against the affine rays. What is left is of second order in the distance over the Earth's radius.
    """
    centre = (3000.0, 7000.0)
    rays = sun_rays(zenith, azimuth, centre)
    z, a = np.radians(zenith), np.radians(azimuth)
    sun = np.array([np.sin(z) * np.sin(a), -np.sin(z) * np.cos(a), np.cos(z)])  # east, south, up at the centre
    up = np.array([dx, dy, EARTH])
    up /= np.linalg.norm(up)
    east = np.array([1.0, 0.0, 0.0]) - up[0] * up
    east /= np.linalg.norm(east)
    south = np.cross(east, up) if np.cross(east, up)[1] > 0 else -np.cross(east, up)
    expected = np.array([sun @ east, sun @ south]) / (sun @ up)
    found = np.array([float(v) for v in rays.at(centre[0] + dx, centre[1] + dy)])
    second_order = (np.hypot(dx, dy) / EARTH) ** 2 / np.cos(z) ** 3
    np.testing.assert_allclose(found, expected, atol=3.0 * second_order + 1e-9)


# --- spectra


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_rows_of_the_table(name: str) -> None:
    np.testing.assert_allclose(table()[CODE[name]], SURFACES[name], rtol=1e-7)
    assert len(SURFACES[name]) == len(BANDS)


def index(name: str, one: str, other: str) -> float:
    """Normalised difference of two bands of a material."""
    a, b = (SURFACES[name][BANDS.index(band)] for band in (one, other))
    return (a - b) / (a + b)


def test_materials_have_the_indices_they_are_known_by() -> None:
    """Vegetation by NDVI, snow by NDSI (Dozier 1989: above 0.4), water by NDWI (McFeeters 1996: above 0), bare ground
    between.
    """
    for name in NAMES:
        ndvi, ndsi, ndwi = index(name, "B8", "B4"), index(name, "B3", "B11"), index(name, "B3", "B8")
        green = name in ("conifer", "broadleaf", "crop", "grass")
        assert (ndvi > 0.6) == green, name
        assert (ndwi > 0.01) == (("water" in name) or name in ("shallow_sand", "foam", "snow_fresh", "snow_old")), name
        if name.startswith("snow"):
            assert ndsi > 0.7, name
        if name.startswith(("soil", "sand", "rock")):
            assert ndsi < 0.0, name


def test_the_red_edge_is_between_red_and_infrared() -> None:
    for name in ("conifer", "broadleaf", "crop", "grass"):
        edge = [SURFACES[name][BANDS.index(band)] for band in ("B4", "B5", "B6", "B7", "B8A")]
        assert edge == sorted(edge)


def test_clouds_absorb_where_water_and_ice_do() -> None:
    """Neither absorbs in the visible; both do at 1.6 and 2.2 um, ice more."""
    liquid, ice = np.array(LIQUID_CLOUD), np.array(ICE_CLOUD)
    assert ((liquid > 0.0) & (liquid <= 1.0) & (ice > 0.0) & (ice <= 1.0)).all()
    short = [BANDS.index(band) for band in ("B2", "B3", "B4", "B8A")]
    assert liquid[short].min() > 0.95
    assert ice[short].min() > 0.95
    for band in ("B11", "B12"):
        assert ice[BANDS.index(band)] < liquid[BANDS.index(band)] < 0.85
