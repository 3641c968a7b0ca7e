"""The plugin archive, built by the Gradle of the machine: what is in it, its shims imported as SNAP does (out of the
jar), and a run in a real SNAP.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from estran import __version__
from estran.adapters.files import open_product
from estran.catalogue import OPERATORS
from estran.catalogue.spec import parameters_of
from estran.catalogue.views.names import class_name, help_id, module_name
from estran.engine.run import run_now

pytestmark = [pytest.mark.debian, pytest.mark.slow]

PLUGIN = ("build.gradle", "layer.xml", "LICENSE", "snap-operators", "python/estran")


def build(repository: Path, root: Path) -> Path:
    """``gradle nbm`` in a copy of what it needs, offline."""
    gradle = shutil.which("gradle")
    if gradle is None:
        pytest.skip("no gradle on the PATH (Debian's package gradle)")
    if shutil.which("java") is None:
        pytest.skip("no java on the PATH")
    for name in PLUGIN:
        source, target = repository / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(source, target)
    # What a checkout that was worked in has lying about.
    for litter in (
        "python/estran/__pycache__/jit.cpython-311.pyc",
        "python/estran/.mypy_cache/x",
        "snap-operators/estran_snap/__pycache__/x.pyc",
    ):
        (root / litter).parent.mkdir(parents=True, exist_ok=True)
        (root / litter).touch()
    (root / "settings.gradle").touch()
    done = subprocess.run(
        [gradle, "--offline", "--no-daemon", "-g", str(root / "home"), "nbm"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "build" / "distributions" / f"estran-{__version__}.nbm"


@pytest.fixture(scope="module")
def nbm(repository, tmp_path_factory):
    return build(repository, tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="module")
def cluster(nbm, tmp_path_factory):
    """What SNAP's plugin manager puts into the user directory."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(nbm) as archive:
        archive.extractall(folder)
    return folder / "netbeans"


def test_what_the_plugin_manager_reads(nbm):
    with zipfile.ZipFile(nbm) as archive:
        names = set(archive.namelist())
        info = ElementTree.fromstring(archive.read("Info/info.xml"))
        config = ElementTree.fromstring(archive.read("netbeans/config/Modules/org-estran-snap.xml"))
    assert "netbeans/modules/org-estran-snap.jar" in names
    # Operators are registered at start only.
    assert info.get("needsrestart") == "true"
    assert info.get("codenamebase") == config.get("name") == "org.estran.snap"
    assert info.find("manifest").get("OpenIDE-Module-Implementation-Version") == __version__
    assert "Apache License" in info.findtext("license")
    assert info.find("license").get("name") == info.get("license")
    assert {p.get("name"): p.text for p in config}["jar"] == "modules/org-estran-snap.jar"
    assert {p.get("name"): p.text for p in config}["enabled"] == "true"
    assert not [name for name in names if "__pycache__" in name or "/." in name]


def test_the_package_comes_as_files(nbm, repository):
    """numba keeps its machine code beside the sources: it cannot do so in a jar."""
    root = repository / "python"
    files = {p.relative_to(root).as_posix() for p in (root / "estran").rglob("*") if p.is_file()}
    files = {name for name in files if "__pycache__" not in name and "/." not in name}
    with zipfile.ZipFile(nbm) as archive:
        held = {
            n.removeprefix("netbeans/estran/python/")
            for n in archive.namelist()
            if n.startswith("netbeans/estran/python/") and not n.endswith("/")
        }
    assert held == files


def test_the_module(cluster):
    with zipfile.ZipFile(cluster / "modules" / "org-estran-snap.jar") as jar:
        entries = set(jar.namelist())
        lines = jar.read("META-INF/MANIFEST.MF").decode().replace("\r\n ", "").splitlines()
        layer = ElementTree.fromstring(jar.read("layer.xml"))
        services = jar.read("META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi").decode().splitlines()
        topics = jar.read("estran_snap/docs/map.jhm").decode()
    manifest = dict(line.split(": ", 1) for line in lines if ": " in line)
    assert manifest["OpenIDE-Module"] == "org.estran.snap"
    assert manifest["OpenIDE-Module-Layer"] == "layer.xml"
    assert manifest["OpenIDE-Module-Specification-Version"].replace(".", "").isdigit()
    assert {
        "LICENSE",
        "estran_snap/__init__.py",
        "estran_snap/docs/help.hs",
        "estran_snap/docs/helpset.xml",
        "estran_snap/docs/toc.xml",
    } <= entries
    assert len([line for line in services if line and not line.startswith("#")]) == len(OPERATORS)
    for op in OPERATORS:
        assert {
            f"estran_snap/{module_name(op)}.py",
            f"estran_snap/{module_name(op)}-info.xml",
            f"estran_snap/docs/{module_name(op)}.html",
        } <= entries
        assert f'target="{help_id(op)}"' in topics
        assert layer.find(f".//attr[@stringvalue='{op.alias}']") is not None
    # What the help set's address names is in the jar.
    (url,) = [f.get("url") for f in layer.iter("file") if f.get("url")]
    assert url in entries


