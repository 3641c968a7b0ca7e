"""Figures of bands that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from estran.adapters.files.safe.product_metadata import read_product_metadata
from estran.cli.main import main
from estran.errors import BadParameter
from estran.sensors.band_table import NAME, band_facts
from estran.sensors.bands import SENTINEL2
from estran.tables import SHIPPED
from estran.tables.text import read_text


def test_irradiance_of_products_of_sentinel2a(shared_data: Path) -> None:
    """What ESA writes into products is Thuillier 2003 over the responses of 2018; those of v4.0, ours, are the same for
    A to 0.1 %.
    """
    path = next(iter(sorted((shared_data / "s2_l1c_metadata").glob("S2A*.SAFE/MTD_MSIL1C.xml"))))
    said = read_product_metadata(path.read_bytes(), path.name).solar_flux
    for band in SENTINEL2:
        assert 1000 * band_facts("Sentinel-2A", band.name, "Thuillier 2003").irradiance == pytest.approx(
            said[band.name], rel=1e-3
        ), band.name


def test_the_two_suns_differ_most_in_the_far_swir() -> None:
    """TSIS-1 is 5 % below Thuillier in B12 and within 4 % elsewhere."""
    ratio = {
        b.name: band_facts("Sentinel-2A", b.name).irradiance
        / band_facts("Sentinel-2A", b.name, "Thuillier 2003").irradiance
        for b in SENTINEL2
    }
    assert 0.94 < ratio["B12"] < 0.96
    assert all(0.96 < r < 1.03 for name, r in ratio.items() if name != "B12")


def test_centres_are_those_of_the_band_list() -> None:
    for band in SENTINEL2:
        assert band_facts("Sentinel-2A", band.name).centre == pytest.approx(band.wavelength, abs=0.11)


def test_what_is_not_there_gets_a_sentence() -> None:
    with pytest.raises(BadParameter, match=r"no figures of this band.*found Sentinel-2A, B8A, Neckel & Labs"):
        band_facts("Sentinel-2A", "B8A", "Neckel & Labs")


def test_made_again(shared_data: Path, tmp_path: Path) -> None:
    """Thuillier's rows of Sentinel-2B, to all digits."""
    files = shared_data / "solar_srf_gas"
    sun = f"Thuillier 2003={files / 'Thuillier2003.txt'}"
    assert (
        main(
            [
                "tables",
                "build",
                "bands",
                "--solar",
                sun,
                "--response",
                str(files / "S2B_MSI_V4.txt"),
                "--out",
                str(tmp_path),
                "-q",
            ]
        )
        == 0
    )
    made, ours = read_text(tmp_path / NAME).columns, read_text(SHIPPED / NAME).columns
    rows = [row for row in zip(*ours.values(), strict=True) if row[0] == "Sentinel-2B" and row[2] == "Thuillier 2003"]
    assert list(zip(*made.values(), strict=True)) == rows


def test_a_spectrum_without_a_name_gets_a_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert (
        main(["tables", "build", "bands", "--solar", "sun.txt", "--response", "S2A.txt", "--out", str(tmp_path)]) == 2
    )
    assert "expected --solar NAME=FILE, found sun.txt" in caplog.text
