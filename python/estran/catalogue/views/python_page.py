"""The reference page of the Python functions, from the docstrings in the sources: nothing is imported, so that it needs
neither xarray nor a kernel.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import estran
from estran.catalogue.spec import Operator
from estran.catalogue.views.markup import table
from estran.catalogue.views.names import GENERATED, module_name, page_name

ACCESSOR = ("face/accessor.py", "EstranAccessor")
"""Where the accessor is, and its class."""
FUNCTIONS = {"open": "face/opening.py", "run": "face/calling.py", "read_study": "face/studies.py"}
"""Where the public functions are, by name."""
_SECTIONS = ("Parameters", "Returns", "Raises")
_WIDE = 100
_INTRO = """# Python

```python
import estran

scene = estran.open("S2A_MSIL1C_….SAFE")  # an xarray Dataset, lazy
masks = estran.operators.masks(scene)  # another, with CF flags
glint = estran.run("SunGlint", scene, wind_speed=6)
masks.estran.quicklook("mask_class")  # a picture
masks.estran.write("masks.dim")  # a file for SNAP
```

Nothing is imported before it is used: `import estran` takes a tenth of a second. A tutorial is
[in a notebook](../tutorials/notebook.ipynb); what a Dataset holds, and which Datasets of other libraries are taken,
stands [in the interface](../ICD/datasets.md).
"""


def python_page(ops: Sequence[type[Operator]]) -> str:
    """The text of ``docs/reference/python.md``."""
    parts = [f"<!-- {GENERATED} -->\n", _INTRO]
    for name, path in FUNCTIONS.items():
        parts += _function(_found(path, name), f"estran.{name}", 2)
    parts += [
        "## estran.operators\n",
        "A function for each operator; `help(estran.operators.masks)` says its parameters, which its page lists, "
        "too.\n",
    ]
    rows = (
        (f"`estran.operators.{module_name(op)}`", f"[{op.label}](../reference/{page_name(op)}.md)", op.summary)
        for op in ops
    )
    parts += [table(("Function", "Operator", "What it does"), rows)]
    accessor = _found(*ACCESSOR)
    parts += ["## Dataset.estran\n", _marked(ast.get_docstring(accessor) or "") + "\n"]
    for method in methods(accessor):
        parts += _function(method, f"Dataset.estran.{method.name}", 3)
    return "\n".join(parts)


def methods(accessor: ast.AST) -> list[ast.FunctionDef]:
    """The public methods of the accessor's class."""
    return [
        node
        for node in ast.iter_child_nodes(accessor)
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def _found(path: str, name: str) -> ast.FunctionDef | ast.ClassDef:
    tree = ast.parse((Path(estran.__file__).parent / path).read_text("utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)


def _function(node: ast.AST, called: str, level: int) -> Iterator[str]:
    assert isinstance(node, ast.FunctionDef)
    yield f"{'#' * level} {called}\n"
    yield f"```python\n{called}{_signature(node)}\n```\n"
    yield from _body(ast.get_docstring(node) or "")


def _signature(node: ast.FunctionDef) -> str:
    """Its arguments as written, one a line where they are many; without ``self``."""
    arguments = [ast.unparse(ast.arguments([], [a], None, [], [], None, [])) for a in node.args.args if a.arg != "self"]
    defaults = [f" = {ast.unparse(d)}" for d in node.args.defaults]
    plain = [a + d for a, d in zip(arguments, [""] * (len(arguments) - len(defaults)) + defaults, strict=True)]
    keywords = [
        f"{ast.unparse(a)} = {ast.unparse(d)}" if d is not None else ast.unparse(a)
        for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    ]
    every = [
        *plain,
        *(["*", *keywords] if keywords else []),
        *([f"**{ast.unparse(node.args.kwarg)}"] if node.args.kwarg else []),
    ]
    answer = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    line = f"({', '.join(every)}){answer}"
    text = line if len(line) <= _WIDE else "(\n" + "".join(f"    {one},\n" for one in every) + f"){answer}"
    return text.replace("'", '"')


def _body(docstring: str) -> Iterator[str]:
    """A numpydoc docstring as Markdown: its text, then a list for each section."""
    headings = "|".join(_SECTIONS)
    text, *sections = re.split(rf"^({headings})\n-+\n", docstring, flags=re.MULTILINE)
    yield _marked(text.strip()) + "\n"
    for heading, content in zip(sections[::2], sections[1::2], strict=True):
        yield f"**{heading}**\n"
        entries = re.findall(r"^(\S.*)\n((?:    .*\n?|\n)*)", content, re.MULTILINE)
        yield "\n".join(f"- `{name}`: {_marked(' '.join(said.split()))}" for name, said in entries) + "\n"


def _marked(text: str) -> str:
    """Restructured text as Markdown, as far as our docstrings use it."""
    text = re.sub(r":\w+:`(?:~[\w.]*\.)?([\w.]+)`", r"`\1`", text)
    return text.replace("``", "`")
