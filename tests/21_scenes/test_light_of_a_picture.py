"""Light of a picture in closed form: even grounds under made-up air, slopes, decks of cloud, and the point spread
function by its own spectrum.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from affine import Affine

from estran.physics.geometry import slope_vector
from estran.raster.grid import Grid
from estran.scenes.atmosphere import LEVELS, Atmosphere
from estran.scenes.clouds import CloudField, beam, lit, reflectance
from estran.scenes.instrument import BANDS
from estran.scenes.landscape import Landscape
from estran.scenes.layer import Layer
from estran.scenes.march import Rays
from estran.scenes.picture import CIRRUS_DEPTH, CLOUD_DEPTH, SHADOW_BEAM, Picture
from estran.scenes.sea import rough_sea
from estran.scenes.spectra import CODE, ICE_CLOUD, LIQUID_CLOUD, table

SIZE = 48
"""Pixels of 20 m."""
DRY = rough_sea(1, np.zeros((SIZE, SIZE), np.uint8), 5.0, 0.0)
GRIDS = {p: Grid(SIZE * 20 // p, SIZE * 20 // p, Affine(p, 0, 0, 0, -p, 0), "EPSG:32631") for p in (10, 20, 60)}
NO_CLOUD = CloudField((), ())


def land_of(material: str = "grass", **fields: npt.NDArray[np.generic]) -> Landscape:
    """Flat ground of one material."""
    code = np.full((2 * SIZE, 2 * SIZE), CODE[material], np.uint8)
    none = np.zeros((SIZE, SIZE), np.uint8)
    flat = Landscape(
        np.zeros((SIZE, SIZE), np.float32),
        code,
        code,
        np.zeros_like(code),
        np.ones(code.shape, np.float32),
        none,
        none,
        none,
        none,
    )
    return replace(flat, **fields)


def ray(zenith: float, azimuth: float) -> Rays:
    east, north = slope_vector(zenith, azimuth)
    return Rays(float(east), -float(north))


def picture_of(land: Landscape, field: CloudField = NO_CLOUD, sun: Rays | None = None) -> Picture:
    """Seen from straight above; under a Sun 40 degrees from the zenith if none is given."""
    sun = ray(40.0, 150.0) if sun is None else sun
    return Picture(land, DRY, lit(field, sun), sun, dict.fromkeys(BANDS, Rays(0.0, 0.0)), GRIDS)


def air(
    path: float = 0.0, through: float = 1.0, diffuse: float = 0.1, bounce: float = 0.0, sharp: float = 1.0
) -> Atmosphere:
    """The same air at all heights, in all bands."""
    of = lambda value: np.full((13, LEVELS.size), value, np.float32)  # noqa: E731 - a table of one value
    return Atmosphere(
        of(path), of(through), of(diffuse), of(through), of(bounce), of(sharp), np.zeros((13, 2), np.float32)
    )


def seen(picture: Picture, band: str, above: Atmosphere, pixel: int) -> npt.NDArray[np.float32]:
    return picture.band(BANDS.index(band), above, GRIDS[pixel].shape, pixel)


# --- even ground


@pytest.mark.parametrize(("band", "pixel"), [("B2", 10), ("B8A", 20), ("B9", 60)])
@pytest.mark.parametrize("material", ["grass", "snow_fresh"])
def test_even_ground_is_the_planetary_problem(band: str, pixel: int, material: str) -> None:
    """Path plus through times a / (1 - bounce a), wherever light of the surroundings is the place's own."""
    a = float(table()[CODE[material], BANDS.index(band)])
    found = seen(picture_of(land_of(material)), band, air(0.05, 0.8, 0.2, 0.12, 0.85), pixel)
    np.testing.assert_allclose(found, 0.05 + 0.8 * a / (1.0 - 0.12 * a), rtol=1e-5)


def test_without_air_the_ground_is_what_it_is() -> None:
    found = seen(picture_of(land_of("soil_light")), "B11", air(), 20)
    np.testing.assert_allclose(found, table()[CODE["soil_light"], BANDS.index("B11")], rtol=1e-5)


