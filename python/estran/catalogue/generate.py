"""``python -m estran.catalogue.generate [--check] [ROOT]``: write every generated file, or say which differ."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from estran.catalogue.views.tree import generate, stale
from estran.errors import EstranError

COMMAND = "make generate"


def differing(root: Path) -> list[str]:
    """Paths of generated files that are missing, changed or stale in the tree at `root`."""
    generated = generate(root)
    wrong = [
        str(path) for path, text in generated if not (root / path).is_file() or (root / path).read_text("utf-8") != text
    ]
    return wrong + [str(path) for path in stale(root, generated)]


def write(root: Path) -> list[str]:
    """Write what differs, delete what is stale; the paths touched."""
    touched = []
    generated = generate(root)
    for path, text in generated:
        target = root / path
        if not target.is_file() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
            touched.append(str(path))
    for path in stale(root, generated):
        (root / path).unlink()
        touched.append(f"{path} (deleted)")
    return touched


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m estran.catalogue.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; list what differs and exit with 1")
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="root of the checkout (default: here)")
    options = parser.parse_args(arguments)
    try:
        if not (options.root / "pyproject.toml").is_file():
            raise EstranError(
                "this is not the root of a checkout",
                where=options.root.resolve(),
                todo="run it where pyproject.toml stands",
            )
        paths = differing(options.root) if options.check else write(options.root)
    except EstranError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for path in paths:
        print(path)
    if options.check and paths:
        print(f"{len(paths)} generated files differ. What to do: {COMMAND}, then commit.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
