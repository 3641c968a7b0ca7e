"""Axes of Stokes parameters and their rotations: geometry of vectors, conservation, and what may not depend on the
choice of axes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.physics.polarisation import in_meridians, travel, turn
from estran.physics.scattering import phase_matrix, rayleigh_greek

cosines = st.floats(-0.999, 0.999)
azimuths = st.floats(0.0, 6.28)
ISOTROPIC = np.array([1.0, 1.0, 1.0, 0.0])

pytestmark = pytest.mark.usefixtures("one_thread")


def stokes_of(field: npt.NDArray[np.float64], l_axis: npt.NDArray[np.float64], r_axis: npt.NDArray[np.float64]) -> list:
    """I, Q, U of a linear vibration along a vector: |E_l|² ± |E_r|², and 2 E_l E_r."""
    el, er = field @ l_axis, field @ r_axis
    return [el * el + er * er, el * el - er * er, 2.0 * el * er]


@given(cosines, azimuths)
def test_axes_are_orthonormal_and_right_handed(cosine: float, azimuth: float) -> None:
    k, parallel, across = travel(cosine, azimuth)
    np.testing.assert_allclose(
        np.array([k, parallel, across]) @ np.array([k, parallel, across]).T, np.eye(3), atol=1e-12
    )
    np.testing.assert_allclose(np.cross(parallel, across), k, atol=1e-12)
    assert float(k[2]) == pytest.approx(cosine)
    # r is horizontal, l lies in the meridian plane and points down as the zenith angle grows.
    assert float(across[2]) == 0.0
    assert float(parallel[2]) <= 0.0


@given(cosines, azimuths)
def test_the_axis_l_is_the_derivative_by_the_zenith_angle(cosine: float, azimuth: float) -> None:
    angle, step = np.arccos(cosine), 1e-5
    ahead, behind = (travel(np.cos(angle + s), azimuth)[0] for s in (step, -step))
    np.testing.assert_allclose((ahead - behind) / (2 * step), travel(cosine, azimuth)[1], atol=1e-8)


@given(cosines, azimuths, st.floats(0.0, np.pi))
def test_turning_axes_turns_stokes_parameters(cosine: float, azimuth: float, angle: float) -> None:
    """A vibration along any direction: Q and U in axes turned by an angle, by its components there."""
    _, parallel, across = travel(cosine, azimuth)
    new_l = np.cos(angle) * parallel + np.sin(angle) * across
    new_r = -np.sin(angle) * parallel + np.cos(angle) * across
    c, s = turn(new_r, parallel, across)
    assert float(c) == pytest.approx(np.cos(2 * angle), abs=1e-10)
    assert float(s) == pytest.approx(np.sin(2 * angle), abs=1e-10)
    field = 0.8 * parallel + 0.35 * across
    _, q, u = stokes_of(field, parallel, across)
    expected = stokes_of(field, new_l, new_r)
    np.testing.assert_allclose([c * q + s * u, -s * q + c * u], expected[1:], atol=1e-12)


@given(cosines, azimuths, cosines, azimuths)
def test_an_isotropic_scatterer_keeps_the_degree_of_polarisation(u1: float, p1: float, u2: float, p2: float) -> None:
    """With a1 = a2 = a3 and b1 = 0 the matrix between meridians is a rotation of Q and U: lengths are kept."""
    elements = ISOTROPIC[:, None]
    found = in_meridians(
        travel(np.array([u1]), np.array([p1])), travel(np.array([u2]), np.array([p2])), np.asarray(elements)
    )[0]
    np.testing.assert_allclose(found[0], [1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(found[1:, 1:] @ found[1:, 1:].T, np.eye(2), atol=1e-10)


def dipole(arriving: tuple, leaving: tuple) -> npt.NDArray[np.float64]:
    """Matrix on (I, Q, U) of a dipole, vibration by vibration: the field that leaves is the arriving one without its
    component along the new direction (no scattering plane, no rotation by angles); 3/2 makes its mean 1.
    """
    k, l_out, r_out = (v[0] for v in leaving)
    _, l_in, r_in = (v[0] for v in arriving)
    out = []
    for parallel, across in ((1.0, 0.0), (0.0, 1.0), (np.sqrt(0.5), np.sqrt(0.5)), (np.sqrt(0.5), -np.sqrt(0.5))):
        field = parallel * l_in + across * r_in
        out.append(1.5 * np.array(stokes_of(field - (field @ k) * k, l_out, r_out)))
    along, over, plus, minus = out
    return np.stack([0.5 * (along + over), 0.5 * (along - over), 0.5 * (plus - minus)], axis=1)


@given(cosines, azimuths, cosines, azimuths)
def test_molecules_by_vibrating_fields(u1: float, p1: float, u2: float, p2: float) -> None:
    """The matrix between meridians from Greek coefficients, against fields of a dipole, component by component."""
    arriving, leaving = travel(np.array([u1]), np.array([p1])), travel(np.array([u2]), np.array([p2]))
    cosine = np.clip(arriving[0] @ leaving[0].T, -1.0, 1.0)[0]
    if abs(cosine[0]) > 1.0 - 1e-9:
        return
    found = in_meridians(arriving, leaving, phase_matrix(rayleigh_greek(), cosine))[0]
    np.testing.assert_allclose(found, dipole(arriving, leaving), atol=1e-6)


@given(cosines, azimuths, cosines, azimuths)
def test_no_direction_of_the_horizon_is_preferred(u1: float, p1: float, u2: float, p2: float) -> None:
    """Both azimuths turned by the same angle leave the matrix as it is."""
    elements = np.array([1.3, 1.1, 0.7, -0.4])[:, None]

    def between(offset: float) -> npt.NDArray[np.float64]:
        return in_meridians(
            travel(np.array([u1]), np.array([p1 + offset])), travel(np.array([u2]), np.array([p2 + offset])), elements
        )[0]

    if abs(u1 - u2) > 1e-3 or abs((p1 - p2) % (2 * np.pi)) > 1e-3:
        np.testing.assert_allclose(between(1.234), between(0.0), atol=1e-6)


@given(cosines, cosines, st.floats(0.05, 3.1))
def test_mirrored_azimuths_turn_the_sign_of_u(u1: float, u2: float, azimuth: float) -> None:
    """To the left and to the right of the Sun's plane: rows and columns of U change sign, all else is the same."""
    elements = np.array([1.3, 1.1, 0.7, -0.4])[:, None]
    left, right = (
        in_meridians(travel(np.array([u1]), np.zeros(1)), travel(np.array([u2]), np.array([p])), elements)[0]
        for p in (azimuth, -azimuth)
    )
    signs = np.array([1.0, 1.0, -1.0])
    np.testing.assert_allclose(right, signs[:, None] * left * signs, atol=1e-9)


