"""Pixels under a polygon of longitudes and latitudes: rectangles whose pixels are known, invariances, and polygons that
cannot be read.
"""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import BadGrid, BadParameter
from estran.raster.grid import Grid, Window
from estran.raster.wkt_region import rings, window_under

DEGREES = Grid(100, 80, Affine(0.01, 0, 10.0, 0, -0.01, 50.0), "EPSG:4326")
"""Longitude 10 to 11, latitude 50 down to 49.2: pixel borders at hundredths of a degree."""
METRES = Grid(100, 80, Affine(100, 0, 600000, 0, -100, 5600000), "EPSG:32631")


def polygon(corners: list[tuple[float, float]]) -> str:
    closed = [*corners, corners[0]]
    return "POLYGON((" + ", ".join(f"{lon!r} {lat!r}" for lon, lat in closed) + "))"


def box(left: float, top: float, right: float, bottom: float) -> list[tuple[float, float]]:
    """Corners in longitude and latitude of a rectangle in pixels of the grid in degrees."""
    west, east, north, south = 10 + left / 100, 10 + right / 100, 50 - top / 100, 50 - bottom / 100
    return [(west, north), (east, north), (east, south), (west, south)]


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """Left, top, right and bottom in pixels, well inside, away from pixel borders."""
    left, top = draw(st.integers(2, 90)) + 0.3, draw(st.integers(2, 70)) + 0.3
    right, bottom = draw(st.integers(int(left) + 1, 97)) + 0.7, draw(st.integers(int(top) + 1, 77)) + 0.7
    return left, top, right, bottom


class TestRectangles:
    @given(boxes())
    def test_the_pixels_touched_are_the_window(self, sides: tuple[float, float, float, float]) -> None:
        left, top, right, bottom = sides
        found = window_under(polygon(box(*sides)), DEGREES, "Subset")
        assert found == Window(int(top), int(left), int(bottom) + 1 - int(top), int(right) + 1 - int(left))

    @given(st.integers(2, 60), st.integers(2, 40), st.integers(1, 30), st.integers(1, 30))
    def test_borders_of_pixels_do_not_touch_the_next_ones(self, left: int, top: int, width: int, height: int) -> None:
        corners = box(left, top, left + width, top + height)
        assert window_under(polygon(corners), DEGREES, "Subset") == Window(top, left, height, width)

    @given(boxes(), st.integers(0, 3), st.booleans())
    def test_neither_the_first_corner_nor_the_turn_matters(
        self, sides: tuple[float, float, float, float], first: int, back: bool
    ) -> None:
        corners = box(*sides)
        other = corners[first:] + corners[:first]
        expected = window_under(polygon(corners), DEGREES, "Subset")
        assert window_under(polygon(other[::-1] if back else other), DEGREES, "Subset") == expected

    def test_a_region_around_the_whole_image_is_the_image(self) -> None:
        assert window_under(polygon(box(-50, -50, 150, 130)), DEGREES, "Subset") == DEGREES.window

    @pytest.mark.parametrize(
        ("sides", "expected"),
        [
            ((-50.0, 10.3, 20.7, 30.7), Window(10, 0, 21, 21)),
            ((80.3, 10.3, 150.0, 30.7), Window(10, 80, 21, 20)),
            ((10.3, -50.0, 20.7, 30.7), Window(0, 10, 31, 11)),
            ((10.3, 60.3, 20.7, 130.0), Window(60, 10, 20, 11)),
        ],
        ids=["left", "right", "above", "below"],
    )
    def test_a_region_across_a_border_is_cut_there(
        self, sides: tuple[float, float, float, float], expected: Window
    ) -> None:
        assert window_under(polygon(box(*sides)), DEGREES, "Subset") == expected

    def test_a_region_smaller_than_a_pixel_is_that_pixel(self) -> None:
        assert window_under(polygon(box(33.4, 22.4, 33.6, 22.6)), DEGREES, "Subset") == Window(22, 33, 1, 1)


