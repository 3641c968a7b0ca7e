"""SNAP's settings as SNAP layers them.

From snap-runtime's Config and esa-snappy's PyBridge: ``<home>/etc/snap.properties`` holds defaults;
``<userdir>/etc/snap.properties`` goes over them; then the file that ``snap.config`` names; over these go ``-D`` options
of the JVM; and ``<userdir>/snap-python/snappy.properties``, which SNAP's own configuration of Python writes, goes over
all when Python is started. The last counts for Python and its module folder, not for ``snap.pythonExtraPaths``, which
is read before. ``${name}`` stands for a setting, a system property, or a variable of the environment.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from estran.adapters.snap.setup.properties import read_properties
from estran.errors import EstranError

PYTHON, MODULE_DIR, EXTRA_PATHS, USER_DIR = (
    "snap.pythonExecutable",
    "snap.pythonModuleDir",
    "snap.pythonExtraPaths",
    "snap.userdir",
)
_JVM_VARIABLES = ("JAVA_TOOL_OPTIONS", "INSTALL4J_ADD_VM_PARAMS", "_JAVA_OPTIONS")
"""What the JVM and SNAP's launchers take options from, weakest first."""

_Entries = dict[str, tuple[str, str]]
"""For each key its value, and where that was said."""


@dataclass(frozen=True)
class Settings:
    """What SNAP would find, with where it was said."""

    home: Path | None
    user_dir: Path
    user_dir_from: str
    values: Mapping[str, str]
    origins: Mapping[str, str]
    broken: tuple[str, ...] = field(default=())
    """Sentences about files that SNAP cannot read."""

    def get(self, key: str) -> str | None:
        """The value, its ``${…}`` resolved."""
        value = self.values.get(key)
        return None if value is None else _resolved(value, self.values)

    def paths(self, key: str) -> list[str]:
        """A value that is a list of paths."""
        return [p for p in (self.get(key) or "").split(os.pathsep) if p.strip()]

    @property
    def plugin_parent(self) -> Path:
        """SNAP looks for Python operators one level below."""
        return self.user_dir / "snap-python"

    @property
    def snappy_properties(self) -> Path:
        """What SNAP's own configuration of Python writes."""
        return self.plugin_parent / "snappy.properties"

    @property
    def python(self) -> str:
        """The interpreter that SNAP would start; SNAP's own default is the ``python`` of the PATH."""
        return self.get(PYTHON) or "python"

    @property
    def module_dir(self) -> Path:
        """The folder in which SNAP expects the package esa_snappy."""
        value = self.get(MODULE_DIR)
        return Path(value) if value else self.plugin_parent

    @property
    def user_clusters(self) -> tuple[Path, ...]:
        """Where the desktop keeps modules that the user added; gpt looks there too."""
        windows = (Path.home() / "AppData" / "Roaming" / "SNAP",) if sys.platform == "win32" else ()
        return (self.user_dir / "system", *windows)


def read_settings(
    home: Path | None, user_dir: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings of the SNAP at `home`; with `user_dir` as if that were given by ``-J-Dsnap.userdir``."""
    environment = os.environ if environment is None else environment
    broken: list[str] = []
    options = _vm_options(home, environment)
    entries = (_file(home / "etc" / "snap.properties", broken) if home is not None else {}) | options
    named, origin = entries.get(USER_DIR, ("", ""))
    if user_dir is not None:
        found, origin = user_dir, "--userdir"
    elif named:
        found = Path(_resolved(named, _values(entries)))
    else:
        found, origin = _home_folder(_values(entries), environment) / ".snap", "SNAP's default"
    found = found.expanduser().absolute()
    entries |= _file(found / "etc" / "snap.properties", broken)
    if config := entries.get("snap.config", ("", ""))[0]:
        entries |= _file(Path(_resolved(config, _values(entries))), broken)
    entries |= options
    snappy = _file(found / "snap-python" / "snappy.properties", broken)
    entries |= {key: value for key, value in snappy.items() if key != EXTRA_PATHS}
    return Settings(
        home, found, origin, _values(entries), {key: origin for key, (_, origin) in entries.items()}, tuple(broken)
    )


def _values(entries: _Entries) -> dict[str, str]:
    return {key: value for key, (value, _) in entries.items()}


def _file(path: Path, broken: list[str]) -> _Entries:
    """What a file says; what keeps SNAP from reading it goes to `broken`."""
    try:
        data = path.read_bytes()
        data.decode("utf-8")
        return {key: (value, str(path)) for key, value in read_properties(data, path).items()}
    except FileNotFoundError:
        pass
    except OSError as error:
        broken.append(f"{path}: {error.strerror}")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        broken.append(f"{path} is not UTF-8 (line {line}), and SNAP skips it whole")
    except EstranError as error:
        broken.append(error.sentence())
    return {}


def _vm_options(home: Path | None, environment: Mapping[str, str]) -> _Entries:
    """``-Dkey=value`` of gpt.vmoptions and of the JVM's variables."""
    file = home / "bin" / "gpt.vmoptions" if home is not None else Path()
    lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
    words = [(line.strip(), str(file)) for line in lines]
    words += [
        (word, name)
        for name in _JVM_VARIABLES
        for word in shlex.split(environment.get(name, ""), posix=sys.platform != "win32")
    ]
    options = ((re.fullmatch(r"-D([^=\s]+)=(.*)", word), origin) for word, origin in words)
    return {match[1]: (match[2].strip('"'), origin) for match, origin in options if match}


def _home_folder(values: Mapping[str, str], environment: Mapping[str, str]) -> Path:
    """The JVM's ``user.home``: on Unix what the list of users says, not HOME (a container can have
    both, and differ).
    """
    user_home = values.get("user.home")
    if user_home is None and sys.platform != "win32":
        import pwd

        with contextlib.suppress(KeyError):
            user_home = pwd.getpwuid(os.getuid()).pw_dir
    if user_home and len(user_home) > 2:
        return Path(user_home)
    return Path(environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or Path.home())


def _resolved(value: str, values: Mapping[str, str]) -> str:
    """``${name}`` replaced, as SNAP's EnginePreferences does; what is not known stays."""
    for _ in range(32):  # a chain of that length is a circle
        match = re.search(r"\$\{([^}]*)\}", value)
        if match is None:
            break
        known = values.get(match[1]) or (
            str(_home_folder(values, os.environ)) if match[1] == "user.home" else os.environ.get(match[1])
        )
        if known is None or match[0] in known:
            break
        value = value.replace(match[0], known)
    return value
