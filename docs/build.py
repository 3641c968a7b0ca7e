"""``python docs/build.py [OUT]``: the documents as a static site that needs no network, with every figure drawn by the
shipped kernels.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from press.site import BrokenDocumentsError, build

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Entry point; 1 where a link, an equation or a stated fact is wrong."""
    parser = argparse.ArgumentParser(prog="python docs/build.py", description=__doc__)
    parser.add_argument(
        "out", nargs="?", type=Path, default=ROOT / "build" / "docs", help="folder of the site (default: build/docs)"
    )
    parser.add_argument(
        "--no-figures", action="store_true", help="leave the figures out: quick, for reading while writing"
    )
    options = parser.parse_args()
    start = time.perf_counter()
    try:
        pages = build(ROOT, options.out, figures=not options.no_figures)
    except BrokenDocumentsError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(pages)} pages in {options.out} ({time.perf_counter() - start:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