class TestOtherShapes:
    def test_a_triangle_s_box_is_that_of_its_corners(self) -> None:
        corners = [(10.105, 49.895), (10.305, 49.895), (10.105, 49.695)]
        assert window_under(polygon(corners), DEGREES, "Subset") == Window(10, 10, 21, 21)

    def test_of_a_triangle_cut_by_the_border_only_the_part_inside_counts(self) -> None:
        """From a corner 40 columns left of the image to column 40, between rows 10 and 50: where it enters, at column
        0.5, its sides lie at rows 10.5 + 40 * 39.5 / 80 and 50.5, hence from row 30.
        """
        corners = [(10 - 0.4, 50 - 0.505), (10 + 0.405, 50 - 0.505), (10 + 0.405, 50 - 0.105)]
        found = window_under(polygon(corners), DEGREES, "Subset")
        assert found == Window(10, 0, 41, 41)
        thin = [(10 - 0.4, 50 - 0.505), (10 + 0.105, 50 - 0.505), (10 - 0.4, 50 - 0.105)]
        # Its upper side enters the image at column 0.5: row 50.5 - 40 * (10.5 - 0.5) / 50.5 = 42.6.
        assert window_under(polygon(thin), DEGREES, "Subset") == Window(42, 0, 9, 11)

    def test_holes_do_not_change_the_box(self) -> None:
        outer, inner = (polygon(box(*s))[len("POLYGON(") : -1] for s in ((10.3, 10.3, 40.7, 40.7), (20, 20, 30, 30)))
        assert window_under(f"POLYGON({outer}, {inner})", DEGREES, "Subset") == Window(10, 10, 31, 31)

    def test_several_polygons_share_one_box(self) -> None:
        first, second = (
            polygon(box(*s))[len("POLYGON") :] for s in ((10.3, 10.3, 20.7, 20.7), (50.3, 40.3, 60.7, 50.7))
        )
        found = window_under(f"MULTIPOLYGON({first}, {second})", DEGREES, "Subset")
        assert found == Window(10, 10, 41, 51)

    def test_a_polygon_outside_beside_one_inside_does_not_count(self) -> None:
        first, far = (polygon(box(*s))[len("POLYGON") :] for s in ((10.3, 10.3, 20.7, 20.7), (500, 40, 600, 50)))
        assert window_under(f"MULTIPOLYGON({first}, {far})", DEGREES, "Subset") == Window(10, 10, 11, 11)

    @given(st.integers(5, 50), st.integers(5, 40), st.integers(8, 40), st.integers(8, 30))
    def test_on_a_map_the_box_holds_all_corners(self, col: int, row: int, width: int, height: int) -> None:
        """The corners are pixels' centres of a map in metres: the window holds them, and only what is between."""
        cols = np.array([col, col + width, col + width, col]) + 0.5
        rows = np.array([row, row, row + height, row + height]) + 0.5
        lon, lat = METRES.lonlat(cols, rows)
        found = window_under(polygon(list(zip(lon.tolist(), lat.tolist(), strict=True))), METRES, "Subset")
        inside = METRES.window
        assert found == Window(row, col, min(height + 1, inside.height - row), min(width + 1, inside.width - col))


