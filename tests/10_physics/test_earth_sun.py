"""The distance from the Earth to the Sun, by the almanac and by Kepler's orbit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from estran.physics.geometry import earth_sun_distance

APSIDES = [
    ("2019-01-03T05:20", 0.983301),
    ("2019-07-04T22:11", 1.016754),
    ("2020-01-05T07:48", 0.983244),
    ("2020-07-04T11:35", 1.016694),
    ("2023-01-04T16:17", 0.983296),
    ("2023-07-06T20:07", 1.016681),
]
"""Times (UT) and distances [au] of perihelion and aphelion: US Naval Observatory, Earth's Seasons."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("moment", "distance"), APSIDES)
def test_perihelion_and_aphelion_of_the_almanac(moment, distance):
    """The formula leaves out what Moon and planets do to the orbit."""
    assert earth_sun_distance(at(moment)) == pytest.approx(distance, abs=7e-5)


def test_a_year_is_an_ellipse_of_keplers():
    """Distances over a year, by the equal areas of an orbit with the eccentricity of 2020, found by Newton's method."""
    eccentricity, perihelion, year = 0.0167086, at("2020-01-04T12:00"), 365.259636  # anomalistic
    days = np.arange(0.0, 365.0, 5.0)
    mean = 2 * np.pi * days / year
    anomaly = mean.copy()
    for _ in range(20):
        anomaly -= (anomaly - eccentricity * np.sin(anomaly) - mean) / (1 - eccentricity * np.cos(anomaly))
    found = [earth_sun_distance(perihelion + timedelta(days=float(day))) for day in days]
    np.testing.assert_allclose(found, 1.0000010 * (1 - eccentricity * np.cos(anomaly)), atol=3e-4)
    assert np.ptp(found) > 100 * 3e-4  # the ellipse is far larger than what the comparison allows


def test_irradiance_over_a_year_has_the_mean_of_the_orbit():
    """The mean of 1/d² over time is 1/sqrt(1 - e²) for the semi-axis 1: Kepler's second law in one number."""
    start = at("2021-01-01T00:00")
    found = [earth_sun_distance(start + timedelta(days=365.25 * k / 4000)) for k in range(4000)]
    assert np.mean(np.array(found) ** -2.0) == pytest.approx(1 / np.sqrt(1 - 0.0167**2), abs=2e-5)


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_it_changes_smoothly(hours):
    """By less than 3e-4 au a day."""
    start = at("2022-03-01T00:00")
    steps = [earth_sun_distance(start + timedelta(hours=hours * k)) for k in range(50)]
    assert np.abs(np.diff(steps)).max() < 3.2e-4 * hours / 24
