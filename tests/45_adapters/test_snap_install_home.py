"""Which Python's modules the Python inside SNAP takes: another one first on the PATH is found, named, and cured where
SNAP reads it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from estran import __version__
from estran.adapters.snap.setup import embedded as embedding
from estran.adapters.snap.setup import site as sites
from estran.adapters.snap.setup.content import package_folder
from estran.adapters.snap.setup.desktop import find_desktop, home_line, homes_in, with_line, without_line
from estran.adapters.snap.setup.doctor import examine
from estran.adapters.snap.setup.embedded import embedded
from estran.adapters.snap.setup.gpt import Answer
from estran.adapters.snap.setup.interpreter import ask
from estran.adapters.snap.setup.plan import apply, plan_install, plan_uninstall
from estran.adapters.snap.setup.site import Site

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="Python's library finds its place itself there"
)

BASE = Path(sys.base_prefix)


@pytest.fixture(scope="module", autouse=True)
def _shared_library():
    if not ask(Path(sys.executable)).library:
        pytest.skip("this Python has no shared library, so no SNAP can be set up for it")


@pytest.fixture(autouse=True)
def _no_path_of_ours(monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PYTHONHOME", raising=False)


@pytest.fixture
def snap(fake_snap, monkeypatch):
    """A SNAP with a desktop, set up for this Python; what is started from a menu has this Python first, too."""
    fake_snap.set_python()
    (fake_snap.home / "etc" / "snap.conf").write_text('default_userdir="${HOME}/.snap/system"\n')
    monkeypatch.setattr(sites, "DESKTOP_PATH", str(BASE / "bin"))
    return fake_snap


def another_python(folder: Path, *, whole: bool = True) -> Path:
    """A Python of this version in another place, its compiled modules left out as those of another build would not fit;
    the folder of its program.
    """
    library = folder / Path(sysconfig.get_path("stdlib")).relative_to(sys.base_prefix)
    (library / "lib-dynload").mkdir(parents=True)
    for entry in Path(sysconfig.get_path("stdlib")).iterdir() if whole else ():
        if entry.name not in ("lib-dynload", "site-packages", "dist-packages"):
            (library / entry.name).symlink_to(entry)
    if not whole:
        (library / "os.py").touch()  # by which the place is known
    return _program(folder)


def environment(folder: Path, pth: Path) -> Path:
    """An environment of this Python with a checkout in a .pth file; the folder of its program."""
    packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "checkout.pth").write_text(f"{pth}\n")
    (folder / "pyvenv.cfg").write_text(f"home = {BASE / 'bin'}\n")
    return _program(folder)


def _program(folder: Path) -> Path:
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(Path(sys.executable).resolve())
    if not (folder / "pyvenv.cfg").exists():  # a link would lead back to this Python
        (folder / "bin" / "python3").unlink()
        shutil.copy(Path(sys.executable).resolve(), folder / "bin" / "python3")
    return folder / "bin"


def first(monkeypatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def found():
    return {check.id: check for check in examine(lambda: Site.find(timeout=30.0))}


def test_well(snap):
    checks = found()
    assert checks["home"].ok
    assert checks["home"].fact == f"inside SNAP Python takes its modules from {BASE}"
    assert checks["desktop_home"].ok


def test_another_python_first_on_the_path(snap, monkeypatch, tmp_path):
    other = another_python(tmp_path / "other")
    first(monkeypatch, other)
    check = found()["home"]
    assert not check.ok
    for named in (
        sys.executable,
        str(BASE),
        str(tmp_path / "other"),
        f"{other / 'python3'}, the first python3 on the PATH",
    ):
        assert named in check.fact
    assert check.mend == f"PYTHONHOME={BASE} '{snap.gpt}' ...  # start gpt so; for SNAP Desktop: estran snap install"
    assert "estran" not in found(), "what rests on it is not judged"
    # What is to be typed does it.
    monkeypatch.setenv("PYTHONHOME", str(BASE))
    assert found()["home"].ok


def test_a_python_without_a_library_of_modules(snap, monkeypatch, tmp_path):
    """It does not start at all: the reason is told whole."""
    first(monkeypatch, another_python(tmp_path / "other", whole=False))
    check = found()["home"]
    assert not check.ok
    assert "Fatal Python error" in check.fact
    assert "encodings" in check.fact


def test_a_home_that_is_set_for_another_python(snap, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    check = found()["python"]
    assert not check.ok
    assert "Fatal Python error" in check.fact
    assert check.mend == "unset PYTHONHOME"


def test_the_interpreter_under_that_name_is_as_embedded(monkeypatch, tmp_path):
    """The same questions to a program that embeds the library, as SNAP does."""
    compiler, headers = shutil.which("gcc") or shutil.which("cc"), sysconfig.get_path("include")
    interpreter = ask(Path(sys.executable))
    if compiler is None or not Path(headers, "Python.h").is_file():
        pytest.skip("no C compiler, or no headers of this Python")
    source = (
        f"#include <Python.h>\nint main(void) {{ Py_Initialize(); return "
        f"PyRun_SimpleString({_c(embedding._ASKED)}); }}\n"
    )
    (tmp_path / "e.c").write_text(source)
    library = Path(interpreter.library)
    build = [compiler, "e.c", f"-I{headers}", str(library), f"-Wl,-rpath,{library.parent}", "-o", "e"]
    built = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        pytest.skip(f"the library cannot be linked: {built.stderr[-200:]}")
    import json

    other, env = another_python(tmp_path / "other"), environment(tmp_path / "env", tmp_path)
    for folder in (BASE / "bin", other, env, tmp_path / "nowhere"):
        path = f"{folder}{os.pathsep}{tmp_path / 'empty'}"
        done = subprocess.run(
            [tmp_path / "e"], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
        )
        real, ours = json.loads(done.stdout), embedded(interpreter, {"PATH": path})
        assert (Path(real["prefix"]), Path(real["base"]), real["errors"]) == (ours.prefix, ours.base, ours.errors), path


def _c(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def test_install_says_what_gpt_needs_and_proves_it_so(snap, monkeypatch, tmp_path):
    first(monkeypatch, another_python(tmp_path / "other"))
    snap.does(home=str(BASE))
    before = snap.snapshot()
    plan = plan_install(Site.find(timeout=30.0))
    notes = "\n".join(plan.notes)
    assert "No file that gpt's launcher reads can say otherwise" in notes
    assert f"PYTHONHOME={BASE} '{snap.gpt}'" in notes
    told = apply(plan, prove=True)
    assert told[-1].endswith(f"with PYTHONHOME={BASE}")
    assert "'can't decompress" not in "\n".join(told)
    conf = snap.user_home / ".snap" / "system" / "etc" / "snap.conf"
    assert conf.read_text() == home_line(str(BASE)) + "\n"
    checks = found()
    assert (
        checks["start"].fact
        == "Python does not start in SNAP: ZipImportError: can't decompress data; zlib not available"
    )
    assert checks["start"].mend == checks["home"].mend
    assert f"(PYTHONHOME in {conf})" in checks["desktop_home"].fact
    assert plan_install(Site.find()).changes == ()
    apply(plan_uninstall(Site.find()), prove=False)
    after = snap.snapshot()
    after.pop(str(snap.home / "calls.txt"), None)
    before.pop(str(snap.home / "calls.txt"), None)
    assert after == before


def test_the_line_is_one_that_the_launcher_obeys(snap, tmp_path):
    """What SNAP's script does with its configurations, in a shell."""
    conf = tmp_path / "snap.conf"
    conf.write_bytes(with_line(b"jdkhome='./jre'", home_line("/usr/py 3's")))
    done = subprocess.run(
        ["sh", "-c", f". {conf}; printenv PYTHONHOME; echo $jdkhome"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["/usr/py 3's", "./jre"]
    assert homes_in(conf.read_text()) == ["/usr/py 3's"]


def test_what_the_desktop_alone_gets_wrong_is_cured(snap, monkeypatch, tmp_path):
    """From a shell all is well; from a menu another Python comes first."""
    monkeypatch.setattr(sites, "DESKTOP_PATH", str(another_python(tmp_path / "other")))
    check = found()["desktop_home"]
    assert not check.ok
    assert "SNAP Desktop, started from a menu" in check.fact
    assert check.mend == "estran snap install"
    apply(plan_install(Site.find()), prove=False)
    assert found()["desktop_home"].ok
    assert found()["home"].ok


def test_configurations_of_others_stay(snap, monkeypatch, tmp_path):
    monkeypatch.setattr(sites, "DESKTOP_PATH", str(another_python(tmp_path / "other")))
    conf = find_desktop(Site.find().settings).conf
    conf.parent.mkdir(parents=True)
    conf.write_bytes(b"# mine\r\njdkhome=/usr/java")
    apply(plan_install(Site.find()), prove=False)
    assert conf.read_bytes() == b"# mine\r\njdkhome=/usr/java\n" + home_line(str(BASE)).encode() + b"\n"
    apply(plan_uninstall(Site.find()), prove=False)
    assert conf.read_bytes() == b"# mine\r\njdkhome=/usr/java"
    apply(plan_install(Site.find()), prove=False)
    with conf.open("ab") as more:
        more.write(b"extra_clusters=/x\n")
    apply(plan_uninstall(Site.find()), prove=False)
    assert conf.read_bytes() == b"# mine\r\njdkhome=/usr/java\nextra_clusters=/x\n"
    # Who has said it himself is not contradicted.
    conf.write_bytes(b"export PYTHONHOME=/elsewhere\n")
    plan = plan_install(Site.find())
    assert any("left as it is" in note for note in plan.notes)
    apply(plan, prove=False)
    assert conf.read_bytes() == b"export PYTHONHOME=/elsewhere\n"
    assert found()["desktop_home"].mend.startswith("take PYTHONHOME out of ")


def test_a_configuration_that_cannot_be_written(snap, monkeypatch, tmp_path):
    monkeypatch.setattr(sites, "DESKTOP_PATH", str(another_python(tmp_path / "other")))
    conf = find_desktop(Site.find().settings).conf
    conf.parent.parent.mkdir(parents=True)
    conf.parent.touch()  # not even root makes a folder of a file
    assert any(
        f"cannot be written: to have SNAP Desktop find its Python, add to a file that starts it: export "
        f"PYTHONHOME='{BASE}'" in n
        for n in plan_install(Site.find()).notes
    )


def test_lines_come_and_go():
    line = home_line("/usr")
    for data in (b"", b"a=1\n", b"a=1", b"a=1\r\nb=2\r\n"):
        added = with_line(data, line)
        assert without_line(added, line).removesuffix(b"\n") == data.removesuffix(b"\n")


def test_an_activated_environment_with_a_checkout_is_separated_from_the_installed_copy(snap, monkeypatch, tmp_path):
    apply(plan_install(Site.find()), prove=False)
    copy = snap.user_dir / "snap-python" / "estran" / "estran"
    assert found()["estran"].fact == f"Estran {__version__} in {copy}"
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "estran").symlink_to(package_folder())
    first(monkeypatch, environment(tmp_path / "env", checkout))
    checks = found()
    assert checks["home"].ok
    assert f"packages of the activated environment {tmp_path / 'env'} too" in checks["home"].fact
    assert checks["estran"].ok
    why = f"for the environment {tmp_path / 'env'} is activated (without it: Estran {__version__} in {copy})"
    assert checks["estran"].fact == f"Estran {__version__} in {checkout / 'estran'} wins in SNAP, {why}"
    # Installing while it is active does not rely on it.
    assert plan_install(Site.find()).changes == ()


def test_an_activated_environment_with_an_older_checkout(snap, monkeypatch, tmp_path):
    apply(plan_install(Site.find()), prove=False)
    for name in ("estran", "estran/adapters", "estran/adapters/snap"):
        (tmp_path / "old" / name).mkdir(parents=True)
        (tmp_path / "old" / name / "__init__.py").write_text("__version__ = '0.0.1'\n")
    first(monkeypatch, environment(tmp_path / "env", tmp_path / "old"))
    check = found()["estran"]
    assert not check.ok
    assert "Estran 0.0.1 in" in check.fact
    assert f"the environment {tmp_path / 'env'} is activated" in check.fact
    assert check.mend == "deactivate"


@pytest.mark.parametrize(
    ("err", "reason"),
    [
        (
            "Error: Error in Python interpreter:\nType: <class 'ValueError'>\nValue: a sentence\nthat goes on\nLine: "
            "43\nNamespace: x\nFile:  (most recent\n",
            "ValueError: a sentence that goes on",
        ),
        (
            "INFO: x\nError: Failed to establish Python bridge\norg.esa.snap.core.gpf.OperatorException: Failed\n\tat "
            "eu.esa.A.b(C.java:3)\n"
            "Caused by: java.io.IOException: Python configuration failed.\nCommand [python ./x.py]\nfailed with "
            "return code 1.\n"
            "\tat a.b(C.java:1)\n\t... 7 more\n",
            "Error: Failed to establish Python bridge "
            "(Caused by: java.io.IOException: Python configuration failed. Command [python ./x.py] failed with return "
            "code 1.)",
        ),
        ("Error: Value is out of range [0,1].\n", "Error: Value is out of range [0,1]."),
        ("", "it said nothing"),
    ],
)
def test_reasons_are_whole(err, reason):
    assert Answer(1, "", err).reason == reason


def test_what_is_printed_beside_is_no_part_of_a_reason():
    assert Answer(None, "10%\n20%\n", "Error: gpt gave no answer in 3 s").reason == "Error: gpt gave no answer in 3 s"
