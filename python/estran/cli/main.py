"""``estran``: finds the command, runs it, and turns what goes wrong into one sentence and an exit code.

Exit codes: 0 done; 1 the input or the output is wrong; 2 an option, a parameter or a value is wrong; 3 some of many
products failed; 70 a fault of ours; 130 interrupted; 143 terminated; 129 the terminal has gone.
"""

from __future__ import annotations

if __name__ == "__main__":
    import estran.cli.start  # noqa: F401  (listens for signals before the rest is imported)

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from estran import __version__
from estran.cli import stop
from estran.cli.limits import too_narrow
from estran.cli.surroundings import settle
from estran.cli.verbosity import add_verbosity
from estran.cli.words import WORDS

STUDY = "study"
"""The module of the commands that are studies."""
COMMANDS = {
    "masks": ("masks", "cloud, shadow, snow and water masks of a Sentinel-2 product (or of a table of spectra)"),
    "gpt": ("gpt", "run a GPT graph, or one operator, with gpt's own options"),
    "run": ("run", "run any operator of the catalogue"),
    **{word: (STUDY, line) for word, line in WORDS.items()},
    "operators": ("operators", "list operators and studies"),
    "tables": ("tables", "make look-up tables of scattering and absorption, or say how they were made"),
    "info": ("info", "say what is in a product"),
    "snap": ("snap", "put the operators into SNAP, take them out, or find what is wrong"),
}
"""Name of the command, its module, its line of help."""

INTERRUPTED = 130

CHANGES_BACK = ("snap",)
"""Commands that change what others own: stopped, they change it back, which takes its time."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name); returns the exit code. Without one it is this process's own,
    which then ends when signals say so.
    """
    if argv is None:
        stop.listen()
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = _command(arguments)
    settle(command)
    narrow = too_narrow(command) if argv is None and command in COMMANDS and "--force" not in arguments else ""
    if narrow:
        print(f"estran: error: {narrow}", file=sys.stderr)
        return 1
    parser = _parser(command)
    args = parser.parse_args(arguments)
    if args.command is None:
        parser.print_help()
        return 0
    from estran.cli.console import set_up_log

    set_up_log(args.verbose, args.quiet)
    if args.command in CHANGES_BACK and stop.is_listening():
        stop.raise_instead()
    return _guarded(args.run, args)


def _command(arguments: Sequence[str]) -> str | None:
    return next((a for a in arguments if not a.startswith("-")), None)


def _parser(command: str | None) -> argparse.ArgumentParser:
    """The parser, with the options of the one command that is meant: the others are not imported."""
    parser = argparse.ArgumentParser(
        prog="estran", description="Sentinel-2 masks and corrections, for ESA SNAP and without it."
    )
    parser.add_argument("--version", action="version", version=f"estran {__version__}")
    add_verbosity(parser, nested=False)
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands (estran COMMAND --help says more)"
    )
    for name, (module, line) in COMMANDS.items():
        # gpt has its own -q (number of threads) and -e.
        own = commands.add_parser(
            name, help=line, description=f"{line[0].upper()}{line[1:]}.", add_help=True, allow_abbrev=False
        )
        if name != command:
            continue
        if name != "gpt":
            add_verbosity(own)
        loaded: ModuleType = importlib.import_module(f"estran.cli.commands.{module}")
        if module == STUDY:
            loaded.add_arguments(own, name)
        else:
            loaded.add_arguments(own)
        own.set_defaults(run=loaded.run)
    return parser


def _guarded(run: Any, args: argparse.Namespace) -> int:
    from estran.cli.faults import sentence_of

    log = logging.getLogger("estran")
    try:
        code: int | None = run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _failed(log, "stopped; nothing was left half-written.", INTERRUPTED)
    except stop.Stopped as stopped:
        return _failed(log, stop.sentence(stopped.number), 128 + stopped.number)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): no news, and nothing more to flush.
        _let_stdout_go()
        return 1
    except OSError as error:
        if error.filename is None and _stdout_is_lost():
            return _failed(
                log,
                f"what was to be said could not be written to stdout: {error.strerror}. What to do: send it elsewhere.",
                1,
            )
        if error.filename is None and _is_nowhere():
            return _failed(
                log,
                "the folder that the program was started in is no longer there. What to do: go to one that is (cd).",
                1,
            )
        return _failed(log, *sentence_of(error))
    except Exception as error:
        return _failed(log, *sentence_of(error))
    return code or 0


def _is_nowhere() -> bool:
    """Whether the current folder has been removed: names that are not absolute then mean nothing."""
    try:
        os.getcwd()  # noqa: PTH109
    except FileNotFoundError:
        return True
    return False


def _stdout_is_lost() -> bool:
    """Whether what is still to be written to stdout cannot be, as where its disk is full; it is then discarded."""
    try:
        sys.stdout.flush()
        os.write(sys.stdout.fileno(), b"\n")  # where nothing is held back, nothing is left to flush
    except OSError:
        _let_stdout_go()
        return True
    return False


def _let_stdout_go() -> None:
    """What is still to be written to it leads nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(log: logging.Logger, sentence: str, code: int) -> int:
    stop.hold_if_ending()
    log.error(sentence)
    log.info("the traceback:", exc_info=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
