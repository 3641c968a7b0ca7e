"""One SNAP with all that is asked about it; each fact is found when it is first needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.desktop import HOME, Desktop, find_desktop
from estran.adapters.snap.setup.embedded import DESKTOP_PATH, PROGRAM, Embedded, embedded
from estran.adapters.snap.setup.find import Snap, find_snap
from estran.adapters.snap.setup.gpt import Answer, run_gpt
from estran.adapters.snap.setup.interpreter import Interpreter, Visible, ask, find_executable, look
from estran.adapters.snap.setup.manifest import Manifest, read_manifest
from estran.adapters.snap.setup.modules import Plugin, find_plugins, module_jars
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
        The user directory where the user named one: it is then handed to gpt.
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
    def find(cls, given: Path | None = None, user_dir: Path | None = None, timeout: float = TIMEOUT) -> Site:
        """The SNAP that :func:`find_snap` finds.

        Raises
        ------
        BadParameter, NoSnap
            As there.
        """
        snap = find_snap(given)
        return cls(snap, read_settings(snap.home, user_dir), user_dir, timeout)

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
        return module_jars(self.settings)

    @cached_property
    def plugins(self) -> list[Plugin]:
        """Who brings Python operators."""
        return find_plugins(self.settings)

    @cached_property
    def interpreter(self) -> Interpreter:
        """What SNAP would start, by its own account (raises EstranError where that is not there or does not run)."""
        executable = find_executable(self.settings.python)
        if executable is None:
            origin = self.settings.origins.get(PYTHON, "SNAP's default")
            raise EstranError("the Python that SNAP would start is not there", where=origin, found=self.settings.python)
        return ask(executable)

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
        if self.desktop is None:
            return None
        said = next(reversed(self.desktop.said.values()), None)
        return embedded(self.interpreter, {"PATH": DESKTOP_PATH, "PYTHONPATH": None, HOME: said})

    @cached_property
    def installed(self) -> Visible:
        """What SNAP's interpreter sees without any plugin, and without any environment that is
        activated here and now.
        """
        return look(self.interpreter, self.settings.module_dir, (), ("estran",))

    @cached_property
    def visible(self) -> Visible:
        """What it sees with the plugins, after imports, inside a gpt that is started from here."""
        program = PROGRAM if self.embedded is not None else None
        return look(
            self.interpreter, self.settings.module_dir, [p.place for p in self.plugins], _IMPORTED, program=program
        )

    @cached_property
    def visible_alone(self) -> Visible:
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

    def gpt(self, *arguments: str) -> Answer:
        """Run gpt."""
        return run_gpt(self.snap, *arguments, user_dir=self.asked_user_dir, timeout=self.timeout, changed=self.changed)
