"""Install, link, uninstall on a faked SNAP: everything in its place, once, taken back whole; and on failure nothing at
all.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from estran import __version__
from estran.adapters.snap.setup import plan as planning
from estran.adapters.snap.setup.changes import Change, made, tree
from estran.adapters.snap.setup.check import ALIASES
from estran.adapters.snap.setup.content import MENU_MODULE, SERVICES, checkout, operator_files, package_folder
from estran.adapters.snap.setup.desktop import find_desktop
from estran.adapters.snap.setup.interpreter import ask, missing_packages
from estran.adapters.snap.setup.plan import InstallFailed, apply, plan_install, plan_uninstall
from estran.adapters.snap.setup.site import Site
from estran.errors import EstranError, TargetExists, WriteFailed

SHIM, GONE = PurePosixPath("estran_snap", "cloud_mask.py"), PurePosixPath("estran_snap", "gone_since.py")


@pytest.fixture(scope="module", autouse=True)
def _shared_library():
    if not ask(Path(sys.executable)).library:
        pytest.skip("this Python has no shared library, so no SNAP can be set up for it")


def install(**options):
    timeout = options.pop("timeout", 60.0)
    plan = plan_install(Site.find(timeout=timeout), **options)
    return apply(plan, prove=True)


def uninstall():
    apply(plan_uninstall(Site.find()), prove=False)


def held(fake):
    """What is there, but for what the stand-in of gpt writes."""
    return {path: what for path, what in fake.snapshot().items() if not path.endswith(("calls.txt", "does.json"))}


def ours(fake) -> Path:
    return fake.user_dir / "snap-python" / "estran"


def test_install_and_uninstall(fake_snap):
    file = fake_snap.set_python(text="# mine, caf\u00e9\nsnap.other = 1\n")
    before, bytes_before = fake_snap.snapshot(), file.read_bytes()
    told = install()
    assert told == [
        f"gpt {ALIASES[0]} -h answers",
        f"gpt knows all {len(ALIASES)} operators",
        f"Python starts in SNAP and runs {ALIASES[0]}",
    ]
    services = (ours(fake_snap) / SERVICES).read_text()
    assert services.count("estran_snap.") == len(ALIASES)
    assert (ours(fake_snap) / "estran_snap" / "cloud_mask-info.xml").is_file()
    # It was set up for a Python already: that stays as it was.
    assert file.read_bytes() == bytes_before
    uninstall()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before


def test_a_package_that_snap_does_not_see_is_carried(fake_snap):
    """Whole, without caches: in a virtual environment SNAP's Python does not see an editable Estran."""
    fake_snap.set_python()
    if Site.find().installed.estran:
        pytest.skip("this Estran is seen by the Python below")
    install()
    carried = {
        p.relative_to(ours(fake_snap) / "estran")
        for p in tree(ours(fake_snap) / "estran")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert {p.relative_to(package_folder()) for p in package_folder().rglob("*.py")} <= carried
    assert Path("report", "report.html") in carried
    assert not [p for p in carried if any(part.startswith(".") for part in p.parts)]


def test_the_shims_are_those_of_the_repository(repository):
    """A wheel has no snap-operators: what it installs is made by the same generator."""
    held = operator_files()
    for path, data in held.items():
        assert (repository / "snap-operators" / path).read_bytes() == data
    committed = [
        p.relative_to(repository / "snap-operators")
        for p in (repository / "snap-operators").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    ]
    assert {str(p) for p in held} == {str(p) for p in committed if not {"docs", "java"} & set(p.parts)}


def test_the_graphs_come_along(fake_snap, repository):
    """For gpt on a server without a checkout."""
    fake_snap.set_python()
    install()
    for graph in (*(repository / "graphs").glob("*.xml"), *(repository / "graphs").glob("*.properties")):
        assert (ours(fake_snap) / "graphs" / graph.name).read_bytes() == graph.read_bytes()


def test_a_second_time_changes_nothing(fake_snap):
    fake_snap.set_python()
    install()
    before = fake_snap.snapshot()
    plan = plan_install(Site.find())
    assert plan.changes == ()
    apply(plan, prove=True)
    after = fake_snap.snapshot()
    assert {k: v for k, v in after.items() if not k.endswith("calls.txt")} == {
        k: v for k, v in before.items() if not k.endswith("calls.txt")
    }


def test_planning_changes_nothing(fake_snap):
    fake_snap.set_python()
    before = fake_snap.snapshot()
    plan = plan_install(Site.find())
    told = [change.description for change in plan.changes]
    assert fake_snap.snapshot() == before
    assert told[0].startswith("write   ")
    assert str(ours(fake_snap) / SERVICES) in told[-1]
    assert len(told) > len(operator_files())


def _bridge_in_this_python(monkeypatch, fake):
    """As if esa_snappy had been installed by pip: the interpreter tells the faked folder."""
    monkeypatch.setattr(
        planning, "ask", lambda executable: dataclasses.replace(ask(executable), esa_snappy=str(fake.module_dir))
    )


def test_a_snap_that_knows_no_python_gets_this_one(fake_snap, monkeypatch):
    _bridge_in_this_python(monkeypatch, fake_snap)
    file = fake_snap.user_dir / "snap-python" / "snappy.properties"
    before = fake_snap.snapshot()
    install()
    assert (
        file.read_text() == f"snap.pythonExecutable = {sys.executable}\nsnap.pythonModuleDir = {fake_snap.module_dir}\n"
    )
    uninstall()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before, "the folders that were not there are gone, too"


def test_another_python_is_set_and_set_back(fake_snap, monkeypatch, tmp_path):
    _bridge_in_this_python(monkeypatch, fake_snap)
    file = fake_snap.set_python(tmp_path / "old" / "python", text="# of SNAP\n! \\u00e9\nx : 1\n")
    old = file.read_bytes()
    with pytest.raises(InstallFailed, match=r"is not there.*estran snap install --python"):
        plan_install(Site.find())
    install(python=Path(sys.executable))
    assert f"snap.pythonExecutable = {sys.executable}\n".encode() in file.read_bytes()
    assert file.read_bytes().startswith(b"# of SNAP\n! \\u00e9\nx : 1\n")
    uninstall()
    assert file.read_bytes() == old


def test_what_others_changed_since_stays(fake_snap, monkeypatch, tmp_path):
    _bridge_in_this_python(monkeypatch, fake_snap)
    file = fake_snap.set_python(tmp_path / "old" / "python")
    install(python=Path(sys.executable))
    with file.open("ab") as more:
        more.write(b"snap.new = kept\n")
    uninstall()
    assert (
        file.read_text() == f"snap.pythonExecutable = "
        f"{tmp_path / 'old' / 'python'}\nsnap.pythonModuleDir={fake_snap.module_dir}\nsnap.new = kept\n"
    )


def test_link_points_at_the_checkout(fake_snap):
    fake_snap.set_python()
    before = fake_snap.snapshot()
    install(linked=True)
    root = checkout()
    assert (ours(fake_snap) / "estran").resolve() == root / "python" / "estran"
    assert (ours(fake_snap) / SERVICES).samefile(root / "snap-operators" / SERVICES)
    assert [p.name for p in ours(fake_snap).iterdir() if not p.is_symlink()] == ["estran-install.json"]
    assert plan_install(Site.find(), linked=True).changes == ()
    uninstall()
    assert (root / "snap-operators" / SERVICES).is_file(), "what a link points at is not touched"
    assert (root / "python" / "estran" / "__init__.py").is_file()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before


def test_from_copy_to_link_and_back(fake_snap):
    fake_snap.set_python()
    install()
    copied = fake_snap.snapshot()
    (ours(fake_snap) / "estran_snap" / "__pycache__").mkdir(exist_ok=True)
    (ours(fake_snap) / "estran_snap" / "__pycache__" / "x.pyc").write_bytes(b"")
    install(linked=True)
    assert (ours(fake_snap) / "estran_snap").is_symlink()
    install()
    assert not (ours(fake_snap) / "estran_snap").is_symlink()
    assert {k: v for k, v in fake_snap.snapshot().items() if "calls" not in k} == {
        k: v for k, v in copied.items() if "calls" not in k
    }


def _as_an_older_one_made_it(monkeypatch):
    """Until the end of this block our operators are others: one is older, one has gone since."""
    older = {**operator_files(), SHIM: b"old", GONE: b"old"}
    return monkeypatch.setattr("estran.adapters.snap.setup.content.operator_files", lambda: older)


def test_an_older_installation_is_brought_up_to_date(fake_snap, monkeypatch):
    fake_snap.set_python()
    install()
    up_to_date = held(fake_snap)
    with monkeypatch.context() as older:
        _as_an_older_one_made_it(older)
        apply(plan_install(Site.find()), prove=False)
    assert (ours(fake_snap) / GONE).is_file()
    changes = plan_install(Site.find()).changes
    services = ours(fake_snap) / SERVICES
    assert changes[0] == Change(services, None), "SNAP never sees a half of it"
    assert changes[-1].path == services
    install()
    assert held(fake_snap) == up_to_date


def test_what_others_put_into_our_folder_stays(fake_snap):
    """And what they changed there is put right by an installation, which says so, and kept by the end of it."""
    fake_snap.set_python()
    install()
    installed = held(fake_snap)
    (ours(fake_snap) / SHIM).write_text("mine")
    (ours(fake_snap) / "estran_snap" / "notes.txt").write_text("mine")
    (ours(fake_snap) / "estran_snap" / "__pycache__").mkdir(exist_ok=True)
    (ours(fake_snap) / "estran_snap" / "__pycache__" / "x.pyc").write_bytes(b"")
    plan = plan_install(Site.find())
    assert f"replaced, though changed since it was installed: {ours(fake_snap) / SHIM}" in plan.notes
    apply(plan, prove=False)
    assert {k: v for k, v in held(fake_snap).items() if k in installed} == installed
    with pytest.raises(TargetExists, match="something is there that this command did not make"):
        plan_install(Site.find(), linked=True)
    (ours(fake_snap) / SHIM).write_text("mine")
    plan = plan_uninstall(Site.find())
    assert plan.notes == (f"left as it is, for it is not as it was installed: {ours(fake_snap) / SHIM} and 1 more",)
    apply(plan, prove=False)
    assert sorted(p.name for p in tree(ours(fake_snap))) == ["cloud_mask.py", "estran_snap", "notes.txt"]
    with pytest.raises(TargetExists, match="that this command did not make"):
        plan_install(Site.find())


def test_services_that_were_changed_are_not_left_without_operators(fake_snap):
    fake_snap.set_python()
    install()
    with (ours(fake_snap) / SERVICES).open("a") as more:
        more.write("mine.op.Op\n")
    before = held(fake_snap)
    with pytest.raises(EstranError, match=r"was changed since .*move it away, then estran snap uninstall"):
        uninstall()
    assert held(fake_snap) == before
    (ours(fake_snap) / SERVICES).rename(fake_snap.user_home / "mine")
    uninstall()
    assert not ours(fake_snap).exists()


def test_a_file_of_others_in_the_place_of_ours_is_not_replaced(fake_snap):
    fake_snap.set_python()
    (fake_snap.home / "etc" / "snap.conf").write_text("")
    jar = fake_snap.user_dir / "system" / "modules" / f"{MENU_MODULE}.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"mine")
    with pytest.raises(TargetExists, match=rf"did not make \(in .*{MENU_MODULE}.jar\). What to do: move it away"):
        plan_install(Site.find())


def test_settings_behind_a_link_stay_behind_it(fake_snap, monkeypatch, tmp_path):
    _bridge_in_this_python(monkeypatch, fake_snap)
    real = fake_snap.set_python(tmp_path / "old" / "python").rename(tmp_path / "snappy.properties")
    file = fake_snap.user_dir / "snap-python" / "snappy.properties"
    file.symlink_to(real)
    before = fake_snap.snapshot(), real.read_bytes()
    install(python=Path(sys.executable))
    assert file.is_symlink()
    assert str(sys.executable).encode() in real.read_bytes()
    uninstall()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert (after, real.read_bytes()) == before


@pytest.mark.parametrize("start", ["nothing", "older", "link", "other python"])
def test_killed_at_any_step_it_goes_on_or_out(fake_snap, monkeypatch, start):
    """Each change is one step; after each, another install arrives where an unbroken one does, and an uninstall where
    all began.
    """
    _bridge_in_this_python(monkeypatch, fake_snap)
    (fake_snap.home / "etc" / "snap.conf").write_text("")
    file = fake_snap.user_dir / "snap-python" / "snappy.properties"
    file.parent.mkdir(parents=True)
    file.write_text("# mine\n\nsnap.pythonModuleDir=nowhere")
    monkeypatch.setattr(planning, "BEFORE", ())  # they ask the interpreter each time, and are not what is tried here
    found = Site.find()
    seen, interpreter = found.installed, ask(Path(sys.executable))
    for name, answer in {"look": seen, "ask": interpreter, "embedded": None}.items():
        monkeypatch.setattr(f"estran.adapters.snap.setup.site.{name}", lambda *_, answer=answer, **__: answer)
    monkeypatch.setattr(
        planning,
        "ask",
        lambda executable: dataclasses.replace(
            interpreter, executable=executable, esa_snappy=str(fake_snap.module_dir)
        ),
    )
    before = held(fake_snap)

    def begin():
        match start:
            case "older":
                with monkeypatch.context() as older:
                    _as_an_older_one_made_it(older)
                    apply(plan_install(Site.find()), prove=False)
            case "link":
                apply(plan_install(Site.find(), linked=True), prove=False)
            case "other python":
                twin = fake_snap.user_home / "python"
                twin.symlink_to(sys.executable)
                apply(plan_install(Site.find(), twin), prove=False)
                twin.unlink()

    begin()
    options = {"python": Path(sys.executable)} if start == "other python" else {}
    steps = plan_install(Site.find(), **options).changes
    assert steps
    apply(plan_install(Site.find(), **options), prove=False)
    whole = held(fake_snap)
    out = plan_uninstall(Site.find()).changes
    uninstall()
    assert held(fake_snap) == before
    many = range(0, len(steps) + 1, max(1, len(steps) // 12))
    for n in {*many, 1, 2, 3, len(steps) - 2, len(steps) - 1}:
        begin()
        with made(plan_install(Site.find(), **options).changes[:n]):
            pass
        apply(plan_install(Site.find(), **options), prove=False)
        assert held(fake_snap) == whole, f"{n}: {steps[n : n + 1]}"
        uninstall()
        begin()
        with made(plan_install(Site.find(), **options).changes[:n]):
            pass
        uninstall()
        assert held(fake_snap) == before, f"{n}: {steps[n : n + 1]}"
    for n in {*range(0, len(out) + 1, max(1, len(out) // 12)), 1, 2, len(out) - 1}:
        begin()
        apply(plan_install(Site.find(), **options), prove=False)
        with made(plan_uninstall(Site.find()).changes[:n]):
            pass
        uninstall()
        assert {k: v for k, v in held(fake_snap).items() if v is not None} == {
            k: v for k, v in before.items() if v is not None
        }, f"{n}: {out[n : n + 1]}"


def test_killed_before_anything_was_written(fake_snap):
    """What the very first write leaves is no stranger."""
    fake_snap.set_python()
    before = held(fake_snap)
    ours(fake_snap).mkdir()
    (ours(fake_snap) / ".estran-install.json.0123456789ab.estran-part").write_bytes(b"{")
    uninstall()
    assert held(fake_snap) == before
    ours(fake_snap).mkdir()
    (ours(fake_snap) / ".estran-install.json.0123456789ab.estran-part").write_bytes(b"{")
    apply(plan_install(Site.find()), prove=False)
    uninstall()
    assert held(fake_snap) == before


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"loses": [ALIASES[0]]}, "Unknown operator"),
        ({"loses": [ALIASES[-1]]}, "gpt does not know"),
        ({"bridge": "broken"}, "Failed to establish Python bridge"),
        ({"hang": "-h"}, "no answer in 2 s"),
        ({"java": "17.0.1"}, r"Java 17.0.1 \(needs 21\)"),
        ({"java": "old"}, "UnsupportedClassVersionError"),
    ],
    ids=str,
)
def test_what_snap_does_not_take_is_taken_out_again(fake_snap, behaviour, said):
    fake_snap.set_python()
    fake_snap.does(**behaviour)
    before = fake_snap.snapshot()
    start = time.monotonic()
    with pytest.raises(InstallFailed, match=said):
        install(timeout=2.0)
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before
    assert time.monotonic() - start < 60, "and what hangs is ended"


def test_an_update_that_fails_leaves_the_old_one(fake_snap):
    fake_snap.set_python()
    install()
    (ours(fake_snap) / "estran_snap" / "cloud_mask.py").write_text("old, and works")
    before = {k: v for k, v in fake_snap.snapshot().items() if "calls" not in k and "does" not in k}
    fake_snap.does(bridge="broken")
    with pytest.raises(InstallFailed):
        install()
    assert {k: v for k, v in fake_snap.snapshot().items() if "calls" not in k and "does" not in k} == before


def test_killed_in_the_middle_it_can_be_taken_out(fake_snap, tmp_path, monkeypatch):
    """SIGKILL while gpt is asked: the next uninstall finds the record."""
    fake_snap.set_python()
    before = fake_snap.snapshot()
    fake_snap.does(hang="-h")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))  # what a killed process leaves there
    command = [sys.executable, "-m", "estran.cli.main", "snap", "install"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(600):
        if fake_snap.calls:
            break
        time.sleep(0.05)
    assert fake_snap.calls
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _end_gpts(fake_snap)
    assert ours(fake_snap).is_dir()
    fake_snap.does()
    uninstall()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before


def _end_gpts(fake) -> None:
    """The stand-in that slept on when its parent was killed: only those whose program is of this test's folder."""
    for entry in Path("/proc").glob("[0-9]*/cmdline") if Path("/proc").is_dir() else ():
        try:
            told = entry.read_bytes()
        except OSError:
            continue
        if os.fsencode(fake.gpt.resolve()) in told:
            os.kill(int(entry.parent.name), signal.SIGKILL)


def test_a_folder_that_is_not_ours_is_not_touched(fake_snap):
    fake_snap.set_python()
    foreign = fake_snap.plugin("estran")
    with pytest.raises(TargetExists, match="that this command did not make"):
        plan_install(Site.find())
    with pytest.raises(EstranError, match="was not made by"):
        plan_uninstall(Site.find())
    assert foreign.is_dir()


def test_the_plugin_of_the_desktop_comes_first(fake_snap):
    """Two places with the same operators: SNAP would take the jar's, silently."""
    fake_snap.set_python()
    files = {str(path): data for path, data in operator_files().items()}
    fake_snap.jar(fake_snap.user_dir / "system" / "modules" / "org-estran-snap.jar", files)
    with pytest.raises(InstallFailed, match=r"another place brings.*Tools > Plugins"):
        plan_install(Site.find())


def test_the_desktop_keeps_its_modules_where_its_launcher_says(fake_snap):
    """In the user's home, even where snap.userdir is elsewhere; but what --userdir names is not left."""
    assert find_desktop(Site.find().settings) is None
    conf = fake_snap.home / "etc" / "snap.conf"
    conf.write_text(
        '# as installed\ndefault_userdir="${HOME}/.snap/system"\ndefault_mac_userdir="${HOME}/.snap/system"\n'
    )
    with (fake_snap.home / "bin" / "gpt.vmoptions").open("a") as options:
        options.write(f"-Dsnap.userdir={fake_snap.user_home / 'elsewhere'}\n")
    assert Site.find().settings.user_dir == fake_snap.user_home / "elsewhere"
    assert find_desktop(Site.find().settings).modules == fake_snap.user_home / ".snap" / "system"
    given = fake_snap.user_home / "given"
    assert find_desktop(Site.find(user_dir=given).settings).modules == given / "system"
    conf.write_text('default_userdir="${DEFAULT_USERDIR_ROOT}/x"\n')
    assert find_desktop(Site.find().settings).modules == fake_snap.user_home / "elsewhere" / "system"


def test_menus_where_there_is_a_desktop(fake_snap):
    fake_snap.set_python()
    (fake_snap.home / "etc" / "snap.conf").write_text("")
    before = fake_snap.snapshot()
    install()
    system = fake_snap.user_dir / "system"
    assert f"modules/{MENU_MODULE}.jar" in (system / "config" / "Modules" / f"{MENU_MODULE}.xml").read_text()
    with zipfile.ZipFile(system / "modules" / f"{MENU_MODULE}.jar") as jar:
        names = jar.namelist()
        manifest = jar.read("META-INF/MANIFEST.MF").decode()
        layer = jar.read("layer.xml").decode()
    assert "OpenIDE-Module-Layer: layer.xml" in manifest
    assert all(f'stringvalue="{alias}"' in layer for alias in ALIASES)
    assert "estran_snap/docs/help.hs" in names
    assert str(SERVICES) not in names, "the operators are in the folder already"
    assert plan_install(Site.find()).changes == ()
    uninstall()
    after = fake_snap.snapshot()
    after.pop(str(fake_snap.home / "calls.txt"))
    assert after == before


@pytest.mark.parametrize("harm", ["too old", "no bridge", "no esa_snappy", "no jpy", "packages", "another estran"])
def test_what_must_be_so_before(fake_snap, harm, monkeypatch):
    fake_snap.set_python()
    # Whether the Python of the tests has the real esa_snappy must not count.
    monkeypatch.setattr(
        planning,
        "ask",
        lambda executable: dataclasses.replace(ask(executable), esa_snappy="", purelib=fake_snap.user_home),
    )
    match harm:
        case "too old":
            fake_snap.jar(fake_snap.home / "snap" / "modules" / "org-esa-snap-snap-core.jar", {}, "9.0.8")
            said = r"SNAP 9\.0\.8 .*is too old: Estran needs SNAP 10 or newer"
        case "no bridge":
            (fake_snap.home / "snap" / "modules" / "eu-esa-snap-esa-snappy.jar").unlink()
            said = "no module esa-snappy"
        case "no esa_snappy":
            fake_snap.set_python(module_dir=fake_snap.user_home / "empty")
            said = "no package esa_snappy"
        case "no jpy":
            next((fake_snap.module_dir / "esa_snappy" / "lib").iterdir()).unlink()
            said = "has no jpy for Python"
        case "packages":
            next(fake_snap.module_dir.glob("numba-*.dist-info")).unlink()
            (fake_snap.module_dir / "numba").unlink()
            said = r"does not see numba>=.*pip install .*\"numba>="
        case "another estran":
            (fake_snap.module_dir / "estran").mkdir()
            (fake_snap.module_dir / "estran" / "__init__.py").write_text("__version__ = '0.0.1'\n")
            said = rf"another Estran would win.*expected {__version__}, found 0\.0\.1"
    before = fake_snap.snapshot()
    with pytest.raises(InstallFailed, match=said):
        install()
    assert fake_snap.snapshot() == before


def test_link_refuses_an_installed_copy_that_would_win(fake_snap):
    fake_snap.set_python()
    (fake_snap.module_dir / "estran").mkdir()
    (fake_snap.module_dir / "estran" / "__init__.py").write_text(f"__version__ = '{__version__}'\n")
    with pytest.raises(InstallFailed, match=r"an installed Estran would win.*pip uninstall estran"):
        plan_install(Site.find(), linked=True)


def test_an_installed_estran_is_not_carried(fake_snap):
    """pip installed us where SNAP's Python looks: the folder holds shims only."""
    fake_snap.set_python()
    (fake_snap.module_dir / "estran").symlink_to(package_folder())
    install()
    assert not (ours(fake_snap) / "estran").exists()


def test_a_damaged_record_is_reported(fake_snap):
    fake_snap.set_python()
    install()
    record = ours(fake_snap) / "estran-install.json"
    record.write_text("{")
    with pytest.raises(EstranError, match="record of the installation is damaged"):
        plan_uninstall(Site.find())
    record.write_text(json.dumps({"schema": 99}))
    with pytest.raises(EstranError, match="another version of Estran made"):
        plan_uninstall(Site.find())


def test_changes_are_all_or_none(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "gone").write_bytes(b"gone")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "empty").mkdir()
    before = {p: p.read_bytes() if p.is_file() else p.is_symlink() for p in tmp_path.iterdir()}
    wanted = [
        Change(tmp_path / "file", b"new"),
        Change(tmp_path / "a" / "b" / "new", b"new"),
        Change(tmp_path / "gone", None),
        Change(tmp_path / "link", None),
        Change(tmp_path / "empty", None),
        Change(tmp_path / "other", tmp_path / "target"),
    ]
    with (
        pytest.raises(WriteFailed, match="everything is as it was"),
        made([*wanted, Change(tmp_path / "file" / "below a file", b"")]),
    ):
        pass
    assert {p: p.read_bytes() if p.is_file() else p.is_symlink() for p in tmp_path.iterdir()} == before
    with made(wanted):
        pass
    assert {p.name for p in tmp_path.iterdir()} == {"file", "a", "target", "other"}
    assert (tmp_path / "a" / "b" / "new").read_bytes() == (tmp_path / "file").read_bytes() == b"new"


def test_requirements_are_compared_by_number():
    have = {"numpy": "2.10.1", "dask": "2024.8.0", "old-one": "1.9", "rasterio": "1.4.0rc1"}
    wanted = [
        "numpy>=2.9",
        "dask[array]>=2024.8",
        "old_one>=1.10",
        "rasterio>=1.4",
        "absent",
        'extra>=1; extra == "test"',
    ]
    assert missing_packages(have, wanted) == ["old_one>=1.10", "absent"]
