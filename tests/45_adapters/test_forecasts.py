"""The forecasts inside Sentinel-2 products: a real file against what SNAP's own test expects, places against a field
that is known by formula, simulated products against the wind that they were asked for, and files that are not sound.
"""

from __future__ import annotations

import pickle
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.adapters.files import grib
from estran.adapters.files.grib_write import LatLonGrid, message
from estran.adapters.files.open import open_product
from estran.adapters.files.safe.meteorology import NAMES, meteorology
from estran.adapters.files.safe.store import Folder
from estran.adapters.files.safe_write import write_safe
from estran.errors import BadProduct
from estran.raster.grid import Grid, Window
from estran.raster.product import TiePointGrid
from estran.raster.tie_points import interpolate
from estran.scenes.simulate import SceneConfig, simulate

NOON = datetime(2022, 6, 21, 10, 50, 31, tzinfo=UTC)
TILE = Grid(10980, 10980, Affine(10, 0, 499980, 0, -10, 4900020), "EPSG:32631")
AROUND = LatLonGrid(44.4, 2.9, 0.125, 13, 15)
CODES = {name: code for code, (name, _, _) in NAMES.items()}


def file(*names: str, time: datetime = NOON, place: LatLonGrid = AROUND) -> bytes:
    values = np.arange(2.0, 2.0 + place.rows * place.cols).reshape(place.rows, place.cols)
    return b"".join(message(CODES[name], values, place, time) for name in names)


def read(folder: Path, content: bytes, name: str = "AUX_ECMWFT") -> tuple[dict[str, TiePointGrid], list[str]]:
    """What is made of a tile whose folder has such a file."""
    place = folder / "GRANULE" / "L1C_T31TDH" / "AUX_DATA"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    notes: list[str] = []
    return meteorology(Folder(folder), "GRANULE/L1C_T31TDH", TILE, NOON, notes), notes


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = simulate(SceneConfig(seed=5, size=64, kind="ocean", clouds=0.0, wind=7.0, wind_direction=210.0))
    return write_safe(scene, tmp_path_factory.mktemp("windy") / "scene")


# ---------------------------------------------------------------- a real file


@pytest.fixture(scope="module")
def real(shared_data: Path) -> bytes:
    return (shared_data / "aux_ecmwft" / "AUX_ECMWFT").read_bytes()


def test_a_real_file_has_the_values_of_snaps_own_test(real: bytes) -> None:
    """ECMWFReaderTest of the optical toolbox, with its tolerances: there the points lie at every 1220th pixel."""
    expected = {
        "tcwv": (0.1, [12.9139, 16.697, 12.4477, 15.9014]),
        "tco3": (1e-4, [0.00574996, 0.00577538, 0.00573795, 0.00579461]),
        "msl": (0.1, [100860.1, 100774.3, 100841.4, 100753.3]),
    }
    places = [(700, 772), (3668, 6460), (9300, 3492), (10276, 10540)]
    listed, fields = grib.messages(real, "AUX_ECMWFT"), grib.fields(real, "AUX_ECMWFT")
    found = {NAMES[m.code][0]: field for m, field in zip(listed, fields, strict=True)}
    assert set(found) == set(expected)
    for name, (tolerance, values) in expected.items():
        points = TiePointGrid(name, found[name].values.astype(np.float32), 0.5, 0.5, 1220, 1220)
        at = [float(interpolate(points, Window(y, x, 1, 1))[0, 0]) for x, y in places]
        np.testing.assert_allclose(at, values, rtol=0, atol=tolerance)


def test_a_real_file_says_when_and_where_it_is(real: bytes) -> None:
    listed, (vapour, pressure, ozone) = grib.messages(real, ""), grib.fields(real, "")
    assert {m.reference for m in listed} == {datetime(2016, 12, 6, 8, 19, tzinfo=UTC)}
    # The corners as PROVENANCE.md has them: points, not cells.
    assert (vapour.latitudes[0], vapour.latitudes[-1]) == pytest.approx((-33.434, -34.434))
    assert (vapour.longitudes[0], vapour.longitudes[-1]) == pytest.approx((22.076, 23.076))
    assert (vapour.values.min(), vapour.values.max()) == pytest.approx((10.92, 17.19), abs=0.01)
    assert (pressure.values.min(), pressure.values.max()) == pytest.approx((100741.9, 101062.0), abs=0.1)
    assert (ozone.values.min(), ozone.values.max()) == pytest.approx((0.0057268, 0.0057894), abs=1e-7)


