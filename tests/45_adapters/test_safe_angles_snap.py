"""Angles as SNAP makes them: against what a real SNAP gave, an independent computation, and which of the two ways is
right.
"""

from __future__ import annotations

import importlib.util
import re
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer
from scipy.interpolate import RegularGridInterpolator
from scipy.optimize import minimize_scalar

from estran.adapters.files import open_product
from estran.adapters.files.safe import read_safe
from estran.adapters.files.safe.angles_snap import widened
from estran.adapters.files.safe.tile_metadata import TileMetadata, read_tile_metadata
from estran.cli.main import main
from estran.physics.geometry import sun_position

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

rasterio = pytest.importorskip("rasterio")
NAN = np.nan


def turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Azimuth b less azimuth a [degrees], -180..180."""
    return (b - a + 180) % 360 - 180


# --- who is right
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tile", ["T46RER", "T01LAC", "T31UEQ"])
def test_the_almanac_says_that_the_nodes_lie_at_the_corner(shared_data: Path, tile: str) -> None:
    """The Sun's place over the nodes of real products at the time that these give, freed of an error of that time: with
    node (0, 0) at the tile's corner it is the published one within 0.003 degrees on average; with the nodes at the
    centres of cells of 5 km, where SNAP has them, it is off by 0.016 to 0.025, and no time mends that, since half of
    the shift is along the meridian.
    """
    folder = shared_data / "s2_l1c_metadata"
    files = {
        re.search("_(T[0-9]{2}[A-Z]{3})_", p.name)[1]: next(p.glob("GRANULE/*/MTD_TL.xml"))
        for p in folder.glob("*.SAFE")
    }
    files["T31UEQ"] = folder / "openeo_layers_MTD_TL.xml"
    metadata = read_tile_metadata(files[tile].read_bytes(), tile)
    assert mean_misfit(metadata, 0.0) < 0.004
    assert mean_misfit(metadata, 2500.0) > 0.014


def mean_misfit(metadata: TileMetadata, shift: float) -> float:
    """Mean difference of zenith [degrees] where nodes lie `shift` metres to the south and east of the corner, at the
    time (within a minute) that fits best.
    """
    place, sun = metadata.grids[10], metadata.sun
    rows, cols = np.indices(sun.zenith.shape)
    x, y = place.transform.c + cols * sun.col_step + shift, place.transform.f - rows * sun.row_step - shift
    lon, lat = Transformer.from_crs(place.crs, "EPSG:4326", always_xy=True).transform(x, y)

    def apart(seconds: float) -> tuple[np.ndarray, np.ndarray]:
        zenith, azimuth = sun_position(metadata.sensing_time + timedelta(seconds=float(seconds)), lon, lat)
        return zenith - sun.zenith, turn(sun.azimuth, azimuth) * np.sin(np.radians(sun.zenith))

    best = minimize_scalar(lambda s: np.mean(np.square(apart(s))), bounds=(-60, 60), method="bounded")
    return float(abs(np.mean(apart(best.x)[0])))


# --- as SNAP does it
# ------------------------------------------------------------------------------------------------------------------


def test_nodes_are_carried_on_as_in_snap() -> None:
    """By hand after extendDataV2: lines of two go on for two nodes; a lone node is copied; what is
    further away is 0.
    """
    plane = np.arange(3.0)[:, None] * 10 + np.arange(3.0)
    np.testing.assert_array_equal(widened(plane), np.arange(-1.0, 4)[:, None] * 10 + np.arange(-1.0, 4))
    gap = np.full((3, 6), NAN)
    gap[:, :2] = plane[:, :2]
    found = widened(gap)
    np.testing.assert_array_equal(
        found[1:4, :5], plane[:, :1] + np.arange(-1.0, 4)
    )  # one to the left, two to the right
    assert (found[:, 5:] == 0).all()
    lone = np.full((5, 5), NAN)
    lone[2, 2] = 7.0
    found = widened(lone)
    assert (found[1:6, 1:6] == 7).all()
    assert (found[0] == 0).all()


def test_planes_are_shifted_by_half_a_step_and_half_a_pixel(tmp_path: Path) -> None:
    def slanted(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 20 + 1e-3 * x - 5e-4 * y, 100 + 2e-3 * x + 1e-3 * y

    views = {5: (slanted, np.ones((7, 7), bool))}
    raw = {"B02": builder.samples()["B02"]}
    product = read_safe(
        builder.build(
            tmp_path, raw, sun=slanted, views=views, footprint=lambda b: np.full(builder.shape(b), 5, np.uint8)
        ),
        angle_nodes="snap",
    )
    assert any("--angles snap" in note for note in product.notes)
    y, x = np.indices((180, 180)) * 20.0 - builder.STEP / 2
    for names in (
        ("sun_zenith", "sun_azimuth"),
        ("view_zenith_mean", "view_azimuth_mean"),
        ("view_zenith_B5", "view_azimuth_B5"),
    ):
        for name, expected in zip(names, slanted(x, y), strict=True):
            np.testing.assert_allclose(product[name].data.compute(), expected, atol=2e-4, err_msg=name)


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene that was read and resampled by SNAP 13.0.3 with its Sentinel-2 toolbox: seed 23, 420 x 420 pixels of 20
    m.
    """
    out = tmp_path_factory.mktemp("scene") / "scene"
    assert main(["simulate", "scene", str(out), "--seed", "23", "--size", "420", "-q"]) == 0
    (found,) = out.glob("*.SAFE")
    return found


