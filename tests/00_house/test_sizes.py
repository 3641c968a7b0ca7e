"""Files and functions of a size that one reads in one go."""

from __future__ import annotations

import ast

LINES, PARAMETERS = 400, 12

GENERATED = "operators.py"
"""One function for each operator, with all its parameters."""

LONGER_FILES: set[str] = set()
"""Files above the limit, which only shrinks."""

WIDER_FUNCTIONS: set[str] = set()
"""Functions above the limit, which only shrinks."""


def long_files(texts: dict[str, str]) -> set[str]:
    return {path for path, text in texts.items() if len(text.splitlines()) > LINES}


def wide_functions(texts: dict[str, str]) -> set[str]:
    """Functions and methods with more parameters than the limit; of a method the first is its object or class and does
    not count.
    """
    return {
        f"{path}: {name}"
        for path, text in texts.items()
        for name, count in _counts(ast.parse(text), in_class=False)
        if count > PARAMETERS
    }


def _counts(node: ast.AST, *, in_class: bool) -> list[tuple[str, int]]:
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            a = child.args
            bound = in_class and not any(getattr(d, "id", "") == "staticmethod" for d in child.decorator_list)
            named = len([*a.posonlyargs, *a.args, *a.kwonlyargs])
            found.append((child.name, named + (a.vararg is not None) + (a.kwarg is not None) - bound))
        found += _counts(child, in_class=isinstance(child, ast.ClassDef))
    return found


def sources(repository) -> dict[str, str]:
    root = repository / "python" / "estran"
    found = {p.relative_to(root).as_posix(): p.read_text("utf-8") for p in sorted(root.rglob("*.py"))}
    return {path: text for path, text in found.items() if path != GENERATED}


def test_no_file_is_longer(repository):
    found = long_files(sources(repository))
    assert not found - LONGER_FILES, f"{sorted(found - LONGER_FILES)}: above {LINES} lines; split it by subject"
    assert not LONGER_FILES - found, (
        f"{sorted(LONGER_FILES - found)}: no longer above {LINES} lines; take it from the list"
    )


def test_no_function_takes_more(repository):
    found = wide_functions(sources(repository))
    assert not found - WIDER_FUNCTIONS, (
        f"{sorted(found - WIDER_FUNCTIONS)}: above {PARAMETERS} parameters; hand over what belongs together as one"
    )
    assert not WIDER_FUNCTIONS - found, (
        f"{sorted(WIDER_FUNCTIONS - found)}: no longer above {PARAMETERS} parameters; take it from the list"
    )


def test_twin_what_is_too_large_is_seen():
    assert long_files({"a.py": "x = 1\n" * 400, "b.py": "x = 1\n" * 401}) == {"b.py"}
    twelve = ", ".join(f"p{i}" for i in range(12))
    text = (
        f"def f({twelve}): ...\ndef g({twelve}, *rest): ...\nclass A:\n    def h(self, {twelve}): ...\n    def "
        f"i(self, {twelve}, *, q): ...\n"
    )
    inner = f"def outer():\n    def j({twelve}, /, q): ...\nclass B:\n    @staticmethod\n    def k({twelve}, q): ...\n"
    assert wide_functions({"c.py": text + inner}) == {"c.py: g", "c.py: i", "c.py: j", "c.py: k"}
