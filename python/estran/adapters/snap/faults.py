"""What goes wrong, as the one sentence that SNAP shows: only the text of an exception crosses to Java, so everything
useful stands in it.
"""

from __future__ import annotations

from estran.errors import EstranError


def user_error(error: Exception, alias: str, where: str = "") -> EstranError:
    """The error as a sentence that names operator, place and remedy.

    Our own errors keep their kind and their words and gain what they do not say yet; any other error becomes one, with
    the remedy that fits it.

    Parameters
    ----------
    error
        What was raised.
    alias
        The operator.
    where
        The tile or the step; "" where there is nothing to add.
    """
    if isinstance(error, EstranError):
        said = error.sentence()
        places = [part for part in (alias, where) if part and part not in said]
        places += [str(error.where)] if error.where else []
        return type(error)(
            error.what, where=", ".join(places), expected=error.expected, found=error.found, todo=error.todo
        )
    what = f"{alias} failed: {type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    return EstranError(what, where=where, todo=_remedy(error))


def _remedy(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"install {error.name.partition('.')[0]} into the Python that SNAP uses, with its pip, and start SNAP again"
        )
    if isinstance(error, MemoryError):
        return "run it on a subset or at a coarser resolution, or on a machine with more memory"
    if "OutOfMemoryError" in str(error):
        return "give SNAP more memory (-Xmx in gpt.vmoptions or snap.conf), or a smaller tile cache (gpt -c)"
    return "send SNAP's log file, which holds the traceback, to the authors"
