"""Tables of molecules and aerosol against the solver with more streams, which computes light scattered once by another
formula and knows no table.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from estran.cli.main import main
from estran.errors import BadGeometry, BadParameter
from estran.physics.aerosol import MODELS, optics
from estran.physics.radiative_transfer import Constituent, Radiation, exponential_layers, solve, table_aerosol
from estran.physics.radiative_transfer.solve import remainder
from estran.physics.radiative_transfer.table_aerosol import BANDS, SHIPPED_MODELS, AerosolTable
from estran.physics.radiative_transfer.tables import aerosol_plan, aerosol_table, plans, rayleigh_table
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek
from estran.tables import SHIPPED
from estran.tables.archive import read_archive


def solved(
    model: str, band: str, thickness: float, fraction: float, sun: np.ndarray, view: np.ndarray, azimuth: np.ndarray
) -> Radiation:
    """The solver; more streams where particles are large beside the wavelength."""
    nm = BANDS[band]
    seen, standard = optics(MODELS[model], nm), optics(MODELS[model], 550.0)
    molecules = Constituent(
        fraction * float(optical_depth(nm)), 1.0, rayleigh_greek(float(depolarisation_factor(nm))), 8.0
    )
    aerosol = Constituent(thickness * seen.extinction / standard.extinction, seen.albedo, seen.greek, 2.0)
    return solve(exponential_layers([molecules, aerosol]), sun, view, azimuth, streams=64 if nm < 700.0 else 48)


@pytest.mark.parametrize("cases", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_between_nodes(cases: int) -> None:
    """Random models, bands, depths and angles, none of them at a node."""
    draw, worst = np.random.default_rng(23), []
    for _ in range(cases):
        model, band = str(draw.choice(SHIPPED_MODELS)), str(draw.choice(list(BANDS)))
        thickness, fraction = draw.uniform() ** 1.5, draw.uniform(0.5, 1.1)
        sun, view = np.cos(np.radians(draw.uniform(0.0, 80.0, 8))), np.cos(np.radians(draw.uniform(0.0, 15.0, 5)))
        azimuth, depth = draw.uniform(0.0, 360.0, 5), fraction * float(optical_depth(BANDS[band]))
        table, exact = aerosol_table(model), solved(model, band, thickness, fraction, sun, view, azimuth)
        # The solver's answer is (view, sun, azimuth).
        found = table.path_reflectance(band, thickness, sun[:, None], view[:, None, None], azimuth, depth=depth)
        worst.append(
            (
                np.abs(found - exact.up[0]).max(),
                np.abs(table.transmittance(band, thickness, sun, depth=depth) - exact.transmittance).max(),
                abs(float(table.spherical_albedo(band, thickness, depth=depth)) - exact.spherical_albedo),
            )
        )
    reflectance, transmittance, spherical = np.max(worst, axis=0)
    assert reflectance < 1e-4
    assert transmittance < 1e-4
    assert spherical < 2e-5


def test_glory_of_dust() -> None:
    """Opposite the Sun the phase function of coarse particles has its narrowest features; the table computes them for
    each pixel.
    """
    sun, view, azimuth = (
        np.cos(np.radians([6.0, 12.0])),
        np.cos(np.radians(np.arange(4.0, 14.1, 2.0))),
        np.array([170.0, 180.0]),
    )
    exact = solved("dust", "B4", 0.6, 1.0, sun, view, azimuth)
    found = aerosol_table("dust").path_reflectance("B4", 0.6, sun[:, None], view[:, None, None], azimuth)
    np.testing.assert_allclose(found, exact.up[0], atol=1e-4)


@pytest.mark.parametrize("band", ["B1", "B4", "B12"])
def test_without_aerosol_it_is_the_table_of_molecules(band: str) -> None:
    """Which shares no formula with it."""
    sun, view, azimuth = np.array([0.2, 0.5, 0.9]), np.array([[0.97], [1.0]]), 40.0
    depth, q = optical_depth(BANDS[band]), depolarisation_factor(BANDS[band])
    air, table = rayleigh_table(), aerosol_table("urban")
    np.testing.assert_allclose(
        table.path_reflectance(band, 0.0, sun, view, azimuth),
        air.path_reflectance(depth, sun, view, azimuth, depolarisation=q),
        atol=3e-5,
    )
    np.testing.assert_allclose(
        table.transmittance(band, 0.0, sun), air.transmittance(depth, sun, depolarisation=q), atol=6e-5
    )
    assert float(table.spherical_albedo(band, 0.0)) == pytest.approx(
        float(air.spherical_albedo(depth, depolarisation=q)), abs=1e-5
    )


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_a_corner_is_made_again(model: str) -> None:
    """Two nodes of the thickest aerosol, one of the air, by the solver's remainder alone."""
    work = aerosol_plan(model)
    shipped = read_archive(SHIPPED / work.name, check=True)
    assert shipped.record["bands"] == ", ".join(BANDS)
    band, nm = "B8A", BANDS["B8A"]
    k, depth = list(BANDS).index(band), float(optical_depth(BANDS["B8A"]))
    seen, standard = optics(MODELS[model], nm), optics(MODELS[model], 550.0)
    layers = exponential_layers(
        [
            Constituent(depth * table_aerosol.MOST_AIR, 1.0, rayleigh_greek(float(depolarisation_factor(nm))), 8.0),
            Constituent(seen.extinction / standard.extinction, seen.albedo, seen.greek, 2.0),
        ]
    )
    sun, low = (
        np.cos(np.arctan(np.linspace(0, 1, table_aerosol.SUNS) * math.tan(k * math.radians(80.0))) / k)[::13]
        for k in (0.3, 0.85)
    )
    again = remainder(layers, sun, [1.0], table_aerosol.MODES, streams=table_aerosol.STREAMS)
    flux = remainder(layers, low, [1.0], 1, streams=table_aerosol.STREAMS)
    stored = shipped.arrays["modes"][k, -1, -1, 0, ::13] * table_aerosol.STEPS
    np.testing.assert_allclose(stored, np.moveaxis(again.modes[:, 0], 0, -1), atol=5e-6)
    np.testing.assert_allclose(shipped.arrays["transmittances"][k, -1, -1, ::13], np.log(flux.transmittance), atol=1e-4)
    np.testing.assert_allclose(shipped.arrays["numbers"][k], [depth, *shipped.arrays["numbers"][k, 1:2], seen.extinction / standard.extinction, seen.albedo,  # noqa: E501
                               shipped.arrays["numbers"][k, 4]], rtol=1e-9)  # fmt: skip


