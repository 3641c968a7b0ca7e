"""The pixel stage on a table of spectra: one pixel a row, without neighbours (ATBD: cloud mask, section on tables)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError, MissingBand
from estran.masks.cloud.pixel import pixel_stage
from estran.masks.cloud.settings import MANDATORY, OPTIONAL, PixelSettings
from estran.masks.cloud.stages import PixelStage
from estran.masks.cloud.survey import survey_pixels
from estran.raster.record import missing as missing_note
from estran.sensors.plausible import drop_impossible, is_reflectance
from estran.statistics.scores import Confusion, confusion

Column = npt.NDArray[Any]

CLASSES: tuple[str, ...] = ("clear", "water", "snow", "cloud", "nodata")
"""Classes of a row, by rising priority, but that nodata is for rows without a value in a band."""
FEWEST_OF_A_SCENE = 50
"""Rows that a scene must have for thresholds of its own; the rows of smaller scenes share theirs."""
LARGEST_REFLECTANCE = 2.0
"""Reflectance rarely passes 1.5: nine rows of ten lie below this."""
FEWEST_CLEAR = 25
"""Clear rows below which nothing is learnt: an image needs 40,000, of which most repeat their neighbours; a table is
drawn by hand.
"""


@dataclass(frozen=True)
class TableResult:
    """What is added to a table, in row order.

    Parameters
    ----------
    cloud
        (n,) int: 1 cloud (thin cirrus is cloud), 0 anything else; rows without data are 0.
    probability
        (n,) float32, 0..1, NaN where a band has no value.
    classes
        (n,) str, of ``CLASSES``.
    notes
        Sentences on what was switched off and how thresholds were learnt.
    """

    cloud: npt.NDArray[np.uint8]
    probability: npt.NDArray[np.float32]
    classes: npt.NDArray[np.str_]
    notes: tuple[str, ...]


def classify_table(columns: Mapping[str, Column], settings: PixelSettings) -> TableResult:
    """Classify the rows of a table.

    Parameters
    ----------
    columns
        (n,) by name: blue green red nir08 swir16 and, where there are, swir22 cirrus nir09 coastal nir dem [m] swo [%],
        and `scene` (any type); others are not looked at. Reflectance as fractions; NaN is no data, and what no
        measurement is (-9999, infinity).
    settings
        Of a mode.

    Raises
    ------
    MissingBand
        A mandatory column is missing.
    EstranError
        The columns differ in length, or the reflectances are not fractions.
    """
    missing = [name for name in MANDATORY if name not in columns]
    if missing:
        raise MissingBand(
            f"the table has no column {', '.join(missing)}",
            expected=", ".join(MANDATORY),
            found=", ".join(columns) or "none",
        )
    with np.errstate(over="ignore"):  # what is too large for a sample is infinite, and so no data
        bands = {name: np.array(columns[name], np.float32) for name in (*MANDATORY, *OPTIONAL) if name in columns}
    size = bands["blue"].size
    for name, values in columns.items():
        if np.size(values) != size:
            raise EstranError(
                "two columns of the table differ in length", where=name, expected=size, found=np.size(values)
            )
    _must_be_fractions(bands)
    for name, values in bands.items():
        drop_impossible(values, name)
    settings = replace(settings, few_clear=min(settings.few_clear, FEWEST_CLEAR))
    groups, notes = _groups(np.asarray(columns["scene"]) if "scene" in columns else np.zeros(size, np.int64))
    cloud, probability = np.zeros(size, np.uint8), np.full(size, np.nan, np.float32)
    classes = np.full(size, "nodata", dtype=f"<U{max(map(len, CLASSES))}")
    for rows in groups:
        part = {name: values[rows] for name, values in bands.items()}
        stage = pixel_stage(part, survey_pixels(part, settings), settings)
        cloud[rows], probability[rows], classes[rows] = stage.cloud, stage.probability, _classes(stage)
    off = [missing_note(name, OPTIONAL[name]).text for name in settings.wanted if name not in bands]
    return TableResult(cloud, probability, classes, (*off, *notes))


def _groups(scene: Column) -> tuple[list[npt.NDArray[np.int64]], list[str]]:
    """Rows that fraction thresholds: each large scene, and all the rest."""
    if scene.size == 0:
        return [], []
    _, inverse, counts = np.unique(scene, return_inverse=True, return_counts=True)
    large = np.flatnonzero(counts >= FEWEST_OF_A_SCENE)
    groups = [np.flatnonzero(inverse == number) for number in large]
    rest = np.flatnonzero(~np.isin(inverse, large))
    if rest.size:
        groups.append(rest)
    if counts.size == 1:
        return groups, []
    note = (
        f"{large.size} of {counts.size} scenes have {FEWEST_OF_A_SCENE} rows or more and thresholds of their own; "
        f"the others share theirs."
    )
    return groups, [note]


def _classes(stage: PixelStage) -> npt.NDArray[np.str_]:
    result = np.full(stage.valid.shape, "clear", dtype=f"<U{max(map(len, CLASSES))}")
    for name, where in (("water", stage.water), ("snow", stage.snow), ("cloud", stage.cloud), ("nodata", ~stage.valid)):
        result[where] = name
    return result


def _must_be_fractions(bands: Mapping[str, Column]) -> None:
    for name in filter(is_reflectance, bands):
        values = bands[name][np.isfinite(bands[name])]
        if values.size and (high := float(np.percentile(values, 90))) > LARGEST_REFLECTANCE:
            raise EstranError(
                f"column {name} is no reflectance",
                expected="fractions, mostly 0 to 1",
                found=f"{high:g} or more in a tenth of the rows",
                todo="divide by the quantification value (10000 for Sentinel-2, 100 where it is percent)",
            )


@dataclass(frozen=True)
class GroupScore:
    """Scores of one group of labelled rows."""

    group: str
    confusion: Confusion


def scores_by_group(label: Column, cloud: Column, columns: Mapping[str, Column]) -> tuple[GroupScore, ...]:
    """Scores of a classified table against its labels, over all rows and by group.

    Parameters
    ----------
    label, cloud
        (n,) 1 or True for cloud; rows whose label is NaN are left out.
    columns
        The columns of the table; those used where present: dem [m] (three classes of height), swo [%] (water: more than
        50), blue green red swir16 (bright clear ground: mean visible above 0.2, NDSI below 0.4), landcover (any code).

    Returns
    -------
    tuple of GroupScore
        "all" first. Groups without any row are left out; scores that a group cannot have are NaN (recall of "bright
        clear", which has no clouds).
    """
    known = ~np.isnan(np.asarray(label, float))
    truth, found = np.nan_to_num(np.asarray(label, float)) > 0, np.asarray(cloud, bool)
    groups: dict[str, npt.NDArray[np.bool_]] = {"all": np.ones(truth.shape, bool)}
    if "dem" in columns:
        dem = np.asarray(columns["dem"], float)
        groups |= {"below 500 m": dem < 500, "500 to 2000 m": (dem >= 500) & (dem <= 2000), "above 2000 m": dem > 2000}
    if "swo" in columns:
        groups["water (swo > 50)"] = np.asarray(columns["swo"], float) > 50
    if all(name in columns for name in ("blue", "green", "red", "swir16")):
        blue, green, red, swir16 = (np.asarray(columns[name], float) for name in ("blue", "green", "red", "swir16"))
        with np.errstate(divide="ignore", invalid="ignore"):
            ndsi = (green - swir16) / (green + swir16)
        groups["bright clear"] = ((blue + green + red) / 3.0 > 0.2) & (ndsi < 0.4) & ~truth
    if "landcover" in columns:
        codes = np.asarray(columns["landcover"])
        for code in sorted(np.unique(codes).tolist(), key=lambda c: (len(str(c)), str(c))):
            name = f"{code:g}" if isinstance(code, float) else str(code)
            groups[f"landcover {name}"] = codes == code
    return tuple(
        GroupScore(name, confusion(truth, found, where & known))
        for name, where in groups.items()
        if (where & known).any()
    )
