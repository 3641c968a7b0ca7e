"""The air of a scene: against the solver where the tables interpolate, and against what labelled pixels of real images
show.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from estran.physics.aerosol.models import MODELS
from estran.physics.aerosol.optics import optics
from estran.physics.gas.absorption import transmittance
from estran.physics.radiative_transfer import Constituent, Lambertian, Layer, exponential_layers, solve
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.refraction import refractive_index
from estran.scenes.atmosphere import LEVELS, Air, atmosphere, pressure
from estran.scenes.instrument import BANDS
from estran.scenes.simulate import SceneConfig, SimulatedScene, simulate
from estran.sensors.bands import SENTINEL2

MU_S, MU_V, AZIMUTH = 0.8, 0.985, 40.0
CLEAR = Air(0.2, 2.0, 320.0, "coastal", 6.0)
MASS = 1 / MU_S + 1 / MU_V


def layers(band: int, altitude: float, air: Air = CLEAR) -> list[Layer]:
    """The same air, in five layers."""
    wavelength = SENTINEL2[band].wavelength
    model = replace(MODELS[air.model], largest=3.0)
    haze = optics(model, wavelength, 60)
    particles = air.aerosol * haze.extinction / optics(model, 550.0, 60).extinction * np.exp(-altitude / 2000.0)
    molecules = float(optical_depth(wavelength, pressure(altitude)))
    both = (
        Constituent(molecules, 1.0, rayleigh_greek(float(depolarisation_factor(wavelength))), 8.0),
        Constituent(particles, haze.albedo, haze.greek, 2.0),
    )
    return exponential_layers(both)


def gases(band: str, altitude: float, vapour: float = 1.0) -> float:
    return float(
        transmittance(
            "Sentinel-2A",
            band,
            airmass=MASS,
            ozone=320.0,
            water_vapour=vapour * 2.0 * np.exp(-altitude / 2000.0),
            pressure=pressure(altitude),
        )
    )


@pytest.mark.parametrize(
    ("band", "altitude"), [("B1", 0.0), ("B2", 1200.0), ("B3", 400.0), ("B6", 0.0), ("B8", 3000.0), ("B11", 0.0)]
)
def test_ground_under_air_is_as_the_solver_says(band: str, altitude: float) -> None:
    """Path, transmittance and bounces put together are the solver's ground under its air, with more streams, between
    nodes too.
    """
    k, level = BANDS.index(band), int(altitude) // 100
    path, through, _, _, bounce, _ = (
        atmosphere("Sentinel-2A", MU_S, MU_V, AZIMUTH, CLEAR).tables(k)[:, level].astype(float)
    )
    bare = solve(layers(k, altitude), [MU_S], [MU_V], [AZIMUTH], Lambertian(0.0), streams=12).up[0, 0, 0, 0]
    for albedo in (0.3, 0.9):
        made = path + through * albedo / (1 - bounce * albedo)
        full = solve(layers(k, altitude), [MU_S], [MU_V], [AZIMUTH], Lambertian(albedo), streams=12).up[0, 0, 0, 0]
        # Gas dims light from the ground by all of itself, that from the air by less.
        assert bare * gases(band, altitude) - 5e-4 < path < bare + 5e-4
        assert made - path == pytest.approx((full - bare) * gases(band, altitude), abs=2.5e-3 * albedo + 1e-6)


@pytest.mark.parametrize("band", ["B3", "B8A", "B11"])
def test_sea_under_air_is_as_the_solver_says(band: str) -> None:
    """Glint that goes straight, skylight and scattered glint: together the solver's rough sea, which counts every path
    at once.
    """
    k = BANDS.index(band)
    air = atmosphere("Sentinel-2A", MU_S, MU_V, 8.0, CLEAR)
    sea = RoughSea(6.0, complex(refractive_index(SENTINEL2[k].wavelength)[0]))
    bare, full = (
        solve(layers(k, 0.0), [MU_S], [MU_V], [8.0], ground, streams=16).up[0, 0, 0, 0]
        for ground in (Lambertian(0.0), sea)
    )
    glint = float(sea.reflectance(np.array(MU_V), np.array(MU_S), np.radians(np.array(8.0)))[0, 0])
    made = air.straight[k, 0] * glint + air.mirrored[k].sum()
    assert glint > 0.03
    assert made == pytest.approx((full - bare) * gases(band, 0.0), rel=0.02)


def test_air_thins_out_and_bends_to_the_blue() -> None:
    air = atmosphere("Sentinel-2A", 0.7, 0.99, 180.0, Air(0.1, 2.0))
    order = [BANDS.index(b) for b in ("B1", "B2", "B3", "B4", "B8A", "B11")]
    assert (np.diff(air.path[order, 0]) < 0).all()
    assert (np.diff(air.path[order], axis=1) <= 1e-7).all()
    assert ((air.through > 0) & (air.through <= 1) & (air.straight < air.through)).all()
    assert ((air.diffuse >= 0) & (air.diffuse < 0.5)).all()
    assert (np.diff(air.through, axis=1) > -1e-6).all()
    # From the sea next to nothing comes through at 1.375 um; from the height of cirrus a good part does.
    cirrus = BANDS.index("B10")
    assert air.through[cirrus, 0] < 2e-3
    assert air.through[cirrus, 100] > 0.4
    np.testing.assert_allclose(pressure([0.0, 5000.0, 11000.0]), [1013.25, 540.2, 226.3], atol=0.1)
    assert LEVELS[100] == 10000


# --- what real pixels show
# ------------------------------------------------------------------------------------------------------------

SEMANTIC = {b.semantic: b.name for b in SENTINEL2}


def at_20_m(scene: SimulatedScene, band: str) -> npt.NDArray[np.float64]:
    numbers, size = scene.bands[band] / 1e4, scene.config.size
    if numbers.shape[0] == 2 * size:
        return np.asarray(numbers.reshape(size, 2, size, 2).mean((1, 3)))
    return np.repeat(np.repeat(numbers, 3, 0), 3, 1)[:size, :size] if numbers.shape[0] < size else numbers


@pytest.fixture(scope="module")
def pixels(shared_data: Path) -> npt.NDArray[np.void]:
    path = shared_data / "s2_cloud_pixels" / "pixels_stac.csv"
    if not path.is_file():
        pytest.skip("no labelled pixels: s2_cloud_pixels is not among the real test data")
    return np.genfromtxt(path, delimiter=",", names=True)


@pytest.mark.parametrize("kind", ["vegetation", "water", "snow", "cloud"])
def test_levels_are_those_of_labelled_pixels(pixels: npt.NDArray[np.void], kind: str) -> None:
    """Medians of simulated classes lie between the fifth and ninety-fifth percentiles of labelled real pixels, 5 %
    aside, in every band.
    """
    clear = (pixels["label"] == 0) & (pixels["swo"] < 20)
    real = {
        "vegetation": clear & (pixels["ndvi"] > 0.4) & (pixels["dem"] < 600),
        "water": (pixels["label"] == 0) & (pixels["swo"] > 80) & (pixels["ndsi"] > 0) & (pixels["nir08"] < 0.1),
        "snow": clear & (pixels["ndsi"] > 0.6) & (pixels["green"] > 0.5),
        "cloud": (pixels["label"] == 1) & (pixels["blue"] > 0.4) & (pixels["swir16"] > 0.35) & (pixels["dem"] < 800),
    }[kind]
    # Views from the side of the glint would make bright water; labelled water has next to none.
    made = simulate(
        SceneConfig(
            seed=2,
            size=240,
            kind="snow" if kind == "snow" else "coast",
            sza=45.0,
            saa=150.0,
            vza=4.0,
            vaa=104.0,
            cirrus=0.0,
        )
    )
    truth, red, nir08 = made.truth, at_20_m(made, "B4"), at_20_m(made, "B8A")
    lit = (truth["cloud_depth"] == 0) & (truth["sun_beam"] > 0.99) & (truth["relief_shadow"] == 0)
    simulated = {
        "vegetation": lit & (truth["water"] == 0) & ((nir08 - red) / (nir08 + red) > 0.4),
        "water": lit & (truth["water"] == 1),
        "snow": lit & (truth["snow"] == 1),
        "cloud": (truth["cloud_depth"] > 6) & (truth["cloud_height"] < 3000),
    }[kind]
    assert real.sum() > 150
    assert simulated.sum() > 150
    outside = {}
    for semantic, band in SEMANTIC.items():
        low, high = np.percentile(pixels[semantic][real], [5, 95])
        median = float(np.median(at_20_m(made, band)[simulated]))
        # Labelled snow is mostly polar, under drier air than a simulated winter's: B9 is left out.
        if (kind, band) != ("snow", "B9") and not 0.95 * low - 1e-3 <= median <= 1.05 * high + 1e-3:
            outside[band] = (round(low, 4), round(median, 4), round(high, 4))
    assert not outside


def test_land_is_as_hazy_as_labelled_land(pixels: npt.NDArray[np.void]) -> None:
    """The haze-optimised transform of clear land: its median lies between the quartiles of labelled clear land below
    800 m.
    """
    land = (pixels["label"] == 0) & (pixels["swo"] < 20) & (pixels["dem"] < 800) & (pixels["ndsi"] < 0)
    low, high = np.percentile(pixels["hot"][land], [25, 75])
    found = []
    for seed, kind in ((31, "city"), (32, "coast"), (33, "coast")):
        made = simulate(SceneConfig(seed=seed, size=120, kind=kind, sza=40.0, saa=150.0, cirrus=0.0))
        clear = (made.truth["cloud_depth"] == 0) & (made.truth["sun_beam"] > 0.99) & (made.truth["water"] == 0)
        found.append(np.median((at_20_m(made, "B2") - 0.5 * at_20_m(made, "B4") - 0.08)[clear]))
    assert low < np.mean(found) < high
