"""A SNAP made of folders: manifests, a class file's header, settings, and a gpt that looks for Python operators where
SNAP looks and runs none.

What is tested with it is finding, judging, placing and taking back. What a real gpt says is in tests/90_snap.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

JAVA = Path(shutil.which("java") or "no/bin/java").resolve().parents[1]
SPI = "META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi"

GPT = r"""#!{python}
import json, os, pathlib, re, sys, time
home = pathlib.Path(__file__).resolve().parents[1]
does = json.loads((home / "does.json").read_text())
arguments = [a for a in sys.argv[1:] if not a.startswith("-J")]
user = next((a.partition("=")[2] for a in sys.argv if a.startswith("-J-Dsnap.userdir=")), os.path.expanduser("~/.snap"))
with (home / "calls.txt").open("a") as calls:
    calls.write(" ".join(arguments) + "\n")
if does.get("hang") in (arguments[-1], "always"):
    time.sleep(600)
if does.get("java") == "old":
    sys.exit("Exception in thread main java.lang.UnsupportedClassVersionError: org/esa/snap/runtime/Launcher (class file version 65.0)")
if arguments == ["--diag"]:
    print("SNAP home: %s\nJava home: %s\nJava version: %s\nMax memory: 1.4 GB" % (home, does.get("java home", "{java}"), does.get("java", "25.0.3")))
    sys.exit()
aliases = {{}}
for services in sorted(pathlib.Path(user, "snap-python").glob("*/{spi}")):
    for line in services.read_text().split("\n"):
        if line and line[0] != "#":
            module = services.parents[2] / line.rpartition(".")[0].replace(".", "/")
            found = re.search("<alias>(.*?)</alias>", module.with_name(module.name + "-info.xml").read_text())
            aliases[found[1]] = module
for alias in does.get("loses", []):
    aliases.pop(alias, None)
if arguments == ["-h"]:
    print("Operators:\n" + "\n".join("  %s    what it does" % a for a in aliases))
elif arguments[1:] == ["-h"]:
    print("Usage:\n  gpt %s [options]" % arguments[0] if arguments[0] in aliases else "Unknown operator '%s'." % arguments[0])
elif arguments[0] not in aliases:
    sys.exit("Error: No SPI found for operator '%s'" % arguments[0])
elif does.get("home", os.environ.get("PYTHONHOME")) != os.environ.get("PYTHONHOME"):
    told = "Type: <class 'zipimport.ZipImportError'>\nValue: can't decompress data;\n  zlib not available\nLine: 700\nNamespace: <module>"
    sys.exit("Error: Error in Python interpreter:\n" + told)
elif does.get("bridge") == "broken":
    sys.exit("Error: Failed to establish Python bridge")
else:
    sys.exit("Error: Error in Python interpreter:\nType: <class 'estran.errors.BadProduct'>\nValue: %s got no source" % arguments[0])
"""  # noqa: E501


class FakeSnap:
    """A SNAP in a folder, a user's home beside it, and a module folder with esa_snappy and all that the running Python
    has, but Estran.
    """

    def __init__(self, root: Path, version: str = "13.0.3", java: int = 21) -> None:
        self.home, self.user_home = root / "esa snap", root / "home"
        self.user_dir, self.module_dir = self.user_home / ".snap", root / "site-packages"
        modules = self.home / "snap" / "modules"
        for folder in (self.home / "bin", self.home / "etc", modules, self.user_home):
            folder.mkdir(parents=True)
        (self.home / "etc" / "snap.properties").write_text("# defaults\nsnap.jai.defaultTileSize=512\n")
        # The JVM does not take the home from HOME.
        (self.home / "bin" / "gpt.vmoptions").write_text(f"-Duser.home={self.user_home}\n")
        (self.home / "etc" / "snap.clusters").write_text("snap\nplatform\n")
        header = b"\xca\xfe\xba\xbe\x00\x00" + (44 + java).to_bytes(2)
        self.jar(modules / "org-esa-snap-snap-core.jar", {"org/esa/snap/Core.class": header}, version)
        self.jar(modules / "eu-esa-snap-esa-snappy.jar", {"eu/esa/snap/snappy/PyBridge.class": header}, version)
        self.gpt = self.home / "bin" / "gpt"
        self.gpt.write_text(GPT.format(python=sys.executable, spi=SPI, java=JAVA))
        self.gpt.chmod(0o755)
        self.does()
        self._module_dir()

    @property
    def environment(self) -> dict[str, str]:
        """Where SNAP is found and the user lives."""
        # Another Python of this version on the PATH is a fault of its own: it is put there by the tests that are about
        # it.
        path = os.pathsep.join([str(Path(sys.base_prefix, "bin")), os.environ["PATH"]])
        return {"SNAP_HOME": str(self.home), "HOME": str(self.user_home), "PATH": path}

    @property
    def calls(self) -> list[str]:
        """What gpt was asked, so far."""
        told = self.home / "calls.txt"
        return told.read_text().splitlines() if told.exists() else []

    def does(self, **behaviour: object) -> None:
        """Have gpt misbehave."""
        (self.home / "does.json").write_text(json.dumps(behaviour))

    def set_python(self, executable: object = sys.executable, module_dir: object = None, text: str = "") -> Path:
        """Write snappy.properties as SNAP's own tool does; the file."""
        file = self.user_dir / "snap-python" / "snappy.properties"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f"{text}snap.pythonExecutable={executable}\nsnap.pythonModuleDir={module_dir or self.module_dir}\n"
        )
        return file

    def plugin(self, name: str, *, alias: str = "Other.Op", broken: bool = False, parent: Path | None = None) -> Path:
        """Somebody's Python operator."""
        folder = (parent or self.user_dir / "snap-python") / name
        (folder / SPI).parent.mkdir(parents=True)
        (folder / SPI).write_text(f"# ours\n{name}_op.Op\n")
        (folder / f"{name}_op.py").write_text("class Op: pass\n")
        if not broken:
            (folder / f"{name}_op-info.xml").write_text(
                f"<operator><name>{name}</name><alias>{alias}</alias></operator>"
            )
        return folder

    @staticmethod
    def jar(path: Path, files: dict[str, bytes], version: str = "1.0") -> Path:
        """A module."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(
                "META-INF/MANIFEST.MF",
                f"Manifest-Version: 1.0\r\nOpenIDE-Module-Specification-Version: {version}\r\n\r\n",
            )
            for name, data in files.items():
                archive.writestr(name, data)
        return path

    def _module_dir(self) -> None:
        bridge = self.module_dir / "esa_snappy"
        (bridge / "lib").mkdir(parents=True)
        (bridge / "snappyutil.py").write_text("")
        (bridge / "__init__.py").write_text("")
        tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
        (bridge / "lib" / f"jpy-1.0.0-{tag}-{tag}-any.whl").write_bytes(b"")
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if (
                not entry.name.startswith(("estran", "__editable__", "_estran", "esa_snappy", "__pycache__"))
                and entry.suffix != ".pth"
            ):
                (self.module_dir / entry.name).symlink_to(entry)


def snapshot(*folders: Path) -> dict[str, bytes | str | None]:
    """Every path below: bytes of files, targets of links, None for folders. Python's own caches are left out."""
    held: dict[str, bytes | str | None] = {}
    for folder in folders:
        for root, names, files in os.walk(folder):
            names[:] = [n for n in names if n != "__pycache__"]
            for name in (*names, *files):
                path = Path(root, name)
                held[str(path)] = (
                    str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
                )
    return held
