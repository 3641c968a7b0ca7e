"""Absorption cross-sections, line by line. Labels (GAS-n) are those of ``docs/ATBD/gas.md``."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.jit import jit, parallel_jit
from estran.physics.gas.lines import Lines, line_state
from estran.physics.gas.voigt import FAR, MIDDLE, far_imaginary, far_real, middle, probability

Float = npt.NDArray[np.float64]

CUT = 25.0
"""cm⁻¹: how far a line reaches, the convention of line lists and of the water continuum."""
_BLOCK = 1024
_ROOT_LN2 = float(np.sqrt(np.log(2.0)))
_INVERSE_ROOT_PI = float(1.0 / np.sqrt(np.pi))


def cross_section(
    lines: Lines,
    wavenumber: npt.ArrayLike,
    pressure: float,
    temperature: float,
    fraction: float = 0.0,
    *,
    cut: float = CUT,
    pedestal: bool = True,
    mixing: Float | None = None,
) -> Float:
    """Absorption cross-section of a gas (GAS-4, GAS-7).

    Parameters
    ----------
    lines
        Of the gas; those farther than `cut` from the grid do nothing.
    wavenumber
        In vacuum, rising [cm⁻¹], (m,).
    pressure, temperature
        Of the air [hPa, K].
    fraction
        Of the gas itself in the air, for self-broadening [mol/mol].
    cut
        How far a line reaches from its unshifted centre [cm⁻¹].
    pedestal
        False takes from each line its value at the cut, as the water continuum MT_CKD asks (GAS-8).
    mixing
        First-order coefficients Y of line mixing at this temperature [1/atm], (n,).

    Returns
    -------
    Cross-section [cm²/molecule], (m,). Without mixing it is nowhere negative.

    Raises
    ------
    BadParameter
        No line reaches the grid; the grid is not rising; pressure, temperature or fraction are out of range.
    """
    grid = checked_grid(wavenumber)
    reach = (lines.wavenumber >= grid[0] - cut) & (lines.wavenumber <= grid[-1] + cut)
    if not reach.any():
        lines.near(float(grid[0]), float(grid[-1]) + 1e-9, cut)  # says which window has no line
    if mixing is not None and mixing.shape != lines.wavenumber.shape:
        raise BadParameter(
            "line mixing needs one coefficient a line", expected=str(lines.wavenumber.shape), found=str(mixing.shape)
        )
    used = lines.take(reach)
    state = line_state(used, pressure, temperature, fraction)
    scale = _ROOT_LN2 / state.doppler
    y = state.lorentz * scale
    area = state.intensity * scale * _INVERSE_ROOT_PI
    strength = np.zeros(len(used)) if mixing is None else mixing[reach] * (pressure / 1013.25)
    base = np.zeros(len(used))
    if not pedestal:
        base = np.array([probability(cut * s, w).real for s, w in zip(scale, y, strict=True)])
    out = np.zeros(grid.size)
    if grid.size <= _BLOCK:  # one block: threads would only wait for one another
        _sum_block(0, grid, used.wavenumber, state.centre, scale, y, area, strength, base, cut, out)
    else:
        _sum_lines(grid, used.wavenumber, state.centre, scale, y, area, strength, base, cut, out)
    return out


def checked_grid(wavenumber: npt.ArrayLike) -> Float:
    """Wavenumbers [cm⁻¹] as an array that rises.

    Raises
    ------
    BadParameter
        It is empty, not finite, not rising, or not positive.
    """
    grid = np.ascontiguousarray(np.atleast_1d(np.asarray(wavenumber, float)))
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or grid[0] <= 0.0:
        raise BadParameter(
            "wavenumbers are no list of positive numbers", expected="cm⁻¹, rising", found=f"shape {grid.shape}"
        )
    if np.any(np.diff(grid) <= 0.0):
        at = int(np.flatnonzero(np.diff(grid) <= 0.0)[0])
        raise BadParameter(
            "wavenumbers do not rise",
            where=f"sample {at + 2}",
            expected=f"above {grid[at]:g} cm⁻¹",
            found=f"{grid[at + 1]:g}",
            todo="sort them; wavelengths must be turned round",
        )
    return grid


@jit
def _sum_block(
    block: int,
    grid: Float,
    position: Float,
    centre: Float,
    scale: Float,
    y: Float,
    area: Float,
    mixing: Float,
    base: Float,
    cut: float,
    out: Float,
) -> None:
    """Add every line that reaches a block of the grid, in the order of the lines."""
    first = block * _BLOCK
    last = min(first + _BLOCK, grid.size)
    begin = np.searchsorted(position, grid[first] - cut)
    end = np.searchsorted(position, grid[last - 1] + cut, side="right")
    for k in range(begin, end):
        lo = first + np.searchsorted(grid[first:last], position[k] - cut)
        hi = first + np.searchsorted(grid[first:last], position[k] + cut, side="right")
        # From the outside in, on both sides: where two terms of the continued fraction do, where six do, and the core.
        outer, inner = _reach(FAR, y[k]) / scale[k], _reach(MIDDLE, y[k]) / scale[k]
        left = min(max(first + np.searchsorted(grid[first:last], centre[k] - outer), lo), hi)
        right = max(min(first + np.searchsorted(grid[first:last], centre[k] + outer, side="right"), hi), left)
        begin_core = min(max(first + np.searchsorted(grid[first:last], centre[k] - inner), left), right)
        end_core = max(
            min(first + np.searchsorted(grid[first:last], centre[k] + inner, side="right"), right), begin_core
        )
        _wing(grid, lo, left, centre[k], scale[k], y[k], area[k], mixing[k], base[k], out)
        _flank(grid, left, begin_core, centre[k], scale[k], y[k], area[k], mixing[k], base[k], out)
        _core(grid, begin_core, end_core, centre[k], scale[k], y[k], area[k], mixing[k], base[k], out)
        _flank(grid, end_core, right, centre[k], scale[k], y[k], area[k], mixing[k], base[k], out)
        _wing(grid, right, hi, centre[k], scale[k], y[k], area[k], mixing[k], base[k], out)


@parallel_jit
def _sum_lines(
    grid: Float,
    position: Float,
    centre: Float,
    scale: Float,
    y: Float,
    area: Float,
    mixing: Float,
    base: Float,
    cut: float,
    out: Float,
) -> None:
    """All blocks: the order of the sum in a sample is that of the lines, whatever the number of threads."""
    for block in numba.prange((grid.size + _BLOCK - 1) // _BLOCK):
        _sum_block(block, grid, position, centre, scale, y, area, mixing, base, cut, out)


@jit
def _reach(square: float, y: float) -> float:
    """x at which |z|² is `square`; 0 where it is so everywhere."""
    rest = square - y * y
    return np.sqrt(rest) if rest > 0.0 else 0.0


@jit
def _wing(
    grid: Float,
    lo: int,
    hi: int,
    centre: float,
    scale: float,
    y: float,
    area: float,
    mixing: float,
    base: float,
    out: Float,
) -> None:
    if mixing == 0.0:
        for i in range(lo, hi):
            out[i] += area * (far_real((grid[i] - centre) * scale, y) - base)
    else:
        for i in range(lo, hi):
            x = (grid[i] - centre) * scale
            out[i] += area * (far_real(x, y) + mixing * far_imaginary(x, y) - base)


@jit
def _flank(
    grid: Float,
    lo: int,
    hi: int,
    centre: float,
    scale: float,
    y: float,
    area: float,
    mixing: float,
    base: float,
    out: Float,
) -> None:
    for i in range(lo, hi):
        w = middle((grid[i] - centre) * scale, y)
        out[i] += area * (w.real + mixing * w.imag - base)


@jit
def _core(
    grid: Float,
    lo: int,
    hi: int,
    centre: float,
    scale: float,
    y: float,
    area: float,
    mixing: float,
    base: float,
    out: Float,
) -> None:
    for i in range(lo, hi):
        w = probability((grid[i] - centre) * scale, y)
        out[i] += area * (w.real + mixing * w.imag - base)  # (GAS-7)
