"""The simulator: repeatable, and true to itself."""

from __future__ import annotations

import os
import subprocess
import sys

import numba
import numpy as np
import numpy.typing as npt
import pytest
from affine import Affine

from estran.catalogue.studies.simulate_scene import SimulateScene
from estran.errors import BadGeometry, BadParameter
from estran.physics.geometry import slope_vector
from estran.raster.grid import Grid
from estran.scenes.atmosphere import Air, atmosphere
from estran.scenes.clouds import CloudField, beam, lit, reflectance
from estran.scenes.instrument import BANDS, HALF_STAGGER, LAG_TO_SLOPE, TIME_LAG, sun_rays, view_rays
from estran.scenes.landscape import SETTINGS, Landscape, landscape
from estran.scenes.march import Layer
from estran.scenes.picture import Picture
from estran.scenes.sea import rough_sea
from estran.scenes.simulate import SceneConfig, SimulatedScene, simulate
from estran.scenes.spectra import CODE, NAMES, table

SIZE = 96


@pytest.fixture(scope="module")
def scene() -> SimulatedScene:
    return simulate(SceneConfig(seed=5, size=SIZE))


def test_shapes_and_kinds(scene: SimulatedScene) -> None:
    assert set(scene.bands) == set(BANDS)
    for name, numbers in scene.bands.items():
        pixel = 10 if name in ("B2", "B3", "B4", "B8") else 60 if name in ("B1", "B9", "B10") else 20
        assert numbers.shape == scene.grids[pixel].shape
        assert numbers.dtype == np.uint16
    for layer in scene.truth.values():
        assert layer.shape == (SIZE, SIZE)


