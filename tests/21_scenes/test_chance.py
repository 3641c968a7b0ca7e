"""Random numbers of the scenes: published values of the generator, and statistics of fields and noise against what was
asked for.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from estran.scenes.chance import add_noise, fractal, scatter, scramble, stream

seeds = st.integers(0, 2**31 - 1)


# --- hashing


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (0, 0xE220A8397B1DCDAF),
        (0x9E3779B97F4A7C15, 0x6E789E6AA1B965F4),
        (2 * 0x9E3779B97F4A7C15 % 2**64, 0x06C45D188009454F),
    ],
)
def test_scramble_is_splitmix64(key: int, expected: int) -> None:
    """First three outputs of splitmix64 from the state 0, as its published reference program prints them."""
    assert int(scramble(np.uint64(key))) == expected


def test_scramble_follows_the_definition() -> None:
    """The same rounds in Python's integers, which have no width and no overflow."""
    mask = 2**64 - 1

    def plainly(key: int) -> int:
        z = (key + 0x9E3779B97F4A7C15) & mask
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        return z ^ (z >> 31)

    keys = np.random.default_rng(1).integers(0, 2**64, 200, dtype=np.uint64)
    assert [int(scramble(key)) for key in keys] == [plainly(int(key)) for key in keys]


def test_one_bit_changes_half_of_all() -> None:
    """Avalanche: each of the 64 bits of a key changes 32 of 64 bits of the result on average."""
    keys = np.random.default_rng(2).integers(0, 2**64, 64, dtype=np.uint64)
    flips = np.array(
        [
            [int(scramble(key) ^ scramble(key ^ np.uint64(1 << bit))).bit_count() for bit in range(0, 64, 3)]
            for key in keys
        ]
    )
    assert flips.mean() == pytest.approx(32.0, abs=0.5)
    assert np.abs(flips.mean(axis=0) - 32.0).max() < 3.0


