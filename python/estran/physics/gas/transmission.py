"""Transmission of profiles in the channels of an instrument, with derivatives. Labels (GAS-n) are those of
``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from estran.errors import BadParameter
from estran.physics.gas.profile import Layers
from estran.physics.gas.table import CrossSections, optical_depth, profile_weights

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Transmission:
    """Transmission of profiles in channels, each (profiles, channels).

    Parameters
    ----------
    value
        0 to 1.
    surface_pressure
        Derivative by pressure at the ground, the lowest layer growing [1/hPa].
    temperature
        Derivative by a shift of all temperatures [1/K].
    scale
        Derivative by a factor on the column of each gas, by formula [1].
    """

    value: Float
    surface_pressure: Float
    temperature: Float
    scale: Mapping[str, Float]


def transmission(
    tables: Sequence[CrossSections],
    channels: csr_array,
    profiles: Sequence[Layers],
    airmass: float | Sequence[npt.ArrayLike] = 1.0,
) -> Transmission:
    """Transmission of profiles through the gases of some tables (GAS-22, GAS-23).

    Parameters
    ----------
    tables
        One a gas, all on the same wavenumbers.
    channels
        Responses on these wavenumbers, or weights of a :func:`~estran.physics.gas.sampling.sample`, (c, m).
    profiles
        One or more; many at once are quicker than one by one.
    airmass
        Path over thickness: one number, one a profile, or for each profile one a layer.

    Raises
    ------
    BadParameter
        The tables differ in wavenumbers or share a gas; a profile is outside a table; the airmasses are not as many as
        the profiles.
    """
    paths: list[npt.ArrayLike] = (
        list(airmass) if isinstance(airmass, Sequence | np.ndarray) else [airmass] * len(profiles)
    )
    if len(paths) != len(profiles):
        raise BadParameter(
            "airmasses are not as many as the profiles", expected=f"{len(profiles)}", found=f"{len(paths)}"
        )
    depths = spectra(tables, profiles, paths)
    if channels.shape[1] != tables[0].wavenumber.size:
        raise BadParameter(
            "the channels were made for another grid",
            expected=f"{tables[0].wavenumber.size} wavenumbers",
            found=f"{channels.shape[1]}",
        )
    total = sum(depth[:, 0] for depth in depths.values())
    fine = np.exp(-np.asarray(total))  # (GAS-22)

    def convolved(derivative: Float) -> Float:
        return np.asarray((channels @ (-fine * derivative).T).T)  # (GAS-23)

    return Transmission(
        np.asarray((channels @ fine.T).T),
        convolved(np.asarray(sum(depth[:, 1] for depth in depths.values()))),
        convolved(np.asarray(sum(depth[:, 2] for depth in depths.values()))),
        {gas: convolved(depth[:, 3]) for gas, depth in depths.items()},
    )


def spectra(
    tables: Sequence[CrossSections], profiles: Sequence[Layers], airmass: Sequence[npt.ArrayLike]
) -> dict[str, Float]:
    """Optical depth of each gas on the fine grid, with derivatives: (profiles, 4, m), by formula."""
    if not tables or not profiles:
        raise BadParameter(
            "there is no table, or no profile",
            expected="one or more of each",
            found=f"{len(tables)} and {len(profiles)}",
        )
    first = tables[0]
    for table in tables[1:]:
        if not np.array_equal(table.wavenumber, first.wavenumber):
            raise BadParameter(
                "tables of different wavenumbers cannot be added",
                found=f"{first.gas} and {table.gas}",
                todo="make them on one grid",
            )
    if len({table.gas for table in tables}) != len(tables):
        raise BadParameter(
            "a gas has two tables",
            found=", ".join(table.gas for table in tables),
            todo="give one absorber all its lines",
        )
    return {
        table.gas: optical_depth(
            table,
            [
                profile_weights(table.gas, table.nodes, layers, path)
                for layers, path in zip(profiles, airmass, strict=True)
            ],
        )
        for table in tables
    }


def values(
    tables: Sequence[CrossSections], channels: csr_array, profiles: Sequence[Layers], airmass: Sequence[npt.ArrayLike]
) -> Float:
    """Transmission alone, without derivatives, (profiles, channels); four times as quick as :func:`transmission`."""
    total = np.zeros((len(profiles), tables[0].wavenumber.size), np.float32)
    for table in tables:
        rows = np.stack(
            [
                profile_weights(table.gas, table.nodes, layers, path).value
                for layers, path in zip(profiles, airmass, strict=True)
            ]
        )
        total += rows.astype(np.float32) @ table.section
    np.exp(-total, out=total)
    return np.asarray((channels @ total.T).T, np.float64)
