"""The doctor: green on a whole installation, and for each thing that can be broken the line that says it and the
command that mends it.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest

from estran import __version__
from estran.adapters.snap.setup import doctor
from estran.adapters.snap.setup import site as sites
from estran.adapters.snap.setup.check import ALIASES
from estran.adapters.snap.setup.content import operator_files, package_folder
from estran.adapters.snap.setup.doctor import CHECKS, examine
from estran.adapters.snap.setup.interpreter import ask
from estran.adapters.snap.setup.plan import apply, plan_install
from estran.adapters.snap.setup.settings import EXTRA_PATHS
from estran.adapters.snap.setup.site import Site


@pytest.fixture
def installed(fake_snap):
    """A faked SNAP with our operators in it."""
    if not ask(Path(sys.executable)).library:
        pytest.skip("this Python has no shared library, so no SNAP can be set up for it")
    fake_snap.set_python()
    apply(plan_install(Site.find()), prove=False)
    return fake_snap


def found(timeout=20.0):
    return {check.id: check for check in examine(lambda: Site.find(timeout=timeout))}


def wrong(timeout=20.0):
    checks = found(timeout)
    return {name: check for name, check in checks.items() if not check.ok and not check.optional}


def test_all_is_well(installed):
    checks = found()
    assert {name: check.fact for name, check in checks.items() if not check.ok and not check.optional} == {}
    assert list(checks) == [name for name in CHECKS if name != "desktop_home"], (
        "each check has the name by which it is listed; there is no desktop"
    )
    before = installed.snapshot()
    found()
    assert {k: v for k, v in installed.snapshot().items() if "calls" not in k} == {
        k: v for k, v in before.items() if "calls" not in k
    }, "it looks and touches nothing"


def test_nothing_installed(fake_snap):
    fake_snap.set_python()
    check = wrong()["operators"]
    assert (check.fact, check.mend) == ("Estran's operators are not in this SNAP", "estran snap install")


def test_no_snap(monkeypatch, tmp_path):
    monkeypatch.delenv("SNAP_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("estran.adapters.snap.setup.find.usual_places", lambda _environment: iter(()))
    (check,) = examine(Site.find)
    assert (check.id, check.ok, check.mend) == ("snap", False, "estran snap doctor --snap DIR")


def test_a_variable_that_names_no_snap(monkeypatch, tmp_path):
    monkeypatch.setenv("SNAP_HOME", str(tmp_path))
    (check,) = examine(Site.find)
    assert (check.id, check.ok, check.fact) == ("snap", False, f"SNAP_HOME names no SNAP ({tmp_path})")


def test_a_snap_that_is_too_old(fake_snap):
    fake_snap.jar(fake_snap.home / "snap" / "modules" / "org-esa-snap-snap-core.jar", {}, "9.0.8")
    check = wrong()["snap"]
    assert "SNAP 9.0.8" in check.fact
    assert "SNAP 10 or newer" in check.fact


def test_a_snap_that_is_set_up_for_no_python(fake_snap):
    """The way out is setting it up, not mending whatever `python` is on the PATH."""
    broken = wrong()
    assert broken["esa_snappy" if "python" not in broken else "python"].mend.startswith("estran snap install  #")


@pytest.mark.parametrize(
    ("harm", "name", "fact", "mend"),
    [
        ("java", "java", "Java 17.0.1 (needs 21)", "JAVA_HOME"),
        ("old java", "java", "a Java that is too old: this SNAP needs Java 21", "JAVA_HOME"),
        ("gpt", "java", "gpt does not run", "gpt"),
        ("no bridge", "bridge", "no module esa-snappy", "Tools > Plugins"),
        ("latin", "settings", "is not UTF-8 (line 3)", "save the file as UTF-8"),
        ("extra", "settings", "names what is no folder", "edit "),
        ("no python", "python", "SNAP would start nowhere/python", "estran snap install --python"),
        ("no program", "python", "gives no sensible answer", "estran snap install --python"),
        ("no jpy", "esa_snappy", "has no jpy for Python", "--upgrade esa-snappy"),
        ("no esa_snappy", "esa_snappy", "there is no package esa_snappy", "pip install esa-snappy"),
        ("python gone", "esa_snappy", "configured for a Python that has gone", "rm "),
        ("python twin", "esa_snappy", "configured for another Python", "rm "),
        ("python other", "esa_snappy", "configured for another Python", "rm "),
        ("packages", "packages", "does not see numba>=", '"numba>='),
        ("no load", "estran", "cannot import numba (ImportError: broken)", "--force-reinstall numba"),
        ("another estran", "estran", "Estran 0.0.1 in", f"estran=={__version__}"),
        ("stale", "operators", "are not as this Estran", "estran snap install"),
        ("half", "plugins", "cloud_mask-info.xml is missing", "estran snap install"),
        ("foreign", "plugins", "bad_op-info.xml is missing", "move "),
        ("twice", "duplicates", "in 2 places", "move "),
        ("jar", "duplicates", "in 2 places", "estran snap uninstall"),
        ("lost", "gpt", f"gpt does not know {ALIASES[1]}", f"{ALIASES[1]} -h"),
        ("bridge broken", "start", "Failed to establish Python bridge", "snappyutil.log"),
        ("hangs", "start", "no answer in 3 s", "nothing.dim"),
        ("record", "operators", "record of the installation is damaged", "remove the folder"),
    ],
)
def test_each_thing_that_can_be_wrong(installed, harm, name, fact, mend, monkeypatch):
    python = installed.user_dir / "snap-python"
    ours = python / "estran"
    modules = installed.home / "snap" / "modules"
    bridge = installed.module_dir / "esa_snappy"
    match harm:
        case "java":
            installed.does(java="17.0.1")
        case "old java":
            installed.does(java="old")
        case "gpt":
            installed.gpt.write_text("#!/bin/sh\nexit 3\n")
        case "no bridge":
            (modules / "eu-esa-snap-esa-snappy.jar").unlink()
        case "latin":
            file = python / "snappy.properties"
            file.write_bytes(file.read_bytes() + "x=\u00e9\n".encode("latin-1"))
        case "extra":
            (installed.user_dir / "etc").mkdir()
            (installed.user_dir / "etc" / "snap.properties").write_text(f"{EXTRA_PATHS}=nowhere\n")
        case "no python":
            installed.set_python("nowhere/python")
        case "no program":
            installed.set_python(shutil.which("true"))
        case "no jpy":
            next((bridge / "lib").iterdir()).unlink()
        case "no esa_snappy":
            (bridge / "snappyutil.py").unlink()
        case "python gone":
            (bridge / "jpyconfig.properties").write_text("jpy.pythonLib = nowhere/libpython3.11.so\n")
        case "python twin":
            twin = installed.user_home / Path(ask(Path(sys.executable)).library).name
            twin.touch()
            (bridge / "jpyconfig.properties").write_text(f"jpy.pythonLib = {twin}\n")
        case "python other":
            (installed.user_home / "libpython3.9.so").touch()
            (bridge / "jpyconfig.properties").write_text(f"jpy.pythonLib = {installed.user_home / 'libpython3.9.so'}\n")
        case "packages":
            next(installed.module_dir.glob("numba-*.dist-info")).unlink()
        case "no load":
            (installed.module_dir / "numba").unlink()
            (installed.module_dir / "numba.py").write_text("raise ImportError('broken')\n")
        case "another estran":
            (installed.module_dir / "estran" / "adapters").mkdir(parents=True)
            (installed.module_dir / "estran" / "__init__.py").write_text("__version__ = '0.0.1'\n")
            (installed.module_dir / "estran" / "adapters" / "__init__.py").touch()
            (installed.module_dir / "estran" / "adapters" / "snap.py").touch()
        case "stale":
            (ours / "estran_snap" / "cloud_mask.py").write_text("")
        case "half":
            (ours / "estran_snap" / "cloud_mask-info.xml").unlink()
        case "foreign":
            installed.plugin("bad", broken=True)
        case "twice":
            installed.plugin("twin", alias=ALIASES[0])
        case "jar":
            installed.jar(modules / "org-estran-snap.jar", {str(path): data for path, data in operator_files().items()})
        case "lost":
            installed.does(loses=[ALIASES[1]])
        case "bridge broken":
            installed.does(bridge="broken")
        case "hangs":
            installed.does(hang="nothing.dim")
        case "record":
            (ours / "estran-install.json").write_text("{")
    if name != "estran":  # the one that takes its time: it imports what operators import
        monkeypatch.setattr(doctor, "CHECKS", {name: check for name, check in CHECKS.items() if name != "estran"})
    broken = wrong(3.0 if harm == "hangs" else 20.0)
    assert name in broken
    assert fact in broken[name].fact
    assert mend in broken[name].mend
    assert all(check.mend for check in broken.values()), "each has its remedy"


def test_rugged_is_not_needed_and_reported(installed):
    for place in installed.module_dir.glob("orekit_jpype*"):
        place.unlink()
    check = found()["rugged"]
    assert not check.ok
    assert check.optional, "nothing fails without it"
    assert "by its own sweep" in check.fact
    assert re.search(r"-m pip install .*\borekit-jpype$", check.mend)


@pytest.mark.skipif(
    importlib.util.find_spec("orekit_jpype") is None or shutil.which("java") is None,
    reason="no orekit-jpype, or no Java",
)
def test_rugged_is_tried_with_the_java_of_snap(installed):
    assert "a ray meets a wall" in found()["rugged"].fact
    jars = installed.module_dir / "orekit_jpype"
    real = jars.resolve()
    jars.unlink()
    (jars / "jars").mkdir(parents=True)
    (jars / "__init__.py").touch()
    for jar in (real / "jars").glob("*.jar"):
        if "hipparchus" not in jar.name:
            (jars / "jars" / jar.name).symlink_to(jar)
    check = found()["rugged"]
    assert not check.ok
    assert "hipparchus" in check.fact
    installed.does(**{"java home": "nowhere"})
    assert "not tried" in found()["rugged"].fact


def test_one_cause_is_reported_once(installed):
    """Checks that rest on a broken one are left out."""
    installed.set_python("nowhere/python")
    assert not {"libpython", "esa_snappy", "packages", "estran"} & set(found())
    installed.does(java="old")
    assert not {"gpt", "start"} & set(found())


@pytest.mark.parametrize("managed", [False, True])
def test_where_pip_installs(installed, monkeypatch, managed):
    """Where SNAP looks: the folder of esa_snappy, if that is not the Python's own; and nowhere that belongs to the
    system's packages.
    """
    monkeypatch.setattr(
        sites, "ask", lambda executable: dataclasses.replace(ask(executable), environment=not managed, managed=managed)
    )
    next(installed.module_dir.glob("numba-*.dist-info")).unlink()
    (installed.module_dir / "numba").unlink()
    mend = wrong()["packages"].mend
    if managed:
        program = "DIR/bin/python"
        assert (
            mend == f'{sys.executable} -m venv DIR && {program} -m pip install "estran[snap]" && estran snap install '
            f"--python {program}"
        )
    else:
        assert mend.startswith(f'{sys.executable} -m pip install --target {installed.module_dir} "numba>=')
        monkeypatch.setattr(sites, "ask", lambda executable: dataclasses.replace(ask(executable), environment=False))
        assert wrong()["packages"].mend.startswith(f'{sys.executable} -m pip install "numba>=')


def test_a_link_that_leads_elsewhere(installed, tmp_path):
    apply(plan_install(Site.find(), linked=True), prove=False)
    assert not wrong()
    (installed.user_dir / "snap-python" / "estran" / "estran_snap").unlink()
    (installed.user_dir / "snap-python" / "estran" / "estran_snap").symlink_to(tmp_path)
    assert wrong()["operators"].mend == "estran snap link"


def test_an_installed_copy_wins_over_the_link(installed):
    apply(plan_install(Site.find(), linked=True), prove=False)
    shutil.copytree(
        package_folder(), installed.module_dir / "estran", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )
    check = wrong()["estran"]
    assert "wins over the linked checkout" in check.fact
    assert "pip uninstall estran" in check.mend
