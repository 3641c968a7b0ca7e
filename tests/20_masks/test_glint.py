"""The glint mask on scenes of known glint, made by another path: slopes drawn facet by facet, air by radiative
transfer; and on real water without glint.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from estran.catalogue.operators.sun_glint import BANDS, FLAGS, SunGlint
from estran.errors import BadParameter, MissingBand
from estran.masks.glint.air import clear_air
from estran.masks.glint.coding import GlintFlag
from estran.masks.glint.detect import glint_mask
from estran.masks.glint.observe import BANDS as ORDER
from estran.masks.glint.observe import Angles
from estran.masks.glint.settings import GlintSettings
from estran.physics.gas.absorption import transmittance
from estran.physics.geometry import sun_position
from estran.physics.radiative_transfer import Layer, solve
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface.fresnel import reflectance
from estran.physics.sea_surface.slopes import SlopeModel
from estran.raster.scene import whole
from estran.sensors.bands import SENTINEL2

NAMES = {
    "blue": "B2",
    "green": "B3",
    "red": "B4",
    "rededge071": "B5",
    "rededge075": "B6",
    "nir08": "B8A",
    "swir16": "B11",
    "swir22": "B12",
}
CENTRE = {band.semantic: band.wavelength for band in SENTINEL2}
WATER = {"red": 0.007, "rededge071": 0.005, "rededge075": 0.0025, "nir08": 0.0015, "swir16": 0.0, "swir22": 0.0}
LAND = {
    "sand": {"red": 0.34, "rededge071": 0.36, "rededge075": 0.378, "nir08": 0.42, "swir16": 0.49, "swir22": 0.45},
    "forest": {"red": 0.03, "rededge071": 0.07, "rededge075": 0.24, "nir08": 0.32, "swir16": 0.14, "swir22": 0.06},
    "town": {"red": 0.235, "rededge071": 0.245, "rededge075": 0.255, "nir08": 0.278, "swir16": 0.31, "swir22": 0.288},
    "snow": {"red": 0.92, "rededge071": 0.91, "rededge075": 0.90, "nir08": 0.85, "swir16": 0.095, "swir22": 0.085},
}
CLOUD = {"red": 1.0, "rededge071": 1.0, "rededge075": 1.0, "nir08": 1.0, "swir16": 0.8, "swir22": 0.6}


def ray(zenith, azimuth):
    z, a = np.radians(zenith), np.radians(azimuth)
    return np.stack([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])


class Drawn:
    """Density of slopes as a histogram of drawn ones: the isotropic law of Cox and Munk 1954, by chance instead of by
    formula.
    """

    def __init__(self, wind, number=6_000_000, bins=240):
        rng = np.random.default_rng(7)
        spread = np.sqrt(0.5 * (0.003 + 0.00512 * wind))
        squares = (rng.standard_normal(number) * spread) ** 2 + (rng.standard_normal(number) * spread) ** 2
        self.edges = np.linspace(0.0, 14 * spread**2, bins)
        counts, _ = np.histogram(squares, self.edges)
        self.density = counts / number / (np.pi * np.diff(self.edges))

    def __call__(self, square):
        return np.interp(square, 0.5 * (self.edges[1:] + self.edges[:-1]), self.density, right=0.0)


def scene(
    sun=25.0,
    wind=5.0,
    shape=(96, 128),
    sun_azimuth=110.0,
    view_azimuth=290.0,
    zeniths=(2.0, 12.0),
    seam=True,
    noise=4e-4,
):
    """Open water: bands, angles, glint. The view swings across the image; at a seam its azimuth jumps, as between two
    detectors.
    """
    rng = np.random.default_rng(3)
    cols = shape[1]
    view_zenith = np.broadcast_to(np.linspace(*zeniths, cols), shape)
    turn = np.where(np.arange(cols) < cols // 2, -8.0, 8.0) if seam else np.zeros(cols)
    angles = Angles(
        *(
            np.broadcast_to(np.asarray(x, float), shape).astype(np.float32)
            for x in (sun, sun_azimuth, view_zenith, view_azimuth + turn)
        )
    )
    s, v = ray(sun, sun_azimuth)[:, None, None], ray(view_zenith, view_azimuth + turn)
    normal = s + v
    normal = normal / np.linalg.norm(normal, axis=0)
    square = (normal[0] ** 2 + normal[1] ** 2) / normal[2] ** 2
    fractions = np.pi * Drawn(wind)(square) / (4 * s[2] * v[2] * normal[2] ** 4)
    cosine = np.sum(normal * v, 0)
    mass = 1 / s[2] + 1 / v[2]
    bands, true = {}, None
    for name, dark in WATER.items():
        index = {
            "red": 1.337,
            "rededge071": 1.3365,
            "rededge075": 1.336,
            "nir08": 1.334,
            "swir16": 1.3228,
            "swir22": 1.302,
        }[name]
        here = fractions * reflectance(cosine, index)
        true = here if name == "swir16" else true
        tau, gas = float(optical_depth(CENTRE[name])), gases(name, mass)
        bands[name] = (
            gas * (path(name, angles) + np.exp(-tau * mass) * (here + dark)) + noise * rng.standard_normal(shape)
        ).astype(np.float32)
    return bands, angles, true


def gases(name, mass):
    return transmittance("Sentinel-2A", NAMES[name], airmass=mass, ozone=300.0, water_vapour=2.0)


def path(name, angles):
    """Reflectance of clear air, by polarised radiative transfer."""
    layer = Layer(float(optical_depth(CENTRE[name])), 1.0, rayleigh_greek(float(depolarisation_factor(CENTRE[name]))))
    cosines = np.cos(np.radians([angles.view_zenith.min(), angles.view_zenith.max()]))
    azimuth = float(angles.sun_azimuth[0, 0] + 180.0 - angles.view_azimuth.mean())
    found = solve([layer], np.cos(np.radians(float(angles.sun_zenith[0, 0]))), cosines, azimuth, streams=8).up[
        0, :, 0, 0
    ]
    return np.interp(angles.view_zenith, [angles.view_zenith.min(), angles.view_zenith.max()], found)


def ground(bands, angles, where, of, cover=1.0):
    """The bands with land or cloud of reflectances `of` put over them where asked."""
    mass = 1 / np.cos(np.radians(angles.sun_zenith)) + 1 / np.cos(np.radians(angles.view_zenith))
    made = {}
    for name, values in bands.items():
        over = gases(name, mass) * (path(name, angles) + of[name] * cover)
        made[name] = np.where(where, over if cover == 1.0 else values * (1 - cover) + of[name] * cover, values).astype(
            np.float32
        )
    return made


def air(**more):
    names = [NAMES[b] for b in ORDER]
    return clear_air("Sentinel-2A", names, [CENTRE[b] for b in ORDER], **{"aerosol": 0.0, **more})


PUBLISHED = {
    "NODATA": 1,
    "WATER": 2,
    "POSSIBLE": 4,
    "PREDICTED": 8,
    "OBSERVED": 16,
    "LOW": 32,
    "MODERATE": 64,
    "SEVERE": 128,
    "CLOUD_SUSPECT": 256,
    "EXCESS": 512,
}
"""Numbers that users have (docs/ICD/flags.md); written here once more, so that two that are swapped are found."""


def flag(stage, name):
    return stage.flags & PUBLISHED[name] != 0


def claimed(stage):
    return flag(stage, "LOW") | flag(stage, "MODERATE") | flag(stage, "SEVERE")


def f1(found, true):
    return 2 * (found & true).sum() / max(found.sum() + true.sum(), 1)


def run(bands, angles, *, predicted=0.0, trusted=False, settings=None, **more):
    return glint_mask(
        bands, angles, air(**more), np.full(angles.sun_zenith.shape, predicted, np.float32), trusted, None, settings
    )


@pytest.mark.parametrize(("sun", "wind"), [(25.0, 5.0), (35.0, 4.0), (42.0, 7.0), (20.0, 2.0)])
def test_known_glint_is_found(sun, wind):
    bands, angles, true = scene(sun, wind)
    stage = run(bands, angles)
    assert f1(claimed(stage), true >= 0.005) > 0.98
    for name, low, high in (("LOW", 0.005, 0.01), ("MODERATE", 0.01, 0.02), ("SEVERE", 0.02, 9.0)):
        there = (true >= low) & (true < high)
        if there.sum() > 300:
            # 0.001 is always taken off for foam and stray light, of which there is none here.
            assert f1(flag(stage, name), there) > 0.8, name
    inside = true > 0.003
    assert np.median(np.abs(stage.observed - true)[inside]) < 0.0015


def test_seams_of_detectors_are_seen():
    bands, angles, true = scene(30.0, 4.0)
    stage = run(bands, angles)
    middle = true.shape[1] // 2
    jump = stage.observed[:, middle + 1].mean() - stage.observed[:, middle - 2].mean()
    assert jump == pytest.approx(
        float(true[0, middle + 1] - true[0, middle - 2]),
        abs=0.1 * abs(float(true[0, middle + 1] - true[0, middle - 2])) + 3e-4,
    )


def test_the_wind_comes_back():
    bands, angles, true = scene(25.0, 5.0)
    wind = run(bands, angles).wind[true > 0.02]
    assert np.isfinite(wind).mean() > 0.99
    # Near the place where two winds make the same glint it cannot be told.
    assert abs(np.nanmedian(wind) - 5.0) < 0.6


@pytest.mark.parametrize("sun_azimuth", [0.0, 60.0, 150.0, 240.0, 330.0])
def test_all_quadrants_of_the_sun(sun_azimuth):
    bands, angles, true = scene(25.0, 5.0, (48, 64), sun_azimuth, (sun_azimuth + 180.0) % 360.0)
    assert f1(claimed(run(bands, angles)), true >= 0.005) > 0.98


@pytest.mark.parametrize("of", LAND)
def test_land_has_no_flag(of):
    bands, angles, true = scene(25.0, 5.0)
    land = np.zeros(true.shape, bool)
    land[20:70, 30:90] = True
    stage = run(ground(bands, angles, land, LAND[of]), angles)
    inside = np.zeros(true.shape, bool)
    inside[23:67, 33:87] = True
    assert (stage.flags[inside] == 0).all()
    assert np.isfinite(stage.probability[inside]).all()
    away = ~land
    away[16:74, 26:94] = False
    assert f1(claimed(stage)[away], (true >= 0.005)[away]) > 0.98


def test_a_layer_of_water_overrules_the_colour():
    bands, angles, true = scene(25.0, 5.0)
    occurrence = np.full(true.shape, 100.0, np.float32)
    occurrence[:, :40] = 0.0
    stage = run({**bands, "swo": occurrence}, angles)
    assert not claimed(stage)[:, :37].any()
    assert claimed(stage)[:, 44:][true[:, 44:] >= 0.006].mean() > 0.98


def test_thick_cloud_is_no_glint():
    bands, angles, true = scene(32.0, 5.0)
    there = np.zeros(true.shape, bool)
    there[30:60, 50:80] = True
    made = {name: np.where(there, 0.55 * CLOUD[name], values).astype(np.float32) for name, values in bands.items()}
    stage = run({**made, "nir09": np.where(there, 0.25, 0.3 * bands["nir08"]).astype(np.float32)}, angles)
    assert not claimed(stage)[there].any()
    assert flag(stage, "CLOUD_SUSPECT")[32:58, 52:78].all()
    near = there.copy()
    near[27:63, 47:83] = True
    assert f1(claimed(stage)[~near], (true >= 0.005)[~near]) > 0.98


def test_thin_cloud_over_dark_water_is_no_glint():
    # Some wind could make what is seen; but the water around is black.
    bands, angles, true = scene(34.0, 0.5, zeniths=(1.0, 4.0), seam=False)
    assert true.max() < 0.003
    there = np.zeros(true.shape, bool)
    there[30:40, 50:64] = True
    for cover in (0.02, 0.05, 0.1):
        made = {
            name: np.where(there, values + cover * 0.5 * CLOUD[name], values).astype(np.float32)
            for name, values in bands.items()
        }
        stage = run(made, angles)
        assert flag(stage, "POSSIBLE")[there].mean() > 0.9
        assert not claimed(stage).any()


def test_thin_cirrus_alone_is_no_glint_and_hides_none():
    there = np.zeros((96, 128), bool)
    there[30:60, 40:90] = True
    for wind, expected in ((0.5, False), (5.0, True)):
        bands, angles, true = scene(32.0, wind, zeniths=(6.0, 11.0))
        ice = {"red": 1.0, "rededge071": 1.0, "rededge075": 1.0, "nir08": 1.0, "swir16": 0.45, "swir22": 0.36}
        made = {name: (values + 0.02 * ice[name] * there).astype(np.float32) for name, values in bands.items()}
        made["cirrus"] = (0.001 + 0.018 * there).astype(np.float32)
        stage = run(made, angles)
        assert claimed(stage)[there].mean() == pytest.approx(float(expected), abs=0.05), wind
        assert (true.mean() > 0.02) == expected


def test_no_flag_where_no_wind_makes_glint():
    # Bright flat water all the same: 0.03 near 1.6 µm where no wind up to 12 m/s makes 0.005.
    bands, angles, _ = scene(60.0, 5.0, view_azimuth=110.0)
    made = {name: values + np.float32(0.03) for name, values in bands.items()}
    stage = run(made, angles)
    dark = stage.brightest < 0.005
    assert dark.mean() > 0.5
    for name in set(PUBLISHED) - {"NODATA", "WATER"}:
        assert not flag(stage, name)[dark].any(), name


@pytest.mark.parametrize("sun", [55.5, 58.0, 65.0, 75.0])
@pytest.mark.parametrize("view", [8.0, 12.0, 15.0])
def test_nothing_is_severe_under_a_low_sun(sun, view):
    bands, angles, _ = scene(sun, 10.0, (40, 48), zeniths=(view - 2, view), seam=False)
    made = {name: values + np.float32(0.05) for name, values in bands.items()}
    assert not flag(run(made, angles), "SEVERE").any()


def test_haze_is_separated_from_glint():
    # Haze of twice the usual thickness, by its own proportions; there is no glint at all.
    bands, angles, true = scene(38.0, 1.0, zeniths=(1.0, 4.0), seam=False)
    assert true.max() < 0.003
    hazy = {
        name: (values + 0.004 * (CENTRE[name] / 1613.7) ** -1.3).astype(np.float32) for name, values in bands.items()
    }
    assert not claimed(run(hazy, angles, aerosol=0.1)).any()


def test_a_known_wind_casts_doubt_on_little_glint_only():
    bands, angles, true = scene(34.0, 3.0)
    weak = (true > 0.0068) & (true < 0.0085)
    strong = true > 0.02
    alone, doubted = run(bands, angles), run(bands, angles, predicted=1e-5, trusted=True)
    assert claimed(alone)[weak].mean() > 0.9
    assert claimed(doubted)[weak].mean() < 0.2
    assert claimed(doubted)[strong].mean() > 0.99
    assert (doubted.probability <= alone.probability + 1e-6).all()
    assert np.array_equal(run(bands, angles, predicted=0.5, trusted=True).classes, alone.classes)


def test_without_the_red_edge():
    bands, angles, true = scene(25.0, 5.0)
    for gone in (
        ("rededge071",),
        ("rededge075",),
        ("rededge071", "rededge075"),
        ("rededge071", "rededge075", "swir22"),
    ):
        stage = run({name: values for name, values in bands.items() if name not in gone}, angles)
        assert f1(claimed(stage), true >= 0.005) > 0.97


@pytest.mark.parametrize("name", ["red", "nir08", "swir16"])
def test_holes(name):
    bands, angles, _ = scene(25.0, 5.0, (40, 48))
    bands[name] = bands[name].copy()
    bands[name][11, 17] = np.nan
    stage = run(bands, angles)
    assert stage.flags[11, 17] == 1
    assert stage.classes[11, 17] == 255
    assert np.isnan([stage.probability[11, 17], stage.brightest[11, 17], stage.observed[11, 17]]).all()
    assert claimed(stage)[11, 18]


def test_an_unknown_angle_is_a_hole():
    bands, angles, _ = scene(25.0, 5.0, (40, 48))
    azimuth = angles.view_azimuth.copy()
    azimuth[:, :9] = np.nan
    stage = run(bands, replace(angles, view_azimuth=azimuth))
    assert (stage.flags[:, :9] == 1).all()
    assert (stage.flags[:, 9:] != 1).all()


def test_bad_contracts():
    bands, angles, _ = scene(25.0, 5.0, (40, 48))
    with pytest.raises(MissingBand, match="band 'swir16' is missing"):
        run({name: values for name, values in bands.items() if name != "swir16"}, angles)
    with pytest.raises(BadParameter, match="do not rise"):
        run(bands, angles, settings=GlintSettings(low=0.02, moderate=0.01))


def test_gases_as_a_cubic():
    # What the loops use, beside the table itself, at air masses between the nodes.
    packed = air().packed()
    mass = np.array([2.03, 2.51, 3.3, 4.77])
    for k, name in enumerate(ORDER):
        fitted = np.exp(-np.polynomial.polynomial.polyval(mass, packed[k, 4:]))
        assert fitted == pytest.approx(gases(name, mass), abs=3e-4)


class TestOperator:
    def block(self, **more):
        bands, angles, true = scene(25.0, 5.0, (70, 97))
        arrays = {
            **bands,
            "sun_zenith": angles.sun_zenith,
            "sun_azimuth": angles.sun_azimuth,
            "view_zenith_swir16": angles.view_zenith,
            "view_azimuth_swir16": angles.view_azimuth,
            **more,
        }
        return whole(arrays), true

    def test_flags_are_those_of_the_kernel(self):
        assert {f.name: f.mask for f in FLAGS.flags} == {f.name: int(f) for f in GlintFlag} == PUBLISHED

    def test_laws_are_those_of_the_sea(self):
        from estran.catalogue.spec import parameters_of

        (model,) = (p for p in parameters_of(SunGlint) if p.name == "model")
        assert set(model.choices) == set(get_args(SlopeModel))

    def test_tiled_is_whole_where_there_is_glint(self):
        import importlib.util
        from pathlib import Path

        spec = importlib.util.spec_from_file_location(
            "contracts", Path(__file__).parents[1] / "30_catalogue" / "contracts.py"
        )
        contracts = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(contracts)
        block, true = self.block()
        assert (true > 0.005).mean() > 0.3
        contracts.whole_equals_tiled(SunGlint(aerosol=0.0), block, ((29, 29), (33, 64)))

    def test_mask_alone_is_the_same(self):
        block, true = self.block()
        op = SunGlint(aerosol=0.0)
        out, stage = op.compute(block), op.mask(block)
        assert np.array_equal(out["glint_flags"], stage.flags)
        assert np.array_equal(out["glint_class"], stage.classes)
        assert f1(out["glint_class"] % 255 > 0, true >= 0.005) > 0.98

    def test_other_bands_by_fresnel(self):
        block, _ = self.block()
        out = SunGlint(aerosol=0.0, wind_speed=5.0).compute(block)
        there = np.isfinite(out["glint_observed_swir16"]) & (out["glint_observed_swir16"] > 0.01)
        for band in BANDS:
            ratio = (out[f"glint_observed_{band}"] / out["glint_observed_swir16"])[there]
            predicted = (out[f"glint_predicted_{band}"] / out["glint_predicted_swir16"])[there]
            assert ratio == pytest.approx(predicted, rel=1e-4)
        # Harmel et al. 2018 give 1.12 between the two short-wave bands, near the vertical.
        pair = (out["glint_observed_swir16"] / out["glint_observed_swir22"])[there]
        assert pair == pytest.approx(1.12, abs=0.01)

    def test_each_band_has_its_own_detectors(self):
        block, _ = self.block(
            view_zenith_blue=np.full((70, 97), 3.0, np.float32), view_azimuth_blue=np.full((70, 97), 290.0, np.float32)
        )
        out = SunGlint().compute(block)
        assert np.ptp(out["glint_predicted_blue"]) < 1e-6
        assert np.ptp(out["glint_predicted_green"]) > 0.01

    def test_wind_of_the_product(self):
        # From the north-west at 10 m/s: u is positive, v negative.
        u, v = np.full((70, 97), 10.0 * np.sqrt(0.5), np.float32), np.full((70, 97), -10.0 * np.sqrt(0.5), np.float32)
        block, _ = self.block(wind_u=u, wind_v=v)
        for model in ("cox_munk_isotropic", "cox_munk"):
            given = SunGlint(model=model, wind_speed=10.0, wind_direction=315.0).compute(self.block()[0])
            found = SunGlint(model=model).compute(block)
            for name in found.arrays:
                assert np.allclose(found[name], given[name], equal_nan=True, rtol=1e-3, atol=1e-6), name

    def test_a_law_with_a_direction_needs_it(self):
        with pytest.raises(BadParameter, match="needs the direction of the wind"):
            SunGlint(model="cox_munk", wind_speed=5.0).compute(self.block()[0])


# Top of the atmosphere, of pins 1, 2, 3, 8 and 9 in issues/timelag/mega_glinted_pixels.csv of the repository of GRS
# (Harmel et al. 2018), Apache-2.0.
GLINTED = {
    "red": (0.3767, 0.7299, 0.5646, 1.627, 1.7147),
    "rededge071": (0.3527, 0.6876, 0.5576, 1.387, 1.5571),
    "rededge075": (0.3516, 0.6901, 0.5537, 1.3215, 1.5257),
    "nir08": (0.3811, 0.7243, 0.5880, 1.2302, 1.4133),
    "nir09": (0.0489, 0.0860, 0.0724, 0.0631, 0.1260),
    "cirrus": (0.0013, 0.0020, 0.0019, 0.0026, 0.0033),
    "swir16": (0.3356, 0.6770, 0.5444, 1.206, 1.2032),
    "swir22": (0.2600, 0.4994, 0.4039, 0.8015, 0.9743),
}


@pytest.mark.parametrize("pin", range(5))
def test_real_pixels_of_extreme_glint(pin):
    # Their angles are not published: Sun and sensor near the mirror's place.
    bands = {name: np.full((40, 40), values[pin], np.float32) for name, values in GLINTED.items()}
    angles = Angles(*(np.full((40, 40), x, np.float32) for x in (12.0, 100.0, 10.0, 280.0)))
    stage = run(bands, angles, aerosol=0.1)
    assert flag(stage, "WATER").all()
    # Two of them are single facets, brighter in the red than at 1.6 µm by a third: alone, without the waves about them,
    # they have the colour of cloud.
    assert flag(stage, "SEVERE" if pin < 3 else "CLOUD_SUSPECT").all()


def test_real_water_without_glint(shared_data):
    """The estuary of the St Lawrence (T19UDP, 2017-07-29): black at 1.6 µm, with cumulus, cirrus and coast. Its view
    angles are not known: all that can be.
    """
    rasterio = pytest.importorskip("rasterio")
    folder = shared_data / "s2_l1c_T19UDP_160m"
    if not folder.is_dir():
        pytest.skip("s2_l1c_T19UDP_160m is not among the test data")
    files = {
        "red": "B04",
        "rededge071": "B05",
        "rededge075": "B06",
        "nir08": "B8A",
        "swir16": "B11",
        "swir22": "B12",
        "cirrus": "B10",
        "nir09": "B09",
    }
    arrays = {}
    for name, file in files.items():
        with rasterio.open(folder / f"{file}.jp2") as source:
            numbers = source.read(1).astype(np.float32)
        arrays[name] = np.where(numbers == 0, np.nan, numbers / 1e4).astype(np.float32)
    sun = sun_position(datetime.datetime(2017, 7, 29, 15, 37, tzinfo=datetime.UTC), -69.0, 48.3)
    for view in ((10.0, 105.0), (3.0, 285.0), (10.0, 285.0), (10.0, float(sun[1]) + 180.0)):
        for name, value in zip(
            ("sun_zenith", "sun_azimuth", "view_zenith_swir16", "view_azimuth_swir16"), (*sun, *view), strict=True
        ):
            arrays[name] = np.full(arrays["red"].shape, value, np.float32)
        for wind in (None, 5.0):
            out = SunGlint(wind_speed=wind).compute(whole(arrays, pixel=160.0))
            assert FLAGS.unpack(out["glint_flags"], "WATER").mean() > 0.2
            assert FLAGS.unpack(out["glint_flags"], "POSSIBLE").any()
            assert not (out["glint_class"] % 255).any()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "sza", "wind", "clouds", "wanted"), [("ocean", 30.0, 5.0, 0.0, 0.98), ("ocean", 25.0, 6.0, 0.12, 0.95)]
)
def test_simulated_scene(kind, sza, wind, clouds, wanted, tmp_path):
    """Waves, gusts, clouds and their shadows, haze, instrument: the simulator shares nothing with the mask but
    constants of nature.
    """
    from estran.adapters.files.open import open_product
    from estran.cli.main import main
    from estran.engine.nodes import snap_nodes
    from estran.engine.run import run_now

    rasterio = pytest.importorskip("rasterio")
    asked = {
        "--scene": kind,
        "--size": 240,
        "--sza": sza,
        "--saa": 105,
        "--vza": 9,
        "--vaa": 285,
        "--wind": wind,
        "--seed": 31,
    }
    asked |= {"--clouds": clouds, "--stratus": 0, "--cirrus": 0}
    assert (
        main(["simulate", "scene", str(tmp_path), *(str(x) for pair in asked.items() for x in pair), "--small", "-q"])
        == 0
    )
    product = open_product(next(tmp_path.glob("*.SAFE")))
    resampling = {"resolution": "20", "upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "First"}
    found = run_now(
        SunGlint(), {"source": snap_nodes()["S2Resampling"].from_values(resampling).apply(product, tile=1024)}
    )
    true = {name: rasterio.open(tmp_path / "truth" / f"{name}.tif").read(1) for name in ("glint", "cloud", "nodata")}
    classes = np.asarray(found["glint_class"].data)
    seen = (true["nodata"] == 0) & (classes != 255)
    wet = (true["glint"] >= 0.005) & (true["cloud"] == 0)
    assert wet.mean() > 0.3
    assert f1((classes > 0)[seen], wet[seen]) > wanted
    brightest = np.asarray(found["glint_brightest"].data)
    assert not ((classes > 0) & (classes < 255) & (brightest < 0.005)).any()
