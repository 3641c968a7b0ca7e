"""Speed of the tables of the radiative transfer on one thread, beside the same interpolation in SciPy in the same run.
``python -m benchmarks rt_tables``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from benchmarks.timing import fastest
from estran.physics.radiative_transfer.table_aerosol import BANDS, MODES
from estran.physics.radiative_transfer.tables import aerosol_table, rayleigh_table, sky_glint_table

PIXELS = 400_000


def _rate(call: Callable[[], object], pixels: int = PIXELS) -> float:
    """Millions of pixels a second."""
    return pixels / fastest(call, 3) / 1e6


def main() -> None:
    """Print millions of pixels and bands a second; every argument is an image of its own, the slowest case."""
    import numba

    numba.set_num_threads(1)
    draw = np.random.default_rng(0)
    sun, view = np.cos(np.radians(draw.uniform(20, 70, PIXELS))), np.cos(np.radians(draw.uniform(0, 12, PIXELS)))
    azimuth, thickness, wind = (
        draw.uniform(0, 360, PIXELS),
        draw.uniform(0.02, 0.8, PIXELS),
        draw.uniform(1, 12, PIXELS),
    )
    table = aerosol_table("continental")
    air = table.numbers[list(BANDS).index("B2"), 0] * draw.uniform(0.7, 1.05, PIXELS)
    rates = {
        "aerosol: path reflectance": _rate(
            lambda: table.path_reflectance("B2", thickness, sun, view, azimuth, depth=air)
        ),
        "aerosol: path reflectance, one depth of aerosol and air": _rate(
            lambda: table.path_reflectance("B2", 0.2, sun, view, azimuth)
        ),
        "aerosol: transmittance": _rate(lambda: table.transmittance("B2", thickness, sun, depth=air)),
        "molecules: path reflectance": _rate(lambda: rayleigh_table().path_reflectance(air, sun, view, azimuth)),
        "molecules: I, Q, U": _rate(lambda: rayleigh_table().path_stokes(air, sun, view, azimuth)),
        "sea and sky: reflectance": _rate(lambda: sky_glint_table().reflectance(air, sun, view, azimuth, wind)),
    }
    # The same seven modes, cubic in the same four axes, nodes taken as even (SciPy's cubic spline of four axes is a
    # matrix of the whole table: linear it is).
    few, k = PIXELS // 10, list(BANDS).index("B2")
    place = np.stack([draw.uniform(0, n - 1.001, few) for n in table.modes.shape[1:5]], axis=-1)
    plain = RegularGridInterpolator([np.arange(n) for n in table.modes.shape[1:5]], table.modes[k])
    wave = np.arange(MODES)
    scipy = _rate(lambda: (plain(place) * np.cos(wave * np.radians(azimuth[:few, None]))).sum(1), few)
    print("| table | 10⁶ px·band/s, one thread | beside SciPy, linear |")
    print("|---|---|---|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.2f} | {'x %.1f' % (rate / scipy) if name == 'aerosol: path reflectance' else ''} |")
    print(
        f"| SciPy: the aerosol table's modes, linear in four axes, light scattered once left out | {scipy:.2f} | x 1 |"
    )


if __name__ == "__main__":
    main()
