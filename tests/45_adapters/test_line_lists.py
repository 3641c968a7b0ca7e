"""Readers of the user's spectroscopic files, and tables kept by what they were made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.gas_tables import Spectroscopy, cache_folder, gas_table
from estran.adapters.files.line_lists import read_collision_induced, read_lines, read_mixed_band, read_water_continuum
from estran.errors import BadParameter, BadProduct
from estran.physics.gas.table import Nodes


def hitran(nu: float = 6230.123456, isotope: str = "1", molecule: int = 2, energy: float = 123.4567) -> str:
    """A line as HITRAN 2004 writes it, with Python's own formatting of the Fortran descriptors."""
    row = f"{molecule:2d}{isotope}{nu:12.6f}{1.234e-23:10.3E}{5.908e-3:10.3E}{'.0723'}{'0.095'}{energy:10.4f}{'0.69'}{'-.006770'}"  # noqa: E501
    return row.ljust(127) + "666663342910 9 711 " + "    11.0    9.0"


def geisa_211(nu: float = 6230.123456) -> str:
    row = (
        f"{nu:12.6f}{'1.2340D-23'.rjust(11)}{'0.0723':>6}{123.4567:10.4f}"
        + " " * 36
        + "0.69"
        + "626".rjust(3)
        + "  2"
        + "ABC"
        + " 2"
        + "1"
    )
    return (row + "-9.999E-01" + ".0950" + "-.006770").ljust(211)


def geisa_252(own: str = " 0.0950", shift: str = "-0.006770", exponent: str = "0.69") -> str:
    row = (
        f"{6230.123456:12.6f}{'1.2340D-23'.rjust(11)}{'0.0723':>6}{123.4567:10.4f}"
        + " " * 80
        + exponent
        + "626"
        + "  2"
        + "ABC"
        + " 2"
        + "1"
    )
    return (row + "-9.999E-01" + own + shift).ljust(252)


@pytest.mark.parametrize("row", [hitran(), geisa_211(), geisa_252()], ids=["hitran", "geisa 211", "geisa 252"])
def test_the_same_line_in_each_format(tmp_path: Path, row: str) -> None:
    path = tmp_path / "lines"
    path.write_text(row + "\n" + row + "\n")
    lines = read_lines(path)["CO2"]
    assert len(lines) == 2
    found = [
        float(getattr(lines, name)[0])
        for name in ("wavenumber", "intensity", "air_width", "self_width", "lower_energy", "exponent", "shift")
    ]
    assert found == [6230.123456, 1.234e-23, 0.0723, 0.095, 123.4567, 0.69, -0.00677]
    assert lines.isotopologue.tolist() == [1, 1]


def test_undefined_values_of_geisa(tmp_path: Path) -> None:
    """No self width: that by air; no shift: none; no exponent: one half."""
    path = tmp_path / "lines"
    path.write_text(geisa_252("-9.9999", "-0.999999"[:9], "-.99") + "\n")
    lines = read_lines(path)["CO2"]
    assert (float(lines.self_width[0]), float(lines.shift[0]), float(lines.exponent[0])) == (0.0723, 0.0, 0.5)


def test_any_order_and_isotopologue_letters(tmp_path: Path) -> None:
    path = tmp_path / "a.par"
    path.write_text(
        "\n".join(
            [
                hitran(6231.0, "0"),
                hitran(6229.0, "A"),
                hitran(6230.0),
                hitran(6230.5, molecule=7),
                hitran(6230.6, molecule=45),
            ]
        )
    )
    gases = read_lines(path)
    assert set(gases) == {"CO2", "O2"}
    assert gases["CO2"].wavenumber.tolist() == [6229.0, 6230.0, 6231.0]
    assert gases["CO2"].isotopologue.tolist() == [11, 1, 10]


