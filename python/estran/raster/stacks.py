"""Bands that are layers of one stack, as one variable over (view, y, x) or (time, y, x)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from estran.raster.layers import Coordinates, Layer
from estran.raster.product import Band


@dataclass(frozen=True)
class Stack:
    """Layers of one kind on one grid, in the order of their axis.

    Parameters
    ----------
    name
        Of the variable.
    layers
        Its bands.
    along
        Their places.
    """

    name: str
    layers: tuple[Band, ...]
    along: Coordinates

    @property
    def band(self) -> Band:
        """What all layers have in common, under the name of the stack, with the samples of the first."""
        first = self.layers[0]
        assert first.layer is not None
        return replace(_alike(first), name=self.name, data=first.data, uncertainty=first.uncertainty)


def variables_of(bands: Iterable[Band]) -> tuple[Band | Stack, ...]:
    """Bands as variables, in the order of their first bands: layers that belong together as one :class:`Stack`, all
    others as they are.

    Layers are together where nothing but samples and place differ; two of one place, or of different grids, types or
    units, stay bands. The uncertainty of a stack names the stack.
    """
    every = list(bands)
    groups: dict[tuple[str, str], list[Band]] = {}
    for band in every:
        if band.layer is not None:
            groups.setdefault((band.layer.stack, band.layer.dim), []).append(band)
    taken = {band.name for band in every}
    stacks: dict[str, Stack] = {}
    for (name, _), layers in groups.items():
        if name not in taken and (stack := _stack(name, layers)) is not None:
            taken.add(name)
            stacks |= {band.name: stack for band in layers}
    found: dict[str, Band | Stack] = {}
    for band in every:
        stack = stacks.get(band.name)
        found.setdefault(stack.name if stack else band.name, _named(stack, stacks) if stack else band)
    return tuple(found.values())


def _named(stack: Stack, stacks: dict[str, Stack]) -> Stack:
    """The stack, whose layers are the uncertainty of a stack where each is that of one of its layers."""
    of = {
        stacks[band.uncertainty.of].name for band in stack.layers if band.uncertainty and band.uncertainty.of in stacks
    }
    if len(of) != 1:
        return stack
    (name,) = of
    layers = tuple(
        replace(band, uncertainty=replace(band.uncertainty, of=name)) if band.uncertainty else band
        for band in stack.layers
    )
    return replace(stack, layers=layers)


def _stack(name: str, layers: Sequence[Band]) -> Stack | None:
    places = [(band, band.layer) for band in layers if band.layer is not None]
    ordered = sorted(places, key=lambda place: place[1].index)
    first, at = ordered[0]
    indices = [layer.index for _, layer in ordered]
    if len(set(indices)) < len(indices) or len({(layer.unit, layer.meaning) for _, layer in ordered}) > 1:
        return None
    if any(band.data is None or band.data.dtype != first.data.dtype for band in layers):
        return None
    if any(_alike(band) != _alike(first) and not _both_nan(band, first) for band in layers):
        return None
    along = Coordinates(at.dim, tuple(layer.value for _, layer in ordered), at.unit, at.meaning)
    return Stack(name, tuple(band for band, _ in ordered), along)


def _both_nan(one: Band, other: Band) -> bool:
    """Whether two bands are alike but for NaN as no-data value, which equals nothing."""
    values = one.nodata, other.nodata
    if not all(value is not None and np.isnan(value) for value in values):
        return False
    return replace(_alike(one), nodata=None) == replace(_alike(other), nodata=None)


def _alike(band: Band) -> Band:
    """The band without what separates it from other layers of its stack."""
    layer, uncertainty = band.layer, band.uncertainty
    description = layer.of_stack(band.description) if layer is not None else band.description
    plain = None if uncertainty is None else replace(uncertainty, of="")
    return replace(band, name="", data=None, layer=None, description=description, uncertainty=plain)


_NAMED = re.compile(r"(.+)_(view)([1-9]\d*)")
"""Name of a layer, as SNAP names what it reads of a variable over views."""


def layer_of_name(name: str) -> Layer | None:
    """The layer that a band is by its name alone: view 2 of "rho" for "rho_view2"; None where it says none."""
    match = _NAMED.fullmatch(name)
    return None if match is None else Layer(match[1], match[2], int(match[3]) - 1, float(match[3]))


def named_layers(bands: Iterable[Band]) -> tuple[Band, ...]:
    """The bands, of which those that are named as layers and say nothing else are layers."""
    return tuple(band if band.layer is not None else replace(band, layer=layer_of_name(band.name)) for band in bands)


Stacks = Mapping[str, tuple[str, ...]]
"""Names of the layers of each input that is (layers, rows, columns)."""


def stacked(arrays: dict[str, Any], stacks: Stacks) -> dict[str, Any]:
    """Inputs as an operator gets them: layers of one input as one array (layers, rows, columns), all else as it is.

    The dictionary is changed, so that no layer is held twice for long.
    """
    for name, layers in stacks.items():
        arrays[name] = np.stack([arrays.pop(layer) for layer in layers])
    return arrays


def grouping_of(layers: Iterable[Layer | None]) -> str:
    """SNAP's pattern by which it shows the layers of each stack as a group; longer names come first, as a pattern takes
    every band whose name holds it.
    """
    patterns = {f"{layer.stack}_{layer.dim}" for layer in layers if layer is not None}
    return ":".join(sorted(patterns, key=lambda pattern: (-len(pattern), pattern)))


def ancillaries(variables: Iterable[Band | Stack]) -> dict[str, tuple[str, ...]]:
    """The names of the uncertainties of each variable that has any."""
    found: dict[str, tuple[str, ...]] = {}
    for one in variables:
        of = (one.band if isinstance(one, Stack) else one).uncertainty
        if of is not None:
            found[of.of] = (*found.get(of.of, ()), one.name)
    return found
