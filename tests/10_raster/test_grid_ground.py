"""Grids on the ground: longitude and latitude, lengths in metres and the direction of north, against pyproj's own
geodesics and map factors, and against closed formulas.
"""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Proj

from estran.errors import BadGrid
from estran.raster.grid import Grid

GEOD = Geod(ellps="WGS84")
WGS84_A, WGS84_E2 = 6378137.0, 0.0066943799901413165
"""Semi-major axis [m] and squared eccentricity [1] of WGS 84 (NIMA TR8350.2, 2000, table 3.1)."""


def utm(zone: int, x: float = 500000.0, y: float = 5000000.0, size: float = 10.0, pixels: int = 100) -> Grid:
    return Grid(pixels, pixels, Affine(size, 0, x, 0, -size, y), f"EPSG:{32600 + zone}")


class TestLonlat:
    @pytest.mark.parametrize("zone", [1, 31, 60])
    def test_the_central_meridian_of_a_utm_zone(self, zone: int) -> None:
        """Easting 500 km is the zone's central meridian, 6 degrees a zone from 180 west; y = 0 is the equator."""
        lon, lat = utm(zone, 500000.0, 0.0).lonlat(0, 0)
        assert float(lon) == pytest.approx(-183 + 6 * zone, abs=1e-9)
        assert float(lat) == pytest.approx(0.0, abs=1e-9)

    def test_along_the_central_meridian_y_is_the_scaled_meridian_arc(self) -> None:
        """Distance from the equator on WGS 84, times the scale of 0.9996."""
        for latitude in (10.0, 45.0, 80.0):
            arc = GEOD.inv(3.0, 0.0, 3.0, latitude)[2]
            lon, lat = utm(31, 500000.0, 0.9996 * arc).lonlat(0, 0)
            assert (float(lon), float(lat)) == pytest.approx((3.0, latitude), abs=1e-8)

    @given(
        st.sampled_from(["EPSG:32601", "EPSG:32631", "EPSG:32760", "EPSG:3413", "EPSG:3031", "EPSG:3035"]),
        st.lists(st.tuples(st.floats(-50, 150), st.floats(-50, 150)), min_size=1, max_size=5),
        st.floats(-30, 30),
    )
    def test_there_and_back(self, crs: str, points: list[tuple[float, float]], angle: float) -> None:
        """Also on rotated grids, beyond their edges, next to the anti-meridian and next to the poles."""
        c, s = 20 * np.cos(np.radians(angle)), 20 * np.sin(np.radians(angle))
        origin = {"EPSG:3413": (1e4, 2e4), "EPSG:3031": (-3e4, 1e4), "EPSG:3035": (4.3e6, 3.2e6)}
        x, y = origin.get(crs, (500000.0, 6600000.0))
        grid = Grid(100, 100, Affine(c, s, x, s, -c, y), crs)
        cols, rows = np.array(points).T
        back_cols, back_rows = grid.at_lonlat(*grid.lonlat(cols, rows))
        np.testing.assert_allclose(back_cols, cols, atol=1e-4)
        np.testing.assert_allclose(back_rows, rows, atol=1e-4)

    @given(st.floats(-170, 170), st.floats(-80, 80), st.floats(1e-4, 0.1))
    def test_a_geographic_grid_is_its_own_map(self, x: float, y: float, step: float) -> None:
        grid = Grid(10, 10, Affine(step, 0, x, 0, -step, y), "EPSG:4326")
        lon, lat = grid.lonlat(np.array([0.0, 2.5]), np.array([0.0, 4.5]))
        np.testing.assert_allclose(lon, [x, x + 2.5 * step], atol=1e-9)
        np.testing.assert_allclose(lat, [y, y - 4.5 * step], atol=1e-9)

    def test_both_sides_of_the_anti_meridian_belong_to_one_grid(self) -> None:
        """Zone 60 reaches beyond 180 degrees east: a column there is a longitude of -180 and more."""
        grid = utm(60, 700000.0, 1000.0, size=1000.0, pixels=300)
        lon, _ = grid.lonlat(np.array([0.0, 299.0]), np.array([0.0, 0.0]))
        assert lon[0] > 178
        assert lon[1] < -178
        cols, _ = grid.at_lonlat(lon, np.array([0.0, 0.0]))
        assert cols == pytest.approx([0.0, 299.0], abs=0.5)

    def test_a_longitude_counts_modulo_a_turn(self) -> None:
        grid = utm(31)
        assert grid.at_lonlat(3.2, 45.0)[0] == pytest.approx(grid.at_lonlat(363.2, 45.0)[0], abs=1e-6)

    def test_any_shape_of_positions(self) -> None:
        cols, rows = np.meshgrid(np.arange(4) + 0.5, np.arange(3) + 0.5)
        lon, lat = utm(31).lonlat(cols, rows)
        assert lon.shape == lat.shape == (3, 4)
        assert (np.diff(lon, axis=1) > 0).all()
        assert (np.diff(lat, axis=0) < 0).all()