def test_a_real_file_in_a_tile(real: bytes, tmp_path: Path) -> None:
    place = tmp_path / "GRANULE" / "L1C_T34HFH" / "AUX_DATA"
    place.mkdir(parents=True)
    (place / "AUX_ECMWFT").write_bytes(real)
    tile = Grid(10980, 10980, Affine(10, 0, 600000, 0, -10, 6300040), "EPSG:32734")
    notes: list[str] = []
    sensed = datetime(2016, 12, 6, 8, 19, 2, tzinfo=UTC)
    points = meteorology(Folder(tmp_path), "GRANULE/L1C_T34HFH", tile, sensed, notes)
    assert (set(points), notes) == ({"tcwv", "tco3", "msl"}, [])
    assert 10.9 < np.asarray(points["tcwv"].data).min() < np.asarray(points["tcwv"].data).max() < 17.2


# ---------------------------------------------------------------- places


def test_points_have_the_value_of_their_own_longitude_and_latitude(tmp_path: Path) -> None:
    """A field that is linear in longitude and latitude is the same after bilinear interpolation, so that each pixel
    shows where it was taken to lie; the truth comes from PROJ's inverse.
    """
    from pyproj import Transformer

    longitudes = AROUND.west + AROUND.step * np.arange(AROUND.cols)
    latitudes = AROUND.north - AROUND.step * np.arange(AROUND.rows)
    content = b"".join(
        message(CODES[name], values * np.ones((AROUND.rows, AROUND.cols)), AROUND, NOON)
        for name, values in (("10u", longitudes[None]), ("10v", latitudes[:, None]))
    )
    points, notes = read(tmp_path, content)
    assert notes == []
    way = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
    for row, col in ((0, 0), (17, 10979), (5490, 5490), (10979, 3), (8000, 2000)):
        x, y = 499980 + 10 * (col + 0.5), 4900020 - 10 * (row + 0.5)
        expected = way.transform(x, y)
        at = [float(interpolate(points[name], Window(row, col, 1, 1))[0, 0]) for name in ("10u", "10v")]
        # Between tie points 5 km apart longitude and latitude bend by less than ten metres.
        np.testing.assert_allclose(at, expected, rtol=0, atol=1e-4)
    # The twin: points laid at every 1220th pixel are kilometres off.
    field = grib.fields(content, "AUX_ECMWFT")[0]
    snap = TiePointGrid("10u", field.values.astype(np.float32), 0.5, 0.5, 1220, 1220)
    assert abs(float(interpolate(snap, Window(5490, 5490, 1, 1))[0, 0]) - way.transform(554885, 4845115)[0]) > 0.05


def test_beyond_the_outermost_points_the_nearest_holds() -> None:
    field = grib.Field(np.array([[1.0, 3.0], [5.0, 7.0]]), np.array([10.0, 11.0]), np.array([45.0, 44.0]))
    at = field.at(np.array([10.5, 9.0, 12.0, 370.5]), np.array([44.5, 45.5, 43.0, 44.5]))
    assert at.tolist() == [4.0, 1.0, 7.0, 4.0]
    assert field.holds(-349.5, 44.2)
    assert not field.holds(12.0, 44.2)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=6, max_size=6), st.sampled_from([-89.0, -33.4, 0.25, 71.0]),
    st.sampled_from([-179.9, -0.5, 12.0, 178.0]),
)  # fmt: skip
def test_what_is_packed_is_read_by_gdal(values: list[float], south: float, west: float) -> None:
    """Simple packing in 24 bits keeps a field to 1e-7 of its range; IBM's reference keeps 6e-7 of its own size."""
    field = np.array(values).reshape(2, 3)
    content = message((128, 165), field, LatLonGrid(south + 0.5, west, 0.5, 2, 3), NOON)
    (read_back,) = grib.fields(content, "")
    np.testing.assert_allclose(read_back.values, field, rtol=0, atol=2e-7 * np.ptp(field) + 1e-6 * np.abs(field).max())
    np.testing.assert_allclose(read_back.latitudes, [south + 0.5, south], atol=1e-6)
    turns = (read_back.longitudes - (west + 0.5 * np.arange(3))) / 360.0
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-6)


