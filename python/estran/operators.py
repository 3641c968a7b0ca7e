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
    cirrus_min: float = 0.01,
    probability_offset: float = 0.2,
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
    saturation: float = 3.0,
    reflectance_floor: float | None = None,
    near_infrared: Literal["nir08", "nir"] | None = None,
    valid_by_visible: bool | None = None,
    swir22_min: float = 0.03,
    ndsi_max: float = 0.8,
    ndvi_max: float = 0.8,
    whiteness_max: float = 0.7,
    hot_min: float = 0.0,
    rock_min: float = 0.75,
    use_swo: bool | None = None,
    swo_percentile: float = 17.5,
    swo_margin: float = 5.0,
    snow_nir08_min: float = 0.11,
    snow_green_min: float | None = None,
    snow_swir22_max: float | None = None,
    snow_is_clear: bool | None = None,
    cirrus_rule: Literal["fixed", "slices", "parabola"] | None = None,
    cirrus_slice: float = 100.0,
    cirrus_percentile: float = 2.0,
    cirrus_base: float = 0.007,
    cirrus_per_km2: float = 0.007,
    cirrus_full: float = 0.04,
    cirrus_weight: float | None = None,
    faint_cirrus_min: float | None = None,
    faint_blue_max: float = 0.22,
    use_model: bool | None = None,
    potential_min: float = 0.5,
    threshold_max: float = 0.7,
    use_hot_probability: bool | None = None,
    use_ndbi: bool | None = None,
    low_percentile: float = 17.5,
    high_percentile: float = 82.5,
    hot_margin: float = 0.04,
    learn_water_threshold: bool | None = None,
    water_threshold: float = 0.5,
    water_swir16_full: float = 0.11,
    clear_water_swir22_max: float = 0.03,
    clear_land_fraction: float | None = None,
    fixed_land_threshold: bool | None = None,
    few_clear: int | None = None,
    few_clear_fraction: float | None = None,
    quantised: bool | None = None,
    shadow_percentile: float | None = None,
    shadow_fraction: float | None = None,
    use_swir16: bool | None = None,
    flatten_relief: bool | None = None,
    water_depth: float | None = None,
    snow_depth: float | None = None,
    brim: float | None = None,
    low_ceiling: float | None = None,
    low_cirrus: float = 0.01,
    hidden_weight: float | None = None,
    outside_weight: float | None = None,
    rim_width: float = 40.0,
    rim_weight: float | None = None,
    stop_ratio: float | None = None,
    similarity_enough: float | None = None,
    neighbours: int | None = None,
    neighbour_spread: float = 1000.0,
    consensus: float | None = None,
    score_scale: float = 0.1,
    score_size: float = 100.0,
    agreement: float = 100.0,
    predict_unmatched: bool | None = None,
    max_cloud_fraction: float = 0.9,
    overlap_only: bool | None = None,
    shadow_outline: bool | None = None,
    hint_fraction: float = 0.5,
    shaded_fraction: float | None = None,
    shaded_min: int = 40,
    cirrus_is_cloud: bool | None = None,
    grow_probability: float | None = None,
    grow_distance: float = 180.0,
    grow_area: float = 100000.0,
    snow_margin: float | None = None,
    snow_reach: float = 200.0,
    snow_threshold_max: float = 0.9,
    thin_reach: float | None = None,
    thin_fraction: float | None = None,
    thin_area: float = 500000.0,
    outline_fraction: float | None = None,
    outline_contrast: float = 0.05,
    outline_width: float = 60.0,
    outline_window: float = 400.0,
    remove_false_positives: bool | None = None,
    cdi_urban: float = -0.8,
    cdi_cloud: float = -0.5,
    cdi_fraction: float = 0.0,
    cdi_small: int = 10000,
    cdi_restore: float | None = None,
    erosion: float = 90.0,
    regrowth: float | None = None,
    suspect_growth: float = 250.0,
    steep_slope: float = 20.0,
    relief_hidden: bool = True,
    relief_backend: Literal["hybrid", "rugged", "sweep"] = "hybrid",
    relief_dem_posting: float | None = None,
    relief_low_sun: float = 0.1,
    glint_model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = "cox_munk_isotropic",
    glint_use_product_meteo: bool = True,
    glint_wind_speed: float | None = None,
    glint_wind_direction: float | None = None,
    glint_aerosol: float = 0.1,
    glint_water_vapour: float = 2.0,
    glint_ozone: float = 300.0,
    glint_pressure: float = 1013.25,
    glint_strongest_wind: float = 12.0,
    glint_low: float = 0.005,
    glint_moderate: float = 0.01,
    glint_severe: float = 0.02,
    glint_severe_sun: float = 55.0,
    glint_window: int = 2,
    glint_water_from: float = 50.0,
    glint_cirrus_from: float = 0.0,
    glint_cirrus_sure: float = 0.002,
    glint_vapour_from: float = 0.5,
    glint_vapour_sure: float = 0.8,
    glint_colour_range: float = 0.005,
    glint_colour_growth: float = 0.05,
    glint_excess_from: float = 1.5,
    glint_excess_sure: float = 2.5,
    glint_uncertainty: float = 0.0015,
    glint_relative: float = 0.1,
    glint_wind_spread: float = 0.8,
    glint_doubt: float = 3.0,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """All masks.

    Cloud, thin cirrus, cloud shadow, snow, water, relief shadow and sun glint of Sentinel-2 top-of-atmosphere
    reflectance, side by side in one flag band, and by priority in one class band. Glint is detected before cloud; the
    search for cloud shadows knows where terrain casts its own.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance, all bands on one grid. Needed: blue, green, red, nir08, swir16. Used where it has
        them: swir22, cirrus, nir09, coastal, nir, rededge078, sun_zenith, sun_azimuth, view_zenith, view_azimuth,
        rededge071, rededge075, view_zenith_swir16, view_azimuth_swir16. dem [m], as a band or by dem, serves too. swo
        [%], as a band or by water_occurrence, serves too. wind [m/s] is the product's, else that of glint_wind_speed.
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
        Reflectance of the cirrus band above its background that is cirrus. [1] In [0,1]. From: Zhu, Wang & Woodcock
        2015: 0.01.
    probability_offset
        Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud. [1] In
        [-1,1]. From: Qiu et al. 2019: 0.20 for Sentinel-2.
    brightness_min
        Mean visible reflectance below which nothing is thick cloud. [1] In [0,1]. None: the mode's, 0.15 (strict,
        python-fmask: 0.0). From: FORCE 3: 0.15.
    snow_ndsi_min
        NDSI above which a bright pixel is snow. [1] In [-1,1]. None: the mode's, 0.4 (strict, python-fmask: 0.15).
        From: Zhu & Woodcock 2012: 0.15; FORCE 3: 0.4.
    displacement
        Use the displacement between near-infrared bands to separate clouds from bright ground. From: Frantz et al.
        2018.
    min_object
        Least pixels of a cloud. [pixels] In [0,*). None: the mode's, 3 (python-fmask: 0). From: Qiu et al. 2019: 3.
    shadow_depth
        Least depth of a dark place to be a potential shadow. [1] In (0,1]. None: the mode's, 0.01 (strict, python-
        fmask: 0.02). From: Zhu & Woodcock 2012, eq. 19: 0.02.
    similarity
        Least similarity of a cloud and its shadow. [1] In [0,1]. None: the mode's, 0.2 (strict: 0.425; python-fmask:
        0.3). From: Fmask 4.2: 0.425; Zhu & Woodcock 2012: 0.3.
    height_min
        Lowest cloud above the ground. [m] In [0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    height_max
        Highest cloud above the ground. [m] In (0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    cloud_buffer
        Growth of clouds. [m] In [0,5000]. None: the mode's, 60.0 (python-fmask: 150.0). From: Zhu & Woodcock 2012: 3
        pixels.
    shadow_buffer
        Growth of shadows. [m] In [0,5000]. None: the mode's, 60.0 (python-fmask: 300.0). From: Zhu & Woodcock 2012: 3
        pixels.
    relief_hidden
        Flag ground hidden from the sensor.
    relief_backend
        Hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java. One of
        hybrid, rugged, sweep. From: docs/ATBD/relief_shadow.md.
    relief_dem_posting
        Posting of the DEM where it is coarser than the image; None: a pixel. [m] In (0,1000].
    relief_low_sun
        Cosine of the incidence below which the sun grazes. [1] In [0,1]. From: MAJA: tangent sun.
    glint_model
        Model of the waves' slopes for the prediction; all but the first need the wind's direction. One of
        cox_munk_isotropic, cox_munk, breon_henriot, ebuchi_kizu. From: Cox & Munk 1954.
    glint_use_product_meteo
        Use the wind that the product has, before that of the parameters.
    glint_wind_speed
        Wind at 10 m where the product's is not used; None: 5 m/s for the prediction, which then has no say in the
        classes. [m/s] In [0,30].
    glint_wind_direction
        Direction that the wind comes from, clockwise from true north, where the product's is not used. [degrees] In
        [-180,360].
    glint_aerosol
        Optical thickness of aerosol at 550 nm. [1] In [0,1]. From: clear coasts: 0.05 to 0.2.
    glint_water_vapour
        Column of water vapour. [g/cm²] In [0,7].
    glint_ozone
        Column of ozone. [DU] In [100,600].
    glint_pressure
        Pressure at the water. [hPa] In [500,1100].
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
        in the swath of Sentinel-2.
    glint_window
        Half-width of the surroundings looked at for edges of clouds. [pixels] In [0,10]. From: docs/ATBD/sun_glint.md.
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
        NaN where its shadow does not determine it.

    Other Parameters
    ----------------
    saturation
        Reflectance from which a sample is saturated (Sentinel-2 writes 65535), and that it then counts as. [1] In
        (0,10]. From: above any surface or cloud.
    reflectance_floor
        Least reflectance inside ratios. [1] In (0,0.1]. None: the mode's, 0.0001 (python-fmask: 1e-05). From: a digital
        count of Sentinel-2.
    near_infrared
        Which near infrared: the narrow one, or the wide one where the product has it. One of nir08, nir. None: the
        mode's, nir08 (python-fmask: nir). From: Qiu et al. 2019; python-fmask 0.5.
    valid_by_visible
        Whether blue, green and red alone decide which pixels are valid, or every band in use. None: the mode's, false
        (python-fmask: true). From: python-fmask 0.5.
    swir22_min
        Reflectance near 2.2 µm above which a pixel may be thick cloud. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndsi_max
        NDSI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndvi_max
        NDVI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    whiteness_max
        Whiteness below which a pixel may be thick cloud. [1] In [0,10]. From: Zhu & Woodcock 2012, eq. 2.
    hot_min
        Haze-optimised transform above which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq.
        3.
    rock_min
        Near infrared over SWIR 1.6 µm above which a pixel is no bright rock. [1] In [0,10]. From: Zhu & Woodcock 2012,
        eq. 4.
    use_swo
        Use the layer of surface water occurrence. None: the mode's, true (python-fmask: false). From: Qiu et al. 2019.
    swo_percentile
        Percentile of the water occurrence of water by its spectrum, from which the threshold is made. [%] In [0,100].
        From: Qiu et al. 2019.
    swo_margin
        Taken off that percentile to make the threshold. [%] In [0,100]. From: Qiu et al. 2019.
    snow_nir08_min
        Near infrared above which a pixel may be snow. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 20.
    snow_green_min
        Green above which a pixel may be snow. [1] In [0,1]. None: the mode's, 0.18 (strict, python-fmask: 0.1). From:
        Zhu & Woodcock 2012, eq. 20: 0.1; FORCE 3: 0.18.
    snow_swir22_max
        Reflectance near 2.2 µm below which a pixel may be snow; 9: any. [1] In [0,9]. None: the mode's, 0.11 (strict,
        python-fmask: 9.0). From: FORCE 3: 0.11.
    snow_is_clear
        Whether potential snow can be no cloud. None: the mode's, true (strict, python-fmask: false). From: FORCE 3.
    cirrus_rule
        Background of the cirrus band: none, learnt in slices of height, or a parabola in height. One of fixed, slices,
        parabola. None: the mode's, parabola (strict: slices; python-fmask: fixed). From: Zhu, Wang & Woodcock 2015; Qiu
        et al. 2019; FORCE 3.
    cirrus_slice
        Thickness of the slices of height. [m] In [1,10000]. From: Qiu et al. 2019.
    cirrus_percentile
        Percentile of clear pixels of a slice that is its background. [%] In [0,100]. From: Qiu et al. 2019.
    cirrus_base
        Threshold of the parabola at sea level. [1] In [0,1]. From: Baetens et al. 2019; FORCE 3.
    cirrus_per_km2
        Growth of that threshold with the square of the height in km. [1/km²] In [0,1]. From: Baetens et al. 2019; FORCE
        3.
    cirrus_full
        Reflectance above the background at which the probability of cirrus is 1. [1] In (0,1]. From: Zhu, Wang &
        Woodcock 2015.
    cirrus_weight
        Weight of that probability in the cloud probability. [1] In [0,10]. None: the mode's, 0.5 (python-fmask: 1.0).
        From: Qiu et al. 2019: 0.5; python-fmask 0.5: 1.
    faint_cirrus_min
        Cirrus band above which cloudy pixels that touch thin cirrus are thin cirrus, too; 0: off. [1] In [0,1]. None:
        the mode's, 0.004 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    faint_blue_max
        Blue below which they are. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    use_model
        Whether the cloud probability is that of the fitted model, and potential cloud its pixels above a limit. None:
        the mode's, true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    potential_min
        With the model: probability above which a pixel is potential cloud, and least threshold of a scene. [1] In
        [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    threshold_max
        With the model: greatest threshold of a scene. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md,
        validation).
    use_hot_probability
        Whether HOT stands for temperature in the probability over land. None: the mode's, true (python-fmask: false).
        From: Qiu et al. 2019.
    use_ndbi
        Whether NDBI counts in the spectral variability. None: the mode's, true (python-fmask: false). From: Qiu et al.
        2019.
    low_percentile
        Percentile of clear land that is its low end. [%] In [0,100]. From: Zhu & Woodcock 2012, eq. 13.
    high_percentile
        Percentile of clear land that is its high end, and from which the threshold is made. [%] In [0,100]. From: Zhu &
        Woodcock 2012, eq. 12, 17.
    hot_margin
        HOT below the low and above the high end of clear land where its probability is 0 and 1. [1] In (0,1]. From: Qiu
        et al. 2019.
    learn_water_threshold
        Whether the threshold over water is learnt from clear water, or the fixed one. None: the mode's, false (strict:
        true). From: Zhu, Wang & Woodcock 2015.
    water_threshold
        Fixed threshold of the probability over water. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 18.
    water_swir16_full
        SWIR 1.6 µm at which the probability over water is 1. [1] In (0,1]. From: Zhu & Woodcock 2012, eq. 10.
    clear_water_swir22_max
        Reflectance near 2.2 µm below which water is clear. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 7.
    clear_land_fraction
        Fraction of valid pixels below which clear land is too little: all clear pixels serve instead. [1] In [0,1].
        None: the mode's, 0.05 (strict: 0.001; python-fmask: 0.03). From: Qiu et al. 2019: 0.001; python-fmask 0.5:
        0.03.
    fixed_land_threshold
        Whether the threshold over land is then the offset alone. None: the mode's, true (strict: false). From: python-
        fmask 0.5.
    few_clear
        Clear pixels below which nothing is learnt: cloud is potential cloud, no shadow is matched. [pixels] In [0,*).
        None: the mode's, 40000 (python-fmask: 0). From: Qiu et al. 2019.
    few_clear_fraction
        The same as a fraction of the valid pixels: the smaller of the two counts. [1] In [0,1]. None: the mode's, 0.05
        (strict, python-fmask: 1.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    quantised
        Whether probabilities are cut to whole hundredths before percentiles are taken. None: the mode's, false (python-
        fmask: true). From: python-fmask 0.5.
    shadow_percentile
        Percentile of clear land that counts as its ordinary darkness; clear land by the pixel tests holds the shadows,
        too. [%] In [0,100]. None: the mode's, 35.0 (strict, python-fmask: 17.5). From: Zhu & Woodcock 2012: 17.5.
    shadow_fraction
        Least depth of a dark place as a fraction of the reflectance around it; 0: off. [1] In [0,1). None: the mode's,
        0.14 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    use_swir16
        Whether SWIR 1.6 µm must be dark, too. None: the mode's, true (python-fmask: false). From: Zhu & Woodcock 2012.
    flatten_relief
        Whether sunlit and shaded slopes are evened out by the relief, where there is one. None: the mode's, true
        (python-fmask: false). From: Qiu et al. 2019.
    water_depth
        Least darkness of a shadow on water in blue, as a fraction of the water's reflectance; 0: water is as land. [1]
        In [0,1]. None: the mode's, 0.085 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    snow_depth
        Least darkness of a shadow on snow in the near infrared, as a fraction of the scene's snow; 0: snow is as land.
        [1] In [0,1]. None: the mode's, 0.5 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    brim
        Width of the thin brim of clouds, through which no shadow on water shows. [m] In [0,1000]. None: the mode's,
        20.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    low_ceiling
        Altitude above which no cloud is looked for that is dark in the cirrus band; 0: off. [m] In [0,20000]. None: the
        mode's, 6000.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    low_cirrus
        Median reflectance of a cloud in the cirrus band below which it is dark there. [1] In [0,1]. From: Zhu, Wang &
        Woodcock 2015.
    hidden_weight
        How much an unobservable pixel of a footprint (cloud, no data) counts as matched. [1] In [0,1]. None: the
        mode's, 0.5 (python-fmask: 0.0). From: Fmask 4.2.
    outside_weight
        How much a pixel of a footprint outside the image counts as matched. [1] In [0,1]. None: the mode's, 0.5
        (strict: 1.0; python-fmask: 0.0). From: Fmask 4.2: 1.
    rim_width
        Width of the rim around a footprint. [m] In [0,1000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    rim_weight
        How much potential shadow in that rim counts against a match. [1] In [0,10]. None: the mode's, 0.5 (strict,
        python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    stop_ratio
        The search ends once the similarity falls below this fraction of the best one; 0: every height. [1] In [0,1].
        None: the mode's, 0.0 (strict: 0.9). From: Fmask 4.2.
    similarity_enough
        The search ends once the best similarity reaches this; above 1: never. [1] In [0,2]. None: the mode's, 2.0
        (strict: 0.95). From: Fmask 4.2.
    neighbours
        Neighbouring clouds whose heights predict a cloud's. [clouds] In [0,1000]. None: the mode's, 14 (python-fmask:
        0). From: Zhu & Woodcock 2012.
    neighbour_spread
        Greatest standard deviation of their heights at which they do. [m] In [0,20000]. From: Zhu & Woodcock 2012.
    consensus
        Weight of the agreement of neighbouring clouds' altitudes beside a cloud's own score; 0: off. [1] In [0,10].
        None: the mode's, 1.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    score_scale
        Difference of score that makes a height e times likelier. [1] In (0,10]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    score_size
        Size of a cloud at which its own score begins to count. [pixels] In (0,1e6]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    agreement
        Difference within which altitudes of neighbouring clouds agree. [m] In (0,10000]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    predict_unmatched
        Whether a cloud without a match casts its shadow from the height that its neighbours predict. None: the mode's,
        true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    max_cloud_fraction
        Fraction of cloud in the scene from which no shadow is matched. [1] In [0,1]. From: Qiu et al. 2019.
    overlap_only
        Whether a shadow is the footprint's overlap with the potential shadow, or the whole footprint. None: the mode's,
        false (python-fmask: true). From: python-fmask 0.5.
    shadow_outline
        Whether a shadow has the outline of the potential shadow that it falls on, or the cloud's. None: the mode's,
        true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    hint_fraction
        Darkness that is enough inside a footprint then, as a fraction of what potential shadow needs. [1] In [0,1].
        From: measured (docs/ATBD/cloud_mask.md, validation).
    shaded_fraction
        Dark places with at least this fraction under clouds at their neighbours' altitudes are shadow, too; 0: off. [1]
        In [0,1]. None: the mode's, 0.8 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    shaded_min
        Least pixels of such a place. [pixels] In [0,*). From: measured (docs/ATBD/cloud_mask.md, validation).
    cirrus_is_cloud
        Whether thin cirrus is part of the clouds, or a class of its own that casts no shadow. None: the mode's, false
        (strict, python-fmask: true). From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_probability
        Without a cirrus band, clouds grow into neighbouring pixels of at least this probability; 0: off. [1] In [0,1].
        None: the mode's, 0.3 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_distance
        How far they grow then. [m] In [0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_area
        Least area of a cloud that grows then: small ones may be bright ground. [m²] In [0,*). From: measured
        (docs/ATBD/cloud_mask.md, validation).
    snow_margin
        How far above the clear land near snow the probability of a cloud must be there; 0: off. [1] In [0,1]. None: the
        mode's, 0.5 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation); percentile of Zhu
        & Woodcock 2012, eq. 17.
    snow_reach
        What near snow means. [m] In [0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    snow_threshold_max
        Greatest probability that is asked for near snow. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md,
        validation).
    thin_reach
        Thin cirrus is cloud within this distance of thick cloud. [m] In [0,5000]. None: the mode's, 40.0 (strict,
        python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    thin_fraction
        Thin cirrus is cloud where at least this fraction of a small cloud is thick; 1: off. [1] In [0,1]. None: the
        mode's, 0.2 (strict, python-fmask: 1.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    thin_area
        Greatest area of a small cloud. [m²] In [0,*). From: measured (docs/ATBD/cloud_mask.md, validation).
    outline_fraction
        Rim pixels fainter than this fraction of the brightness of the cloud above its surroundings are no cloud; 0:
        off. [1] In [0,1]. None: the mode's, 0.2 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    outline_contrast
        Where that brightness, the sum of blue, green, red and SWIR 1.6 µm, is above this. [1] In [0,4]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    outline_width
        Width of the rim. [m] In [0,1000]. From: bands of 60 m swell clouds.
    outline_window
        Width of the window of the comparison. [m] In (0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    remove_false_positives
        Whether built-up land and snow are taken out of the clouds by erosion and by displacement. None: the mode's,
        true (python-fmask: false). From: Qiu et al. 2019.
    cdi_urban
        Displacement index at or above which built-up land may be a false positive. [1] In [-1,1]. From: Qiu et al.
        2019.
    cdi_cloud
        An object must hold a displacement index below this somewhere. [1] In [-1,1]. From: Frantz et al. 2018; Qiu et
        al. 2019.
    cdi_fraction
        Fraction of an object's pixels that must be below it; 0: one pixel. [1] In [0,1]. From: Qiu et al. 2019.
    cdi_small
        Objects of at least this many pixels need no displacement: stratus has no texture. [pixels] In [0,*). From: Qiu
        et al. 2019.
    cdi_restore
        What was taken for bright ground is cloud after all where its mean displacement index is below this, and it is
        no snow; -2: off. [1] In [-2,1]. None: the mode's, -0.75 (strict, python-fmask: -2.0). From: measured
        (docs/ATBD/cloud_mask.md, validation).
    erosion
        Erosion of clouds on possible false positives. [m] In [0,1000]. From: Qiu et al. 2019.
    regrowth
        Growth back of what remains. [m] In [0,2000]. None: the mode's, 90.0 (strict, python-fmask: 180.0). From: Qiu et
        al. 2019: 180.
    suspect_growth
        Growth of the possible false positives. [m] In [0,2000]. From: Qiu et al. 2019.
    steep_slope
        Slope above which snow is a possible false positive. [degrees] In [0,90]. From: Qiu et al. 2019.
    glint_water_from
        Fraction of time under water from which a pixel is taken as water, where a layer says so. [%] In [0,100]. From:
        docs/ATBD/sun_glint.md.
    glint_cirrus_from
        Reflectance of thin cirrus near 1.6 µm above which it is suspected to be all that is observed. [1] In [0,1].
        From: docs/ATBD/sun_glint.md.
    glint_cirrus_sure
        Reflectance of thin cirrus near 1.6 µm from which that is certain. [1] In [0,1]. From: docs/ATBD/sun_glint.md.
    glint_vapour_from
        Ratio of the water-vapour band to the near infrared above which cloud is suspected. [1] In [0,10]. From:
        docs/ATBD/sun_glint.md: little vapour above it.
    glint_vapour_sure
        Ratio of the water-vapour band to the near infrared from which it is certain. [1] In [0,10]. From:
        docs/ATBD/sun_glint.md.
    glint_colour_range
        Near infrared beyond the glint's own over which suspicion of cloud rises to certainty. [1] In (0,1]. From:
        docs/ATBD/sun_glint.md.
    glint_colour_growth
        How that grows with the glint. [1] In [0,10]. From: docs/ATBD/sun_glint.md.
    glint_excess_from
        Observed glint over what any wind makes above which cloud is suspected. [1] In [0,100]. From:
        docs/ATBD/sun_glint.md.
    glint_excess_sure
        Observed glint over what any wind makes from which it is certain. [1] In [0,100]. From: docs/ATBD/sun_glint.md.
    glint_uncertainty
        Standard uncertainty of the observed glint from haze and noise. [1] In (0,1]. From: docs/ATBD/sun_glint.md.
    glint_relative
        Standard uncertainty in proportion to the glint, from transmittance. [1] In [0,1]. From: docs/ATBD/sun_glint.md.
    glint_wind_spread
        Standard deviation of the logarithm of the predicted glint, from gusts and errors of the wind. [1] In (0,10].
        From: docs/ATBD/sun_glint.md.
    glint_doubt
        Greatest weight of a prediction against an observation. [logits] In [0,30]. From: docs/ATBD/sun_glint.md.

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
    cirrus_min: float = 0.01,
    probability_offset: float = 0.2,
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
    saturation: float = 3.0,
    reflectance_floor: float | None = None,
    near_infrared: Literal["nir08", "nir"] | None = None,
    valid_by_visible: bool | None = None,
    swir22_min: float = 0.03,
    ndsi_max: float = 0.8,
    ndvi_max: float = 0.8,
    whiteness_max: float = 0.7,
    hot_min: float = 0.0,
    rock_min: float = 0.75,
    use_swo: bool | None = None,
    swo_percentile: float = 17.5,
    swo_margin: float = 5.0,
    snow_nir08_min: float = 0.11,
    snow_green_min: float | None = None,
    snow_swir22_max: float | None = None,
    snow_is_clear: bool | None = None,
    cirrus_rule: Literal["fixed", "slices", "parabola"] | None = None,
    cirrus_slice: float = 100.0,
    cirrus_percentile: float = 2.0,
    cirrus_base: float = 0.007,
    cirrus_per_km2: float = 0.007,
    cirrus_full: float = 0.04,
    cirrus_weight: float | None = None,
    faint_cirrus_min: float | None = None,
    faint_blue_max: float = 0.22,
    use_model: bool | None = None,
    potential_min: float = 0.5,
    threshold_max: float = 0.7,
    use_hot_probability: bool | None = None,
    use_ndbi: bool | None = None,
    low_percentile: float = 17.5,
    high_percentile: float = 82.5,
    hot_margin: float = 0.04,
    learn_water_threshold: bool | None = None,
    water_threshold: float = 0.5,
    water_swir16_full: float = 0.11,
    clear_water_swir22_max: float = 0.03,
    clear_land_fraction: float | None = None,
    fixed_land_threshold: bool | None = None,
    few_clear: int | None = None,
    few_clear_fraction: float | None = None,
    quantised: bool | None = None,
    shadow_percentile: float | None = None,
    shadow_fraction: float | None = None,
    use_swir16: bool | None = None,
    flatten_relief: bool | None = None,
    water_depth: float | None = None,
    snow_depth: float | None = None,
    brim: float | None = None,
    low_ceiling: float | None = None,
    low_cirrus: float = 0.01,
    hidden_weight: float | None = None,
    outside_weight: float | None = None,
    rim_width: float = 40.0,
    rim_weight: float | None = None,
    stop_ratio: float | None = None,
    similarity_enough: float | None = None,
    neighbours: int | None = None,
    neighbour_spread: float = 1000.0,
    consensus: float | None = None,
    score_scale: float = 0.1,
    score_size: float = 100.0,
    agreement: float = 100.0,
    predict_unmatched: bool | None = None,
    max_cloud_fraction: float = 0.9,
    overlap_only: bool | None = None,
    shadow_outline: bool | None = None,
    hint_fraction: float = 0.5,
    shaded_fraction: float | None = None,
    shaded_min: int = 40,
    cirrus_is_cloud: bool | None = None,
    grow_probability: float | None = None,
    grow_distance: float = 180.0,
    grow_area: float = 100000.0,
    snow_margin: float | None = None,
    snow_reach: float = 200.0,
    snow_threshold_max: float = 0.9,
    thin_reach: float | None = None,
    thin_fraction: float | None = None,
    thin_area: float = 500000.0,
    outline_fraction: float | None = None,
    outline_contrast: float = 0.05,
    outline_width: float = 60.0,
    outline_window: float = 400.0,
    remove_false_positives: bool | None = None,
    cdi_urban: float = -0.8,
    cdi_cloud: float = -0.5,
    cdi_fraction: float = 0.0,
    cdi_small: int = 10000,
    cdi_restore: float | None = None,
    erosion: float = 90.0,
    regrowth: float | None = None,
    suspect_growth: float = 250.0,
    steep_slope: float = 20.0,
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
        Reflectance of the cirrus band above its background that is cirrus. [1] In [0,1]. From: Zhu, Wang & Woodcock
        2015: 0.01.
    probability_offset
        Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud. [1] In
        [-1,1]. From: Qiu et al. 2019: 0.20 for Sentinel-2.
    brightness_min
        Mean visible reflectance below which nothing is thick cloud. [1] In [0,1]. None: the mode's, 0.15 (strict,
        python-fmask: 0.0). From: FORCE 3: 0.15.
    snow_ndsi_min
        NDSI above which a bright pixel is snow. [1] In [-1,1]. None: the mode's, 0.4 (strict, python-fmask: 0.15).
        From: Zhu & Woodcock 2012: 0.15; FORCE 3: 0.4.
    displacement
        Use the displacement between near-infrared bands to separate clouds from bright ground. From: Frantz et al.
        2018.
    min_object
        Least pixels of a cloud. [pixels] In [0,*). None: the mode's, 3 (python-fmask: 0). From: Qiu et al. 2019: 3.
    shadow_depth
        Least depth of a dark place to be a potential shadow. [1] In (0,1]. None: the mode's, 0.01 (strict, python-
        fmask: 0.02). From: Zhu & Woodcock 2012, eq. 19: 0.02.
    similarity
        Least similarity of a cloud and its shadow. [1] In [0,1]. None: the mode's, 0.2 (strict: 0.425; python-fmask:
        0.3). From: Fmask 4.2: 0.425; Zhu & Woodcock 2012: 0.3.
    height_min
        Lowest cloud above the ground. [m] In [0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    height_max
        Highest cloud above the ground. [m] In (0,20000]. From: Zhu & Woodcock 2012, eq. 21.
    cloud_buffer
        Growth of clouds. [m] In [0,5000]. None: the mode's, 60.0 (python-fmask: 150.0). From: Zhu & Woodcock 2012: 3
        pixels.
    shadow_buffer
        Growth of shadows. [m] In [0,5000]. None: the mode's, 60.0 (python-fmask: 300.0). From: Zhu & Woodcock 2012: 3
        pixels.
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
        NaN where its shadow does not determine it.

    Other Parameters
    ----------------
    saturation
        Reflectance from which a sample is saturated (Sentinel-2 writes 65535), and that it then counts as. [1] In
        (0,10]. From: above any surface or cloud.
    reflectance_floor
        Least reflectance inside ratios. [1] In (0,0.1]. None: the mode's, 0.0001 (python-fmask: 1e-05). From: a digital
        count of Sentinel-2.
    near_infrared
        Which near infrared: the narrow one, or the wide one where the product has it. One of nir08, nir. None: the
        mode's, nir08 (python-fmask: nir). From: Qiu et al. 2019; python-fmask 0.5.
    valid_by_visible
        Whether blue, green and red alone decide which pixels are valid, or every band in use. None: the mode's, false
        (python-fmask: true). From: python-fmask 0.5.
    swir22_min
        Reflectance near 2.2 µm above which a pixel may be thick cloud. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndsi_max
        NDSI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndvi_max
        NDVI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    whiteness_max
        Whiteness below which a pixel may be thick cloud. [1] In [0,10]. From: Zhu & Woodcock 2012, eq. 2.
    hot_min
        Haze-optimised transform above which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq.
        3.
    rock_min
        Near infrared over SWIR 1.6 µm above which a pixel is no bright rock. [1] In [0,10]. From: Zhu & Woodcock 2012,
        eq. 4.
    use_swo
        Use the layer of surface water occurrence. None: the mode's, true (python-fmask: false). From: Qiu et al. 2019.
    swo_percentile
        Percentile of the water occurrence of water by its spectrum, from which the threshold is made. [%] In [0,100].
        From: Qiu et al. 2019.
    swo_margin
        Taken off that percentile to make the threshold. [%] In [0,100]. From: Qiu et al. 2019.
    snow_nir08_min
        Near infrared above which a pixel may be snow. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 20.
    snow_green_min
        Green above which a pixel may be snow. [1] In [0,1]. None: the mode's, 0.18 (strict, python-fmask: 0.1). From:
        Zhu & Woodcock 2012, eq. 20: 0.1; FORCE 3: 0.18.
    snow_swir22_max
        Reflectance near 2.2 µm below which a pixel may be snow; 9: any. [1] In [0,9]. None: the mode's, 0.11 (strict,
        python-fmask: 9.0). From: FORCE 3: 0.11.
    snow_is_clear
        Whether potential snow can be no cloud. None: the mode's, true (strict, python-fmask: false). From: FORCE 3.
    cirrus_rule
        Background of the cirrus band: none, learnt in slices of height, or a parabola in height. One of fixed, slices,
        parabola. None: the mode's, parabola (strict: slices; python-fmask: fixed). From: Zhu, Wang & Woodcock 2015; Qiu
        et al. 2019; FORCE 3.
    cirrus_slice
        Thickness of the slices of height. [m] In [1,10000]. From: Qiu et al. 2019.
    cirrus_percentile
        Percentile of clear pixels of a slice that is its background. [%] In [0,100]. From: Qiu et al. 2019.
    cirrus_base
        Threshold of the parabola at sea level. [1] In [0,1]. From: Baetens et al. 2019; FORCE 3.
    cirrus_per_km2
        Growth of that threshold with the square of the height in km. [1/km²] In [0,1]. From: Baetens et al. 2019; FORCE
        3.
    cirrus_full
        Reflectance above the background at which the probability of cirrus is 1. [1] In (0,1]. From: Zhu, Wang &
        Woodcock 2015.
    cirrus_weight
        Weight of that probability in the cloud probability. [1] In [0,10]. None: the mode's, 0.5 (python-fmask: 1.0).
        From: Qiu et al. 2019: 0.5; python-fmask 0.5: 1.
    faint_cirrus_min
        Cirrus band above which cloudy pixels that touch thin cirrus are thin cirrus, too; 0: off. [1] In [0,1]. None:
        the mode's, 0.004 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    faint_blue_max
        Blue below which they are. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    use_model
        Whether the cloud probability is that of the fitted model, and potential cloud its pixels above a limit. None:
        the mode's, true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    potential_min
        With the model: probability above which a pixel is potential cloud, and least threshold of a scene. [1] In
        [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    threshold_max
        With the model: greatest threshold of a scene. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md,
        validation).
    use_hot_probability
        Whether HOT stands for temperature in the probability over land. None: the mode's, true (python-fmask: false).
        From: Qiu et al. 2019.
    use_ndbi
        Whether NDBI counts in the spectral variability. None: the mode's, true (python-fmask: false). From: Qiu et al.
        2019.
    low_percentile
        Percentile of clear land that is its low end. [%] In [0,100]. From: Zhu & Woodcock 2012, eq. 13.
    high_percentile
        Percentile of clear land that is its high end, and from which the threshold is made. [%] In [0,100]. From: Zhu &
        Woodcock 2012, eq. 12, 17.
    hot_margin
        HOT below the low and above the high end of clear land where its probability is 0 and 1. [1] In (0,1]. From: Qiu
        et al. 2019.
    learn_water_threshold
        Whether the threshold over water is learnt from clear water, or the fixed one. None: the mode's, false (strict:
        true). From: Zhu, Wang & Woodcock 2015.
    water_threshold
        Fixed threshold of the probability over water. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 18.
    water_swir16_full
        SWIR 1.6 µm at which the probability over water is 1. [1] In (0,1]. From: Zhu & Woodcock 2012, eq. 10.
    clear_water_swir22_max
        Reflectance near 2.2 µm below which water is clear. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 7.
    clear_land_fraction
        Fraction of valid pixels below which clear land is too little: all clear pixels serve instead. [1] In [0,1].
        None: the mode's, 0.05 (strict: 0.001; python-fmask: 0.03). From: Qiu et al. 2019: 0.001; python-fmask 0.5:
        0.03.
    fixed_land_threshold
        Whether the threshold over land is then the offset alone. None: the mode's, true (strict: false). From: python-
        fmask 0.5.
    few_clear
        Clear pixels below which nothing is learnt: cloud is potential cloud, no shadow is matched. [pixels] In [0,*).
        None: the mode's, 40000 (python-fmask: 0). From: Qiu et al. 2019.
    few_clear_fraction
        The same as a fraction of the valid pixels: the smaller of the two counts. [1] In [0,1]. None: the mode's, 0.05
        (strict, python-fmask: 1.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    quantised
        Whether probabilities are cut to whole hundredths before percentiles are taken. None: the mode's, false (python-
        fmask: true). From: python-fmask 0.5.
    shadow_percentile
        Percentile of clear land that counts as its ordinary darkness; clear land by the pixel tests holds the shadows,
        too. [%] In [0,100]. None: the mode's, 35.0 (strict, python-fmask: 17.5). From: Zhu & Woodcock 2012: 17.5.
    shadow_fraction
        Least depth of a dark place as a fraction of the reflectance around it; 0: off. [1] In [0,1). None: the mode's,
        0.14 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    use_swir16
        Whether SWIR 1.6 µm must be dark, too. None: the mode's, true (python-fmask: false). From: Zhu & Woodcock 2012.
    flatten_relief
        Whether sunlit and shaded slopes are evened out by the relief, where there is one. None: the mode's, true
        (python-fmask: false). From: Qiu et al. 2019.
    water_depth
        Least darkness of a shadow on water in blue, as a fraction of the water's reflectance; 0: water is as land. [1]
        In [0,1]. None: the mode's, 0.085 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    snow_depth
        Least darkness of a shadow on snow in the near infrared, as a fraction of the scene's snow; 0: snow is as land.
        [1] In [0,1]. None: the mode's, 0.5 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    brim
        Width of the thin brim of clouds, through which no shadow on water shows. [m] In [0,1000]. None: the mode's,
        20.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    low_ceiling
        Altitude above which no cloud is looked for that is dark in the cirrus band; 0: off. [m] In [0,20000]. None: the
        mode's, 6000.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    low_cirrus
        Median reflectance of a cloud in the cirrus band below which it is dark there. [1] In [0,1]. From: Zhu, Wang &
        Woodcock 2015.
    hidden_weight
        How much an unobservable pixel of a footprint (cloud, no data) counts as matched. [1] In [0,1]. None: the
        mode's, 0.5 (python-fmask: 0.0). From: Fmask 4.2.
    outside_weight
        How much a pixel of a footprint outside the image counts as matched. [1] In [0,1]. None: the mode's, 0.5
        (strict: 1.0; python-fmask: 0.0). From: Fmask 4.2: 1.
    rim_width
        Width of the rim around a footprint. [m] In [0,1000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    rim_weight
        How much potential shadow in that rim counts against a match. [1] In [0,10]. None: the mode's, 0.5 (strict,
        python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    stop_ratio
        The search ends once the similarity falls below this fraction of the best one; 0: every height. [1] In [0,1].
        None: the mode's, 0.0 (strict: 0.9). From: Fmask 4.2.
    similarity_enough
        The search ends once the best similarity reaches this; above 1: never. [1] In [0,2]. None: the mode's, 2.0
        (strict: 0.95). From: Fmask 4.2.
    neighbours
        Neighbouring clouds whose heights predict a cloud's. [clouds] In [0,1000]. None: the mode's, 14 (python-fmask:
        0). From: Zhu & Woodcock 2012.
    neighbour_spread
        Greatest standard deviation of their heights at which they do. [m] In [0,20000]. From: Zhu & Woodcock 2012.
    consensus
        Weight of the agreement of neighbouring clouds' altitudes beside a cloud's own score; 0: off. [1] In [0,10].
        None: the mode's, 1.0 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    score_scale
        Difference of score that makes a height e times likelier. [1] In (0,10]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    score_size
        Size of a cloud at which its own score begins to count. [pixels] In (0,1e6]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    agreement
        Difference within which altitudes of neighbouring clouds agree. [m] In (0,10000]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    predict_unmatched
        Whether a cloud without a match casts its shadow from the height that its neighbours predict. None: the mode's,
        true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    max_cloud_fraction
        Fraction of cloud in the scene from which no shadow is matched. [1] In [0,1]. From: Qiu et al. 2019.
    overlap_only
        Whether a shadow is the footprint's overlap with the potential shadow, or the whole footprint. None: the mode's,
        false (python-fmask: true). From: python-fmask 0.5.
    shadow_outline
        Whether a shadow has the outline of the potential shadow that it falls on, or the cloud's. None: the mode's,
        true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    hint_fraction
        Darkness that is enough inside a footprint then, as a fraction of what potential shadow needs. [1] In [0,1].
        From: measured (docs/ATBD/cloud_mask.md, validation).
    shaded_fraction
        Dark places with at least this fraction under clouds at their neighbours' altitudes are shadow, too; 0: off. [1]
        In [0,1]. None: the mode's, 0.8 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    shaded_min
        Least pixels of such a place. [pixels] In [0,*). From: measured (docs/ATBD/cloud_mask.md, validation).
    cirrus_is_cloud
        Whether thin cirrus is part of the clouds, or a class of its own that casts no shadow. None: the mode's, false
        (strict, python-fmask: true). From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_probability
        Without a cirrus band, clouds grow into neighbouring pixels of at least this probability; 0: off. [1] In [0,1].
        None: the mode's, 0.3 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_distance
        How far they grow then. [m] In [0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    grow_area
        Least area of a cloud that grows then: small ones may be bright ground. [m²] In [0,*). From: measured
        (docs/ATBD/cloud_mask.md, validation).
    snow_margin
        How far above the clear land near snow the probability of a cloud must be there; 0: off. [1] In [0,1]. None: the
        mode's, 0.5 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation); percentile of Zhu
        & Woodcock 2012, eq. 17.
    snow_reach
        What near snow means. [m] In [0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    snow_threshold_max
        Greatest probability that is asked for near snow. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md,
        validation).
    thin_reach
        Thin cirrus is cloud within this distance of thick cloud. [m] In [0,5000]. None: the mode's, 40.0 (strict,
        python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    thin_fraction
        Thin cirrus is cloud where at least this fraction of a small cloud is thick; 1: off. [1] In [0,1]. None: the
        mode's, 0.2 (strict, python-fmask: 1.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    thin_area
        Greatest area of a small cloud. [m²] In [0,*). From: measured (docs/ATBD/cloud_mask.md, validation).
    outline_fraction
        Rim pixels fainter than this fraction of the brightness of the cloud above its surroundings are no cloud; 0:
        off. [1] In [0,1]. None: the mode's, 0.2 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md,
        validation).
    outline_contrast
        Where that brightness, the sum of blue, green, red and SWIR 1.6 µm, is above this. [1] In [0,4]. From: measured
        (docs/ATBD/cloud_mask.md, validation).
    outline_width
        Width of the rim. [m] In [0,1000]. From: bands of 60 m swell clouds.
    outline_window
        Width of the window of the comparison. [m] In (0,5000]. From: measured (docs/ATBD/cloud_mask.md, validation).
    remove_false_positives
        Whether built-up land and snow are taken out of the clouds by erosion and by displacement. None: the mode's,
        true (python-fmask: false). From: Qiu et al. 2019.
    cdi_urban
        Displacement index at or above which built-up land may be a false positive. [1] In [-1,1]. From: Qiu et al.
        2019.
    cdi_cloud
        An object must hold a displacement index below this somewhere. [1] In [-1,1]. From: Frantz et al. 2018; Qiu et
        al. 2019.
    cdi_fraction
        Fraction of an object's pixels that must be below it; 0: one pixel. [1] In [0,1]. From: Qiu et al. 2019.
    cdi_small
        Objects of at least this many pixels need no displacement: stratus has no texture. [pixels] In [0,*). From: Qiu
        et al. 2019.
    cdi_restore
        What was taken for bright ground is cloud after all where its mean displacement index is below this, and it is
        no snow; -2: off. [1] In [-2,1]. None: the mode's, -0.75 (strict, python-fmask: -2.0). From: measured
        (docs/ATBD/cloud_mask.md, validation).
    erosion
        Erosion of clouds on possible false positives. [m] In [0,1000]. From: Qiu et al. 2019.
    regrowth
        Growth back of what remains. [m] In [0,2000]. None: the mode's, 90.0 (strict, python-fmask: 180.0). From: Qiu et
        al. 2019: 180.
    suspect_growth
        Growth of the possible false positives. [m] In [0,2000]. From: Qiu et al. 2019.
    steep_slope
        Slope above which snow is a possible false positive. [degrees] In [0,90]. From: Qiu et al. 2019.

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
    saturation: float = 3.0,
    reflectance_floor: float | None = None,
    near_infrared: Literal["nir08", "nir"] | None = None,
    valid_by_visible: bool | None = None,
    swir22_min: float = 0.03,
    ndsi_max: float = 0.8,
    ndvi_max: float = 0.8,
    whiteness_max: float = 0.7,
    hot_min: float = 0.0,
    rock_min: float = 0.75,
    brightness_min: float | None = None,
    use_swo: bool | None = None,
    swo_percentile: float = 17.5,
    swo_margin: float = 5.0,
    snow_ndsi_min: float | None = None,
    snow_nir08_min: float = 0.11,
    snow_green_min: float | None = None,
    snow_swir22_max: float | None = None,
    snow_is_clear: bool | None = None,
    cirrus_rule: Literal["fixed", "slices", "parabola"] | None = None,
    cirrus_min: float = 0.01,
    cirrus_slice: float = 100.0,
    cirrus_percentile: float = 2.0,
    cirrus_base: float = 0.007,
    cirrus_per_km2: float = 0.007,
    cirrus_full: float = 0.04,
    cirrus_weight: float | None = None,
    faint_cirrus_min: float | None = None,
    faint_blue_max: float = 0.22,
    use_model: bool | None = None,
    potential_min: float = 0.5,
    threshold_max: float = 0.7,
    use_hot_probability: bool | None = None,
    use_ndbi: bool | None = None,
    low_percentile: float = 17.5,
    high_percentile: float = 82.5,
    hot_margin: float = 0.04,
    probability_offset: float = 0.2,
    learn_water_threshold: bool | None = None,
    water_threshold: float = 0.5,
    water_swir16_full: float = 0.11,
    clear_water_swir22_max: float = 0.03,
    clear_land_fraction: float | None = None,
    fixed_land_threshold: bool | None = None,
    few_clear: int | None = None,
    few_clear_fraction: float | None = None,
    quantised: bool | None = None,
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

    Other Parameters
    ----------------
    saturation
        Reflectance from which a sample is saturated (Sentinel-2 writes 65535), and that it then counts as. [1] In
        (0,10]. From: above any surface or cloud.
    reflectance_floor
        Least reflectance inside ratios. [1] In (0,0.1]. None: the mode's, 0.0001 (python-fmask: 1e-05). From: a digital
        count of Sentinel-2.
    near_infrared
        Which near infrared: the narrow one, or the wide one where the product has it. One of nir08, nir. None: the
        mode's, nir08 (python-fmask: nir). From: Qiu et al. 2019; python-fmask 0.5.
    valid_by_visible
        Whether blue, green and red alone decide which pixels are valid, or every band in use. None: the mode's, false
        (python-fmask: true). From: python-fmask 0.5.
    swir22_min
        Reflectance near 2.2 µm above which a pixel may be thick cloud. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndsi_max
        NDSI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndvi_max
        NDVI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    whiteness_max
        Whiteness below which a pixel may be thick cloud. [1] In [0,10]. From: Zhu & Woodcock 2012, eq. 2.
    hot_min
        Haze-optimised transform above which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq.
        3.
    rock_min
        Near infrared over SWIR 1.6 µm above which a pixel is no bright rock. [1] In [0,10]. From: Zhu & Woodcock 2012,
        eq. 4.
    brightness_min
        Mean visible reflectance below which nothing is thick cloud. [1] In [0,1]. None: the mode's, 0.15 (strict,
        python-fmask: 0.0). From: FORCE 3: 0.15.
    use_swo
        Use the layer of surface water occurrence. None: the mode's, true (python-fmask: false). From: Qiu et al. 2019.
    swo_percentile
        Percentile of the water occurrence of water by its spectrum, from which the threshold is made. [%] In [0,100].
        From: Qiu et al. 2019.
    swo_margin
        Taken off that percentile to make the threshold. [%] In [0,100]. From: Qiu et al. 2019.
    snow_ndsi_min
        NDSI above which a bright pixel is snow. [1] In [-1,1]. None: the mode's, 0.4 (strict, python-fmask: 0.15).
        From: Zhu & Woodcock 2012: 0.15; FORCE 3: 0.4.
    snow_nir08_min
        Near infrared above which a pixel may be snow. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 20.
    snow_green_min
        Green above which a pixel may be snow. [1] In [0,1]. None: the mode's, 0.18 (strict, python-fmask: 0.1). From:
        Zhu & Woodcock 2012, eq. 20: 0.1; FORCE 3: 0.18.
    snow_swir22_max
        Reflectance near 2.2 µm below which a pixel may be snow; 9: any. [1] In [0,9]. None: the mode's, 0.11 (strict,
        python-fmask: 9.0). From: FORCE 3: 0.11.
    snow_is_clear
        Whether potential snow can be no cloud. None: the mode's, true (strict, python-fmask: false). From: FORCE 3.
    cirrus_rule
        Background of the cirrus band: none, learnt in slices of height, or a parabola in height. One of fixed, slices,
        parabola. None: the mode's, parabola (strict: slices; python-fmask: fixed). From: Zhu, Wang & Woodcock 2015; Qiu
        et al. 2019; FORCE 3.
    cirrus_min
        Reflectance of the cirrus band above its background that is cirrus. [1] In [0,1]. From: Zhu, Wang & Woodcock
        2015: 0.01.
    cirrus_slice
        Thickness of the slices of height. [m] In [1,10000]. From: Qiu et al. 2019.
    cirrus_percentile
        Percentile of clear pixels of a slice that is its background. [%] In [0,100]. From: Qiu et al. 2019.
    cirrus_base
        Threshold of the parabola at sea level. [1] In [0,1]. From: Baetens et al. 2019; FORCE 3.
    cirrus_per_km2
        Growth of that threshold with the square of the height in km. [1/km²] In [0,1]. From: Baetens et al. 2019; FORCE
        3.
    cirrus_full
        Reflectance above the background at which the probability of cirrus is 1. [1] In (0,1]. From: Zhu, Wang &
        Woodcock 2015.
    cirrus_weight
        Weight of that probability in the cloud probability. [1] In [0,10]. None: the mode's, 0.5 (python-fmask: 1.0).
        From: Qiu et al. 2019: 0.5; python-fmask 0.5: 1.
    faint_cirrus_min
        Cirrus band above which cloudy pixels that touch thin cirrus are thin cirrus, too; 0: off. [1] In [0,1]. None:
        the mode's, 0.004 (strict, python-fmask: 0.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    faint_blue_max
        Blue below which they are. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    use_model
        Whether the cloud probability is that of the fitted model, and potential cloud its pixels above a limit. None:
        the mode's, true (strict, python-fmask: false). From: measured (docs/ATBD/cloud_mask.md, validation).
    potential_min
        With the model: probability above which a pixel is potential cloud, and least threshold of a scene. [1] In
        [0,1]. From: measured (docs/ATBD/cloud_mask.md, validation).
    threshold_max
        With the model: greatest threshold of a scene. [1] In [0,1]. From: measured (docs/ATBD/cloud_mask.md,
        validation).
    use_hot_probability
        Whether HOT stands for temperature in the probability over land. None: the mode's, true (python-fmask: false).
        From: Qiu et al. 2019.
    use_ndbi
        Whether NDBI counts in the spectral variability. None: the mode's, true (python-fmask: false). From: Qiu et al.
        2019.
    low_percentile
        Percentile of clear land that is its low end. [%] In [0,100]. From: Zhu & Woodcock 2012, eq. 13.
    high_percentile
        Percentile of clear land that is its high end, and from which the threshold is made. [%] In [0,100]. From: Zhu &
        Woodcock 2012, eq. 12, 17.
    hot_margin
        HOT below the low and above the high end of clear land where its probability is 0 and 1. [1] In (0,1]. From: Qiu
        et al. 2019.
    probability_offset
        Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud. [1] In
        [-1,1]. From: Qiu et al. 2019: 0.20 for Sentinel-2.
    learn_water_threshold
        Whether the threshold over water is learnt from clear water, or the fixed one. None: the mode's, false (strict:
        true). From: Zhu, Wang & Woodcock 2015.
    water_threshold
        Fixed threshold of the probability over water. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 18.
    water_swir16_full
        SWIR 1.6 µm at which the probability over water is 1. [1] In (0,1]. From: Zhu & Woodcock 2012, eq. 10.
    clear_water_swir22_max
        Reflectance near 2.2 µm below which water is clear. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 7.
    clear_land_fraction
        Fraction of valid pixels below which clear land is too little: all clear pixels serve instead. [1] In [0,1].
        None: the mode's, 0.05 (strict: 0.001; python-fmask: 0.03). From: Qiu et al. 2019: 0.001; python-fmask 0.5:
        0.03.
    fixed_land_threshold
        Whether the threshold over land is then the offset alone. None: the mode's, true (strict: false). From: python-
        fmask 0.5.
    few_clear
        Clear pixels below which nothing is learnt: cloud is potential cloud, no shadow is matched. [pixels] In [0,*).
        None: the mode's, 40000 (python-fmask: 0). From: Qiu et al. 2019.
    few_clear_fraction
        The same as a fraction of the valid pixels: the smaller of the two counts. [1] In [0,1]. None: the mode's, 0.05
        (strict, python-fmask: 1.0). From: measured (docs/ATBD/cloud_mask.md, validation).
    quantised
        Whether probabilities are cut to whole hundredths before percentiles are taken. None: the mode's, false (python-
        fmask: true). From: python-fmask 0.5.

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

    Cloud displacement index of Sentinel-2: near-infrared bands view a cloud from slightly different places, so the
    local variance of B8/B8A exceeds that of B7/B8A. It separates clouds from bright ground by geometry instead of
    colour.

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
    saturation: float = 3.0,
    reflectance_floor: float | None = None,
    valid_by_visible: bool | None = None,
    swir22_min: float = 0.03,
    ndsi_max: float = 0.8,
    ndvi_max: float = 0.8,
    whiteness_max: float = 0.7,
    hot_min: float = 0.0,
    rock_min: float = 0.75,
    brightness_min: float | None = None,
    snow_ndsi_min: float | None = None,
    snow_nir08_min: float = 0.11,
    snow_green_min: float | None = None,
    snow_swir22_max: float | None = None,
    snow_is_clear: bool | None = None,
    cirrus_min: float = 0.01,
    use_ndbi: bool | None = None,
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

    Other Parameters
    ----------------
    saturation
        Reflectance from which a sample is saturated (Sentinel-2 writes 65535), and that it then counts as. [1] In
        (0,10]. From: above any surface or cloud.
    reflectance_floor
        Least reflectance inside ratios. [1] In (0,0.1]. None: the mode's, 0.0001 (python-fmask: 1e-05). From: a digital
        count of Sentinel-2.
    valid_by_visible
        Whether blue, green and red alone decide which pixels are valid, or every band in use. None: the mode's, false
        (python-fmask: true). From: python-fmask 0.5.
    swir22_min
        Reflectance near 2.2 µm above which a pixel may be thick cloud. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndsi_max
        NDSI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    ndvi_max
        NDVI below which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq. 1.
    whiteness_max
        Whiteness below which a pixel may be thick cloud. [1] In [0,10]. From: Zhu & Woodcock 2012, eq. 2.
    hot_min
        Haze-optimised transform above which a pixel may be thick cloud. [1] In [-1,1]. From: Zhu & Woodcock 2012, eq.
        3.
    rock_min
        Near infrared over SWIR 1.6 µm above which a pixel is no bright rock. [1] In [0,10]. From: Zhu & Woodcock 2012,
        eq. 4.
    brightness_min
        Mean visible reflectance below which nothing is thick cloud. [1] In [0,1]. None: the mode's, 0.0 (default:
        0.15). From: FORCE 3: 0.15.
    snow_ndsi_min
        NDSI above which a bright pixel is snow. [1] In [-1,1]. None: the mode's, 0.15 (default: 0.4). From: Zhu &
        Woodcock 2012: 0.15; FORCE 3: 0.4.
    snow_nir08_min
        Near infrared above which a pixel may be snow. [1] In [0,1]. From: Zhu & Woodcock 2012, eq. 20.
    snow_green_min
        Green above which a pixel may be snow. [1] In [0,1]. None: the mode's, 0.1 (default: 0.18). From: Zhu & Woodcock
        2012, eq. 20: 0.1; FORCE 3: 0.18.
    snow_swir22_max
        Reflectance near 2.2 µm below which a pixel may be snow; 9: any. [1] In [0,9]. None: the mode's, 9.0 (default:
        0.11). From: FORCE 3: 0.11.
    snow_is_clear
        Whether potential snow can be no cloud. None: the mode's, false (default: true). From: FORCE 3.
    cirrus_min
        Reflectance of the cirrus band above its background that is cirrus. [1] In [0,1]. From: Zhu, Wang & Woodcock
        2015: 0.01.
    use_ndbi
        Whether NDBI counts in the spectral variability. None: the mode's, true (python-fmask: false). From: Qiu et al.
        2019.

    See Also
    --------
    docs/reference/spectral_tests.md, docs/ATBD/cloud_mask.md
    """
    return call("Estran.SpectralTests", locals())


