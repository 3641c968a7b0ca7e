"""Every generated file of the repository: where it lies, and its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from estran.bounded_xml import read_xml
from estran.catalogue.spec import Operator
from estran.catalogue.study import Study
from estran.catalogue.views import pages, quoted
from estran.catalogue.views.graphs import graph_properties, read_properties
from estran.catalogue.views.help import help_files
from estran.catalogue.views.menu import layer_xml
from estran.catalogue.views.names import GENERATED, PACKAGE, module_name, page_name
from estran.catalogue.views.python import operators_module
from estran.catalogue.views.python_page import python_page
from estran.catalogue.views.schema import schema_text
from estran.catalogue.views.snap import SPI, info_xml, package_init, services_file, shim
from estran.catalogue.views.words import words_module

PLUGIN = "snap-operators"
FOLDERS = (f"{PLUGIN}/{PACKAGE}", "docs/reference", "docs/ICD")
"""Where a generated file that no longer derives from a declaration is stale."""


def generate(
    root: Path, ops: Sequence[type[Operator]] | None = None, studies: Sequence[type[Study]] | None = None
) -> list[tuple[PurePosixPath, str]]:
    """(path relative to `root`, text) of every generated file; of the catalogue where no operators are given.

    `root` is read for its graphs, whose twins are derived, and for its pages that quote constants.
    """
    if ops is None or studies is None:
        from estran.catalogue import OPERATORS, STUDIES

        ops, studies = OPERATORS if ops is None else ops, STUDIES if studies is None else studies
    return [
        (PurePosixPath(path), text)
        for path, text in (
            *plugin_files(ops),
            *_documents(ops, studies),
            *_python(ops, studies),
            *_graphs(root, ops),
            *quoted.pages(root),
        )
    ]


def stale(root: Path, generated: Sequence[tuple[PurePosixPath, str]]) -> list[PurePosixPath]:
    """Committed files that say they are generated, in our folders, and that nothing generates any more."""
    current = {root / path for path, _ in generated}
    found = (
        p
        for folder in FOLDERS
        for p in sorted((root / folder).rglob("*"))
        if p.is_file() and p.suffix in (".py", ".xml", ".html", ".md", ".json")
    )
    return [
        PurePosixPath(p.relative_to(root).as_posix())
        for p in found
        if p not in current and (p.suffix == ".json" or GENERATED in p.read_text("utf-8"))
    ]


def plugin_files(ops: Sequence[type[Operator]]) -> Iterator[tuple[str, str]]:
    """(path, text) of what SNAP reads: services file, shims, descriptors, help pages, menu entries."""
    yield f"{PLUGIN}/META-INF/services/{SPI}", services_file(ops)
    yield f"{PLUGIN}/{PACKAGE}/__init__.py", package_init()
    for op in ops:
        yield f"{PLUGIN}/{PACKAGE}/{module_name(op)}.py", shim(op)
        yield f"{PLUGIN}/{PACKAGE}/{module_name(op)}-info.xml", info_xml(op)
    for name, text in help_files(ops):
        yield f"{PLUGIN}/{PACKAGE}/docs/{name}", text
    yield "layer.xml", layer_xml(ops)


def _documents(ops: Sequence[type[Operator]], studies: Sequence[type[Study]]) -> Iterator[tuple[str, str]]:
    for declared in (*ops, *studies):
        yield f"docs/reference/{page_name(declared)}.md", pages.reference_page(declared)
        yield f"docs/reference/schema/{page_name(declared)}.json", schema_text(declared)
    yield "docs/ICD/operators.md", pages.operators_page(ops, studies)
    yield "docs/ICD/bands.md", pages.bands_page(ops)
    yield "docs/ICD/flags.md", pages.flags_page(ops)
    yield "docs/ICD/files.md", pages.files_page(ops)
    yield "docs/ICD/command-line.md", pages.command_line_page((*ops, *studies))


def _python(ops: Sequence[type[Operator]], studies: Sequence[type[Study]]) -> Iterator[tuple[str, str]]:
    yield "python/estran/operators.py", operators_module(ops)
    yield "python/estran/cli/words.py", words_module(studies)
    yield "docs/reference/python.md", python_page(ops)


def _graphs(root: Path, ops: Sequence[type[Operator]]) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "graphs").glob("*.xml")):
        twin = path.with_suffix(".properties")
        kept = read_properties(twin.read_text("utf-8")) if twin.is_file() else {}
        yield f"graphs/{twin.name}", graph_properties(read_xml(path), ops, kept, path.name)
