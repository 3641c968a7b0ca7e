"""Slabs of air against methods that fraction nothing with adding and doubling: functions of Chandrasekhar, integral
equations, photons at random.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from estran.errors import BadParameter
from estran.physics.radiative_transfer import Constituent, Lambertian, Layer, exponential_layers, solve
from estran.physics.radiative_transfer.directions import Directions
from estran.physics.radiative_transfer.kernel import Kernel
from estran.physics.radiative_transfer.slab import Slab, homogeneous, on_ground, once_scattered, stack
from estran.physics.radiative_transfer.solve import remainder
from estran.physics.scattering import rayleigh_greek

Float = npt.NDArray[np.float64]
EVEN = np.concatenate([np.eye(4, 1), np.zeros((4, 2))], axis=1)
"""Greek coefficients of scattering that is even in all directions and unpolarised."""
MU = np.array([0.2, 0.5, 0.8, 1.0])


def henyey(g: float, degree: int = 40) -> Float:
    """Henyey and Greenstein's function, which does not polarise."""
    k = np.arange(degree + 1)
    out = np.zeros((4, degree + 1))
    out[0] = (2 * k + 1) * g**k
    return out


def slab_of(layer: Layer, mode: int = 0, streams: int = 12, degree: int = 8) -> Slab:
    directions = Directions.of(streams, MU, MU)
    kernel = Kernel(mode, degree, directions.rows, directions.columns)
    reflected, transmitted = kernel.reflected_transmitted(layer.greek)
    return homogeneous(layer, reflected[None], transmitted[None], directions)


# --- functions of Chandrasekhar


