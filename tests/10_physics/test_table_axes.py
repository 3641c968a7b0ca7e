"""Axes, modes and interpolation of the tables, and the tables that are shipped by what light must do: conserve energy,
be reciprocal, add up over azimuth.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.interpolate import lagrange as scipy_lagrange

from estran.physics.radiative_transfer.fourier import modes_of, modes_sum, narrowed, place_of_zenith, zeniths
from estran.physics.radiative_transfer.lagrange import blend, even_start, even_weights
from estran.physics.radiative_transfer.molecules import between_nodes, layer_functions
from estran.physics.radiative_transfer.rows import row
from estran.physics.radiative_transfer.table_aerosol import ANGLES, BANDS, SHIPPED_MODELS
from estran.physics.radiative_transfer.table_rayleigh import DEEPEST, LOWEST
from estran.physics.radiative_transfer.tables import aerosol_plan, aerosol_table, plans, rayleigh_table, sky_glint_table
from estran.physics.rayleigh import optical_depth
from estran.physics.sea_surface import RoughSea
from estran.sensors.bands import SENTINEL2

Float = npt.NDArray[np.float64]
depths, cosines = st.floats(0.0, DEEPEST), st.floats(0.1, 1.0)

pytestmark = pytest.mark.usefixtures("one_thread")


# --- weights


@given(st.floats(0.0, 3.0))
def test_four_weights_are_lagranges(offset: float) -> None:
    """SciPy's polynomial through the four unit vectors, and sums that any such weights have."""
    found = np.array(even_weights(offset))
    for k in range(4):
        unit = np.eye(4)[k]
        assert found[k] == pytest.approx(float(scipy_lagrange(np.arange(4.0), unit)(offset)), abs=1e-12)
    assert found.sum() == pytest.approx(1.0)
    assert found @ np.arange(4.0) ** 3 == pytest.approx(offset**3, abs=1e-11)


@given(st.floats(0.0, 40.0), st.integers(4, 41))
def test_a_stencil_surrounds_its_place(place: float, nodes: int) -> None:
    if place > nodes - 1:
        return
    first = even_start(place, nodes)
    assert 0 <= first <= nodes - 4
    assert first <= place <= first + 3
    if 1.0 <= place < nodes - 2:
        assert first + 1 <= place < first + 2


@given(st.lists(st.floats(0.1, 3.0), min_size=1, max_size=9), st.floats(0.0, 1.0))
def test_blend_on_uneven_nodes(steps: list[float], part: float) -> None:
    """Weights sum to 1, give linear functions back, and touch four nodes at the most."""
    nodes = np.cumsum([0.0, *steps])
    at = float(part * nodes[-1])
    found = blend(nodes, at)
    assert found.sum() == pytest.approx(1.0)
    assert found @ nodes == pytest.approx(at, abs=1e-9 * nodes[-1])
    assert np.count_nonzero(found) <= 4
    for k, node in enumerate(nodes):
        np.testing.assert_allclose(blend(nodes, float(node)), np.eye(nodes.size)[k], atol=1e-12)


# --- zeniths


@settings(max_examples=40)
@given(st.floats(0.1, 0.95), st.floats(0.2, 1.4), st.integers(4, 40))
def test_places_and_zeniths_are_inverse(stretch: float, widest: float, nodes: int) -> None:
    angles = zeniths(stretch, widest, nodes)
    assert angles[0] == 0.0
    assert angles[-1] == pytest.approx(widest)
    assert (np.diff(angles) > 0).all()
    np.testing.assert_allclose(place_of_zenith(np.cos(angles), stretch, widest, nodes), np.arange(nodes), atol=1e-5)


def test_outside_the_axis_there_is_no_place() -> None:
    cosine = np.array([1.0 + 1e-9, np.cos(1.21), -0.5, np.nan])
    assert np.isnan(place_of_zenith(cosine, 0.5, 1.2, 9)).all()
    assert place_of_zenith(np.array([np.cos(1.2)]), 0.5, 1.2, 9)[0] == pytest.approx(8.0)


