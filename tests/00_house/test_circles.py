"""No file of ours imports one that imports it, at once or by others between them; imports inside of functions count."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import pytest

STAYING = {
    # Under `if __name__ == "__main__"`: `python -m estran.cli.main` listens for signals as the installed program does.
    frozenset({"estran.cli.main", "estran.cli.start"}),
}
"""The circles that there are, each with its reason."""


def modules(paths: Mapping[str, str]) -> dict[str, tuple[str, bool]]:
    """Text of each module by its dotted name, and whether it is a package; `paths` are those under python
    ("estran/errors.py").
    """
    found = {}
    for path, text in paths.items():
        parts = path.removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        found[".".join(parts[:-1] if is_package else parts)] = text, is_package
    return found


def imported(name: str, text: str, is_package: bool) -> Iterator[str]:
    """Every name that a module imports from, longest first: `from a.b import c` may mean a.b.c or a name in a.b."""
    package = name.split(".") if is_package else name.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def graph(paths: Mapping[str, str]) -> dict[str, set[str]]:
    """The modules of ours that each module of ours imports."""
    known = modules(paths)
    above: dict[str, set[str]] = {}
    for name, (text, is_package) in known.items():
        targets = (
            target if target in known else target.rpartition(".")[0] for target in imported(name, text, is_package)
        )
        above[name] = {target for target in targets if target in known and target != name}
    return above


def circles(above: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """Groups of modules that can all be reached from one another."""
    reach = {name: _reached(name, above) for name in above}
    return {frozenset(other for other in reach[name] if name in reach[other]) for name in above if name in reach[name]}


def _reached(name: str, above: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        new = above[todo.pop()] - found
        found |= new
        todo += new
    return found


def test_no_circles(repository):
    root = repository / "python"
    above = graph({p.relative_to(root).as_posix(): p.read_text("utf-8") for p in (root / "estran").rglob("*.py")})
    above["estran"] = set()  # hands the face to users when they ask; nobody here does
    found = circles(above)
    new, gone = found - STAYING, STAYING - found
    assert not new, "\n".join(
        f"{', '.join(sorted(circle))} import one another: what both need goes to a file of its own" for circle in new
    )
    assert not gone, f"{[sorted(circle) for circle in gone]} are no circles any more: take them from the list"


@pytest.mark.parametrize(
    "statement",
    [
        "from estran.room.a import x",
        "import estran.room.a",
        "from . import a",
        "from .a import x",
        "def f():\n    from estran.room import a",
        "class C:\n    from .a import x",
    ],
)
def test_twin_a_circle_is_seen(statement):
    files = {
        "estran/__init__.py": "",
        "estran/room/__init__.py": "",
        "estran/room/a.py": "from estran.room.b import y",
        "estran/room/b.py": "from estran.room.c import z",
    }
    assert circles(graph(files | {"estran/room/c.py": "from estran.errors import E"})) == set()
    assert circles(graph(files | {"estran/room/c.py": statement})) == {
        frozenset({"estran.room.a", "estran.room.b", "estran.room.c"})
    }


def test_twin_a_package_and_its_file_are_two():
    """The file needs what the package's own text defines, which in turn needs the file."""
    files = {
        "estran/room/__init__.py": "def f():\n    from estran.room.a import x",
        "estran/room/a.py": "from estran.room import f",
    }
    assert circles(graph(files)) == {frozenset({"estran.room", "estran.room.a"})}
