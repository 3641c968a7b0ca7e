"""Layers of one input as one array: of many products a layer each, of a band over views a layer a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from estran.catalogue.dimensions import chronological, keys_of, layered_reads, product_key
from estran.catalogue.spec import Operator, Source
from estran.errors import MissingBand, UnsupportedProduct
from estran.raster.layers import Coordinates
from estran.raster.product import Product
from estran.raster.stacks import Stack, variables_of

Stacks = Mapping[str, tuple[str, ...]]
"""Names of the layers of each input that is (layers, rows, columns)."""


@dataclass(frozen=True)
class Given:
    """One product of a declared source, and the prefix under which its arrays go."""

    product: Product
    prefix: str


def in_order(op: Operator, sources: Mapping[str, Product]) -> dict[str, Product]:
    """Products by the names of their sources; those of a source of many in chronological order, as "source",
    "source.1", "source.2", however they are given.

    Raises
    ------
    BadProduct
        Products that are to be stacked have no time, or one time.
    """
    found = dict(sources)
    for declared in op.sources:
        keys = keys_of(declared, sources) if declared.many else []
        if not keys:
            continue
        given = [found.pop(key) for key in keys]
        order = chronological([(product.name, product.start) for product in given], declared, op.alias)
        found |= {product_key(declared.name, number): given[k] for number, k in enumerate(order)}
    main = op.sources[0].name
    return {**({main: found[main]} if main in found else {}), **found}


def products_of(op: Operator, declared: Source, sources: Mapping[str, Product]) -> list[Given]:
    """The products of one declared source; arrays of those of many go as "source.0.red", "source.1.red"."""
    if not declared.many:
        product = sources.get(declared.name)
        prefix = "" if declared is op.sources[0] else f"{declared.name}."
        return [] if product is None else [Given(product, prefix)]
    return [Given(sources[key], f"{declared.name}.{i}.") for i, key in enumerate(keys_of(declared, sources))]


def times_of(declared: Source, products: list[Given]) -> Coordinates:
    """The coordinates of many products."""
    return Coordinates(
        declared.axis, tuple(given.product.start for given in products if given.product.start is not None)
    )


def stacks_in(product: Product, declared: Source) -> dict[str, Stack]:
    """The stacks of a product by name, where its source is read along an axis."""
    if not layered_reads(declared):
        return {}
    return {stack.name: stack for stack in variables_of(product.bands.values()) if isinstance(stack, Stack)}


def with_stacks(product: Product, stacks: Mapping[str, Stack]) -> Product:
    """The product with a band for each stack, by whose name and unit it is found."""
    return product.with_bands(*(stack.band for stack in stacks.values()))


def check_axes(
    op: Operator, declared: Source, bands: Mapping[str, str], stacks: Mapping[str, Stack], where: str
) -> None:
    """Raise where a band lacks the axis along which it is read, or has one along which it is not.

    Raises
    ------
    MissingBand
        The dimension is missing.
    UnsupportedProduct
        There is one too many, or two bands have other coordinates.
    """
    wanted = layered_reads(declared)
    first: tuple[str, Coordinates] | None = None
    for semantic, name in bands.items():
        axis, stack = wanted.get(semantic, ""), stacks.get(name)
        if axis and (stack is None or stack.along.dim != axis):
            raise MissingBand(
                f"band {name} ({semantic}) has no dimension {axis!r}, along which {op.alias} reads it",
                where=where,
                expected=f"{name}({axis}, y, x), or bands {name}_{axis}1, {name}_{axis}2, …",
                found=f"{name}({stack.along.dim}, y, x)" if stack else f"{name}(y, x)",
            )
        if stack is not None and not axis:
            raise UnsupportedProduct(
                f"band {name} ({semantic}) has a dimension {stack.along.dim!r}, and {op.alias} reads an image",
                where=where,
                found=f"{name}({stack.along.dim}, y, x)",
                todo=f"give one of its layers as {name}",
            )
        if stack is not None and first is not None and first[1].values != stack.along.values:
            raise UnsupportedProduct(
                f"two bands that {op.alias} reads along {axis!r} have other coordinates",
                where=where,
                expected=f"{len(first[1])} layers, as {first[0]}",
                found=f"{len(stack.along)} layers of {name}",
            )
        if stack is not None and first is None:
            first = name, stack.along


def stacked(arrays: dict[str, Any], stacks: Stacks) -> dict[str, Any]:
    """Inputs as the operator gets them: layers of one input as one array (layers, rows, columns), all else as it is."""
    if not stacks:
        return arrays
    for name, layers in stacks.items():
        arrays[name] = np.stack([arrays.pop(layer) for layer in layers])
    return arrays