@pytest.fixture(scope="module")
def resampled(safe: Path) -> dict[str, dict[str, np.ndarray]]:
    """Angles at 20 m, by ``estran gpt S2Resampling --angles ...``."""
    names = [
        f"{kind}_{angle}{end}"
        for kind, end in (("sun", ""), ("view", "_mean"), ("view", "_B2"), ("view", "_B12"))
        for angle in ("zenith", "azimuth")
    ]
    found = {}
    for way in ("metadata", "snap"):
        out = safe.parent / f"{way}.dim"
        assert (
            main(
                [
                    "gpt",
                    "S2Resampling",
                    f"-Ssource={safe}",
                    "-Presolution=20",
                    "-t",
                    str(out),
                    "--angles",
                    way,
                    "--quiet",
                ]
            )
            == 0
        )
        product = open_product(out)
        found[way] = {name: np.asarray(product[name].data) for name in names}
    return found


@pytest.mark.slow
def test_the_offsets_are_those_that_a_real_snap_showed(resampled: dict[str, dict[str, np.ndarray]]) -> None:
    """SNAP 13.0.3 less ours at the metadata's nodes, medians: sun zenith +0.0296, sun azimuth -0.0095, mean view zenith
    +0.209, view azimuth 1.08 apart.
    """
    ours, snap = resampled["metadata"], resampled["snap"]
    assert np.median(snap["sun_zenith"] - ours["sun_zenith"]) == pytest.approx(0.0296, abs=1e-4)
    assert np.median(turn(ours["sun_azimuth"], snap["sun_azimuth"])) == pytest.approx(-0.0095, abs=1e-4)
    assert np.median(snap["view_zenith_mean"] - ours["view_zenith_mean"]) == pytest.approx(0.209, abs=5e-4)
    assert np.median(np.abs(turn(ours["view_azimuth_mean"], snap["view_azimuth_mean"]))) == pytest.approx(
        1.08, abs=5e-3
    )


@pytest.mark.slow
def test_an_independent_computation_gives_the_same(safe: Path, resampled: dict[str, dict[str, np.ndarray]]) -> None:
    """scipy's linear interpolation on each detector's own nodes, extrapolated, picked by the footprint rasters at the
    pixels' upper-left corners.
    """
    (path,) = safe.glob("GRANULE/*/MTD_TL.xml")
    metadata = read_tile_metadata(path.read_bytes(), "tile")
    rows, cols = np.indices((420, 420))
    at = np.stack([rows, cols], axis=-1) * 20 / 5000 - 0.5
    means = {"zenith": [], "azimuth": []}
    for band, by_detector in metadata.views.items():
        (mask,) = safe.glob(f"GRANULE/*/QI_DATA/MSK_DETFOO_{band if len(band) == 3 else 'B0' + band[1]}.jp2")
        with rasterio.open(mask) as source:
            seen, pixel = source.read(1), source.transform.a
        label = seen[(rows * 20 // pixel).astype(int), (cols * 20 // pixel).astype(int)]
        for angle, parts in means.items():
            value = np.full(rows.shape, NAN)
            for detector, grid in by_detector.items():
                nodes = getattr(grid, angle)
                known = np.isfinite(nodes)
                r, c = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
                assert known[np.ix_(r, c)].all()
                linear = RegularGridInterpolator((r, c), nodes[np.ix_(r, c)], bounds_error=False, fill_value=None)
                value = np.where(label == detector, linear(at), value)
            parts.append(value)
            if band in ("B2", "B12"):
                np.testing.assert_allclose(resampled["snap"][f"view_{angle}_{band}"], value, atol=2e-4)
    for angle, parts in means.items():
        np.testing.assert_allclose(resampled["snap"][f"view_{angle}_mean"], np.mean(parts, axis=0), atol=5e-4)
