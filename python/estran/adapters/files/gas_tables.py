"""Tables of cross-sections on disk: made from the user's lines on first use, kept by what they were made from.

A table's name holds a hash of everything in it: the contents of the files, the grid, the nodes, the version of the
kernels. So a changed line list makes a new table, and an old one is never taken for it. Tables are never part of the
package: HITRAN and GEISA ask users to fetch their own lines.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estran import __version__
from estran.adapters.files.belongings import A_FILE
from estran.adapters.files.line_lists import (
    HOW_TO_GET,
    read_collision_induced,
    read_lines,
    read_mixed_band,
    read_water_continuum,
)
from estran.adapters.files.whole import whole
from estran.errors import BadParameter, BadProduct, TargetBusy
from estran.physics.gas.absorber import Absorber
from estran.physics.gas.collision_induced import oxygen_1270nm
from estran.physics.gas.line_by_line import checked_grid
from estran.physics.gas.table import CrossSections, Nodes, build_table
from estran.raster.scene import Progress, quiet

Float = npt.NDArray[np.float64]

KERNELS = 1
"""Raised when the kernels give other numbers, so that tables made before are made anew."""


@dataclass(frozen=True)
class Spectroscopy:
    """The files of one gas.

    Parameters
    ----------
    lines
        HITRAN or GEISA.
    band, relaxation
        Lines and relaxation matrix of the O2 A band after Tran et al. 2006; both or neither.
    collisions
        HITRAN .cia, or two columns.
    oxygen_1270nm
        Whether O2 gets the built-in collision-induced band at 1.27 µm (GAS-14), for those without a file of it.
    continuum
        MT_CKD's NetCDF file, for H2O.
    """

    lines: Path | None
    band: Path | None = None
    relaxation: Path | None = None
    collisions: tuple[Path, ...] = ()
    oxygen_1270nm: bool = False
    continuum: Path | None = None

    def files(self) -> list[Path]:
        """All files given.

        Raises
        ------
        BadParameter
            The line file is not given, or one of band and relaxation only.
        BadProduct
            A file is not there.
        """
        if self.lines is None:
            raise BadParameter(
                "no spectral lines are given, and none come with estran (their owners ask that users fetch their own)",
                todo=HOW_TO_GET,
            )
        if (self.band is None) != (self.relaxation is None):
            raise BadParameter(
                "line mixing needs two files",
                expected="the lines of the band and their relaxation matrix",
                found="one of them",
            )
        given = [
            Path(p) for p in (self.lines, self.band, self.relaxation, *self.collisions, self.continuum) if p is not None
        ]
        for path in given:
            if not path.is_file():
                raise BadProduct(
                    "a spectroscopic file is missing", where=path, todo=HOW_TO_GET if path == Path(self.lines) else ""
                )
        return given

    def absorber(self, gas: str) -> Absorber:
        """What the files say of a gas.

        Raises
        ------
        BadParameter
            The line file has no line of it.
        BadProduct
            A file is damaged.
        """
        self.files()
        gases = read_lines(Path(self.lines))  # type: ignore[arg-type]  # files() has checked it
        if gas not in gases:
            raise BadParameter(
                f"the line file has no line of {gas}",
                where=Path(self.lines).name,  # type: ignore[arg-type]
                found=", ".join(gases),
                todo=HOW_TO_GET,
            )
        band = read_mixed_band(self.band, self.relaxation) if self.band and self.relaxation else None
        collisions = tuple(c for path in self.collisions for c in read_collision_induced(path) if c.gas == gas)
        if self.oxygen_1270nm and gas == "O2":
            collisions += (oxygen_1270nm(),)
        return Absorber(gases[gas], band, collisions, read_water_continuum(self.continuum) if self.continuum else None)


def gas_table(
    gas: str,
    spectroscopy: Spectroscopy,
    wavenumber: npt.ArrayLike,
    nodes: Nodes,
    *,
    folder: Path | str | None = None,
    progress: Progress = quiet,
) -> CrossSections:
    """The table of a gas: read where it was made before from the same files, else made and kept.

    Parameters
    ----------
    gas
        Formula.
    spectroscopy
        The user's files.
    wavenumber
        Grid, rising [cm⁻¹]; the step should be 0.4 Doppler half widths or less.
    nodes
        Of pressure, temperature and fraction.
    folder
        Where tables are kept; :func:`cache_folder` if none is given.
    progress
        Gets how far the making is.

    Raises
    ------
    BadParameter, BadProduct
        Files are missing or damaged, or the lines do not reach the grid.
    WriteFailed
        The table cannot be kept.
    """
    grid = checked_grid(wavenumber)
    facts = _facts(gas, spectroscopy, grid, nodes)
    path = Path(folder or cache_folder()) / f"gas-{gas}-{facts['hash'][:16]}.npz"
    kept = _read(path, facts["hash"], gas, grid, nodes)
    if kept is not None:
        return kept
    table = build_table(spectroscopy.absorber(gas), grid, nodes, progress)
    with (
        contextlib.suppress(TargetBusy),
        whole(path, overwrite=True, kind=A_FILE) as part,
    ):  # two runs make the same table
        np.savez(part, section=table.section, facts=np.array(json.dumps(facts, indent=1)))
    return table


def cache_folder() -> Path:
    """Where tables are kept: ``ESTRAN_CACHE``, else the folder that the system has for such things."""
    given = os.environ.get("ESTRAN_CACHE")
    if given:
        return Path(given)
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "estran"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "estran"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "estran"


def _facts(gas: str, spectroscopy: Spectroscopy, grid: Float, nodes: Nodes) -> dict[str, str]:
    """What a table is made from, and the hash of it all."""
    digest = hashlib.sha256(json.dumps([KERNELS, gas, spectroscopy.oxygen_1270nm]).encode())
    for values in (grid, nodes.pressure, nodes.temperature, nodes.fraction):
        digest.update(np.ascontiguousarray(values, "<f8").tobytes() + b"|")
    names = []
    for role in ("lines", "band", "relaxation", "continuum"):
        path = getattr(spectroscopy, role)
        names += [(role, Path(path))] if path is not None else []
    names += [("collisions", Path(path)) for path in spectroscopy.collisions]
    spectroscopy.files()
    made_from = []
    for role, path in names:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{role}:{content}|".encode())
        made_from.append(f"{role} {path.name} sha256 {content}")
    return {
        "hash": digest.hexdigest(),
        "gas": gas,
        "estran": __version__,
        "kernels": str(KERNELS),
        "inputs": "; ".join(made_from),
    }


def _read(path: Path, wanted: str, gas: str, grid: Float, nodes: Nodes) -> CrossSections | None:
    """A table that was kept; none where it is not there or is not whole."""
    if not path.is_file():
        return None
    try:
        with (
            path.open("rb") as handle,
            np.load(handle) as file,
        ):  # opened here, so that it is closed where the content is no archive
            if json.loads(str(file["facts"]))["hash"] != wanted:
                return None
            return CrossSections(gas, grid, nodes, file["section"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, BadParameter):
        return None