class TestMetres:
    def test_a_map_in_metres_is_taken_at_its_word(self) -> None:
        assert utm(31, size=20.0).pixel_size_metres() == (20.0, 20.0)

    @pytest.mark.parametrize("latitude", [-78.0, -30.0, 0.0, 45.0, 60.0, 85.0])
    def test_degrees_by_the_radii_of_curvature(self, latitude: float) -> None:
        """cos(lat) N along a parallel and M along a meridian (Snyder 1987, equations 4-18 to 4-20)."""
        step = 1e-4
        grid = Grid(2, 2, Affine(step, 0, 10.0 - step, 0, -step, latitude + step), "EPSG:4326")
        sine, turn = np.sin(np.radians(latitude)), np.radians(step)
        normal = WGS84_A / np.sqrt(1 - WGS84_E2 * sine**2)
        meridional = WGS84_A * (1 - WGS84_E2) / (1 - WGS84_E2 * sine**2) ** 1.5
        expected = normal * np.cos(np.radians(latitude)) * turn, meridional * turn
        assert grid.pixel_size_metres() == pytest.approx(expected, rel=1e-5)

    def test_the_pixel_measured_is_the_central_one(self) -> None:
        """A grid from the equator to 60 degrees north: its centre is at 30."""
        grid = Grid(60, 60, Affine(1, 0, 0, 0, -1, 60), "EPSG:4326")
        expected = GEOD.inv(30, 30, 31, 30)[2], GEOD.inv(30, 30, 30, 29)[2]
        assert grid.pixel_size_metres() == pytest.approx(expected, rel=1e-12)

    def test_on_a_rotated_grid_columns_and_rows_keep_their_lengths(self) -> None:
        grid = Grid(2, 2, Affine(0, 1e-3, 20, 2e-3, 0, 50), "EPSG:4326")
        along_columns = GEOD.inv(20.001, 50.002, 20.001, 50.004)[2]
        along_rows = GEOD.inv(20.001, 50.002, 20.002, 50.002)[2]
        assert grid.pixel_size_metres() == pytest.approx((along_columns, along_rows), rel=1e-9)


class TestConvergence:
    @given(st.floats(300000, 700000), st.floats(1000, 9.2e6))
    def test_of_utm_is_that_of_proj(self, x: float, y: float) -> None:
        """PROJ's factors of the transverse Mercator projection, worked out from its derivatives."""
        grid = utm(31, x, y, pixels=2)
        lon, lat = grid.lonlat(1, 1)
        factors = Proj("EPSG:32631").get_factors(float(lon), float(lat))
        assert grid.meridian_convergence() == pytest.approx(factors.meridian_convergence, abs=2e-3)

    def test_of_a_sphere_is_close(self) -> None:
        """tan(convergence) = tan(lon - lon0) sin(lat), positive to the north-east (Snyder 1987, equation 8-10, on the
        sphere): the eccentricity changes it by less than a per cent.
        """
        grid = utm(31, 700000.0, 5500000.0)
        lon, lat = (float(v) for v in grid.lonlat(50, 50))
        expected = np.degrees(np.arctan(np.tan(np.radians(lon - 3)) * np.sin(np.radians(lat))))
        assert expected > 1
        assert grid.meridian_convergence() == pytest.approx(expected, rel=0.01)

    def test_it_changes_sign_across_the_central_meridian_and_the_equator(self) -> None:
        def at(crs: int, x: float, y: float) -> float:
            return Grid(2, 2, Affine(10, 0, x - 10, 0, -10, y + 10), f"EPSG:{crs}").meridian_convergence()

        assert at(32631, 500000, 5e6) == pytest.approx(0, abs=1e-6)
        assert at(32631, 600000, 5e6) == pytest.approx(-at(32631, 400000, 5e6), abs=1e-4)
        south = at(32731, 600000, 1e7 - 5e6)
        assert south == pytest.approx(-at(32631, 600000, 5e6), abs=1e-3)

    @pytest.mark.parametrize("longitude", [-150.0, -45.0, 0.0, 60.0, 135.0])
    def test_of_a_polar_map_is_the_longitude(self, longitude: float) -> None:
        """On a polar stereographic map north lies towards the pole everywhere; the meridian of 45 west points up the
        map of EPSG:3413.
        """
        polar = Grid(2, 2, Affine(100, 0, 0, 0, -100, 0), "EPSG:3413")
        cols, rows = (float(v) for v in polar.at_lonlat(longitude, 75.0))
        grid = Grid(2, 2, Affine(100, 0, cols * 100 - 100, 0, -100, -rows * 100 + 100), "EPSG:3413")
        expected = longitude + 45.0
        assert (grid.meridian_convergence() - expected + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)

    def test_of_a_geographic_grid_is_nothing(self) -> None:
        grid = Grid(100, 100, Affine(1e-3, 0, 10, 0, -1e-3, 50), "EPSG:4326")
        assert grid.meridian_convergence() == pytest.approx(0, abs=1e-9)

    def test_the_true_azimuth_less_convergence_is_the_way_on_the_grid(self) -> None:
        """A geodesic that leaves with a true azimuth of 70 degrees, followed on the grid for 100 m."""
        grid = utm(31, 750000.0, 6500000.0)
        lon, lat = (float(v) for v in grid.lonlat(50, 50))
        there = GEOD.fwd(lon, lat, 70.0, 100.0)
        col, row = (float(v) for v in grid.at_lonlat(there[0], there[1]))
        on_grid = np.degrees(np.arctan2(col - 50, 50 - row))
        assert on_grid == pytest.approx(70.0 - grid.meridian_convergence(), abs=1e-2)