@pytest.mark.parametrize("size", [64, 101])
def test_any_size(size: int) -> None:
    made = simulate(SceneConfig(seed=2, size=size, noise=False))
    assert made.bands["B10"].shape == (-(-size // 3),) * 2
    assert made.bands["B2"].shape == (2 * size, 2 * size)


def test_same_seed_same_bits(scene: SimulatedScene) -> None:
    again = SimulateScene(seed=5, size=SIZE).run()
    for name in BANDS:
        np.testing.assert_array_equal(scene.bands[name], again.bands[name])
    for name, layer in scene.truth.items():
        np.testing.assert_array_equal(layer, again.truth[name])


def test_threads_do_not_matter(scene: SimulatedScene) -> None:
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = simulate(SceneConfig(seed=5, size=SIZE))
    finally:
        numba.set_num_threads(threads)
    for name in BANDS:
        np.testing.assert_array_equal(scene.bands[name], alone.bands[name])


def test_other_seed_other_scene(scene: SimulatedScene) -> None:
    other = simulate(SceneConfig(seed=6, size=SIZE))
    assert (other.truth["cloud"] != scene.truth["cloud"]).any()
    assert other.time != scene.time


@pytest.mark.slow
def test_same_bits_in_another_process(scene: SimulatedScene) -> None:
    """With other thread settings, and a hash seed of its own."""
    code = (
        "import zlib; from estran.scenes.simulate import simulate, SceneConfig;"
        f"s = simulate(SceneConfig(seed=5, size={SIZE})); print(zlib.crc32(b''.join(s.bands[b].tobytes() for b in "
        f"sorted(s.bands))))"
    )
    import zlib

    env = os.environ | {"NUMBA_NUM_THREADS": "1", "PYTHONHASHSEED": "77"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert int(done.stdout) == zlib.crc32(b"".join(scene.bands[b].tobytes() for b in sorted(scene.bands)))


def test_truth_agrees_with_itself(scene: SimulatedScene) -> None:
    truth = scene.truth
    cloud = truth["cloud"] == 1
    assert 0.1 < cloud.mean() < 0.6
    np.testing.assert_array_equal(cloud, truth["cloud_depth"] >= 0.5)
    np.testing.assert_array_equal(np.isfinite(truth["cloud_height"]), cloud)
    np.testing.assert_array_equal(truth["cloud_id"] > 0, cloud)
    assert not (cloud & (truth["shadow"] == 1)).any()
    assert (truth["sun_beam"][truth["shadow"] == 1] < 0.6).all()
    # Every cloud floats: above the ground that it hides.
    assert (truth["cloud_height"][cloud] > truth["dem"][cloud] + 100).all()


def test_objects_are_flat(scene: SimulatedScene) -> None:
    """One height does for an object: heights of its pixels differ by less than its thickness."""
    truth = scene.truth
    for number in np.unique(truth["cloud_id"][truth["cloud_id"] > 0]):
        heights = truth["cloud_height"][truth["cloud_id"] == number]
        assert np.ptp(heights) < 400


def test_clouds_are_bright_and_shadows_dark() -> None:
    made = simulate(SceneConfig(seed=3, size=160, kind="coast", cirrus=0.0))
    land = (made.truth["water"] == 0) & (made.truth["snow"] == 0)
    blue = made.bands["B2"].reshape(160, 2, 160, 2).mean((1, 3))
    nir08 = made.bands["B8A"]
    cloud, shadow = made.truth["cloud"] == 1, made.truth["shadow"] == 1
    clear = ~cloud & ~shadow & (made.truth["cloud_depth"] == 0) & (made.truth["sun_beam"] > 0.99)
    assert np.median(blue[cloud]) > 2 * np.median(blue[clear & land])
    assert np.median(nir08[shadow & land]) < 0.75 * np.median(nir08[clear & land])


@pytest.mark.parametrize("kind", list(SETTINGS))
def test_settings_make_what_they_promise(kind: str) -> None:
    land = landscape(11, 200, kind)
    fraction = SETTINGS[kind].sea
    # Rivers and lakes come on top of the sea.
    assert fraction - 0.05 < land.water.mean() < fraction + 0.12
    assert (land.elevation >= 0).all()
    assert land.first.max() < len(NAMES)
    if kind == "snow":
        assert land.snow.mean() > 0.15
    if kind == "mountain":
        assert land.elevation.max() > 300
        assert land.snow.any()
    if kind in ("coast", "ocean"):
        assert land.beach.any()


def test_angles_are_asked_or_drawn() -> None:
    asked = simulate(SceneConfig(seed=4, size=64, sza=61.0, saa=35.0, vza=7.0, vaa=100.0))
    assert (asked.sun_zenith, asked.sun_azimuth, asked.view_zenith, asked.view_azimuth) == (61.0, 35.0, 7.0, 100.0)
    np.testing.assert_allclose(asked.sun.zenith, 61.0, atol=0.05)
    np.testing.assert_allclose(asked.sun.azimuth, 35.0, atol=0.05)
    drawn = {simulate(SceneConfig(seed=s, size=64, noise=False)).sun_zenith for s in range(2)}
    assert len(drawn) == 2


def test_sun_below_the_horizon() -> None:
    with pytest.raises(BadGeometry, match="too low"):
        simulate(SceneConfig(size=64, sza=88.0))


def test_study_checks_its_parameters() -> None:
    with pytest.raises(BadParameter, match="outside its interval"):
        SimulateScene(sza=85.0)


def test_progress_can_cancel() -> None:
    def stop(fraction: float, _message: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(SceneConfig(size=64), stop)


def test_swath_edge_is_ragged() -> None:
    made = simulate(SceneConfig(seed=9, size=128, swath_edge=True, noise=False))
    empty = made.truth["nodata"] == 1
    assert 0.02 < empty.mean() < 0.6
    edges = {name: (made.bands[name] == 0).mean() for name in ("B5", "B6", "B7", "B11")}
    assert len(set(edges.values())) == 4
    assert (made.bands["B2"][:, 0] > 0).all()
    # A band's edge is no straight line.
    steps = np.diff((made.bands["B5"] == 0).sum(1))
    assert len(np.unique(steps)) > 2


# --- one plate of cloud over flat ground: where it is seen and where its shadow falls
# --------------------------------------------------

HEIGHT, MIDDLE = 2000.0, 1500.0


def flat_picture(sza: float, saa: float, vza: float, vaa: float, flight: float = 194.0, seam: float = 1e4) -> Picture:
    """A disc of cloud 20 m thick, its middle at 2000 m above the centre of 3 x 3 km of grass, north up."""
    size = 150
    ten = np.ones((2 * size, 2 * size), np.float32)
    code = np.full(ten.shape, CODE["grass"], np.uint8)
    zeros, twenty = np.zeros((size, size), np.uint8), np.zeros((size, size), np.float32)
    land = Landscape(twenty, code, code, np.zeros_like(code), ten, zeros, zeros, zeros, zeros)
    n = 768
    i, j = np.indices((n, n))
    corner = MIDDLE - n * 5.0
    thickness = np.where(np.hypot(i + 0.5 - n / 2, j + 0.5 - n / 2) < 18, 20.0, 0.0).astype(np.float32)
    base = np.where(thickness > 0, HEIGHT - 10, 0).astype(np.float32)
    layer = Layer(base, thickness, np.ones_like(base), 10.0, (corner, corner), 0.6)
    centre = MIDDLE, MIDDLE
    sun = sun_rays(sza, saa, centre)
    east, north = slope_vector(vza, vaa)
    views = {b: view_rays(b, (float(east), -float(north)), centre, flight, seam) for b in BANDS}
    identity = (thickness > 0).astype(np.int32)
    grids = {p: Grid(3000 // p, 3000 // p, Affine(p, 0, 0, 0, -p, 0), "EPSG:32631") for p in (10, 20, 60)}
    return Picture(land, rough_sea(1, zeros, 5.0, 0.0), lit(CloudField((layer,), (identity,)), sun), sun, views, grids)


def centroid(weight: npt.NDArray[np.floating], pixel: float) -> tuple[float, float]:
    """East and south [m] of a weighted image."""
    rows, cols = np.indices(weight.shape)
    return float(((cols + 0.5) * weight).sum() / weight.sum() * pixel), float(
        ((rows + 0.5) * weight).sum() / weight.sum() * pixel
    )


def along(picture: Picture, band: str) -> tuple[float, float]:
    """Slope of the stagger of a band at the centre, east and south."""
    azimuth = np.radians(194.0)
    sign = 1.0 if picture.views[band].detector(MIDDLE, MIDDLE) % 2 == 1 else -1.0
    size = sign * (HALF_STAGGER + LAG_TO_SLOPE * TIME_LAG[band])
    return float(np.sin(azimuth) * size), float(-np.cos(azimuth) * size)


@pytest.mark.parametrize(("saa", "vaa"), [(40.0, 100.0), (140.0, 284.0), (220.0, 20.0), (320.0, 190.0)])
@pytest.mark.parametrize("seam", [1e4, -1e4])
def test_cloud_and_shadow_lie_where_geometry_says(saa: float, vaa: float, seam: float) -> None:
    sza, vza = 25.0, 8.0
    picture = flat_picture(sza, saa, vza, vaa, seam=seam)
    truth = picture.truth()
    seen = centroid((truth["cloud"] == 1).astype(float), 20.0)
    shade = picture.sun_tau > 1.84
    fallen = centroid(shade.astype(float), 10.0)
    view, sun, stagger = slope_vector(vza, vaa), slope_vector(sza, saa), along(picture, "B4")
    # x_true = x_seen + h * view; x_shadow = x_true - h * sun (docs/ATBD/simulate_scene.md, SIM-1).
    assert seen[0] == pytest.approx(MIDDLE - HEIGHT * (float(view[0]) + stagger[0]), abs=12)
    assert seen[1] == pytest.approx(MIDDLE - HEIGHT * (-float(view[1]) + stagger[1]), abs=12)
    assert fallen[0] == pytest.approx(MIDDLE - HEIGHT * float(sun[0]), abs=12)
    assert fallen[1] == pytest.approx(MIDDLE + HEIGHT * float(sun[1]), abs=12)
    np.testing.assert_allclose(truth["cloud_height"][truth["cloud"] == 1], HEIGHT, atol=10)


@pytest.mark.parametrize("seam", [1e4, -1e4])
def test_bands_see_clouds_at_different_places(seam: float) -> None:
    """Parallax between bands is lag * speed / height of orbit * height of cloud along the track; B8 and B8A differ more
    than B7 and B8A.
    """
    picture = flat_picture(30.0, 150.0, 0.0, 0.0, seam=seam)
    air = atmosphere("Sentinel-2A", 0.87, 1.0, 0.0, Air(0.1, 2.0))
    where = {}
    for name, k, pixel in (("B8", 7, 10), ("B8A", 8, 20), ("B7", 6, 20)):
        values = picture.band(k, air, (3000 // pixel, 3000 // pixel), pixel)
        # The shadow is darker than the grass, the cloud much brighter.
        where[name] = centroid(np.clip(values - np.median(values) - 0.1, 0, None), pixel)
    for name in ("B8", "B7"):
        expected = [HEIGHT * (b - a) for a, b in zip(along(picture, name), along(picture, "B8A"), strict=True)]
        moved = [a - b for a, b in zip(where[name], where["B8A"], strict=True)]
        np.testing.assert_allclose(moved, expected, atol=2.0)
    assert np.hypot(*np.subtract(where["B8"], where["B8A"])) > 3 * np.hypot(*np.subtract(where["B7"], where["B8A"]))


def test_angle_grids_say_where_clouds_are_seen(scene: SimulatedScene) -> None:
    """The metadata's angles turned back into slopes are the rays that were marched."""
    for band in ("B2", "B8A"):
        grids = {d: g for (b, d), g in scene.view.items() if b == band}
        assert len(grids) >= 2
        zenith = {d: float(np.nanmean(g.zenith)) for d, g in grids.items()}
        assert all(0 < z < 15 for z in zenith.values())
    first, second = sorted({d for _, d in scene.view})[:2]
    for band, lag in TIME_LAG.items():
        (e0, n0), (e1, n1) = (
            slope_vector(scene.view[band, d].zenith, scene.view[band, d].azimuth) for d in (first, second)
        )
        both = np.isfinite(e0) & np.isfinite(e1)
        if both.any():
            apart = np.hypot(e0 - e1, n0 - n1)[both].mean()
            assert apart == pytest.approx(2 * (HALF_STAGGER + LAG_TO_SLOPE * lag), abs=1e-4)


# --- light
# ----------------------------------------------------------------------------------------------------------------------


def test_cloud_optics() -> None:
    assert reflectance(0.0) == 0
    assert reflectance(1e6) == pytest.approx(1, abs=1e-4)
    tau = np.linspace(0, 60, 40)
    assert (np.diff([reflectance(t) for t in tau]) > 0).all()
    # exp(-0.2775 * 1.84) = 0.6: the border of truth.
    assert beam(1.84) == pytest.approx(0.6, abs=1e-3)


def test_spectra_are_complete() -> None:
    values = table()
    assert values.shape == (len(NAMES), 13)
    assert ((values > 0) & (values < 1)).all()
