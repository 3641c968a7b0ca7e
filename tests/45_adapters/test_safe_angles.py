"""Sun and view angles per pixel: against fields known by formula, and against the means that real products publish."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.safe import read_safe
from estran.adapters.files.safe.angles import CHUNK, sun_angles, view_angles, view_field
from estran.adapters.files.safe.tile_metadata import TileMetadata, read_tile_metadata
from estran.raster.product import Product

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

SUN = builder.plane((20.0, 0.3, -0.1), (-30.0, 0.1, 0.4))
LEFT = builder.plane(
    (-1.0, 0.5, 0.1), (1.5, 0.02, -0.03)
)  # looks west of the nadir at its left edge, east of it further on: across north
RIGHT = builder.plane((-0.8, 0.5, 0.1), (-1.5, 0.02, -0.03))
SWATH_END = 3300.0
"""Where the right detector's footprint ends [m]."""


def seam(y: np.ndarray) -> np.ndarray:
    """Where the left detector's footprint ends and the right one's begins [m], in a slanted line."""
    return 1203.7 + 0.2 * y


def nodes_seen() -> dict[int, tuple[object, np.ndarray]]:
    """A node is published where the detector sees it, and a little beyond the seam: as in real products."""
    x, y = builder.nodes()
    return {5: (LEFT, x < seam(y) + 200), 6: (RIGHT, (x > seam(y) - 200) & (x < SWATH_END))}


def centres(metres: float) -> tuple[np.ndarray, np.ndarray]:
    y, x = (np.indices((round(3600 / metres),) * 2) + 0.5) * metres
    return x, y


def polygons(_band: str) -> str:
    corners = {
        5: [(0, 0), (seam(0), 0), (seam(3600), 3600), (0, 3600)],
        6: [(seam(0), 0), (SWATH_END, 0), (SWATH_END, 3600), (seam(3600), 3600)],
    }
    return builder.footprint_gml(_band, corners)


def raster(band: str) -> np.ndarray:
    x, y = centres(builder.metres(band))
    return np.where(x > SWATH_END, 0, np.where(x < seam(y), 5, 6)).astype(np.uint8)


