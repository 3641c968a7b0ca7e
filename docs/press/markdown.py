"""One page: Markdown to HTML, with its equations, and with links that stand in the site."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from press.equations import LABEL, TAG, mathml

_ORIGIN = re.compile(r"python/(estran/\S+)\.py#(\S+)$")
"""A definition that says which constant of the code a number is (``estran.catalogue.views.quoted``)."""
_OF_EQUATION = re.compile(rf"^({LABEL}): (\S+)", re.IGNORECASE)
_CITED = re.compile(rf"(?<![\w-])({LABEL})(?![\w-])")

Resolve = Callable[[str], str | None]
"""The address in the site for a link of the source; None where the site does not have what it points to."""


@dataclass
class Rendered:
    """A page as HTML, with what the site needs to know of it."""

    html: str
    title: str
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    headings: list[tuple[int, str, str]] = field(default_factory=list)


def parser() -> MarkdownIt:
    """The Markdown that we write: CommonMark, tables, footnotes, definition lists, formulas between dollars."""
    md = MarkdownIt("commonmark", {"html": True, "highlight": _highlight}).enable(["table", "strikethrough"])
    md.use(anchors_plugin, max_level=4, slug_func=slug)
    md.use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=False)
    return md.use(footnote_plugin).use(deflist_plugin)


def slug(text: str) -> str:
    """The anchor of a heading, as code forges make it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def render(text: str, resolve: Resolve = lambda link: link, cited: Mapping[str, str] | None = None) -> Rendered:
    """Render a page.

    Parameters
    ----------
    text
        Its Markdown.
    resolve
        Called with every link and picture.
    cited
        Address of each equation label; "CM-3" in the text becomes a link to it.
    """
    md = parser()
    environment: dict[str, Any] = {}
    tokens = md.parse(text, environment)
    page = Rendered("", "")
    _headings(tokens, page)
    _links(tokens, page, resolve)
    origins = _origins_in_equations(environment)
    _citations(tokens, cited or {})
    md.add_render_rule("math_inline", lambda _r, ts, i, _o, _e: mathml(ts[i].content, False))
    md.add_render_rule("math_block", lambda _r, ts, i, _o, _e: _equation(ts[i].content, page, origins))
    md.add_render_rule("table_open", lambda *_: '<div class="scroll" tabindex="0"><table>\n')
    md.add_render_rule("table_close", lambda *_: "</table></div>\n")
    page.html = md.renderer.render(tokens, md.options, environment)
    return page


def _headings(tokens: Sequence[Token], page: Rendered) -> None:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(c.content for c in inline.children or () if c.type in ("text", "code_inline"))
            anchor = str(opening.attrs.get("id", ""))
            page.anchors.add(anchor)
            page.headings.append((int(opening.tag[1]), words, anchor))
            if opening.tag == "h1" and not page.title:
                page.title = words


def _links(tokens: Sequence[Token], page: Rendered, resolve: Resolve) -> None:
    for token in tokens:
        for child in token.children or ():
            key = {"link_open": "href", "image": "src"}.get(child.type)
            if key is None:
                continue
            link = str(child.attrs[key])
            page.links.append(link)
            address = resolve(link)
            origin = _origin(link)
            if origin is not None:
                # A number that stands for a constant of the code: it says which.
                child.attrs.pop(key)
                child.attrs["title"] = origin
                child.attrs["class"] = "constant"
            elif address is None:
                # A file of the repository that the site does not carry: its name stays, the link goes.
                child.attrs.pop(key)
                child.attrs["class"] = "elsewhere"
            else:
                child.attrs[key] = address


def _origin(link: str) -> str | None:
    """The dotted name of a constant that a link leads to; None for any other link."""
    match = _ORIGIN.search(unquote(link))
    return None if match is None else f"{match[1].replace('/', '.')}.{match[2]}"


def _origins_in_equations(environment: Mapping[str, Any]) -> dict[str, list[str]]:
    """By label of an equation, in capitals as the parser keeps it, "1.7: estran.masks.glint.air.TWICE" for every
    number of it that is a constant.
    """
    found: dict[str, list[str]] = {}
    for name, definition in environment.get("references", {}).items():
        match, origin = _OF_EQUATION.match(name), _origin(definition["href"])
        if match is not None and origin is not None:
            number = match[2].replace("\\,", "·").translate({ord(brace): None for brace in "{}"})
            found.setdefault(match[1], []).append(f"{number}: {origin}")
    return found


def _citations(tokens: Sequence[Token], cited: Mapping[str, str]) -> None:
    for token in tokens:
        if token.type != "inline" or not token.children:
            continue
        children: list[Token] = []
        inside_link = 0
        for child in token.children:
            inside_link += child.nesting if child.type.startswith("link_") else 0
            if child.type != "text" or inside_link or not _CITED.search(child.content):
                children.append(child)
                continue
            pieces = _CITED.split(child.content)
            for i, piece in enumerate(pieces):
                if i % 2 == 0:
                    children.append(Token("text", "", 0, content=piece))
                elif piece in cited:
                    children.append(
                        Token(
                            "html_inline", "", 0, content=f'<a class="cited" href="{escape(cited[piece])}">{piece}</a>'
                        )
                    )
                else:
                    children.append(Token("text", "", 0, content=piece))
        token.children = children


def _equation(latex: str, page: Rendered, origins: Mapping[str, Sequence[str]]) -> str:
    match = TAG.search(latex)
    formula = mathml(latex, True)
    if match is None:
        return f'<div class="equation scroll" tabindex="0">{formula}</div>\n'
    label = match.group(1)
    page.anchors.add(label)
    constants = escape("\n".join(origins.get(label.upper(), ())))
    title = f' title="{constants}"' if constants else ""
    return (
        f'<div class="equation scroll" id="{label}" tabindex="0"{title}>{formula}<a class="label" '
        f'href="#{label}">({label})</a></div>\n'
    )


def _highlight(code: str, language: str, _attributes: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name({"sh": "bash", "": "text"}.get(language, language))
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))
