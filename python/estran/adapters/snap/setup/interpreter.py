"""The Python that SNAP starts: what it is, and which packages are visible to the interpreter that is embedded in SNAP.

SNAP does not run the executable. It loads the shared library of the Python below it (below a virtual environment, too)
and puts the folder of esa_snappy first on the path: the path is therefore that of the *base* Python, with that folder
before it and the folders of the plugins after it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from estran.errors import EstranError

OLDEST = (3, 11)
"""As pyproject.toml says; SNAP's bridge has a jpy for 3.7 to 3.13."""

_ABOUT = """
import importlib.util, json, os, platform, sys, sysconfig
get = sysconfig.get_config_var
minor = "%d.%d" % sys.version_info[:2]
names = [get("INSTSONAME"), get("LDLIBRARY"), "Python", "python%s.dll" % minor.replace(".", "")]
names += ["libpython%s.%s" % (minor, ending) for ending in ("so.1.0", "so", "dylib")]
folders = [get("LIBDIR"), os.path.join(get("LIBDIR") or "", get("MULTIARCH") or "")]
folders += [get("LIBPL"), get("PYTHONFRAMEWORKPREFIX")]
folders += [os.path.join(sys.base_prefix, d) for d in ("", "lib", "lib64")]
found = [os.path.join(f, n) for f in folders if f for n in names if n and not n.endswith(".a")]
spec = importlib.util.find_spec("esa_snappy")
managed = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
bits = "32 bit" if sys.maxsize < 2**32 else platform.python_implementation()
json.dump({
    "version": list(sys.version_info[:3]),
    "kind": "free-threaded" if get("Py_GIL_DISABLED") else bits,
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "home": os.pathsep.join(dict.fromkeys((sys.base_prefix, sys.base_exec_prefix))),
    "framework": bool(get("PYTHONFRAMEWORK")),
    "environment": sys.prefix != sys.base_prefix,
    "managed": sys.prefix == sys.base_prefix and os.path.isfile(managed),
    "library": next((f for f in found if os.path.isfile(f)), ""),
    "purelib": sysconfig.get_path("purelib"),
    "esa_snappy": os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else "",
}, sys.stdout)
"""

_LIST_VISIBLE = """
import importlib, importlib.metadata, importlib.util, json, sys
modules, roots, names = json.loads(sys.argv[1])
if sys.path and sys.path[0] == "":
    del sys.path[0]
sys.path[:0] = modules
sys.path += roots
spec = importlib.util.find_spec("estran")
packages = {}
for found in importlib.metadata.distributions():
    packages.setdefault((found.metadata["Name"] or "").lower().replace("_", "-"), found.version)
errors = {}
version = ""
for name in names:
    try:
        module = importlib.import_module(name)
        version = getattr(module, "__version__", version) if name == "estran" else version
    except BaseException as error:
        errors[name] = " ".join(("%s: %s" % (type(error).__name__, error)).split())
orekit = importlib.util.find_spec("orekit_jpype")
answer = {"estran": spec.origin or "" if spec else "", "version": version, "packages": packages, "errors": errors}
json.dump({**answer, "orekit": orekit.origin or "" if orekit else ""}, sys.stdout)
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python, by its own account.

    `kind` is CPython for an ordinary one of 64 bits, `base` the executable below a virtual environment, `library` its
    shared library (empty where there is none), `esa_snappy` the folder that holds that package (empty where there is
    none), `home` the place of its modules as PYTHONHOME takes it, `framework` whether it is a framework of macOS,
    `environment` whether it is a virtual one, `managed` whether pip may not install there because the system's packages
    do (PEP 668).
    """

    executable: Path
    version: tuple[int, int, int]
    kind: str
    base: Path
    library: str
    purelib: Path
    esa_snappy: str
    home: str = ""
    framework: bool = False
    environment: bool = False
    managed: bool = False

    @property
    def description(self) -> str:
        """Version and place."""
        return f"Python {'.'.join(map(str, self.version))} ({self.executable})"


