"""One SNAP with all that is asked about it; each fact is found when it is first needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from estran.adapters.snap.setup import content, modules, plugins
from estran.adapters.snap.setup.desktop import Desktop, find_desktop
from estran.adapters.snap.setup.embedded import DESKTOP_PATH, HOME, PROGRAM, Embedded, embedded
from estran.adapters.snap.setup.find import Snap, find_snap
from estran.adapters.snap.setup.gpt import Answer, run_gpt
from estran.adapters.snap.setup.interpreter import Bridge, Interpreter, Seen, ask, bridge, find_executable, look
from estran.adapters.snap.setup.manifest import Manifest, read_manifest
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON, Settings, read_settings
from estran.errors import EstranError

TIMEOUT = 180.0
"""Seconds for one run of gpt: the first after an installation unpacks SNAP's bridge and its EPSG database."""

_IMPORTED = ("estran", "estran.adapters.snap", "numba", "scipy.ndimage", "rasterio")
"""What an operator imports at work; that a package is there does not say that it loads."""


@dataclass(eq=False)
class Site:
    """A SNAP, its settings, its Python, and what is installed.

    Parameters
    ----------
    snap
        None only where one is uninstalled from a user directory whose SNAP has gone.
    settings
        Its settings.
    asked_user_dir
        The user directory where the user named one: gpt is then told of it.
    timeout
        Seconds for a run of gpt.
    changed
        Variables of the environment that gpt is given beside those of this process.
    """

    _snap: Snap | None
    settings: Settings
    asked_user_dir: Path | None = None
    timeout: float = TIMEOUT
    changed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def find(cls, given: Path | None = None, user_dir: Path | None = None, environment: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> Site:
        """The SNAP that :func:`find_snap` finds.

        Raises
        ------
        BadParameter, NoSnap
            As there.
        """
        snap = find_snap(given, environment)
        return cls(snap, read_settings(snap.home, user_dir, environment), user_dir, timeout)

    def with_python(self, executable: Path, module_dir: Path) -> Site:
        """As if SNAP were set up for another interpreter."""
        values = {**self.settings.values, PYTHON: str(executable), MODULE_DIR: str(module_dir)}
        return replace(self, settings=replace(self.settings, values=values))

    @property
    def snap(self) -> Snap:
        """It."""
        if self._snap is None:
            raise EstranError("there is no SNAP to ask", todo="name its folder with --snap DIR")
        return self._snap

    @property
    def folder(self) -> Path:
        """Where our operators go."""
        return self.settings.plugin_parent / content.NAME

    @cached_property
    def manifest(self) -> Manifest | None:
        """Of our installation there."""
        return read_manifest(self.folder)

    @cached_property
    def jars(self) -> dict[str, Path]:
        """SNAP's modules."""
        return modules.module_jars(self.settings)

    @cached_property
    def version(self) -> str:
        """SNAP's."""
        return modules.snap_version(self.snap.home, self.jars)

    @cached_property
    def plugins(self) -> list[plugins.Plugin]:
        """Who brings Python operators."""
        return plugins.find_plugins(self.settings)

    @cached_property
    def executable(self) -> Path | None:
        """The interpreter that SNAP would start, if it is there."""
        return find_executable(self.settings.python)

    @cached_property
    def interpreter(self) -> Interpreter:
        """It, by its own account (raises EstranError where it does not run)."""
        if self.executable is None:
            raise EstranError(
                "the Python that SNAP would start is not there", where=self.settings.origins.get(PYTHON, "SNAP's default"), found=self.settings.python
            )
        return ask(self.executable)

    @cached_property
    def bridge(self) -> Bridge:
        """The package esa_snappy in the module folder."""
        return bridge(self.settings.module_dir, self.interpreter)

    @cached_property
    def embedded(self) -> Embedded | None:
        """What it takes as its place inside a gpt that is started from here."""
        return embedded(self.interpreter, dict(self.changed))

    @cached_property
    def desktop(self) -> Desktop | None:
        """SNAP Desktop, where this SNAP has one."""
        return find_desktop(self.settings)

    @cached_property
    def embedded_in_desktop(self) -> Embedded | None:
        """What it takes as its place inside a desktop that is started from a menu."""
        said = self.desktop.python_home if self.desktop is not None else None
        return embedded(self.interpreter, {"PATH": DESKTOP_PATH, "PYTHONPATH": None, HOME: said})

    @cached_property
    def installed(self) -> Seen:
        """What SNAP's interpreter sees without any plugin, and without any environment that is activated here and now."""
        return look(self.interpreter, self.settings.module_dir, (), ("estran",))

    @cached_property
    def seen(self) -> Seen:
        """What it sees with the plugins, after imports, inside a gpt that is started from here."""
        program = PROGRAM if self.embedded is not None else None
        return look(self.interpreter, self.settings.module_dir, [p.place for p in self.plugins], _IMPORTED, program=program)

    @cached_property
    def seen_alone(self) -> Seen:
        """The same where no environment is activated: which Estran it finds."""
        return look(self.interpreter, self.settings.module_dir, [p.place for p in self.plugins], ("estran",))

    @cached_property
    def diagnosis(self) -> Answer:
        """What ``gpt --diag`` says of itself."""
        return self.gpt("--diag")

    def diagnosed(self, name: str) -> str:
        """One line of it ("Java version"), or ``""``."""
        match = re.search(rf"^{re.escape(name)}: *(.+?)\s*$", self.diagnosis.out, re.MULTILINE)
        return match[1] if match else ""

    @cached_property
    def listing(self) -> Answer:
        """What ``gpt -h`` says: every operator that it knows."""
        return self.gpt("-h")

    def gpt(self, *arguments: str) -> Answer:
        """Run gpt."""
        return run_gpt(self.snap, *arguments, user_dir=self.asked_user_dir, timeout=self.timeout, changed=self.changed)
