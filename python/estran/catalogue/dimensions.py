"""Axes beside rows and columns as operators declare them, and uncertainties: whether a declaration is sound, and how
long its axes are for one run.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from estran.errors import BadGrid, BadProduct, EstranError, MissingBand, UnsupportedProduct
from estran.raster.grid import Grid
from estran.raster.layers import DIMS, Coordinates, coordinate_text

Dim = Literal["view", "time", "y", "x"]
Form = Literal["random", "systematic"]

FLAT: tuple[Dim, ...] = ("y", "x")
"""Dimensions of an image."""


@dataclass(frozen=True)
class Axis:
    """An axis that an operator makes, beside rows and columns.

    Parameters
    ----------
    name
        "view" or "time".
    length
        A number, or the name of an integer parameter; needed where there are no `coordinates`.
    coordinates
        Values along the axis, or the name of a parameter of several numbers; 1, 2, … without.
    unit, meaning
        Of the values.
    """

    name: Literal["view", "time"]
    length: int | str = 0
    coordinates: tuple[float, ...] | str = ()
    unit: str = ""
    meaning: str = ""

    def of(self, op: Any) -> Coordinates:
        """The coordinates for an operator's parameters.

        Raises
        ------
        EstranError
            The axis has no length, or another one than it has values.
        """
        given = getattr(op, self.coordinates) if isinstance(self.coordinates, str) else self.coordinates
        length = getattr(op, self.length) if isinstance(self.length, str) else self.length
        values = tuple(map(float, given)) or tuple(float(number + 1) for number in range(length))
        if not values or (length and len(values) != length):
            parameter = next((text for text in (self.coordinates, self.length) if isinstance(text, str) and text), "")
            raise EstranError(
                f"axis {self.name} has {len(values) or 'no'} values",
                where=op.alias,
                expected=str(length) if length and values else "one or more",
                todo=f"give parameter {parameter}" if parameter else "correct the declaration",
            )
        return Coordinates(self.name, values, self.unit, self.meaning)


def axis_of(dims: Sequence[str]) -> str:
    """The axis beside rows and columns among dimensions; "" where there is none."""
    return next((dim for dim in dims if dim in DIMS), "")


def coordinates_of(op: Any, given: Mapping[str, Coordinates]) -> dict[str, Coordinates]:
    """The coordinates of every axis of an operator: its own by its parameters, and those that its sources have."""
    return {**given, **{axis.name: axis.of(op) for axis in op.axes}}


def layered_reads(source: Any) -> dict[str, str]:
    """The axis of each band that a source's product has over one, by semantic name."""
    return {reads.band: axis for reads in source.reads if (axis := axis_of(reads.dims))}


# ---------------------------------------------------------------- whether a declaration is sound


def check_dimensions(op: Any) -> None:
    """Raise unless every axis that a declaration names is there, and every uncertainty belongs to a band of its kind.

    Raises
    ------
    EstranError
        Names the band and what is wrong with it.
    """
    where = op.alias
    own = [axis.name for axis in op.axes]
    read = [axis for source in op.sources for axis in _axes_of_source(source, where)]
    twice = next((name for name in own if own.count(name) > 1 or name in read), "")
    if twice:
        raise EstranError(f"axis {twice!r} is declared twice", where=where, todo="declare it in one place")
    if read and op.passes:
        raise EstranError(
            f"passes go over images, and {where} reads along {read[0]!r}",
            where=where,
            todo="declare no passes, or read bands of rows and columns",
        )
    declared = {written.name: written for written in op.writes if hasattr(written, "dims")}
    for written in declared.values():
        _check_dims(written, (*own, *read), where)
        if written.uncertainty_of:
            _check_uncertainty(written, declared, where)
        elif written.correlation:
            raise EstranError(
                f"band {written.name!r} declares how errors hang together, and is no uncertainty",
                where=where,
                todo="declare uncertainty_of, or no correlation",
            )


def _axes_of_source(source: Any, where: str) -> Iterator[str]:
    layered = layered_reads(source)
    if source.many and layered:
        raise EstranError(
            f"band {next(iter(layered))!r} has an axis of its own, and source {source.name!r} stacks its products",
            where=where,
            todo="read bands of rows and columns there",
        )
    yield from [source.axis] if source.many else dict.fromkeys(layered.values())


