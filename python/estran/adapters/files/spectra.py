"""Readers of spectra: spectral responses, the Sun's irradiance, optical thickness of gases.

Formats are recognised by the content of a file, not by its name:

- text: columns of numbers, comments after ``#`` or ``;``; in files of responses a comment "Band 8A" begins a band;
- CSV with one line of headings;
- NetCDF: the SRF template of GSICS (``channel``, ``wavelength``, ``srf``), or one-dimensional variables of wavelength
  and value.

The workbook of ESA (.xlsx) is not read: no reader of workbooks is worth a dependency for three tables that ESA's users
publish as text. Save the sheet as CSV.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from estran import bounds
from estran.errors import BadProduct
from estran.sensors.response import Response
from estran.sensors.solar import SolarSpectrum

Float = npt.NDArray[np.float64]

_BAND = re.compile(r"\bband\s*:?\s*(\w+)\s*$", re.IGNORECASE)
_NETCDF = (b"CDF", b"\x89HDF")
_TO_NM: dict[str, float] = {
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1.0),
    **dict.fromkeys(("um", "µm", "micron", "microns", "micrometer", "micrometre", "micrometers", "micrometres"), 1e3),
    "m": 1e9,
}
_TO_W: dict[str, float] = {
    **dict.fromkeys(("wm-2nm-1", "w/m2/nm", "wm^-2nm^-1"), 1.0),
    **dict.fromkeys(("mwm-2nm-1", "mw/m2/nm", "wm-2um-1", "w/m2/um", "w/m2/micron", "wm-2µm-1"), 1e-3),
}
SolarUnit = Literal["W/m2/nm", "mW/m2/nm", "W/m2/um"]
WavelengthUnit = Literal["nm", "um"]


def read_responses(path: Path | str) -> dict[str, Response]:
    """Spectral responses of every band of a file, by the names of Sentinel-2 ("B1" … "B8A") where bands are numbers,
    else by the file's own.

    Raises
    ------
    BadProduct
        If the file is not of a known format.
    BadParameter
        If a response's samples are not ascending, not in nm, or nowhere positive.
    """
    path = Path(path)
    if _is_netcdf(path):
        return _gsics_responses(path)
    bands: dict[str, list[list[float]]] = {}
    rows: list[list[float]] | None = None
    for comment, numbers in _lines(path):
        heading = _BAND.search(comment)
        if heading:
            name = heading[1]
            rows = bands.setdefault(f"B{name}" if name[0].isdigit() else name, [])
        elif numbers and rows is not None:
            rows.append(numbers)
    if not bands or not all(rows and min(map(len, rows)) >= 2 for rows in bands.values()):
        raise BadProduct(
            "no spectral responses were found",
            where=path.name,
            expected='comments "Band 1" and, below each, wavelength and response',
        )
    return {
        band: Response(band, np.array([r[0] for r in rows]), np.array([r[1] for r in rows]))
        for band, rows in bands.items()
    }


def read_solar(
    path: Path | str, *, unit: SolarUnit | None = None, wavelength_unit: WavelengthUnit = "nm"
) -> SolarSpectrum:
    """The Sun's irradiance at one astronomical unit.

    Parameters
    ----------
    path
        A text file or CSV of two columns, or a NetCDF whose variables say their units.
    unit
        Of the irradiance in a text file; where it is not given, the one of mW/m²/nm and W/m²/nm in which the Sun is as
        bright as it is.
    wavelength_unit
        Of a text file.

    Raises
    ------
    BadProduct
        If the file has no spectrum.
    BadParameter
        If the wavelengths are not ascending, or the irradiance cannot be the Sun's.
    """
    path = Path(path)
    if _is_netcdf(path):
        return _netcdf_solar(path)
    rows = [numbers for _, numbers in _lines(path) if len(numbers) >= 2]
    if len(rows) < 2:
        raise BadProduct("no spectrum was found", where=path.name, expected="two columns: wavelength and irradiance")
    table = np.array([row[:2] for row in rows])
    wavelength = table[:, 0] * _TO_NM[wavelength_unit]
    brightest = float(wavelength[np.argmax(table[:, 1])])
    if not 300.0 < brightest < 700.0:
        raise BadProduct(
            "the wavelengths of the solar spectrum are not in the unit that was said",
            where=path.name,
            expected=f"the brightest at about 450 nm, in {wavelength_unit}",
            found=f"{brightest / _TO_NM[wavelength_unit]:g}",
            todo="give the unit of the wavelengths, nm or um",
        )
    optical = (wavelength >= 100.0) & (wavelength <= 1e5)  # some tables go from X-rays to radio
    factor = _TO_W[unit.lower()] if unit else _factor_of(wavelength, table[:, 1])
    return SolarSpectrum(wavelength[optical], table[optical, 1] * factor, path.stem)


def read_gas_optical_thickness(path: Path | str) -> dict[str, Float]:
    """Vertical optical thickness of gases on one grid of wavelengths: variables ``wl`` [nm] and one for each gas, by
    their names, in ascending wavelength.

    Raises
    ------
    BadProduct
        If the file is no NetCDF, or lacks ``wl``.
    """
    path = Path(path)
    if not _is_netcdf(path):
        raise BadProduct("this is no NetCDF file", where=path.name, expected="variables wl, h2o, o3, …")
    variables = {name: values for name, (values, _) in _variables(path).items()}
    if "wl" not in variables:
        raise BadProduct(
            "the table of gases has no wavelengths",
            where=path.name,
            expected="a variable wl",
            found=", ".join(variables),
        )
    order = np.argsort(variables["wl"], kind="stable")
    return {name: values[order] for name, values in variables.items()}


def _is_netcdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(_NETCDF)
    except OSError as error:
        raise BadProduct(
            "the file cannot be read", where=path.name, found=error.strerror or error, todo="check its name"
        ) from error


def _lines(path: Path) -> Iterator[tuple[str, list[float]]]:
    """Comment and numbers of each line; a line that is neither is a heading, allowed before the first number only."""
    begun = False
    content = bounds.read_bytes(path, bounds.TEXT_BYTES)
    if b"\0" in content:
        raise BadProduct("the file is neither text nor NetCDF", where=path.name, todo="save a workbook as CSV or text")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # older files: only comments differ
    for number, line in enumerate(text.splitlines(), 1):
        body, mark, comment = re.match(r"([^#;]*)([#;]*)(.*)", line).groups()  # type: ignore[union-attr]  # it matches every line
        fields = body.replace(",", " ").split()
        try:
            numbers = [float(f) for f in fields]
        except ValueError as error:
            if begun or mark:
                raise BadProduct(
                    "a line is no row of numbers", where=f"{path.name}, line {number}", found=line.strip()[:60]
                ) from error
            numbers, comment = [], line
        begun = begun or bool(numbers)
        yield comment.strip(), numbers


def _factor_of(wavelength: Float, irradiance: Float) -> float:
    """The factor to W/m²/nm: the Sun gives about 1.5 of these at 660 nm, whatever the table."""
    red = irradiance[(wavelength > 640.0) & (wavelength < 680.0)]
    return 1e-3 if red.size and 1200.0 < float(red.mean()) < 1900.0 else 1.0


def _variables(path: Path) -> dict[str, tuple[Float, str]]:
    """Numeric variables of a NetCDF file with their units."""
    import netCDF4

    found: dict[str, tuple[Float, str]] = {}
    try:
        with netCDF4.Dataset(path) as file:
            for name, variable in file.variables.items():
                if (
                    0 < variable.size <= bounds.NUMBERS
                    and variable.dtype is not str
                    and np.issubdtype(variable.dtype, np.number)
                ):
                    values = np.ma.filled(np.ma.asarray(variable[...], dtype=np.float64), np.nan)
                    found[name] = (values, str(getattr(variable, "units", "")))
    except (OSError, RuntimeError) as error:
        raise BadProduct("the NetCDF file is damaged", where=path.name, found=error) from error
    return found


def _named(variables: dict[str, tuple[Float, str]], *words: str) -> str | None:
    return next((name for word in words for name in variables if word in name.lower().replace("_", " ")), None)


def _scaled(path: Path, name: str, unit: str, factors: dict[str, float]) -> float:
    plain = unit.lower().replace(" ", "").replace("**", "^").replace("²", "2")
    if plain not in factors:
        raise BadProduct(
            "a unit is unknown",
            where=f"{path.name}, variable {name}",
            expected=" or ".join(factors),
            found=unit or "none",
        )
    return factors[plain]


def _netcdf_solar(path: Path) -> SolarSpectrum:
    variables = {n: v for n, v in _variables(path).items() if v[0].ndim == 1}
    x, y = _named(variables, "vacuum wavelength", "wavelength"), _named(variables, "ssi", "irradiance", "solar")
    if x is None or y is None or variables[x][0].shape != variables[y][0].shape:
        raise BadProduct(
            "no solar spectrum was found",
            where=path.name,
            expected="variables of wavelength and irradiance",
            found=", ".join(variables),
        )
    (wavelength, nm), (irradiance, watt) = variables[x], variables[y]
    return SolarSpectrum(
        wavelength * _scaled(path, x, nm, _TO_NM), irradiance * _scaled(path, y, watt, _TO_W), path.stem
    )


def _gsics_responses(path: Path) -> dict[str, Response]:
    """The SRF template of GSICS: wavelength and srf over (channel, sample) or (sample), padded with no-data."""
    variables = _variables(path)
    x, y = _named(variables, "wavelength", "wavenumber"), _named(variables, "srf", "response")
    if x is None or y is None:
        raise BadProduct(
            "no spectral responses were found",
            where=path.name,
            expected="variables wavelength and srf",
            found=", ".join(variables),
        )
    (raw, unit), srf = variables[x], np.atleast_2d(variables[y][0])
    if srf.ndim != 2 or raw.shape not in (srf.shape, srf.shape[1:]):
        raise BadProduct(
            "wavelengths and responses do not fit",
            where=path.name,
            expected="srf over (channel, sample)",
            found=f"{x} {raw.shape}, {y} {srf.shape}",
        )
    names = _channels(path, srf.shape[0])
    wavelength = np.broadcast_to(_to_nm(path, x, raw, unit), srf.shape)
    found = {}
    for name, w, s in zip(names, wavelength, srf, strict=True):
        real = np.isfinite(w) & np.isfinite(s)
        order = slice(None, None, -1) if "wavenumber" in x.lower() else slice(None)
        found[name] = Response(name, w[real][order], s[real][order])
    return found


def _to_nm(path: Path, name: str, values: Float, unit: str) -> Float:
    if unit.lower().replace(" ", "") in ("cm-1", "cm^-1", "1/cm"):
        return np.asarray(1e7 / values)
    return values * _scaled(path, name, unit, _TO_NM)


def _channels(path: Path, number: int) -> list[str]:
    import netCDF4

    with netCDF4.Dataset(path) as file:
        for wanted in ("channel_name", "channel", "band"):
            variable: Any = file.variables.get(wanted)
            if variable is None:
                continue
            letters = variable.dtype is not str and variable.dtype.kind == "S" and variable.ndim > 1
            values = np.atleast_1d(netCDF4.chartostring(variable[...]) if letters else variable[...])
            if values.size == number:
                return [str(v).strip() for v in values]
    return [f"B{n}" for n in range(1, number + 1)]
