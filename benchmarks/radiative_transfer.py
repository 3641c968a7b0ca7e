"""Speed and accuracy of the radiative transfer against SOS-ABS on the same cases, where its program stands; else
against the plain solver in NumPy below.

``ESTRAN_SOS_ABS`` is the folder in which SOS-ABS was built (its ``exe`` and ``fic`` are below it). SOS-ABS is a process
that writes files: both the wall time and the processor time of the process are given, the smallest of five runs. Both
sides give the same angles: one Sun, SOS-ABS's own view angles below 70 degrees, azimuths every 30 degrees. SOS-ABS
takes one Sun a run; ours takes any number, as tables want, so the last column gives the ratio of times a Sun when 12
are asked for. Set OPENBLAS_NUM_THREADS and NUMBA_NUM_THREADS to 1 for a fair comparison. Its depolarisation is compiled
in; the case takes whichever it has from ``inc/SOS.h``.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.timing import fastest
from estran.physics.aerosol import MODELS, optics
from estran.physics.radiative_transfer import Constituent, Layer, Radiation, exponential_layers, solve
from estran.physics.scattering import phase_matrix, rayleigh_greek
from estran.physics.sea_surface import RoughSea

Float = npt.NDArray[np.float64]

SUN = 36.86989765
SUNS = tuple(np.linspace(5.0, 70.0, 12))
REPEATS = 5


@dataclass(frozen=True)
class Case:
    """One atmosphere, for both programs."""

    name: str
    molecules: float
    aerosol: float
    wind: float | None

    def layers(self, depolarisation: float) -> list[Layer]:
        greek = rayleigh_greek(depolarisation)
        if self.aerosol == 0.0:
            return [Layer(self.molecules, 1.0, greek)]
        salt = optics(MODELS["maritime_wmo"], 550.0)
        return exponential_layers(
            [Constituent(self.molecules, 1.0, greek, 8.0), Constituent(self.aerosol, salt.albedo, salt.greek, 2.0)]
        )

    def ours(
        self, view: Float, azimuth: Float, streams: int, depolarisation: float, suns: tuple[float, ...] = (SUN,)
    ) -> Radiation:
        ground = None if self.wind is None else RoughSea(self.wind, 1.34)
        return solve(
            self.layers(depolarisation),
            np.cos(np.radians(suns)),
            view,
            azimuth,
            ground,
            streams=streams,
            tolerance=1e-6,
        )

    def arguments(self, folder: Path, nodes: int) -> list[str]:
        """What SOS-ABS is called with."""
        words = {
            "SOS_Main.Wa": 0.55,
            "SOS_Main.ResRoot": folder,
            "SOS_Main.Log": "m.log",
            "ANG.Rad.NbGauss": nodes,
            "ANG.Thetas": SUN,
            "SOS.View": 2,
            "SOS.View.Dphi": 30,
            "SOS.ResFileUp": "up.txt",
            "SOS.ResFileDown": "down.txt",
            "AP.Log": "p.log",
            "AP.MOT": self.molecules,
            "AP.AerProfile.Type": 1,
            "AP.HR": 8.0,
            "AP.AerHS.HA": 2.0,
            "AP.AbsProfile.Type": 7,
            "AER.DirMie": folder / "MIE",
            "AER.Waref": 0.55,
            "AER.AOTref": self.aerosol,
            "AER.ResFile": "a.txt",
            "AER.Log": "a.log",
            "SURF.Dir": folder / "BRDF",
            "SURF.Alb": 0.0,
            "SURF.Type": 0 if self.wind is None else 1,
        }
        if self.aerosol:
            words |= {"AER.Model": 1, "AER.WMO.Model": 2}
        if self.wind is not None:
            words |= {"SURF.Ind": 1.34, "SURF.Glitter.Wind": self.wind}
        return [str(word) for key, value in words.items() for word in ("-" + key, value)]


CASES = (
    Case("molecules 0.25", 0.25, 0.0, None),
    Case("molecules 0.25, sea at 5 m/s", 0.25, 0.0, 5.0),
    Case("molecules 0.097, maritime 0.2, sea at 5 m/s", 0.0971, 0.2, 5.0),
)


def run_sos(root: Path, case: Case, nodes: int) -> tuple[Float, float, float]:
    """Its table (azimuth, zenith, angle, I, Q, U, …), the wall time and the processor time [s]; the first run, which
    makes Mie and surface files, does not count.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in ("MIE", "BRDF"):
            (Path(folder) / name).mkdir()
        command = [str(root / "exe" / "SOS_ABS_MAIN.exe"), *case.arguments(Path(folder), nodes)]
        wall = processor = np.inf
        for _ in range(REPEATS + 1):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, env={**os.environ, "SOS_ABS_ROOT": str(root)}, check=True, capture_output=True)
            wall, after = min(wall, time.perf_counter() - start), resource.getrusage(resource.RUSAGE_CHILDREN)
            processor = min(processor, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        table = np.loadtxt(Path(folder) / "SOS" / "up.txt", comments="#")
    return table[table[:, 1] < 70.0], wall, processor


def against_sos(root: Path) -> None:
    """A line a case and number of nodes; errors are against our own solution with 48 streams."""
    found = re.search(r"define CTE_MDF\s+([0-9.]+)", (root / "inc" / "SOS.h").read_text("latin-1"))
    depolarisation = float(found[1]) if found else 0.0279
    print(f"Depolarisation {depolarisation:g}. Error of I: largest and median relative difference to 48 streams.\n")
    print(
        "| case | program | nodes | wall | processor | largest | median | SOS-ABS over ours | the same, a Sun of 12 "
        "|\n|---|---|---|---|---|---|---|---|---|"
    )
    for case in CASES:
        theirs = {nodes: run_sos(root, case, nodes) for nodes in (24, 48)}
        for nodes, (table, wall, processor) in theirs.items():
            view, azimuth = np.unique(table[:, 1]), np.unique(table[:, 0])
            at = np.searchsorted(view, table[:, 1]), 0, np.searchsorted(azimuth, table[:, 0])
            mu = np.cos(np.radians(view))
            truth = case.ours(mu, azimuth, 48, depolarisation).up[0]
            error = np.abs(table[:, 3] / np.cos(np.radians(SUN)) / truth[at] - 1.0)
            print(
                f"| {case.name} | SOS-ABS | {nodes} | {1e3 * wall:.1f} ms | {1e3 * processor:.1f} ms | "
                f"{error.max():.1e} | {np.median(error):.1e} | | |"
            )
            for streams in (6, 8, 12, 16) if case.aerosol == 0.0 else (8, 12, 16, 24):
                spent = fastest(lambda n=streams, m=mu, a=azimuth, c=case: c.ours(m, a, n, depolarisation), REPEATS)
                many = fastest(
                    lambda n=streams, m=mu, a=azimuth, c=case: c.ours(m, a, n, depolarisation, SUNS), REPEATS
                ) / len(SUNS)
                ours = np.abs(case.ours(mu, azimuth, streams, depolarisation).up[0] / truth - 1.0)
                row = (
                    f"| | Estran | {streams} | {1e3 * spent:.1f} ms | {1e3 * spent:.1f} ms | {ours.max():.1e} | "
                    f"{np.median(ours):.1e} "
                )
                print(f"{row}| {wall / spent:.1f} | {wall / many:.1f} |")


def plain_doubling(depth: float, mu_s: float, view: Float, azimuth: Float, nodes: int = 32, spokes: int = 3) -> Float:
    """Reflectance I of molecules over black by scalar doubling from a sheet of 1e-6, dense, one direction set for all:
    what one writes first.
    """
    x, w = np.polynomial.legendre.leggauss(nodes)
    x, w = np.concatenate([0.5 * (x + 1), view, [mu_s]]), np.concatenate([0.5 * w, np.zeros(view.size + 1)])
    a, b = x[:, None], x[None, :]
    out = np.zeros((view.size, azimuth.size))
    angle = 2 * np.pi * np.arange(8) / 8
    for m in range(spokes):
        modes = []
        for sign in (-1.0, 1.0):
            cosine = sign * a[..., None] * b[..., None] + np.sqrt((1 - a**2) * (1 - b**2))[..., None] * np.cos(angle)
            modes.append((phase_matrix(rayleigh_greek(), cosine)[0] * np.cos(m * angle)).mean(axis=-1))
        times = int(np.ceil(np.log2(depth / 1e-6)))
        sheet = depth / 2**times
        r, t = modes[0] * sheet / (4 * a * b), modes[1] * sheet / (4 * a * b)
        weight = 2 * x * w
        for k in range(times):
            e = np.exp(-sheet * 2**k / x)
            bounce = (r * weight) @ r
            down = np.linalg.solve(np.eye(x.size) - bounce * weight, t + bounce * e)
            up = (r * weight) @ down + r * e
            r, t = r + e[:, None] * up + (t * weight) @ up, e[:, None] * down + t * e + (t * weight) @ down
        out += (1 if m == 0 else 2) * r[nodes:-1, -1][:, None] * np.cos(m * azimuth)
    return out


def against_numpy() -> None:
    """Where SOS-ABS is absent: the first thing that one writes, without polarisation."""
    view, azimuth = np.cos(np.radians(np.linspace(1, 69, 43))), np.arange(0.0, 361.0, 30.0)
    case = CASES[0]
    plain = fastest(lambda: plain_doubling(case.molecules, 0.8, view, np.radians(azimuth)), REPEATS)
    ours = fastest(lambda: case.ours(view, azimuth, 12, 0.0), REPEATS)
    print(
        "SOS-ABS is not here. What to do: build it, and name its folder in ESTRAN_SOS_ABS.\n\n| program | time | "
        "ratio |\n|---|---|---|"
    )
    print(
        f"| plain scalar doubling, 32 nodes | {1e3 * plain:.1f} ms | |\n| Estran, polarised, 12 streams | "
        f"{1e3 * ours:.1f} ms | {plain / ours:.1f} |"
    )


def main() -> None:
    """Print a Markdown table."""
    root = os.environ.get("ESTRAN_SOS_ABS", "")
    if root and (Path(root) / "exe" / "SOS_ABS_MAIN.exe").is_file():
        against_sos(Path(root))
    else:
        against_numpy()


if __name__ == "__main__":
    main()
