"""Glint over uncertain winds: the winds by their distribution, the spread by a derivative taken by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import truncnorm

from estran.errors import BadGeometry
from estran.masks.glint.prediction import BANDS, Geometry, facet_angles, glint_over_winds, winds

GEOMETRY = Geometry(21.3, 119.0, 9.5, 285.0)


@given(st.floats(0.0, 30.0), st.floats(0.05, 15.0))
def test_winds_are_those_of_a_cut_normal_distribution(speed: float, uncertainty: float) -> None:
    """Mean and standard deviation are those of scipy's truncated normal, but for the tails that 2001 winds leave out;
    none is negative or beyond 30 m/s.
    """
    taken = winds(speed, uncertainty, 2001)
    known = truncnorm((0.0 - speed) / uncertainty, (30.0 - speed) / uncertainty, speed, uncertainty)
    assert np.all((taken >= 0.0) & (taken <= 30.0))
    assert np.all(np.diff(taken) >= 0.0)
    assert taken.mean() == pytest.approx(known.mean(), abs=1e-3 * uncertainty)
    assert taken.std() == pytest.approx(known.std(), rel=5e-3)


@pytest.mark.parametrize("wind", [3.0, 5.0, 9.0])
def test_spread_of_a_small_uncertainty_is_its_derivative(wind: float) -> None:
    """(GLINT-4) by hand: d ln rho / dW = 0.00512 (t / s - 1) / s, t the squared tangent of the tilt, s the variance."""
    _, tilt = facet_angles(GEOMETRY)
    t, s = math.tan(math.radians(tilt)) ** 2, 0.003 + 0.00512 * wind
    slope = 0.00512 * (t / s - 1.0) / s
    found = glint_over_winds(GEOMETRY, wind, 0.02, count=2001)
    np.testing.assert_allclose(found.std / found.at_wind, abs(slope) * 0.02, rtol=0.02)
    np.testing.assert_allclose(found.mean, found.at_wind, rtol=1e-3)


def test_no_uncertainty_no_spread() -> None:
    found = glint_over_winds(GEOMETRY, 5.0, 0.0)
    assert np.all(found.std == 0.0)
    np.testing.assert_array_equal(found.mean, found.at_wind)
    assert found.at_wind.shape == (len(BANDS),)


def test_201_winds_are_enough() -> None:
    """As the ATBD page says: within 1 % of the spread of many more, for uncertainties below half of the wind."""
    few, many = (glint_over_winds(GEOMETRY, 5.0, 2.5, count=n) for n in (201, 20001))
    np.testing.assert_allclose(few.std, many.std, rtol=0.01)
    np.testing.assert_allclose(few.mean, many.mean, rtol=0.01)


@pytest.mark.parametrize(
    ("geometry", "tilt", "published", "narrow"),
    [
        (Geometry(20.0, 105.0, 20.0, 285.0), 0.0, (1.11, 1.13), 1.38),
        (Geometry(30.0, 119.0, 10.0, 285.0), 10.2, (1.03, 1.06), 0.66),
        (Geometry(40.0, 119.0, 10.0, 285.0), 15.2, (1.22, 1.28), 0.26),
    ],
)
def test_models_of_slopes_differ_as_the_page_says(geometry, tilt, published, narrow) -> None:
    assert facet_angles(geometry)[1] == pytest.approx(tilt, abs=0.05)
    at = {
        model: glint_over_winds(geometry, 5.0, 0.0, 300.0, model=model).at_wind[BANDS.index("B3")]
        for model in ("cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu")
    }
    for model in ("cox_munk", "breon_henriot"):
        assert published[0] <= at[model] / at["cox_munk_isotropic"] <= published[1]
    assert at["ebuchi_kizu"] / at["cox_munk_isotropic"] == pytest.approx(narrow, abs=0.01)


def test_the_specular_point() -> None:
    """Sun and sensor at the same zenith on either side: the facet is level, and its incidence that zenith."""
    incidence, tilt = facet_angles(Geometry(20.0, 105.0, 20.0, 285.0))
    assert incidence == pytest.approx(20.0)
    assert tilt == pytest.approx(0.0, abs=1e-5)


@given(st.floats(0.0, 89.0), st.floats(0.0, 89.0), st.floats(0.0, 360.0))
def test_incidence_and_tilt_by_vectors(sun: float, view: float, turn: float) -> None:
    """The facet's normal halves the directions to Sun and sensor."""
    incidence, tilt = facet_angles(Geometry(sun, 0.0, view, turn))
    a, b, c = np.radians([sun, view, turn])
    to_sun = np.array([0.0, np.sin(a), np.cos(a)])
    to_view = np.array([np.sin(b) * np.sin(c), np.sin(b) * np.cos(c), np.cos(b)])
    normal = to_sun + to_view
    normal /= np.linalg.norm(normal)
    assert math.cos(math.radians(incidence)) == pytest.approx(float(normal @ to_sun), abs=1e-9)
    assert math.cos(math.radians(tilt)) == pytest.approx(float(normal[2]), abs=1e-9)


def test_water_reflects_less_at_longer_wavelengths() -> None:
    """Its index falls from the blue to 2.2 µm, so the bands are in order, by the ratio of Fresnel's reflectances."""
    found = dict(zip(BANDS, glint_over_winds(GEOMETRY, 5.0, 1.0).at_wind, strict=True))
    assert found["B2"] > found["B8A"] > found["B11"] > found["B12"]
    at_normal = {n: ((n - 1.0) / (n + 1.0)) ** 2 for n in (1.3411, 1.3022)}  # of sea water at 493 and 2202 nm
    assert found["B12"] / found["B2"] == pytest.approx(at_normal[1.3022] / at_normal[1.3411], rel=0.01)


def test_a_sun_below_the_horizon_is_refused() -> None:
    with pytest.raises(BadGeometry, match="the sun is below the horizon"):
        glint_over_winds(Geometry(95.0, 0.0, 10.0, 0.0), 5.0, 1.0)
