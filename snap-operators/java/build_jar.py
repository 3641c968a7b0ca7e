"""Compiles the Java helper into the package: python snap-operators/java/build_jar.py (needs a JDK, and orekit-jpype in
this Python).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
JAR = HERE.parents[1] / "python" / "estran" / "adapters" / "java" / "terrain_rays.jar"
RELEASE = 11
"""Java that the classes run on: JPype's least."""


def source_hash() -> str:
    """SHA-256 of the source, which the jar's manifest repeats."""
    return hashlib.sha256((HERE / "TerrainRays.java").read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def compiler() -> str:
    """The compiler's version, "javac 17.0.15"."""
    return subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True).stdout.strip()


def classes() -> dict[str, bytes]:
    """The compiled classes by their names in the jar."""
    spec = importlib.util.find_spec("orekit_jpype")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install orekit-jpype first")
    libraries = os.pathsep.join(str(jar) for jar in sorted((Path(spec.origin).parent / "jars").glob("*.jar")))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                "javac",
                "--release",
                str(RELEASE),
                "-g:none",
                "-Xlint:-options",
                "-cp",
                libraries,
                "-d",
                folder,
                str(HERE / "TerrainRays.java"),
            ],
            check=True,
        )
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(Path(folder).rglob("*.class"))
        }


def main() -> None:
    """Write the jar; the same compiler writes the same bytes."""
    manifest = f"Manifest-Version: 1.0\r\nCreated-By: {compiler()}\r\nSource-Hash: {source_hash()[:60]}\r\n\r\n"
    with zipfile.ZipFile(JAR, "w", zipfile.ZIP_DEFLATED) as jar:
        for name, content in {"META-INF/MANIFEST.MF": manifest.encode(), **classes()}.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            jar.writestr(entry, content)


if __name__ == "__main__":
    main()