def _python(cluster, code, *, packages=True):
    """Python as SNAP starts it: no site module, so no .pth files and no editable installs; the jar last on the path."""
    jar, site = cluster / "modules" / "org-estran-snap.jar", sysconfig.get_path("purelib")
    path = f"import sys; sys.path += {[site, str(jar)] if packages else [str(jar)]!r}; "
    return subprocess.run(
        [sys.executable, "-S", "-c", path + code],
        capture_output=True,
        text=True,
        check=False,
        cwd=cluster.parent,
        timeout=300,
    )


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_each_shim_out_of_the_jar(cluster, op):
    code = f"""
import estran_snap, estran, importlib.resources
from estran_snap.{module_name(op)} import {class_name(op)} as made
assert estran_snap.__file__.endswith("org-estran-snap.jar/estran_snap/__init__.py"), estran_snap.__file__
assert "<operator>" in importlib.resources.files("estran_snap").joinpath("{module_name(op)}-info.xml").read_text("utf-8")
print(made.declaration.alias, estran.__file__)
"""  # noqa: E501
    done = _python(cluster, code)
    assert done.stdout.split() == [op.alias, str(cluster / "estran" / "python" / "estran" / "__init__.py")], done.stderr


def test_machine_code_is_kept_between_runs(cluster):
    """Compiled from the archive's files, found again by the next Python."""
    code = """
import estran_snap, numpy
from numba.core import event
from estran.raster.label import label
with event.install_recorder("numba:compile") as compiled:
    label(numpy.eye(5, dtype=bool))
print(len(compiled.buffer))
"""
    first, second = _python(cluster, code), _python(cluster, code)
    assert int(first.stdout) > 0, first.stderr
    assert int(second.stdout) == 0, second.stderr


def test_a_missing_package_is_one_sentence(cluster):
    done = _python(cluster, "import estran_snap.cloud_mask", packages=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: SNAP's Python lacks numpy, ")
    assert "What to do: " in done.stderr


def test_the_same_sources_make_the_same_bytes(nbm, tmp_path):
    """Whenever and wherever they are packed."""
    again = build(nbm.parents[2], tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(nbm.read_bytes()).digest()


@pytest.fixture
def gpt_with_archive(snap_program, cluster, tmp_path):
    """A SNAP whose user directory has nothing of ours but what the archive brings."""
    spec = importlib.util.spec_from_file_location("snap_conftest", Path(__file__).with_name("conftest.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    user = tmp_path / "user"
    shutil.copytree(cluster, user / "system")
    return module.Gpt(snap_program, user)


@pytest.mark.snap
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_gpt_runs_it_from_the_jar(gpt_with_archive, stack, tmp_path, op):
    """The jar in the user directory's ``system/modules``, the package beside it: nothing of ours in ``snap-python``,
    nothing installed.
    """
    said = gpt_with_archive(op.alias, "-h")
    assert all(
        (f"-P{p.element}=" if p.info.dialog else p.element) in said.stdout
        for p in parameters_of(op)
        if not p.info.expert
    )
    done = gpt_with_archive(op.alias, f"-Ssource={stack}", "-t", tmp_path / "out.dim")
    assert done.returncode == 0, done.stdout[-4000:]
    assert "org-estran-snap.jar" in done.stdout
    expected, found = run_now(op(), {op.sources[0].name: open_product(stack)}), open_product(tmp_path / "out.dim")
    for written in op.writes:
        np.testing.assert_array_equal(
            np.asarray(found[written.name].data), np.asarray(expected[written.name].data), err_msg=written.name
        )


@pytest.mark.snap
def test_the_jar_alone_says_what_to_install(gpt_with_archive, stack, tmp_path):
    site = Path(sysconfig.get_path("purelib"))
    if (site / "estran").is_dir():
        pytest.skip("estran itself is installed in SNAP's Python")
    shutil.rmtree(gpt_with_archive.user_dir / "system" / "estran")
    done = gpt_with_archive("Estran.SpectralTests", f"-Ssource={stack}", "-t", tmp_path / "out.dim")
    assert done.returncode == 1
    assert "SNAP's Python lacks estran, which Estran needs. What to do: " in done.stdout
