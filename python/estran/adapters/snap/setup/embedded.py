"""The Python that starts inside SNAP: its code is the library of the interpreter that SNAP is set up for, its modules
are those of the ``python3`` on the PATH.

A Python that is embedded does not know its own place. It looks on the PATH for ``python3``, and from there for the
folder of its version; if it finds one, of whatever Python, it takes it, together with the virtual environment that this
``python3`` belongs to. The library of one Python with the modules of another of the same version then fails at the
first compiled one. `PYTHONHOME` says the place outright.

The interpreter itself does the same where it is started under the bare name ``python3`` (Modules/getpath.py), so it is
asked that way.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup.interpreter import Interpreter, run_python
from estran.errors import EstranError

PROGRAM = "python3"
"""What an embedded Python takes itself for."""

DESKTOP_PATH = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin"))
"""The PATH of what is started from a menu, not from a shell."""

_COMPILED = ("_datetime", "_struct", "math", "zlib", "_ctypes")
"""Modules that are compiled in one Python and fit no other; numpy and zipimport need some of them."""

_ASKED = f"""
import json, os, sys
errors = {{}}
for name in {_COMPILED!r}:
    try:
        __import__(name)
    except BaseException as error:
        errors[name] = "%s: %s" % (type(error).__name__, error)
json.dump({{"prefix": sys.prefix, "base": sys.base_prefix, "errors": errors}}, sys.stdout)
"""


@dataclass(frozen=True)
class Embedded:
    """What it takes as its place.

    Parameters
    ----------
    program
        The ``python3`` that it finds; "" where the PATH has none.
    prefix, base
        Its environment, and the Python below that; the same where no virtual environment is activated.
    errors
        Compiled modules that do not load, and why.
    failure
        Why it does not start at all; "" where it does.
    """

    program: str
    prefix: Path
    base: Path
    errors: Mapping[str, str]
    failure: str = ""

    @property
    def environment(self) -> Path | None:
        """The virtual environment whose packages it takes."""
        return self.prefix if self.prefix != self.base else None

    def belongs_to(self, interpreter: Interpreter) -> bool:
        """Whether its modules are those of that interpreter."""
        return not self.failure and os.path.realpath(self.base) == os.path.realpath(
            interpreter.home.split(os.pathsep)[0]
        )


def embedded(interpreter: Interpreter, changed: Mapping[str, str | None] | None = None) -> Embedded | None:
    """What `interpreter` takes as its place inside SNAP.

    Parameters
    ----------
    interpreter
        The one that SNAP is set up for.
    changed
        Variables of the environment in which SNAP is started that are not as they are here; None takes one out.

    Returns
    -------
    Embedded or None
        None where the place does not hang on the PATH: on Windows, and for a framework of macOS, whose library knows
        it.
    """
    if sys.platform == "win32" or interpreter.framework:
        return None
    program = shutil.which(PROGRAM, path=(changed or {}).get("PATH") or os.environ.get("PATH", os.defpath)) or ""
    try:
        answer = run_python([PROGRAM, "-c", _ASKED], interpreter.base, changed=changed)
        return Embedded(program, Path(answer["prefix"]), Path(answer["base"]), answer["errors"])
    except EstranError as error:
        return Embedded(program, Path(), Path(), {}, str(error.found or error.what))
