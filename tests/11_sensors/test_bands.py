"""The registry of sensors: platforms by name, semantic names by STAC's common names, and what is refused."""

import pytest

from estran.errors import UnsupportedProduct
from estran.sensors.bands import SENSORS, SENTINEL2, SPECTRAL, refuse_old_names, renamed, resolve, sensor_of

# Common names and their ranges [µm] as STAC's electro-optical extension 2.0 lists them.
STAC = {
    "coastal": (0.40, 0.45),
    "blue": (0.45, 0.53),
    "green": (0.51, 0.60),
    "red": (0.62, 0.69),
    "rededge071": (0.69, 0.73),
    "rededge075": (0.73, 0.76),
    "rededge078": (0.76, 0.79),
    "nir": (0.76, 1.00),
    "nir08": (0.80, 0.90),
    "nir09": (0.90, 1.00),
    "cirrus": (1.35, 1.40),
    "swir16": (1.55, 1.75),
    "swir22": (2.08, 2.35),
}


@pytest.mark.parametrize("sensor", SENSORS.values(), ids=lambda s: s.name)
def test_semantic_names_are_stacs_and_lie_in_their_ranges(sensor):
    assert {b.semantic for b in SENTINEL2} == set(STAC) == SPECTRAL
    for band in sensor.bands:
        low, high = STAC[band.semantic]
        assert low <= band.wavelength / 1000 <= high, band


@pytest.mark.parametrize(
    ("platform", "sensor"),
    [
        *((p, "Sentinel-2") for p in ("Sentinel-2A", "SENTINEL-2B", "sentinel-2c", "Sentinel-2", "S2D", "")),
        *((p, "Landsat-OLI") for p in ("Landsat-8", "LANDSAT_9", "landsat-8", "LC08")),
        *((p, "Landsat-ETM") for p in ("Landsat-7", "LANDSAT_5", "LE07")),
    ],
)
def test_platforms_are_known_by_their_spellings(platform, sensor):
    assert sensor_of(platform).name == sensor


@pytest.mark.parametrize(
    "platform", ["PROBA-V", "Sentinel-3A", "PARASOL", "Sentinel-20", "Landsat-1", "Landsat", "MODIS"]
)
def test_any_other_platform_is_a_sentence_and_its_bands_are_nobodys(platform):
    with pytest.raises(UnsupportedProduct, match=rf"expected Sentinel-2A to -2D, .*found {platform}\. What to do"):
        sensor_of(platform)
    assert resolve("red", ["B4", "red"], platform) is None
    assert resolve("sun_zenith", ["sun_zenith"], platform) == "sun_zenith"


def test_names_of_catalogues_that_number_the_red_edge():
    assert [resolve(s, ["rededge1", "rededge2", "rededge3"]) for s in ("rededge071", "rededge075", "rededge078")] == [
        "rededge1",
        "rededge2",
        "rededge3",
    ]


def test_old_names_are_found_only_where_they_would_be_misread():
    assert renamed(["blue", "vre1", "wnir", "nir", "wv"]) == {
        "vre1": "rededge071",
        "wnir": "nir",
        "nir": "nir08",
        "wv": "nir09",
    }
    assert (
        renamed(["B2", "B8A", "B11", "wv", "swir1"]) == {}
    )  # Sentinel-2's own names, and layers that happen to be called so
    assert renamed(["blue", "nir", "nir08", "swir16"]) == {}


def test_old_names_are_refused_with_the_new_ones():
    with pytest.raises(
        UnsupportedProduct, match=r"in table\.csv.*found nir, swir1\. What to do: rename nir to nir08, swir1 to swir16"
    ):
        refuse_old_names(["blue", "nir", "swir1"], "table.csv")
