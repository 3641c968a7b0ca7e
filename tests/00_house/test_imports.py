"""The rules between rooms, stated literally. A failure names the import and the room where it belongs.

An arrow goes up only: a room imports rooms above it, never beside or below.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

BOTTOM = {"physics", "raster", "sensors", "statistics"}
CONTEXTS = {"masks", "coastal", "vicarious", "polarimetry", "msi", "muses", "scenes"}
UP_TO_CATALOGUE = BOTTOM | CONTEXTS | {"catalogue"}

ROOMS: dict[str, set[str]] = {
    **{room: set() for room in BOTTOM},
    **{room: set(BOTTOM) for room in CONTEXTS},
    "catalogue": BOTTOM | CONTEXTS,
    "engine": set(UP_TO_CATALOGUE),
    "adapters": set(UP_TO_CATALOGUE),
    "report": set(UP_TO_CATALOGUE),
    "jobs": UP_TO_CATALOGUE | {"engine", "adapters", "report"},
    "face": UP_TO_CATALOGUE | {"engine", "adapters", "report"},
    "cube": UP_TO_CATALOGUE | {"engine", "adapters", "report", "jobs"},
    "cli": UP_TO_CATALOGUE | {"engine", "adapters", "report", "jobs", "cube", "face"},
}
"""What each room of ours may import, besides itself, what is EVERYWHERE and the version."""

HANDS_OUT = {"__init__.py": {"face", "operators"}, "operators.py": {"face"}}
"""What the modules of the top level by which people call Estran may import: the first one inside functions only, so
that ``import estran`` is quick.
"""

EVERYWHERE = {"", "errors", "bounds", "bounded_xml", "declare", "labels", "jit", "tables"}
"""What belongs to no room: parameters are declared alike by settings of kernels and by operators; graphs (engine),
products (adapters) and descriptors (catalogue) are XML and text of others, read with the same bounds.
"""

DECLARATIONS = ("settings", "coding")
"""Modules of a context whose names end so hold thresholds, flags and classes alone: the catalogue builds on them, so
they may be imported at once, and import nothing that computes.
"""

KERNEL = {"numpy", "scipy", "numba"}
FILES = {
    "rasterio",
    "h5py",
    "netCDF4",
    "cftime",
    "pyarrow",
    "zarr",
    "shapely",
    "xarray",
    "dask",
    "distributed",
    "dask_jobqueue",
}
FRAMEWORKS: dict[str, set[str]] = {
    **dict.fromkeys(BOTTOM | CONTEXTS, KERNEL),
    "raster": KERNEL | {"affine", "pyproj"},
    "scenes": KERNEL | {"affine"},
    "muses": KERNEL | {"sklearn", "lightgbm", "onnxruntime"},
    "catalogue": {"numpy", "pint"},
    "engine": {"numpy", "affine", "pyproj"} | FILES,
    "adapters": {"numpy", "numba", "affine", "pyproj"} | FILES,
    "report": {"numpy", "matplotlib", "jinja2", "markupsafe", "affine", "pyproj"},
    "jobs": {"numpy", "pyproj", "pystac", "dask", "distributed", "dask_jobqueue"},
    "cube": {"numpy", "affine", "pyproj", "eodag", "odc", "pystac", "starlette", "uvicorn"} | FILES,
    "face": {"numpy", "affine", "pyproj", "xarray", "dask", "zarr", "matplotlib"},
    "cli": {"numpy", "tqdm"},
    "tables": {"numpy"},
    "": {"numba", "xarray"},
}
"""What each room may import from outside; "" is the package's own top level (`errors`, `bounds`, `jit`, `operators`).
"""

NARROW = {
    "jpy": {"adapters/java", "adapters/snap"},
    "jpype": {"adapters/java"},
    "orekit_jpype": {"adapters/java"},
    "esa_snappy": {"adapters/snap"},
}
"""Frameworks that live in one room of the adapters only."""

DECLARATIONS_IMPORT = {"errors", "declare", "labels", "raster"}
"""What modules of :data:`DECLARATIONS` import of ours, besides one another."""

FORBIDDEN_NAMES = {"utils", "common", "core", "helpers"}


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    at_module_level: bool


def imports(tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a module; `package` resolves the relative ones. What stands under TYPE_CHECKING is not run, so it
    is not at module level.
    """

    def visit(node: ast.AST, top: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(alias.name, child.lineno, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = ".".join(package.split(".")[: len(package.split(".")) - child.level + 1]) if child.level else ""
                module = ".".join(part for part in (base, child.module or "") if part)
                # `from estran import raster` imports the room raster.
                yield from (
                    Import(f"{module}.{alias.name}" if module == "estran" else module, child.lineno, top)
                    for alias in child.names
                )
            else:
                typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
                inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) or typing_only
                yield from visit(child, top and not inside)

    yield from visit(tree, True)


def violations(text: str, path: str) -> list[str]:
    """What breaks the rules in the source `text` that stands at `path` under python/estran
    ("masks/cloud/cirrus.py").
    """
    parts = PurePosixPath(path).parts
    room = parts[0] if len(parts) > 1 else ""
    package = ".".join(("estran", *parts[:-1]))
    found = []
    for i in imports(ast.parse(text), package):
        told = _own(room, path, i) if i.module.split(".")[0] == "estran" else _foreign(room, path, i)
        if told:
            found.append(f"{path}:{i.line} imports {i.module}: {told}")
    return found


def _own(room: str, path: str, i: Import) -> str:
    target = [*i.module.split("."), ""][1]
    target = "" if target.startswith("__") else target
    if target in EVERYWHERE or target == room:
        return ""
    if target in HANDS_OUT.get(path, ()):
        return (
            "import it inside a function, so that `import estran` is quick"
            if path == "__init__.py" and i.at_module_level
            else ""
        )
    if room not in ROOMS:
        return "the package's top level imports no room"
    if target not in ROOMS[room]:
        where = " or ".join(sorted(r for r, above in ROOMS.items() if target in above)) or "no room"
        return (
            f"{room} may import {', '.join(sorted(ROOMS[room])) or 'no other room'}; code that needs {target} "
            f"belongs in {where}"
        )
    declares = i.module.endswith(DECLARATIONS)
    if room == "catalogue" and i.at_module_level and target in CONTEXTS | {"physics", "statistics"} and not declares:
        return "the catalogue imports kernels inside compute only, so that the command line starts quickly"
    return ""


def _foreign(room: str, path: str, i: Import) -> str:
    top = i.module.split(".")[0]
    if top in NARROW:
        homes = NARROW[top]
        return (
            ""
            if any(path.startswith(home + "/") for home in homes)
            else f"{top} belongs in {' or '.join(sorted(homes))}"
        )
    if top in sys.stdlib_module_names or top in FRAMEWORKS.get(room, set()):
        return ""
    where = (
        " or ".join(sorted(r for r, allowed in FRAMEWORKS.items() if top in allowed and r))
        or "no room yet: a dependency needs a decision record"
    )
    return (
        f"{room or 'the top level'} may import "
        f"{', '.join(sorted(FRAMEWORKS.get(room, set()))) or 'the standard library'}; {top} belongs in {where}"
    )


def sources(repository: Path) -> list[Path]:
    return sorted((repository / "python" / "estran").rglob("*.py"))


def test_rooms_import_upwards_only(repository):
    root = repository / "python" / "estran"
    wrong = [
        line
        for path in sources(repository)
        for line in violations(path.read_text("utf-8"), path.relative_to(root).as_posix())
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("masks/cloud/cirrus.py", "import rasterio", "rasterio belongs in adapters or cube or engine"),
        ("masks/cloud/cirrus.py", "from estran.scenes.terrain import height", "code that needs scenes belongs in"),
        (
            "masks/cloud/cirrus.py",
            "def f():\n    from estran.catalogue import spec",
            "code that needs catalogue belongs in",
        ),
        ("masks/cloud/cirrus.py", "from estran import engine", "code that needs engine belongs in cli or cube"),
        ("catalogue/settings.py", "from estran.masks.cloud.settings_of import x", "inside compute only"),
        ("raster/grid.py", "from ..masks import cirrus", "code that needs masks belongs in"),
        ("raster/grid.py", "from estran.sensors.bands import resolve", "raster may import no other room"),
        ("physics/rayleigh.py", "import pyproj", "pyproj belongs in"),
        ("catalogue/operators/cloud_mask.py", "from estran.masks.cloud.cirrus import cirrus", "inside compute only"),
        (
            "engine/run.py",
            "from estran.adapters.files import open_product",
            "code that needs adapters belongs in cli or cube",
        ),
        (
            "adapters/files/dimap/read.py",
            "from estran.engine.run import run",
            "code that needs engine belongs in cli or cube",
        ),
        ("adapters/files/dimap/read.py", "import jpy", "jpy belongs in adapters/java or adapters/snap"),
        ("engine/run.py", "import matplotlib.pyplot as plt", "matplotlib belongs in face or report"),
        ("cli/main.py", "import rasterio", "rasterio belongs in"),
        ("cube/load.py", "import requests", "no room yet"),
        ("errors.py", "from estran.raster.grid import Grid", "top level imports no room"),
        ("errors.py", "from estran.face.calling import run", "top level imports no room"),
        ("__init__.py", "from estran.face.calling import run", "inside a function"),
        ("face/calling.py", "from estran.cli.engine import execute", "code that needs cli belongs in"),
        ("engine/run.py", "from estran.face.calling import run", "code that needs face belongs in cli"),
    ],
)
def test_twin_a_broken_rule_is_reported(path, text, told):
    (line,) = violations(text, path)
    assert told in line


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("catalogue/operators/cloud_mask.py", "from estran.masks.cloud.object_settings import ObjectSettings"),
        ("catalogue/operators/cloud_mask.py", "def compute():\n    from estran.masks.cloud.cirrus import cirrus"),
        (
            "catalogue/operators/cloud_mask.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from estran.masks.cloud.stages import PixelStage",
        ),
        (
            "masks/cloud/cirrus.py",
            "import numpy as np\nfrom estran.jit import jit\nfrom estran.raster import flags\nfrom . import stages",
        ),
        ("adapters/snap/jvm.py", "def java():\n    import jpy"),
        ("cli/main.py", "from estran import __version__\nimport tqdm"),
        (
            "face/calling.py",
            "import xarray as xr\nfrom estran.engine.run import run_operator\nfrom estran.report.canvas import Canvas",
        ),
        ("__init__.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from estran.face.calling import run"),
    ],
)
def test_what_is_allowed_passes(path, text):
    assert violations(text, path) == []