def h_function(albedo: float, nodes: int = 64) -> tuple[Float, Float, Float]:
    """Nodes, weights and H of isotropic scattering, by iteration of 1/H = sqrt(1 - w) + w/2 int mu' H / (mu + mu')
    (Chandrasekhar 1950, chapter 5).
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    mu, w = 0.5 * (x + 1), 0.5 * w
    h = np.ones(nodes)
    for _ in range(2000):
        new = 1.0 / (np.sqrt(1.0 - albedo) + 0.5 * albedo * ((w * mu * h) / (mu[:, None] + mu)).sum(axis=1))
        if np.abs(new - h).max() < 1e-14:
            break
        h = np.sqrt(h * new)  # without the mean, what is too large comes out as much too small, for ever
    return mu, w, h


def h_at(mu: Float, albedo: float) -> Float:
    nodes, w, h = h_function(albedo)
    return np.asarray(
        1.0 / (np.sqrt(1.0 - albedo) + 0.5 * albedo * ((w * nodes * h) / (mu[:, None] + nodes)).sum(axis=1))
    )


def test_the_functions_h_are_the_published_ones() -> None:
    """Chandrasekhar (1950), table XI, for albedo 1: H(0.5) = 2.0128, H(1) = 2.9078. And their integral is
    2 / w (1 - sqrt(1 - w)) for any albedo.
    """
    np.testing.assert_allclose(h_at(np.array([0.5, 1.0]), 1.0), [2.0128, 2.9078], atol=1e-4)
    for albedo in (0.3, 0.9):
        _, w, h = h_function(albedo)
        assert w @ h == pytest.approx(2.0 / albedo * (1.0 - np.sqrt(1.0 - albedo)), rel=1e-9)


@pytest.mark.parametrize("albedo", [0.3, 0.8, 0.95])
def test_a_half_space_of_even_scatterers(albedo: float) -> None:
    """R = w / 4 H(mu) H(mu') / (mu + mu'), closed but for H; a depth of 40 is all but endless."""
    found = solve([Layer(40.0, albedo, EVEN)], MU, MU, [0.0], streams=24).up[0, :, :, 0]
    h = h_at(MU, albedo)
    np.testing.assert_allclose(found, 0.25 * albedo * h[:, None] * h / (MU[:, None] + MU), rtol=2e-5)


@pytest.mark.parametrize("albedo", [0.5, 0.9])
def test_the_albedo_of_a_half_space(albedo: float) -> None:
    """Plane albedo 1 - sqrt(1 - w) H(mu); spherical albedo as its mean over the hemisphere."""
    found = solve([Layer(40.0, albedo, EVEN)], MU, [], [], streams=24)
    np.testing.assert_allclose(found.albedo, 1.0 - np.sqrt(1.0 - albedo) * h_at(MU, albedo), rtol=1e-5)
    mu, w, h = h_function(albedo)
    expected = 2.0 * (w * mu) @ (1.0 - np.sqrt(1.0 - albedo) * h)
    assert found.spherical_albedo == pytest.approx(float(expected), rel=1e-5)


def exponential_integral_solution(depth: float, albedo: float, mu_s: float, points: int = 400) -> tuple[float, float]:
    """Albedo and diffuse transmittance of an even scatterer, from Milne's integral equation of its source function on
    midpoints of depth: no directions at all.
    """
    edges = np.linspace(0.0, depth, points + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    # int E1(|t - t'|) dt' over a cell is exact by E2.
    from scipy.special import expn

    upper, lower = edges[1:][None, :] - middle[:, None], edges[:-1][None, :] - middle[:, None]

    def primitive(x: Float) -> Float:
        return np.asarray(np.sign(x) * (1.0 - expn(2, np.abs(x))))

    kernel = 0.5 * (primitive(upper) - primitive(lower))
    beam = 0.25 * albedo * np.exp(-middle / mu_s)
    source = np.linalg.solve(np.eye(points) - albedo * kernel, beam)
    step = depth / points
    up = 2.0 * np.sum(source * expn(2, middle)) * step / mu_s
    down = 2.0 * np.sum(source * expn(2, depth - middle)) * step / mu_s
    return float(up), float(down)


@pytest.mark.parametrize("depth", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("albedo", [0.6, 0.99])
def test_fluxes_by_milnes_integral_equation(depth: float, albedo: float) -> None:
    found = solve([Layer(depth, albedo, EVEN)], [0.6], [], [])
    up, down = exponential_integral_solution(depth, albedo, 0.6)
    assert float(found.albedo[0]) == pytest.approx(up, rel=2e-3)
    assert float(found.transmittance[0] - found.direct[0]) == pytest.approx(down, rel=2e-3)
    assert float(found.direct[0]) == pytest.approx(np.exp(-depth / 0.6))


# --- photons at random


def photons(
    layers: list[tuple[float, float, float]], mu_s: float, ground: float, count: int, seed: int
) -> tuple[float, float]:
    """Fractions of photons that leave the top, and that fall on the ground (each bounce counted), in layers of
    (depth, albedo, asymmetry) of Henyey and Greenstein; weights are cut by absorption.
    """
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum([d for d, _, _ in layers])])
    albedos, asymmetries = (np.array([layer[k] for layer in layers]) for k in (1, 2))
    at, mu, weight = np.zeros(count), np.full(count, -mu_s), np.ones(count)
    escaped, fallen = 0.0, 0.0
    for _ in range(400):
        at = at - mu * rng.exponential(size=at.size)
        out, down = at <= 0.0, at >= edges[-1]
        escaped += weight[out].sum()
        fallen += weight[down].sum()
        # Ground photons start again upwards, as of an even surface, with the ground's albedo.
        at = np.where(down, edges[-1], at)
        weight = np.where(down, weight * ground, weight)
        inside = ~out & ~down
        k = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(layers) - 1)
        weight = np.where(inside, weight * albedos[k], weight)
        g = asymmetries[k]
        xi = rng.uniform(size=at.size)
        cosine = np.where(
            np.abs(g) < 1e-6, 2 * xi - 1, (1 + g * g - ((1 - g * g) / (1 - g + 2 * g * xi)) ** 2) / (2 * g + (g == 0))
        )
        turn = rng.uniform(0.0, 2 * np.pi, at.size)
        turned = mu * cosine + np.sqrt(np.maximum((1 - mu * mu) * (1 - cosine * cosine), 0.0)) * np.cos(turn)
        mu = np.where(down, np.sqrt(rng.uniform(size=at.size)), turned)
        kept = ~out & (weight > 1e-4)
        at, mu, weight = at[kept], mu[kept], weight[kept]
        if not at.size:
            break
    return escaped / count, fallen / count


@pytest.mark.parametrize(
    ("layers", "mu_s", "ground"),
    [
        ([(0.5, 1.0, 0.0)], 0.7, 0.0),
        ([(0.3, 1.0, 0.0), (0.6, 0.9, 0.7)], 0.5, 0.0),
        ([(2.0, 0.98, 0.75)], 0.9, 0.6),
    ],
)
def test_fluxes_by_photons(layers: list[tuple[float, float, float]], mu_s: float, ground: float) -> None:
    """200 000 photons: within four standard deviations, 0.0045, of albedo and transmittance."""
    found = solve(
        [Layer(d, w, henyey(g) if g else EVEN) for d, w, g in layers], [mu_s], [], [], Lambertian(ground), streams=20
    )
    up, down = photons(layers, mu_s, ground, 200_000, 5)
    assert float(found.albedo[0]) == pytest.approx(up, abs=4.5e-3)
    assert float(found.transmittance[0]) == pytest.approx(down, abs=4.5e-3)


# --- algebra of slabs


def layers_at(seed: int) -> list[Layer]:
    rng = np.random.default_rng(seed)
    return [Layer(float(rng.uniform(0.05, 0.8)), float(rng.uniform(0.6, 1.0)), rayleigh_greek(0.03)) for _ in range(3)]


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_stacking_is_associative(mode: int, seed: int) -> None:
    a, b, c = (slab_of(layer, mode, degree=2) for layer in layers_at(seed))
    left, right = stack(stack(a, b), c), stack(a, stack(b, c))
    for name in ("reflection", "transmission", "reflection_below", "transmission_below", "row", "column"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), atol=1e-12)


@pytest.mark.parametrize("mode", [0, 2])
def test_a_slab_on_itself_is_one_of_twice_the_depth(mode: int) -> None:
    half, whole = (slab_of(Layer(d, 0.95, rayleigh_greek(0.03)), mode, degree=2) for d in (0.4, 0.8))
    twice = stack(half, half)
    np.testing.assert_allclose(twice.reflection, whole.reflection, atol=3e-7)
    np.testing.assert_allclose(twice.transmission, whole.transmission, atol=3e-7)


def test_an_empty_slab_changes_nothing() -> None:
    air, nothing = (
        slab_of(Layer(0.5, 0.9, rayleigh_greek()), degree=2),
        slab_of(Layer(0.0, 0.0, rayleigh_greek()), degree=2),
    )
    for both in (stack(nothing, air), stack(air, nothing)):
        for name in ("reflection", "transmission", "reflection_below", "transmission_below"):
            np.testing.assert_allclose(getattr(both, name), getattr(air, name), atol=1e-14)


def test_a_homogeneous_slab_has_no_up_and_down() -> None:
    """From below it reflects as from above, but for the sign of U: I and Q of mode 0 have no such sign."""
    slab = slab_of(Layer(0.7, 0.9, rayleigh_greek(0.03)), degree=2)
    inside = slab.reflection_below.shape[-1]
    np.testing.assert_allclose(slab.reflection[..., :inside], slab.reflection_below, atol=1e-13)
    np.testing.assert_allclose(slab.transmission[..., :inside], slab.transmission_below, atol=1e-13)


def test_a_white_ground_below_clear_air() -> None:
    """Without air between, light on the ground is the beam, what rises is the ground's."""
    air = slab_of(Layer(0.0, 0.0, rayleigh_greek()), degree=2)
    ground = 0.3 * np.ones_like(air.reflection)
    down, top, glint = on_ground(air, ground)
    assert np.abs(down).max() < 1e-14
    assert np.abs(top).max() < 1e-14
    np.testing.assert_allclose(glint, ground, atol=1e-14)


