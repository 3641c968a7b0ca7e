"""How the program ends when it is asked to: one sentence, an exit code, and nothing half-written, within a second and
whatever it is doing.

Python handles a signal between two of its own instructions only; importing, compiling and reading take seconds in
one. So a thread listens: it removes what is half-written, says the sentence and ends the process. Nothing but the
standard library's quickest modules is imported here, since this is the first that runs.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import os
import signal
import sys
import time

from estran.cli import streams

_WHY = {"SIGINT": "stopped", "SIGTERM": "terminated", "SIGHUP": "stopped, as the terminal has gone"}
_NUMBERS = {getattr(signal, name): why for name, why in _WHY.items() if hasattr(signal, name)}


class Stopped(BaseException):
    """A signal, where it has to pass through the code that runs: what was changed is then changed back."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _State:
    listening = False
    ending = False
    raising = False
    heard = 0


def listen() -> None:
    """From now on, end at once when interrupted or terminated; for the program alone, not for those who import the
    package.
    """
    if _State.listening:
        return
    streams.open_closed()  # before a pipe takes their numbers
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    except ValueError:  # not the main thread: the process that runs us gets the signals
        os.close(reader)
        os.close(writer)
        return
    _State.listening = True
    atexit.register(_deaf)  # the first that is registered is the last that runs
    _thread.start_new_thread(_wait, (reader,))
    for number in _NUMBERS:
        # What the starting process had ignored stays ignored: a job in the background outlives Ctrl-C, one under nohup
        # its terminal.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _heard)


def _deaf() -> None:
    """At the end of the program all is done: a signal that comes while Python takes itself apart, and handles none,
    changes nothing.
    """
    hold_if_ending()
    for number in _NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def raise_instead() -> None:
    """From now on, signals are raised as :class:`Stopped` in the code that runs, which has to change something back."""
    _State.raising = True


def is_listening() -> bool:
    """Whether signals end the process at once."""
    return _State.listening


def sentence(number: int) -> str:
    """What is said."""
    return f"{_NUMBERS[signal.Signals(number)]}; nothing was left half-written."


def hold_if_ending() -> None:
    """Where the process is about to end, do not come back: what fails because its files have gone is no news."""
    while _State.ending:
        time.sleep(1.0)


def _heard(number: int, _frame: object) -> None:
    _State.heard += 1
    if _State.ending and _State.heard > 1:
        os._exit(128 + number)  # asked twice: whatever holds it up is left as it is, and the next run tidies up
    if _State.raising:
        raise Stopped(number)


def _wait(reader: int) -> None:
    while True:
        for number in os.read(reader, 64):
            if number in _NUMBERS and not _State.raising:
                _end(number)


def _end(number: int) -> None:
    _State.ending = True
    try:
        bar = b"\r\x1b[K" if os.isatty(2) else b""
        # Threads whose files go away now have nothing to say.
        ours, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        _leave_nothing()
        os.write(ours, bar + f"estran: error: {sentence(number)}\n".encode("ascii"))
    finally:
        os._exit(128 + number)


def _leave_nothing() -> None:
    writing = sys.modules.get("estran.adapters.files.claims")
    give_up = getattr(writing, "give_up", None)  # absent while the module is being imported
    if give_up is not None:
        with contextlib.suppress(Exception):  # the next run tidies up
            give_up()
