"""The options -v and -q, wherever they stand on the command line."""

from __future__ import annotations

import argparse


def add_verbosity(parser: argparse.ArgumentParser, *, nested: bool = True) -> None:
    """Add them; a `nested` parser leaves alone what an outer one has set."""
    default = argparse.SUPPRESS if nested else False
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=default,
        help="say what is done, where the time goes, and tracebacks of errors",
    )
    parser.add_argument("-q", "--quiet", action="store_true", default=default, help="say errors only; no progress bar")
