"""Where SNAP is, how it is set up, what it is: on faked installations."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from estran.adapters.snap.setup.find import NoSnap, find_snap, usual_places
from estran.adapters.snap.setup.modules import find_module, find_plugins, java_needed, module_jars, snap_version
from estran.adapters.snap.setup.settings import EXTRA_PATHS, MODULE_DIR, PYTHON, read_settings
from estran.errors import BadParameter


def settings_of(fake, **more):
    return read_settings(fake.home, environment={**fake.environment, **more})


def test_by_variable_by_path_and_by_hand(fake_snap, tmp_path):
    home = fake_snap.home.resolve()
    assert find_snap(environment={"SNAP_HOME": str(home)}) == find_snap(environment={"SNAP_HOME": str(home / "bin")})
    for given in (home, home / "bin", home / "bin" / "gpt"):
        found = find_snap(given, {})
        assert (found.home, found.gpt, found.found_by) == (home, home / "bin" / "gpt", "--snap")
    # Installers link gpt into a folder of the PATH.
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "gpt").symlink_to(fake_snap.gpt)
    found = find_snap(environment={"PATH": os.pathsep.join(["", str(tmp_path / "path")])})
    assert (found.home, found.found_by) == (home, "PATH")


def test_another_program_called_gpt_is_no_snap(fake_snap, tmp_path):
    other = tmp_path / "usr" / "bin"
    other.mkdir(parents=True)
    (other / "gpt").write_text("#!/bin/sh\n")
    (other / "gpt").chmod(0o755)
    assert (
        find_snap(environment={"PATH": f"{other}{os.pathsep}{fake_snap.gpt.parent}"}).home == fake_snap.home.resolve()
    )
    with pytest.raises(BadParameter, match="--snap names no SNAP"):
        find_snap(other / "gpt", {})


def test_in_the_usual_places(fake_snap, tmp_path):
    assert {p.name for p in usual_places({"HOME": str(tmp_path)})} == {"esa-snap", "snap"}
    fake_snap.home.rename(tmp_path / "esa-snap")
    if not any((place / "bin" / "gpt").exists() for place in usual_places({"HOME": str(tmp_path / "nowhere")})):
        found = find_snap(environment={"HOME": str(tmp_path)})
        assert (found.home, found.found_by) == (tmp_path / "esa-snap", "usual place")


def test_a_wrong_variable_is_reported_and_not_passed_over(tmp_path):
    """SNAP_HOME that names nothing must not silently become another SNAP."""
    with pytest.raises(NoSnap, match="SNAP_HOME names no SNAP"):
        find_snap(environment={"SNAP_HOME": str(tmp_path), "PATH": os.environ["PATH"]})


def test_none(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "estran.adapters.snap.setup.find.usual_places", lambda _environment: iter([tmp_path / "esa-snap"])
    )
    with pytest.raises(NoSnap, match="name its folder with --snap DIR"):
        find_snap(environment={"PATH": str(tmp_path)})


def test_the_user_directory_is_not_always_in_the_home(fake_snap, tmp_path):
    assert settings_of(fake_snap).user_dir == fake_snap.user_home / ".snap"
    (fake_snap.home / "etc" / "snap.properties").write_text("snap.userdir=${SCRATCH}/snap\n")
    os.environ["SCRATCH"] = str(tmp_path / "scratch")
    try:
        told = settings_of(fake_snap)
    finally:
        del os.environ["SCRATCH"]
    assert (told.user_dir, told.user_dir_from) == (
        tmp_path / "scratch" / "snap",
        str(fake_snap.home / "etc" / "snap.properties"),
    )
    (fake_snap.home / "bin" / "gpt.vmoptions").write_text(f"-Xmx8G\n-Dsnap.userdir={tmp_path / 'vm options'}\n")
    assert settings_of(fake_snap).user_dir == tmp_path / "vm options"
    assert (
        settings_of(fake_snap, JAVA_TOOL_OPTIONS=f"-Xmx2G '-Dsnap.userdir={tmp_path / 'a b'}'").user_dir
        == tmp_path / "a b"
    )
    assert read_settings(fake_snap.home, tmp_path / "given", fake_snap.environment).user_dir == tmp_path / "given"


def test_the_home_is_the_jvm_s_and_not_the_shell_s(fake_snap, tmp_path):
    """On Unix user.home is what the list of users says (JDK, java_props_md.c), unless an option says otherwise."""
    pwd = pytest.importorskip("pwd")
    (fake_snap.home / "bin" / "gpt.vmoptions").unlink()
    listed = pwd.getpwuid(os.getuid()).pw_dir
    if len(listed) > 2:
        assert settings_of(fake_snap, HOME=str(tmp_path)).user_dir == Path(listed) / ".snap"
    (fake_snap.home / "etc" / "snap.properties").write_text("snap.userdir=${user.home}/data\n")
    assert settings_of(fake_snap, JAVA_TOOL_OPTIONS=f"-Duser.home={tmp_path}").user_dir == tmp_path / "data"


def test_settings_go_over_one_another_as_in_snap(fake_snap):
    """snap-runtime Config.load, then esa-snappy PyBridge.loadPythonConfig, which puts snappy.properties over
    everything.
    """
    places = {
        "home": fake_snap.home / "etc" / "snap.properties",
        "user": fake_snap.user_dir / "etc" / "snap.properties",
        "jvm": fake_snap.home / "bin" / "gpt.vmoptions",
        "snappy": fake_snap.user_dir / "snap-python" / "snappy.properties",
    }
    assert settings_of(fake_snap).python == "python"
    assert settings_of(fake_snap).module_dir == fake_snap.user_dir / "snap-python"
    for name, path in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        option = "-D" if name == "jvm" else ""
        home = f"-Duser.home={fake_snap.user_home}\n" if option else ""
        path.write_text(f"{home}{option}{PYTHON}={name}/python\n{option}{EXTRA_PATHS}={name}\n")
        told = settings_of(fake_snap)
        assert (told.python, told.origins[PYTHON]) == (f"{name}/python", str(path))
    # Extra paths are read before snappy.properties is.
    assert told.get(EXTRA_PATHS) == "jvm"


def test_a_file_that_is_not_utf8_is_no_file_for_snap(fake_snap):
    file = fake_snap.set_python()
    file.write_bytes("# fr\nsnap.pythonModuleDir=/caf\u00e9\n".encode("latin-1"))
    told = settings_of(fake_snap)
    assert told.get(MODULE_DIR) is None
    assert told.broken == (f"{file} is not UTF-8 (line 2), and SNAP skips it whole",)
    file.write_text("snap.pythonModuleDir=C:\\users\\ada\n")
    assert "broken \\u escape" in settings_of(fake_snap).broken[0]


def test_versions_come_from_the_modules(fake_snap):
    jars = module_jars(settings_of(fake_snap))
    assert snap_version(fake_snap.home, jars) == "13.0.3"
    assert java_needed(find_module(jars, "snap-core")) == 21
    # A module that the user updated wins.
    newer = fake_snap.jar(fake_snap.user_dir / "system" / "modules" / "org-esa-snap-snap-core.jar", {}, "13.0.9")
    jars = module_jars(settings_of(fake_snap))
    assert jars[newer.name] == newer
    assert snap_version(fake_snap.home, jars) == "13.0.9"
    newer.write_bytes(b"cut short")
    (fake_snap.home / "VERSION.txt").write_text("13.0.0\n")
    assert snap_version(fake_snap.home, module_jars(settings_of(fake_snap))) == "13.0.0"


def test_the_stand_alone_engine_has_versions_in_its_names(tmp_path):
    jars = {
        name: tmp_path / name
        for name in ("snap-core-test-13.0.3.jar", "snap-core-13.0.3.jar", "my-esa-snappy-tools.jar")
    }
    assert find_module(jars, "snap-core") == tmp_path / "snap-core-13.0.3.jar"
    assert find_module(jars, "esa-snappy") is None


def test_plugins_are_found_where_snap_looks(fake_snap, tmp_path):
    """One level below snap-python and below each extra path, and in modules: not the folder that is named itself."""
    first = fake_snap.plugin("first")
    extra = fake_snap.plugin("second", parent=tmp_path / "extra")
    fake_snap.plugin("unseen", parent=extra)
    etc = fake_snap.user_dir / "etc"
    etc.mkdir()
    (etc / "snap.properties").write_text(f"{EXTRA_PATHS}={tmp_path / 'extra'}{os.pathsep}{tmp_path / 'nowhere'}\n")
    spi = "META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi"
    files = {
        spi: b"pkg.op.Op\n",
        "pkg/op.py": b"",
        "pkg/op-info.xml": b"<operator><name>n</name><alias>Jar.Op</alias></operator>",
    }
    jar = fake_snap.jar(fake_snap.user_dir / "system" / "modules" / "org-x.jar", files)
    found = find_plugins(settings_of(fake_snap))
    assert [(p.place, p.aliases) for p in found] == [(first, ("Other.Op",)), (extra, ("Other.Op",)), (jar, ("Jar.Op",))]
    assert not any(p.faults for p in found)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("info", "-info.xml is missing"),
        ("py", "bad_op.py is missing"),
        ("xml", "-info.xml is missing or has no name and alias"),
        ("line", "names no module"),
    ],
)
def test_what_is_wrong_with_a_plugin(fake_snap, harm, said):
    folder = fake_snap.plugin("bad", broken=harm == "info")
    match harm:
        case "py":
            (folder / "bad_op.py").unlink()
        case "xml":
            (folder / "bad_op-info.xml").write_text("<operator><name>n</name>")
        case "line":
            (folder / "META-INF" / "services" / "eu.esa.snap.snappy.gpf.PyOperatorSpi").write_text("Op\n")
    (plugin,) = find_plugins(settings_of(fake_snap))
    assert said in plugin.faults[0]
    assert plugin.aliases == ()


def test_the_home_of_windows(fake_snap, monkeypatch):
    """USERPROFILE, and AppData for the modules of the desktop."""
    if sys.platform == "win32":
        pytest.skip("here it is real")
    monkeypatch.setattr("estran.adapters.snap.setup.find.sys.platform", "win32")
    places = list(usual_places({"USERPROFILE": "U", "PROGRAMFILES": "P", "LOCALAPPDATA": "L"}))
    assert places[0] == Path("P", "esa-snap")
    assert Path("L", "Programs", "esa-snap") in places
    assert places[-1] == Path("U", "snap")
