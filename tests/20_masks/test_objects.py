"""Cloud objects: what is taken out of the cloudy pixels, and what must not be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from estran.masks.cloud.cloud_mask import CloudMaskRun
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.outline import brightness_of, cuts_rims, faint_rims
from estran.masks.cloud.passes import Kept, Plan, add_surface
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.stages import IS_CIRRUS, IS_CLEAR_LAND, IS_CLOUD, IS_POTENTIAL, IS_SNOW, IS_VALID, PixelStage
from estran.masks.cloud.strips import Strip, StripReader
from estran.masks.cloud.surface import built_up, slope_of

SHAPE = (120, 120)
PIXEL = (20.0, 20.0)
DEFAULT = ObjectSettings.for_mode("default")


def stage(
    cloud: np.ndarray,
    snow: np.ndarray | bool = False,
    cirrus: np.ndarray | bool = False,
    probability=None,
    few_clear: bool = False,
) -> PixelStage:
    """A pixel stage in which everything else is clear land."""
    flags = (
        np.where(cloud, IS_VALID | IS_POTENTIAL | IS_CLOUD, IS_VALID | IS_CLEAR_LAND)
        | np.where(snow, IS_SNOW, 0)
        | np.where(cirrus, IS_CIRRUS, 0)
    )
    own = np.where(cloud, 0.9, 0.1).astype(np.float32) if probability is None else probability
    return PixelStage(flags.astype(np.uint16), own, few_clear=few_clear)


def cloud_objects(
    given: PixelStage, arrays: dict[str, np.ndarray], pixel: tuple[float, float], settings: ObjectSettings
):
    """The clouds, facts and notes that a run makes of a pixel stage."""
    run = CloudMaskRun(StripReader.of(arrays), pixel, PixelSettings.for_mode("default"), settings)
    plan = Plan.of(tuple(arrays), pixel, run.pixel, settings, given.few_clear)
    flags = given.flags.copy()
    add_surface(flags, Strip(0, flags.shape[0], 0, arrays), plan, settings, pixel)
    kept = Kept(replace(given, flags=flags), brightness_of(arrays) if plan.brightness else None)
    return run.find_clouds(kept, tuple(arrays)), run.facts, [str(note) for note in run.notes]


def bands(cloudy: np.ndarray, moving: bool, seed: int = 0) -> dict[str, np.ndarray]:
    """Near infrared of a textured scene: where `moving`, B7 and B8 see what is cloudy from elsewhere."""
    rng = np.random.default_rng(seed)
    texture = (0.4 + 0.05 * gaussian_filter(rng.standard_normal(cloudy.shape), 1.5) / 0.2).astype(np.float32)
    noise = [0.002 * rng.standard_normal(cloudy.shape).astype(np.float32) for _ in range(3)]
    near, far = (np.roll(texture, k, 0) if moving else texture for k in (1, 2))
    nir = np.where(cloudy, far, texture) + noise[0]
    rededge078 = np.where(cloudy, near, texture) + noise[1]
    nir08 = texture + noise[2]
    # Plants: no built-up land anywhere.
    visible = {
        name: np.full(cloudy.shape, level, np.float32)
        for name, level in (("blue", 0.08), ("green", 0.08), ("red", 0.05))
    }
    return visible | {
        "nir": nir,
        "rededge078": rededge078,
        "nir08": nir08,
        "swir16": np.full(cloudy.shape, 0.2, np.float32),
    }


def square(size: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[50 : 50 + size, 50 : 50 + size] = True
    return mask


def test_a_small_cloud_that_moves_stays():
    for size in (3, 5, 12):
        objects, _, _ = cloud_objects(stage(square(size)), bands(square(size + 6), True), PIXEL, DEFAULT)
        assert objects.count == 1, size


def test_bright_ground_that_does_not_move_goes():
    for size in (5, 12, 30):
        objects, facts, _ = cloud_objects(stage(square(size)), bands(square(size), False), PIXEL, DEFAULT)
        assert objects.count == 0, size
        assert facts["objects_without_displacement"] == 1


def test_stratus_is_not_asked_to_move():
    large = np.zeros((200, 200), bool)
    large[20:160, 20:160] = True
    objects, _, _ = cloud_objects(stage(large), bands(large, False), PIXEL, DEFAULT)
    assert objects.count == 1


def test_specks_go():
    speck = np.zeros(SHAPE, bool)
    speck[10, 10] = True
    objects, facts, _ = cloud_objects(
        stage(speck), {k: v for k, v in bands(speck, True).items() if k not in ("nir", "rededge078")}, PIXEL, DEFAULT
    )
    assert objects.count == 0
    assert facts["cloud_pixels"] == 0


def test_city_blocks_go_and_a_cloud_over_the_city_stays():
    rng = np.random.default_rng(5)
    city = {k: v for k, v in bands(square(3), False).items() if k not in ("nir", "rededge078")}
    streets = rng.random(SHAPE) > 0.5
    city["swir16"] = np.where(streets, 0.35, 0.2).astype(np.float32)
    city["nir08"] = np.full(SHAPE, 0.25, np.float32)
    city["red"] = np.full(SHAPE, 0.2, np.float32)
    blocks = square(4)
    cloud = square(4)
    cloud[20:45, 20:45] = True
    assert cloud_objects(stage(blocks), city, PIXEL, DEFAULT)[0].count == 0
    objects, _, notes = cloud_objects(stage(cloud), city, PIXEL, DEFAULT)
    assert objects.count == 1
    assert objects.size[0] > 500
    assert "no nir: the displacement test of cloud objects is off." in notes


def test_lines_of_built_up_land():
    swir16, nir08, red = (
        np.full(SHAPE, 0.2, np.float32),
        np.full(SHAPE, 0.3, np.float32),
        np.full(SHAPE, 0.25, np.float32),
    )
    swir16[60, :] = 0.4
    found = built_up(swir16, nir08, red)
    assert found[60, 5:-5].all()
    assert not found[:58].any()
    # Plants along the street: NDVI is higher.
    assert not built_up(swir16, nir08, np.full(SHAPE, 0.02, np.float32)).any()


def test_thin_cirrus_is_a_cloud_where_the_mode_says_so():
    cloud = square(10)
    given = stage(cloud, cirrus=cloud)
    own = {k: v for k, v in bands(cloud, True).items() if k not in ("nir", "rededge078")} | {
        "cirrus": np.zeros(SHAPE, np.float32)
    }
    assert cloud_objects(given, own, PIXEL, DEFAULT)[0].count == 0
    assert cloud_objects(given, own, PIXEL, replace(DEFAULT, cirrus_is_cloud=True))[0].count == 1


def test_clouds_grow_into_their_thin_parts_where_no_cirrus_band_shows_them():
    cloud = square(20)  # 0.16 km2
    cloud[100:105, 100:105] = True  # too small to grow
    probability = np.where(cloud, 0.9, 0.1).astype(np.float32)
    probability[50:70, 70:100] = 0.35  # its thin part, wider than the 180 m it may grow
    probability[10:20, 10:20] = probability[105:110, 100:105] = 0.35
    given = stage(cloud, probability=probability)
    own = {k: v for k, v in bands(cloud, True).items() if k not in ("nir", "rededge078")}
    objects, _, notes = cloud_objects(given, own, PIXEL, DEFAULT)
    grown = objects.paint()
    assert grown[51:69, 70:78].all()
    assert not grown[:90, 80:].any()
    assert not grown[10:20, 10:20].any()
    assert not grown[106:110, 100:105].any()
    assert any("thin parts" in note for note in notes)
    with_band = own | {"cirrus": np.zeros(SHAPE, np.float32)}
    assert not cloud_objects(given, with_band, PIXEL, DEFAULT)[0].paint()[51:69, 72:78].any()


def test_what_looks_thin_around_thick_cloud_is_cloud():
    cloud, thick = square(30), np.zeros(SHAPE, bool)
    thick[55:75, 55:75] = True
    given = stage(cloud, cirrus=cloud & ~thick)
    own = {k: v for k, v in bands(cloud, True).items() if k not in ("nir", "rededge078")}
    found = cloud_objects(given, own, PIXEL, replace(DEFAULT, thin_fraction=1.0, grow_probability=0.0))[0].paint()
    assert found[53:77, 60].all()  # 40 m beside the thick part
    assert not found[:52, 60].any()
    assert not found[78:, 60].any()
    # A small cloud of which a fifth is thick is cloud as a whole: here 400 of 900 pixels.
    assert cloud_objects(given, own, PIXEL, replace(DEFAULT, grow_probability=0.0))[0].paint()[51:79, 51:79].all()


def test_a_cloud_that_bands_of_60_m_made_too_large_is_cut_back():
    """The mask reaches two pixels beyond the cloud that the fine bands see; without coarse bands, or on a coarse grid,
    it is believed.
    """
    seen, mask = square(20), np.zeros(SHAPE, bool)
    mask[48:72, 48:72] = True
    own = {k: v for k, v in bands(mask, True).items() if k not in ("nir", "rededge078")}
    for name in ("blue", "green", "red", "swir16"):
        own[name] = np.where(seen, np.float32(0.4), own[name])
    np.testing.assert_array_equal(
        faint_rims(mask, brightness_of(own), np.ones(SHAPE, bool), PIXEL, DEFAULT), mask & ~seen
    )
    coarse = (*own, "cirrus")
    assert cuts_rims(coarse, PIXEL, DEFAULT)
    assert not cuts_rims(tuple(own), PIXEL, DEFAULT)
    assert not cuts_rims(coarse, (60.0, 60.0), DEFAULT)
    # Over ground as bright as the cloud nothing is cut.
    assert not faint_rims(mask, np.full(SHAPE, 1.6, np.float32), np.ones(SHAPE, bool), PIXEL, DEFAULT).any()


def test_a_small_cloud_over_the_city_that_moves_comes_back():
    rng = np.random.default_rng(5)
    cloud = square(5)
    city = bands(square(11), True)
    city["swir16"] = np.where(rng.random(SHAPE) > 0.5, 0.7, 0.4).astype(np.float32)
    city["red"] = np.full(SHAPE, 0.3, np.float32)
    assert built_up(city["swir16"], city["nir08"], city["red"]).mean() > 0.3
    # The texture of these bands shifts less clearly than a real cloud's: its index is -0.52.
    rule = replace(DEFAULT, cdi_restore=-0.45)
    assert cloud_objects(stage(cloud), city, PIXEL, rule)[0].count == 1
    assert cloud_objects(stage(cloud), city, PIXEL, replace(rule, cdi_restore=-2.0))[0].count == 0
    assert cloud_objects(stage(cloud, snow=cloud), city, PIXEL, rule)[0].count == 0
    still = city | {k: v for k, v in bands(cloud, False).items() if k in ("nir", "rededge078", "nir08")}
    assert cloud_objects(stage(cloud), still, PIXEL, rule)[0].count == 0


def test_half_snow_must_be_likelier_than_the_clear_land_around():
    snow, cloud = np.zeros(SHAPE, bool), square(20)
    snow[:, :40] = True
    probability = np.where(cloud, 0.7, 0.1).astype(np.float32)
    probability[:, :50] = 0.45  # clear, under snow or half so
    given = stage(cloud, snow, probability=probability)
    own = {k: v for k, v in bands(cloud, True).items() if k not in ("nir", "rededge078")}
    found = cloud_objects(
        given, own, PIXEL, replace(DEFAULT, snow_reach=600.0, grow_probability=0.0, remove_false_positives=False)
    )
    assert 0.8 <= found[1]["threshold_near_snow"] <= 0.9
    assert found[0].count == 0
    assert (
        cloud_objects(
            stage(cloud, probability=probability), own, PIXEL, replace(DEFAULT, remove_false_positives=False)
        )[0].count
        == 1
    )


def test_where_nothing_is_clear_nothing_is_removed():
    """Stratus over a small scene neither moves nor can be told from bright ground."""
    large = np.ones((60, 60), bool)
    objects, _, _ = cloud_objects(stage(large, few_clear=True), bands(large, False), PIXEL, DEFAULT)
    assert objects.size.sum() >= 0.95 * large.size


def test_coarse_pixels_switch_displacement_off_with_a_note():
    objects, _, notes = cloud_objects(stage(square(5)), bands(square(5), False), (60.0, 60.0), DEFAULT)
    assert objects.count == 1
    assert any("do not resolve the parallax" in note for note in notes)


def test_snow_on_a_steep_slope_is_eroded():
    snow = square(4)
    dem = np.tile(np.arange(120, dtype=np.float32)[:, None] * 15.0, (1, 120))
    own = {k: v for k, v in bands(snow, True).items() if k not in ("nir", "rededge078")}
    given = stage(snow, snow=snow)
    assert cloud_objects(given, own | {"dem": dem}, PIXEL, DEFAULT)[0].count == 0
    assert slope_of(dem, PIXEL)[60, 60] == np.float32(np.degrees(np.arctan(0.75)))


def test_python_fmask_only_takes_the_majority():
    blocks = square(4)
    objects, _, notes = cloud_objects(
        stage(blocks), bands(blocks, False), PIXEL, ObjectSettings.for_mode("python-fmask")
    )
    assert objects.count == 1
    assert objects.size[0] == 12  # the corners lose
    assert notes == []
