"""All bands of a Sentinel-2 product brought to 20 m, as ``estran masks`` reads them: which blocks of the files are
decoded, and every bit of the result.
"""

from __future__ import annotations

import importlib.util
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
import rasterio

from estran.adapters.files.safe import read_safe
from estran.engine.lazy import Physical, chunked
from estran.engine.nodes.resampling import Resample
from estran.raster.product import Product
from estran.sensors.bands import SENTINEL2
from estran.sensors.plausible import LOWEST

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)
builder.SIZE, builder.STEP, builder.BLOCK = 2160, 6000, 256
"""Two chunks of 2048 pixels along each side of an image of 10 m; nodes of angles as sparse as they may be."""
BLOCK = builder.BLOCK
OFFSET = -1000


def samples() -> dict[str, np.ndarray]:
    """Digital numbers that a file holds in few bytes, with noise where chunks meet, an edge without data, saturated and
    impossible ones.
    """
    rng = np.random.default_rng(8)
    made = {}
    for k, band in enumerate(builder.BANDS):
        side = builder.shape(band)[0]
        raw = np.kron(rng.integers(900, 9000, (side // 40, side // 40)), np.ones((40, 40))).astype(np.uint16)
        raw[side // 4 :, : side // 8] = 0
        for at in (0, side // 2, min(2048 * 10 // builder.metres(band), side) - 24, side - 32):
            raw[at : at + 32, ::7] = rng.integers(1, 12000, (32, -(-side // 7)))
            raw[::5, at : at + 32] = rng.choice([0, 30, 4000 + k, 65535], (side // 5, 32))
        made[band] = raw
    return made


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return samples()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, raw: dict[str, np.ndarray]) -> Path:
    return builder.build(
        tmp_path_factory.mktemp("safe"), raw, baseline="04.00", offsets=dict.fromkeys(range(13), OFFSET)
    )


def at_20_m(product: Product, tile: int) -> dict[str, np.ndarray]:
    """Reflectance of all bands, loaded together."""
    resampled = Resample(targetResolution=20, upsampling="Bilinear", downsampling="Mean").apply(product, tile=tile)
    made = {b.name: Physical(resampled[b.name], resampled[b.name].data.dtype, b.semantic) for b in SENTINEL2}
    lazy = {name: values.over(chunked(resampled[name].data, tile)) for name, values in made.items()}
    return dict(zip(lazy, dask.compute(*lazy.values(), scheduler="threads"), strict=True))


@pytest.mark.parametrize("tile", [1024, 300])
def test_every_block_of_every_image_is_decoded_once(root: Path, monkeypatch: pytest.MonkeyPatch, tile: int) -> None:
    """Whatever the tiles that are worked on. The windows are those that rasterio is asked for; GDAL decodes the blocks
    under each.
    """
    decoded: dict[str, Counter[tuple[int, int]]] = {}
    lock = threading.Lock()

    class Reader(rasterio.io.DatasetReader):
        def read(self, *args: Any, window: Any, **more: Any) -> Any:
            rows, cols = (
                range(int(first) // BLOCK, -(-int(first + size) // BLOCK))
                for first, size in zip(*_corner_and_size(window), strict=True)
            )
            with lock:
                decoded.setdefault(Path(self.name).stem[-3:], Counter()).update((r, c) for r in rows for c in cols)
            return super().read(*args, window=window, **more)

    product = read_safe(root)
    monkeypatch.setattr(rasterio.io, "DatasetReader", Reader)
    at_20_m(product, tile)
    assert set(decoded) == set(builder.BANDS)
    for band, counts in decoded.items():
        blocks = -(-builder.shape(band)[0] // BLOCK)
        assert counts == dict.fromkeys(((r, c) for r in range(blocks) for c in range(blocks)), 1), band


def _corner_and_size(window: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    return (window.row_off, window.col_off), (window.height, window.width)


@pytest.mark.parametrize("tile", [1024, 300])
def test_all_bands_have_the_bits_of_a_plain_computation(root: Path, tile: int) -> None:
    found = at_20_m(read_safe(root), tile)
    images = {path.stem[-3:]: path for path in root.rglob("IMG_DATA/*.jp2")}
    for band in builder.BANDS:
        with rasterio.open(images[band]) as dataset:
            numbers = dataset.read(1)
        metres = builder.metres(band)
        numbers = means(numbers) if metres == 10 else interpolated(numbers) if metres == 60 else numbers
        expected = (numbers * (1 / 10000) + OFFSET / 10000).astype(np.float32)
        expected[(numbers == 0) | (expected < LOWEST)] = np.nan
        ours = found[band.replace("B0", "B")]
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours.view(np.uint32), expected.view(np.uint32), err_msg=band)


def means(numbers: np.ndarray) -> np.ndarray:
    """Of two by two, without no-data, cut to whole numbers; saturated where one is."""
    side = numbers.shape[0] // 2
    four = numbers.reshape(side, 2, side, 2).swapaxes(1, 2).reshape(side, side, 4).astype(np.int64)
    mean = four.sum(-1) // np.maximum((four > 0).sum(-1), 1)
    return np.where((four == 65535).any(-1), 65535, mean)


def interpolated(numbers: np.ndarray) -> np.ndarray:
    """To a third of the pixel size: weights in steps of 1/256, half a target pixel to the upper left, rounded half up;
    no-data has no weight.
    """
    at = np.arange(3 * numbers.shape[0]) / 3 - 0.5
    low = np.floor(at + 1e-9).astype(int)
    fraction = np.floor((at - low) * 256 + 1e-6) / 256
    total, weights, full = (
        np.zeros((at.size, at.size)),
        np.zeros((at.size, at.size)),
        np.zeros((at.size, at.size), bool),
    )
    for down in (0, 1):
        for right in (0, 1):
            part = numbers[np.ix_(*(np.clip(low + step, 0, numbers.shape[0] - 1) for step in (down, right)))]
            weight = np.outer(fraction if down else 1 - fraction, fraction if right else 1 - fraction) * (part != 0)
            total, weights, full = total + weight * part, weights + weight, full | ((part == 65535) & (weight > 0))
    with np.errstate(invalid="ignore"):
        mean = np.floor(total / weights + 0.5)
    under = np.repeat(np.repeat(numbers, 3, 0), 3, 1)
    return np.where(under == 0, 0, np.where(full, 65535, np.where(weights > 0, mean, under))).astype(np.int64)
