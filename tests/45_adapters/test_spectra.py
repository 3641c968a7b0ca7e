"""Readers of spectra: every format there is, and what is none."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.adapters.files.spectra import read_gas_optical_thickness, read_responses, read_solar
from estran.errors import BadParameter, BadProduct, EstranError
from estran.sensors.bands import SENTINEL2


@pytest.mark.parametrize("name", ["S2A_MSI_V4", "S2B_MSI_V4", "S2C_MSI_V4", "S2A_MSI_2023", "S2B_MSI", "S2A_MSI"])
def test_responses_of_sentinel2(shared_data: Path, name: str) -> None:
    """Both kinds of comments, all versions: 13 bands, each near the centre that the band table says."""
    responses = read_responses(shared_data / "solar_srf_gas" / f"{name}.txt")
    assert list(responses) == [band.name for band in SENTINEL2]
    for band in SENTINEL2:
        assert responses[band.name].centre == pytest.approx(band.wavelength, abs=17 if band.name == "B12" else 5)


def test_responses_of_landsat(shared_data: Path) -> None:
    """Three columns: the third, a deviation, is left out."""
    responses = read_responses(shared_data / "solar_srf_gas" / "L8_OLI.txt")
    assert responses["B1"].centre == pytest.approx(443.0, abs=0.5)


@pytest.mark.parametrize(
    "name",
    [
        "Coddington2021_1_0nm.txt",
        "Coddington2023_1_0nm.txt",
        "Gueymard2018.txt",
        "Kurucz1992_1_0nm.txt",
        "SolarIrradiance_Thuillier_georeader.csv",
        "Thuillier2003.txt",
        "Wehrli1985.txt",
        "hybrid_reference_spectrum_p1nm_resolution_c2022-11-30_with_unc.nc",
    ],
)
def test_solar_spectra_agree(shared_data: Path, name: str) -> None:
    """Whatever unit a file is in, the Sun gives 1196 W/m² from 400 to 2384 nm, to 1.5 %."""
    sun = read_solar(shared_data / "solar_srf_gas" / name)
    x = np.arange(400.0, 2384.0, 0.5)
    assert np.trapezoid(sun.at(x), x) == pytest.approx(1194.0, rel=0.015)


def test_a_solar_spectrum_in_micrometres(shared_data: Path) -> None:
    path = shared_data / "solar_srf_gas" / "e490_00a_ASTM.dat"
    assert float(read_solar(path, unit="W/m2/um", wavelength_unit="um").at(660.0)) == pytest.approx(1.53, rel=0.03)
    with pytest.raises(
        BadProduct, match=r"not in the unit that was said.*expected the brightest at about 450 nm, in nm, found 0\.4"
    ):
        read_solar(path)
    with pytest.raises(BadParameter, match="not in W/m²/nm"):
        read_solar(path, unit="W/m2/nm", wavelength_unit="um")


def gsics(path: Path, *, wavenumber: bool = False, unit: str = "nm") -> Path:
    """Two channels after the SRF template of GSICS, the shorter one padded."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("channel", 2)
        file.createDimension("sample", 4)
        file.createDimension("letters", 4)
        names = file.createVariable("channel_name", "S1", ("channel", "letters"))
        names[:] = netCDF4.stringtochar(np.array(["VIS6", "NIR8"], "S4"))
        x = file.createVariable(
            "wavenumber" if wavenumber else "wavelength", "f8", ("channel", "sample"), fill_value=-999.0
        )
        x.units = "cm-1" if wavenumber else unit
        nm = np.ma.masked_equal([[620.0, 630.0, 640.0, 650.0], [850.0, 860.0, 870.0, -1.0]], -1.0)
        x[:] = 1e7 / nm if wavenumber else nm / {"nm": 1.0, "um": 1000.0}.get(unit, 1.0)
        srf = file.createVariable("srf", "f8", ("channel", "sample"), fill_value=-999.0)
        srf[:] = np.ma.masked_equal([[0.0, 1.0, 0.5, 0.0], [0.0, 1.0, 0.0, -1.0]], -1.0)
    return path


