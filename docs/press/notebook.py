"""Notebooks as pages: their texts, and their code as blocks. Outputs are not committed; the tests run the cells."""

from __future__ import annotations

import json
from pathlib import Path


def cells(path: Path) -> list[tuple[str, str]]:
    """(kind, text) of every cell of a notebook: "markdown" or "code"."""
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(path.read_text("utf-8"))["cells"]]


def markdown(path: Path) -> str:
    """A notebook as one Markdown text."""
    return "\n\n".join(text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in cells(path)) + "\n"
