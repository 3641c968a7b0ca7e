"""The pixel stage on tables."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import EstranError, MissingBand
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.table import FEWEST_OF_A_SCENE, classify_table, scores_by_group

DEFAULT = PixelSettings.for_mode("default")
NAMES = ("blue", "green", "red", "nir08", "swir16", "swir22", "cirrus", "nir09", "coastal")
KINDS = {
    "clear": (0.09, 0.09, 0.06, 0.39, 0.20, 0.09, 0.001, 0.14, 0.11),
    "water": (0.08, 0.05, 0.03, 0.015, 0.008, 0.005, 0.001, 0.01, 0.10),
    "cloud": (0.45, 0.44, 0.45, 0.51, 0.42, 0.32, 0.020, 0.30, 0.46),
    "snow": (0.78, 0.76, 0.75, 0.68, 0.08, 0.06, 0.002, 0.25, 0.76),
}


def table(*kinds):
    return {name: np.array([KINDS[kind][i] for kind in kinds]) for i, name in enumerate(NAMES)}


def test_classes_in_row_order():
    kinds = ["cloud", "clear", "water", "snow", "cloud", "clear"] * 3
    result = classify_table(table(*kinds), DEFAULT)
    assert result.classes.tolist() == kinds
    assert result.cloud.tolist() == [int(kind == "cloud") for kind in kinds]


def test_a_row_without_a_value_is_nodata():
    columns = table("cloud", "clear")
    columns["green"][0] = np.nan
    result = classify_table(columns, DEFAULT)
    assert result.classes.tolist() == ["nodata", "clear"]
    assert result.cloud[0] == 0
    assert np.isnan(result.probability[0])


@pytest.mark.parametrize("value", [-9999.0, -0.1, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("name", ["blue", "swir16"])
def test_what_no_measurement_is_has_no_data(name, value):
    """As in images: the number that fills a gap is no dark water."""
    columns = table(*(["clear", "water", "cloud"] * 5))
    columns[name][0] = value
    before = columns[name].copy()
    result = classify_table(columns, DEFAULT)
    assert result.classes.tolist() == ["nodata", "water", "cloud", *(["clear", "water", "cloud"] * 4)]
    assert np.isnan(result.probability[0])
    np.testing.assert_array_equal(columns[name], before, "the table stays as it is")


@pytest.mark.parametrize("name", ["swir22", "cirrus", "nir09", "coastal", "green"])
@pytest.mark.parametrize("factor", [100.0, 10000.0])
def test_every_column_of_reflectance_must_be_of_fractions(name, factor):
    columns = table("clear", "water", "cloud", "snow")
    columns[name] = np.array([0.1, 0.2, 0.3, 0.4]) * factor
    with pytest.raises(EstranError, match=f"column {name} is no reflectance"):
        classify_table(columns, DEFAULT)


def test_a_third_of_the_rows_times_10000():
    columns = {
        name: np.concatenate([values, values, values * 10000])
        for name, values in table("clear", "water", "cloud", "snow").items()
    }
    with pytest.raises(EstranError, match="is no reflectance"):
        classify_table(columns, DEFAULT)


def test_large_scenes_learn_alone():
    kinds = ["clear"] * FEWEST_OF_A_SCENE + ["cloud"] * 10
    columns = table(*kinds) | {"scene": np.array(["a"] * FEWEST_OF_A_SCENE + ["b"] * 10)}
    result = classify_table(columns, DEFAULT)
    assert any("1 of 2 scenes" in note for note in result.notes)
    assert result.cloud.sum() == 10


def test_what_is_missing_is_reported():
    columns = {k: v for k, v in table("clear", "cloud").items() if k not in ("cirrus", "nir09")}
    notes = classify_table(columns, DEFAULT).notes
    assert [n.split(":")[0] for n in notes] == ["no cirrus", "no nir09", "no dem", "no swo"]


def test_an_empty_table_gives_an_empty_result():
    result = classify_table({name: np.empty(0) for name in NAMES}, DEFAULT)
    assert result.cloud.size == result.probability.size == result.classes.size == 0


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        ({"nir08": None}, MissingBand, "no column nir08"),
        ({"red": np.array([0.1])}, EstranError, "differ in length"),
        ({"red": np.array([812.0, 4500.0])}, EstranError, "no reflectance.*10000"),
    ],
)
def test_bad_tables_are_reported(change, kind, told):
    columns = {k: v for k, v in {**table("clear", "cloud"), **change}.items() if v is not None}
    with pytest.raises(kind, match=told):
        classify_table(columns, DEFAULT)


def test_scores_by_hand():
    columns = {
        "dem": np.array([100, 100, 3000, 3000, 3000]),
        "swo": np.array([100, 0, 0, 0, 0]),
        "blue": np.array([0.1, 0.3, 0.3, 0.3, 0.1]),
        "green": np.array([0.1, 0.3, 0.3, 0.3, 0.1]),
        "red": np.array([0.1, 0.3, 0.3, 0.3, 0.1]),
        "swir16": np.array([0.1, 0.3, 0.3, 0.3, 0.1]),
        "landcover": np.array(["7", "10", "7", "7", "7"]),
    }
    label, cloud = np.array([1, 1, 0, 0, np.nan]), np.array([1, 0, 0, 1, 1])
    scores = {s.group: s.confusion for s in scores_by_group(label, cloud, columns)}
    assert scores["all"].total == 4  # a row without label does not count
    assert scores["all"].balanced_accuracy == 0.5
    assert scores["below 500 m"].recall == 0.5
    assert scores["above 2000 m"].specificity == 0.5
    assert scores["water (swo > 50)"].recall == 1.0
    assert scores["bright clear"].specificity == 0.5
    assert np.isnan(scores["bright clear"].recall)
    assert list(scores)[-2:] == ["landcover 7", "landcover 10"]
