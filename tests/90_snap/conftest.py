"""A gpt to test with: SNAP's own, in a user directory of its own where our operators are, each call with a time limit
(a deadlock is a failure, not a wait).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from estran.adapters.snap.setup.find import NoSnap, find_snap
from estran.catalogue import OPERATORS
from estran.catalogue.views.tree import PLUGIN, plugin_files
from estran.errors import BadParameter

TRIAL = Path(__file__).with_name("trial_operators.py")


class Gpt:
    """``gpt`` with the options that keep it to one user directory and one Python."""

    def __init__(self, program: Path, user_dir: Path):
        self.program, self.user_dir = program, user_dir
        properties = {
            "snap.userdir": user_dir,
            "snap.pythonExecutable": sys.executable,
            "snap.pythonModuleDir": sysconfig.get_path("purelib"),
        }
        self._options = [f"-J-D{name}={value}" for name, value in properties.items()]

    def start(self, *arguments, output: Path) -> subprocess.Popen:
        """A running gpt in a process group of its own, for :meth:`end`."""
        command = [str(self.program), *self._options, *map(str, arguments)]
        with output.open("wb") as stream:
            return subprocess.Popen(
                command, stdout=stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
            )

    def __call__(self, *arguments, timeout=300) -> subprocess.CompletedProcess:
        """Exit code and text of a gpt that ran to its end; what does not end in time fails the test, and is ended with
        all that it started.
        """
        # A file, not a pipe: whatever outlives the launcher would hold the pipe open for ever.
        output = self.user_dir / f"output-{os.getpid()}.txt"
        process = self.start(*arguments, output=output)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.end(process)
            pytest.fail(
                f"gpt {' '.join(map(str, arguments))} did not end within {timeout} "
                f"s:\n{output.read_text(errors='replace')[-4000:]}"
            )
        text = output.read_text(errors="replace")
        return subprocess.CompletedProcess(process.args, code, text, text)

    @staticmethod
    def end(process: subprocess.Popen) -> None:
        """Kill it as the kernel would that runs out of memory: nothing of it can tidy up."""
        if sys.platform == "win32":
            process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def load_trial():
    """The module of the operators that exist for these tests alone."""
    if "trial_operators" not in sys.modules:
        spec = importlib.util.spec_from_file_location("trial_operators", TRIAL)
        sys.modules["trial_operators"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["trial_operators"]


@pytest.fixture(scope="session", autouse=True)
def _this_python_first():
    """Inside SNAP Python takes the modules of the first ``python3`` on the PATH: here those of the Python that runs the
    tests, whatever shell they run from.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.base_prefix, "bin")), os.environ.get("PATH", os.defpath)]))
        patch.delenv("PYTHONHOME", raising=False)
        yield


@pytest.fixture(scope="session")
def snap_program():
    """SNAP's gpt; skips with the reason where there is none that could run Python operators of this Python."""
    try:
        program = find_snap().gpt
    except (NoSnap, BadParameter) as error:
        pytest.skip(f"no SNAP: {error}")
    if importlib.util.find_spec("esa_snappy") is None:
        pytest.skip("esa_snappy is not installed in this Python (pip install 'estran[snap]')")
    return program


@pytest.fixture(scope="session")
def trial():
    return load_trial()


@pytest.fixture(scope="session")
def gpt(snap_program, trial, repository, tmp_path_factory):
    """gpt with the operators of the catalogue and those of `trial_operators`, laid out as an installation does."""
    user = tmp_path_factory.mktemp("snap-user")
    plugin = user / "snap-python" / "estran"
    for path, text in plugin_files((*OPERATORS, *trial.OPERATORS)):
        if path.startswith(PLUGIN):
            target = plugin / Path(path).relative_to(PLUGIN)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
    shutil.copy(TRIAL, plugin)
    # SNAP does not read .pth files, so an editable install is not seen: the package lies beside the shims.
    shutil.copytree(
        repository / "python" / "estran", plugin / "estran", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    return Gpt(snap_program, user)


@pytest.fixture(scope="session")
def multisize(tmp_path_factory):
    """A simulated Sentinel-2 scene with clouds, shadows, snow and water, in its three pixel sizes, as BEAM-DIMAP."""
    from estran.adapters.files import open_product, write_product

    safe = simulated_safe(tmp_path_factory.mktemp("scene"))
    return write_product(open_product(safe), safe.parent / f"{safe.stem}.dim")


def simulated_safe(folder: Path) -> Path:
    """A simulated scene as a .SAFE."""
    from estran.cli.main import main

    assert main(["simulate", "scene", str(folder / "scene"), "--seed", "6", "--size", "192", "--small"]) == 0
    (safe,) = (folder / "scene").glob("*.SAFE")
    return safe


@pytest.fixture(scope="session")
def stack(multisize, tmp_path_factory):
    """The scene at 20 m, with pixels without data, as both engines open it."""
    from dataclasses import replace

    import numpy as np

    from estran.adapters.files import open_product, write_product
    from estran.cli.main import main

    folder = tmp_path_factory.mktemp("stack")
    assert (
        main(
            [
                "gpt",
                "Resample",
                f"-Ssource={multisize}",
                "-PtargetResolution=20",
                "-Pdownsampling=Mean",
                "-t",
                str(folder / "whole.dim"),
            ]
        )
        == 0
    )
    product = open_product(folder / "whole.dim")
    holed = {}
    for name in ("B2", "B11"):
        counts = np.array(product[name].data)
        counts[40:42, 50] = counts[0, 0] = 0
        holed[name] = replace(product[name], data=counts)
    return write_product(replace(product, bands={**product.bands, **holed}), folder / multisize.name)
