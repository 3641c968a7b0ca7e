"""The tables of the radiative transfer: against the published benchmark and against the solver, which they share no
formula with but the phase matrix.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.errors import BadGeometry, BadParameter
from estran.physics.radiative_transfer import Layer, solve
from estran.physics.radiative_transfer import table_rayleigh as rayleigh
from estran.physics.radiative_transfer import table_sky_glint as sky_glint
from estran.physics.radiative_transfer.lagrange import blend
from estran.physics.radiative_transfer.tables import (
    plans,
    rayleigh_plan,
    rayleigh_table,
    sky_glint_plan,
    sky_glint_table,
)
from estran.physics.rayleigh import optical_depth
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.facets import facet_reflectance
from estran.physics.sea_surface.slopes import slopes
from estran.tables import SHIPPED
from estran.tables.archive import read_archive


def random_molecules(cases: int, seed: int) -> dict[str, float]:
    """Largest errors of the Rayleigh table in `cases` random atmospheres of 64 pairs of directions each, none of them
    at a node.
    """
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
            (
                "transmittance",
                np.abs(table.transmittance(depth, sun, depolarisation=depolarisation) - exact.transmittance),
            ),
            (
                "spherical albedo",
                np.abs(table.spherical_albedo(depth, depolarisation=depolarisation) - exact.spherical_albedo),
            ),
        ):
            worst[name] = max(worst[name], float(np.max(value)))
    return worst


def test_benchmark_of_natraj_through_the_table(shared_data: Path) -> None:
    """All depths and all cosines of the black ground, down to 0.02; Q of the table has the other sign."""
    path = shared_data / "radiative_transfer" / "natraj2009_rayleigh.csv"
    rows = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    rows = rows[(rows["dir"] == "UP") & (rows["albedo"] == 0.0)]
    found = (
        rayleigh_table().path_stokes(rows["tau"], rows["mu0"], rows["mu"], rows["phi"], depolarisation=0.0)
        * rows["mu0"]
    )
    assert (np.abs(found[0] - rows["I"]) / rows["I"]).max() < 6e-6
    assert np.abs(found[1] + rows["Q"]).max() < 5e-7
    assert np.abs(found[2] - rows["U"]).max() < 5e-7


@pytest.mark.parametrize("cases", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_rayleigh_between_nodes(cases: int) -> None:
    worst = random_molecules(cases, seed=7)
    assert worst["reflectance"] < 6e-6
    assert worst["reflectance, low"] < 3e-5
    assert worst["transmittance"] < 2e-5
    assert worst["spherical albedo"] < 2e-6


def test_a_corner_of_the_rayleigh_table_is_made_again() -> None:
    work = rayleigh_plan()
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
        plans("fog")


def test_blend_is_exact_for_cubics() -> None:
    """(RTT-1) on uneven nodes, at nodes and between them, with as many nodes as there are."""
    nodes = np.array([0.0, 0.3, 1.0, 1.4, 3.0])
    for at in (0.0, 0.1, 0.3, 1.2, 2.9, 3.0):
        assert blend(nodes, at) @ (nodes**3 - 2 * nodes) == pytest.approx(at**3 - 2 * at)
        assert blend(nodes[:2], at) @ (5 * nodes[:2]) == pytest.approx(5 * at)


def random_sea(cases: int, seed: int) -> tuple[float, float, float]:
    """Largest errors of the sky glint table: of I to 80 degrees, of I below 70, of Q and U."""
    table, draw = sky_glint_table(), np.random.default_rng(seed)
    worst = np.zeros(3)
    for _ in range(cases):
        depth, wind, index = 0.5 * draw.uniform(0.03, 1.0) ** 2, draw.uniform(0.5, 16.0), draw.uniform(1.325, 1.35)
        cosine, azimuth = np.cos(np.radians(draw.uniform(0.0, 80.0, 10))), draw.uniform(0.0, 360.0, 3)
        exact = sky_glint.coupling(depth, wind, index, cosine, azimuth)
        error = np.abs(table.stokes(depth, cosine[:, None], cosine[:, None, None], azimuth, wind, index=index) - exact)
        high = np.minimum(cosine[:, None], cosine[None, :])[..., None] > np.cos(np.radians(70.0))
        worst = np.maximum(worst, [error[0].max(), np.where(high, error[0], 0.0).max(), error[1:].max()])
    return float(worst[0]), float(worst[1]), float(worst[2])


@pytest.mark.parametrize("cases", [6, pytest.param(40, marks=pytest.mark.slow)])
def test_sky_glint_between_nodes(cases: int) -> None:
    low, high, polarised = random_sea(cases, seed=3)
    assert low < 1e-4
    assert high < 5e-5
    assert polarised < 1e-4


def test_a_corner_of_the_sky_glint_table_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece, its first depths only."""
    shipped = read_archive(SHIPPED / sky_glint.NAME, check=True)
    few = np.linspace(0.0, 1.0, sky_glint.DEPTHS)[3] ** 4 * sky_glint.DEEPEST
    monkeypatch.setattr(sky_glint, "DEPTHS", 4)
    monkeypatch.setattr(sky_glint, "DEEPEST", float(few))
    again = sky_glint_plan().make(sky_glint.pieces()[9])["modes"]
    np.testing.assert_allclose(shipped.arrays["modes"][1, :4, 1], again, rtol=1e-4, atol=1e-6)


