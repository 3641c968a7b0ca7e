"""Molecular scattering against published values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.physics.rayleigh import optical_depth, phase


def test_bodhaine_fit(shared_data: Path) -> None:
    """The table of a second implementation, column by column of wavelengths."""
    table = np.genfromtxt(shared_data / "radiative_transfer" / "rayleigh_optical_depth.csv", delimiter=",", names=True)
    np.testing.assert_allclose(optical_depth(1000 * table["wl_um"]), table["bodhaine_eq30_fit"], rtol=1e-5)


def test_half_the_air_scatters_half() -> None:
    assert optical_depth(443.0, 1013.25 / 2) == pytest.approx(float(optical_depth(443.0)) / 2)


def test_phase_integrates_to_four_pi() -> None:
    cosine, weight = np.polynomial.legendre.leggauss(8)
    assert 2 * np.pi * float((phase(cosine) * weight).sum()) == pytest.approx(4 * np.pi)
