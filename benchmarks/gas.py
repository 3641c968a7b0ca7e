"""Gas absorption: lines against HAPI (if it is installed), tables against lines, and speed in four bands as
MicroCarb's, 1024 channels each of R = 25 000.

Needs the spectroscopic files of the test data (``ESTRAN_TEST_DATA``, or ``../shared/data``). They have holes: no H2O
lines at 0.76, 1.27 and 1.6 µm, CO2 only above 6200 cm⁻¹ at 1.6 µm, and only its main bands at 2.0 µm. Real line lists
have more lines, which makes tables slower to build, not to use. Set OPENBLAS_NUM_THREADS and NUMBA_NUM_THREADS to 1 for
figures of one core.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from benchmarks.lacks import LackingError, data, data_folder
from benchmarks.timing import fastest
from estran.adapters.files.gas_tables import Spectroscopy, gas_table
from estran.adapters.files.line_lists import read_lines
from estran.physics.gas.band_fit import fit_bands
from estran.physics.gas.instrument import gaussian_channels
from estran.physics.gas.line_by_line import cross_section
from estran.physics.gas.profile import Layers
from estran.physics.gas.sampling import sample
from estran.physics.gas.table import CrossSections, Nodes, pressure_nodes, temperature_nodes
from estran.physics.gas.transmission import spectra, transmission, values

Float = npt.NDArray[np.float64]

DATA = data_folder() / "spectroscopy"
WATER = np.array([0.0, 0.02, 0.05])
QUICK = {"number": 1}


@dataclass
class Band:
    """A band of the instrument: limits [nm], step of the fine grid [cm⁻¹], the files of each gas."""

    name: str
    low: float
    high: float
    step: float
    gases: dict[str, Spectroscopy]
    grid: Float = field(init=False)
    channels: csr_array = field(init=False)
    tables: list[CrossSections] = field(init=False)

    def __post_init__(self) -> None:
        centre = 1e7 / np.linspace(self.high, self.low, 1024)
        reach = 2.6 * centre.max() / 25000
        self.grid = np.arange(centre[0] - reach, centre[-1] + reach, self.step)
        self.channels = gaussian_channels(self.grid, centre, centre / 25000)

    def build(self, folder: Path) -> float:
        """Make the tables; seconds."""
        begin = time.perf_counter()
        self.tables = []
        for gas, files in self.gases.items():
            fraction = WATER if gas == "H2O" else np.array([0.2095 if gas == "O2" else 4.2e-4])
            nodes = Nodes(
                pressure_nodes(), temperature_nodes(10 if gas == "H2O" else 8), fraction
            )  # hot lines of water ask for more
            self.tables.append(gas_table(gas, files, self.grid, nodes, folder=folder))
        return time.perf_counter() - begin

    def by_lines(self, layers: Layers, airmass: float) -> Float:
        """Transmission of the channels line by line."""
        depth = np.zeros(self.grid.size)
        for gas, files in self.gases.items():
            of = files.absorber(gas)
            for n, x, p, t in zip(layers.air, layers.fraction(gas), layers.pressure, layers.temperature, strict=True):
                depth += n * x * of.cross_section(self.grid, p, t, x)
        return np.asarray(self.channels @ np.exp(-airmass * depth))


def bands(folder: Path) -> list[Band]:
    """The four bands, with what lines there are."""
    carbon = folder / "co2_2um.par"
    carbon.write_text("".join(path.read_text("ascii") for path in sorted(DATA.glob("co2_S*.dat"))))
    mixed = Spectroscopy(
        DATA / "hitran_o2.par", DATA / "o2_aband_SDFO2.dat", DATA / "o2_aband_RMFO2.dat", (DATA / "o2_aband_CIAO2.dat",)
    )
    water = Spectroscopy(DATA / "hitran_h2o_4545_5405.par", continuum=DATA / "mt_ckd_h2o_absco-ref.nc")
    return [
        Band("0.76 µm, O2", 758.4, 769.0, 0.004, {"O2": mixed}),
        Band("1.27 µm, O2", 1264.6, 1281.9, 0.003, {"O2": Spectroscopy(DATA / "hitran_o2.par", oxygen_1270nm=True)}),
        Band("1.6 µm, CO2", 1596.9, 1612.0, 0.002, {"CO2": Spectroscopy(DATA / "hitran_co2_6200_6280.par")}),
        Band("2.0 µm, CO2 and H2O", 2023.3, 2050.9, 0.0015, {"CO2": Spectroscopy(carbon), "H2O": water}),
    ]


def standard() -> Layers:
    """US standard atmosphere with 420 ppm of CO2 and 1.6 g/cm² of water."""
    air = np.genfromtxt(DATA / "us76_41_layers.csv", delimiter=",", names=True)
    height = 0.5 * (air["z_bot_km"] + air["z_top_km"])
    fractions = {
        "O2": np.full(41, 0.2095),
        "CO2": np.full(41, 4.2e-4),
        "H2O": np.maximum(0.0115 * np.exp(-height / 1.9), 4e-6),
    }
    return Layers(np.append(air["p_bot_hPa"], air["p_top_hPa"][-1]), air["T_mid_K"], air["N_air_molec_cm2"], fractions)


def varied(number: int, seed: int) -> tuple[list[Layers], list[float]]:
    """Profiles that bend and shift in temperature, with other pressures at the ground, water and CO2; and airmasses 2
    to 6.
    """
    random, base = np.random.default_rng(seed), standard()
    phase = np.log(base.pressure / base.pressure[-1]) / np.log(base.pressure[0] / base.pressure[-1])
    profiles = []
    for _ in range(number):
        bend = sum(random.uniform(-6, 6) * np.cos(np.pi * k * phase) for k in range(1, 5))
        layers = Layers(base.edges, base.temperature + random.uniform(-15, 8) + bend, base.air, base.fractions)
        layers = layers.with_surface_pressure(random.uniform(905.0, 1040.0)).with_scaled(
            "CO2", random.uniform(0.9, 1.1)
        )
        profiles.append(layers.with_scaled("H2O", random.uniform(0.1, 2.5)))
    return profiles, random.uniform(2.0, 6.0, number).tolist()


def hapi_rows(folder: Path) -> Iterator[str]:
    """Lines of the table: largest relative difference where the depth of a layer of 1 km is above 1e-3, and times."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            import hapi
        except ImportError as error:
            raise LackingError(
                "lines are compared with HAPI, which is not installed. What to do: pip install hitran-api"
            ) from error
    header = json.loads((DATA / "hitran_co2_6200_6280.header.json").read_text())
    for file, gas, low, high in (
        ("hitran_o2.par", "O2", 13100.0, 13150.0),
        ("hitran_co2_6200_6280.par", "CO2", 6225.0, 6250.0),
        ("hitran_h2o_4545_5405.par", "H2O", 4880.0, 4930.0),
    ):
        rows = [
            row[:160]
            for row in (DATA / file).read_text("ascii").splitlines()
            if low - 25.0 <= float(row[3:15]) <= high + 25.0
        ]
        (folder / f"{gas}.header").write_text(json.dumps(header | {"table_name": gas, "number_of_rows": len(rows)}))
        (folder / f"{gas}.data").write_text("".join(row + "\n" for row in rows))
        lines = read_lines(DATA / file)[gas]
        fraction = {"O2": 0.2095, "CO2": 4.2e-4, "H2O": 0.01}[gas]
        worst, typical, theirs_s, ours_s = 0.0, [], 0.0, 0.0
        for pressure, temperature in ((1000.0, 290.0), (500.0, 255.0), (100.0, 217.0), (5.0, 240.0)):
            with contextlib.redirect_stdout(io.StringIO()):
                hapi.db_begin(str(folder))
                begin = time.perf_counter()
                nu, theirs = hapi.absorptionCoefficient_Voigt(
                    SourceTables=gas,
                    Environment={"T": temperature, "p": pressure / 1013.25},
                    WavenumberRange=[low, high],
                    WavenumberStep=0.004,
                    WavenumberWing=25.0,
                    WavenumberWingHW=0.0,
                    IntensityThreshold=0.0,
                    Diluent={"air": 1.0},
                    HITRAN_units=True,
                    partitionFunction=hapi.PYTIPS2021,
                )
                theirs_s += time.perf_counter() - begin
            ours = cross_section(lines, nu, pressure, temperature)
            ours_s += fastest(lambda p=pressure, t=temperature, nu=nu, lines=lines: cross_section(lines, nu, p, t), 3)  # type: ignore[misc]
            ends = np.concatenate([lines.wavenumber - 25.0, lines.wavenumber + 25.0])
            ends = ends[(ends > low - 1) & (ends < high + 1)]
            clear = np.array([np.abs(ends - x).min(initial=1.0) > 1e-5 for x in nu])
            deep = clear & (theirs * fraction * 1e5 * pressure * 100 / (1.380649e-23 * temperature) * 1e-6 > 1e-3)
            if deep.any():
                worst = max(worst, float(np.abs(ours[deep] / theirs[deep] - 1).max()))
                typical.append(float(np.median(np.abs(ours[deep] / theirs[deep] - 1))))
        yield (
            f"| {gas} {low:g}-{high:g} | {len(rows)} | {100 * worst:.4f} % | {100 * np.mean(typical):.5f} % | "
            f"{theirs_s:.2f} s | {ours_s:.3f} s |"
        )


