"""Air and the Sun by other paths: dispersion by a newer formula, weight of the column by integration, the year by
Kepler's law, and the day by the horizon.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.optimize import brentq

from estran.errors import BadParameter
from estran.physics.air import CO2, gravity, king_factor, molar_mass, refractivity, to_air, to_vacuum
from estran.physics.geometry import (
    azimuth_from,
    earth_sun_distance,
    reflectance,
    scattering_cosine,
    slope_vector,
    sun_position,
    travel_azimuth,
    zenith_azimuth,
)
from estran.physics.rayleigh import (
    MOLECULAR_DENSITY,
    anisotropy,
    cross_section,
    depolarisation_factor,
    optical_depth,
    phase,
)

wavelengths = st.floats(300.0, 2500.0)
angles = st.floats(0.0, 360.0)
lons, lats = st.floats(-180.0, 180.0), st.floats(-89.0, 89.0)
times = st.datetimes(datetime(1960, 1, 1), datetime(2049, 12, 31)).map(lambda t: t.replace(tzinfo=UTC))


# --- refraction and scattering of air


@pytest.mark.parametrize("nm", [350.0, 500.0, 700.0, 1000.0, 1600.0])
def test_dispersion_of_ciddor(nm: float) -> None:
    """Ciddor (1996, Appl. Opt. 35, 1566), standard dry air of 450 ppm at 15 degrees and 101 325 Pa: another formula
    from other measurements, within 3e-8 of the index.
    """
    s2 = (1000.0 / nm) ** 2
    standard = (5792105.0 / (238.0185 - s2) + 167917.0 / (57.362 - s2)) * 1e-8
    assert float(refractivity(nm, 450.0)) == pytest.approx(standard, abs=3e-8)


@given(wavelengths)
def test_lines_shift_by_the_refractivity(nm: float) -> None:
    air = float(to_air(nm))
    assert air < nm
    assert (nm - air) / air == pytest.approx(float(refractivity(nm)), rel=1e-9)
    assert float(to_vacuum(air)) == pytest.approx(nm, abs=1e-9)


@given(wavelengths, st.floats(0.0, 1000.0))
def test_more_carbon_dioxide_refracts_and_weighs_more(nm: float, co2: float) -> None:
    assert float(refractivity(nm, co2 + 50.0)) > float(refractivity(nm, co2))
    assert molar_mass(co2 + 50.0) > molar_mass(co2)
    assert float(king_factor(nm, co2 + 50.0)) > float(king_factor(nm, co2))


def test_molar_mass_of_dry_air() -> None:
    """By the mixture of its gases: N2, O2, Ar as of Bodhaine's table, neon and others left out (they are 7 g a
    tonne), with molar masses of IUPAC; and 28.9647 g/mol at 330 ppm, as of the US standard atmosphere.
    """
    parts = {28.0134: 78.084, 31.9988: 20.946, 39.948: 0.934, 44.0095: CO2 * 1e-4}
    mixed = sum(mass * part for mass, part in parts.items()) / sum(parts.values())
    assert molar_mass() == pytest.approx(mixed, abs=1e-3)
    assert molar_mass(330.0) == pytest.approx(28.9647, abs=5e-4)


def test_cross_sections_by_polarisability() -> None:
    """Rayleigh's formula in another shape: 128 pi⁵ / (3 wavelength⁴) alpha², with the polarisability of Lorentz and
    Lorenz, times King's factor.
    """
    for nm in (400.0, 550.0, 1000.0):
        n2 = (1.0 + float(refractivity(nm))) ** 2
        alpha = 3.0 / (4.0 * np.pi * MOLECULAR_DENSITY) * (n2 - 1.0) / (n2 + 2.0)
        expected = 128.0 * np.pi**5 / (3.0 * (nm * 1e-7) ** 4) * alpha**2 * float(king_factor(nm))
        assert float(cross_section(nm)) / expected == pytest.approx(1.0, rel=1e-12)


@given(wavelengths, st.floats(10.0, 1100.0))
def test_optical_depth_is_cross_section_times_column(nm: float, pressure: float) -> None:
    """Molecules over a cm²: pressure over gravity and the mass of a molecule."""
    column = pressure * 1e3 / float(gravity()) / molar_mass() * 6.0221367e23
    assert float(optical_depth(nm, pressure)) == pytest.approx(float(cross_section(nm)) * column, rel=1e-12)


@given(st.floats(350.0, 2000.0))
def test_the_power_of_the_wavelength_is_a_little_above_four(nm: float) -> None:
    power = -np.log(float(optical_depth(nm * 1.01)) / float(optical_depth(nm))) / np.log(1.01)
    assert 3.99 < power < 4.3


def test_gravity_is_that_of_the_columns_centre() -> None:
    """Normal gravity at sea level (Somigliana, WGS84), carried up by its series of second order in the height
    (Heiskanen and Moritz 1967, 2-123): within 1.2e-5, from sea and from 3 km.
    """
    flattening, ratio = 1 / 298.257223563, 0.00344978650684
    for latitude, altitude in ((0.0, 0.0), (30.0, 0.0), (45.0, 0.0), (70.0, 0.0), (90.0, 0.0), (45.0, 3000.0)):
        s2 = np.sin(np.radians(latitude)) ** 2
        normal = 978.03253359 * (1 + 0.00193185265241 * s2) / np.sqrt(1 - 0.00669437999014 * s2)
        h = (5517.56 + 0.73737 * altitude) / 6378137.0
        at = normal * (1 - 2 * (1 + flattening + ratio - 2 * flattening * s2) * h + 3 * h * h)
        assert float(gravity(latitude, altitude)) == pytest.approx(at, rel=1.2e-5)


@given(st.floats(0.0, 0.5))
def test_phase_functions_keep_light_and_send_as_much_back_as_on(depolarisation: float) -> None:
    mean = 0.5 * integrate.quad(lambda c: float(phase(c, depolarisation)), -1.0, 1.0)[0]
    assert mean == pytest.approx(1.0, rel=1e-9)
    assert float(phase(0.4, depolarisation)) == pytest.approx(float(phase(-0.4, depolarisation)))
    assert 0.0 < float(anisotropy(depolarisation)) <= 1.0
    # The more depolarised, the more even.
    assert float(phase(1.0, depolarisation)) >= float(phase(1.0, min(depolarisation + 0.1, 1.0)))


@given(wavelengths)
def test_king_factor_and_depolarisation_are_one(nm: float) -> None:
    """F = (6 + 3 d) / (6 - 7 d)."""
    d = float(depolarisation_factor(nm))
    assert float(king_factor(nm)) == pytest.approx((6 + 3 * d) / (6 - 7 * d), rel=1e-12)
    assert 0.025 < d < 0.045


@pytest.mark.parametrize("formula", ["bodhaine", "bodhaine_fit", "hansen_travis", "bucholtz", "frohlich_shaw"])
def test_published_depth_at_550_nm(formula: str) -> None:
    """Bodhaine et al. (1999), table 3: 0.0968 to 0.0975 in the several formulas for sea level and 45 degrees."""
    assert float(optical_depth(550.0, formula=formula)) == pytest.approx(0.0972, abs=4e-4)  # type: ignore[arg-type]


# --- vectors


@given(st.floats(0.0, 89.0), angles, st.floats(0.0, 89.0), angles)
def test_scattering_cosine_is_a_product_of_vectors(sza: float, saa: float, vza: float, vaa: float) -> None:
    """Travel of sunlight, down, times travel of the light seen, up: three components each."""

    def unit(zenith: float, azimuth: float) -> np.ndarray:
        z, a = np.radians(zenith), np.radians(azimuth)
        return np.array([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])

    expected = -unit(sza, saa) @ unit(vza, vaa)
    found = scattering_cosine(np.cos(np.radians(sza)), np.cos(np.radians(vza)), travel_azimuth(vaa, saa))
    assert float(found) == pytest.approx(float(expected), abs=1e-9)


@given(angles, angles, angles)
def test_travel_azimuth_does_not_know_of_north(view: float, sun: float, turn: float) -> None:
    here, turned = travel_azimuth(view, sun), travel_azimuth(view + turn, sun + turn)
    assert abs((float(here) - float(turned) + 180.0) % 360.0 - 180.0) < 1e-9
    assert 0.0 <= float(here) < 360.0
    exchanged = float(travel_azimuth(sun, view))
    assert abs((exchanged + float(here) + 180.0) % 360.0 - 180.0) < 1e-9


@pytest.mark.parametrize("peer", ["6s", "sos", "natraj", "coulson", "satpy", "smac", "dimitri", "modis_kernels"])
def test_conventions_are_turns(peer: str) -> None:
    first = float(azimuth_from(peer, 0.0))
    for azimuth in (10.0, 200.0, -40.0, 725.0):
        assert (float(azimuth_from(peer, azimuth)) - azimuth - first) % 360.0 == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(BadParameter, match="not known"):
        azimuth_from(peer.upper(), 0.0)


@given(st.floats(1e-3, 3.0), st.floats(1.0, 2000.0), st.floats(0.01, 1.0), st.floats(0.98, 1.02))
def test_reflectance_is_linear_in_radiance(radiance: float, irradiance: float, mu: float, distance: float) -> None:
    one, two = (float(reflectance(k * radiance, irradiance, mu, distance)) for k in (1.0, 2.0))
    assert two == pytest.approx(2 * one)
    assert float(reflectance(radiance, irradiance, mu, 1.0)) * distance**2 == pytest.approx(one)


def test_the_zenith_has_an_azimuth_of_zero_and_north_too() -> None:
    zenith, azimuth = zenith_azimuth([0.0, 0.0], [0.0, 1.0])
    assert zenith.tolist() == pytest.approx([0.0, 45.0])
    assert azimuth.tolist() == [0.0, 0.0]
    east, north = slope_vector([0.0, 60.0], 90.0)
    np.testing.assert_allclose([east[1], north[1]], [np.sqrt(3.0), 0.0], atol=1e-12)


# --- the year


def test_the_year_of_the_distance() -> None:
    """Perihelion and aphelion of 2020 (astronomical almanac): 5 January 0.98324 au, 4 July 1.01669 au; the Moon and the
    planets, which the formula leaves out, move the Earth by 6e-5 au.
    """
    days = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in range(366)]
    distance = np.array([earth_sun_distance(d) for d in days])
    nearest, farthest = days[int(distance.argmin())], days[int(distance.argmax())]
    assert abs((nearest - datetime(2020, 1, 5, tzinfo=UTC)).days) <= 2
    assert abs((farthest - datetime(2020, 7, 4, tzinfo=UTC)).days) <= 2
    assert distance.min() == pytest.approx(0.98324, abs=7e-5)
    assert distance.max() == pytest.approx(1.01669, abs=7e-5)


@settings(max_examples=25)
@given(times)
def test_the_distance_obeys_kepler(time: datetime) -> None:
    """From the mean anomaly alone by Kepler's equation, solved numerically: within 2e-4 au."""
    t = (time - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400.0
    anomaly, e = np.radians((357.5291 + 0.98560028 * t) % 360.0), 0.016709 - 1.15e-9 * t
    eccentric = brentq(lambda x: x - e * np.sin(x) - anomaly, anomaly - 0.1, anomaly + 0.1)
    assert earth_sun_distance(time) == pytest.approx(1.000001 * (1 - e * np.cos(eccentric)), abs=2e-4)


@pytest.mark.parametrize(
    ("time", "declination"),
    [
        (datetime(2020, 3, 20, 3, 50, tzinfo=UTC), 0.0),
        (datetime(2020, 6, 20, 21, 44, tzinfo=UTC), 23.4368),
        (datetime(2020, 9, 22, 13, 31, tzinfo=UTC), 0.0),
        (datetime(2020, 12, 21, 10, 2, tzinfo=UTC), -23.4368),
    ],
)
def test_equinoxes_and_solstices(time: datetime, declination: float) -> None:
    """Published times of 2020: seen from the pole the Sun's elevation is its declination, wherever the meridian."""
    zenith, _ = sun_position(time, np.arange(0.0, 360.0, 45.0), 90.0)
    np.testing.assert_allclose(90.0 - zenith, declination, atol=0.01)


# --- the day


@settings(max_examples=40)
@given(times, lons, lats)
def test_a_place_is_where_its_meridian_is(time: datetime, lon: float, lat: float) -> None:
    """A full turn of longitude is none, and an hour later the Sun is where it was 15 degrees to the east, but for the
    day's change of declination and of the equation of time.
    """
    here = np.array(sun_position(time, lon, lat))
    np.testing.assert_allclose(np.array(sun_position(time, lon + 360.0, lat)), here, atol=1e-7)
    later = np.array(sun_position(time + timedelta(hours=1), lon - 15.0, lat))
    assert later[0] == pytest.approx(here[0], abs=0.03)


@settings(max_examples=25)
@given(times, lons, st.floats(-60.0, 60.0))
def test_the_days_highest_sun_stands_in_the_meridian(time: datetime, lon: float, lat: float) -> None:
    """At the top of the day the azimuth is south or north, and the zenith distance is latitude less declination, the
    latter seen from the pole.
    """
    noon = time.replace(hour=0, minute=0, second=0) + timedelta(hours=12 - lon / 15.0)
    minutes = [noon + timedelta(minutes=m) for m in range(-40, 41)]
    found = np.array([sun_position(m, lon, lat) for m in minutes])
    k = int(found[:, 0].argmin())
    declination = 90.0 - float(sun_position(minutes[k], 0.0, 90.0)[0])
    assert found[k, 0] == pytest.approx(abs(lat - declination), abs=0.01)
    if abs(lat - declination) > 5.0:
        assert abs(np.sin(np.radians(found[k, 1]))) < 0.05


@settings(max_examples=25)
@given(times, lons, lats)
def test_zones_are_names_of_the_same_moment(time: datetime, lon: float, lat: float) -> None:
    elsewhere = time.astimezone(timezone(timedelta(hours=9)))
    assert sun_position(elsewhere, lon, lat) == sun_position(time, lon, lat)
    assert earth_sun_distance(elsewhere) == earth_sun_distance(time)


def test_arrays_of_places() -> None:
    zenith, azimuth = sun_position(datetime(2021, 5, 1, 9, tzinfo=UTC), np.zeros((3, 1)), np.linspace(-40, 40, 5))
    assert zenith.shape == azimuth.shape == (3, 5)
    assert ((azimuth >= 0.0) & (azimuth < 360.0)).all()
    np.testing.assert_allclose(zenith[0], zenith[2])


def test_half_of_the_earth_is_lit() -> None:
    """Mean over the sphere of the part with the Sun above the horizon, and mean cosine of its zenith, 1/4."""
    sine, weight = np.polynomial.legendre.leggauss(40)
    zenith, _ = sun_position(
        datetime(2022, 8, 9, 4, tzinfo=UTC), np.arange(0.0, 360.0, 5.0)[:, None], np.degrees(np.arcsin(sine))
    )
    cosine = np.cos(np.radians(zenith))
    assert 0.5 * (np.maximum(cosine, 0.0).mean(axis=0) @ weight) == pytest.approx(0.25, abs=1e-3)
    assert 0.5 * ((cosine > 0).mean(axis=0) @ weight) == pytest.approx(0.5, abs=0.01)
