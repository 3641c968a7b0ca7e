r"""Equations: LaTeX to MathML, and labels.

A display formula ``$$ … \tag{CM-3} $$`` has the label CM-3. It is *implemented*: code cites it, unless the next line of
text starts with "Not implemented".
"""

from __future__ import annotations

import re
from functools import lru_cache

LABEL = r"[A-Z][A-Z0-9]*-\d+[a-z]?"
TAG = re.compile(rf"\\tag\{{({LABEL})\}}")
_DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname)\{([A-Za-z0-9 ,]+)\}")


class FormulaError(ValueError):
    """A formula that cannot be shown."""


def labels(markdown: str) -> dict[str, bool]:
    """Every equation label of a page, and whether it is implemented."""
    found: dict[str, bool] = {}
    for match in _DISPLAY.finditer(markdown):
        after = markdown[match.end() :].lstrip().lstrip("*_(").lower()
        for label in TAG.findall(match.group(1)):
            if label in found:
                raise FormulaError(f"equation label {label} is given twice")
            found[label] = not after.startswith("not implemented")
    return found


@lru_cache(maxsize=1024)
def mathml(latex: str, display: bool) -> str:
    """A formula as MathML, which browsers draw without scripts or fonts from elsewhere."""
    from latex2mathml.converter import convert

    text = TAG.sub("", latex).strip()
    # Words in one upright piece; and the aligned block under the name that the converter knows.
    text = _UPRIGHT.sub(r"\\text{\1}", text).replace("{aligned}", "{align*}")
    try:
        result = convert(text, display="block" if display else "inline")
    except Exception as error:  # the converter has many classes of its own
        raise FormulaError(f"a formula cannot be read: {latex.strip()}: {error!r}") from error
    if "\\" in result or re.search(r"&(?!#|amp;|lt;|gt;)", result):
        raise FormulaError(f"a formula uses a command that the converter does not know: {latex.strip()}")
    # Few fonts have the set difference; all have the backslash, which no formula means otherwise (it was looked for
    # above).
    return str(result).replace("&#x029F5;", "&#x0005C;")
