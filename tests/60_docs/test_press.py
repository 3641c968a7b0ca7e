"""The builder: equations, labels, links, and that it refuses what is broken."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from press.equations import FormulaError, labels, mathml
from press.figures import draw
from press.markdown import render
from press.site import BrokenDocumentsError, build


@pytest.mark.parametrize(
    "latex",
    [
        r"\mathrm{CDI} = \frac{V_B - V_A}{V_B + V_A}",
        r"P = \begin{cases} \min(a, b) & \text{over land} \\ 0 & \text{otherwise} \end{cases}",
        r"\begin{aligned} a &= b + c \\ d &\le \sqrt{e} \end{aligned}",
        r"\operatorname{clip}\left(\frac{\rho - h_{\text{lo}}}{h_{\text{hi}} - h_{\text{lo}}}, 0, 1\right) \wedge "
        r"\lnot x \in \{B, G, R\}",
        r"\mathbf{x}' = \mathbf{x} + h \tan\theta_v \, \hat{\mathbf{u}}(\varphi_v)",
        r"\sum_{i=1}^{n} \lvert \rho_i - \bar\rho \rvert \cdot 10^{-4}",
    ],
)
def test_formulas_become_well_formed_mathml(latex: str) -> None:
    root = ElementTree.fromstring(mathml(latex, True))
    assert root.tag.endswith("math")
    assert root.get("display") == "block"


def test_words_stay_one_piece() -> None:
    assert "<mtext>NDVI</mtext>" in mathml(r"\mathrm{NDVI} > 0", False)


@pytest.mark.parametrize("latex", [r"\unknowncommand{x}", r"a & b", r"x^{"])
def test_a_formula_that_cannot_be_shown_is_refused(latex: str) -> None:
    with pytest.raises(FormulaError):
        mathml(latex, True)


def test_labels_and_whether_they_are_implemented() -> None:
    page = "$$ a = b \\tag{CM-1} $$\n\ntext\n\n$$\nc = d \\tag{CM-2a}\n$$\n\n*Not implemented: too slow.*\n\n$$ e $$"
    assert labels(page) == {"CM-1": True, "CM-2a": False}
    with pytest.raises(FormulaError, match="twice"):
        labels("$$ a \\tag{X-1} $$ $$ b \\tag{X-1} $$")


def test_equations_have_their_label_and_citations_lead_to_it() -> None:
    page = render(
        "# T\n\n$$ a = b \\tag{CM-1} $$\n\nSee (CM-1), (CM-1 to CM-9), UTF-8, `CM-1`.", cited={"CM-1": "#CM-1"}
    )
    assert '<div class="equation scroll" id="CM-1"' in page.html
    assert page.html.count('<a class="cited" href="#CM-1">CM-1</a>') == 2
    assert "CM-1" in page.anchors
    assert "<code>CM-1</code>" in page.html


def test_headings_tables_and_code() -> None:
    page = render("# Title of *it*\n\n## A `b` c\n\n| a | b |\n|---|---|\n| 1 | $x^2$ |\n\n```python\nx = 1\n```\n")
    assert page.title == "Title of it"
    assert (2, "A b c", "a-b-c") in page.headings
    assert "<table>" in page.html
    assert "<math" in page.html
    assert re.search(r'<span class="mi">1</span>', page.html)


def small_site(root: Path, index: str) -> Path:
    (root / "docs").mkdir(parents=True)
    (root / "docs" / "index.md").write_text(index, "utf-8")
    (root / "docs" / "conventions.md").write_text("# Conventions\n\n## Angles\n", "utf-8")
    (root / "CHANGELOG.md").write_text("# Changelog\n", "utf-8")
    (root / "LICENSE").write_text("x", "utf-8")
    return root


def test_links_lead_where_the_site_has_the_page(tmp_path: Path) -> None:
    root = small_site(
        tmp_path / "r",
        "# Home\n\n[a](conventions.md#angles) [b](../CHANGELOG.md) [c](../LICENSE) [d](https://example.org/x) "
        "[e](#home)\n",
    )
    written = build(root, tmp_path / "out")
    html = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert len(written) == 3
    for link in (
        'href="conventions.html#angles"',
        'href="changelog.html"',
        'href="https://example.org/x"',
        'href="#home"',
    ):
        assert link in html
    assert '<a class="elsewhere">c</a>' in html


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("# Home\n\n[a](nowhere.md)", "leads nowhere"),
        ("# Home\n\n[a](conventions.md#nothing)", "no heading"),
        ("# Home\n\n![a](figures/none.png)", "leads nowhere"),
        ("no heading", "no heading of first level"),
    ],
)
def test_what_is_broken_is_refused_and_nothing_is_written(tmp_path: Path, text: str, complaint: str) -> None:
    root = small_site(tmp_path / "r", text)
    with pytest.raises(BrokenDocumentsError, match=complaint):
        build(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


FIGURE = """
def data():
    return {"x": [1, 2]}

def facts(data):
    return {"it rises": data["x"][1] > data["x"][0], "it falls": data["x"][1] < data["x"][0]}

def draw(data):
    from matplotlib.figure import Figure
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot(data["x"])
    return figure
"""


def test_a_figure_is_drawn_and_what_is_not_so_is_reported(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text(FIGURE, "utf-8")
    assert draw(tmp_path / "f.py", tmp_path / "a.png") == ["it falls"]
    draw(tmp_path / "f.py", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_page_with_a_figure_that_is_not_so_stops_the_build(tmp_path: Path) -> None:
    root = small_site(tmp_path / "r", "# Home\n\n![rises](figures/f.png)\n")
    (root / "docs" / "figures").mkdir()
    (root / "docs" / "figures" / "f.py").write_text(FIGURE, "utf-8")
    with pytest.raises(BrokenDocumentsError, match="it falls"):
        build(root, tmp_path / "out")
    assert '<img src="figures/f.png" alt="rises"' in (tmp_path / "out" / "index.html").read_text("utf-8")