class TestAbsurdPixels:
    @pytest.mark.parametrize(
        ("size", "crs"),
        [
            (10.0, "EPSG:32631"),
            (0.001, "EPSG:32631"),
            (1e5, "EPSG:32631"),
            (1e-4, "EPSG:4326"),
            (0.5, "EPSG:4326"),
            (1e-9, None),  # without a CRS there is no unit
            (1e9, None),
        ],
    )
    def test_what_an_image_can_have_passes(self, size: float, crs: str | None) -> None:
        Grid(4, 4, Affine(size, 0, 0, 0, -size, 0), crs).refuse_absurd("a.tif")

    @pytest.mark.parametrize(
        ("size", "crs", "found"),
        [
            (9e-5, "EPSG:32631", "9e-05 x 9e-05 m"),  # degrees taken for metres
            (20.0, "EPSG:4326", "2.22e+06 x 2.22e+06 m"),  # metres taken for degrees
            (1.1e5, "EPSG:32631", "1.1e+05 x 1.1e+05 m"),
            (1e-9, "EPSG:4326", "0.000111 x 0.000111 m"),
            (4e5, "EPSG:2225", "1.22e+05 x 1.22e+05 m"),  # US survey feet: 0.3048006 m
        ],
    )
    def test_others_are_refused_in_a_sentence(self, size: float, crs: str, found: str) -> None:
        with pytest.raises(BadGrid) as error:
            Grid(4, 4, Affine(size, 0, 0, 0, -size, 0), crs).refuse_absurd("a.tif")
        assert str(error.value) == (
            "the pixels have a size that no image has (in a.tif): expected 1 mm to 100 km, "
            f"found {found}. What to do: correct its georeference, for example with gdal_edit.py -a_ullr or -a_srs."
        )

    def test_one_side_is_enough(self) -> None:
        with pytest.raises(BadGrid, match="no image has"):
            Grid(4, 4, Affine(10, 0, 0, 0, -1e6, 0), "EPSG:32631").refuse_absurd("a.tif")

    def test_feet_are_not_metres(self) -> None:
        """300 000 feet are 91 km."""
        Grid(4, 4, Affine(3e5, 0, 0, 0, -3e5, 0), "EPSG:2225").refuse_absurd("a.tif")

    def test_without_a_map_nothing_is_judged(self) -> None:
        Grid(4, 4, None, "EPSG:32631").refuse_absurd("a.tif")


@pytest.mark.parametrize(
    ("crs", "expected"), [("EPSG:4326", True), ("EPSG:4258", True), ("EPSG:32631", False), (None, False)]
)
def test_degrees_or_metres(crs: str | None, expected: bool) -> None:
    assert Grid(4, 4, Affine(1, 0, 0, 0, -1, 0), crs).is_geographic is expected
