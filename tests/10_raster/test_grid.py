"""Grids and windows as numbers: what a rectangle of pixels is, how it grows, and where it lies on the map."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import BadGrid
from estran.raster.grid import Grid, Window

UTM = "EPSG:32631"
NORTH_UP = Affine(20, 0, 600000, 0, -20, 5600000)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    return Grid(draw(st.integers(1, 40)), draw(st.integers(1, 40)), NORTH_UP, UTM)


@st.composite
def windows(draw: st.DrawFn, grid: Grid) -> Window:
    """A window inside a grid, of at least one pixel."""
    row, col = draw(st.integers(0, grid.height - 1)), draw(st.integers(0, grid.width - 1))
    return Window(row, col, draw(st.integers(1, grid.height - row)), draw(st.integers(1, grid.width - col)))


def rotated(width: float, height: float, angle: float, x: float = 7.0, y: float = 9.0) -> Affine:
    """Pixels of a width and a height, turned by an angle [degrees]."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return Affine(c * width, s * height, x, s * width, -c * height, y)


transforms = st.builds(
    rotated,
    st.floats(0.5, 100),
    st.floats(0.5, 100),
    st.floats(-180, 180),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
)


def corner(transform: Affine, col: float, row: float) -> tuple[float, float]:
    """Map coordinates by the matrix, written out."""
    matrix = np.array(tuple(transform), float).reshape(3, 3)
    x, y, _ = matrix @ [col, row, 1.0]
    return float(x), float(y)


class TestWindow:
    def test_slices_are_rows_and_then_columns(self) -> None:
        image = np.arange(12).reshape(3, 4)
        assert image[Window(1, 2, 2, 1).slices].tolist() == [[6], [10]]

    @given(st.data())
    def test_growth_is_the_neighbourhood_cut_at_the_edges(self, data: st.DataObject) -> None:
        """Against a mask: the grown window holds exactly the pixels within `halo` rows and columns."""
        grid = data.draw(grids())
        window, halo = data.draw(windows(grid)), data.draw(st.integers(0, 12))
        rows, cols = np.indices(grid.shape)
        near_rows = (rows >= window.row - halo) & (rows <= window.row + window.height - 1 + halo)
        near_cols = (cols >= window.col - halo) & (cols <= window.col + window.width - 1 + halo)
        found = np.zeros(grid.shape, bool)
        found[window.grow(halo, grid).slices] = True
        np.testing.assert_array_equal(found, near_rows & near_cols)

    @given(st.data(), st.integers(0, 9), st.integers(0, 9))
    def test_growing_twice_is_growing_by_the_sum(self, data: st.DataObject, first: int, second: int) -> None:
        grid = data.draw(grids())
        window = data.draw(windows(grid))
        assert window.grow(first, grid).grow(second, grid) == window.grow(first + second, grid)

    def test_windows_sort_in_raster_order(self) -> None:
        tiles = list(Grid(7, 5).tiles(3))
        shuffled = [tiles[k] for k in (4, 2, 5, 0, 3, 1)]
        assert sorted(shuffled) == tiles


class TestTiles:
    @given(grids(), st.integers(1, 50))
    def test_tiles_cover_each_pixel_once(self, grid: Grid, size: int) -> None:
        count = np.zeros(grid.shape, int)
        for window in grid.tiles(size):
            assert 1 <= window.height <= size
            assert 1 <= window.width <= size
            count[window.slices] += 1
        assert (count == 1).all()

    @given(grids(), st.integers(1, 50))
    def test_there_are_no_more_tiles_than_needed(self, grid: Grid, size: int) -> None:
        assert len(list(grid.tiles(size))) == -(-grid.height // size) * -(-grid.width // size)

    def test_a_tile_larger_than_the_grid_is_the_grid(self) -> None:
        grid = Grid(3, 2)
        assert list(grid.tiles(10)) == [grid.window] == [Window(0, 0, 2, 3)]


class TestWhatIsNoGrid:
    @pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (-1, 5), (0, 0)])
    def test_a_grid_has_pixels(self, width: int, height: int) -> None:
        with pytest.raises(BadGrid, match=f"an empty grid: expected at least 1 x 1 pixels, found {width} x {height}"):
            Grid(width, height)

    @pytest.mark.parametrize(
        "transform",
        [
            Affine(0, 0, 0, 0, 0, 0),
            Affine(10, 0, 0, 0, 0, 0),
            Affine(10, 5, 0, 20, 10, 0),  # columns and rows run the same way
            Affine(np.nan, 0, 0, 0, -10, 0),
            Affine(np.inf, 0, 0, 0, -10, 0),
            Affine(10, 0, np.nan, 0, -10, 0),
            Affine(10, 0, 0, 0, -10, np.inf),
        ],
    )
    def test_a_transform_gives_pixels_a_place(self, transform: Affine) -> None:
        with pytest.raises(BadGrid, match=r"gives pixels no place.*gdal_edit\.py") as error:
            Grid(4, 4, transform)
        assert "expected pixels of a width and a height" in str(error.value)

    @pytest.mark.parametrize("use", ["lonlat", "at_lonlat"])
    def test_a_place_needs_a_crs(self, use: str) -> None:
        with pytest.raises(BadGrid, match=r"the grid has no CRS.*give the product a CRS"):
            getattr(Grid(4, 4, NORTH_UP), use)(1.0, 1.0)

    @pytest.mark.parametrize(
        "use",
        [
            lambda grid: grid.lonlat(0, 0),
            lambda grid: grid.at_lonlat(0, 0),
            lambda grid: grid.pixel_size,
            lambda grid: grid.at_resolution(10),
            lambda grid: grid.meridian_convergence(),
        ],
        ids=["lonlat", "at_lonlat", "pixel_size", "at_resolution", "meridian_convergence"],
    )
    def test_a_place_needs_a_map(self, use) -> None:
        with pytest.raises(BadGrid, match=r"has no map transform.*reproject it first"):
            use(Grid(4, 4, None, UTM))

    @pytest.mark.parametrize("crs", ["EPSG:0", "PROJCS[nothing", "north of the river"])
    def test_a_crs_that_nobody_knows(self, crs: str) -> None:
        with pytest.raises(BadGrid, match=r"the CRS cannot be understood.*EPSG:code or WKT") as error:
            Grid(4, 4, NORTH_UP, crs).lonlat(0, 0)
        assert crs in str(error.value)

    def test_a_long_crs_is_quoted_by_its_beginning(self) -> None:
        with pytest.raises(BadGrid) as error:
            Grid(4, 4, NORTH_UP, "PROJCS[" + "x" * 5000).lonlat(0, 0)
        assert len(str(error.value)) < 300

    def test_a_crs_without_a_place_on_earth(self) -> None:
        local = 'LOCAL_CS["a building site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
        with pytest.raises(BadGrid, match=r"no place on Earth.*a building site.*gdal_edit"):
            Grid(4, 4, NORTH_UP, local).lonlat(0, 0)


