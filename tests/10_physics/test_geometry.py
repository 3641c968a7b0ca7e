"""Sun and view geometry against published values and real products."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import BadParameter
from estran.physics.air import to_air, to_vacuum
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


def test_sun_of_reda_and_andreas() -> None:
    """Reda and Andreas (2004, Solar Energy 76, 577), table A5.1: 2003-10-17 12:30:30 at UTC-7,
    39.742476 N, 105.1786 W.
    """
    time = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))
    zenith, azimuth = sun_position(time, -105.1786, 39.742476)
    # Their elevation before refraction is 39.872046 degrees.
    assert zenith == pytest.approx(90 - 39.872046, abs=0.005)
    assert azimuth == pytest.approx(194.340241, abs=0.005)
    assert earth_sun_distance(time) == pytest.approx(0.9965422974, abs=3e-5)


def test_distance_of_meeus() -> None:
    """Meeus (1998), example 25.a: 1992-10-13, 0.99766 au."""
    assert earth_sun_distance(datetime(1992, 10, 13)) == pytest.approx(0.99766, abs=1e-5)


def test_time_without_zone_is_utc() -> None:
    assert sun_position(datetime(2020, 3, 1, 9), 2.0, 43.0) == sun_position(
        datetime(2020, 3, 1, 9, tzinfo=UTC), 2.0, 43.0
    )


@pytest.mark.parametrize("tile", ["T46RER", "T01LAC"])
def test_sun_of_real_products(shared_data: Path, tile: str) -> None:
    """The Sun at the upper-left node of two real angle grids, one near the antimeridian, one south of the equator."""
    from pyproj import Transformer

    text = next((shared_data / "s2_l1c_metadata").glob(f"*_{tile}_*.SAFE/GRANULE/*/MTD_TL.xml")).read_text(
        encoding="utf-8"
    )

    def first(pattern: str) -> str:
        found = re.search(pattern, text, re.DOTALL)
        assert found
        return found.group(1)

    x, y = float(first(r"<ULX>(.*?)</ULX>")), float(first(r"<ULY>(.*?)</ULY>"))
    lon, lat = Transformer.from_crs(first(r"<HORIZONTAL_CS_CODE>(.*?)<"), 4326, always_xy=True).transform(x, y)
    time = datetime.fromisoformat(first(r"<SENSING_TIME[^>]*>(.*?)<"))
    zenith, azimuth = sun_position(time, lon, lat)
    assert zenith == pytest.approx(float(first(r"<Sun_Angles_Grid>.*?<Zenith>.*?<VALUES>(\S+)")), abs=0.1)
    assert azimuth == pytest.approx(float(first(r"<Sun_Angles_Grid>.*?<Azimuth>.*?<VALUES>(\S+)")), abs=0.2)


def test_sun_is_overhead_at_the_tropics() -> None:
    """At the June solstice, near noon, somewhere on the tropic of Cancer the Sun stands overhead."""
    zenith, _ = sun_position(datetime(2021, 6, 21, 12), np.linspace(-5, 5, 201), 23.436)
    assert zenith.min() < 0.02


@given(st.floats(0.01, 80), st.floats(0, 359.99))
def test_slope_and_angles_are_inverse(zenith: float, azimuth: float) -> None:
    back, turned = zenith_azimuth(*slope_vector(zenith, azimuth))
    assert float(back) == pytest.approx(zenith, abs=1e-9)
    assert math.isclose((float(turned) - azimuth + 180) % 360, 180, abs_tol=1e-7)


@pytest.mark.parametrize(("azimuth", "east", "north"), [(0, 0, 1), (90, 1, 0), (180, 0, -1), (270, -1, 0)])
def test_azimuth_is_clockwise_from_north(azimuth: float, east: float, north: float) -> None:
    e, n = slope_vector(45.0, azimuth)
    assert (float(e), float(n)) == pytest.approx((east, north), abs=1e-12)


def test_specular_geometry_is_forward() -> None:
    """Sensor and Sun at opposite azimuths: the glint; light goes on, turned by the sum of the zeniths."""
    assert float(travel_azimuth(285.0, 105.0)) == 0.0
    assert float(scattering_cosine(np.cos(0.5), np.cos(0.5), 0.0)) == pytest.approx(-np.cos(1.0))
    assert float(scattering_cosine(np.cos(0.5), np.cos(0.5), travel_azimuth(77.0, 77.0))) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("peer", "its"),
    [("sos", 0.0), ("natraj", 0.0), ("6s", 180.0), ("satpy", -180.0), ("smac", 180.0), ("modis_kernels", 180.0)],
)
def test_azimuth_conventions_of_others(peer: str, its: float) -> None:
    """What each calls the glint's half-plane is 0 here; and 90 degrees stay 90 or 270."""
    assert float(azimuth_from(peer, its)) == 0.0
    assert float(azimuth_from(peer, its + 90.0)) == 90.0


def test_unknown_convention() -> None:
    with pytest.raises(BadParameter, match="sos or natraj"):
        azimuth_from("idl", 0.0)


def test_reflectance_of_a_white_plate() -> None:
    """A plate that spreads all light evenly has L = E mu / (pi d²), so reflectance 1, wherever the Earth is; at night
    it has none.
    """
    irradiance, mu, distance = 1850.0, 0.6, 1.0167
    radiance = irradiance * mu / np.pi / distance**2
    assert float(reflectance(radiance, irradiance, mu, distance)) == pytest.approx(1.0)
    assert float(reflectance(radiance, irradiance, mu)) == pytest.approx(1 / 1.0167**2)
    assert np.isnan(reflectance(1.0, 1.0, -0.1))


def test_air_and_vacuum() -> None:
    """The sodium line D2: 588.9950 nm in air, 589.1583 nm in vacuum."""
    assert float(to_air(589.15833)) == pytest.approx(588.9950, abs=1e-4)
    assert float(to_vacuum(to_air(763.5))) == pytest.approx(763.5, abs=1e-9)
