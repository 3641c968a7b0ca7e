"""Randomness that depends on a seed and a place alone, never on the order of work."""

from __future__ import annotations

import zlib

import numba
import numpy as np
import numpy.typing as npt
from scipy import fft

from estran.jit import jit, parallel_jit

Float32 = npt.NDArray[np.float32]


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each part of a scene, so that a change in one leaves the others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())])))


def fractal(rng: np.random.Generator, size: int, slope: float, longest: float, shortest: float = 2.0) -> Float32:
    """A periodic field of fractal noise, zero mean and unit variance, made by spectral synthesis.

    Parameters
    ----------
    size
        Rows and columns.
    slope
        Amplitude falls with frequency to the power ``-slope``: 1 is rough, 2 is a mountain, 3 is smooth.
    longest, shortest
        Wavelengths [pixels] between which there is power.
    """
    fy, fx = np.meshgrid(
        np.fft.fftfreq(size).astype(np.float32), np.fft.rfftfreq(size).astype(np.float32), indexing="ij", sparse=True
    )
    frequency = np.sqrt(fy * fy + fx * fx)
    frequency[0, 0] = 1.0
    amplitude = frequency ** np.float32(-slope)
    amplitude[(frequency < 1.0 / longest) | (frequency > 1.0 / shortest)] = 0
    amplitude[0, 0] = 0
    noise = rng.standard_normal((size, size // 2 + 1), np.float32) + 1j * rng.standard_normal(
        (size, size // 2 + 1), np.float32
    )
    field = np.asarray(fft.irfft2(noise.astype(np.complex64) * amplitude, s=(size, size), workers=1), np.float32)
    return np.asarray((field - field.mean()) / np.float32(max(float(field.std()), 1e-12)), np.float32)


@jit
def scramble(key: np.uint64) -> np.uint64:
    """One round of the splitmix64 generator (Steele, Lea and Flood 2014): 64 bits that look random."""
    z = key + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def scatter(a: int, b: int, c: int) -> float:
    """A number in [0, 1) for three integers."""
    key = scramble(
        np.uint64(a) * np.uint64(0x9E3779B1) ^ scramble(np.uint64(b) * np.uint64(0x85EBCA77) ^ scramble(np.uint64(c)))
    )
    return float(key >> np.uint64(11)) / 9007199254740992.0


@parallel_jit
def add_noise(values: Float32, signal_free: float, per_signal: float, seed: int, band: int) -> None:
    """Add Gaussian noise of variance ``signal_free + per_signal * value`` in place, pixel by pixel (Box-Muller on
    hashed bits).
    """

    rows, cols = values.shape
    for i in numba.prange(rows):
        for j in range(cols):
            key = scramble(
                np.uint64(i) * np.uint64(1 << 20)
                + np.uint64(j)
                + scramble(np.uint64(seed) * np.uint64(64) + np.uint64(band))
            )
            u = (float(key >> np.uint64(40)) + 0.5) / 16777216.0
            v = float(key & np.uint64(0xFFFFFF)) / 16777216.0
            normal = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
            values[i, j] += np.float32(np.sqrt(signal_free + per_signal * max(values[i, j], np.float32(0.0))) * normal)
