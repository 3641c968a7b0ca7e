"""Makes ``python/estran/physics/gas/isotopologues.py`` from the package hitran-api: ``python -m benchmarks.tips >
…/isotopologues.py``.

The partition sums there are fits, so that estran needs no spectroscopic package; this module is the command that made
them.
"""

from __future__ import annotations

import contextlib
import io
import sys
from importlib.metadata import version

import numpy as np

MOLECULES = {"H2O": 1, "CO2": 2, "O3": 3, "N2O": 4, "CO": 5, "CH4": 6, "O2": 7, "NO2": 10}
RELEASE = 2021
LOW, HIGH, DEGREE = 140.0, 360.0, 8

HEAD = '''"""Isotopologues of the gases that absorb sunlight: mass, natural abundance, partition sum.

Generated: see below; do not edit.

Command: ``python -m benchmarks.tips``, with hitran-api {package}. Abundances, masses: HITRAN's conventions. Partition
sums: TIPS-{release} (Gamache et al., doi:10.1016/j.jqsrt.2021.107713), fitted by Chebyshev series from {low:g} to
{high:g} K; the largest relative error of a fit is {error:.1e}.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Isotopologue:
    """A molecule with given isotopes.

    Parameters
    ----------
    mass
        Molar mass [g/mol].
    abundance
        Natural fraction among the molecules of its kind, as in HITRAN's intensities [1].
    power
        n of (GAS-2) [1].
    series
        Chebyshev coefficients c of (GAS-2).
    """

    mass: float
    abundance: float
    power: float
    series: tuple[float, ...]


COLDEST, WARMEST = {low}, {high}
"""Range of the fits [K]."""

MOLECULES: dict[str, int] = {{
{molecules}
}}
"""HITRAN's number of each gas."""

# fmt: off
ISOTOPOLOGUES: dict[tuple[int, int], Isotopologue] = {{
{rows}
}}
# fmt: on
"""By HITRAN's numbers of molecule and isotopologue."""'''


def text() -> str:
    """The module's source."""
    with contextlib.redirect_stdout(io.StringIO()):
        import hapi

        temperature = np.arange(LOW, HIGH + 0.5, 1.0)
        u = (2.0 * temperature - LOW - HIGH) / (HIGH - LOW)
        rows, worst = [], 0.0
        for (molecule, isotope), facts in hapi.ISO.items():
            if molecule not in MOLECULES.values():
                continue
            power = 1.5 if molecule in (1, 3, 6, 10) else 1.0
            try:
                sums = np.array([hapi.partitionSum(molecule, isotope, float(t), version=RELEASE) for t in temperature])
            except Exception:  # of hapi, for isotopologues that this release lacks
                continue
            at_296 = hapi.partitionSum(molecule, isotope, 296.0, version=RELEASE)
            wanted = np.log(sums / at_296) - power * np.log(temperature / 296.0)
            series = np.polynomial.chebyshev.chebfit(u, wanted, DEGREE)
            worst = max(worst, float(np.abs(np.expm1(np.polynomial.chebyshev.chebval(u, series) - wanted)).max()))
            numbers = [f"{c:.8e}" for c in series]
            rows.append(
                f"    ({molecule}, {isotope}): Isotopologue({facts[3]!r}, {facts[2]!r}, {power!r}, (\n        "
                f"{', '.join(numbers[:5])},\n        {', '.join(numbers[5:])})),"
            )
    names = "\n".join(f'    "{name}": {number},' for name, number in MOLECULES.items())
    return HEAD.format(
        package=version("hitran-api"),
        release=RELEASE,
        low=LOW,
        high=HIGH,
        error=worst,
        molecules=names,
        rows="\n".join(rows),
    )


if __name__ == "__main__":
    sys.stdout.write(text() + "\n")
