"""Readers of the user's spectroscopic files: lines (HITRAN, GEISA), line mixing of the O2 A band, collision-induced
absorption, water continuum.

None of these files comes with estran: HITRAN and GEISA ask that users fetch their own copy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estran.errors import BadProduct
from estran.physics.gas.collision_induced import CollisionInduced
from estran.physics.gas.constants import LOSCHMIDT
from estran.physics.gas.continuum import WaterContinuum
from estran.physics.gas.isotopologues import ISOTOPOLOGUES, MOLECULES
from estran.physics.gas.line_mixing import MixedBand
from estran.physics.gas.lines import Lines, line_list
from estran.physics.gas.partition import REFERENCE_TEMPERATURE

Float = npt.NDArray[np.float64]
Row = tuple[int, int, float, float, float, float, float, float, float]
"""Molecule, isotopologue, wavenumber, intensity, air width, self width, lower energy, exponent, shift."""

HOW_TO_GET = (
    "get the 160-character .par file of your window from hitran.org (free account), or the line file of "
    "geisa.aeris-data.fr, and give its path"
)
_NAMES = {number: name for name, number in MOLECULES.items()}
_ISOTOPE_DIGITS = {**{str(n): n for n in range(1, 10)}, "0": 10, "A": 11, "B": 12}
_UNKNOWN_EXPONENT = 0.5
"""Of kinetic theory, where GEISA has none."""


def read_lines(path: Path | str) -> dict[str, Lines]:
    """Lines of every gas in a HITRAN (160 characters, .par) or GEISA (211 or 252 characters) file, by formula.

    Gases that estran does not know are left out. Lines may stand in any order.

    Raises
    ------
    BadProduct
        The file is missing, of no known format, or damaged: the sentence names the line.
    """
    path = Path(path)
    rows = _text(path, "line file").splitlines()
    parse = _parser(path, next((r for r in rows if r.strip()), ""))
    found: list[Row] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            found.append(parse(row))
        except (ValueError, KeyError, IndexError) as error:
            raise BadProduct(
                "a line of the file is no spectral line",
                where=f"{path.name}, line {number}",
                found=repr(row[:70]),
                todo="take the file as it was downloaded, without editing",
            ) from error
    table = [r for r in found if (r[0], r[1]) in ISOTOPOLOGUES]
    if not table:
        raise BadProduct(
            "the file has no line of a gas that is known here",
            where=path.name,
            expected=" or ".join(MOLECULES),
            found=f"{len(found)} lines",
        )
    gases = {_NAMES[molecule]: [r for r in table if r[0] == molecule] for molecule in sorted({r[0] for r in table})}
    return {gas: line_list(gas, *zip(*(r[1:] for r in lines), strict=True)) for gas, lines in gases.items()}


def _parser(path: Path, row: str) -> Callable[[str], Row]:
    # The decimal point of the wavenumber (F12.6): it begins in column 4 of HITRAN's lines, in column 1 of GEISA's.
    if len(row) >= 67 and row[8] == "." and row[:2].strip().isdigit():
        return _hitran
    if len(row) >= 114 and row[5] == ".":
        return _geisa_252 if len(row) > 211 else _geisa_211
    raise BadProduct(
        "this is no file of spectral lines",
        where=path.name,
        expected="160 characters a line (HITRAN 2004) or 211 or 252 (GEISA)",
        found=f"{len(row)} characters: {row[:40]!r}",
        todo=HOW_TO_GET,
    )


def _hitran(row: str) -> Row:
    """Columns of HITRAN 2004 (Rothman et al. 2005, doi:10.1016/j.jqsrt.2004.10.008, table 1)."""
    return (
        int(row[0:2]),
        _ISOTOPE_DIGITS[row[2]],
        float(row[3:15]),
        float(row[15:25]),
        float(row[35:40]),
        float(row[40:45]),
        float(row[45:55]),
        float(row[55:59]),
        float(row[59:67]),
    )


def _geisa(row: str, exponent: slice, numbers: int, self_width: slice, shift: slice) -> Row:
    """Fields A to D, F, K, L, N, O; undefined values are negative where that is impossible."""

    def number(text: str) -> float:
        return float(text.replace("D", "E").replace("d", "e"))

    air, own, power = number(row[23:29]), number(row[self_width]), number(row[exponent])
    moved = number(row[shift])
    return (
        int(row[numbers : numbers + 2]),
        _ISOTOPE_DIGITS[row[numbers + 2]],
        number(row[0:12]),
        number(row[12:23]),
        air,
        own if own > 0.0 else air,
        number(row[29:39]),
        power if power > -0.98 else _UNKNOWN_EXPONENT,
        moved if moved > -0.9 else 0.0,
    )


def _geisa_211(row: str) -> Row:
    """Columns of GEISA 2003 (Jacquinet-Husson et al. 2005, doi:10.1016/j.jqsrt.2004.12.004)."""
    return _geisa(row, slice(75, 79), 88, slice(101, 106), slice(106, 114))


def _geisa_252(row: str) -> Row:
    """Columns of GEISA 2009 and later (Jacquinet-Husson et al. 2011, doi:10.1016/j.jqsrt.2011.06.004)."""
    return _geisa(row, slice(119, 123), 132, slice(145, 152), slice(152, 161))


def read_mixed_band(lines: Path | str, relaxation: Path | str) -> MixedBand:
    """The O2 A band with its relaxation matrix, from the two text files that Tran, Boulet and Hartmann 2006 give (SDF…,
    RMF…).

    Raises
    ------
    BadProduct
        A file is missing or damaged, or the matrix does not belong to the lines.
    """
    path = Path(lines)
    names: list[tuple[str, str]] = []
    columns: list[list[float]] = []
    m: list[int] = []
    for number, row in enumerate(_text(path, "file of lines with mixing").splitlines(), 1):
        if not row.strip():
            continue
        label = re.search(r"([PR])\s*(\d+)([PQR])\s*(\d+)\s*$", row)
        values = _numbers(row[: label.start()]) if label else []
        if label is None or len(values) != 8:
            raise BadProduct(
                "a line of the file is no line of the band",
                where=f"{path.name}, line {number}",
                expected="eight numbers and a label as P 35Q 34",
                found=repr(row[:90]),
            )
        columns.append(values)
        n = int(label.group(2))
        m.append(-n if label.group(1) == "P" else n + 1)
        names.append((label.group(1) + label.group(2), label.group(3) + label.group(4)))
    if not columns:
        raise BadProduct("the file has no lines", where=path.name)
    table = np.array(columns).T
    w, exponent = _relaxation(Path(relaxation), names)
    nu, population, rigid, dipole, energy, width, power, shift = table
    return MixedBand("O2", 1, nu, population, rigid, dipole, energy, width, power, shift, np.array(m), w, exponent)


def _relaxation(path: Path, names: Sequence[tuple[str, str]]) -> tuple[Float, Float]:
    """W and its exponents, by the labels in the file."""
    index = {name: k for k, name in enumerate(names)}
    w = np.full((len(names), len(names)), np.nan)
    exponent = np.zeros_like(w)
    for number, row in enumerate(_text(path, "relaxation matrix").splitlines(), 1):
        if not row.strip():
            continue
        labels = re.findall(r"([PR])\s*(\d+)([PQR])\s*(\d+)", row)
        values = _numbers(row[: re.search(r"[PR]", row).start()]) if len(labels) == 2 else []  # type: ignore[union-attr]  # a label has one
        pair = [index.get((a + b, c + d)) for a, b, c, d in labels]
        if len(values) != 2 or len(pair) != 2 or pair[0] is None or pair[1] is None:
            raise BadProduct(
                "a line of the relaxation matrix is no element of it",
                where=f"{path.name}, line {number}",
                expected="W, exponent, two labels of the lines",
                found=repr(row[:60]),
            )
        w[pair[0], pair[1]], exponent[pair[0], pair[1]] = values
    missing = int(np.isnan(w).sum())
    if missing:
        raise BadProduct(
            "elements of the relaxation matrix are missing",
            where=path.name,
            expected=f"{w.size} elements",
            found=f"{w.size - missing}",
        )
    return w, exponent


def read_collision_induced(path: Path | str, *, gas: str = "O2", oxygen: float = 0.209) -> tuple[CollisionInduced, ...]:
    """Collision-induced absorption from a HITRAN .cia file, or from the two columns of Tran et al. 2006 (wavenumber,
    cm⁻¹ amagat⁻²).

    Parameters
    ----------
    gas
        Which gas absorbs, where the file does not say.
    oxygen
        Fraction of it that is in the numbers of a file of two columns: those of Tran et al. are for air [mol/mol].

    Raises
    ------
    BadProduct
        The file is missing, of neither format, or cut short.
    """
    path = Path(path)
    rows = [r for r in _text(path, "file of collision-induced absorption").splitlines() if r.strip()]
    if not rows:
        raise BadProduct("the file is empty", where=path.name)
    if re.match(r"\s*\w+-\w+", rows[0]):
        return _hitran_cia(path, rows)
    table = [_numbers(r) for r in rows]
    if any(len(r) != 2 for r in table):
        at = next(k for k, r in enumerate(table) if len(r) != 2)
        raise BadProduct(
            "a line is no pair of wavenumber and coefficient",
            where=f"{path.name}, line {at + 1}",
            found=repr(rows[at][:60]),
        )
    wavenumber, amagat = np.array(table).T
    return (
        CollisionInduced(
            gas, "Air", wavenumber, np.array([REFERENCE_TEMPERATURE]), (amagat / oxygen / LOSCHMIDT**2)[None, :]
        ),
    )


def _hitran_cia(path: Path, rows: list[str]) -> tuple[CollisionInduced, ...]:
    """Blocks of a header and as many pairs as it says (Karman et al. 2019, doi:10.1016/j.icarus.2019.02.034); blocks of
    one band are joined by temperature.
    """
    bands: list[tuple[str, str, list[tuple[float, Float, Float]]]] = []
    k = 0
    while k < len(rows):
        header = rows[k]
        try:
            gas, partner = header[:20].split()[0].split("-")
            count, temperature = int(header[40:47]), float(header[47:54])
            nu, values = np.array([_numbers(r) for r in rows[k + 1 : k + 1 + count]]).T
        except (ValueError, IndexError) as error:
            raise BadProduct(
                "a block of the file is damaged or cut short",
                where=f"{path.name}, block at line {k + 1}",
                found=repr(header[:60]),
            ) from error
        if nu.size != count:
            raise BadProduct(
                "a block of the file is cut short",
                where=f"{path.name}, block at line {k + 1}",
                expected=f"{count} samples",
                found=f"{nu.size}",
            )
        block = (temperature, nu, np.maximum(values, 0.0))
        home = next((b for b in bands if b[:2] == (gas, partner) and _overlap(b[2][0][1], nu)), None)
        if home is None:
            bands.append((gas, partner, [block]))
        else:
            home[2].append(block)
        k += 1 + count
    return tuple(_joined(*band) for band in bands)


def _overlap(a: Float, b: Float) -> bool:
    return bool(min(a[-1], b[-1]) - max(a[0], b[0]) > 0.5 * min(a[-1] - a[0], b[-1] - b[0]))


def _joined(gas: str, partner: str, blocks: list[tuple[float, Float, Float]]) -> CollisionInduced:
    by_temperature = {t: (nu, values) for t, nu, values in blocks}
    t = np.array(sorted(by_temperature))
    grid = np.unique(np.concatenate([nu for nu, _ in by_temperature.values()]))
    table = np.array([np.interp(grid, *by_temperature[float(k)], left=0.0, right=0.0) for k in t])
    return CollisionInduced(gas, partner, grid, t, table)


def read_water_continuum(path: Path | str) -> WaterContinuum:
    """Coefficients of the water continuum from MT_CKD's NetCDF file (absco-ref_wv-mt-ckd.nc).

    Raises
    ------
    BadProduct
        The file is missing, damaged, or another NetCDF file.
    """
    import netCDF4

    path = Path(path)
    if not path.is_file():
        raise BadProduct(
            "there is no such file",
            where=path,
            todo="get absco-ref_wv-mt-ckd.nc from the MT_CKD_H2O repository of AER on GitHub",
        )
    wanted = ("wavenumbers", "self_absco_ref", "for_absco_ref", "self_texp", "ref_press", "ref_temp")
    try:
        with netCDF4.Dataset(path) as file:
            missing = [name for name in wanted if name not in file.variables]
            if missing:
                raise BadProduct(
                    "the NetCDF file is no water continuum",
                    where=path.name,
                    expected=", ".join(wanted),
                    found=", ".join(file.variables),
                )
            values = [
                np.ma.filled(np.ma.asarray(file.variables[name][...], dtype=np.float64), np.nan) for name in wanted
            ]
    except OSError as error:
        raise BadProduct("the NetCDF file is damaged", where=path.name, found=error) from error
    return WaterContinuum(values[0], values[1], values[2], values[3], float(values[4]), float(values[5]))


def _text(path: Path, what: str) -> str:
    if not path.is_file():
        raise BadProduct(f"the {what} is missing", where=path, todo=HOW_TO_GET if what == "line file" else "")
    try:
        return path.read_text("ascii")
    except UnicodeDecodeError as error:
        raise BadProduct(
            f"the {what} is no text file", where=path.name, todo="unpack it first" if what == "line file" else ""
        ) from error


def _numbers(row: str) -> list[float]:
    try:
        return [float(word) for word in row.split()]
    except ValueError:
        return []