def test_higher_ground_is_seen_through_the_air_above_it() -> None:
    """Tables are read at the level below: 250 m is read at 200 m, 1250 m at 1200 m."""
    thin = air()
    thin = replace(thin, path=np.tile((0.1 - 1e-5 * LEVELS).astype(np.float32), (13, 1)))
    for height in (0.0, 250.0, 1250.0):
        high = land_of(elevation=np.full((SIZE, SIZE), height, np.float32))
        a = float(table()[CODE["grass"], 3])
        expected = 0.1 - 1e-5 * np.floor(height / 100.0) * 100.0 + a
        np.testing.assert_allclose(seen(picture_of(high), "B4", thin, 10), expected, rtol=1e-5)


def test_hazy_air_blurs_an_edge() -> None:
    """Of light from the ground a part comes from around: the contrast of an edge is the sharp part, and far from it
    both sides are themselves.
    """
    first = np.full((2 * SIZE, 2 * SIZE), CODE["asphalt"], np.uint8)
    first[:, SIZE:] = CODE["sand_white"]
    land = land_of(first=first)
    clear, hazy = (seen(picture_of(land), "B4", air(sharp=s), 10) for s in (1.0, 0.7))
    dark, bright = (float(table()[CODE[name], 3]) for name in ("asphalt", "sand_white"))
    np.testing.assert_allclose(clear[40, [10, -10]], [dark, bright], rtol=1e-5)
    step = hazy[40, SIZE + 3] - hazy[40, SIZE - 4]
    near = 0.3 * (bright - dark)
    assert 0.7 * (bright - dark) < step < 0.7 * (bright - dark) + 0.2 * near
    assert hazy.mean() == pytest.approx(clear.mean(), rel=0.01)


# --- slopes and shadow