def main(number: int = 4) -> None:
    """Print the tables."""
    data("spectroscopy")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            rows = list(hapi_rows(folder))
            print(
                "| lines | number | worst difference to HAPI | median | HAPI, four layers | ours "
                "|\n|---|---|---|---|---|---|"
            )
            print("\n".join(rows) + "\n")
        except LackingError as lacking:
            print(f"Not measured beside HAPI: {lacking}.\n")
        run(folder, number)


def run(folder: Path, number: int) -> None:
    """Accuracy and speed of tables and sampling in the first `number` of the four bands."""
    profiles, paths = varied(64, 11)
    print(
        "| band | samples | made in | worst against lines | sampled: wavenumbers | worst against all | SMAC-style "
        "fit: worst, median |\n" + "|---" * 7 + "|"
    )
    full, few = [], []
    for band in bands(folder)[:number]:
        made = band.build(folder)
        checks = range(0, 64, 22)
        truth = np.array([band.by_lines(profiles[k], paths[k]) for k in checks])
        ours = values(band.tables, band.channels, [profiles[k] for k in checks], [paths[k] for k in checks])
        trained, airmasses = varied(120, 12)
        training = np.exp(-np.asarray(sum(d[:, 0] for d in spectra(band.tables, trained, airmasses).values())))
        chosen = sample(band.channels, training)
        small = [table.take(chosen.which) for table in band.tables]
        whole, part = (
            values(band.tables, band.channels, profiles, paths),
            values(small, chosen.channels, profiles, paths),
        )
        airmass = np.linspace(2.0, 6.0, 9)
        fit = fit_bands(airmass, values(band.tables, band.channels, [standard()] * 9, airmass.tolist()))
        print(
            f"| {band.name} | {band.grid.size} | {made:.0f} s | {np.abs(ours - truth).max():.1e} | "
            f"{chosen.which.size} | {np.abs(part - whole).max():.1e} "
            f"| {fit.largest.max():.1e}, {np.median(fit.largest):.1e} |",
            flush=True,
        )
        full.append((band.tables, band.channels))
        few.append((small, chosen.channels))
    print(f"\n| {number} bands, {1024 * number} channels | spectra a second |\n|---|---|")
    cases: list[tuple[str, Callable[[], object], int]] = []
    for label, sets in (("all wavenumbers", full), ("sampled", few)):
        cases += [
            (f"{label}, one at a time", lambda s=sets: [values(t, c, profiles[:1], paths[:1]) for t, c in s], 1),
            (f"{label}, 64 together", lambda s=sets: [values(t, c, profiles, paths) for t, c in s], 64),
            (
                f"{label}, one at a time, with derivatives",
                lambda s=sets: [transmission(t, c, profiles[:1], paths[:1]) for t, c in s],
                1,
            ),
            (
                f"{label}, 16 together, with derivatives",
                lambda s=sets: [transmission(t, c, profiles[:16], paths[:16]) for t, c in s],
                16,
            ),
        ]
    for label, run_it, number in cases:
        print(f"| {label} | {number / fastest(run_it):.0f} |", flush=True)


if __name__ == "__main__":
    main()
