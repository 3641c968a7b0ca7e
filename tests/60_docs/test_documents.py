"""The documents themselves: whole, complete, and true where a program can tell."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
from press import figures
from press.equations import labels
from press.notebook import cells
from press.site import Site, build, pages

from estran.catalogue import OPERATORS, STUDIES
from estran.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES = figures.modules(DOCS)
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
NOTEBOOKS = sorted((DOCS / "tutorials").glob("*.ipynb"))


@pytest.fixture(scope="module")
def site(repository: Path) -> Site:
    return Site(repository)


def test_every_link_label_and_anchor_resolves(site: Site) -> None:
    assert site.wrong == []


def test_the_site_can_be_built(repository: Path, tmp_path: Path) -> None:
    written = build(repository, tmp_path, figures=False)
    assert {p.relative_to(tmp_path).as_posix() for p in written} >= {
        "index.html",
        "changelog.html",
        "tutorials/first_masks.html",
        "DPM/cloud_mask.html",
    }
    for page in written:
        html = page.read_text("utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]*\.(?:js|css|woff2?)"', html), (
            f"{page.name} needs the network"
        )


def test_every_page_is_in_the_menu(repository: Path) -> None:
    found = {page.source.as_posix() for page in pages(repository)}
    missing = [
        p
        for p in (path.relative_to(repository).as_posix() for path in (repository / "docs").rglob("*.md"))
        if p not in found
    ]
    assert missing == []


@pytest.mark.parametrize("declared", [*OPERATORS, *STUDIES], ids=lambda d: d.alias)
def test_every_operator_and_study_has_its_method_page(docs: Path, declared: type) -> None:
    page = docs / "ATBD" / f"{declared.atbd}.md"
    assert page.is_file(), f"{declared.alias} names the ATBD page {page.name}"
    assert labels(page.read_text("utf-8")), f"{page.name} has no labelled equation"


def test_implemented_equations_are_cited_by_code(repository: Path) -> None:
    code = "\n".join(p.read_text("utf-8") for p in (repository / "python" / "estran").rglob("*.py"))
    ranges = re.findall(r"([A-Z]+)-(\d+)\)? (?:to|…) \(?\1-(\d+)", code)
    cited = set(re.findall(r"[A-Z]+-\d+[a-z]?", code)) | {
        f"{k}-{n}" for k, a, b in ranges for n in range(int(a), int(b) + 1)
    }
    for page in (repository / "docs" / "ATBD").glob("*.md"):
        alone = [
            label
            for label, implemented in labels(page.read_text("utf-8")).items()
            if implemented and label not in cited
        ]
        assert alone == [], f"{page.name}: equations that no code cites, and that are not marked so"


@pytest.mark.parametrize("path", FIGURES, ids=lambda p: p.stem)
def test_figures_show_what_they_say(path: Path) -> None:
    module = figures.load(path)
    facts = figures.stated(module, module.data())
    assert facts, "a figure states what it shows"
    assert [sentence for sentence, so in facts.items() if not so] == []
    assert module.__doc__


def test_every_figure_is_shown_by_a_page(site: Site) -> None:
    assert sorted(set(FIGURES) - set(site.figures.values())) == []


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda p: p.stem)
def test_python_of_tutorials_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(path), "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_cells_of_notebooks_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cell by cell in one namespace, without a kernel; what a cell would show is made, too."""
    import matplotlib

    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, (kind, text) in enumerate(cells(path)):
        if kind == "code":
            *lines, last = ast.parse(text).body
            exec(compile(ast.Module(lines, []), f"{path.name}, cell {number}", "exec"), names)
            if isinstance(last, ast.Expr):
                repr(eval(compile(ast.Expression(last.value), f"{path.name}, cell {number}", "eval"), names))
            else:
                exec(compile(ast.Module([last], []), f"{path.name}, cell {number}", "exec"), names)
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_committed_without_outputs(path: Path) -> None:
    saved = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell["id"] for cell in saved if cell.get("outputs") or cell.get("execution_count")] == []


def test_changelog_has_the_sections_of_keep_a_changelog(repository: Path) -> None:
    text = (repository / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[0\.1\.0\]", text, re.MULTILINE)
    assert set(re.findall(r"^### (\w+)", text, re.MULTILINE)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }


def commands() -> list[tuple[str, str]]:
    """(page, command) of every line of a shell block that runs us."""
    found = []
    for path in [*TUTORIALS, DOCS / "index.md", DOCS / "validation.md"]:
        for block in re.findall(r"^```sh\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            found += [
                (path.stem, line)
                for line in block.replace("\\\n", " ").splitlines()
                if line.startswith(("estran ", "make "))
            ]
    return found


@pytest.mark.parametrize(("page", "command"), commands(), ids=lambda text: text[:60])
def test_commands_of_the_pages_parse(repository: Path, page: str, command: str) -> None:
    """Options that do not exist end the program; targets that do not exist are not in the Makefile."""
    words = shlex.split(command)
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert words[1] in targets
        return
    parser = main._parser(main._command(words[1:]))
    assert parser.parse_args(words[1:]).command == words[1]


def test_twin_a_wrong_option_is_seen() -> None:
    with pytest.raises(SystemExit):
        main._parser("masks").parse_args(["masks", "S2A.SAFE", "-o", "out", "--no-such-option"])
