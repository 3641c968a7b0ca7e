"""Sun angles that the product lacks: the points between which they are interpolated, against the position at each
pixel itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from small_operator import SmallOperator

from estran.catalogue.spec import Operator, Reads, Source, param
from estran.catalogue.sun import sun_points
from estran.physics.geometry import sun_position
from estran.raster.grid import Grid, Window
from estran.raster.tie_points import interpolate


@dataclass(frozen=True, kw_only=True)
class Sunny(SmallOperator):
    """Reads both angles of the Sun."""

    alias = "Estran.TestSunny"
    label = summary = "Sunny"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("sun_zenith", "degrees", from_param="sun_zenith"),
                Reads("sun_azimuth", "degrees", optional=True, without="no direction"),
            ),
            "Reflectance.",
        ),
    )
    sun_zenith: float | None = param(None, "Sun zenith.", unit="degrees")


NOON = datetime(2026, 3, 20, 11, 0, tzinfo=UTC)
TILE = Grid(5490, 5490, Affine(20, 0, 600000, 0, -20, 5600000), "EPSG:32631")


def points(grid: Grid = TILE, start: datetime | None = NOON, names: Any = ("B4",), op: Operator | None = None) -> Any:
    return sun_points(op or Sunny(), Sunny.sources[0], names, "", start, grid)


@given(
    st.sampled_from([("EPSG:32631", 5.6e6), ("EPSG:32631", 2e4), ("EPSG:32731", 9.9e6), ("EPSG:32660", 7.5e6)]),
    st.datetimes(datetime(2016, 1, 1), datetime(2035, 1, 1)),
    st.tuples(st.integers(0, 5480), st.integers(0, 5480)),
)
@settings(max_examples=40)
def test_between_the_points_angles_are_those_of_the_place(
    where: tuple[str, float], start: datetime, at: tuple[int, int]
) -> None:
    """Over a whole tile of 110 km, at any hour of any day: within 0.01 degrees; next to the zenith, where the azimuth
    runs round, and next to the nadir on the night side, its error is weighted by the sine of the zenith angle.
    """
    crs, y = where
    grid = Grid(5490, 5490, Affine(20, 0, 500000, 0, -20, y), crs)
    start = start.replace(tzinfo=UTC)
    found, _ = points(grid, start)
    window = Window(*at, 10, 10)
    rows, cols = np.mgrid[at[0] : at[0] + 10, at[1] : at[1] + 10] + 0.5
    zenith, azimuth = sun_position(start, *grid.lonlat(cols, rows))
    if zenith.min() < 3 or zenith.max() > 177:
        return
    np.testing.assert_allclose(interpolate(found["sun_zenith"], window), zenith, atol=0.01)
    turned = (interpolate(found["sun_azimuth"], window) - azimuth + 180) % 360 - 180
    assert np.abs(turned * np.sin(np.radians(zenith))).max() < 0.02


def test_the_points_reach_from_edge_to_edge() -> None:
    found, _ = points(Grid(100, 60, TILE.transform, TILE.crs))
    for grid in found.values():
        rows, cols = grid.data.shape
        assert (grid.offset_x, grid.offset_y) == (0.0, 0.0)
        assert (grid.step_x * (cols - 1), grid.step_y * (rows - 1)) == (100.0, 60.0)
        assert grid.unit == "degrees"
        assert grid.data.dtype == np.float32
    assert found["sun_azimuth"].cyclic
    assert not found["sun_zenith"].cyclic


def test_across_north_the_azimuth_goes_the_short_way() -> None:
    """South of the equator around noon the Sun stands in the north: azimuths next to 0 and next to 360."""
    grid = Grid(5490, 5490, Affine(20, 0, 400000, 0, -20, 6.2e6), "EPSG:32731")
    start = datetime(2026, 6, 21, 11, 50, tzinfo=UTC)
    found, _ = points(grid, start)
    azimuth = interpolate(found["sun_azimuth"], Window(2000, 0, 1, 5490))[0]
    away = np.abs((azimuth + 180) % 360 - 180)
    assert away.min() < 1.0
    assert away.max() < 5.0


class TestWhatIsWanted:
    def test_only_angles_that_the_product_lacks(self) -> None:
        assert set(points(names=["B4", "sun_zenith"])[0]) == {"sun_azimuth"}
        assert set(points(names=["B4", "sun_azimuth"])[0]) == {"sun_zenith"}
        assert set(points()[0]) == {"sun_zenith", "sun_azimuth"}

    def test_what_a_parameter_gives_is_not_computed(self) -> None:
        assert set(points(op=Sunny(sun_zenith=30.0))[0]) == {"sun_azimuth"}
        assert set(points(op=Sunny(sun_zenith=0.0))[0]) == {"sun_azimuth"}  # overhead is an angle, too

    @pytest.mark.parametrize(
        ("grid", "start"),
        [
            (TILE, None),
            (Grid(10, 10, None, "EPSG:32631"), NOON),
            (Grid(10, 10, TILE.transform), NOON),
            (Grid(10, 10), NOON),
        ],
        ids=["no time", "no map", "no CRS", "nothing"],
    )
    def test_without_place_or_time_there_are_none(self, grid: Grid, start: datetime | None) -> None:
        found, notes = points(grid, start)
        assert not found
        assert not notes

    def test_an_operator_that_reads_none_gets_none(self) -> None:
        other = Source("other", (Reads("red"),), "Reflectance.")
        found, notes = sun_points(Sunny(), other, ["B4"], "", NOON, TILE)
        assert not found
        assert not notes

    def test_one_note_names_what_was_computed_and_for_which_moment(self) -> None:
        _, notes = points()
        assert len(notes) == 1
        said = str(getattr(notes[0], "text", notes[0]))
        assert "sun_zenith" in said
        assert "sun_azimuth" in said
        assert "2026-03-20 11:00:00 UTC" in said
