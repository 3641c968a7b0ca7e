"""The tree: no machine's paths, no registry's address, documented kernels, a changelog that knows the version,
equations that are cited.
"""

from __future__ import annotations

import ast
import re
import subprocess
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from estran import __version__

TEXT = {
    ".py",
    ".md",
    ".toml",
    ".xml",
    ".html",
    ".css",
    ".txt",
    ".properties",
    ".gradle",
    ".java",
    ".json",
    ".yml",
    ".yaml",
    ".cfg",
    ".sh",
    ".csv",
    ".hs",
    ".jhm",
    "",
}

# Written in two halves, so that this file does not break its own rule.
_ROOTS = ("ho" + "me", "Us" + "ers", "ro" + "ot", "wo" + "rk", "tm" + "p", "op" + "t", "mn" + "t")
ABSOLUTE = re.compile(r"(?<![\w./}>$~-])/(?:" + "|".join(_ROOTS) + r")/\w|\b[A-Z]:\\\\?(?:" + "|".join(_ROOTS) + r")\b")
HOSTS = re.compile(
    "|".join(
        re.escape(a + b)
        for a, b in [
            ("pypi", ".org"),
            ("pythonhosted", ".org"),
            ("anaconda", ".org"),
            ("repo1.maven", ".org"),
            ("repo.maven", ".apache"),
            ("npmjs", ".org"),
            ("golang", ".org"),
        ]
    )
)


def tracked(repository: Path) -> list[Path]:
    """Text files of the checkout that git knows."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("this is not a git checkout")
    return [p for name in done.stdout.split("\0") if name and (p := repository / name).suffix in TEXT and p.is_file()]


def lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    return [n for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(ABSOLUTE, "an absolute path of some machine"), (HOSTS, "the address of a package registry")],
    ids=["paths", "hosts"],
)
def test_no_trace_of_a_machine(repository, pattern, what):
    wrong = [
        f"{p.relative_to(repository)}:{n}"
        for p in tracked(repository)
        for n in lines_with(pattern, p.read_text("utf-8", errors="replace"))
    ]
    assert not wrong, f"{what}: " + ", ".join(wrong)


def test_twin_traces_are_seen():
    assert lines_with(ABSOLUTE, "a\nopen('/" + "home/ada/x.tif')") == [2]
    assert lines_with(ABSOLUTE, "C:\\" + "Users\\ada") == [1]
    assert lines_with(HOSTS, "https://" + "pypi" + ".org/simple") == [1]
    assert lines_with(ABSOLUTE, "docs/home/page and ${HOME}/work/x and a/tmp/b") == []


def undocumented(tree: ast.AST, inside: str = "") -> Iterator[str]:
    """Public functions, classes and methods without a docstring."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            name = f"{inside}{node.name}"
            if ast.get_docstring(node) is None and not any(
                getattr(d, "id", getattr(d, "attr", "")) in ("overload", "setter") for d in node.decorator_list
            ):
                yield name
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node, f"{name}.")


@pytest.mark.parametrize("room", ["physics", "raster", "sensors", "statistics", "masks", "scenes", "catalogue"])
def test_public_things_are_documented(repository, room):
    paths = (repository / "python" / "estran" / room).rglob("*.py")
    wrong = [
        f"{p.relative_to(repository)}: {name}"
        for p in paths
        for name in undocumented(ast.parse(p.read_text("utf-8")))
        if not _derived(p, name)
    ]
    assert not wrong, "\n".join(wrong)


def _derived(path: Path, name: str) -> bool:
    """Methods of a declaration are documented where they are declared, in spec.py."""
    return (
        "catalogue" in path.parts
        and path.parent.name in ("operators", "studies")
        and name.rpartition(".")[2] in ("halo", "survey", "merge", "compute", "axes", "cases", "run_case")
    )


def test_twin_a_bare_function_is_seen():
    assert list(
        undocumented(ast.parse("def f(): ...\nclass A:\n    '''A.'''\n    def g(self): ...\n    def _h(self): ..."))
    ) == ["f", "A.g"]


def test_changelog_knows_the_version(repository):
    headings = re.findall(r"^## \[?v?([0-9][^\]\s]*)", (repository / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert __version__ in headings, f"CHANGELOG.md has {headings}: add a section for {__version__}"


LABEL = re.compile(r"(?<![\w-])((?!UTF|ISO)[A-Z]{2,5}-\d{1,3}[a-z]?)(?=[),;]| to )")
"""An equation's label, as code and pages cite it: "(CM-3)", "(CM-20, CM-16a)", "(CM-2 to CM-10)"."""


def cited(text: str) -> set[str]:
    """Labels in the comments and docstrings of a Python source."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return {label for t in tokens if t.type in (tokenize.COMMENT, tokenize.STRING) for label in LABEL.findall(t.string)}


def labels(page: str) -> set[str]:
    """Labels that an ATBD page gives to an equation: those in bold, or in a ``\\tag{...}``."""
    return set(re.findall(r"\*\*\(?([A-Z]{2,5}-\d+[a-z]?)\)?\*\*", page)) | set(
        re.findall(r"\\tag\{([A-Z]{2,5}-\d+[a-z]?)\}", page)
    )


def implemented(page: str) -> set[str]:
    """Labels of a page, but those whose line says "not implemented": a label is a promise unless it says otherwise."""
    spared = {
        label
        for line in page.splitlines()
        if "not implemented" in line.lower()
        for label in (*LABEL.findall(line), *labels(line))
    }
    return labels(page) - spared


@pytest.fixture(scope="module")
def code_labels(request) -> dict[str, set[str]]:
    root = Path(__file__).resolve().parents[2]
    return {
        p.relative_to(root).as_posix(): cited(p.read_text("utf-8")) for p in (root / "python" / "estran").rglob("*.py")
    }


@pytest.fixture(scope="module")
def atbd() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {p.name: p.read_text("utf-8") for p in sorted((root / "docs" / "ATBD").glob("*.md"))}


def test_labels_cited_by_code_exist(code_labels, atbd):
    known = set().union(*(labels(page) for page in atbd.values()))
    wrong = [f"{path}: ({label})" for path, found in code_labels.items() for label in sorted(found - known)]
    assert not wrong, "no ATBD page defines " + ", ".join(wrong)


def test_implemented_equations_are_cited(code_labels, atbd):
    everywhere = set().union(*code_labels.values())
    wrong = [f"{name}: ({label})" for name, page in atbd.items() for label in sorted(implemented(page) - everywhere)]
    assert not wrong, "cited by no code, and not said to be not implemented: " + ", ".join(wrong)


def test_twin_labels():
    page = "**(CM-1)** first\n$$x \\tag{CM-2}$$\n$$y \\tag{CM-3}$$ quoted, not implemented\n(CM-9) in passing"
    assert labels(page) == {"CM-1", "CM-2", "CM-3"}
    assert implemented(page) == {"CM-1", "CM-2"}
    assert cited("x = 1  # (CM-3)\ny = '(no-4) (CM-4, CM-16a) (UTF-8)'\n") == {"CM-3", "CM-4", "CM-16a"}