def test_molecules_above_a_sea_in_three_parts() -> None:
    """Path reflectance, light of both together and direct glint, against the solver with more streams.

    Waves are anisotropic, which the table does not know."""
    depth, wind = 0.15, 7.0
    cosine, azimuth = np.cos(np.radians([10.0, 35.0, 60.0])), np.array([0.0, 40.0, 110.0, 180.0, 300.0])
    sun, view = cosine[:, None], cosine[:, None, None]
    of = slopes(wind, "cox_munk")
    direct = facet_reflectance(view, sun, np.radians(azimuth), of, np.radians(25.0), 1.34)[..., 0, 0] * np.exp(
        -depth * (1.0 / sun + 1.0 / view)
    )
    found = rayleigh_table().path_reflectance(depth, sun, view, azimuth) + direct
    found = found + sky_glint_table().reflectance(depth, sun, view, azimuth, wind, model="cox_munk")
    exact = solve(
        [Layer(depth, 1.0, rayleigh_greek(0.028))],
        cosine,
        cosine,
        azimuth,
        RoughSea(wind, 1.34 + 0j, "cox_munk", 25.0),
        streams=32,
    )
    np.testing.assert_allclose(found, exact.up[0], atol=3e-5)


def test_the_sea_adds_percents_to_the_blue() -> None:
    """Without it glint at 490 nm is about 2 % low, from 1.27 um on less than 0.05 % (SOS-ABS beside, Sun 30 degrees, 5
    m/s, at the specular point).
    """
    cosine = np.cos(np.radians(30.0))
    glint = float(facet_reflectance(cosine, cosine, 0.0, slopes(5.0), 0.0, 1.34)[..., 0, 0])
    fraction = {}
    for nm in (490.0, 665.0, 865.0, 1270.0):
        depth = optical_depth(nm)
        total = float(rayleigh_table().path_reflectance(depth, cosine, cosine, 0.0)) + glint * np.exp(
            -2.0 * depth / cosine
        )
        fraction[nm] = float(sky_glint_table().reflectance(depth, cosine, cosine, 0.0, 5.0)) / total
    assert 0.019 < fraction[490.0] < 0.026
    assert 0.005 < fraction[665.0] < 0.008
    assert 0.0015 < fraction[865.0] < 0.003
    assert fraction[1270.0] < 6e-4


def test_winds_and_depths_may_be_images() -> None:
    table = sky_glint_table()
    depth, wind, sun = np.array([0.1, 0.2, 0.3]), np.array([2.0, 5.0, 9.0]), np.array([0.6, 0.7, 0.9])
    alone = [float(table.reflectance(t, s, 0.95, 20.0, w)) for t, s, w in zip(depth, sun, wind, strict=True)]
    np.testing.assert_allclose(table.reflectance(depth, sun, 0.95, 20.0, wind), alone, rtol=1e-12)
    np.testing.assert_allclose(table.stokes(depth, sun, 0.95, 20.0, wind)[0], alone, rtol=1e-12)


def test_outside_the_sky_glint_table() -> None:
    table = sky_glint_table()
    for name, arguments in (
        ("optical depth", (0.6, 0.5, 0.5, 0.0, 5.0)),
        ("wind", (0.1, 0.5, 0.5, 0.0, 0.1)),
        ("wind", (0.1, 0.5, 0.5, 0.0, np.nan)),
        ("cosine of the view's zenith", (0.1, 0.5, 0.1, 0.0, 5.0)),
        ("cosine of the Sun's zenith", (0.1, 1.5, 0.5, 0.0, 5.0)),
    ):
        with pytest.raises((BadGeometry, BadParameter), match=name):
            table.reflectance(*arguments)
    with pytest.raises(BadParameter, match="refractive index"):
        table.reflectance(0.1, 0.5, 0.5, 0.0, 5.0, index=1.4)
    found = table.reflectance(
        np.array([0.1, 0.6, 0.1, 0.1]), np.array([0.5, 0.5, np.nan, 0.5]), 0.5, 0.0, np.array([5.0, 5.0, 5.0, 20.0])
    )
    assert np.isnan(found).tolist() == [False, True, True, True]
    ends = table.reflectance(np.array([0.0, 0.5]), np.cos(np.radians(80.0)), 1.0, 0.0, np.array([0.5, 16.0]))
    assert np.isfinite(ends).all()
    assert ends[0] == 0.0
