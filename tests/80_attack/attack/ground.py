"""What the attacks stand on: small inputs made once, and whether the run is a quick one."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from attack.program import Said, fresh

T = TypeVar("T")


@dataclass
class _Made:
    lock: threading.RLock = field(default_factory=threading.RLock)
    done: bool = False
    value: object = None


@dataclass
class Ground:
    """Inputs, made when first asked for, in a folder that goes at the end.

    Parameters
    ----------
    quick
        Whether a few cases of each line are enough.
    """

    quick: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: dict[str, _Made] = field(default_factory=dict)
    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="estran-attack-")
    )

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return Path(self._folder.name)

    def close(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._folder.cleanup()

    def some(self, many: int, few: int) -> int:
        """How many cases of a line."""
        return few if self.quick else many

    @property
    def safe(self) -> Path:
        """A simulated .SAFE with true checksums, 96 x 96 pixels of 20 m."""
        self.once(
            "safe", lambda: self.estran("simulate", "scene", "scene", "--seed", "5", "--size", "96", "--small", "-q")
        )
        (safe,) = (self.folder / "scene").glob("*.SAFE")
        return safe

    @property
    def stack(self) -> Path:
        """The same bands at 60 m in BEAM-DIMAP: small, quick to work on."""
        return self._stack("dim")

    @property
    def tiff(self) -> Path:
        """The same in GeoTIFF."""
        return self._stack("tif")

    @property
    def netcdf(self) -> Path:
        """The same in NetCDF."""
        return self._stack("nc")

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, made by whichever case asks for it first; the others wait."""
        with self._lock:
            entry = self._made.setdefault(name, _Made())
        with entry.lock:
            if not entry.done:
                entry.done = True
                try:
                    entry.value = make()
                except Exception as error:  # is not tried again for each of its cases
                    entry.value = error
        if isinstance(entry.value, Exception):
            raise RuntimeError(str(entry.value))
        return entry.value  # type: ignore[return-value]

    def warm(self) -> None:
        """Run the masks once, so that the compiler's cache is filled before anything is timed or killed."""
        self.once("warm", lambda: self.estran("masks", self.safe, "-o", "warm", "-q"))

    def estran(self, *arguments: object) -> Said:
        """A call that must succeed, in the ground's own folder."""
        said = fresh(self.folder, *arguments, limit_s=900.0)
        if said.code != 0:
            raise RuntimeError(f"the ground could not be laid: estran {' '.join(map(str, arguments))}: {said.shown()}")
        return said

    def _stack(self, ending: str) -> Path:
        self.once(
            ending,
            lambda: self.estran(
                "gpt", "Resample", f"-Ssource={self.safe}", "-PtargetResolution=60", "-t", f"stack.{ending}", "--quiet"
            ),
        )
        return self.folder / f"stack.{ending}"
