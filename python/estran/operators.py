"""The operators as functions: an xarray Dataset in, a lazy Dataset out.

Generated from the declarations by `make generate`: edit those, not this.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import xarray as xr

from estran.face.calling import Source, call

__all__ = [
    "cloud_displacement",
    "cloud_mask",
    "cloud_probability",
    "masks",
    "relief_shadow",
    "spectral_tests",
    "sun_glint",
]


def masks(
    source: Source,
    *,
    relief: bool = True,
    glint: bool = True,
    mode: Literal["default", "strict", "python-fmask"] = "default",
    dem: str | Path | None = None,
    water_occurrence: str | Path | None = None,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    view_zenith: float | None = None,
    view_azimuth: float | None = None,
    pixel_size: float | None = None,
    cirrus_min: float | None = None,
    probability_offset: float | None = None,
    brightness_min: float | None = None,
    snow_ndsi_min: float | None = None,
    displacement: bool = True,
    min_object: int | None = None,
    shadow_depth: float | None = None,
    similarity: float | None = None,
    height_min: float = 200.0,
    height_max: float = 12000.0,
    cloud_buffer: float | None = None,
    shadow_buffer: float | None = None,
    relief_backend: Literal["hybrid", "rugged", "sweep"] = "hybrid",
    relief_dem_posting: float | None = None,
    relief_low_sun: float = 0.1,
    relief_hidden: bool = True,
    glint_model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = "cox_munk_isotropic",
    glint_wind_speed: float | None = None,
    glint_wind_direction: float | None = None,
    glint_strongest_wind: float = 12.0,
    glint_low: float = 0.005,
    glint_moderate: float = 0.01,
    glint_severe: float = 0.02,
    glint_severe_sun: float = 55.0,
    glint_aerosol: float = 0.1,
    glint_water_vapour: float = 2.0,
    glint_ozone: float = 300.0,
    glint_pressure: float = 1013.25,
    glint_window: int = 2,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """All masks.

    Cloud, thin cirrus, cloud shadow, snow, water, relief shadow and sun glint of Sentinel-2 top-of-atmosphere
    reflectance, side by side in one flag band, and by priority in one class band. Glint is told before cloud; the
    search for cloud shadows knows where terrain casts its own.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance, all bands on one grid. Needed: blue, green, red, nir08, swir16. Used where it has
        them: swir22, cirrus, nir09, coastal, nir, rededge078, sun_zenith, sun_azimuth, view_zenith, view_azimuth,
        rededge071, rededge075, view_zenith_swir16, view_azimuth_swir16, wind_u, wind_v. dem [m], as a band or by dem,
        serves too. swo [%], as a band or by water_occurrence, serves too.
    relief
        Look for relief shadow, where there is a DEM.
    glint
        Look for sun glint, where the angles are known.
    mode
        Default: best measured; strict: Fmask 4 as published; python-fmask: that program's recipe. One of default,
        strict, python-fmask. From: docs/ATBD/cloud_mask.md, validation.
    dem
        Raster of ground heights; None: the product's own, if any. [m]
    water_occurrence
        Raster of surface water occurrence; None: the product's own, if any. [%]
    sun_zenith
        Sun zenith angle where the product has none; angle given per pixel by the product is better. [degrees] In
        [0,90].
    sun_azimuth
        Sun azimuth from true north, clockwise, where the product has none; angle given per pixel by the product is
        better. [degrees] In [-180,360].
    view_zenith
        View zenith angle where the product has none; angle given per pixel by the product is better. [degrees] In
        [0,60].
    view_azimuth
        Azimuth from the ground to the sensor where the product has none; angle given per pixel by the product is
        better. [degrees] In [-180,360].
    pixel_size
        Size of a pixel where the product has no map geocoding. [m] In (0,1000].
    cirrus_min
        Reflectance of the cirrus band above its background that is cirrus; not given: the mode's. [1] In [0,1]. From:
        Zhu, Wang & Woodcock 2015: 0.01.
    probability_offset
        Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud; not given:
        the mode's. [1] In [-1,1]. From: Qiu et al. 2019: 0.20 for Sentinel-2.
    brightness_min
        Mean visible reflectance below which nothing is a cloud; not given: the mode's. [1] In [0,1]. From: FORCE 3:
        0.15.
    snow_ndsi_min
        NDSI above which a bright pixel is snow; not given: the mode's. [1] In [-1,1]. From: Zhu & Woodcock 2012: 0.15;
        FORCE 3: 0.4.
    displacement
        Use the displacement between near-infrared bands to tell clouds from bright ground. From: Frantz et al. 2018.
    min_object
        Least pixels of a cloud; not given: the mode's. [pixels] In [0,*). From: Qiu et al. 2019: 3.
    shadow_depth
        Least depth of a dark place to be a potential shadow; not given: the mode's. [1] In (0,1]. From: Zhu & Woodcock
        2012, eq. 19: 0.02.
    similarity
        Least similarity of a cloud and its shadow; not given: the mode's. [1] In [0,1]. From: Fmask 4.2: 0.425; Zhu &
        Woodcock 2012: 0.3.
    height_min
        Lowest cloud above the ground. [m] In [0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    height_max
        Highest cloud above the ground. [m] In (0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    cloud_buffer
        Growth of clouds; not given: the mode's. [m] In [0,5000]. From: Zhu & Woodcock 2012: 3 pixels.
    shadow_buffer
        Growth of shadows; not given: the mode's. [m] In [0,5000]. From: Zhu & Woodcock 2012: 3 pixels.
    relief_backend
        Hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java. One of
        hybrid, rugged, sweep. From: docs/ATBD/relief_shadow.md.
    relief_dem_posting
        Posting of the DEM where it is coarser than the image; None: a pixel. [m] In (0,1000].
    relief_low_sun
        Cosine of the incidence below which the sun grazes. [1] In [0,1]. From: MAJA: tangent sun.
    relief_hidden
        Flag ground hidden from the sensor.
    glint_model
        Law of the waves' slopes for the prediction; all but the first need the wind's direction. One of
        cox_munk_isotropic, cox_munk, breon_henriot, ebuchi_kizu. From: Cox & Munk 1954.
    glint_wind_speed
        Wind at 10 m; None: the product's, else 5 m/s for the prediction, which then has no say in the classes. [m/s] In
        [0,30].
    glint_wind_direction
        Direction that the wind comes from, clockwise from true north; None: the product's. [degrees] In [-180,360].
    glint_strongest_wind
        Wind up to which the geometry must be able to make glint. [m/s] In [1,30]. From: docs/ATBD/sun_glint.md.
    glint_low
        Glint reflectance from which it is low. [1] In (0,1]. From: docs/ATBD/sun_glint.md: haze and noise of B11.
    glint_moderate
        Glint reflectance from which it is moderate. [1] In (0,1]. From: docs/ATBD/sun_glint.md.
    glint_severe
        Glint reflectance from which it is severe. [1] In (0,1]. From: NASA's HIGLINT: 0.005 per steradian, that is
        0.016 / cos(sun zenith).
    glint_severe_sun
        Sun zenith beyond which nothing is severe. [degrees] In [0,90]. From: no wind up to 12 m/s makes 0.02 beyond it
        in the swath.
    glint_aerosol
        Optical thickness of aerosol at 550 nm. [1] In [0,1]. From: clear coasts: 0.05 to 0.2.
    glint_water_vapour
        Column of water vapour. [g/cm²] In [0,7].
    glint_ozone
        Column of ozone. [DU] In [100,600].
    glint_pressure
        Pressure at the water. [hPa] In [500,1100].
    glint_window
        Half-width of the surroundings looked at for edges of clouds. [pixels] In [0,10].
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``mask_flags`` (int32): every mask by itself; a pixel may have several.
        ``mask_class`` (uint8): one class a pixel: no-data over cloud over cloud shadow over relief shadow over cirrus
        over buffer over glint over snow over water over clear.
        ``cloud_probability`` (float32) [1]: cloud probability.
        ``cloud_height`` (float32) [m]: altitude of the cloud where a DEM is given, else its height above the ground;
        NaN where its shadow does not tell it.

    See Also
    --------
    docs/reference/masks.md, docs/ATBD/masks.md
    """
    return call("Estran.Masks", locals())


def cloud_mask(
    source: Source,
    *,
    mode: Literal["default", "strict", "python-fmask"] = "default",
    dem: str | Path | None = None,
    water_occurrence: str | Path | None = None,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    view_zenith: float | None = None,
    view_azimuth: float | None = None,
    pixel_size: float | None = None,
    cirrus_min: float | None = None,
    probability_offset: float | None = None,
    brightness_min: float | None = None,
    snow_ndsi_min: float | None = None,
    displacement: bool = True,
    min_object: int | None = None,
    shadow_depth: float | None = None,
    similarity: float | None = None,
    height_min: float = 200.0,
    height_max: float = 12000.0,
    cloud_buffer: float | None = None,
    shadow_buffer: float | None = None,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Cloud and cloud shadow.

    Cloud, thin cirrus, cloud shadow, snow and water by Fmask adapted to Sentinel-2 top-of-atmosphere reflectance, with
    cloud probability and cloud height. Shadows are matched to their clouds with the true geometry of sun and sensor.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance, all bands on one grid. Needed: blue, green, red, nir08, swir16. Used where it has
        them: swir22, cirrus, nir09, coastal, nir, rededge078, sun_zenith, sun_azimuth, view_zenith, view_azimuth. dem
        [m], as a band or by dem, serves too. swo [%], as a band or by water_occurrence, serves too.
    mode
        Default: best measured; strict: Fmask 4 as published; python-fmask: that program's recipe. One of default,
        strict, python-fmask. From: docs/ATBD/cloud_mask.md, validation.
    dem
        Raster of ground heights; None: the product's own, if any. [m]
    water_occurrence
        Raster of surface water occurrence; None: the product's own, if any. [%]
    sun_zenith
        Sun zenith angle where the product has none; angle given per pixel by the product is better. [degrees] In
        [0,90].
    sun_azimuth
        Sun azimuth from true north, clockwise, where the product has none; angle given per pixel by the product is
        better. [degrees] In [-180,360].
    view_zenith
        View zenith angle where the product has none; angle given per pixel by the product is better. [degrees] In
        [0,60].
    view_azimuth
        Azimuth from the ground to the sensor where the product has none; angle given per pixel by the product is
        better. [degrees] In [-180,360].
    pixel_size
        Size of a pixel where the product has no map geocoding. [m] In (0,1000].
    cirrus_min
        Reflectance of the cirrus band above its background that is cirrus; not given: the mode's. [1] In [0,1]. From:
        Zhu, Wang & Woodcock 2015: 0.01.
    probability_offset
        Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud; not given:
        the mode's. [1] In [-1,1]. From: Qiu et al. 2019: 0.20 for Sentinel-2.
    brightness_min
        Mean visible reflectance below which nothing is a cloud; not given: the mode's. [1] In [0,1]. From: FORCE 3:
        0.15.
    snow_ndsi_min
        NDSI above which a bright pixel is snow; not given: the mode's. [1] In [-1,1]. From: Zhu & Woodcock 2012: 0.15;
        FORCE 3: 0.4.
    displacement
        Use the displacement between near-infrared bands to tell clouds from bright ground. From: Frantz et al. 2018.
    min_object
        Least pixels of a cloud; not given: the mode's. [pixels] In [0,*). From: Qiu et al. 2019: 3.
    shadow_depth
        Least depth of a dark place to be a potential shadow; not given: the mode's. [1] In (0,1]. From: Zhu & Woodcock
        2012, eq. 19: 0.02.
    similarity
        Least similarity of a cloud and its shadow; not given: the mode's. [1] In [0,1]. From: Fmask 4.2: 0.425; Zhu &
        Woodcock 2012: 0.3.
    height_min
        Lowest cloud above the ground. [m] In [0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    height_max
        Highest cloud above the ground. [m] In (0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    cloud_buffer
        Growth of clouds; not given: the mode's. [m] In [0,5000]. From: Zhu & Woodcock 2012: 3 pixels.
    shadow_buffer
        Growth of shadows; not given: the mode's. [m] In [0,5000]. From: Zhu & Woodcock 2012: 3 pixels.
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``cloud_flags`` (uint16): cloud, cirrus, shadow, snow, water; a pixel may have several.
        ``cloud_class`` (uint8): one class a pixel: no-data over cloud over shadow over cirrus over buffer over snow
        over water over clear.
        ``cloud_probability`` (float32) [1]: cloud probability.
        ``cloud_height`` (float32) [m]: altitude of the cloud where a DEM is given, else its height above the ground;
        NaN where its shadow does not tell it.

    See Also
    --------
    docs/reference/cloud_mask.md, docs/ATBD/cloud_mask.md
    """
    return call("Estran.CloudMask", locals())


def cloud_probability(
    source: Source,
    *,
    mode: Literal["default", "strict", "python-fmask"] = "default",
    dem: str | Path | None = None,
    water_occurrence: str | Path | None = None,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Cloud probability (pixel tests).

    Cloud probability, potential cloud, thin cirrus, snow and water of every pixel by itself: the first stage of the
    cloud mask, without objects.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance on one grid. Needed: blue, green, red, nir08, swir16. Used where it has them:
        swir22, cirrus, nir09, coastal, nir. dem [m], as a band or by dem, serves too. swo [%], as a band or by
        water_occurrence, serves too.
    mode
        Rules: our own, the published Fmask text, or those of python-fmask. One of default, strict, python-fmask. From:
        ATBD cloud_mask, table of modes.
    dem
        Raster of ground heights; raises the cirrus threshold in mountains. [m]
    water_occurrence
        Raster of surface water occurrence; helps to find water under haze. [%]
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``cloud_probability`` (float32) [1]: Cloud probability.
        ``cloud_probability_flags`` (uint16): Results of the pixel tests.

    See Also
    --------
    docs/reference/cloud_probability.md, docs/ATBD/cloud_mask.md
    """
    return call("Estran.CloudProbability", locals())


def cloud_displacement(
    source: Source,
    *,
    half_width: int = 3,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Cloud displacement index.

    Cloud displacement index of Sentinel-2: near-infrared bands see a cloud from slightly different places, so the local
    variance of B8/B8A exceeds that of B7/B8A. It tells clouds from bright ground by geometry instead of colour.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance, all bands on one grid of 10 to 20 m. Needed: nir, rededge078, nir08.
    half_width
        Half-width of the window in which variances are taken: 3 at 20 m, 7 at 10 m. [pixels] In [1,20]. From: Frantz et
        al. 2018: 7 x 7 pixels of 20 m.
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``cdi`` (float32) [1]: cloud displacement index: -1 cloud, 1 ground.

    See Also
    --------
    docs/reference/cloud_displacement.md, docs/ATBD/cloud_mask.md
    """
    return call("Estran.CloudDisplacement", locals())


def spectral_tests(
    source: Source,
    *,
    mode: Literal["default", "strict", "python-fmask"] = "strict",
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Spectral tests of the cloud mask.

    Each spectral test of Fmask as a flag, and the indices behind them as bands: a diagnosis of the cloud mask, pixel by
    pixel.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance on one grid. Needed: blue, green, red, nir08, swir16. Used where it has them:
        swir22, cirrus.
    mode
        Thresholds: our own, the published Fmask text, or those of python-fmask. One of default, strict, python-fmask.
        From: ATBD cloud_mask, table of modes.
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``spectral_test_flags`` (uint16): Spectral tests that a pixel passes.
        ``hot`` (float32) [1]: Haze-optimised transform: blue - 0.5 red - 0.08.
        ``whiteness`` (float32) [1]: Relative departure of the visible bands from their mean.
        ``ndvi`` (float32) [1]: Normalised difference of NIR and red.
        ``ndsi`` (float32) [1]: Normalised difference of green and SWIR 1.6 µm.
        ``ndbi`` (float32) [1]: Normalised difference of SWIR 1.6 µm and NIR.
        ``variability`` (float32) [1]: Spectral variability probability (ZW12 eq. 15).

    See Also
    --------
    docs/reference/spectral_tests.md, docs/ATBD/cloud_mask.md
    """
    return call("Estran.SpectralTests", locals())


def relief_shadow(
    source: Source,
    *,
    backend: Literal["hybrid", "rugged", "sweep"] = "hybrid",
    dem: str | Path | None = None,
    dem_posting: float | None = None,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    low_sun: float = 0.1,
    hidden: bool = True,
    sky_directions: int = 0,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Relief shadow.

    Shadow cast by terrain onto terrain, slopes turned away from the sun or grazed by it, and ground hidden from the
    sensor, from a DEM and the angles of sun and sensor. Thin decisions are taken by the Rugged library on the
    ellipsoid.

    Parameters
    ----------
    source
        A product with the angles of sun and sensor, all on one grid. Needed: sun_zenith, sun_azimuth. Used where it has
        them: view_zenith, view_azimuth. dem [m], as a band or by dem, serves too.
    backend
        Hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java. One of
        hybrid, rugged, sweep. From: docs/ATBD/relief_shadow.md.
    dem
        DEM: a file, a folder or a pattern of tiles, larger than the image; None: the product's own band, whose edge
        zone is flagged. [m]
    dem_posting
        Posting of the DEM where it is coarser than the image; None: a pixel. [m] In (0,1000].
    sun_zenith
        Sun zenith angle where the product has none. [degrees] In [0,90).
    sun_azimuth
        Sun azimuth from true north, clockwise, where the product has none. [degrees] In [-180,360].
    low_sun
        Cosine of the incidence below which the sun grazes. [1] In [0,1]. From: MAJA: tangent sun.
    hidden
        Flag ground hidden from the sensor.
    sky_directions
        Horizons for the sky-view factor; 0: not computed. [directions] In [0,64].
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``relief_flags`` (uint8): cast shadow, self shadow, low sun, hidden; a pixel may have several.
        ``cos_incidence`` (float32) [1]: cosine of the angle between the sun and the slope's normal.
        ``relief_margin`` (float32) [m]: height by which the sun's ray clears the terrain; negative in cast shadow, 9999
        where nothing is near.
        ``slope`` (float32) [degrees]: slope of the ground.
        ``aspect`` (float32) [degrees]: direction in which the ground falls, from true north.
        ``sky_view`` (float32) [1]: share of the sky that terrain leaves open; NaN unless sky_directions is given.

    See Also
    --------
    docs/reference/relief_shadow.md, docs/ATBD/relief_shadow.md
    """
    return call("Estran.ReliefShadow", locals())


def sun_glint(
    source: Source,
    *,
    model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = "cox_munk_isotropic",
    wind_speed: float | None = None,
    wind_direction: float | None = None,
    strongest_wind: float = 12.0,
    low: float = 0.005,
    moderate: float = 0.01,
    severe: float = 0.02,
    severe_sun: float = 55.0,
    water_occurrence: str | Path | None = None,
    aerosol: float = 0.1,
    water_vapour: float = 2.0,
    ozone: float = 300.0,
    pressure: float = 1013.25,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    view_zenith: float | None = None,
    view_azimuth: float | None = None,
    window: int = 2,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Sun glint (glitter).

    Sun glint over water and its severity: what geometry and wind predict for each band, with the angles of its own
    detectors, and what the short-wave infrared shows. Land, cloud and haze are told from glint by their colour, by the
    cirrus and water-vapour bands, and by their surroundings.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance with the angles of sun and sensor, all on one grid. Needed: red, nir08, swir16,
        sun_zenith, sun_azimuth, view_zenith_swir16, view_azimuth_swir16. Used where it has them: rededge071,
        rededge075, swir22, cirrus, nir09, view_zenith_blue, view_azimuth_blue, view_zenith_green, view_azimuth_green,
        view_zenith_red, view_azimuth_red, view_zenith_nir08, view_azimuth_nir08, view_zenith_swir22,
        view_azimuth_swir22, wind_u, wind_v. swo [%], as a band or by water_occurrence, serves too.
    model
        Law of the waves' slopes for the prediction; all but the first need the wind's direction. One of
        cox_munk_isotropic, cox_munk, breon_henriot, ebuchi_kizu. From: Cox & Munk 1954.
    wind_speed
        Wind at 10 m; None: the product's, else 5 m/s for the prediction, which then has no say in the classes. [m/s] In
        [0,30].
    wind_direction
        Direction that the wind comes from, clockwise from true north; None: the product's. [degrees] In [-180,360].
    strongest_wind
        Wind up to which the geometry must be able to make glint. [m/s] In [1,30]. From: docs/ATBD/sun_glint.md.
    low
        Glint reflectance from which it is low. [1] In (0,1]. From: docs/ATBD/sun_glint.md: haze and noise of B11.
    moderate
        Glint reflectance from which it is moderate. [1] In (0,1]. From: docs/ATBD/sun_glint.md.
    severe
        Glint reflectance from which it is severe. [1] In (0,1]. From: NASA's HIGLINT: 0.005 per steradian, that is
        0.016 / cos(sun zenith).
    severe_sun
        Sun zenith beyond which nothing is severe. [degrees] In [0,90]. From: no wind up to 12 m/s makes 0.02 beyond it
        in the swath.
    water_occurrence
        Raster of surface water occurrence; None: the product's own, if any. [%]
    aerosol
        Optical thickness of aerosol at 550 nm. [1] In [0,1]. From: clear coasts: 0.05 to 0.2.
    water_vapour
        Column of water vapour. [g/cm²] In [0,7].
    ozone
        Column of ozone. [DU] In [100,600].
    pressure
        Pressure at the water. [hPa] In [500,1100].
    sun_zenith
        Sun zenith angle where the product has none. [degrees] In [0,90).
    sun_azimuth
        Sun azimuth from true north, clockwise, where the product has none. [degrees] In [-180,360].
    view_zenith
        View zenith angle where the product has none. [degrees] In [0,60].
    view_azimuth
        Azimuth from the ground to the sensor where the product has none. [degrees] In [-180,360].
    window
        Half-width of the surroundings looked at for edges of clouds. [pixels] In [0,10].
    resolution
        Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that are
        read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.

    Returns
    -------
    xarray.Dataset
        ``glint_flags`` (uint16): glint by class, both observers, water, suspected cloud; none on land.
        ``glint_class`` (uint8): one class a pixel: none, low, moderate, severe.
        ``glint_probability`` (float32) [1]: probability of glint of at least the lowest class.
        ``glint_wind`` (float32) [m/s]: wind that would explain the observed glint; NaN where there is none, or no wind
        does.
        ``glint_brightest`` (float32) [1]: the most that any wind up to 12 m/s makes near 1.6 µm.
        ``glint_predicted_blue`` (float32) [1]: glint in blue, just above the sea, by geometry and wind.
        ``glint_predicted_green`` (float32) [1]: glint in green, just above the sea, by geometry and wind.
        ``glint_predicted_red`` (float32) [1]: glint in red, just above the sea, by geometry and wind.
        ``glint_predicted_nir08`` (float32) [1]: glint in nir08, just above the sea, by geometry and wind.
        ``glint_predicted_swir16`` (float32) [1]: glint in swir16, just above the sea, by geometry and wind.
        ``glint_predicted_swir22`` (float32) [1]: glint in swir22, just above the sea, by geometry and wind.
        ``glint_observed_blue`` (float32) [1]: glint in blue, just above the water: the one seen in swir16 times the
        ratio of Fresnel reflectances.
        ``glint_observed_green`` (float32) [1]: glint in green, just above the water: the one seen in swir16 times the
        ratio of Fresnel reflectances.
        ``glint_observed_red`` (float32) [1]: glint in red, just above the water: the one seen in swir16 times the ratio
        of Fresnel reflectances.
        ``glint_observed_nir08`` (float32) [1]: glint in nir08, just above the water: the one seen in swir16 times the
        ratio of Fresnel reflectances.
        ``glint_observed_swir16`` (float32) [1]: glint seen on water, just above it; NaN on land.
        ``glint_observed_swir22`` (float32) [1]: glint in swir22, just above the water: the one seen in swir16 times the
        ratio of Fresnel reflectances.

    See Also
    --------
    docs/reference/sun_glint.md, docs/ATBD/sun_glint.md
    """
    return call("Estran.SunGlint", locals())
