"""SMAC beside its authors' program, whose values are quoted here, and against itself backwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.adapters.files.smac_coefficients import read_smac_coefficients
from estran.errors import BadParameter, BadProduct
from estran.physics.gas.smac import LINES, SmacCoefficients, atmosphere, gas_transmittance

# Made up, but of the size of a blue band's.
BLUE = SmacCoefficients(
    (-0.001, 0.9),
    (-0.03, 0.99),
    (-1e-4, 0.9, 2.8),
    (-1e-3, 0.75, 1.3),
    (-1e-3, 0.9, 1.1),
    (0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0),
    (0.066, 0.189, -0.075, 0.054),
    (1.11, -0.218, -0.125, -0.25),
    (0.15, 0.12),
    (0.0, 1.12),
    (0.9, 0.64),
    (6.76, -0.19, 2.07e-3),
    (-1.02e-5, 1.92e-8),
    (-0.009, -0.024),
    (-0.019, -0.003),
    (-0.003, 0.0003, 0.023),
    (-0.01, -0.036),
    (-0.032, -0.009),
)


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Path:
    return shared_data / "smac_coefs"


def test_unit_value_of_the_reference(published: Path) -> None:
    """The example at the end of smac.py (github olivierhagolle/SMAC, 6b1a30a): TOA 0.2 in FORMOSAT-2 B1 is 0.155688504
    at the surface.
    """
    blue = read_smac_coefficients(published / "COEFS" / "coef_FORMOSAT2_B1_CONT.dat")
    air = atmosphere(
        blue,
        sun_zenith=45,
        sun_azimuth=200,
        view_zenith=5,
        view_azimuth=-160,
        pressure=1013,
        aerosol=0.1,
        ozone=300.0,
        water_vapour=0.3,
    )
    assert float(air.surface(0.2)) == pytest.approx(0.1556885041361195, abs=1e-12)


@pytest.mark.parametrize(
    ("band", "toa", "surface"),
    [("B02", 0.14008992, 0.21890637), ("B8A", 0.10409248, 0.25318737), ("B12", 0.09029212, 0.27828513)],
)
def test_values_of_the_reference_for_sentinel2(published: Path, band: str, toa: float, surface: float) -> None:
    """The same program, run with the coefficients of Sentinel-2A; all eight digits."""
    coefficients = read_smac_coefficients(published / "S2_openeo" / f"Coef_S2A_CONT_{band}.dat")
    low = atmosphere(
        coefficients,
        sun_zenith=30,
        sun_azimuth=150,
        view_zenith=8,
        view_azimuth=285,
        pressure=950,
        aerosol=0.2,
        ozone=350.0,
        water_vapour=2.5,
    )
    high = atmosphere(
        coefficients,
        sun_zenith=55,
        sun_azimuth=60,
        view_zenith=10,
        view_azimuth=100,
        aerosol=0.1,
        ozone=300.0,
        water_vapour=1.5,
    )
    assert float(low.top_of_atmosphere(0.1)) == pytest.approx(toa, abs=6e-9)
    assert float(high.surface(0.25)) == pytest.approx(surface, abs=6e-9)


def test_all_published_files_are_read(published: Path) -> None:
    files = sorted(published.rglob("*.dat"))
    assert len(files) > 300
    for path in files:
        # Bands within the absorption of oxygen (MERIS 11) or water (MODIS 26) let little through.
        assert 0.1 < float(gas_transmittance(read_smac_coefficients(path), 2.0, 300.0, 0.1)) <= 1.0, path.name


@given(
    st.floats(0, 70), st.floats(0, 60), st.floats(0, 360), st.floats(0, 0.8), st.floats(600, 1040), st.floats(0.0, 0.9)
)
def test_surface_undoes_top_of_atmosphere(sza, vza, azimuth, aerosol, pressure, rho) -> None:
    air = atmosphere(
        BLUE,
        sun_zenith=sza,
        sun_azimuth=azimuth,
        view_zenith=vza,
        view_azimuth=100.0,
        aerosol=aerosol,
        ozone=300.0,
        water_vapour=2.0,
        pressure=pressure,
    )
    assert float(air.surface(air.top_of_atmosphere(rho))) == pytest.approx(rho, abs=1e-12)


def test_azimuths_are_seen_from_the_ground() -> None:
    """Sun and sensor at the same place in the sky see each other's light turned back; scattering angles there are 180
    degrees, as SMAC counts them.
    """
    common = {
        "sun_zenith": 40.0,
        "sun_azimuth": 100.0,
        "view_zenith": 40.0,
        "ozone": 0.0,
        "water_vapour": 0.0,
        "aerosol": 0.0,
    }
    back = atmosphere(BLUE, view_azimuth=100.0, **common)
    across = atmosphere(BLUE, view_azimuth=190.0, **common)
    # Molecules send 1 + cos^2 of the angle: most light forward and back, least across.
    assert float(back.path) > float(across.path)


def test_arrays_broadcast_and_the_sun_below_the_horizon_is_no_data() -> None:
    air = atmosphere(
        BLUE,
        sun_zenith=np.array([[30.0], [95.0]]),
        sun_azimuth=0.0,
        view_zenith=np.zeros(3),
        view_azimuth=0.0,
        aerosol=0.1,
        ozone=300.0,
        water_vapour=[0.0, 1.0, 2.0],
    )
    toa = air.top_of_atmosphere(0.1)
    assert toa.shape == (2, 3)
    assert np.isfinite(toa[0]).all()
    assert np.isnan(toa[1]).all()


def test_no_gas_no_absorption() -> None:
    clear = SmacCoefficients(
        *(tuple(0.0 for _ in range(n)) for n in LINES[:7]),
        *(getattr(BLUE, name) for name in list(BLUE.__dataclass_fields__)[7:]),
    )
    assert float(gas_transmittance(clear, 3.0, 300.0, 2.0)) == 1.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 0\n1 2 3\n", "no coefficient file of SMAC"),
        ("Reflectance\n", "something else than numbers"),
        ("\n".join(" ".join(["2"] * n) for n in LINES), "an aerosol that cannot be"),
    ],
)
def test_bad_files_get_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "coef.dat"
    path.write_text(text)
    with pytest.raises((BadProduct, BadParameter), match=told):
        read_smac_coefficients(path)


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match="cannot be read"):
        read_smac_coefficients(tmp_path / "none.dat")