def test_real_files(shared_data: Path) -> None:
    folder = shared_data / "spectroscopy"
    oxygen, carbon = read_lines(folder / "hitran_o2.par")["O2"], read_lines(folder / "hitran_co2_6200_6280.par")["CO2"]
    assert (len(oxygen), len(carbon)) == (6428, 1427)
    assert float(carbon.near(6227.9, 6228.0, 0.05).intensity.max()) < float(carbon.intensity.max())
    # The band sum of O2's A band, in the literature 2.3e-22 cm/molecule (Robichaud et al. 2009: 2.23 to 2.29e-22).
    a_band = oxygen.take((oxygen.wavenumber > 12800.0) & (oxygen.wavenumber < 13250.0))
    assert float(a_band.intensity.sum()) == pytest.approx(2.27e-22, rel=0.03)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "no file of spectral lines"),
        ("wavelength,value\n1,2\n", "no file of spectral lines"),
        (hitran() + "\n" + hitran()[:40] + "\n", "line 2"),
        (hitran() + "\n" + hitran().replace("0.69", "x.69") + "\n", "line 2"),
        (hitran(molecule=45), "no line of a gas"),
    ],
)
def test_bad_line_files(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "bad.par"
    path.write_text(content)
    with pytest.raises(BadProduct, match=sentence):
        read_lines(path)


def test_missing_and_packed_files(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match=r"missing.*hitran\.org"):
        read_lines(tmp_path / "none.par")
    (tmp_path / "a.par").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(BadProduct, match="unpack"):
        read_lines(tmp_path / "a.par")


class TestMixing:
    def test_reads_the_band(self, shared_data: Path) -> None:
        folder = shared_data / "spectroscopy"
        band = read_mixed_band(folder / "o2_aband_SDFO2.dat", folder / "o2_aband_RMFO2.dat")
        assert band.wavenumber.size == 70
        assert (float(band.wavenumber[0]), float(band.lower_energy[0]), int(band.m[0])) == (12965.1079, 1804.8773, -35)
        np.testing.assert_allclose(np.diag(band.relaxation), band.width, rtol=0.05)
        assert float(band.relaxation[0, 1]) == 0.4338554e-03

    def test_damaged(self, shared_data: Path, tmp_path: Path) -> None:
        folder = shared_data / "spectroscopy"
        lines, matrix = folder / "o2_aband_SDFO2.dat", (folder / "o2_aband_RMFO2.dat").read_text()
        cut = tmp_path / "cut.dat"
        cut.write_text(matrix[: matrix.index("\n", 20000) + 1])
        with pytest.raises(BadProduct, match="elements of the relaxation matrix are missing"):
            read_mixed_band(lines, cut)
        cut.write_text(matrix.replace("P 35Q 34", "P 99Q 98", 1))
        with pytest.raises(BadProduct, match="line 2"):
            read_mixed_band(lines, cut)
        cut.write_text("12965.1 nonsense P 35P 35\n")
        with pytest.raises(BadProduct, match="eight numbers"):
            read_mixed_band(cut, folder / "o2_aband_RMFO2.dat")


class TestCollisions:
    def block(self, pair: str, temperature: float, values: list[float], low: float = 7800.0) -> str:
        head = f"{pair:>20}{low:10.3f}{low + 10 * (len(values) - 1):10.3f}{len(values):7d}{temperature:7.1f}{max(values):10.3E}".ljust(  # noqa: E501
            100
        )
        return head + "\n" + "".join(f"{low + 10 * k:10.3f} {v:10.3E}\n" for k, v in enumerate(values))

    def test_hitran(self, tmp_path: Path) -> None:
        path = tmp_path / "O2-N2.cia"
        path.write_text(
            self.block("O2-N2", 293.0, [1e-46, 3e-46, 1e-46])
            + self.block("O2-N2", 253.0, [2e-46, -1e-50, 2e-46])
            + self.block("O2-N2", 293.0, [5e-46] * 3, 13000.0)
        )
        one, other = read_collision_induced(path)
        assert one.temperature.tolist() == [253.0, 293.0]
        assert one.coefficient.tolist() == [[2e-46, 0.0, 2e-46], [1e-46, 3e-46, 1e-46]]
        assert other.wavenumber.tolist() == [13000.0, 13010.0, 13020.0]

    def test_cut_short(self, tmp_path: Path) -> None:
        path = tmp_path / "O2-N2.cia"
        path.write_text("\n".join(self.block("O2-N2", 293.0, [1e-46] * 5).splitlines()[:-1]))
        with pytest.raises(BadProduct, match="cut short"):
            read_collision_induced(path)
        path.write_text("1 2\n3 4 5\n")
        with pytest.raises(BadProduct, match="line 2"):
            read_collision_induced(path)


def test_another_netcdf_file_is_no_continuum(tmp_path: Path) -> None:
    import netCDF4

    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 2)
        file.createVariable("reflectance", "f4", ("x",))
    with pytest.raises(BadProduct, match="no water continuum"):
        read_water_continuum(tmp_path / "a.nc")
    with pytest.raises(BadProduct, match="no such file"):
        read_water_continuum(tmp_path / "b.nc")


