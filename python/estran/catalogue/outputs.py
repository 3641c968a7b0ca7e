"""What an operator's results are, whoever writes them: target bands, masks, the record of the processing; and the check
that they are as declared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from estran import __version__
from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Operator, Writes, parameters_of
from estran.errors import EstranError
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Element, Mask
from estran.raster.record import NO_RECORD, RunRecord
from estran.raster.scene import Block


@dataclass(frozen=True)
class Target:
    """One target band as a writer needs it; floats have NaN as no-data."""

    name: str
    dtype: str
    unit: str
    description: str
    nodata: float | None
    coding: FlagCoding | IndexCoding | None
    palette: tuple[tuple[float, Colour, str], ...]
    masks: tuple[Mask, ...]


def targets(op: Operator | type[Operator]) -> tuple[Target, ...]:
    """The target bands of an operator, in the order of `writes`."""
    return tuple(_target(written) for written in op.writes)


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
    """What was done, as a metadata element: operator, versions, every parameter as text, notes, and the fractions and
    facts of a run; its own notes are among `notes`.
    """
    attributes: dict[str, Any] = {"operator": op.alias, "operator_version": op.version, "estran_version": __version__}
    parameters = Element("parameters", {p.name: p.format(getattr(op, p.name)) for p in parameters_of(type(op))})
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
    window.

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
    for name, written in declared.items():
        array = result.arrays[name]
        if array.dtype != np.dtype(written.dtype):
            raise EstranError(
                f"output {name} has another type than declared",
                where=op.alias,
                expected=written.dtype,
                found=array.dtype,
            )
        if array.shape != result.shape:
            raise EstranError(
                f"output {name} has another shape than its block",
                where=op.alias,
                expected=result.shape,
                found=array.shape,
            )


def _target(written: Writes) -> Target:
    masks = masks_of(written)
    match written:
        case BandOut():
            nodata = float("nan") if written.dtype == "float32" and written.nodata is None else written.nodata
            return Target(
                written.name, written.dtype, written.unit, written.meaning, nodata, None, written.palette, masks
            )
        case FlagsOut():
            return Target(written.name, written.dtype, "", written.meaning, None, written.coding, (), masks)
        case ClassesOut():
            palette = tuple((float(v.value), v.colour, v.name) for v in written.coding.values)
            return Target(written.name, written.dtype, "", written.meaning, None, written.coding, palette, masks)
