"""Operators that exist for the tests in a real SNAP alone: each shows one behaviour of the adapter. SNAP imports this
module too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from estran.catalogue.spec import Axis, BandOut, Operator, Reads, Source, Walk, param
from estran.errors import EmptyScene
from estran.raster.record import RunRecord

SEEN = Source("source", (Reads("red"), Reads("green"), Reads("blue")), "Reflectance.")


@dataclass(frozen=True, kw_only=True)
class Trial(Operator):
    """What they share."""

    alias = "Estran.Trial"
    label = "Trial"
    version = "1.0"
    summary = "A trial of the adapter."
    atbd = "none"
    menu = "Tools"
    sources = (SEEN,)
    writes = (BandOut("mean", "float32", "1", "mean of the visible bands"),)
    walk = Walk.PIXEL

    def compute(self, block, survey=None):
        return block.out({"mean": ((block["red"] + block["green"] + block["blue"]) / np.float32(3)).astype(np.float32)})


@dataclass(frozen=True, kw_only=True)
class TrialCopying(Trial):
    alias = "Estran.TrialCopying"
    copy_bands: tuple[str, ...] = param((), "Bands to hand on.", choose_bands=True)


@dataclass(frozen=True, kw_only=True)
class TrialTwo(Trial):
    alias = "Estran.TrialTwo"
    sources = (SEEN, Source("reference", (Reads("red"),), "To subtract.", optional=True))

    def compute(self, block, survey=None):
        reference = block.get("reference.red")
        return block.out({"mean": block["red"].copy() if reference is None else block["red"] - reference})


@dataclass(frozen=True, kw_only=True)
class TrialParameters(Trial):
    """A parameter of every kind; the product's record tells what arrived."""

    alias = "Estran.TrialParameters"
    truth: bool = param(True, "A switch.", section="Plain ones", dialog=True)
    whole: int = param(3, "A count.", interval="[0,9]", section="Plain ones", dialog=True)
    real: float = param(0.5, "A number.", interval="[0,1]", section="Plain ones")
    choice: Literal["fast", "strict"] = param("fast", "A choice.", section="Plain ones")
    text: str = param("", "A text.", section="Plain ones")
    maybe_whole: int | None = param(None, "A count or nothing.", section="Others")
    maybe_real: float | None = param(None, "A number or nothing.", section="Others")
    mode: Literal["fast", "strict"] = param("fast", "A mode.", section="Others")
    by_mode: float | None = param(None, "A number.", section="Others", dialog=True, modes={"fast": 4.5, "strict": 2.0})
    texts: tuple[str, ...] = param((), "Texts.", section="Others", dialog=True)
    reals: tuple[float, ...] = param((), "Numbers.", section="Others")
    file: Path | None = param(None, "A file.", section="Others")


@dataclass(frozen=True, kw_only=True)
class TrialBlur(Trial):
    """Neighbourhoods, and small waits, so that threads meet."""

    alias = "Estran.TrialBlur"
    walk = Walk.NEIGHBOURHOOD
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    writes = (BandOut("red", "float32", "1", "mean of three pixels in a row"),)

    def halo(self):
        return 1

    def compute(self, block, survey=None):
        padded = np.pad(block["red"], ((0, 0), (1, 1)), mode="edge")
        return block.out(
            {"red": ((padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.float32(3)).astype(np.float32)}
        )


@dataclass(frozen=True, kw_only=True)
class TrialScene(Trial):
    """The whole scene at once; its facts tell which RGB profiles SNAP knows."""

    alias = "Estran.TrialScene"
    walk = Walk.SCENE
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    writes = (BandOut("red", "float32", "1", "red less its mean"),)

    def compute(self, block, survey=None):
        from estran.adapters.snap.jvm import java

        profiles = [str(profile.getName()) for profile in java("RGBImageProfileManager").getInstance().getAllProfiles()]
        red = block["red"]
        return block.out(
            {"red": (red - np.nanmean(red, dtype=np.float64)).astype(np.float32)},
            RunRecord(facts={"profiles": ", ".join(p for p in profiles if "Estran" in p)}),
        )


@dataclass(frozen=True, kw_only=True)
class TrialViews(Trial):
    """An output over views, in doubles, with its uncertainty."""

    alias = "Estran.TrialViews"
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    axes = (Axis("view", coordinates=(0.0, 60.0), unit="degrees", meaning="View zenith angle"),)
    writes = (
        BandOut("rho", "float64", "1", "red by view", dims=("view", "y", "x")),
        BandOut(
            "u_rho",
            "float64",
            "1",
            "uncertainty of it",
            dims=("view", "y", "x"),
            uncertainty_of="rho",
            correlation={"view": "systematic", "y": "random", "x": "random"},
        ),
    )

    def compute(self, block, survey=None):
        cosine = np.cos(np.radians(np.array(block.scene.axes["view"].values)))
        rho = block["red"].astype(np.float64) / cosine[:, None, None]
        return block.out({"rho": rho, "u_rho": rho * 0.05})


@dataclass(frozen=True, kw_only=True)
class TrialFailing(Trial):
    alias = "Estran.TrialFailing"
    how: Literal["contract", "fault", "module"] = param("contract", "What to raise.")

    def compute(self, block, survey=None):
        if self.how == "contract":
            raise EmptyScene("there is no clear pixel", todo="choose another date")
        if self.how == "module":
            import a_package_that_nobody_has  # noqa: F401
        raise ZeroDivisionError("no photons")


@dataclass(frozen=True, kw_only=True)
class TrialFailingScene(TrialFailing):
    alias = "Estran.TrialFailingScene"
    walk = Walk.SCENE


@dataclass(frozen=True, kw_only=True)
class TrialSlow(Trial):
    """Says that it computes, and takes its time."""

    alias = "Estran.TrialSlow"
    walk = Walk.SCENE
    mark: Path | None = param(None, "File to make when the computing has begun.")
    seconds: float = param(120.0, "How long it takes.")

    def compute(self, block, survey=None):
        self.mark.touch()
        time.sleep(self.seconds)
        return super().compute(block)


OPERATORS = (
    TrialCopying,
    TrialTwo,
    TrialParameters,
    TrialBlur,
    TrialScene,
    TrialViews,
    TrialFailing,
    TrialFailingScene,
    TrialSlow,
)
