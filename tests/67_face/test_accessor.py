"""The accessor: pictures, files, products; and when it is there."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot
from matplotlib.figure import Figure

import estran
from estran.errors import BadProduct, MissingBand
from estran.face.to_dataset import dataset_of
from estran.report import colour


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


def pixels(ax) -> np.ndarray:
    (image,) = ax.get_images()
    return np.asarray(image.get_array())


@pytest.mark.parametrize(
    "code",
    [
        "import estran.face",
        "import estran; estran.open",
        "import estran; estran.operators.masks",
        "import estran; estran.run",
    ],
)
def test_it_is_there_once_the_face_is_used(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport xarray\nprint(hasattr(xarray.Dataset, 'estran'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"


def test_the_scene_in_true_colour(product):
    dataset = dataset_of(product)
    ax = dataset.estran.quicklook()
    shown = [product[name].physical(np.asarray(product[name].data)) for name in ("B4", "B3", "B2")]
    np.testing.assert_array_equal(pixels(ax), colour.composite(shown, ("red", "green", "blue")))
    assert ax.get_title() == "S2A_small"
    assert ax.get_images()[0].get_extent() == [600000, 601600, 4998600, 5000000]


def test_classes_and_flags_in_their_colours(product):
    dataset = dataset_of(product)
    masks = estran.operators.cloud_mask(dataset, sun_zenith=40.0, sun_azimuth=150.0)
    ax = masks.estran.quicklook()
    coding = masks.estran.to_product()["cloud_class"].coding
    np.testing.assert_array_equal(pixels(ax), colour.classes(masks.cloud_class.values.astype(np.int64), coding))
    entries = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(entries) == len(np.unique(masks.cloud_class.values))
    over = dataset.assign(masks.data_vars).estran.quicklook("cloud_flags")
    assert len(np.unique(pixels(over).reshape(-1, 3), axis=0)) > 10  # painted over the scene


def test_numbers_with_a_colour_bar(product):
    dataset = dataset_of(product)
    figure = Figure()
    ax = dataset.estran.quicklook("B8A", ax=figure.add_subplot())
    np.testing.assert_array_equal(pixels(ax), dataset.B8A.values)
    assert len(figure.axes) == 2
    assert pyplot.get_fignums() == []  # a given figure is used, no other made


def test_large_scenes_are_thinned(product):
    assert pixels(dataset_of(product).estran.quicklook(size=40)).shape == (35, 40, 3)


def test_of_several_sizes(safe):
    assert pixels(estran.open(safe).estran.quicklook()).shape == (192, 192, 3)


def test_what_cannot_be_drawn_is_said(product):
    dataset = dataset_of(product)
    with pytest.raises(MissingBand, match=r"no variable 'B99': expected B2, B3"):
        dataset.estran.quicklook("B99")
    with pytest.raises(BadProduct, match="a product is of one date"):
        xr.concat([dataset, dataset], "time").estran.quicklook()
