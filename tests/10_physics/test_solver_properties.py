"""What the field of the solver may not depend on, and what it must grow or fall with: directions asked for,
absorption, depth, the order of layers, the ground.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.errors import BadGeometry, BadParameter
from estran.physics.radiative_transfer import Lambertian, Layer, solve
from estran.physics.radiative_transfer.kernel import Kernel
from estran.physics.scattering import rayleigh_greek

Float = npt.NDArray[np.float64]
MU = np.array([0.25, 0.6, 0.95])
PHI = np.array([0.0, 60.0, 180.0, 250.0])
AIR = rayleigh_greek(0.03)


def haze(g: float = 0.65, degree: int = 20) -> Float:
    """Henyey and Greenstein's function with the polarisation of molecules in what is left at second degree."""
    k = np.arange(degree + 1)
    out = np.zeros((4, degree + 1))
    out[0] = (2 * k + 1) * g**k
    out[1, 2], out[3, 2] = 0.3, -0.2
    return out


# --- the kernel


@pytest.mark.parametrize("greek", [AIR, haze()], ids=["air", "haze"])
def test_every_direction_scatters_all_it_gets(greek: Float) -> None:
    """Mode 0 of the phase function, over all leaving directions up and down, is 1 on average: for any arriving one."""
    x, w = np.polynomial.legendre.leggauss(30)
    mu, w = 0.5 * (x + 1), 0.5 * w
    back, forth = Kernel(0, greek.shape[1] - 1, mu, MU).reflected_transmitted(greek)
    total = 0.5 * np.einsum("i,ij->j", w, back[:, 0, :, 0] + forth[:, 0, :, 0])
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


@pytest.mark.parametrize("mode", [0, 1, 2, 5])
def test_the_kernel_is_symmetric(mode: int) -> None:
    """Rows and columns exchanged transpose the modes; for light that turns back the row of U has the other sign."""
    greek = haze()
    there, back = (Kernel(mode, 20, *pair).reflected_transmitted(greek) for pair in ((MU, MU[:2]), (MU[:2], MU)))
    signs = np.array([1.0, 1.0, -1.0])[: there[0].shape[1]]
    np.testing.assert_allclose(there[1], back[1].transpose(2, 3, 0, 1), atol=1e-12)
    turned = signs[:, None, None] * there[0] * signs
    np.testing.assert_allclose(turned, back[0].transpose(2, 3, 0, 1), atol=1e-12)


def test_molecules_have_three_modes() -> None:
    assert np.abs(np.array(Kernel(3, 4, MU, MU).reflected_transmitted(AIR))).max() < 1e-15
    assert np.abs(np.array(Kernel(2, 4, MU, MU).reflected_transmitted(AIR))).max() > 0.01


# --- what does not matter


def test_directions_asked_for_do_not_meet() -> None:
    """A direction's light is the same alone and among others; so is a single azimuth."""
    layers = [Layer(0.2, 1.0, AIR), Layer(0.3, 0.9, haze())]
    together = solve(layers, MU, MU, PHI, Lambertian(0.2))
    alone = solve(layers, MU[1:2], MU[2:], PHI[1:2], Lambertian(0.2))
    np.testing.assert_allclose(alone.up[:, 0, 0, 0], together.up[:, 2, 1, 1], atol=1e-9)
    np.testing.assert_allclose(alone.down[:, 0, 0, 0], together.down[:, 2, 1, 1], atol=1e-9)
    np.testing.assert_allclose(alone.albedo, together.albedo[1:2], rtol=1e-12)
    assert alone.spherical_albedo == pytest.approx(together.spherical_albedo, rel=1e-12)


def test_numbers_and_arrays_are_the_same() -> None:
    one = solve([Layer(0.2, 1.0, AIR)], 0.6, 0.8, 30.0)
    assert one.up.shape == one.down.shape == (3, 1, 1, 1)
    assert one.albedo.shape == one.transmittance.shape == one.direct.shape == (1,)
    np.testing.assert_array_equal(one.up, solve([Layer(0.2, 1.0, AIR)], [0.6], [0.8], [30.0]).up)


def test_a_full_turn_is_none_and_sides_mirror() -> None:
    layers = [Layer(0.3, 0.95, haze())]
    here, turned, mirrored = (solve(layers, MU, MU, a) for a in (PHI, PHI + 360.0, -PHI))
    np.testing.assert_allclose(turned.up, here.up, atol=1e-12)
    np.testing.assert_allclose(mirrored.up[:2], here.up[:2], atol=1e-12)
    np.testing.assert_allclose(mirrored.up[2], -here.up[2], atol=1e-12)
    # In the Sun's plane U vanishes.
    assert np.abs(here.up[2, ..., [0, 2]]).max() < 1e-12


def test_empty_layers_are_nothing() -> None:
    empty = Layer(0.0, 0.5, haze())
    plain = solve([Layer(0.2, 1.0, AIR)], MU, MU, PHI, Lambertian(0.3))
    more = solve([empty, Layer(0.2, 1.0, AIR), empty], MU, MU, PHI, Lambertian(0.3))
    np.testing.assert_allclose(more.up, plain.up, atol=1e-9)
    np.testing.assert_allclose(more.transmittance, plain.transmittance, rtol=1e-9)


# --- what must grow or fall


