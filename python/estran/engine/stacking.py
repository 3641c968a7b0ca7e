"""Layers of one input as one array: of many products a layer each, of a band over views a layer a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from estran.catalogue.dimensions import chronological, keys_of, layered_reads, product_key
from estran.catalogue.spec import Operator, Source
from estran.raster.layers import Coordinates
from estran.raster.product import Product
from estran.raster.stacks import Stack, named_layers, variables_of


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
    """The stacks of a product by name, where its source is read along an axis; bands that are named as layers are, of a
    file that says no more of them, among these.
    """
    if not layered_reads(declared):
        return {}
    every = variables_of(named_layers(product.bands.values()))
    return {stack.name: stack for stack in every if isinstance(stack, Stack)}


def with_stacks(product: Product, stacks: Mapping[str, Stack]) -> Product:
    """The product with a band for each stack, by whose name and unit it is found."""
    return product.with_bands(*(stack.band for stack in stacks.values()))