def heavy_declarations(text: str, path: str) -> list[str]:
    """Imports of a module of thresholds or codings that are more than declarations."""
    if not PurePosixPath(path).stem.endswith(DECLARATIONS) or path.split("/")[0] not in CONTEXTS:
        return []
    package = ".".join(("estran", *PurePosixPath(path).parts[:-1]))
    return [
        i.module
        for i in imports(ast.parse(text), package)
        if not i.module.endswith(DECLARATIONS)
        and i.module.split(".")[0] not in sys.stdlib_module_names
        and not (i.module.startswith("estran.") and i.module.split(".")[1] in DECLARATIONS_IMPORT)
    ]


def test_thresholds_and_codings_import_nothing_that_computes(repository):
    root = repository / "python" / "estran"
    found = {p: heavy_declarations(p.read_text("utf-8"), p.relative_to(root).as_posix()) for p in sources(repository)}
    assert not {p: wrong for p, wrong in found.items() if wrong}


def test_twin_a_threshold_that_computes():
    assert heavy_declarations("from estran.masks.cloud.pixel import decide", "masks/cloud/settings.py")
    assert heavy_declarations("import numpy as np", "masks/cloud/coding.py")


def badly_named(paths: list[str]) -> list[str]:
    return [p for p in paths if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in PurePosixPath(p).parts}]


def test_no_room_without_a_subject(repository):
    root = repository / "python" / "estran"
    wrong = badly_named([p.relative_to(root).as_posix() for p in sources(repository)])
    assert not wrong, f"{wrong}: name a room by its subject"


def test_twin_a_room_without_a_subject():
    assert badly_named(["raster/grid.py", "masks/utils.py", "core/x.py"]) == ["masks/utils.py", "core/x.py"]


def test_every_room_is_known(repository):
    rooms = {
        p.parent.relative_to(repository / "python" / "estran").parts[0]
        for p in sources(repository)
        if p.parent.name != "estran"
    }
    assert rooms <= set(ROOMS) | {"tables"}, (
        f"{sorted(rooms - set(ROOMS))}: give the new room its line in ROOMS and FRAMEWORKS"
    )
