"""Where the program starts: it listens for signals before it imports anything else."""

from __future__ import annotations

from estran.cli.stop import listen

listen()


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    from estran.cli.main import main as run

    return run()
