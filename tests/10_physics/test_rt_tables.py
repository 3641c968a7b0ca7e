"""The tables of the radiative transfer: against the published benchmark and against the solver, which they share no formula with but the phase matrix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.errors import BadGeometry, BadParameter
from estran.physics.radiative_transfer import Layer, solve
from estran.physics.radiative_transfer import table_rayleigh as rayleigh
from estran.physics.radiative_transfer.lagrange import blend
from estran.physics.radiative_transfer.tables import plan, rayleigh_table
from estran.physics.scattering import rayleigh_greek
from estran.tables import SHIPPED
from estran.tables.archive import read_archive


def random_molecules(cases: int, seed: int) -> dict[str, float]:
    """Largest errors of the Rayleigh table in `cases` random atmospheres of 64 pairs of directions each, none of them at a node."""
    table, draw = rayleigh_table(), np.random.default_rng(seed)
    worst = dict.fromkeys(("reflectance", "reflectance, low", "transmittance", "spherical albedo"), 0.0)
    for _ in range(cases):
        depth, depolarisation = 1.3 * draw.uniform() ** 2, draw.uniform(0.0, 0.06)
        sun, view, azimuth = draw.uniform(0.05, 1.0, 8), draw.uniform(0.05, 1.0, 8), draw.uniform(0.0, 360.0, 4)
        exact = solve([Layer(depth, 1.0, rayleigh_greek(depolarisation))], sun, view, azimuth, streams=32)
        found = table.path_stokes(depth, sun[:, None], view[:, None, None], azimuth, depolarisation=depolarisation)
        error = np.abs(found - exact.up)
        high = (np.minimum(sun[None, :], view[:, None]) >= 0.2)[None, ..., None]
        for name, value in (
            ("reflectance", np.where(high, error, 0.0)),
            ("reflectance, low", error),
            ("transmittance", np.abs(table.transmittance(depth, sun, depolarisation=depolarisation) - exact.transmittance)),
            ("spherical albedo", np.abs(table.spherical_albedo(depth, depolarisation=depolarisation) - exact.spherical_albedo)),
        ):
            worst[name] = max(worst[name], float(np.max(value)))
    return worst


def test_benchmark_of_natraj_through_the_table(shared_data: Path) -> None:
    """All depths and all cosines of the black ground, down to 0.02; Q of the table has the other sign."""
    path = shared_data / "radiative_transfer" / "natraj2009_rayleigh.csv"
    rows = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    rows = rows[(rows["dir"] == "UP") & (rows["albedo"] == 0.0)]
    found = rayleigh_table().path_stokes(rows["tau"], rows["mu0"], rows["mu"], rows["phi"], depolarisation=0.0) * rows["mu0"]
    assert (np.abs(found[0] - rows["I"]) / rows["I"]).max() < 6e-6
    assert np.abs(found[1] + rows["Q"]).max() < 5e-7
    assert np.abs(found[2] - rows["U"]).max() < 5e-7


@pytest.mark.parametrize("cases", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_rayleigh_between_nodes(cases: int) -> None:
    worst = random_molecules(cases, seed=7)
    assert worst["reflectance"] < 6e-6
    assert worst["reflectance, low"] < 3e-5
    assert worst["transmittance"] < 2e-5
    assert worst["spherical albedo"] < 2e-6


def test_a_corner_of_the_rayleigh_table_is_made_again() -> None:
    work = plan("rayleigh")
    shipped = read_archive(SHIPPED / work.name, check=True)
    corner = rayleigh.pieces()[2 * rayleigh.DEPTHS // rayleigh.ROWS]
    again = work.make(corner)
    for name, values in again.items():
        np.testing.assert_allclose(shipped.arrays[name][2, : rayleigh.ROWS], values, rtol=1e-5, atol=1e-7)
    assert shipped.record["command"] == "estran tables build rayleigh"


def test_no_air_no_light() -> None:
    table = rayleigh_table()
    assert float(table.path_reflectance(0.0, 0.5, 0.7, 30.0)) == pytest.approx(0.0, abs=1e-12)
    assert float(table.transmittance(0.0, 0.5)) == pytest.approx(1.0)
    assert float(table.spherical_albedo(0.0)) == pytest.approx(0.0, abs=1e-12)


def test_shapes_scalars_and_pixels_agree() -> None:
    """One number and many pixels go the same way, whatever is constant."""
    table = rayleigh_table()
    sun, view, azimuth = np.array([[0.5, 0.8], [0.3, 0.9]]), 0.95, np.array([10.0, 200.0])
    found = table.path_reflectance(0.2, sun, view, azimuth)
    assert found.shape == (2, 2)
    alone = [[float(table.path_reflectance(0.2, s, view, a)) for s, a in zip(row, azimuth, strict=True)] for row in sun]
    np.testing.assert_array_equal(found, alone)
    np.testing.assert_array_equal(table.path_reflectance(np.full((2, 2), 0.2), sun, view, azimuth), found)
    np.testing.assert_array_equal(table.path_stokes(0.2, sun, view, azimuth)[0], found)
    assert table.path_reflectance(0.2, np.zeros((0, 3)) + 0.5, view, 0.0).shape == (0, 3)


def test_outside_the_rayleigh_table() -> None:
    """A number outside is a sentence; a pixel outside is NaN, alone."""
    table = rayleigh_table()
    for bad in (-0.1, 1.4, np.nan):
        with pytest.raises(BadParameter, match="optical depth is outside"):
            table.path_reflectance(bad, 0.5, 0.5, 0.0)
    for bad in (-0.1, 0.01, 1.1, np.nan):
        with pytest.raises(BadGeometry, match="Sun's zenith is outside"):
            table.path_reflectance(0.1, bad, 0.5, 0.0)
        with pytest.raises(BadGeometry, match="direction's zenith is outside"):
            table.transmittance(0.1, bad)
    with pytest.raises(BadParameter, match="depolarisation is outside"):
        table.spherical_albedo(0.1, depolarisation=0.1)
    sun, depth = np.array([0.5, -0.1, np.nan, 0.5, 0.5]), np.array([0.1, 0.1, 0.1, np.nan, 1.4])
    expected = [False, True, True, True, True]
    assert np.isnan(table.path_reflectance(depth, sun, 0.9, 0.0)).tolist() == expected
    assert np.isnan(table.transmittance(depth, sun)).tolist() == expected
    with pytest.raises(BadParameter, match="no such table"):
        plan("fog")


def test_blend_is_exact_for_cubics() -> None:
    """(RTT-1) on uneven nodes, at nodes and between them, with as many nodes as there are."""
    nodes = np.array([0.0, 0.3, 1.0, 1.4, 3.0])
    for at in (0.0, 0.1, 0.3, 1.2, 2.9, 3.0):
        assert blend(nodes, at) @ (nodes**3 - 2 * nodes) == pytest.approx(at**3 - 2 * at)
        assert blend(nodes[:2], at) @ (5 * nodes[:2]) == pytest.approx(5 * at)
