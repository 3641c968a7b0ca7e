"""Responses: centre, width, and what cannot be one."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import BadParameter
from estran.sensors.response import Response, quadrature


def test_a_triangle() -> None:
    """Centre at the mean of the corners, width half of the base."""
    triangle = Response("t", np.array([500.0, 510.0, 540.0]), np.array([0.0, 2.0, 0.0]))
    assert triangle.centre == pytest.approx((500 + 510 + 540) / 3)
    assert triangle.width == pytest.approx(20.0)


def test_width_spans_a_response_with_a_dip() -> None:
    camel = Response("c", np.array([0.0, 1, 2, 3, 4]) + 600, np.array([0.0, 1, 0.2, 1, 0]))
    assert camel.width == pytest.approx(3.0)


def test_a_response_cut_at_its_top() -> None:
    """Where a file begins above half of the peak, the width begins there."""
    assert Response("c", np.array([600.0, 601, 602]), np.array([1.0, 1.0, 0.0])).width == pytest.approx(1.5)


def test_quadrature_is_exact_for_cubics() -> None:
    nodes = np.array([0.0, 0.3, 2.0, 5.0])
    x, w = quadrature(nodes)
    assert (w * x**3).sum() == pytest.approx(5.0**4 / 4)
    assert (w * x**4).sum() != pytest.approx(5.0**5 / 5)


@pytest.mark.parametrize(
    ("wavelength", "value", "told"),
    [
        (
            [500.0, 499.0, 510.0],
            [0.0, 1.0, 0.0],
            "do not ascend: expected each larger than the one before, found 500 nm, then 499 nm",
        ),
        ([500.0, 500.0, 510.0], [0.0, 1.0, 0.0], "do not ascend"),
        ([0.500, 0.505, 0.510], [0.0, 1.0, 0.0], r"not in nanometres.*\(micrometres\?\)"),
        ([500.0, 505.0, 510.0], [0.0, -1.0, 0.0], "no positive part"),
        ([500.0, 505.0, 510.0], [0.0, np.nan, 0.0], "no numbers"),
        ([500.0, 505.0], [0.0, 1.0, 0.0], "as many values as wavelengths"),
    ],
)
def test_what_cannot_be_a_response(wavelength, value, told) -> None:
    with pytest.raises(BadParameter, match=told):
        Response("B1", np.array(wavelength), np.array(value))