class TestTables:
    NODES = Nodes(np.array([1.0, 100.0, 500.0, 1100.0]), np.array([200.0, 250.0, 320.0]))
    GRID = np.arange(6229.0, 6231.0, 0.01)

    def files(self, tmp_path: Path) -> Spectroscopy:
        (tmp_path / "a.par").write_text(hitran() + "\n")
        return Spectroscopy(tmp_path / "a.par")

    def test_made_once(self, tmp_path: Path) -> None:
        told: list[float] = []
        files, folder = self.files(tmp_path), tmp_path / "kept"
        first = gas_table(
            "CO2", files, self.GRID, self.NODES, folder=folder, progress=lambda done, what: told.append(done)
        )
        assert told[-1] == 1.0
        assert told == sorted(told)
        (name,) = [p.name for p in folder.iterdir()]
        assert name.startswith("gas-CO2-")
        again = gas_table(
            "CO2", files, self.GRID, self.NODES, folder=folder, progress=lambda done, what: pytest.fail("made again")
        )
        np.testing.assert_array_equal(again.section, first.section)

    @pytest.mark.parametrize("change", ["lines", "grid", "nodes"])
    def test_anything_else_is_another_table(self, tmp_path: Path, change: str) -> None:
        files, folder = self.files(tmp_path), tmp_path / "kept"
        gas_table("CO2", files, self.GRID, self.NODES, folder=folder)
        if change == "lines":
            (tmp_path / "a.par").write_text(hitran(energy=200.0) + "\n")
        grid = self.GRID[:-1] if change == "grid" else self.GRID
        nodes = Nodes(self.NODES.pressure, self.NODES.temperature + 1.0) if change == "nodes" else self.NODES
        gas_table("CO2", files, grid, nodes, folder=folder)
        assert len(list(folder.iterdir())) == 2

    def test_a_damaged_table_is_made_again(self, tmp_path: Path) -> None:
        files, folder = self.files(tmp_path), tmp_path / "kept"
        first = gas_table("CO2", files, self.GRID, self.NODES, folder=folder)
        (path,) = folder.iterdir()
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        np.testing.assert_array_equal(
            gas_table("CO2", files, self.GRID, self.NODES, folder=folder).section, first.section
        )

    def test_stopped_half_way_leaves_nothing(self, tmp_path: Path) -> None:
        def stop(done: float, what: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            gas_table("CO2", self.files(tmp_path), self.GRID, self.NODES, folder=tmp_path / "kept", progress=stop)
        assert not (tmp_path / "kept").exists()

    def test_no_lines_says_what_to_get(self, tmp_path: Path) -> None:
        with pytest.raises(BadParameter, match=r"no spectral lines are given.*hitran\.org.*give its path"):
            gas_table("CO2", Spectroscopy(None), self.GRID, self.NODES, folder=tmp_path)
        with pytest.raises(BadProduct, match=r"missing.*hitran\.org"):
            gas_table("CO2", Spectroscopy(tmp_path / "none.par"), self.GRID, self.NODES, folder=tmp_path)
        with pytest.raises(BadParameter, match="no line of O2"):
            gas_table("O2", self.files(tmp_path), self.GRID, self.NODES, folder=tmp_path)
        with pytest.raises(BadParameter, match="two files"):
            gas_table(
                "CO2", Spectroscopy(tmp_path / "a.par", band=tmp_path / "a.par"), self.GRID, self.NODES, folder=tmp_path
            )

    def test_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ESTRAN_CACHE", str(tmp_path))
        assert cache_folder() == tmp_path
        monkeypatch.delenv("ESTRAN_CACHE")
        assert cache_folder().name == "estran"
