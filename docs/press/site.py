"""The site: which pages there are, in which order, and that every link, label and figure of them is whole."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from press.equations import labels
from press.figures import draw
from press.markdown import Rendered, render
from press.notebook import markdown

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Start", ("docs/index.md", "docs/tutorials/*.md", "docs/tutorials/*.ipynb")),
    ("Methods", ("docs/ATBD/*.md", "docs/DPM/*.md", "docs/conventions.md", "docs/validation.md", "docs/robustness.md")),
    ("Interfaces", ("docs/reference/*.md", "docs/ICD/*.md")),
    ("Project", ("CHANGELOG.md", "docs/decisions/*.md")),
)
"""Headings of the menu, and the pages under each, in order."""

_EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PICTURES = (".png", ".svg", ".jpg")


class BrokenDocumentsError(Exception):
    """What is wrong in the documents, a line each."""


@dataclass(frozen=True)
class Page:
    """A page: its source relative to the repository, its address in the site, its section of the menu."""

    source: PurePosixPath
    address: PurePosixPath
    section: str
    text: str


def pages(root: Path) -> list[Page]:
    """Every page of the site, in the order of the menu."""
    found: dict[PurePosixPath, Page] = {}
    for section, patterns in SECTIONS:
        for pattern in patterns:
            for path in sorted(root.glob(pattern)):
                source = PurePosixPath(path.relative_to(root).as_posix())
                inside = source.relative_to("docs") if source.parts[0] == "docs" else PurePosixPath(source.name.lower())
                text = markdown(path) if path.suffix == ".ipynb" else path.read_text("utf-8")
                found.setdefault(source, Page(source, inside.with_suffix(".html"), section, text))
    return list(found.values())


class Site:
    """The pages rendered, with what is wrong in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pages = pages(root)
        self.by_source = {page.source: page for page in self.pages}
        self.figures: dict[PurePosixPath, Path] = {}
        """Address of each figure shown, and the module that draws it."""
        self.files: dict[PurePosixPath, Path] = {}
        """Address of each other file that the site carries."""
        self.wrong: list[str] = []
        self.cited = {label: page.address for page in self.pages for label in labels(page.text)}
        self.rendered = {page.source: self._render(page) for page in self.pages}
        for page in self.pages:
            self._check_anchors(page)

    def _render(self, page: Page) -> Rendered:
        here = page.address.parent
        cited = {
            label: ("" if at == page.address else relpath(str(at), str(here))) + f"#{label}"
            for label, at in self.cited.items()
        }
        rendered = render(page.text, lambda link: self._resolve(page, link), cited)
        if not rendered.title:
            self.wrong.append(f"{page.source}: no heading of first level")
        return rendered

    def _target(self, page: Page, link: str) -> tuple[PurePosixPath, str]:
        path, _, anchor = link.partition("#")
        return (PurePosixPath(normpath(str(page.source.parent / path))) if path else page.source), anchor

    def _resolve(self, page: Page, link: str) -> str | None:
        if _EXTERNAL.match(link):
            return link
        target, anchor = self._target(page, link)
        end = f"#{anchor}" if anchor else ""
        here = str(page.address.parent)
        if target in self.by_source:
            return end if target == page.source else relpath(str(self.by_source[target].address), here) + end
        if target.suffix == ".png" and (self.root / target).with_suffix(".py").is_file():
            address = target.relative_to("docs")
            self.figures[address] = (self.root / target).with_suffix(".py")
            return relpath(str(address), here)
        if not (self.root / target).exists():
            self.wrong.append(f"{page.source}: the link {link} leads nowhere")
            return None
        if target.parts[0] == "docs" and target.suffix in (*_PICTURES, ".json"):
            address = target.relative_to("docs")
            self.files[address] = self.root / target
            return relpath(str(address), here)
        return None

    def _check_anchors(self, page: Page) -> None:
        for link in self.rendered[page.source].links:
            if _EXTERNAL.match(link) or "#" not in link:
                continue
            target, anchor = self._target(page, link)
            if target in self.rendered and anchor not in self.rendered[target].anchors:
                self.wrong.append(f"{page.source}: the link {link} leads to no heading and no equation")


def build(root: Path, out: Path, *, figures: bool = True) -> list[Path]:
    """Write the site; the pages written.

    Raises
    ------
    BrokenDocumentsError
        A link leads nowhere, or a figure does not show what it says. Nothing is written in the first case.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from pygments.formatters import HtmlFormatter

    site = Site(root)
    if site.wrong:
        raise BrokenDocumentsError("\n".join(site.wrong))
    here = Path(__file__).parent
    template = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("page.html")
    colours = HtmlFormatter(style="default").get_style_defs("code")
    written = []
    for page in site.pages:
        rendered = site.rendered[page.source]
        base = str(page.address.parent)
        menu = [
            (
                section,
                [
                    (site.rendered[p.source].title, relpath(str(p.address), base), p is page)
                    for p in site.pages
                    if p.section == section
                ],
            )
            for section, _ in SECTIONS
        ]
        target = out / page.address
        target.parent.mkdir(parents=True, exist_ok=True)
        html = template.render(
            title=rendered.title,
            body=rendered.html,
            menu=[(s, entries) for s, entries in menu if entries],
            contents=[(level, text, anchor) for level, text, anchor in rendered.headings if level in (2, 3)],
            style=relpath("style.css", base),
            home=relpath("index.html", base),
        )
        target.write_text(html, "utf-8", newline="\n")
        written.append(target)
    (out / "style.css").write_text(
        (here / "style.css").read_text("utf-8") + "\n" + colours + "\n", "utf-8", newline="\n"
    )
    for address, source in site.files.items():
        (out / address).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, out / address)
    if figures:
        untrue = [
            f"{source.name}: {sentence}"
            for address, source in sorted(site.figures.items())
            for sentence in draw(source, out / address)
        ]
        if untrue:
            raise BrokenDocumentsError("what a figure states is not so:\n" + "\n".join(untrue))
    return written
