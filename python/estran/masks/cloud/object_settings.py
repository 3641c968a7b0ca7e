"""Every threshold of the object stage: cloud objects, potential shadow, matching, buffers; with the paper it comes
from.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass

from estran.masks.cloud.settings import Mode


@dataclass(frozen=True)
class ObjectSettings:
    """Thresholds of the object stage; lengths and heights in metres, areas in pixels of the working grid.

    Sources: ZW12 = Zhu & Woodcock 2012 (doi:10.1016/j.rse.2011.10.028), Q19 = Qiu, Zhu & He 2019
    (doi:10.1016/j.rse.2019.05.024), F18 = Frantz et al. 2018 (doi:10.1016/j.rse.2018.04.046). What has no source was
    measured on simulated scenes and on labelled chips (ATBD, validation).
    """

    mode: Mode = "strict"
    cirrus_is_cloud: bool = True
    """Whether thin cirrus (the cirrus test without the tests for thick cloud) is part of the clouds, or a class of its
    own that casts no shadow.
    """
    grow_probability: float = 0.0
    """Without a cirrus band, clouds grow into neighbouring pixels of at least this probability: thin cloud shows
    nowhere else; 0 is off.
    """
    grow_distance: float = 180.0
    grow_area: float = 1e5
    """How far they grow [m], and which do: clouds of at least this area [m2], for small ones may be bright ground."""
    snow_margin: float = 0.0
    snow_reach: float = 200.0
    snow_threshold_max: float = 0.9
    """How far above the clear land near snow (its 82.5 % percentile, as ZW12 eq. 17 has it for all land) the
    probability of a cloud must lie there, what near means [m], and the most that is asked for; 0 is off.
    """
    thin_reach: float = 0.0
    thin_share: float = 1.0
    thin_area: float = 5e5
    """Thin cirrus is cloud within this distance of thick cloud [m], or where at least this share of a cloud of at most
    this area [m2] is thick.
    """
    outline_share: float = 0.0
    outline_contrast: float = 0.05
    """Rim pixels fainter than this share of the brightness of the cloud above its surroundings are no cloud (bands of
    60 m swell it), where that brightness, summed over blue, green, red and the first SWIR band, is above this contrast;
    0 is off.
    """
    outline_width: float = 60.0
    outline_window: float = 400.0
    """Width of the rim, and of the window of the comparison [m]."""
    # False positives (CM-23) … (CM-26)
    remove_false_positives: bool = True
    """Whether built-up land and snow are taken out of the clouds by erosion and by displacement."""
    use_displacement: bool = True
    cdi_urban: float = -0.8
    """Displacement index at or above which built-up land may be taken for a false positive (Q19)."""
    cdi_cloud: float = -0.5
    """An object must hold displacement below this somewhere (F18, Q19)."""
    cdi_share: float = 0.0
    """Share of an object's pixels that must lie below `cdi_cloud`; 0 asks for one pixel (Q19)."""
    cdi_small: int = 10000
    """Objects of at least this many pixels are not asked for displacement: stratus has no texture (Q19)."""
    erosion: float = 90.0
    regrowth: float = 180.0
    pfp_dilation: float = 250.0
    cdi_restore: float = -2.0
    """What was taken for bright ground is cloud after all where its mean displacement index lies below this, and it is
    no snow; -2 is off.
    """
    """Erosion of clouds on possible false positives, growth back of what remains, growth of the possible false
    positives (Q19).
    """
    steep: float = 20.0
    """Slope above which snow is a possible false positive [degrees] (Q19)."""
    min_object: int = 3
    """Least pixels of a cloud (Q19)."""
    # Potential shadow (CM-20)
    shadow_depth: float = 0.02
    """Least depth of a filled minimum (ZW12 eq. 19)."""
    shadow_percentile: float = 17.5
    """Percentile of clear land that counts as its ordinary darkness (ZW12); clear land by the pixel tests holds the
    shadows too.
    """
    shadow_share: float = 0.0
    """Least depth as a share of the filled reflectance."""
    use_swir16: bool = True
    flatten_relief: bool = True
    """Whether sunlit and shaded slopes are evened out by the relief, where there is one (Q19)."""
    water_depth: float = 0.0
    """Least darkness of a shadow on water in blue, as a share of the water's reflectance; 0 takes water as land (ZW12).
    """
    snow_depth: float = 0.0
    """Least darkness of a shadow on snow in the near infrared, as a share of the scene's snow; 0 takes snow as land
    (ZW12).
    """
    low_ceiling: float = 0.0
    """Altitude above which no cloud stands that is dark in the cirrus band: vapour does not hide what is higher [m]; 0
    is off.
    """
    low_cirrus: float = 0.01
    """Median reflectance of a cloud in the cirrus band below which it is dark there (Z15's threshold of cirrus)."""
    # Matching (CM-27) … (CM-31)
    height_min: float = 200.0
    height_max: float = 12000.0
    hidden_weight: float = 0.5
    """How much a hidden pixel of a footprint (cloud, no data) counts as matched (Fmask 4)."""
    outside_weight: float = 1.0
    """The same of a pixel outside the image (Fmask 4)."""
    brim: float = 0.0
    """Width of the thin brim of clouds [m], through which no shadow on water shows."""
    rim: float = 40.0
    rim_weight: float = 0.0
    """Width of the rim around a footprint [m], and how much potential shadow there speaks against a match."""
    accept: float = 0.425
    """Least similarity of a match (Fmask 4, Sentinel-2)."""
    stop_ratio: float = 0.9
    """The search ends once the similarity falls below this share of the best one; 0 searches every height."""
    enough: float = 0.95
    """The search ends once the best similarity reaches this; above 1 it never does."""
    neighbours: int = 14
    neighbour_spread: float = 1000.0
    """Neighbouring clouds whose heights foretell a cloud's, and their greatest standard deviation [m] (ZW12)."""
    consensus: float = 0.0
    """How strongly the agreement of neighbouring clouds' altitudes counts beside a cloud's own score; 0 is off."""
    score_scale: float = 0.1
    """Difference of score that makes a height e times likelier."""
    score_size: float = 100.0
    """Size at which a cloud's own score begins to count [pixels]: the scale of smaller ones is wider."""
    agreement: float = 100.0
    """How close altitudes of neighbouring clouds are when they agree [m]."""
    overlap_only: bool = False
    """Whether a shadow is the footprint's overlap with the potential shadow (python-fmask), or the whole footprint."""
    outline: bool = False
    """Whether a shadow's outline is that of the potential shadow it falls on, or the cloud's."""
    hint: float = 0.5
    """Darkness that is enough inside a footprint, where the outline is that of the dark, as a share of what potential
    shadow needs.
    """
    shaded: float = 0.0
    """Dark places with at least this share under clouds at their neighbours' altitudes are shadow, too; 0 is off."""
    shaded_least: int = 40
    """Least pixels of such a place."""
    predict_unmatched: bool = False
    """Whether a cloud without a match casts its shadow from the height its neighbours foretell."""
    max_cloud_share: float = 0.9
    """Share of cloud at which no shadow is matched (Q19)."""
    # Buffers (CM-32)
    cloud_buffer: float = 60.0
    shadow_buffer: float = 60.0

    @classmethod
    def for_mode(cls, mode: Mode) -> ObjectSettings:
        """The thresholds of a mode.

        Parameters
        ----------
        mode
            "strict": Fmask 4 for Sentinel-2 as published (Q19). "python-fmask": what python-fmask 0.5 does.
            "default": strict where nothing better was measured.
        """
        if mode == "python-fmask":
            return cls(
                mode=mode,
                remove_false_positives=False,
                use_displacement=False,
                min_object=0,
                use_swir16=False,
                flatten_relief=False,
                hidden_weight=0.0,
                outside_weight=0.0,
                accept=0.3,
                stop_ratio=0.0,
                enough=2.0,
                neighbours=0,
                overlap_only=True,
                cloud_buffer=150.0,
                shadow_buffer=300.0,
            )
        if mode == "strict":
            return cls(mode=mode)
        return cls(
            mode=mode,
            cirrus_is_cloud=False,
            grow_probability=0.3,
            snow_margin=0.5,
            thin_reach=40.0,
            thin_share=0.2,
            outline_share=0.2,
            regrowth=90.0,
            cdi_restore=-0.75,
            shadow_depth=0.01,
            shadow_percentile=35.0,
            shadow_share=0.14,
            water_depth=0.085,
            snow_depth=0.5,
            brim=20.0,
            accept=0.2,
            outside_weight=0.5,
            rim_weight=0.5,
            stop_ratio=0.0,
            enough=2.0,
            low_ceiling=6000.0,
            outline=True,
            shaded=0.8,
            predict_unmatched=True,
            consensus=1.0,
        )
