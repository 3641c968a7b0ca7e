"""SNAP Desktop's launcher: where it keeps what a user adds, and the configuration that it reads at its start.

``bin/snap`` is a shell script. It sources ``etc/snap.conf`` of the installation, and then that of the user's modules folder where there is one:
a line ``export NAME=value`` there reaches the desktop's environment. The launcher of Windows reads the same files and knows no such line, nor does
gpt's launcher read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.embedded import home_line, homes_in
from estran.adapters.snap.setup.settings import Settings


@dataclass(frozen=True)
class Desktop:
    """One that is installed with a SNAP; `modules` is the folder of what the user adds."""

    home: Path
    modules: Path

    @property
    def conf(self) -> Path:
        """The user's own configuration: ours to add a line to."""
        return self.modules / "etc" / "snap.conf"

    @property
    def confs(self) -> tuple[Path, ...]:
        """What the launcher sources, in this order."""
        return self.home / "etc" / "snap.conf", self.conf

    def home_of(self, conf: Path) -> str | None:
        """The PYTHONHOME that a configuration sets."""
        found = homes_in(_text(conf))
        return found[-1] if found else None

    def ours(self, conf: Path) -> bool:
        """Whether it sets that in a line of ours."""
        return (value := self.home_of(conf)) is not None and home_line(value) in _text(conf).splitlines()

    @property
    def python_home(self) -> str | None:
        """What comes of them."""
        return next((value for conf in reversed(self.confs) if (value := self.home_of(conf)) is not None), None)


def find_desktop(settings: Settings) -> Desktop | None:
    """The desktop of a SNAP, if it has one."""
    modules = content.desktop_modules(settings)
    return None if modules is None or settings.home is None else Desktop(settings.home, modules)


def with_line(data: bytes, line: str) -> bytes:
    """The configuration with our line at its end."""
    end = b"" if not data or data.endswith(b"\n") else b"\n"
    return data + end + line.encode() + b"\n"


def without_line(data: bytes, line: str) -> bytes:
    """The configuration without a line of ours; every other byte stays."""
    return b"".join(one for one in data.splitlines(keepends=True) if one.rstrip(b"\r\n") != line.encode())


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""
