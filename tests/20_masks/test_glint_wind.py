"""Winds by their components: towards where they blow, and where they come from."""

from __future__ import annotations

import numpy as np

from estran.masks.glint.wind import speed_and_origin


def test_winds_are_named_after_where_they_come_from():
    """A westerly blows to the east and comes from 270 degrees, that is -90; a northerly blows to the south and comes
    from 0.
    """
    speed, origin = speed_and_origin(np.array([5.0, 0.0, 3.0, np.nan]), np.array([0.0, -4.0, 4.0, 1.0]))
    np.testing.assert_allclose(speed, [5.0, 4.0, 5.0, np.nan])
    np.testing.assert_allclose(origin % 360.0, [270.0, 0.0, 180.0 + np.degrees(np.arctan2(3.0, 4.0)), np.nan])