@given(cosines, cosines, st.floats(0.05, 3.1))
def test_light_run_backwards(u1: float, u2: float, azimuth: float) -> None:
    """Reciprocity of (RT-2): directions exchanged and reversed transpose the matrix, with the sign of U turned."""
    elements = np.array([1.2, 1.0, 0.6, -0.3])[:, None]
    there = in_meridians(travel(np.array([u1]), np.zeros(1)), travel(np.array([u2]), np.array([azimuth])), elements)[0]
    back = in_meridians(
        travel(np.array([-u2]), np.array([azimuth + np.pi])), travel(np.array([-u1]), np.array([np.pi])), elements
    )[0]
    signs = np.array([1.0, 1.0, -1.0])
    np.testing.assert_allclose(back, signs[:, None] * there.T * signs, atol=1e-9)


def test_in_the_suns_plane_nothing_turns() -> None:
    """Directions of one meridian: the scattering plane is the meridian, so the matrix is that of the plane."""
    elements = np.array([1.2, 1.0, 0.6, -0.3])
    found = in_meridians(
        travel(np.array([-0.5]), np.zeros(1)), travel(np.array([0.8]), np.zeros(1)), elements[:, None]
    )[0]
    a1, a2, a3, b1 = elements
    np.testing.assert_allclose(found, [[a1, b1, 0], [b1, a2, 0], [0, 0, a3]], atol=1e-12)


def test_light_that_goes_straight_on_keeps_its_plane() -> None:
    """Parallel directions have no plane of their own; that of the meridian is taken, and the matrix is diagonal."""
    k = travel(np.array([0.4]), np.array([0.7]))
    found = in_meridians(k, k, np.array([2.0, 1.5, 1.5, 0.0])[:, None])[0]
    np.testing.assert_allclose(found, np.diag([2.0, 1.5, 1.5]), atol=1e-9)


def test_shapes_broadcast() -> None:
    k, parallel, _ = travel(np.linspace(-1, 1, 5)[:, None], np.linspace(0, 6, 4))
    assert k.shape == parallel.shape == (5, 4, 3)
    found = in_meridians(travel(np.full((5, 4), -0.3), np.zeros((5, 4))), (k, parallel, k), np.ones((4, 5, 4)))
    assert found.shape == (5, 4, 3, 3)
