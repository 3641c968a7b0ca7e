"""What an operator's results are, for every writer: target bands, masks, the record of the processing; and the check
that they are as declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from estran import __version__
from estran.catalogue.dimensions import axis_of, coordinates_of
from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Operator, Writes, parameters_of, values_of
from estran.errors import EstranError
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.layers import Coordinates, Layer, Uncertainty
from estran.raster.product import Element, Mask
from estran.raster.record import NO_RECORD, RunRecord
from estran.raster.scene import Block


@dataclass(frozen=True)
class Target:
    """One target band as a writer needs it; floats have NaN as no-data.

    `output` is the name of the operator's array, of which a band of a `layer` is one along its first axis.
    """

    name: str
    dtype: str
    unit: str
    description: str
    nodata: float | None
    coding: FlagCoding | IndexCoding | None
    palette: tuple[tuple[float, Colour, str], ...]
    masks: tuple[Mask, ...]
    output: str = ""
    layer: Layer | None = None
    uncertainty: Uncertainty | None = None

    def samples(self, array: Any) -> Any:
        """The (rows, columns) of this band out of the array of `output`."""
        return array if self.layer is None else array[self.layer.index]


def targets(op: Operator | type[Operator], given: Mapping[str, Coordinates] | None = None) -> tuple[Target, ...]:
    """The target bands of an operator, in the order of `writes`: of outputs over views or times one for each.

    Parameters
    ----------
    op
        The operator, with its parameters where axes depend on them.
    given
        Coordinates of the axes that its sources have.
    """
    axes = coordinates_of(op, given or {})
    return tuple(target for written in op.writes for target in _layers(_target(written), written, axes))


def masks_of(written: Writes) -> tuple[Mask, ...]:
    """One mask a flag, named band_flag in lower case ("cloud_flags" and SHADOW give "cloud_shadow"), as an expression
    on the band.
    """
    if not isinstance(written, FlagsOut):
        return ()
    stem = written.name.removesuffix("_flags")
    return tuple(
        Mask(f"{stem}_{f.name.lower()}", f"{written.name}.{f.name}", f.colour, f.meaning, f.transparency)
        for f in written.coding.flags
    )


def record(op: Operator, notes: Iterable[str] = (), run: RunRecord = NO_RECORD) -> Element:
    """What was done, as a metadata element: operator, versions, parameters as text, notes, and the fractions and facts
    of a run; its own notes are among `notes`.

    What was left to the mode is what the mode has. Parameters for experts are there where they are not the default,
    which the version of the operator implies.
    """
    attributes: dict[str, Any] = {"operator": op.alias, "operator_version": op.version, "estran_version": __version__}
    values, mode = values_of(op), getattr(op, "mode", "")
    used = (p for p in parameters_of(type(op)) if not p.info.expert or values[p.name] != p.default_in(mode))
    parameters = Element("parameters", {p.name: p.format(values[p.name]) for p in used})
    children = [parameters]
    said = list(dict.fromkeys(notes))
    if said:
        children.append(Element("notes", {f"note_{i}": text for i, text in enumerate(said, 1)}))
    children += [
        Element(name, {k: v.item() if isinstance(v, np.generic) else v for k, v in found.items()})
        for name, found in (("fractions", run.fractions), ("facts", run.facts))
        if found
    ]
    return Element(f"Estran_{op.alias.removeprefix('Estran.')}", attributes, tuple(children))


def check_outputs(op: Operator | type[Operator], result: Block) -> None:
    """Raise unless the arrays are those of `writes`: same names, declared dtypes, (rows, columns) of the block's
    window, and as many layers before these as the axis has.

    A failure is a fault of the operator, not of the user: the sentence names both sides.
    """
    declared = {w.name: w for w in op.writes}
    if set(result.arrays) != set(declared):
        raise EstranError(
            "outputs are not those declared",
            where=op.alias,
            expected=", ".join(sorted(declared)),
            found=", ".join(sorted(result.arrays)),
        )
    axes = coordinates_of(op, result.scene.axes)
    for name, written in declared.items():
        array = result.arrays[name]
        axis = axis_of(_dims(written))
        shape = (len(_along(axes, axis, name)), *result.shape) if axis else result.shape
        if array.dtype != np.dtype(written.dtype):
            raise EstranError(
                f"output {name} has another type than declared",
                where=op.alias,
                expected=written.dtype,
                found=array.dtype,
            )
        if array.shape != shape:
            raise EstranError(
                f"output {name} has another shape than its block",
                where=op.alias,
                expected=shape,
                found=array.shape,
            )


def _dims(written: Writes) -> tuple[str, ...]:
    return written.dims if isinstance(written, BandOut) else ("y", "x")


def _along(axes: Mapping[str, Coordinates], axis: str, name: str) -> Coordinates:
    try:
        return axes[axis]
    except KeyError:
        raise EstranError(
            f"output {name} lies along {axis}, and its length is not known",
            expected=f"a scene whose axes have {axis!r}",
            found=", ".join(axes) or "none",
        ) from None


def _layers(target: Target, written: Writes, axes: Mapping[str, Coordinates]) -> Iterator[Target]:
    """The bands of one output."""
    axis = axis_of(_dims(written))
    if not axis:
        yield target
        return
    along, of = _along(axes, axis, target.name), target.uncertainty
    for index in range(len(along)):
        layer = along.layer(target.name, index)
        yield replace(
            target,
            name=layer.name,
            description=layer.described(target.description),
            layer=layer,
            uncertainty=of and replace(of, of=along.layer(of.of, index).name),
        )


def _target(written: Writes) -> Target:
    masks = masks_of(written)
    match written:
        case BandOut():
            is_float = written.dtype in ("float32", "float64")
            nodata = float("nan") if is_float and written.nodata is None else written.nodata
            forms = tuple((dim, written.correlation[dim]) for dim in written.dims if dim in written.correlation)
            of = Uncertainty(written.uncertainty_of, forms, written.pdf_shape) if written.uncertainty_of else None
            return Target(
                written.name,
                written.dtype,
                written.unit,
                written.meaning,
                nodata,
                None,
                written.palette,
                masks,
                written.name,
                uncertainty=of,
            )
        case FlagsOut():
            name, dtype, meaning = written.name, written.dtype, written.meaning
            return Target(name, dtype, "", meaning, None, written.coding, (), masks, name)
        case ClassesOut():
            name, dtype, meaning = written.name, written.dtype, written.meaning
            palette = tuple((float(v.value), v.colour, v.name) for v in written.coding.values)
            return Target(name, dtype, "", meaning, None, written.coding, palette, masks, name)