def _check_dims(written: Any, axes: Iterable[str], where: str) -> None:
    if written.dims == FLAT:
        return
    axis = axis_of(written.dims)
    if written.dims != (axis, *FLAT):
        raise EstranError(
            f"band {written.name!r} has dimensions that no product has",
            where=where,
            expected='("y", "x"), ("view", "y", "x") or ("time", "y", "x")',
            found=", ".join(written.dims),
        )
    if axis not in axes:
        raise EstranError(
            f"band {written.name!r} lies along {axis!r}, an axis that nothing declares",
            where=where,
            expected=f"{axis!r} among axes, of a band that is read, or of a source of many products",
            todo=f'declare it: axes = (Axis("{axis}", …),)',
        )


def _check_uncertainty(written: Any, declared: Mapping[str, Any], where: str) -> None:
    of = declared.get(written.uncertainty_of)
    if of is None or of is written:
        others = ", ".join(name for name in declared if name != written.name) or "no other band"
        raise EstranError(
            f"band {written.name!r} is the uncertainty of {written.uncertainty_of!r}, which is not written",
            where=where,
            expected=others,
        )
    for what, ours, theirs in (("unit", written.unit, of.unit), ("dims", written.dims, of.dims)):
        if ours != theirs:
            raise EstranError(
                f"the uncertainty {written.name!r} has another {what} than its band {of.name!r}",
                where=where,
                expected=theirs if isinstance(theirs, str) else ", ".join(theirs),
                found=ours if isinstance(ours, str) else ", ".join(ours),
            )
    if not written.dtype.startswith("float"):
        raise EstranError(
            f"the uncertainty {written.name!r} is no float", where=where, expected="float32", found=written.dtype
        )
    if set(written.correlation) != set(written.dims) or not set(written.correlation.values()) <= {
        "random",
        "systematic",
    }:
        raise EstranError(
            f"the uncertainty {written.name!r} does not say how its errors hang together along each dimension",
            where=where,
            expected=f'"random" or "systematic" for {", ".join(written.dims)}',
            found=", ".join(f"{dim} {form}" for dim, form in written.correlation.items()) or "nothing",
        )


# ---------------------------------------------------------------- many products


def product_key(source: str, number: int) -> str:
    """The name of a product of many among the sources of a run: "source" of the first, "source.1" of the next."""
    return f"{source}.{number}" if number else source


def keys_of(source: Any, names: Iterable[str]) -> list[str]:
    """Names of sources that are products of one declared source: its own, and of many "source.1", "source.2"…, in the
    order of their numbers.
    """
    head = f"{source.name}."
    found = {
        name: int(name.removeprefix(head)) for name in names if source.many and name.removeprefix(head).isdecimal()
    }
    own = [source.name] if source.name in set(names) else []
    return own + sorted(found, key=lambda name: found[name])


def chronological(products: Sequence[tuple[str, datetime | None]], source: Any, where: str) -> list[int]:
    """The order in time of products that are to be stacked.

    Parameters
    ----------
    products
        Name and sensing time of each.
    source
        The declared source of many.
    where
        The operator.

    Returns
    -------
    list of int
        Their numbers, earliest first, whatever the order in which they are given.

    Raises
    ------
    BadProduct
        One has no sensing time, or two have the same.
    """
    moments: dict[int, datetime] = {}
    for number, (name, moment) in enumerate(products):
        if moment is None:
            raise BadProduct(
                f"product {name} has no sensing time, by which {where} orders its products",
                where=f"source {source.name}",
                todo="give products whose metadata have a start time",
            )
        moments[number] = moment
    order = sorted(moments, key=lambda number: moments[number])
    for one, other in pairwise(order):
        if moments[one] == moments[other]:
            raise BadProduct(
                f"two products that {where} stacks along {source.axis} are of one time",
                where=f"source {source.name}",
                found=f"{products[one][0]} and {products[other][0]}, {coordinate_text(moments[one])}",
                todo="give each date once",
            )
    return order


