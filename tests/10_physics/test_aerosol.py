"""Aerosol models against published optical properties, and in the atmosphere."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import BadParameter
from estran.physics.aerosol import MODELS, AerosolModel, optics
from estran.physics.aerosol.mie import efficiencies
from estran.physics.aerosol.modes import Mode, Substance
from estran.physics.radiative_transfer import Constituent, Layer, exponential_layers, solve
from estran.physics.scattering import mixture, phase_matrix, rayleigh_greek

PLAIN = Substance((400.0, 2500.0), (1.45, 1.45), (0.01, 0.01), "made up")


def test_modes_hold_all_their_particles() -> None:
    """Moments of the log-normal in closed form: area r² exp(2 s²), volume r³ exp(9/2 s²)."""
    mode = Mode(0.1, 0.5, PLAIN)
    radius, fraction = mode.sizes(1e3, 400)
    assert fraction @ radius**2 == pytest.approx(0.1**2 * np.exp(2 * 0.5**2), rel=1e-6)
    assert 4 / 3 * np.pi * fraction @ radius**3 == pytest.approx(mode.volume, rel=1e-6)
    assert Mode.of_volume(0.3, 0.4, PLAIN).radius == pytest.approx(0.3 * np.exp(-3 * 0.16))


def test_a_narrow_mode_is_one_sphere() -> None:
    model = AerosolModel("one size", (Mode(0.4, 0.002, PLAIN),), (1.0,), "made up")
    found, size = optics(model, 550.0), 2 * np.pi * 0.4 / 0.55
    extinction, scattering, asymmetry = (float(v[0]) for v in efficiencies([size], 1.45 + 0.01j))
    assert found.extinction == pytest.approx(extinction * np.pi * 0.16, rel=1e-3)
    assert found.albedo == pytest.approx(scattering / extinction, rel=1e-4)
    assert found.asymmetry == pytest.approx(asymmetry, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "albedo", "asymmetry"),
    [("continental", 0.893, 0.64), ("urban", 0.647, 0.59), ("maritime_wmo", 0.989, 0.75)],
)
def test_wmo_models(name: str, albedo: float, asymmetry: float) -> None:
    """At 550 nm, as 6S's manual (Vermote et al. 1997, part 2) gives them for the same tables, cut at its own radii:
    0.005 and 0.01.
    """
    found = optics(MODELS[name], 550.0)
    assert found.albedo == pytest.approx(albedo, abs=0.005)
    assert found.asymmetry == pytest.approx(asymmetry, abs=0.01)


def test_maritime_wmo_against_another_program() -> None:
    """SOS-ABS 5.1 from the same tables at 550 nm: extinction 2.0966e-3 µm², albedo 0.98874, asymmetry 0.7464 (it lets
    particles grow larger).
    """
    found = optics(MODELS["maritime_wmo"], 550.0)
    assert found.extinction == pytest.approx(2.0966e-3, rel=2e-3)
    assert found.albedo == pytest.approx(0.98874, abs=1e-4)
    assert found.asymmetry == pytest.approx(0.7464, abs=3e-3)


def test_models_are_what_they_are_called() -> None:
    """Sea salt is grey, continental haze blue; urban air absorbs most, dust absorbs blue more than red."""
    exponent = {}
    for name in ("maritime", "coastal", "continental", "urban", "dust"):
        blue, red = optics(MODELS[name], 440.0), optics(MODELS[name], 870.0)
        exponent[name] = -np.log(blue.extinction / red.extinction) / np.log(440.0 / 870.0)
    assert exponent["maritime"] < exponent["coastal"] < exponent["continental"]
    assert abs(exponent["dust"]) < 0.5
    assert min(optics(MODELS[n], 550.0).albedo for n in exponent) == optics(MODELS["urban"], 550.0).albedo
    assert optics(MODELS["dust"], 440.0).albedo < optics(MODELS["dust"], 870.0).albedo


@pytest.mark.parametrize("name", sorted(MODELS))
def test_matrices_are_physical(name: str) -> None:
    """Positive, a1 not below any other element, unpolarised straight ahead and back; every model says
    where it is from.
    """
    found = optics(MODELS[name], 865.0)
    a1, a2, a3, b1 = phase_matrix(found.greek, np.cos(np.radians(np.linspace(0, 180, 181))))
    assert a1.min() > 0.0
    np.testing.assert_allclose(a2, a1, atol=1e-3 * a1.max())
    assert np.all(a3**2 + b1**2 <= a1**2 * (1 + 1e-4) + 1e-4)
    assert abs(b1[0]) < 1e-4 * a1[0]
    assert abs(b1[-1]) < 1e-3
    assert found.greek[0, 0] == pytest.approx(1.0)
    assert MODELS[name].source


def test_profiles_hold_their_columns() -> None:
    air = [
        Constituent(0.2, 1.0, rayleigh_greek(), 8.0),
        Constituent(0.1, 0.9, rayleigh_greek(0.1), 2.0),
        Constituent(0.05, 0.0, rayleigh_greek(), 5.0),
    ]
    layers = exponential_layers(air)
    assert sum(layer.depth for layer in layers) == pytest.approx(0.35)
    assert sum(layer.depth * layer.albedo for layer in layers) == pytest.approx(0.29)
    assert layers[0].albedo < 1.0
    with pytest.raises(BadParameter, match="levels"):
        exponential_layers(air, (1.0, 2.0))


def test_delta_m_keeps_the_field() -> None:
    """Coarse aerosol of degree 400 cut to 23 and 47: I within 2e-3 of the finer one away from the forward peak, albedo
    within 3e-4; the closed form of the first order does it.
    """
    found = optics(MODELS["maritime"], 865.0)
    layers = [Layer(0.02, 1.0, rayleigh_greek()), Layer(0.2, found.albedo, found.greek)]
    mu = np.array([0.5, 0.7, 0.95])
    few, many = (solve(layers, mu, mu, [0.0, 90.0, 180.0], streams=n, tolerance=1e-6) for n in (16, 32))
    np.testing.assert_allclose(few.up[0], many.up[0], rtol=2e-3)
    np.testing.assert_allclose(few.albedo, many.albedo, rtol=3e-4)
    rough = solve(
        [Layer(0.02, 1.0, rayleigh_greek()), Layer(0.2, found.albedo, found.greek[:, :24])],
        mu,
        mu,
        [0.0, 90.0, 180.0],
        streams=16,
        tolerance=1e-6,
    )
    assert np.abs(rough.up[0] / many.up[0] - 1).max() > 0.01  # cut without either correction


def test_mixing_commutes_with_the_first_order() -> None:
    """A thin mixture is the sum of its parts."""
    aerosol = optics(MODELS["continental"], 550.0)
    parts = [(1e-5, 1.0, rayleigh_greek()), (2e-5, aerosol.albedo, aerosol.greek)]
    scattered = [d * w for d, w, _ in parts]
    mixed = Layer(3e-5, sum(scattered) / 3e-5, mixture(scattered, [g for _, _, g in parts]))
    together = solve([mixed], [0.6], [0.8], [40.0]).up
    apart = sum(solve([Layer(*part)], [0.6], [0.8], [40.0]).up for part in parts)
    np.testing.assert_allclose(together, apart, rtol=1e-3)


def test_wavelengths_outside_the_tables() -> None:
    with pytest.raises(BadParameter, match="300 to 2500"):
        optics(MODELS["urban"], 10600.0)


def test_inconsistent_models() -> None:
    with pytest.raises(BadParameter, match="a fraction a mode"):
        AerosolModel("odd", (Mode(0.4, 0.5, PLAIN),), (0.5,), "made up")