@settings(max_examples=8)
@given(st.floats(0.02, 1.5), st.floats(0.3, 0.95), st.floats(0.0, 0.8))
def test_absorption_takes_light_everywhere(depth: float, albedo: float, ground: float) -> None:
    less, more = (solve([Layer(depth, w, AIR)], MU, MU, PHI, Lambertian(ground)) for w in (albedo, albedo + 0.05))
    assert (more.up[0] > less.up[0]).all()
    assert (more.transmittance > less.transmittance).all()
    assert (more.albedo > less.albedo).all()
    # What is neither sent up nor taken in by the ground is lost in the air.
    for found in (less, more):
        assert (found.albedo + (1 - ground) * found.transmittance < 1.0).all()


@settings(max_examples=8)
@given(st.floats(0.02, 1.0), st.floats(0.0, 0.9))
def test_a_brighter_ground_brightens_all(depth: float, albedo: float) -> None:
    dark, bright = (solve([Layer(depth, 1.0, AIR)], MU, MU, PHI, Lambertian(a)) for a in (albedo, albedo + 0.1))
    assert (bright.up[0] > dark.up[0]).all()
    assert (bright.transmittance > dark.transmittance).all()
    assert bright.spherical_albedo == pytest.approx(dark.spherical_albedo, rel=1e-12)
    np.testing.assert_array_equal(bright.direct, dark.direct)


def test_no_light_is_more_polarised_than_wholly() -> None:
    for layers in ([Layer(0.05, 1.0, AIR)], [Layer(1.0, 1.0, AIR)], [Layer(0.4, 0.9, haze())]):
        found = solve(layers, MU, MU, PHI)
        for field in (found.up, found.down):
            assert (np.hypot(field[1], field[2]) < field[0]).all()


def test_thicker_air_is_less_polarised_at_a_right_angle() -> None:
    """Light scattered again loses its polarisation: at 90 degrees from the Sun the degree falls with depth, from that
    of one scattering, (1 - d) / (1 + d).
    """
    degrees = []
    for depth in (1e-4, 0.1, 0.3, 1.0):
        # Sun 45 degrees from the zenith, sensor 45 degrees on the Sun's own side: light turned by 90 degrees ahead.
        found = solve([Layer(depth, 1.0, AIR)], [np.sqrt(0.5)], [np.sqrt(0.5)], [0.0]).up[:, 0, 0, 0]
        degrees.append(abs(found[1]) / found[0])
    assert degrees[0] == pytest.approx(0.97 / 1.03, abs=2e-3)
    assert degrees == sorted(degrees, reverse=True)


def test_the_sky_has_a_neutral_point_above_the_sun() -> None:
    """Babinet's point: light scattered once vibrates across the Sun's plane everywhere (Q below 0); light scattered
    again turns that near the Sun. In clear air the point stands 10 to 30 degrees above the Sun (Coulson 1988, chapter
    5), and it moves away as the air thickens.
    """
    zenith = np.arange(5.0, 60.0, 0.5)
    distances = []
    for depth in (0.05, 0.15, 0.4):
        q = solve([Layer(depth, 1.0, AIR)], [0.5], np.cos(np.radians(zenith)), [0.0], streams=12).down[1, :, 0, 0]
        turned = np.flatnonzero(np.diff(np.sign(q)))
        assert turned.size == 1
        assert q[0] < 0.0 < q[-1]
        distances.append(60.0 - zenith[turned[0]])
    assert 10.0 < distances[1] < 30.0
    assert distances == sorted(distances)


def test_haze_below_molecules_is_not_haze_above_them() -> None:
    """An absorbing haze above takes more of the light that molecules send up than one below."""
    dark = Layer(0.5, 0.5, haze())
    above, below = (
        solve(layers, MU, MU, PHI) for layers in ([dark, Layer(0.3, 1.0, AIR)], [Layer(0.3, 1.0, AIR), dark])
    )
    assert (below.albedo > above.albedo).all()
    np.testing.assert_allclose(above.direct, below.direct, rtol=1e-9)


# --- grounds and bad input


def test_an_even_ground_has_one_mode() -> None:
    ground = Lambertian(0.4)
    modes = ground.modes([0, 1, 2], MU, MU[:2])
    assert modes.shape == (3, 3, 3, 2, 3)
    np.testing.assert_array_equal(modes[0, :, 0, :, 0], 0.4)
    assert modes.sum() == pytest.approx(0.4 * 6)
    matrix = ground.reflectance(MU[:, None], MU[None, :2], np.zeros((1, 1)))
    assert matrix.shape == (3, 2, 3, 3)
    assert matrix.sum() == pytest.approx(0.4 * 6)
    assert ground.modes([3, 4], MU, MU).sum() == 0.0


def test_without_air_the_ground_is_seen() -> None:
    found = solve([Layer(0.0, 1.0, AIR)], MU, MU, PHI, Lambertian(0.37))
    np.testing.assert_allclose(found.up[0], 0.37, rtol=1e-9)
    np.testing.assert_allclose(found.albedo, 0.37, rtol=1e-9)
    np.testing.assert_allclose(found.transmittance, 1.0, rtol=1e-12)
    assert found.spherical_albedo == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("sun", "view", "name"), [(1.5, 0.5, "Sun"), (0.5, 1.5, "view"), (5e-4, 0.5, "Sun")])
def test_cosines_that_cannot_be_name_their_direction(sun: float, view: float, name: str) -> None:
    with pytest.raises(BadGeometry, match=rf"{name}'s zenith.*0\.001 to 1"):
        solve([Layer(0.1, 1.0, AIR)], [sun], [view], [0.0])


def test_three_streams_are_too_few() -> None:
    with pytest.raises(BadParameter, match=r"4 streams.*3 streams"):
        solve([Layer(0.1, 1.0, AIR)], [0.5], [0.5], [0.0], streams=3)
    with pytest.raises(BadParameter, match="optical depth"):
        Layer(np.inf, 1.0, AIR)