def relief_shadow(
    source: Source,
    *,
    dem: str | Path | None = None,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    hidden: bool = True,
    backend: Literal["hybrid", "rugged", "sweep"] = "hybrid",
    dem_posting: float | None = None,
    low_sun: float = 0.1,
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
    dem
        DEM: a file, a folder or a pattern of tiles, larger than the image; None: the product's own band, whose edge
        zone is flagged. [m]
    sun_zenith
        Sun zenith angle where the product has none. [degrees] In [0,90).
    sun_azimuth
        Sun azimuth from true north, clockwise, where the product has none. [degrees] In [-180,360].
    hidden
        Flag ground hidden from the sensor.
    backend
        Hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java. One of
        hybrid, rugged, sweep. From: docs/ATBD/relief_shadow.md.
    dem_posting
        Posting of the DEM where it is coarser than the image; None: a pixel. [m] In (0,1000].
    low_sun
        Cosine of the incidence below which the sun grazes. [1] In [0,1]. From: MAJA: tangent sun.
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
        ``sky_view`` (float32) [1]: fraction of the sky that terrain leaves open; NaN unless sky_directions is given.

    See Also
    --------
    docs/reference/relief_shadow.md, docs/ATBD/relief_shadow.md
    """
    return call("Estran.ReliefShadow", locals())


def sun_glint(
    source: Source,
    *,
    model: Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"] = "cox_munk_isotropic",
    use_product_meteo: bool = True,
    wind_speed: float | None = None,
    wind_direction: float | None = None,
    water_occurrence: str | Path | None = None,
    aerosol: float = 0.1,
    water_vapour: float = 2.0,
    ozone: float = 300.0,
    pressure: float = 1013.25,
    sun_zenith: float | None = None,
    sun_azimuth: float | None = None,
    view_zenith: float | None = None,
    view_azimuth: float | None = None,
    strongest_wind: float = 12.0,
    low: float = 0.005,
    moderate: float = 0.01,
    severe: float = 0.02,
    severe_sun: float = 55.0,
    window: int = 2,
    water_from: float = 50.0,
    cirrus_from: float = 0.0,
    cirrus_sure: float = 0.002,
    vapour_from: float = 0.5,
    vapour_sure: float = 0.8,
    colour_range: float = 0.005,
    colour_growth: float = 0.05,
    excess_from: float = 1.5,
    excess_sure: float = 2.5,
    uncertainty: float = 0.0015,
    relative: float = 0.1,
    wind_spread: float = 0.8,
    doubt: float = 3.0,
    resolution: int | None = None,
    tile: int = 1024,
) -> xr.Dataset:
    """Sun glint (glitter).

    Sun glint over water and its severity: what geometry and wind predict for each band, with the angles of its own
    detectors, and what the short-wave infrared shows. Land, cloud and haze are separated from glint by their colour, by
    the cirrus and water-vapour bands, and by their surroundings.

    Parameters
    ----------
    source
        Top-of-atmosphere reflectance with the angles of sun and sensor, all on one grid. Needed: red, nir08, swir16,
        sun_zenith, sun_azimuth, view_zenith_swir16, view_azimuth_swir16. Used where it has them: rededge071,
        rededge075, swir22, cirrus, nir09, view_zenith_blue, view_azimuth_blue, view_zenith_green, view_azimuth_green,
        view_zenith_red, view_azimuth_red, view_zenith_nir08, view_azimuth_nir08, view_zenith_swir22,
        view_azimuth_swir22. swo [%], as a band or by water_occurrence, serves too. wind [m/s] is the product's, else
        that of wind_speed.
    model
        Model of the waves' slopes for the prediction; all but the first need the wind's direction. One of
        cox_munk_isotropic, cox_munk, breon_henriot, ebuchi_kizu. From: Cox & Munk 1954.
    use_product_meteo
        Use the wind that the product has, before that of the parameters.
    wind_speed
        Wind at 10 m where the product's is not used; None: 5 m/s for the prediction, which then has no say in the
        classes. [m/s] In [0,30].
    wind_direction
        Direction that the wind comes from, clockwise from true north, where the product's is not used. [degrees] In
        [-180,360].
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
        in the swath of Sentinel-2.
    window
        Half-width of the surroundings looked at for edges of clouds. [pixels] In [0,10]. From: docs/ATBD/sun_glint.md.
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
        ``glint_observed_blue`` (float32) [1]: glint in blue, just above the water: the one observed in swir16 times the
        ratio of Fresnel reflectances.
        ``glint_observed_green`` (float32) [1]: glint in green, just above the water: the one observed in swir16 times
        the ratio of Fresnel reflectances.
        ``glint_observed_red`` (float32) [1]: glint in red, just above the water: the one observed in swir16 times the
        ratio of Fresnel reflectances.
        ``glint_observed_nir08`` (float32) [1]: glint in nir08, just above the water: the one observed in swir16 times
        the ratio of Fresnel reflectances.
        ``glint_observed_swir16`` (float32) [1]: glint observed on water, just above it; NaN on land.
        ``glint_observed_swir22`` (float32) [1]: glint in swir22, just above the water: the one observed in swir16 times
        the ratio of Fresnel reflectances.

    Other Parameters
    ----------------
    water_from
        Fraction of time under water from which a pixel is taken as water, where a layer says so. [%] In [0,100]. From:
        docs/ATBD/sun_glint.md.
    cirrus_from
        Reflectance of thin cirrus near 1.6 µm above which it is suspected to be all that is observed. [1] In [0,1].
        From: docs/ATBD/sun_glint.md.
    cirrus_sure
        Reflectance of thin cirrus near 1.6 µm from which that is certain. [1] In [0,1]. From: docs/ATBD/sun_glint.md.
    vapour_from
        Ratio of the water-vapour band to the near infrared above which cloud is suspected. [1] In [0,10]. From:
        docs/ATBD/sun_glint.md: little vapour above it.
    vapour_sure
        Ratio of the water-vapour band to the near infrared from which it is certain. [1] In [0,10]. From:
        docs/ATBD/sun_glint.md.
    colour_range
        Near infrared beyond the glint's own over which suspicion of cloud rises to certainty. [1] In (0,1]. From:
        docs/ATBD/sun_glint.md.
    colour_growth
        How that grows with the glint. [1] In [0,10]. From: docs/ATBD/sun_glint.md.
    excess_from
        Observed glint over what any wind makes above which cloud is suspected. [1] In [0,100]. From:
        docs/ATBD/sun_glint.md.
    excess_sure
        Observed glint over what any wind makes from which it is certain. [1] In [0,100]. From: docs/ATBD/sun_glint.md.
    uncertainty
        Standard uncertainty of the observed glint from haze and noise. [1] In (0,1]. From: docs/ATBD/sun_glint.md.
    relative
        Standard uncertainty in proportion to the glint, from transmittance. [1] In [0,1]. From: docs/ATBD/sun_glint.md.
    wind_spread
        Standard deviation of the logarithm of the predicted glint, from gusts and errors of the wind. [1] In (0,10].
        From: docs/ATBD/sun_glint.md.
    doubt
        Greatest weight of a prediction against an observation. [logits] In [0,30]. From: docs/ATBD/sun_glint.md.

    See Also
    --------
    docs/reference/sun_glint.md, docs/ATBD/sun_glint.md
    """
    return call("Estran.SunGlint", locals())