# ---------------------------------------------------------------- simulated products


def test_a_simulated_product_gives_its_wind_ozone_and_aerosol_back(simulated: Path) -> None:
    """What was asked for in words (7 m/s from 210 degrees), and what the page of the product says of its air."""
    scene = simulate(SceneConfig(seed=5, size=64, kind="ocean", clouds=0.0, wind=7.0, wind_direction=210.0))
    points = open_product(simulated).tie_points
    value = {name: np.asarray(grid.data, np.float64) for name, grid in points.items()}
    # From 210 degrees it blows towards 30 degrees: towards north and, half as much of its speed, towards east.
    np.testing.assert_allclose(value["10u"], 3.5, rtol=1e-3)
    np.testing.assert_allclose(value["10v"], 7.0 * np.sqrt(3.0) / 2.0, rtol=1e-3)
    np.testing.assert_allclose(value["aod550"], scene.facts["aerosol optical depth at 550 nm"], rtol=1e-3)
    np.testing.assert_allclose(value["tcwv"] / 10.0, scene.facts["water vapour [g/cm2]"], rtol=1e-3)
    # 1 DU is 2.6867e16 molecules per cm2, of 48 g in 6.022e23.
    dobson = value["tco3"] / (2.6867e20 * 48.0e-3 / 6.022e23)
    np.testing.assert_allclose(dobson, scene.facts["ozone [DU]"], rtol=1e-3)
    np.testing.assert_allclose(value["msl"], 101325.0, rtol=1e-3)


def test_gdal_alone_finds_the_fields(simulated: Path) -> None:
    import rasterio

    (path,) = simulated.glob("GRANULE/*/AUX_DATA/AUX_ECMWFT")
    with rasterio.open(path) as dataset:
        names = [dataset.tags(i)["GRIB_ELEMENT"] for i in dataset.indexes]
        assert names == ["PWC", "MSL", "TCO3", "10U", "10V"]
        west, south, east, north = dataset.bounds
    grid = open_product(simulated).grid
    for col, row in ((0, 0), (grid.width, grid.height)):
        longitude, latitude = grid.lonlat(col, row)
        assert west < longitude < east
        assert south < latitude < north


def test_decoding_says_nothing(simulated: Path, caplog: pytest.LogCaptureFixture) -> None:
    """GDAL warns of tables of parameters that it does not know, the one of CAMS among them; users need not read it."""
    grib._decoded.cache_clear()
    with caplog.at_level("WARNING"):
        for points in open_product(simulated).tie_points.values():
            np.asarray(points.data)
    assert [record.getMessage() for record in caplog.records if "GRIB" in record.getMessage()] == []


def test_a_zip_gives_the_same(simulated: Path, tmp_path: Path) -> None:
    path = shutil.make_archive(str(tmp_path / simulated.stem), "zip", simulated.parent, simulated.name)
    ours, theirs = open_product(Path(path)).tie_points, open_product(simulated).tie_points
    assert list(ours) == list(theirs)
    assert np.array_equal(np.asarray(ours["10u"].data), np.asarray(theirs["10u"].data))


def test_opening_decodes_nothing_and_other_processes_may_read(simulated: Path) -> None:
    grib._decoded.cache_clear()
    points = open_product(simulated).tie_points
    assert grib._decoded.cache_info().misses == 0
    sent = pickle.loads(pickle.dumps(points["10v"]))
    assert np.array_equal(np.asarray(sent.data), np.asarray(points["10v"].data))
    assert grib._decoded.cache_info().misses == 1


# ---------------------------------------------------------------- what is not sound

