"""The Sun's irradiance: unit and reach."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import BadParameter
from estran.sensors.solar import SolarSpectrum

X = np.linspace(400.0, 900.0, 501)


def test_between_samples_it_is_linear() -> None:
    sun = SolarSpectrum(X, 2.5 - X / 660.0)
    assert sun.at([450.25, 700.5]) == pytest.approx([2.5 - 450.25 / 660, 2.5 - 700.5 / 660])


@pytest.mark.parametrize("factor", [1000.0, 0.1, -1.0])
def test_another_unit_gets_a_sentence(factor: float) -> None:
    with pytest.raises(BadParameter, match="not in W/m²/nm"):
        SolarSpectrum(X, factor * np.full(X.size, 1.5))


def test_no_extrapolation() -> None:
    with pytest.raises(BadParameter, match="does not reach that far"):
        SolarSpectrum(X, np.full(X.size, 1.5)).at(950.0)
