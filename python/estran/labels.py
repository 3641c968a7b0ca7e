"""Names as people write them: "snow_ndsi_min" is "Min. snow NDSI"."""

from __future__ import annotations

from collections.abc import Mapping

ACRONYMS: Mapping[str, str] = {
    word.lower(): word
    for word in (
        *(
            "DEM",
            "NDSI",
            "NDVI",
            "NDBI",
            "NDWI",
            "CDI",
            "HOT",
            "RGB",
            "UTM",
            "CRS",
            "TOA",
            "BOA",
            "AOT",
            "AOD",
            "GDAL",
            "ID",
            "URL",
            "CPU",
        ),
        *(
            "NIR",
            "NIR08",
            "NIR09",
            "SWIR",
            "SWIR16",
            "SWIR22",
            "VNIR",
            "SWO",
            "BRDF",
            "RTM",
            "PSF",
            "SNR",
            "UTC",
            "CSV",
            "JSON",
            "XML",
            "WGS84",
            "EPSG",
        ),
    )
}
"""Words that are written in capitals, wherever they stand."""

_BOUNDS: Mapping[str, str] = {"min": "Min.", "max": "Max."}


def label_of(name: str) -> str:
    """The label of a name with underscores: acronyms in capitals, and a bound before what it bounds.

    Examples
    --------
    >>> label_of("relief_dem_posting"), label_of("snow_ndsi_min"), label_of("max_height")
    ('Relief DEM posting', 'Min. snow NDSI', 'Max. height')
    """
    words = [ACRONYMS.get(word, word) for word in name.split("_") if word]
    bound = next((_BOUNDS[word] for word in (words[-1], words[0]) if word in _BOUNDS), "") if len(words) > 1 else ""
    if bound:
        words = [bound, *(words[:-1] if words[-1] in _BOUNDS else words[1:])]
    return first_upper(" ".join(words))


def first_upper(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def first_lower(text: str) -> str:
    """To go on in the middle of a sentence: "Relief shadow" is "relief shadow", but "DEM posting" stays."""
    head = text.split(" ", 1)[0]
    return text if head[1:] != head[1:].lower() else text[:1].lower() + text[1:]