def test_a_small_table_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made, written, read and used, for a model that is not shipped."""
    for name, value in {
        "BANDS": {"B8": 832.8},
        "THICKNESSES": 4,
        "THICKNESSES_OF_FLUX": 4,
        "SUNS": 4,
        "VIEWS": 4,
        "THICKEST": 0.1,
        "STREAMS": 8,
    }.items():
        monkeypatch.setattr(table_aerosol, name, value)
    monkeypatch.setattr(table_aerosol, "WIDEST_SUN", math.radians(20.0))
    assert (
        main(
            [
                "tables",
                "build",
                "aerosol",
                "--model",
                "maritime_wmo",
                "--model",
                "dust",
                "--out",
                str(tmp_path),
                "--quiet",
            ]
        )
        == 0
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["aerosol_dust.npz", "aerosol_maritime_wmo.npz"]
    assert main(["tables", "build", "aerosol", "--model", "dust", "--out", str(tmp_path)]) == 1
    table = AerosolTable.load(tmp_path / "aerosol_maritime_wmo.npz")
    sun, view = np.cos(np.radians([7.0, 19.0])), np.cos(np.radians([3.0, 11.0]))
    exact = solved("maritime_wmo", "B8", 0.07, 0.9, sun, view, np.array([0.0, 90.0]))
    found = table.path_reflectance(
        "B8", 0.07, sun[:, None], view[:, None, None], [0.0, 90.0], depth=0.9 * optical_depth(832.8)
    )
    np.testing.assert_allclose(found, exact.up[0], atol=2e-4)


def test_one_number_and_images_agree() -> None:
    table = aerosol_table("coastal")
    thickness, sun, azimuth = np.array([[0.1, 0.7], [0.3, 0.0]]), np.array([0.5, 0.8]), 100.0
    found = table.path_reflectance("B3", thickness, sun, 0.98, azimuth)
    alone = [
        [float(table.path_reflectance("B3", a, s, 0.98, azimuth)) for a, s in zip(row, sun, strict=True)]
        for row in thickness
    ]
    np.testing.assert_allclose(found, alone, rtol=1e-12)
    through = [[float(table.transmittance("B3", a, s)) for a, s in zip(row, sun, strict=True)] for row in thickness]
    np.testing.assert_allclose(table.transmittance("B3", thickness, sun), through, rtol=1e-12)


def test_outside() -> None:
    """A number outside is a sentence; a pixel outside is NaN, alone."""
    table = aerosol_table("coastal")
    for name, arguments in (
        ("no such band", ("B13", 0.1, 0.5, 1.0, 0.0)),
        ("aerosol at 550 nm is outside", ("B2", 1.2, 0.5, 1.0, 0.0)),
    ):
        with pytest.raises(BadParameter, match=name):
            table.path_reflectance(*arguments)
    with pytest.raises(BadParameter, match="Rayleigh optical depth is outside"):
        table.path_reflectance("B2", 0.1, 0.5, 1.0, 0.0, depth=0.5)
    for sun, view in ((0.1, 1.0), (0.5, 0.9), (np.nan, 1.0)):
        with pytest.raises(BadGeometry, match="zenith is outside"):
            table.path_reflectance("B2", 0.1, sun, view, 0.0)
    found = table.path_reflectance(
        "B2", np.array([0.1, 1.2, 0.1, np.nan, -0.1]), np.array([0.5, 0.5, 0.05, 0.5, 0.5]), 1.0, 0.0
    )
    assert np.isnan(found).tolist() == [False, True, True, True, True]
    assert np.isfinite(
        table.path_reflectance("B2", [0.0, 1.0], np.cos(np.radians([80.0, 0.0])), np.cos(np.radians(15.0)), 180.0)
    ).all()
    with pytest.raises(BadParameter, match="no table of this aerosol"):
        aerosol_table("smoke")
    with pytest.raises(BadParameter, match="no such aerosol model"):
        plans("aerosol", ["fog"])