# --- azimuth modes


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_modes_come_back(count: int, seed: int) -> None:
    """A field made of so many modes, sampled evenly at twice as many azimuths or more, gives them back."""
    rng, angle = np.random.default_rng(seed), 2 * np.pi * np.arange(2 * count + 3) / (2 * count + 3)
    i, q, u = rng.normal(size=(3, count))
    wave = np.cos(np.outer(np.arange(count), angle)), np.sin(np.outer(np.arange(count), angle))
    found = modes_of(np.stack([i @ wave[0], q @ wave[0], u @ wave[1]]), count)
    np.testing.assert_allclose(found, [*i, *q, *u[1:]], atol=1e-10)


def cubic_table(seed: int, stokes: int, count: int) -> tuple[Float, list[npt.NDArray[np.float64]]]:
    """Modes on axes of (5, 6, 7, 8) nodes that are a product of cubics, and these."""
    rng = np.random.default_rng(seed)
    stored = count if stokes == 1 else 3 * count - 1
    polynomials = [rng.normal(size=4) * [1.0, 0.1, 0.01, 0.001] for _ in range(4)]
    axes = [np.polynomial.polynomial.polyval(np.arange(float(n)), p) for n, p in zip((5, 6, 7, 8), polynomials)]
    modes = rng.normal(size=stored)
    table = np.einsum("a,b,c,d,m->abcdm", *axes, modes)
    return np.ascontiguousarray(table), [*polynomials, modes]


@settings(max_examples=25)
@given(
    st.integers(0, 10**6), st.floats(0.0, 4.0), st.floats(0.0, 5.0), st.floats(0.0, 6.0), st.floats(0.0, 7.0),
    st.floats(0.0, 6.28), st.sampled_from([1, 3]),
)  # fmt: skip
def test_sums_of_modes_are_exact_for_cubics(
    seed: int, a: float, b: float, v: float, s: float, azimuth: float, stokes: int
) -> None:
    """In all four axes, with cosines and sines of the azimuth; with axes narrowed first, too."""
    count = 3
    table, (*polynomials, modes) = cubic_table(seed, stokes, count)
    scale = np.prod([np.polynomial.polynomial.polyval(x, p) for x, p in zip((a, b, v, s), polynomials)])
    m = np.arange(count)
    expected = [scale * (modes[:count] @ np.cos(m * azimuth))]
    if stokes == 3:
        expected.append(scale * (modes[count : 2 * count] @ np.cos(m * azimuth)))
        expected.append(scale * (modes[2 * count :] @ np.sin(m[1:] * azimuth)))
    one = [np.array([x]) for x in (a, b, v, s)]
    largest = np.abs(table).max() + 1.0
    for of in (table, narrowed(table, one[0], one[1])):
        found = modes_sum(1, stokes, of, *one, np.array([azimuth]), count)
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-10 * largest)


def test_a_pixel_without_a_place_is_no_number_alone() -> None:
    table, _ = cubic_table(1, 1, 2)
    place = np.array([1.0, np.nan, 2.0])
    found = modes_sum(3, 1, table, place, np.ones(1), np.ones(1), np.ones(1), np.zeros(1), 2)
    np.testing.assert_array_equal(np.isnan(found[0]), [False, True, False])


@pytest.mark.parametrize("shape", [(), (3,), (2, 4)])
def test_rows_are_one_number_or_all(shape: tuple[int, ...]) -> None:
    assert row(np.asarray(2.5), shape).tolist() == [2.5]
    full = row(np.broadcast_to(np.arange(4.0), (2, 4)), (2, 4))
    assert full.tolist() == [0.0, 1.0, 2.0, 3.0] * 2
    assert full.flags.c_contiguous


# --- molecules


@pytest.mark.parametrize("depth", [1e-4, 1e-3])
def test_thin_layers_have_functions_close_to_their_limits(depth: float) -> None:
    """X is 1 and Y the direct beam but for terms of the depth; the sphere sends back its depth (RTT-7): S = tau."""
    mu = np.array([0.3, 0.7, 1.0])
    found = layer_functions(depth, 0.0, mu)
    assert np.abs(found.scattered).max() < 6.0 * depth
    # Half of what is scattered goes down: depth over twice the cosine.
    np.testing.assert_allclose(found.diffuse, depth / (2 * mu), rtol=10 * depth)
    assert found.spherical_albedo == pytest.approx(depth, rel=20 * depth)


