"""The commands that are studies, as a module that the command line reads without importing the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from estran.catalogue.study import Study
from estran.catalogue.views.names import GENERATED
from estran.labels import first_lower


def words(studies: Sequence[type[Study]]) -> dict[str, str]:
    """The first words of the studies' aliases, each a command of the program, with its line of help."""
    lines: dict[str, str] = {}
    for study in studies:
        word = study.alias.partition(" ")[0]
        lines[word] = "; ".join(filter(None, (lines.get(word, ""), first_lower(study.label))))
    return lines


def words_module(studies: Sequence[type[Study]]) -> str:
    """The text of ``estran/cli/words.py``."""
    listed = "".join(f"    {_quoted(word)}: {_quoted(line)},\n" for word, line in words(studies).items())
    return (
        f'"""Commands that are studies, with their line of help.\n\n{GENERATED}\n"""\n\n'
        f"from __future__ import annotations\n\nWORDS = {{\n{listed}}}\n"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
