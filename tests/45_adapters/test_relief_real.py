"""Light on real ground: what the relief predicts, beside what a satellite saw."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from estran.adapters.files.aux_raster import read_on_grid
from estran.adapters.files.open import open_product
from estran.catalogue.operators.relief_shadow import FLAGS, ReliefShadow
from estran.engine.run import run_now


@pytest.fixture(scope="module")
def november(shared_data):
    """Landsat-7 over a ridge in Pennsylvania, 2002-11-25, sun 26.2 degrees high at azimuth 159.5, with its DEM."""
    folder = shared_data / "landsat7_relief_pa"
    if not folder.is_dir():
        pytest.skip("no real test data: landsat7_relief_pa is not there")
    product = open_product(folder / "nov4.tif")
    (band,) = product.bands.values()

    def incidence(azimuth):
        op = ReliefShadow(dem=folder / "dem.tif", backend="sweep", sun_zenith=90 - 26.2, sun_azimuth=azimuth)
        return run_now(op, {"source": product}, read_aux=read_on_grid)

    return np.asarray(band.data, np.float64), incidence


def test_near_infrared_follows_the_incidence(november):
    """0.43 is what the data's provenance found by its own computation; a forest in winter does not follow it better."""
    seen, incidence = november
    of_azimuth = {}
    for azimuth in (159.5, 159.5 - 60, 159.5 + 60, 159.5 - 180):
        cosine = np.asarray(incidence(azimuth)["cos_incidence"].data)
        known = np.isfinite(cosine)
        of_azimuth[azimuth] = np.corrcoef(cosine[known], seen[known])[0, 1]
    assert of_azimuth[159.5] == pytest.approx(0.43, abs=0.02)
    assert of_azimuth[159.5] == max(of_azimuth.values())
    assert of_azimuth[159.5 - 180] < -0.3


def test_gentle_hills_cast_next_to_no_shadow(november):
    """Provenance: 0.01 % of self and cast shadow."""
    flags = np.asarray(november[1](159.5)["relief_flags"].data)
    assert FLAGS.unpack(flags, "CAST").mean() < 3e-4
    assert FLAGS.unpack(flags, "SELF").mean() < 3e-4


def test_the_pyrenees_are_lit_along_the_azimuth_that_we_read(shared_data):
    """B01 of 2018-01-01, sun 23 degrees high. Relief shades an image mostly along the sun's azimuth: that is the axis
    in which its gradients are strongest.

    No DEM of the place is at hand, so the masks themselves cannot be laid beside it; the convention of the azimuth can,
    within a quarter turn.
    """
    from estran.adapters.files.safe.tile_metadata import read_tile_metadata

    folder = shared_data / "eodag_s2_l1c_T31TDH_B01"
    if not folder.is_dir():
        pytest.skip("no real test data: eodag_s2_l1c_T31TDH_B01 is not there")
    with rasterio.open(folder / "T31TDH_20180101T105441_B01.jp2") as image:
        smooth = ndimage.gaussian_filter(image.read(1).astype(np.float64), 1.0)
    down, east = np.gradient(smooth)
    strength = np.hypot(down, east)
    calm = strength < np.percentile(strength, 99.5)  # edges of cloud and of the image left out
    e, n = east[calm], -down[calm]
    axes = np.linalg.eigh([[np.mean(e * e), np.mean(e * n)], [np.mean(e * n), np.mean(n * n)]])[1][:, 1]
    axis = np.degrees(np.arctan2(*axes)) % 180
    light = read_tile_metadata((folder / "MTD_TL.xml").read_bytes(), "MTD_TL.xml").sun
    assert light is not None
    sun = float(np.nanmean(light.azimuth)) % 180
    assert sun == pytest.approx(166.3, abs=0.3)
    assert abs(axis - sun) < 8