# --- light scattered once


@settings(max_examples=40)
@given(st.floats(0.02, 1.0), st.floats(0.02, 1.0), st.floats(1e-6, 20.0))
def test_scattered_once_by_quadrature(view: float, sun: float, depth: float) -> None:
    """Reflectance is the integral over depth of what arrives, is scattered evenly and leaves: scipy's quadrature."""
    back, forth = once_scattered(view, sun, depth)
    scale = 1.0 / (4.0 * view * sun)
    top = integrate.quad(lambda t: np.exp(-t / sun - t / view), 0.0, depth, epsabs=1e-14, limit=200)[0]
    bottom = integrate.quad(lambda t: np.exp(-t / sun - (depth - t) / view), 0.0, depth, epsabs=1e-14, limit=200)[0]
    assert float(back) == pytest.approx(scale * top, rel=1e-6, abs=1e-12)
    assert float(forth) == pytest.approx(scale * bottom, rel=1e-6, abs=1e-12)


@given(st.floats(0.05, 1.0), st.floats(0.0, 5.0))
def test_equal_directions_need_no_case(mu: float, depth: float) -> None:
    """Transmission at view = sun is d exp(-d / mu) / (4 mu²); directions a hair apart agree."""
    here, near = (float(once_scattered(mu * (1.0 + e), mu, depth)[1]) for e in (0.0, 1e-9))
    assert here == pytest.approx(depth * np.exp(-depth / mu) / (4 * mu * mu), rel=1e-12, abs=1e-300)
    assert near == pytest.approx(here, rel=1e-6, abs=1e-12)