@given(st.integers(0, 10**6), st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_scatter_is_a_function_of_the_place(a: int, b: int, c: int) -> None:
    found = scatter(a, b, c)
    assert 0.0 <= found < 1.0
    assert found == scatter(a, b, c)
    assert found not in (scatter(a + 1, b, c), scatter(a, b + 1, c), scatter(a, b, c + 1))


def test_scatter_is_uniform_over_places() -> None:
    """Kolmogorov and Smirnov over a lattice, and neighbours in both directions do not know of each other."""
    found = np.array([[scatter(7, i, j) for j in range(120)] for i in range(-60, 60)])
    assert stats.kstest(found.ravel(), "uniform").pvalue > 1e-3
    for one, other in ((found[1:], found[:-1]), (found[:, 1:], found[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4.0 / np.sqrt(one.size)


# --- streams


@given(seeds)
def test_streams_repeat_and_differ_by_name(seed: int) -> None:
    first, again, other = (stream(seed, name).standard_normal(8) for name in ("sea", "sea", "wind"))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_streams_of_two_seeds_are_independent() -> None:
    one, other = (stream(seed, "landscape").standard_normal(4000) for seed in (1, 2))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


# --- fractal fields


def spectrum(field: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Frequency [1/pixel] and power of each wave of a field, by the full transform."""
    size = field.shape[0]
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size), indexing="ij")
    return np.hypot(fy, fx), np.abs(np.fft.fft2(field.astype(float))) ** 2


@given(seeds, st.sampled_from([33, 64, 96]), st.floats(0.5, 3.0))
def test_fields_have_no_mean_and_unit_variance(seed: int, size: int, slope: float) -> None:
    field = fractal(np.random.default_rng(seed), size, slope, size / 1.5, 3.0)
    assert field.shape == (size, size)
    assert field.dtype == np.float32
    assert abs(float(field.mean(dtype=float))) < 1e-5
    assert float(field.std(dtype=float)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("longest", "shortest"), [(64.0, 4.0), (20.0, 8.0), (128.0, 2.0)])
def test_fields_have_no_waves_outside_their_band(longest: float, shortest: float) -> None:
    frequency, power = spectrum(fractal(np.random.default_rng(3), 128, 1.7, longest, shortest))
    outside = (frequency < 0.999 / longest) | (frequency > 1.001 / shortest)
    assert power[outside].sum() < 1e-9 * power.sum()
    assert power[~outside].min() > 0.0


@pytest.mark.parametrize("slope", [1.0, 1.7, 2.6])
def test_amplitude_falls_as_asked(slope: float) -> None:
    """Regression of log power on log frequency over 24 fields: power falls with twice the exponent of the amplitude."""
    rng = np.random.default_rng(4)
    power = 0.0
    for _ in range(24):
        frequency, one = spectrum(fractal(rng, 128, slope, 100.0, 2.5))
        power = power + one / one.sum()
    inside = (frequency > 1.1 / 100.0) & (frequency < 0.9 / 2.5)
    found = np.polyfit(np.log(frequency[inside]), np.log(power[inside]), 1)[0]
    assert found == pytest.approx(-2.0 * slope, abs=0.05)


def test_fields_have_no_direction() -> None:
    """Slopes east and south are as steep, within 6 %: waves that run straight south have half of the power of others,
    for the transform takes only the real part of what it is given of them.
    """
    rng, ratios = np.random.default_rng(5), []
    for _ in range(30):
        dy, dx = np.gradient(fractal(rng, 96, 1.8, 32.0, 4.0))
        ratios.append(np.log(dy.std() / dx.std()))
    assert abs(np.mean(ratios)) < 0.06
    assert np.std(ratios) < 0.1


def test_fields_are_periodic() -> None:
    """The step over the edge is no larger than the steps inside: a texture may be repeated without a seam."""
    field = fractal(np.random.default_rng(6), 128, 1.8, 64.0, 6.0)
    for line in (field, field.T):
        inside, across = np.abs(np.diff(line, axis=0)), np.abs(line[0] - line[-1])
        assert across.mean() < 1.5 * inside.mean()
        assert across.max() < 1.5 * inside.max()


def test_a_longer_range_makes_a_smoother_field() -> None:
    rough, smooth = (fractal(np.random.default_rng(7), 128, 2.0, 64.0, shortest) for shortest in (2.0, 16.0))
    assert np.abs(np.diff(smooth)).mean() < 0.75 * np.abs(np.diff(rough)).mean()


# --- noise of the instrument


@pytest.mark.parametrize(("free", "per_signal", "level"), [(1e-6, 0.0, 0.3), (1e-7, 4e-6, 0.3), (4e-7, 2e-6, 0.05)])
def test_noise_has_the_variance_of_the_model(free: float, per_signal: float, level: float) -> None:
    """Variance and mean within 4 of their standard deviations, shape by the fourth moment and the distribution."""
    n = 300
    values = np.full((n, n), level, np.float32)
    add_noise(values, free, per_signal, 11, 3)
    noise = (values.astype(float) - np.float32(level)).ravel()
    variance = free + per_signal * level
    assert noise.var() == pytest.approx(variance, rel=4.0 * np.sqrt(2.0 / noise.size))
    assert abs(noise.mean()) < 4.0 * np.sqrt(variance / noise.size)
    assert stats.kurtosis(noise) == pytest.approx(0.0, abs=4.0 * np.sqrt(24.0 / noise.size))
    assert stats.kstest(noise / np.sqrt(variance), "norm").pvalue > 1e-3


def test_noise_below_zero_is_that_of_darkness() -> None:
    """A reflectance below 0, as noise of an earlier step may leave it, has no negative variance."""
    negative, dark = np.full((64, 64), -0.01, np.float32), np.zeros((64, 64), np.float32)
    add_noise(negative, 1e-6, 1e-2, 5, 0)
    add_noise(dark, 1e-6, 1e-2, 5, 0)
    assert np.isfinite(negative).all()
    np.testing.assert_allclose(negative + np.float32(0.01), dark, atol=2e-9)


def test_noise_of_pixels_bands_and_seeds_is_independent() -> None:
    fields = {}
    for seed, band in ((1, 0), (1, 1), (2, 0)):
        values = np.zeros((128, 128), np.float32)
        add_noise(values, 1.0, 0.0, seed, band)
        fields[seed, band] = values
        for one, other in ((values[1:], values[:-1]), (values[:, 1:], values[:, :-1])):
            assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.04
    for key in ((1, 1), (2, 0)):
        assert abs(np.corrcoef(fields[1, 0].ravel(), fields[key].ravel())[0, 1]) < 0.04


def test_noise_does_not_depend_on_threads() -> None:
    made = []
    threads = numba.get_num_threads()
    try:
        for number in (1, threads):
            numba.set_num_threads(number)
            values = np.full((97, 61), 0.2, np.float32)
            add_noise(values, 1e-6, 1e-6, 3, 4)
            made.append(values)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(made[0], made[1])


def test_noise_of_a_pixel_does_not_depend_on_the_others() -> None:
    """The noise of a row is the same in an image that ends there: a scene can be made larger without being redrawn."""
    large, small = np.zeros((80, 80), np.float32), np.zeros((40, 60), np.float32)
    for values in (large, small):
        add_noise(values, 1.0, 0.0, 9, 2)
    np.testing.assert_array_equal(large[:40, :60], small)
