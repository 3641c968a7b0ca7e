"""The plugin archive, built by the Gradle of the machine, and imported as SNAP imports it: out of the jar."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest

from estran import __version__
from estran.catalogue import OPERATORS
from estran.catalogue.views.names import class_name, module_name

PLUGIN = ("build.gradle", "layer.xml", "LICENSE", "snap-operators", "python/estran/__init__.py")


@pytest.fixture(scope="module")
def nbm(repository, tmp_path_factory):
    gradle = shutil.which("gradle")
    if gradle is None:
        pytest.skip("no gradle on the PATH (Debian's package gradle)")
    root = tmp_path_factory.mktemp("plugin")
    for name in PLUGIN:
        source, target = repository / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (root / "settings.gradle").touch()
    done = subprocess.run([gradle, "--offline", "--no-daemon", "-g", str(root / "home"), "nbm"], cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "build" / "distributions" / f"estran-{__version__}.nbm"


@pytest.mark.debian
@pytest.mark.slow
def test_archive(nbm, tmp_path):
    with zipfile.ZipFile(nbm) as archive:
        names = set(archive.namelist())
        assert {"Info/info.xml", "netbeans/modules/org-estran-snap.jar", "netbeans/config/Modules/org-estran-snap.xml"} <= names
        # SNAP finds the module by this name; operators register at its next start.
        assert "modules/org-estran-snap.jar" in archive.read("netbeans/config/Modules/org-estran-snap.xml").decode()
        assert "needsrestart='true'" in archive.read("Info/info.xml").decode().replace('"', "'")
        jar = archive.extract("netbeans/modules/org-estran-snap.jar", tmp_path)
    with zipfile.ZipFile(jar) as content:
        entries = set(content.namelist())
        manifest = content.read("META-INF/MANIFEST.MF").decode()
    assert "OpenIDE-Module: org.estran.snap" in manifest
    assert "OpenIDE-Module-Layer: layer.xml" in manifest
    assert {"layer.xml", "META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi", "estran_snap/docs/help.hs"} <= entries
    for op in OPERATORS:
        assert {f"estran_snap/{module_name(op)}.py", f"estran_snap/{module_name(op)}-info.xml"} <= entries
        code = f"import sys; sys.path.append({str(jar)!r}); from estran_snap.{module_name(op)} import {class_name(op)} as c; print(c.declaration.alias)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == op.alias