@pytest.mark.parametrize("options", [{}, {"unit": "um"}, {"wavenumber": True}])
def test_the_template_of_gsics(tmp_path: Path, options: dict) -> None:
    """The samples of wavenumber, which descend in wavelength as they ascend, come in order."""
    path = gsics(tmp_path / "srf.nc")
    if options.get("wavenumber"):
        path = tmp_path / "reversed.nc"
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("sample", 3)
            x = file.createVariable("wavenumber", "f8", ("sample",))
            x.units = "cm-1"
            x[:] = 1e7 / np.array([870.0, 860.0, 850.0])
            file.createVariable("srf", "f8", ("sample",))[:] = [0.0, 1.0, 0.0]
        responses = read_responses(path)
        assert responses["B1"].centre == pytest.approx(860.0)
        return
    if options:
        path = gsics(tmp_path / "other.nc", **options)
    responses = read_responses(path)
    assert list(responses) == ["VIS6", "NIR8"]
    assert responses["NIR8"].wavelength.tolist() == pytest.approx([850.0, 860.0, 870.0])
    assert responses["VIS6"].value.tolist() == [0.0, 1.0, 0.5, 0.0]


def test_an_unknown_unit_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match=r"a unit is unknown \(in srf.nc, variable wavelength\).*found furlong"):
        read_responses(gsics(tmp_path / "srf.nc", unit="furlong"))


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("# nothing here\n1 2\n3 4\n", BadProduct, "no spectral responses were found"),
        ("# Band 1\n# Band 2\n500 0\n501 1\n", BadProduct, "no spectral responses were found"),
        ("# Band 1\n500\n501\n502\n", BadProduct, "no spectral responses were found"),
        ("", BadProduct, "no spectral responses were found"),
        ("# Band 1\n500 0\n499 1\n501 0\n", BadParameter, "do not ascend"),
        ("# Band 1\n0.5 0\n0.6 1\n", BadParameter, "not in nanometres"),
        ("# Band 1\n500 0\n501 one\n", BadProduct, r"no row of numbers \(in srf.txt, line 3\)"),
    ],
)
def test_bad_responses_get_a_sentence(tmp_path: Path, text: str, error: type[Exception], told: str) -> None:
    path = tmp_path / "srf.txt"
    path.write_text(text)
    with pytest.raises(error, match=told):
        read_responses(path)


def test_a_workbook_gets_advice(tmp_path: Path) -> None:
    path = tmp_path / "srf.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00\x80")
    with pytest.raises(BadProduct, match=r"neither text nor NetCDF.*save a workbook as CSV or text"):
        read_responses(path)


def test_old_letters_in_comments(tmp_path: Path) -> None:
    path = tmp_path / "srf.txt"
    path.write_bytes("# réponse [µm]\n# Band 1\n500 0\n501 1\n502 0\n".encode("latin-1"))
    assert read_responses(path)["B1"].centre == pytest.approx(501.0)


def test_channel_names_as_strings(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "srf.nc", "w") as file:
        file.createDimension("channel", 2)
        file.createDimension("sample", 3)
        file.createVariable("channel", str, ("channel",))[:] = np.array(["a", "b"], dtype=object)
        x = file.createVariable("wavelength", "f8", ("sample",))
        x.units = "nm"
        x[:] = [500.0, 510.0, 520.0]
        file.createVariable("srf", "f8", ("channel", "sample"))[:] = [[0.0, 1.0, 0.0], [0.0, 2.0, 1.0]]
    assert list(read_responses(tmp_path / "srf.nc")) == ["a", "b"]


def test_shapes_that_do_not_fit_get_a_sentence(tmp_path: Path) -> None:
    with netCDF4.Dataset(tmp_path / "srf.nc", "w") as file:
        file.createDimension("x", 3)
        file.createDimension("y", 4)
        file.createVariable("wavelength", "f8", ("x",)).units = "nm"
        file.createVariable("srf", "f8", ("y",))
    with pytest.raises(BadProduct, match=r"do not fit.*wavelength \(3,\), srf \(1, 4\)"):
        read_responses(tmp_path / "srf.nc")


@given(st.text(alphabet="# ;,.0123456789-eE\nBandx", max_size=200))
def test_no_text_is_a_fault(text: str) -> None:
    """Whatever stands in a file: responses, or a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "srf.txt"
        path.write_text(text)
        for read in (read_responses, read_solar):
            with contextlib.suppress(EstranError):
                read(path)


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match=r"cannot be read \(in none.txt\)"):
        read_solar(tmp_path / "none.txt")


def test_a_damaged_netcdf_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "srf.nc"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    with pytest.raises(BadProduct, match="damaged"):
        read_responses(path)


def test_the_spectrum_of_gases(shared_data: Path) -> None:
    spectrum = read_gas_optical_thickness(shared_data / "grs_glint_aux" / "lut_abs_opt_thickness_normalized.nc")
    assert {"wl", "o3", "h2o", "o2", "co2", "ch4", "no2"} <= set(spectrum)
    assert (np.diff(spectrum["wl"]) > 0).all()


def test_a_spectrum_of_gases_without_wavelengths(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match="no wavelengths"):
        read_gas_optical_thickness(gsics(tmp_path / "srf.nc"))