class TestText:
    @pytest.mark.parametrize(
        "wkt",
        [
            "POLYGON((10 50, 11 50, 11 49))",
            "polygon ((10.0 50.0,11.0 50.0,11.0 49.0))",
            "  POLYGON ( ( 10   50 , 11 50 , 11 49 ) )  ",
            "POLYGON((1e1 5e1, 1.1e1 50, 11 4.9e1))",
            "POLYGON Z((10 50 3, 11 50 3, 11 49 3))",
            "SRID=4326;POLYGON((10 50, 11 50, 11 49))",
            "MULTIPOLYGON(((10 50, 11 50, 11 49)))",
            "POLYGON((10 50,\n 11 50,\n\t11 49))",
        ],
    )
    def test_ways_to_write_one_triangle(self, wkt: str) -> None:
        assert [ring.tolist() for ring in rings(wkt, "Subset")] == [[[10.0, 50.0], [11.0, 50.0], [11.0, 49.0]]]

    def test_each_ring_comes_by_itself(self) -> None:
        found = rings("MULTIPOLYGON(((0 0, 1 0, 1 1), (2 2, 3 2, 3 3)), ((4 4, 5 4, 5 5, 4 5)))", "Subset")
        assert [len(ring) for ring in found] == [3, 3, 4]

    @pytest.mark.parametrize(
        "wkt",
        [
            "",
            "POLYGON",
            "POLYGON EMPTY",
            "POLYGON(())",
            "POINT(10 50)",
            "LINESTRING(10 50, 11 50, 11 49)",
            "POLYGON((10 50, 11 50))",  # two points are no ring
            "POLYGON((10, 11, 12))",
            "POLYGON((10 fifty, 11 50, 11 49))",
            "POLYGON((10 50, 11 50, 11 nan))",
            "POLYGON((10 50, 11 50, 11 1e999))",
            "POLYGON((10 50, 11 50, 11))",
            "SRID=32631;POLYGON((10 50, 11 50, 11 49))",
            "POLYGON((10 50, 11 50, 11 49)) and more",
            "MULTIPOLYGON(((10 50, 11 50, 11 49)), ((10 50)))",
        ],
    )
    def test_what_is_no_polygon_is_refused_in_a_sentence(self, wkt: str) -> None:
        with pytest.raises(BadParameter) as error:
            window_under(wkt, DEGREES, "node Subset")
        assert str(error.value).startswith("a region cannot be read (in node Subset): expected POLYGON((lon lat,")
        assert str(error.value).endswith("What to do: write it as a polygon in WKT.")
        assert repr(wkt[:60]) in str(error.value)

    def test_a_polygon_of_very_many_points_is_refused_shortly(self) -> None:
        ring = ", ".join(f"{10 + k * 1e-6!r} 50" for k in range(100_001))
        with pytest.raises(BadParameter, match="a region cannot be read") as error:
            window_under(f"POLYGON(({ring}))", DEGREES, "Subset")
        assert len(str(error.value)) < 400

    def test_a_polygon_of_many_points_is_read(self) -> None:
        """50 000 points on a circle of 20 pixels around column 50, row 40."""
        turn = np.linspace(0, 2 * np.pi, 50_000)
        corners = list(zip((10.5 + 0.2 * np.cos(turn)).tolist(), (49.6 + 0.2 * np.sin(turn)).tolist(), strict=True))
        assert window_under(polygon(corners), DEGREES, "Subset") == Window(20, 30, 40, 40)


class TestBesideTheImage:
    @pytest.mark.parametrize(
        "corners",
        [
            box(200, 10, 220, 30),
            box(10, -60, 20, -40),
            [(50.0, 10.1), (50.0, 10.3), (49.8, 10.3)],  # latitude before longitude
            [(-170.0, -49.9), (-169.8, -49.9), (-169.8, -49.7)],
        ],
    )
    def test_is_refused_in_a_sentence(self, corners: list[tuple[float, float]]) -> None:
        with pytest.raises(BadGrid, match=r"the region does not meet the image \(in node Subset\)") as error:
            window_under(polygon(corners), DEGREES, "node Subset")
        assert str(error.value).endswith("What to do: check that it is longitude before latitude.")

    def test_places_that_the_map_cannot_show_are_left_out(self) -> None:
        """The antipodes of a UTM zone have no place on its map."""
        with pytest.raises(BadGrid, match="does not meet the image"):
            window_under(polygon([(-177.0, 0.0), (-177.0, 1.0), (-176.0, 0.5)]), METRES, "Subset")

    def test_an_image_without_a_map_has_no_place(self) -> None:
        with pytest.raises(BadGrid, match="no map transform"):
            window_under(polygon(box(1, 1, 2, 2)), Grid(10, 10), "Subset")
