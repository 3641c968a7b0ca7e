"""Predicted glint: against facets drawn one by one, the vector form of the sea surface, published figures, and the laws
it keeps.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw

from estran.masks.glint.geometry import (
    CALM,
    PER_WIND,
    brightest_glint,
    decay,
    facet,
    predicted_glint,
    stronger_wind,
    weaker_wind,
)
from estran.physics.sea_surface.facets import facet_reflectance
from estran.physics.sea_surface.fresnel import reflectance
from estran.physics.sea_surface.slopes import slopes

INDEX = 1.34


def one(*angles, **more):
    return float(predicted_glint(*angles, **{"index": INDEX, **more})[0, 0])


def ray(zenith, azimuth):
    """Unit vector (east, north, up)."""
    z, a = np.radians(zenith), np.radians(azimuth)
    return np.array([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])


def test_mirror_geometry_is_a_flat_facet():
    # Sun and sensor at one zenith on either side: the facet lies flat, and is met at that zenith.
    for zenith in (10.0, 30.0, 55.0):
        _, _, incidence, _, tilt = facet(zenith, 130.0, zenith, 310.0)
        assert tilt < 1e-10
        assert np.degrees(np.arccos(incidence)) == pytest.approx(zenith, abs=1e-5)
        variance = CALM + PER_WIND * 5.0
        assert one(zenith, 130.0, zenith, 310.0, 5.0) == pytest.approx(
            float(reflectance(np.cos(np.radians(zenith)), INDEX)) / (4 * np.cos(np.radians(zenith)) ** 2 * variance),
            rel=1e-5,
        )


@pytest.mark.parametrize(
    ("sun", "wind", "wanted"),
    [
        (20, 2, (0.253, 0.021, 0.002)),
        (20, 5, (0.155, 0.051, 0.017)),
        (20, 10, (0.092, 0.052, 0.030)),
        (30, 5, (0.080, 0.014, 0.002)),
    ],
)
def test_figures_for_the_edge_of_the_swath(sun, wind, wanted):
    # Worked out by another hand with the index of a shorter wave's water (R at normal incidence 0.0205): rounded to
    # 0.001.
    found = [one(sun, 100.0, 10.5, 100.0 + dphi, wind, index=1.334) for dphi in (180.0, 90.0, 0.0)]
    assert found == pytest.approx(wanted, abs=0.0015)


def test_published_variances():
    # Cox and Munk 1954, table of the clean sea: 0.0542 +- 0.004 at 10 m/s; the law's spread at 5 % of the peak is some
    # 15 degrees at 5 m/s.
    assert pytest.approx(0.0542, abs=1e-4) == CALM + PER_WIND * 10
    peak = one(0.0, 0.0, 0.0, 0.0, 5.0)
    half = [z for z in np.arange(0, 60, 0.5) if one(z, 0.0, 0.0, 0.0, 5.0) > 0.05 * peak]
    assert 30 <= max(half) <= 36  # the facet leans by half of the Sun's zenith


@pytest.mark.parametrize("sun_azimuth", [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0, 359.9, -90.0])
def test_glint_lies_opposite_to_the_sun(sun_azimuth):
    views = np.arange(0.0, 360.0, 5.0)
    found = predicted_glint(30.0, sun_azimuth, 10.0, views, 5.0, index=INDEX)[0]
    brightest = views[np.argmax(found)]
    assert abs((brightest - sun_azimuth - 180.0 + 180.0) % 360.0 - 180.0) <= 2.5
    # Either side of it alike, and the same wherever the Sun stands.
    both = predicted_glint(
        30.0, sun_azimuth, 10.0, np.array([sun_azimuth + 180 - 40, (sun_azimuth + 180 + 40) % 360]), 5.0, index=INDEX
    )[0]
    assert both[0] == pytest.approx(both[1], rel=1e-4)
    assert found.max() == pytest.approx(predicted_glint(30.0, 100.0, 10.0, 280.0, 5.0, index=INDEX)[0, 0], rel=5e-3)


@pytest.mark.parametrize("model", ["cox_munk_isotropic", "cox_munk", "ebuchi_kizu"])
def test_facets_drawn_one_by_one(model):
    # A different path: slopes are drawn, rays of the sensor are mirrored by each facet, and those that meet a disc
    # about the Sun are counted.
    rng = np.random.default_rng(4)
    sun, view, wind_from, wind, disc = (35.0, 120.0), (12.0, 290.0), 40.0, 6.0, 3.0
    of = slopes(wind, model)
    n = 4_000_000
    up, across = rng.standard_normal(n) * np.sqrt(of.along), rng.standard_normal(n) * np.sqrt(of.across)
    # Gram and Charlier's corrections as weights of normal draws.
    e, x = up / np.sqrt(of.along), across / np.sqrt(of.across)
    weight = 1 - of.c21 / 2 * (x * x - 1) * e - of.c03 / 6 * (e**3 - 3 * e) + of.c40 / 24 * (x**4 - 6 * x * x + 3)
    weight += of.c22 / 4 * (x * x - 1) * (e * e - 1) + of.c04 / 24 * (e**4 - 6 * e * e + 3)
    a = np.radians(wind_from)
    east, north = up * np.sin(a) + across * np.cos(a), up * np.cos(a) - across * np.sin(a)
    normal = np.stack([-east, -north, np.ones(n)])
    steep = np.linalg.norm(normal, axis=0)
    normal /= steep
    to_sensor, to_sun = ray(*view), ray(*sun)
    cosine = to_sensor @ normal
    mirrored = 2 * cosine * normal - to_sensor[:, None]
    hit = to_sun @ mirrored > np.cos(np.radians(disc))
    # Light of a disc of unit irradiance: radiance 1 / solid angle; facets weigh by the area that the sensor sees of
    # them.
    seen = weight * cosine * steep / to_sensor[2] * reflectance(cosine, INDEX)
    solid = 2 * np.pi * (1 - np.cos(np.radians(disc)))
    drawn = np.pi * float(seen[hit].sum()) / n / (solid * to_sun[2])
    around = [
        one(sun[0] + dz, sun[1] + da, *view, wind, wind_from, model=model) for dz in (-2, 0, 2) for da in (-3.5, 0, 3.5)
    ]
    assert drawn == pytest.approx(np.mean(around), rel=0.03)


@pytest.mark.parametrize("model", ["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"])
def test_the_vector_form_of_the_sea_surface(model):
    rng = np.random.default_rng(1)
    sun_z, view_z, sun_a, view_a = (
        rng.uniform(5, 60, 50),
        rng.uniform(1, 14, 50),
        rng.uniform(0, 360, 50),
        rng.uniform(0, 360, 50),
    )
    wind, wind_from = 7.0, 75.0
    # There azimuths are of travel, counter-clockwise from where sunlight goes; the wind's is of where it comes from.
    travel = np.radians(sun_a + 180.0 - view_a)
    upwind = np.radians(sun_a + 180.0 - wind_from)
    wanted = [
        facet_reflectance(np.cos(np.radians(v)), np.cos(np.radians(s)), p, slopes(wind, model), float(u), INDEX)[0, 0]
        for v, s, p, u in zip(view_z, sun_z, travel, upwind, strict=True)
    ]
    found = predicted_glint(sun_z, sun_a, view_z, view_a, wind, wind_from, index=INDEX, model=model)[0]
    assert found == pytest.approx(np.array(wanted), rel=2e-3, abs=1e-7)


angle = st.floats(0.0, 360.0)


@given(st.floats(0, 70), angle, st.floats(0, 15), angle, st.floats(0, 12))
def test_any_wind_makes_no_more_than_the_brightest(sun, sun_azimuth, view, view_azimuth, wind):
    most = float(brightest_glint(sun, sun_azimuth, view, view_azimuth, 12.0, index=INDEX)[0, 0])
    assert one(sun, sun_azimuth, view, view_azimuth, wind) <= most * (1 + 1e-5) + 1e-9


@given(st.floats(20, 65), st.floats(0, 14), angle)
def test_the_brightest_is_reached(sun, view, azimuth):
    winds = np.arange(0.0, 12.001, 0.02)
    scanned = predicted_glint(sun, 100.0, view, azimuth, winds, index=INDEX).max()
    assert float(brightest_glint(sun, 100.0, view, azimuth, 12.0, index=INDEX)[0, 0]) == pytest.approx(
        float(scanned), rel=2e-3
    )


@given(st.floats(45, 70), st.floats(0, 14), st.floats(0, 60), st.floats(0, 11), st.floats(0.1, 4))
def test_far_from_the_mirror_glint_grows_with_the_wind(sun, view, azimuth, wind, more):
    # The Sun's own side: facets must lean by more than 15 degrees, and few do.
    assert one(sun, 100.0, view, 100.0 + azimuth, wind) <= one(sun, 100.0, view, 100.0 + azimuth, wind + more) + 1e-9


@given(st.floats(0, 70), angle, st.floats(0, 15), angle, st.floats(1, 15), angle, st.floats(0, 359))
def test_only_differences_of_azimuth_count(sun, sun_azimuth, view, view_azimuth, wind, wind_from, turn):
    def turned(a):
        return (a + turn) % 360.0

    first = one(sun, sun_azimuth, view, view_azimuth, wind, wind_from, model="cox_munk")
    second = one(sun, turned(sun_azimuth), view, turned(view_azimuth), wind, turned(wind_from), model="cox_munk")
    assert first == pytest.approx(second, rel=5e-3, abs=1e-5)


@given(st.floats(1, 70), st.floats(1, 70), angle, st.floats(1, 15))
def test_light_may_go_either_way(one_zenith, other_zenith, azimuth, wind):
    assert one(one_zenith, 0.0, other_zenith, azimuth, wind) == pytest.approx(
        one(other_zenith, 0.0, one_zenith, azimuth, wind), rel=1e-3, abs=1e-7
    )


def test_wind_from_where_it_comes():
    # The lee sides of waves are steep: seen with the wind or against it glint differs, and turning Sun and sensor about
    # changes it likewise.
    with_it, against = (one(45.0, 90.0, 0.0, 0.0, 10.0, w, model="cox_munk") for w in (90.0, 270.0))
    assert with_it != pytest.approx(against, rel=0.05)
    assert with_it == pytest.approx(one(45.0, 270.0, 0.0, 0.0, 10.0, 270.0, model="cox_munk"), rel=1e-4)


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("model", ["cox_munk_isotropic", "cox_munk"])
def test_what_is_not_known_makes_nothing_known(place, model):
    values = [30.0, 100.0, 8.0, 280.0, 5.0, 40.0]
    values[place] = np.nan
    if place == 5 and model == "cox_munk_isotropic":
        assert np.isfinite(one(*values, model=model))
    else:
        assert np.isnan(one(*values, model=model))


def test_no_sun_and_storms():
    assert np.isnan(one(91.0, 0.0, 5.0, 180.0, 5.0))
    assert one(30.0, 0.0, 5.0, 180.0, 80.0) == one(30.0, 0.0, 5.0, 180.0, 30.0)
    assert np.isnan(brightest_glint(np.nan, 0.0, 5.0, 180.0, index=INDEX)[0, 0])


@given(st.floats(0, 39.9))
def test_decay(x):
    assert float(decay(x)) == pytest.approx(np.exp(-x), rel=3e-8)


@given(st.floats(1e-5, 0.6), st.floats(0.0, 30.0))
def test_the_wind_that_explains(tilt, wind):
    variance = CALM + PER_WIND * wind
    shape = np.exp(-tilt / variance) / variance
    if shape < 1e-30:
        return
    # By Lambert's function of another library.
    roots = [(tilt / -lambertw(-shape * tilt, k).real - CALM) / PER_WIND for k in (0, -1)]
    strong, weak = float(stronger_wind(shape, tilt)), float(weaker_wind(shape, tilt))
    for found, root in zip((strong, weak), roots, strict=True):
        if np.isfinite(found):
            assert found == pytest.approx(root, abs=2e-3)
    if abs(tilt / variance - 1) > 1e-3:
        assert (
            min(abs(strong - wind) if np.isfinite(strong) else 9, abs(weak - wind) if np.isfinite(weak) else 9) < 2e-2
            or wind > 29.9
            or wind < 0.02
        )


def test_no_wind_explains_what_is_too_bright_or_nothing():
    tilt = 0.05
    most = np.exp(-1) / tilt
    assert np.isnan(stronger_wind(1.01 * most, tilt))
    assert np.isnan(weaker_wind(1.01 * most, tilt))
    assert np.isnan(stronger_wind(0.0, tilt))
    assert np.isnan(stronger_wind(np.nan, tilt))