def test_no_layer_no_functions() -> None:
    found = layer_functions(0.0, 0.03, np.array([0.5]))
    assert not found.scattered.any()
    assert found.spherical_albedo == 0.0


@given(depths, cosines)
def test_tables_of_two_axes_are_smooth_functions_again(depth: float, cosine: float) -> None:
    """A cubic of the roots of depth and cosine, on the axes of the table, comes back."""
    d, c = np.linspace(0.0, np.sqrt(DEEPEST), 12), np.linspace(np.sqrt(LOWEST), 1.0, 9)
    of = lambda t, m: 1.0 + t - 0.3 * t**3 + 0.5 * m**3 - t * m * m  # noqa: E731 - a cubic
    table = of(d[:, None], c[None, :])
    found = between_nodes(1, table, DEEPEST, LOWEST, np.array([depth]), np.array([cosine]))
    assert found[0] == pytest.approx(of(np.sqrt(depth), np.sqrt(cosine)), abs=1e-11)


def hemisphere(nodes: int = 24) -> tuple[Float, Float]:
    """Cosines and weights 2 mu dmu over a hemisphere, with nodes even in the root of the cosine as the solver's."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = 0.5 * (x + 1), 0.5 * w
    mu = x * x
    return mu, 2 * mu * 2 * x * w


@pytest.mark.parametrize("depth", [0.02, 0.15, 0.6, 1.2])
@pytest.mark.parametrize("sun", [0.15, 0.5, 1.0])
def test_molecules_conserve_light(depth: float, sun: float) -> None:
    """What leaves the top, as the mean over azimuth and hemisphere of path reflectances, and what falls on the ground:
    all of the Sun's light, to 1e-4.
    """
    table = rayleigh_table()
    mu, weight = hemisphere()
    inside = mu > LOWEST
    azimuth = np.arange(6) * 60.0
    up = table.path_reflectance(depth, sun, mu[inside][:, None], azimuth).mean(axis=1) @ weight[inside]
    # Below the table's lowest cosine reflectance goes as that at its end; its weight is 4e-4.
    up += float(table.path_reflectance(depth, sun, LOWEST, azimuth).mean()) * weight[~inside].sum()
    assert up + float(table.transmittance(depth, sun)) == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("depth", [0.05, 0.3, 1.0])
def test_molecules_send_back_the_mean_of_what_they_do_not_let_through(depth: float) -> None:
    """Spherical albedo is 1 less the mean transmittance over the hemisphere."""
    table = rayleigh_table()
    mu, weight = hemisphere()
    inside = mu > LOWEST
    through = table.transmittance(depth, mu[inside]) @ weight[inside]
    assert float(table.spherical_albedo(depth)) == pytest.approx(1.0 - through, abs=5e-4)


@settings(max_examples=40)
@given(depths, cosines, cosines, st.floats(0.0, 360.0))
def test_molecules_are_reciprocal_and_mirror_symmetric(depth: float, sun: float, view: float, azimuth: float) -> None:
    """In the reflectance pi L / (mu_s E) Sun and view may be exchanged; to the left of the Sun's plane U has the other
    sign than to the right.
    """
    table = rayleigh_table()
    here = table.path_stokes(depth, sun, view, azimuth)
    assert float(table.path_reflectance(depth, view, sun, azimuth)) == pytest.approx(float(here[0]), rel=1e-6, abs=1e-9)
    np.testing.assert_allclose(table.path_stokes(depth, sun, view, -azimuth), here * [1, 1, -1], atol=1e-9)
    assert np.hypot(here[1], here[2]) <= here[0] + 1e-6


@settings(max_examples=30)
@given(st.floats(0.01, 1.2), cosines, cosines)
def test_molecules_by_scattering_once_are_the_least(depth: float, sun: float, view: float) -> None:
    """More is scattered than once, and direct and diffuse light grow into one another."""
    table = rayleigh_table()
    slant = 1 / sun + 1 / view
    cosine = -sun * view + np.sqrt((1 - sun**2) * (1 - view**2))
    fraction = (1 - 0.028) / (1 + 0.014)
    once = (1 + 0.25 * fraction * (3 * cosine**2 - 1)) * -np.expm1(-depth * slant) / (4 * (sun + view))
    assert float(table.path_reflectance(depth, sun, view, 0.0)) > once * 0.99
    direct, whole = table.direct_transmittance(depth, sun), table.transmittance(depth, sun)
    assert 0.0 < float(direct) < float(whole) < 1.0


# --- aerosol and sea


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_aerosols_lose_light_and_make_none(model: str) -> None:
    """Transmittance falls with thickness and air mass; the direct beam is its least; of
    particles that absorb little, spherical albedo grows.
    """
    table = aerosol_table(model)
    thickness, mu = np.linspace(0.0, 1.0, 11), np.array([0.2, 0.5, 1.0])
    for band in ("B1", "B4", "B11"):
        through = table.transmittance(band, thickness[:, None], mu)
        assert (np.diff(through, axis=0) < 0).all()
        assert (np.diff(through, axis=1) > 0).all()
        assert ((through > 0) & (through < 1)).all()
        back = table.spherical_albedo(band, thickness)
        k = table.bands.index(band)
        assert ((back > 0) & (back < 0.5)).all()
        if table.numbers[k, 3] > 0.9:
            assert (np.diff(back) > 0).all()
        beam = np.exp(-(table.numbers[k, 0] + thickness[:, None] * table.numbers[k, 2]) / mu)
        assert (through > beam).all()


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_phase_functions_are_those_of_the_model(model: str) -> None:
    """Positive, and over the angles of the table, most of the backward hemisphere, of less than half of all light."""
    table = aerosol_table(model)
    assert table.phase.shape == (13, ANGLES.size)
    assert (table.phase > 0).all()
    backward = 0.5 * integrate.trapezoid(table.phase * np.sin(ANGLES), ANGLES, axis=1)
    assert ((backward > 0.02) & (backward < 0.35)).all()
    assert (table.numbers[:, 3] <= 1.0).all()
    assert (table.numbers[:, 3] > 0.3).all()


def test_brighter_paths_under_thicker_haze_of_clear_particles() -> None:
    table = aerosol_table("maritime")
    found = table.path_reflectance("B8A", np.linspace(0, 1, 6), 0.7, 1.0, 90.0)
    assert (np.diff(found) > 0).all()


def test_bands_of_the_table_are_those_of_the_sensor() -> None:
    """Centres within a nanometre of the declared bands, which the simulator uses."""
    for band in SENTINEL2:
        assert BANDS[band.name] == pytest.approx(band.wavelength, abs=1.0)


@pytest.mark.parametrize("wind", [2.0, 7.0])
def test_the_sea_reflects_skylight_by_fresnel_at_least(wind: float) -> None:
    """What a sea adds is more than 1.5 percent of the diffuse light that falls on it, less than a tenth, and the more
    the bluer.
    """
    table, air = sky_glint_table(), rayleigh_table()
    added = []
    for nm in (443.0, 560.0, 865.0):
        depth = float(optical_depth(nm))
        found = float(table.reflectance(depth, 0.7, 1.0, 90.0, wind))
        diffuse = float(air.diffuse_transmittance(depth, 0.7))
        assert 0.015 * diffuse < found < 0.1 * diffuse
        added.append(found)
    assert added == sorted(added, reverse=True)
    assert RoughSea(wind).index.real == 1.34


def test_no_air_adds_nothing_to_the_sea() -> None:
    np.testing.assert_allclose(sky_glint_table().stokes(0.0, 0.7, 0.9, [0.0, 90.0], 5.0), 0.0, atol=1e-12)


# --- plans


def test_plans_name_their_pieces_once() -> None:
    for plan in (*plans("rayleigh"), *plans("aerosol", ["urban"])):
        assert len(set(plan.pieces)) == len(plan.pieces)
        assert plan.record["page"] == "docs/ATBD/rt_tables.md"
        assert plan.record["input sources of estran.physics"].startswith("sha256:")
    assert [plan.name for plan in plans("aerosol")] == [f"aerosol_{model}.npz" for model in SHIPPED_MODELS]
    assert aerosol_plan("dust").record["bands"].split(", ") == list(BANDS)