def expected(metres: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = centres(metres)
    left = x < seam(y)
    return tuple(
        np.where(x > SWATH_END, np.nan, np.where(left, a, b)) for a, b in zip(LEFT(x, y), RIGHT(x, y), strict=True)
    )


def turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle between azimuths [degrees]."""
    return np.abs((a - b + 180) % 360 - 180)


def computed(product: Product, *names: str) -> list[np.ndarray]:
    return [product[n].data.compute() for n in names]


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return {"B02": builder.samples()["B02"]}


@pytest.mark.parametrize("footprint", [polygons, raster], ids=["gml", "jp2"])
def test_each_pixel_has_the_direction_of_the_detector_that_saw_it(
    tmp_path: Path, raw: dict[str, np.ndarray], footprint: object
) -> None:
    product = read_safe(builder.build(tmp_path, raw, sun=SUN, views=nodes_seen(), footprint=footprint))
    zenith, azimuth = computed(product, "view_zenith_B5", "view_azimuth_B5")
    true_zenith, true_azimuth = expected(20.0)
    seen = np.isfinite(true_zenith)
    np.testing.assert_array_equal(np.isfinite(zenith), seen)  # nothing beyond the swath, no hole inside it
    # Planes of components, so exact but for the 6 decimals of the file.
    assert np.abs(zenith - true_zenith)[seen].max() < 1e-4
    assert (turn(azimuth, true_azimuth)[seen] * np.sin(np.radians(true_zenith[seen]))).max() < 1e-4
    assert product.notes[1:] == tuple(
        f"The product does not list band {b.replace('B0', 'B')}." for b in builder.BANDS if b != "B02"
    )


def test_both_forms_of_a_footprint_give_the_same_bits(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    """Polygons before baseline 04.00 and rasters since: the angles of a scene, and so its masks, must not depend on
    which it was.
    """
    both = [
        read_safe(builder.build(tmp_path / f.__name__, raw, sun=SUN, views=nodes_seen(), footprint=f))
        for f in (polygons, raster)
    ]
    names = [n for n in both[0].bands if n.startswith("view")]
    for name, a, b in zip(names, *(computed(p, *names) for p in both), strict=True):
        assert np.array_equal(a, b, equal_nan=True), name


def test_without_footprints_the_nearest_published_nodes_decide_and_a_note_says_so(
    tmp_path: Path, raw: dict[str, np.ndarray]
) -> None:
    product = read_safe(builder.build(tmp_path, raw, sun=SUN, views=nodes_seen()))
    assert any("No detector footprints for B1, B2" in note for note in product.notes)
    (zenith,) = computed(product, "view_zenith_B2")
    true_zenith, _ = expected(20.0)
    x, y = centres(20.0)
    away = (np.abs(x - seam(y)) > builder.STEP) & (x < SWATH_END - builder.STEP)
    assert np.abs(zenith - true_zenith)[away].max() < 1e-4
    assert np.isfinite(zenith[x < SWATH_END - 300]).all()


def test_a_sliver_with_a_footprint_but_no_nodes_takes_its_neighbours_angles(
    tmp_path: Path, raw: dict[str, np.ndarray]
) -> None:
    def with_sliver(band: str) -> np.ndarray:
        labels = raster(band)
        labels[:, -2:] = 7
        return labels

    (zenith,) = computed(
        read_safe(builder.build(tmp_path, raw, sun=SUN, views=nodes_seen(), footprint=with_sliver)), "view_zenith_B5"
    )
    x, y = centres(20.0)
    assert np.abs(zenith - RIGHT(x, y)[0])[:, -2:].max() < 1e-4
    assert np.isnan(zenith[:, x[0] > SWATH_END][:, :-2]).all()


def test_a_detector_of_one_node_takes_the_slope_of_the_others(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    views = nodes_seen()
    corner = np.zeros((7, 7), bool)
    corner[6, 6] = True
    views[7] = (builder.plane((4.0, 0.5, 0.1), (2.0, 0.02, -0.03)), corner)
    product = read_safe(
        builder.build(
            tmp_path, raw, sun=SUN, views=views, footprint=lambda band: np.full(builder.shape(band), 7, np.uint8)
        )
    )
    (zenith,) = computed(product, "view_zenith_B2")
    assert np.abs(zenith - views[7][0](*centres(20.0))[0]).max() < 1e-4


def test_mean_over_bands_and_sun(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    product = read_safe(builder.build(tmp_path, raw, sun=SUN, views=nodes_seen(), footprint=raster))
    mean, azimuth = computed(product, "view_zenith_mean", "view_azimuth_mean")
    bands = np.stack(computed(product, *(f"view_zenith_B{b}" for b in (1, 2, 3, 4, 5, 6, 7, 8, "8A", 9, 10, 11, 12))))
    seen = np.isfinite(bands).any(axis=0)
    np.testing.assert_array_equal(np.isfinite(mean), seen)
    np.testing.assert_allclose(mean[seen], np.nanmean(bands[:, seen], axis=0), rtol=1e-6)
    true_zenith, true_azimuth = expected(20.0)
    x, y = centres(20.0)
    plain = (np.abs(x - seam(y)) > 60) & (x < SWATH_END - 60)
    assert turn(azimuth, true_azimuth)[plain & (true_zenith > 0.5)].max() < 0.01
    sun = computed(product, "sun_zenith", "sun_azimuth")
    assert max(np.abs(a - b).max() for a, b in zip(sun, SUN(x, y), strict=True)) < 1e-4


@pytest.mark.parametrize("metres", [10.0, 60.0])
def test_angles_come_at_the_resolution_asked_for(tmp_path: Path, raw: dict[str, np.ndarray], metres: float) -> None:
    product = read_safe(
        builder.build(tmp_path, raw, sun=SUN, views=nodes_seen(), footprint=raster), angle_resolution=metres
    )
    band = product["view_zenith_B3"]
    assert band.grid.pixel_size == (metres, metres)
    assert band.data.shape == band.grid.shape == (3600 // metres, 3600 // metres)
    x, y = centres(metres)
    clear = (np.abs(x - seam(y)) > metres) & (x < SWATH_END - metres)
    assert np.abs(band.data.compute() - expected(metres)[0])[clear].max() < 1e-4


def test_a_product_without_angles_is_read_and_reported(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    product = read_safe(builder.build(tmp_path, raw))
    assert list(product.bands) == ["B2"]
    assert [note.partition(":")[0] for note in product.notes[-2:]] == [
        "The tile metadata hold no sun angles",
        "The tile metadata hold no view angles",
    ]


# --- real metadata
# -------------------------------------------------------------------------------------------------------------------

TILES = ["T46RER", "T01LAC", "T31UEQ", "T31TDH"]


@pytest.fixture(scope="module")
def tiles(shared_data: Path) -> dict[str, TileMetadata]:
    folder = shared_data / "s2_l1c_metadata"
    files = {
        re.search("_(T[0-9]{2}[A-Z]{3})_", p.name).group(1): next(p.glob("GRANULE/*/MTD_TL.xml"))
        for p in folder.glob("*.SAFE")
    }
    files |= {
        "T31UEQ": folder / "openeo_layers_MTD_TL.xml",
        "T31TDH": shared_data / "eodag_s2_l1c_T31TDH_B01" / "MTD_TL.xml",
    }
    return {name: read_tile_metadata(path.read_bytes(), str(path)) for name, path in files.items()}


@pytest.mark.parametrize("tile", TILES)
def test_real_sun_angles_have_the_published_mean(tiles: dict[str, TileMetadata], tile: str) -> None:
    zenith, azimuth = (a.compute() for a in sun_angles(tiles[tile].sun, tiles[tile].grids[60], tile))
    assert zenith.shape == (1830, 1830)
    assert zenith.mean() == pytest.approx(tiles[tile].mean_sun[0], abs=0.01)
    assert azimuth.mean() == pytest.approx(tiles[tile].mean_sun[1], abs=0.01)


@pytest.mark.parametrize("tile", TILES)
def test_real_view_angles_have_the_published_means_of_every_band(tiles: dict[str, TileMetadata], tile: str) -> None:
    """The published mean is that of all nodes of all detectors: an overlap counts twice, and the ragged end of the
    swath ends half a step earlier.
    """
    metadata = tiles[tile]
    grid = metadata.grids[60].at_resolution(300)
    nearest = [np.rint((np.arange(size) + 0.5) * 300 / 5000).astype(int) for size in grid.shape]
    assert len(metadata.mean_views) >= 12
    for band, (mean_zenith, _) in metadata.mean_views.items():
        nodes = [g.zenith for g in metadata.views[band].values()]
        assert np.concatenate([n[np.isfinite(n)] for n in nodes]).mean() == pytest.approx(mean_zenith, abs=1e-3)
        zenith, azimuth = (
            a.compute() for a in view_angles((view_field(metadata.views[band], None),), grid, f"{tile}{band}")
        )
        published = np.isfinite(nodes).any(axis=0)[np.ix_(*nearest)]
        assert np.isfinite(zenith[published]).all()
        assert zenith[published].mean() == pytest.approx(mean_zenith, abs=0.15)
        assert np.nanmin(zenith) >= 0
        assert np.nanmax(zenith) < 13  # the swath's edge
        assert np.nanmax(azimuth) < 360


@pytest.mark.parametrize("tile", TILES)
def test_carrying_a_real_detector_on_by_a_step_is_right_to_a_few_hundredths(
    tiles: dict[str, TileMetadata], tile: str
) -> None:
    """Take away each detector's outermost published nodes, carry the rest on, and compare with what was taken away."""
    from scipy import ndimage

    from estran.raster.interpolate import fill_linear, from_components, to_components

    errors = []
    for by_detector in tiles[tile].views.values():
        for grid in by_detector.values():
            valid = np.isfinite(grid.zenith)
            kept = ndimage.binary_erosion(valid, np.ones((1, 3), bool), border_value=1)
            if kept.sum() < 20:
                continue
            filled = np.stack(
                [fill_linear(np.where(kept, part, np.nan)) for part in to_components(grid.zenith, grid.azimuth)]
            )
            taken = valid & ~kept
            errors.append((from_components(filled)[0] - grid.zenith)[taken])
    error = np.concatenate(errors)
    assert error.size > 200
    assert np.sqrt(np.mean(error**2)) < 0.02
    assert np.abs(error).max() < 0.1


def test_chunks_of_a_full_tile_are_computed_alone(tiles: dict[str, TileMetadata]) -> None:
    metadata = tiles["T01LAC"]
    zenith, _ = view_angles([view_field(v, None) for v in metadata.views.values()], metadata.grids[20], "chunks")
    assert zenith.shape == (5490, 5490)
    assert zenith.chunks[0] == (CHUNK,) * 5 + (370,)
    alone = zenith[5200:5210, 4096:4100].compute()
    assert np.array_equal(alone, zenith[5120:5490, 4096:5120].compute()[80:90, :4])


def test_a_real_image_of_one_band(shared_data: Path, tmp_path: Path) -> None:
    """The real B01 of T31TDH, put where its own metadata say it lies; the other twelve bands are missing."""
    source = shared_data / "eodag_s2_l1c_T31TDH_B01"
    granule = tmp_path / "S2A.SAFE" / "GRANULE" / "L1C_T31TDH_A013204_20180101T105435"
    (granule / "IMG_DATA").mkdir(parents=True)
    shutil.copy(source / "MTD_MSIL1C.xml", tmp_path / "S2A.SAFE")
    shutil.copy(source / "MTD_TL.xml", granule)
    shutil.copy(source / "T31TDH_20180101T105441_B01.jp2", granule / "IMG_DATA")
    product = read_safe(tmp_path / "S2A.SAFE", strict=False)
    band = product["B1"]
    raw = band.data.compute()
    assert (band.grid.transform.c, band.grid.transform.f) == (399960, 4800000)
    assert (product.platform, band.wavelength, band.solar_flux, band.scale, band.offset) == (
        "Sentinel-2A",
        443.9,
        1913.57,
        1e-4,
        0.0,
    )
    # Snow and cirrus under a low sun: the reflectances that such a scene has.
    assert raw.dtype == np.uint16
    assert 0.12 < np.nanmean(band.physical(raw)) < 0.4
    assert sum("is missing" in note for note in product.notes) == 12
    sun = product["sun_zenith"].data.compute()
    assert sun.mean() == pytest.approx(67.0354, abs=0.01)