@dataclass(frozen=True)
class Visible:
    """What is visible to the interpreter embedded in SNAP: our package, Orekit's (which brings Rugged), every
    distribution, and what cannot be imported.
    """

    estran: str
    version: str
    packages: Mapping[str, str]
    errors: Mapping[str, str]
    orekit: str = ""


def find_executable(name: str) -> Path | None:
    """As the JVM starts it: a path, or a name on the PATH."""
    found = shutil.which(name)
    return Path(found) if found else None


def ask(executable: Path) -> Interpreter:
    """Run it and read its description of itself.

    Raises
    ------
    EstranError
        It does not run, or is no Python 3.
    """
    answer = run_python([str(executable), "-c", _ABOUT], executable)
    return Interpreter(
        executable,
        **{
            **answer,
            "version": tuple(answer["version"]),
            "base": Path(answer["base"]),
            "purelib": Path(answer["purelib"]),
        },
    )


def look(
    interpreter: Interpreter,
    module_dir: Path,
    roots: Sequence[Path],
    modules: Sequence[str],
    *,
    program: str | None = None,
) -> Visible:
    """What of our needs is visible on the path that SNAP makes of `module_dir` and the plugin folders `roots`; imports
    `modules`.

    Under the name `program` ("python3") the interpreter takes the environment that is activated, as it does inside
    SNAP; without, none.

    Raises
    ------
    EstranError
        The interpreter does not run.
    """
    question = json.dumps([[str(module_dir / "esa_snappy"), str(module_dir)], [str(r) for r in roots], list(modules)])
    answer = run_python(
        [program or str(interpreter.base), "-c", _LIST_VISIBLE, question], interpreter.base, timeout=120.0
    )
    return Visible(**answer)


def missing_packages(packages: Mapping[str, str], requirements: Sequence[str] | None = None) -> list[str]:
    """Requirements of ours (``numpy>=2.0``) that these distributions do not meet, the extras' left out."""
    wanted = requirements if requirements is not None else metadata.requires("estran") or []
    found = []
    for requirement in (one.partition(";")[0].strip() for one in wanted if "extra ==" not in one):
        match = re.match(r"([\w.-]+)[^>]*(?:>=\s*([\d.]+))?", requirement)
        have = packages.get(match[1].lower().replace("_", "-")) if match else None
        if have is None or _numbers(have) < _numbers((match and match[2]) or "0"):
            found.append(requirement)
    return found


def _why(text: str) -> str:
    """Of what a Python says that does not start, the lines that name the error; else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"(Fatal Python error|[\w.]*(Error|Exception)): ", line)]
    return "; ".join(named) or (lines or ["nothing"])[-1]


def _numbers(version: str) -> tuple[int, ...]:
    """ "1.26.4" to (1, 26, 4)."""
    return tuple(int(n) for n in re.findall(r"\d+", version.split("+")[0])[:3])


def run_python(
    command: list[str], executable: Path, timeout: float = 60.0, changed: Mapping[str, str | None] | None = None
) -> dict[str, Any]:
    """What a Python answers, as JSON; the first word of `command` is the name under which `executable` is started.

    Raises
    ------
    EstranError
        It does not run, or answers otherwise; `found` is the reason it gives, whole.
    """
    # PYTHONHOME and the like reach the interpreter inside SNAP as they reach this one.
    wanted = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", **(changed or {})}
    options: dict[str, Any] = {
        "env": {k: v for k, v in wanted.items() if v is not None},
        "cwd": tempfile.gettempdir(),
        "check": False,
    }
    try:
        done = subprocess.run(
            command,
            executable=str(executable),
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            **options,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        found = "no answer in time" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        raise EstranError(
            "the interpreter does not run", where=executable, found=found, todo="choose another with --python"
        ) from error
    try:
        return dict(json.loads(done.stdout.decode("utf-8")))
    except (ValueError, TypeError) as error:
        said = _why(done.stderr.decode("utf-8", "replace"))
        raise EstranError(
            "the interpreter gives no sensible answer",
            where=executable,
            found=said,
            todo="choose another with --python",
        ) from error