SOUND = file("tcwv", "10u")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (SOUND[:-30], "the GRIB file is cut short (in AUX_ECMWFT): expected 668 bytes of message 2, found 638"),
        (SOUND[:-670], "the GRIB file is cut short (in AUX_ECMWFT): expected 668 bytes of message 1, found 666"),
        (SOUND + b"GRIB", "cut short (in AUX_ECMWFT): expected a whole message, found 4 bytes"),
        (b"", "the file is no GRIB file (in AUX_ECMWFT): expected GRIB, found ''"),
        (b"\x89HDF\r\n", "the file is no GRIB file"),
        (SOUND[:7] + b"\x02" + SOUND[8:], "of another edition (in AUX_ECMWFT): expected edition 1, found 2"),
        (SOUND[:-4] + b"7778", "damaged (in AUX_ECMWFT): expected message 2 to end in 7777"),
        (SOUND[:21] + b"\x0d" + SOUND[22:], "no valid date"),
        (SOUND[:41] + b"\x05" + SOUND[42:], "on another grid"),
        (
            file("10u", time=NOON + timedelta(days=1)),
            "of another day than the product (in AUX_ECMWFT): expected 2022-06-21 10:50 UTC, found 2022-06-22 10:50",
        ),
    ],
    ids=["cut", "cut early", "cut in the head", "empty", "foreign", "edition", "end", "date", "grid", "day"],
)  # fmt: skip
def test_a_file_that_is_not_sound_is_left_out_with_a_sentence(content: bytes, said: str, tmp_path: Path) -> None:
    points, (note,) = read(tmp_path, content)
    assert points == {}
    assert note.startswith("The forecast AUX_ECMWFT is not used: ")
    assert said in note
    assert note.count(". ") <= 1  # one sentence, and what to do
    # The twin.
    assert list(read(tmp_path, SOUND)[0]) == ["tcwv", "10u"]


def test_a_field_of_another_place_is_refused_when_it_is_wanted(tmp_path: Path) -> None:
    points, notes = read(tmp_path, file("10u", place=LatLonGrid(-33.0, 22.0, 0.125, 9, 9)))
    assert notes == []
    with pytest.raises(BadProduct, match=r"of another place.*expected longitude 3\.6\d, latitude 43\.7"):
        np.asarray(points["10u"].data)


def test_a_damaged_field_is_a_sentence(tmp_path: Path) -> None:
    points, _ = read(tmp_path, SOUND[:68] + b"\xff" * 8 + SOUND[76:])
    try:
        np.asarray(points["tcwv"].data)
    except BadProduct as error:
        assert "cannot be decoded" in str(error)  # noqa: PT017 - GDAL may decode it, too


def test_one_file_may_be_sound_where_another_is_not(tmp_path: Path) -> None:
    read(tmp_path, b"no", "AUX_CAMSFO")
    points, notes = read(tmp_path, SOUND)
    assert list(points) == ["tcwv", "10u"]
    assert [note.split(" is ")[0] for note in notes] == ["The forecast AUX_CAMSFO"]


def test_descriptions_beside_a_file_are_none(tmp_path: Path) -> None:
    """GDAL leaves .aux.xml and .idx beside what it opens."""
    read(tmp_path, b"<PAMDataset/>", "AUX_ECMWFT.aux.xml")
    assert read(tmp_path, file("aod550"), "AUX_CAMSRE_x")[1] == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(SOUND)), st.integers(0, 40))
def test_no_content_is_more_than_a_sentence(noise: bytes, at: int, cut: int) -> None:
    for content in (noise, b"GRIB" + noise, SOUND[:at] + noise + SOUND[at + cut :]):
        try:
            grib.messages(content, "x")
        except BadProduct:
            continue


def test_a_product_with_a_damaged_forecast_opens(simulated: Path, tmp_path: Path) -> None:
    shutil.copytree(simulated, tmp_path / simulated.name)
    (path,) = (tmp_path / simulated.name).glob("GRANULE/*/AUX_DATA/AUX_ECMWFT")
    path.write_bytes(path.read_bytes()[:100])
    product = open_product(tmp_path / simulated.name)
    assert list(product.tie_points) == ["aod550"]
    assert any("AUX_ECMWFT is not used: the GRIB file is cut short" in note for note in product.notes)