@pytest.mark.parametrize("slope", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("azimuth", [90.0, 180.0, 270.0])
def test_a_plane_is_lit_by_the_cosine_of_incidence(slope: float, azimuth: float) -> None:
    """Ground that rises to the east: cosine of the angle between its normal and the Sun, over that of flat ground, by
    vectors; and the sky that a tilted plane sees is (1 + cos tilt) / 2.
    """
    height = np.tile(np.arange(SIZE, dtype=np.float32) * np.float32(20.0 * slope), (SIZE, 1))
    picture = picture_of(land_of(elevation=height), sun=ray(30.0, azimuth))
    normal = np.array([-slope, 0.0, 1.0]) / np.hypot(slope, 1.0)
    z, a = np.radians(30.0), np.radians(azimuth)
    sun = np.array([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])
    inside = (slice(4, -4), slice(4, -4))
    np.testing.assert_allclose(picture.direct[inside], normal @ sun / np.cos(z), rtol=1e-5)
    np.testing.assert_allclose(picture.sky[inside], 0.5 * (1.0 + normal[2]), rtol=1e-5)


def test_behind_a_ridge_there_is_skylight_alone() -> None:
    """A wall in the south under a low southern Sun: what is left of the light is its diffuse part, where the sky is
    open.
    """
    height = np.zeros((SIZE, SIZE), np.float32)
    height[30:32] = 150.0
    picture = picture_of(land_of(elevation=height), sun=ray(60.0, 180.0))
    a = float(table()[CODE["grass"], 8])
    found = seen(picture, "B8A", air(diffuse=0.2), 20)
    shade = found[24, 10:-10]
    np.testing.assert_allclose(shade, 0.2 * a, rtol=1e-3)
    assert picture.truth()["relief_shadow"][24, 20] == 1
    np.testing.assert_allclose(found[5, 10:-10], a, rtol=1e-3)


# --- clouds


def deck(tau: float, height: float = 1500.0, ice: bool = False, first: int = 0) -> CloudField:
    """An even deck 100 m thick over all columns from `first` on of the scene's grid of 10 m and 1 km around."""
    n = 320
    extinction = tau / 100.0
    thickness = np.zeros((n, n), np.float32)
    thickness[:, first:] = 100.0
    corner = SIZE * 10.0 - n * 5.0
    base = np.where(thickness > 0, height, 0).astype(np.float32)
    layer = Layer(base, thickness, np.ones_like(base), 10.0, (corner, corner), extinction, ice)
    return CloudField((layer,), ((thickness > 0).astype(np.int32),))


@pytest.mark.parametrize(("tau", "bounce"), [(0.6, 0.0), (4.0, 0.0), (4.0, 0.15), (30.0, 0.15)])
def test_an_even_deck_in_closed_form(tau: float, bounce: float) -> None:
    """Two streams above dimmed ground: what the deck sends back by its colour and face, what it lets through of the
    ground below; no path, so no haze. Air sends light back to the ground from ground, to the deck from both.
    """
    picture = picture_of(land_of(), deck(tau), sun=Rays(0.0, 0.0))
    a = float(table()[CODE["grass"], 8])
    r, lost = reflectance(tau), 1.0 - beam(tau)
    ground = a * (0.9 * (beam(tau) + 0.24 * lost) + 0.1 * (1.0 - 0.35 * lost))
    face = float(picture.field.layers[0].light[160, 160])
    both = ground + (1.0 - ground) * r
    expected = ground / (1.0 - bounce * ground) * (1.0 - r) + r * LIQUID_CLOUD[8] * face / (1.0 - bounce * both)
    found = seen(picture, "B8A", air(diffuse=0.1, bounce=bounce), 20)
    np.testing.assert_allclose(found, expected, rtol=2e-4)


def test_thick_cloud_hides_the_air_below_it() -> None:
    """Above a thick deck the path is that from its height; from the ground up nothing is left."""
    thin = air()
    thin = replace(thin, path=np.tile((0.1 * np.exp(-LEVELS / 4000.0)).astype(np.float32), (13, 1)))
    picture = picture_of(land_of("deep_water"), deck(60.0, 3000.0), sun=Rays(0.0, 0.0))
    face = float(picture.field.layers[0].light[160, 160])
    found = seen(picture, "B4", thin, 10)
    expected = reflectance(60.0) * LIQUID_CLOUD[3] * face + 0.1 * np.exp(-3000.0 / 4000.0)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def test_ice_has_its_own_colour_and_casts_no_shadow() -> None:
    """Cirrus stands far off along the Sun's ray: it takes nothing from the beam of the ground below."""
    picture = picture_of(land_of(), deck(0.3, 9000.0, ice=True))
    assert (picture.sun_tau == 0.0).all()
    a, r = float(table()[CODE["grass"], 11]), reflectance(0.3)
    found = seen(picture, "B11", air(), 20)
    np.testing.assert_allclose(found, a * (1.0 - r) + r * ICE_CLOUD[11], rtol=2e-4)


@pytest.mark.parametrize(("tau", "cloud"), [(0.9 * CLOUD_DEPTH, 0), (1.1 * CLOUD_DEPTH, 1)])
def test_truth_of_cloud_is_its_depth(tau: float, cloud: int) -> None:
    truth = picture_of(land_of(), deck(tau), sun=Rays(0.0, 0.0)).truth()
    assert (truth["cloud"] == cloud).all()
    np.testing.assert_allclose(truth["cloud_depth"], tau, rtol=1e-4)
    np.testing.assert_allclose(truth["sun_beam"], beam(tau), rtol=1e-4)
    if cloud:
        np.testing.assert_allclose(truth["cloud_height"], 1550.0, atol=25.0)
        assert (truth["cloud_id"] == 1).all()
    else:
        assert np.isnan(truth["cloud_height"]).all()


@pytest.mark.parametrize(("tau", "cirrus"), [(0.9 * CIRRUS_DEPTH, 0), (1.1 * CIRRUS_DEPTH, 1)])
def test_truth_of_cirrus_is_its_depth(tau: float, cirrus: int) -> None:
    truth = picture_of(land_of(), deck(tau, 9000.0, ice=True)).truth()
    assert (truth["cirrus"] == cirrus).all()
    assert not truth["cloud"].any()


def test_shadow_is_where_the_beam_is_weak_and_no_cloud_hides_it() -> None:
    """Half a deck under a slanted Sun: cloud and shadow share no pixel, and the beam is below the limit in the one."""
    truth = picture_of(land_of(), deck(5.0, 300.0, first=160), sun=ray(40.0, 90.0)).truth()
    shadow, cloud = truth["shadow"] == 1, truth["cloud"] == 1
    assert shadow.any()
    assert cloud.any()
    assert not (shadow & cloud).any()
    assert truth["sun_beam"][shadow].max() < SHADOW_BEAM
    assert truth["sun_beam"][~shadow & ~cloud].min() >= SHADOW_BEAM
    # Sun in the east: the shadow lies to the west of the deck, by height times tangent.
    width = shadow[20].sum() * 20.0
    assert width == pytest.approx(350.0 * np.tan(np.radians(40.0)), abs=75.0)


# --- the point spread function


def line_response(band: str, pixel: int, wide: int) -> npt.NDArray[np.float64]:
    """Response to a bright line, `wide` rays of 10 m across, at all places within a pixel, interleaved."""
    rays = pixel // (10 * wide)
    dark, bright = (float(table()[CODE[name], BANDS.index(band)]) for name in ("asphalt", "sand_white"))
    middle = (SIZE * 20 // pixel) // 2
    lines = []
    for offset in range(rays):
        first = np.full((2 * SIZE, 2 * SIZE), CODE["asphalt"], np.uint8)
        at = middle * pixel // 10 + offset * wide
        first[:, at : at + wide] = CODE["sand_white"]
        found = seen(picture_of(land_of(first=first)), band, air(), pixel)
        lines.append((found[middle].astype(float) - dark) / (bright - dark))
    # Moving the line one ray to the right is as looking one ray to the left.
    return np.stack(lines[::-1], axis=1).ravel()


@pytest.mark.parametrize(("band", "pixel", "wide"), [("B11", 20, 1), ("B9", 60, 2)])
def test_modulation_at_the_nyquist_frequency(band: str, pixel: int, wide: int) -> None:
    """By the spectrum of the line spread function at half a cycle a pixel: between 0.2 and 0.33, as measured in flight
    (Gascon et al. 2017), and symmetric; all light of the line is in the image.
    """
    spread = line_response(band, pixel, wide)
    rays = pixel // (10 * wide)
    assert spread.sum() == pytest.approx(1.0, rel=1e-3)
    place = np.arange(spread.size)
    wave = np.exp(-2j * np.pi * place * 0.5 / rays)
    assert 0.2 < abs(spread @ wave) < 0.33
    centre = spread @ place
    assert abs(spread @ (place - centre) ** 3) < 0.02 * (spread @ (place - centre) ** 2) ** 1.5


def test_the_width_of_the_spread_is_that_of_gauss_and_square() -> None:
    """Variances add: 0.41 pixels and a square of one pixel, 1/12; rays within a pixel make the square a comb of two."""
    spread = line_response("B11", 20, 1)
    place = np.arange(spread.size) / 2.0
    centre = spread @ place
    variance = spread @ (place - centre) ** 2
    assert variance == pytest.approx(0.41**2 + (1.0 - 0.25) / 12.0, rel=0.06)


def test_edges_of_the_image_repeat_what_is_there() -> None:
    """Beyond the rays the last one stands in: an even picture is even up to its border, in strips too."""
    for band, pixel in (("B3", 10), ("B5", 20), ("B1", 60)):
        found = seen(picture_of(land_of("concrete")), band, air(0.01), pixel)
        assert np.ptp(found) < 1e-6


def test_strips_do_not_show() -> None:
    """The same picture in strips of another height has the same bits."""
    rng = np.random.default_rng(3)
    first = rng.integers(0, 24, (2 * SIZE, 2 * SIZE)).astype(np.uint8)
    whole = picture_of(land_of(first=first), deck(2.0, first=170))
    expected = {p: seen(whole, b, air(0.02, 0.9, 0.2, 0.1, 0.9), p) for b, p in (("B2", 10), ("B12", 20), ("B10", 60))}
    whole.STRIP = 24
    for band, pixel in (("B2", 10), ("B12", 20), ("B10", 60)):
        np.testing.assert_array_equal(seen(whole, band, air(0.02, 0.9, 0.2, 0.1, 0.9), pixel), expected[pixel])
