"""The errors of Estran: each is one sentence that says what, where, expected, found, and what to do.

Bad *pixels* never raise: they become flags or no-data. Bad *contracts* (a file, a parameter, a graph) raise one of
these. The command line prints the sentence alone; the traceback goes to the log.
"""

from __future__ import annotations

from collections.abc import Iterable


class EstranError(Exception):
    """A contract that the user can mend.

    Parameters
    ----------
    what
        What went wrong, as the start of a sentence ("band B10 is missing").
    where
        The file, node, operator or pixel window concerned.
    expected, found
        What was needed and what was there instead.
    todo
        What the user can do about it.

    Examples
    --------
    >>> str(EstranError("the product has no CRS", where="a.tif", todo="give one with gdal_edit.py -a_srs"))
    'the product has no CRS (in a.tif). What to do: give one with gdal_edit.py -a_srs.'
    """

    exit_code = 1

    def __init__(
        self, what: str, *, where: object = "", expected: object = "", found: object = "", todo: str = ""
    ) -> None:
        self.what, self.where, self.expected, self.found, self.todo = what, where, expected, found, todo
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole story on one line."""
        text = self.what
        if self.where:
            text += f" (in {self.where})"
        if self.expected != "" and self.found != "":
            text += f": expected {self.expected}, found {self.found}"
        elif self.expected != "":
            text += f": expected {self.expected}"
        elif self.found != "":
            text += f": found {self.found}"
        if self.todo:
            text += f". What to do: {self.todo}"
        return text if text.endswith((".", "!", "?")) else text + "."

    def __reduce__(self) -> tuple[object, ...]:
        # Dask ships exceptions between processes; keyword-only arguments need a hand.
        return (_rebuild, (type(self), self.what, self.where, self.expected, self.found, self.todo))


def _rebuild(
    kind: type[EstranError], what: str, where: object, expected: object, found: object, todo: str
) -> EstranError:
    return kind(what, where=where, expected=expected, found=found, todo=todo)


class BadParameter(EstranError):
    """A parameter is unknown, of the wrong type, or outside its interval."""

    exit_code = 2


class BadProduct(EstranError):
    """The input is not a product, or a part of it is missing, truncated or inconsistent."""


class UnsupportedProduct(EstranError):
    """The input is a product, but of a level or kind that this step does not take."""


class MissingBand(EstranError):
    """A semantic band that an operator needs is not in the product."""


def missing_band(
    name: str, available: Iterable[str], *, where: object = "", expected: object = "", todo: str = ""
) -> MissingBand:
    """The error that a band is missing among those available."""
    found = ", ".join(available) or "none"
    return MissingBand(f"band {name!r} is missing", where=where, expected=expected, found=found, todo=todo)


class BadGrid(EstranError):
    """The raster grid, CRS or geocoding is missing, wrong, or does not overlap."""


class BadGeometry(EstranError):
    """Sun or view geometry is missing or impossible (sun below the horizon)."""


class EmptyScene(EstranError):
    """There is no valid pixel to work on."""


class BadGraph(EstranError):
    """A processing graph is malformed, or names what does not exist."""


class TargetExists(EstranError):
    """The output is already there and overwriting was not asked for."""


class WriteFailed(EstranError):
    """The output could not be written whole; nothing is left behind."""


class TargetBusy(EstranError):
    """Another run is writing the output."""


class TooLittleRoom(EstranError):
    """The work does not fit into memory, or its result onto the disk."""


class BadState(EstranError):
    """The record of a folder's jobs is not ours, of another version, or damaged."""


class NoScheduler(EstranError):
    """A scheduler of Dask's or a batch system cannot be reached, or its workers do not fit."""