class TestParts:
    @given(transforms, st.data())
    def test_a_part_lies_where_it_lay_in_the_whole(self, transform: Affine, data: st.DataObject) -> None:
        """Also on a rotated map: all four corners of the window stay where they are."""
        grid = Grid(30, 20, transform, UTM)
        window = data.draw(windows(grid))
        part = grid.sub(window)
        assert part.shape == (window.height, window.width)
        assert part.crs == grid.crs
        for row, col in itertools.product((0, window.height), (0, window.width)):
            here = corner(part.transform, col, row)
            assert here == pytest.approx(corner(transform, window.col + col, window.row + row), abs=1e-6)

    @given(transforms, st.data())
    def test_a_part_of_a_part(self, transform: Affine, data: st.DataObject) -> None:
        grid = Grid(30, 20, transform, UTM)
        outer = data.draw(windows(grid))
        inner = data.draw(windows(grid.sub(outer)))
        direct = grid.sub(Window(outer.row + inner.row, outer.col + inner.col, inner.height, inner.width))
        assert tuple(grid.sub(outer).sub(inner).transform) == pytest.approx(tuple(direct.transform), abs=1e-6)

    def test_without_a_map_a_part_has_none(self) -> None:
        part = Grid(30, 20).sub(Window(3, 4, 5, 6))
        assert part == Grid(6, 5)

    def test_the_whole_is_its_own_part(self) -> None:
        grid = Grid(30, 20, NORTH_UP, UTM)
        assert grid.sub(grid.window) == grid


class TestPixelSize:
    @given(st.floats(0.5, 100), st.floats(0.5, 100), st.floats(-180, 180))
    def test_rotation_does_not_change_it(self, width: float, height: float, angle: float) -> None:
        grid = Grid(4, 4, rotated(width, height, angle), UTM)
        assert grid.pixel_size == pytest.approx((width, height))

    def test_it_is_positive_whichever_way_the_rows_run(self) -> None:
        assert Grid(4, 4, Affine(-10, 0, 0, 0, 20, 0), UTM).pixel_size == (10.0, 20.0)

    @pytest.mark.parametrize(
        ("transform", "expected"),
        [
            (None, True),
            (Affine(10, 0, 0, 0, -10, 0), True),
            (Affine(10, 0, 0, 0, 10, 0), False),  # rows run northwards
            (Affine(-10, 0, 0, 0, -10, 0), False),  # columns run westwards
            (Affine(0, 10, 0, 10, 0, 0), False),
            (Affine(10, 1e-3, 0, 0, -10, 0), False),
            (Affine(10, 0, 0, 1e-3, -10, 0), False),
            (Affine(10, 1e-9, 0, -1e-9, -10, 0), True),  # rounding of a writer, no rotation
        ],
    )
    def test_north_up(self, transform: Affine | None, expected: bool) -> None:
        assert Grid(4, 4, transform).is_north_up is expected


class TestAnotherResolution:
    @pytest.mark.parametrize(
        ("metres", "shape"), [(20.0, (50, 60)), (10.0, (100, 120)), (60.0, (17, 20)), (1e6, (1, 1)), (30.0, (33, 40))]
    )
    def test_size(self, metres: float, shape: tuple[int, int]) -> None:
        found = Grid(60, 50, NORTH_UP, UTM).at_resolution(metres)
        assert found.shape == shape
        assert found.pixel_size == (metres, metres)
        assert (found.transform.c, found.transform.f) == (600000, 5600000)
        assert found.crs == UTM

    @given(st.integers(1, 300), st.integers(1, 300), st.floats(1, 200))
    def test_it_covers_the_same_ground_within_half_a_pixel(self, width: int, height: int, metres: float) -> None:
        found = Grid(width, height, NORTH_UP, UTM).at_resolution(metres)
        for old, new in ((width, found.width), (height, found.height)):
            assert new == 1 or abs(new * metres - old * 20) <= metres / 2 + 1e-6

    def test_finer_and_back_is_the_same_grid(self) -> None:
        grid = Grid(60, 50, NORTH_UP, UTM)
        assert grid.at_resolution(5.0).at_resolution(20.0) == grid
