"""SNAP Desktop's launcher: where it keeps what a user adds, and the configuration that it reads at its start.

``bin/snap`` is a shell script. It sources ``etc/snap.conf`` of the installation, and then that of the user's modules
folder where there is one: a line ``export NAME=value`` there reaches the desktop's environment. The launcher of Windows
reads the same files and knows no such line, nor does gpt's launcher read them.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup.settings import Settings

HOME = "PYTHONHOME"


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

    @property
    def said(self) -> dict[Path, str]:
        """The PYTHONHOME of each configuration that sets it; the last one holds."""
        return {conf: homes[-1] for conf in self.confs if (homes := homes_in(_text(conf)))}

    def ours(self, conf: Path) -> bool:
        """Whether it sets that in a line of ours."""
        return home_line(self.said[conf]) in _text(conf).splitlines()


def find_desktop(settings: Settings) -> Desktop | None:
    """The desktop of a SNAP; None where it has none.

    ``etc/snap.conf`` names the folder of what a user adds, from the user's home: another user directory of gpt's
    (``snap.userdir``) does not move it. Where the user names a user directory with ``--userdir``, nothing outside that
    is touched.
    """
    home, inside = settings.home, settings.user_clusters[0]
    if home is None or not any(
        (home / name).is_file() for name in ("etc/snap.conf", "bin/snap", "bin/snap64.exe", "bin/snap.exe")
    ):
        return None
    key = "default_mac_userdir" if sys.platform == "darwin" else "default_userdir"
    default = re.search(rf'^{key}="([^"]*)"', _text(home / "etc" / "snap.conf"), re.MULTILINE)
    if settings.user_dir_from == "--userdir" or default is None:
        return Desktop(home, inside)
    # The launcher is a shell script, or SNAP's .exe, for which HOME is the roaming folder.
    users = (
        Path.home() / "AppData" / "Roaming" if sys.platform == "win32" else Path(os.environ.get("HOME") or Path.home())
    )
    named = default[1].replace("${HOME}", str(users))
    return Desktop(home, inside if "${" in named else Path(named))


def home_line(home: str) -> str:
    """The line of a configuration that sets PYTHONHOME."""
    quoted = "'" + home.replace("'", "'\\''") + "'"
    return f"export {HOME}={quoted}  # by estran snap install"


def homes_in(text: str) -> list[str]:
    """Values that a configuration gives to PYTHONHOME."""
    found = re.findall(rf"""^\s*(?:export\s+)?{HOME}=('(?:[^']|'\\'')*'|"[^"]*"|\S*)""", text, re.MULTILINE)
    return [value[1:-1].replace("'\\''", "'") if value[:1] in ("'", '"') else value for value in found]


def with_line(data: bytes, line: str) -> bytes:
    """The configuration with our line at its end."""
    end = b"" if not data or data.endswith(b"\n") else b"\n"
    return data + end + line.encode() + b"\n"


def without_line(data: bytes, line: str) -> bytes:
    """The configuration without a line of ours; every other byte stays."""
    return b"".join(one for one in data.splitlines(keepends=True) if one.rstrip(b"\r\n") != line.encode())


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""
