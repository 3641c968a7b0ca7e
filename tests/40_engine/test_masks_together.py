"""Estran.Masks against its parts, run one by one on the same scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.masks import CLASSES, FLAGS, Masks
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import parameters_of
from estran.engine.run import run_now
from estran.errors import BadParameter


@pytest.fixture(scope="module")
def mountains():
    """A simulated valley with clouds, as bands at 20 m, and its DEM."""
    from estran.engine.nodes.resampling import Resample
    from estran.raster.product import Band, Product
    from estran.scenes.simulate import SceneConfig, simulate

    scene = simulate(SceneConfig(seed=11, size=192, kind="mountain", sza=60.0, saa=150.0))
    bands = {}
    for name, counts in scene.bands.items():
        grid = scene.grids[{1: 20, 2: 10}.get(counts.shape[0] // 192, 60)]
        bands[name] = Band(name, counts, grid, scale=1e-4, nodata=0, unit="1")
    product = Resample(targetResolution=20, upsampling="Bilinear", downsampling="Mean").apply(
        Product("m", scene.grids[20], bands), tile=256
    )
    angles = {
        "sun_zenith": 60.0,
        "sun_azimuth": 150.0,
        "view_zenith": scene.view_zenith,
        "view_azimuth": scene.view_azimuth,
    }
    return product, angles, scene.truth


def test_each_mask_is_what_its_operator_says(mountains):
    product, angles, truth = mountains

    def dem(path, grid, resampling="bilinear", notes=None):
        margin = (grid.height - truth["dem"].shape[0]) // 2
        # The look around in large pixels finds a plain as high as the highest peak; closer by, the edge goes on.
        return (
            np.pad(truth["dem"], margin, "edge") if margin >= 0 else np.full(grid.shape, truth["dem"].max(), np.float32)
        )

    source, path = {"source": product}, Path("dem.tif")
    sun = {name: angles[name] for name in ("sun_zenith", "sun_azimuth")}
    together = run_now(Masks(dem=path, relief_backend="sweep", **angles), source, read_aux=dem)
    clouds = run_now(CloudMask(dem=path, **angles), source, read_aux=dem)
    relief = run_now(ReliefShadow(dem=path, backend="sweep", **sun), source, read_aux=dem)
    flags = np.asarray(together["mask_flags"].data)

    def ours(name):
        return FLAGS.unpack(flags, name)

    def theirs(product, band, name):
        return product[band].coding.unpack(np.asarray(product[band].data), name)

    for name in ("NODATA", "CLOUD", "CIRRUS", "SNOW", "WATER", "POTENTIAL_CLOUD"):
        np.testing.assert_array_equal(ours(name), theirs(clouds, "cloud_flags", name), err_msg=name)
    for name, called in (("CAST", "RELIEF_SHADOW"), ("SELF", "SELF_SHADOW"), ("LOW_SUN", "LOW_SUN")):
        np.testing.assert_array_equal(ours(called), theirs(relief, "relief_flags", name), err_msg=name)
    np.testing.assert_array_equal(
        np.asarray(together["cloud_probability"].data), np.asarray(clouds["cloud_probability"].data)
    )
    cast = ours("RELIEF_SHADOW") | ours("SELF_SHADOW")
    assert 0.02 < cast.mean() < 0.6
    assert not (ours("SHADOW") & cast).any()
    classes = np.asarray(together["mask_class"].data)
    shown = classes == CLASSES["RELIEF_SHADOW"].value
    np.testing.assert_array_equal(shown, cast & ~ours("CLOUD") & ~ours("SHADOW") & ~ours("NODATA"))


def test_a_part_is_switched_off(mountains):
    product, angles, truth = mountains
    done = run_now(
        Masks(relief=False, glint=False, dem=Path("dem.tif"), **angles),
        {"source": product},
        read_aux=lambda *a, **k: truth["dem"],
    )
    clouds = run_now(
        CloudMask(dem=Path("dem.tif"), **angles), {"source": product}, read_aux=lambda *a, **k: truth["dem"]
    )
    np.testing.assert_array_equal(np.asarray(done["mask_flags"].data), np.asarray(clouds["cloud_flags"].data))
    np.testing.assert_array_equal(np.asarray(done["mask_class"].data), np.asarray(clouds["cloud_class"].data))


def test_without_a_dem_the_note_says_what_is_off(mountains):
    product, angles, _ = mountains
    done = run_now(Masks(**angles), {"source": product})
    (note,) = [n for n in done.notes if n.startswith("no dem:")]
    assert note.endswith("relief shadow is off.")
    assert "thin-cirrus threshold" in note


@pytest.mark.parametrize(("part", "prefix"), [(CloudMask, ""), (ReliefShadow, "relief_"), (SunGlint, "glint_")])
def test_parameters_are_those_of_the_parts(part, prefix):
    ours = {p.name: p for p in parameters_of(Masks)}
    shared = {"dem", "water_occurrence", "sun_zenith", "sun_azimuth", "view_zenith", "view_azimuth"}
    for p in parameters_of(part):
        if p.name == "sky_directions":
            continue
        mine = ours[p.name if p.name in shared else prefix + p.name]
        assert (mine.type, mine.default, mine.choices) == (p.type, p.default, p.choices)
        if p.name not in shared:
            assert (mine.info.interval, mine.info.unit, mine.info.help) == (p.info.interval, p.info.unit, p.info.help)


def test_a_value_outside_its_interval_is_refused():
    with pytest.raises(BadParameter, match=r"relief_low_sun is outside its interval \(in Estran.Masks\)"):
        Masks(relief_low_sun=2.0)
