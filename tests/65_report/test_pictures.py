"""The colours of the files are those of the arrays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from estran.raster.product import Band, Product
from estran.report import colour, quicklooks
from estran.report.canvas import Canvas
from estran.report.figures import enlargement


def pixels(path: Path, product: Product) -> np.ndarray:
    """The picture of a PNG without legend and enlargement, 0..255."""
    k = enlargement(product.grid.width)
    image = np.rint(matplotlib.image.imread(path)[..., :3] * 255).astype(int)
    return image[: product.grid.height * k : k, : product.grid.width * k : k]


def test_all_pictures_of_a_full_product(source: Product, result: Product, tmp_path: Path) -> None:
    pictures, left_out = quicklooks(source, result, tmp_path)
    assert [p.key for p in pictures] == [
        "true_colour",
        "swir_composite",
        "cloud_flags_overlay",
        "cloud_class_map",
        "cloud_probability_map",
        "cloud_height_map",
    ]
    assert left_out == ()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.file for p in pictures)
    for picture in pictures:
        image = matplotlib.image.imread(tmp_path / picture.file)
        assert image.shape[:2] == (picture.height, picture.width)
        assert picture.alt
        assert picture.caption


def test_flag_colour_stands_where_the_flag_is_set(
    source: Product, result: Product, masks: dict[str, np.ndarray], tmp_path: Path
) -> None:
    quicklooks(source, result, tmp_path)
    shown = pixels(tmp_path / "cloud_flags_overlay.png", result)
    coding = result["cloud_flags"].coding
    saturation = shown.max(axis=-1) - shown.min(axis=-1)
    painted = masks["CLOUD"] | masks["CLOUD_SHADOW"] | masks["POTENTIAL_CLOUD"]
    assert saturation[painted].min() > 30
    assert saturation[~painted].max() <= 6  # the base is grey
    # Cloud lies inside potential cloud and is the rarer: 60 % of its colour on what lies under it.
    only = pixels(tmp_path / "cloud_flags_overlay.png", result)[masks["POTENTIAL_CLOUD"] & ~masks["CLOUD"]].mean(axis=0)
    both = shown[masks["CLOUD"]].mean(axis=0)
    np.testing.assert_allclose(both, 0.4 * only + 0.6 * np.array(coding["CLOUD"].colour), atol=2.0)


def test_class_map_has_the_exact_colours(
    source: Product, result: Product, masks: dict[str, np.ndarray], tmp_path: Path
) -> None:
    quicklooks(source, result, tmp_path)
    shown = pixels(tmp_path / "cloud_class_map.png", result)
    coding = result["cloud_class"].coding
    assert (shown[masks["CLOUD"]] == coding["cloud"].colour).all()
    assert (shown[masks["NO_DATA"]] == coding["no_data"].colour).all()
    assert (shown[~masks["CLOUD"] & ~masks["NO_DATA"]] == coding["clear"].colour).all()


def test_measured_bands_are_grey_where_they_have_no_value(
    source: Product, result: Product, masks: dict[str, np.ndarray], tmp_path: Path
) -> None:
    quicklooks(source, result, tmp_path)
    height = pixels(tmp_path / "cloud_height_map.png", result)
    saturation = height.max(axis=-1) - height.min(axis=-1)
    assert saturation[~masks["CLOUD"]].max() <= 6
    assert saturation[masks["CLOUD"]].min() > 60
    probability = pixels(tmp_path / "cloud_probability_map.png", result)
    # 0.25 of viridis, read off matplotlib's own table.
    import matplotlib

    expected = np.rint(np.array(matplotlib.colormaps["viridis"](64)[:3]) * 255)
    np.testing.assert_allclose(probability[50, 100], expected, atol=2)


def test_true_colour_is_the_stretch_of_the_means(source: Product, result: Product, tmp_path: Path) -> None:
    quicklooks(source, result, tmp_path)
    shown = pixels(tmp_path / "true_colour.png", result)
    for channel, name, air in ((0, "B4", "red"), (1, "B3", "green"), (2, "B2", "blue")):
        raw = np.asarray(source[name].data).astype(float) * 1e-4
        mean = raw.reshape(100, 2, 120, 2).mean(axis=(1, 3))[50, 60]
        value = ((mean - colour.CLEAN_AIR[air]) / (colour.BRIGHTEST - colour.CLEAN_AIR[air])) ** (1 / colour.GAMMA)
        assert shown[50, 60, channel] == pytest.approx(255 * value, abs=1)
    assert (shown[:, :8] == colour.NOTHING).all()


def test_missing_bands_leave_a_composite_out_and_say_why(source: Product, result: Product, tmp_path: Path) -> None:
    without = replace(source, bands={n: b for n, b in source.bands.items() if n not in ("B2", "B11", "B12")})
    pictures, left_out = quicklooks(without, result, tmp_path)
    assert "true_colour" not in {p.key for p in pictures}
    assert any("True colour" in s and "blue" in s for s in left_out)
    assert any("swir22 or swir16" in s for s in left_out)
    assert (tmp_path / "cloud_flags_overlay.png").exists()


def test_a_result_without_one_value_is_said_not_drawn(source: Product, result: Product, tmp_path: Path) -> None:
    empty = result["cloud_height"]
    none = result.with_bands(replace(empty, data=np.full_like(empty.data, np.nan)))
    pictures, left_out = quicklooks(source, none, tmp_path)
    assert "cloud_height_map" not in {p.key for p in pictures}
    assert any("cloud_height holds no data" in s for s in left_out)


def test_digital_numbers_get_a_robust_stretch() -> None:
    generator = np.random.default_rng(0)
    channels = [generator.uniform(50, 200, (60, 60)).astype(np.float32) for _ in range(3)]
    channels[0][0, 0] = 1e6  # a spike must not make the rest black
    shown = colour.composite(channels, ("red", "green", "blue"))
    assert 100 < shown[1:].mean() < 220
    assert shown[0, 0, 0] == 255


def test_a_large_product_is_thinned(tmp_path: Path, result: Product) -> None:
    band = result["cloud_class"]
    pictures, _ = quicklooks(
        replace(result, bands={"cloud_flags": result["cloud_flags"]}),
        replace(result, bands={"cloud_class": band}),
        tmp_path,
        limit=40,
    )
    assert Canvas(result.grid, 40).shape == (25, 30)
    assert [p.key for p in pictures] == ["cloud_class_map"]


def test_a_palette_of_the_band_is_used(source: Product, result: Product, tmp_path: Path) -> None:
    band = Band(
        "depth",
        np.full(result.grid.shape, 5.0, np.float32),
        result.grid,
        unit="m",
        palette=((0.0, (0, 0, 0), "0"), (10.0, (200, 100, 50), "10")),
    )
    quicklooks(source, replace(result, bands={"depth": band}), tmp_path)
    np.testing.assert_allclose(pixels(tmp_path / "depth_map.png", result)[30, 30], (100, 50, 25), atol=1)