def test_what_was_scattered_more_than_once_is_the_rest() -> None:
    """remainder plus scattering once is the whole reflectance, at any azimuth."""
    layers = [Layer(0.3, 0.95, rayleigh_greek(0.03))]
    rest = remainder(layers, MU, MU, 3)
    azimuth = np.array([0.0, 70.0, 180.0])
    whole = solve(layers, MU, MU, azimuth)
    s, v = MU[None, :, None], MU[:, None, None]
    cosine = -s * v + np.sqrt(1 - s * s) * np.sqrt(1 - v * v) * np.cos(np.radians(azimuth))
    fraction = (1 - 0.03) / (1 + 0.015)
    phase = 1.0 + 0.25 * fraction * (3.0 * cosine**2 - 1.0)
    once = 0.95 * phase * once_scattered(v, s, 0.3)[0]
    more = sum(rest.modes[m][..., None] * np.cos(m * np.radians(azimuth)) for m in range(3))
    np.testing.assert_allclose(once + more, whole.up[0], atol=1e-9)
    np.testing.assert_allclose(rest.transmittance, whole.transmittance, atol=1e-12)
    assert rest.spherical_albedo == pytest.approx(whole.spherical_albedo)


# --- directions, layers, profiles


@pytest.mark.parametrize("streams", [4, 8, 24])
def test_nodes_integrate_fluxes(streams: int) -> None:
    """Squares of the scales are the weights 2 mu dmu: their sum is 1, and the mean of mu is 2/3."""
    d = Directions.of(streams, np.array([0.4]), np.array([0.7, 1.0]))
    weight = d.row_scale[:streams] ** 2
    assert weight.sum() == pytest.approx(1.0)
    assert weight @ d.rows[:streams] == pytest.approx(2.0 / 3.0)
    assert weight @ d.rows[:streams] ** 2 == pytest.approx(0.5)
    np.testing.assert_array_equal(d.row_scale[streams:], [1.0])
    np.testing.assert_array_equal(d.columns[streams:], [0.7, 1.0])


@given(st.floats(0.05, 0.9), st.floats(0.1, 3.0), st.floats(0.5, 1.0), st.integers(3, 20))
def test_delta_m_keeps_what_it_must(g: float, depth: float, albedo: float, degree: int) -> None:
    """Absorption stays, scattering falls by the peak g^(degree + 1), and so does what of the asymmetry is in it
    (Wiscombe 1977); (1 - w g) times the depth is the same before and after.
    """
    layer = Layer(depth, albedo, henyey(g))
    cut = layer.without_peak(degree)
    peak = g ** (degree + 1)
    assert cut.depth * (1.0 - cut.albedo) == pytest.approx(depth * (1.0 - albedo), rel=1e-9, abs=1e-12)
    assert cut.depth * cut.albedo == pytest.approx(depth * albedo * (1.0 - peak), rel=1e-9)
    similar = [x.depth * (1.0 - x.albedo * x.greek[0, 1] / 3.0) for x in (layer, cut)]
    assert similar[1] == pytest.approx(similar[0], rel=1e-9)
    assert cut.greek.shape == (4, degree + 1)
    assert float(cut.greek[0, 0]) == pytest.approx(1.0)
    assert layer.without_peak(40) is layer


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.3, 9.0)), min_size=1, max_size=3))
def test_layers_hold_exponential_columns(parts: list[tuple[float, float]]) -> None:
    """Depth between two heights by quadrature of the density."""
    constituents = [Constituent(depth, 1.0, EVEN, height) for depth, height in parts]
    borders = (10.0, 3.0, 1.0)
    found = exponential_layers(constituents, borders)
    edges = [400.0, *borders, 0.0]
    for layer, top, bottom in zip(found, edges, edges[1:], strict=False):
        expected = sum(
            integrate.quad(lambda z, d=d, h=h: d / h * np.exp(-z / h), bottom, min(top, bottom + 60 * h))[0]
            for d, h in parts
        )
        assert layer.depth == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("constituents", "levels", "words"),
    [
        ([], (8.0, 1.0), "something in the air"),
        ([Constituent(0.1, 1.0, EVEN, 8.0)], (1.0, 8.0), "falling heights"),
        ([Constituent(0.1, 1.0, EVEN, 8.0)], (8.0, 0.0), "falling heights"),
        ([Constituent(-0.1, 1.0, EVEN, 8.0)], (8.0, 1.0), "depth 0 or more"),
        ([Constituent(0.1, 1.0, EVEN, 0.0)], (8.0, 1.0), "height above 0"),
    ],
)
def test_impossible_profiles_get_a_sentence(constituents: list, levels: tuple, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        exponential_layers(constituents, levels)