def check_one_grid(products: Sequence[tuple[str, Grid]], source: Any, where: str) -> None:
    """Raise :class:`BadGrid` where products that are to be stacked do not lie on one grid: name and grid of each."""
    (first, expected), *others = products
    for name, grid in others:
        if not _same_grid(expected, grid):
            raise BadGrid(
                f"the products that {where} stacks along {source.axis} lie on different grids",
                where=f"source {source.name}",
                expected=f"{_grid_text(expected)}, as {first}",
                found=f"{_grid_text(grid)} of {name}",
                todo="collocate or resample them first",
            )


def layers_of_many(
    op: Any, source: Any, count: int, there: Container[str]
) -> tuple[dict[str, tuple[str, ...]], list[str], list[str]]:
    """What was read of `count` products, put together: by the name of each input its layers, one a product; the names
    of layers that are left out, as only some of the products have their input; and the notes that say so.

    Parameters
    ----------
    op, source
        The operator, and its source of many.
    count
        How many products there are.
    there
        Names of all that was read of them: "source.0.red", "source.1.red".
    """
    target = "" if source is op.sources[0] else f"{source.name}."
    stacks: dict[str, tuple[str, ...]] = {}
    left_out: list[str] = []
    notes: list[str] = []
    for reads in source.reads:
        layers = tuple(f"{source.name}.{number}.{reads.band}" for number in range(count))
        found = [name for name in layers if name in there]
        if len(found) == count:
            stacks[target + reads.band] = layers
        elif found:
            left_out += found
            notes.append(f"{reads.band} is left out: {count - len(found)} of {count} products lack it.")
    return stacks, left_out, notes


_NEAR = 1e-3
"""How far the corners of one grid may lie apart [pixels]."""


def _same_grid(one: Grid, other: Grid) -> bool:
    if one.shape != other.shape or one.crs != other.crs or (one.transform is None) != (other.transform is None):
        return False
    if one.transform is None or other.transform is None:
        return True
    pixel = min(one.pixel_size)
    for col, row in ((0, 0), (one.width, 0), (0, one.height)):
        places = [(t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f) for t in (one.transform, other.transform)]
        if max(abs(a - b) for a, b in zip(*places, strict=True)) > _NEAR * pixel:
            return False
    return True


def _grid_text(grid: Grid) -> str:
    corner = "" if grid.transform is None else f" from ({grid.transform.c:g}, {grid.transform.f:g})"
    return f"{grid.width} x {grid.height} pixels{corner}{f' in {grid.crs}' if grid.crs else ' without CRS'}"


# ---------------------------------------------------------------- bands over an axis


def check_axes(
    op: Any, source: Any, bands: Mapping[str, str], along: Mapping[str, Coordinates], where: str
) -> Coordinates | None:
    """Raise where a band lacks the axis along which it is read, or has one along which it is not.

    Parameters
    ----------
    op, source
        The operator and its declared source.
    bands
        Semantic names and the names behind these in the product.
    along
        Coordinates of each band that has an axis, by its name in the product.
    where
        The product.

    Returns
    -------
    Coordinates or None
        Of the axis along which bands are read.

    Raises
    ------
    MissingBand
        The dimension is missing.
    UnsupportedProduct
        There is one too many, or two bands have other coordinates.
    """
    wanted = layered_reads(source)
    first: tuple[str, Coordinates] | None = None
    for semantic, name in bands.items():
        axis, found = wanted.get(semantic, ""), along.get(name)
        if axis and (found is None or found.dim != axis):
            raise MissingBand(
                f"band {name} ({semantic}) has no dimension {axis!r}, along which {op.alias} reads it",
                where=where,
                expected=f"{name}({axis}, y, x), or bands {name}_{axis}1, {name}_{axis}2, …",
                found=f"{name}({found.dim}, y, x)" if found else f"{name}(y, x)",
            )
        if found is None:
            continue
        if not axis:
            raise UnsupportedProduct(
                f"band {name} ({semantic}) has a dimension {found.dim!r}, and {op.alias} reads an image",
                where=where,
                found=f"{name}({found.dim}, y, x)",
                todo=f"give one of its layers as {name}",
            )
        if first is None:
            first = name, found
        elif first[1].values != found.values:
            raise UnsupportedProduct(
                f"two bands that {op.alias} reads along {axis!r} have other coordinates",
                where=where,
                expected=f"{len(first[1])} layers, as {first[0]}",
                found=f"{len(found)} layers of {name}",
            )
    return first[1] if first else None
