"""Runs an operator on what people hold in a notebook, date by date."""

from __future__ import annotations

import difflib
import numbers
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from estran.adapters.files import extras
from estran.adapters.files.storage import default_client
from estran.adapters.free_memory import free_memory
from estran.bounds import amount
from estran.catalogue.called import operator_called
from estran.catalogue.dimensions import keys_of, product_key
from estran.catalogue.spec import Operator
from estran.catalogue.spec import Source as DeclaredSource
from estran.declare import Parameter, parameters_of
from estran.engine.stacking import stacks_in, with_stacks
from estran.engine.working_grid import differs_in_size, working_grid
from estran.errors import BadParameter
from estran.face import accessor as _accessor  # noqa: F401 - a Dataset of ours comes with its accessor
from estran.face.dates import dates_of, joined, time_dim
from estran.face.given import as_dataset
from estran.face.grids import Layout, is_placeless, no_crs
from estran.face.packing import refusing_counts, unscaled
from estran.face.to_dataset import dataset_of
from estran.face.to_product import Converted, product_of
from estran.raster.product import Product
from estran.raster.stacks import Stack
from estran.sensors.bands import SPECTRAL, resolve

if TYPE_CHECKING:
    from estran.engine.need import Need

Source = xr.Dataset | xr.DataArray | Product
"""What operators take."""


def run(
    operator: str,
    source: Source | Sequence[Source],
    *,
    resolution: int | None = None,
    tile: int = 1024,
    **parameters: Any,
) -> xr.Dataset:
    """Run an operator of the catalogue by its name.

    Every operator is also a function of :mod:`estran.operators`, which says its parameters.

    Parameters
    ----------
    operator
        "SunGlint", "Estran.SunGlint" or "sun_glint".
    source
        A Dataset over (y, x) or (time, y, x), a DataArray with a dimension "band", or a product; several of them in a
        list for an operator that takes many products, in any order.
    resolution
        Pixels worked on [m]. Without it, pixels stay as they are; bands of several sizes are brought to 20 m, or to the
        finest that are read where that is coarser.
    tile
        Side of the tiles [pixels]; results do not depend on it.
    **parameters
        Those of the operator; those of further sources by their names.

    Returns
    -------
    Dataset
        A variable for each output, on the pixels of the source: flags with ``flag_masks`` and ``flag_meanings``,
        classes with ``flag_values``. What was assumed and switched off is in ``attrs["notes"]``, which parameters and
        which version made it in the record that is written with it. Several dates are worked on one by one.

    Raises
    ------
    BadParameter
        No operator or parameter has the name, or a value is outside its interval.
    BadGrid
        The source has no coordinate reference system, or coordinates that are not sorted or not evenly spaced.
    BadProduct
        The source is empty, or no Dataset.
    MissingBand
        The source lacks a band that the operator needs; the sentence lists those that it has.
    UnsupportedProduct
        Numbers that are no reflectance, a platform that is not known, a band that is there twice.
    """
    return call(operator, {"source": source, "resolution": resolution, "tile": tile, **parameters})


def call(operator: str, given: Mapping[str, Any]) -> xr.Dataset:
    """Run an operator with the arguments of its function in :mod:`estran.operators`, by name."""
    op = operator_called(operator)
    arguments = dict(given)
    first, *others = op.sources
    sources = _sources(first, arguments.pop("source"))
    for source in others:
        if (product := arguments.pop(source.name, None)) is not None:
            sources |= _sources(source, product)
    resolution, tile = arguments.pop("resolution"), arguments.pop("tile")
    _check_pixels(resolution, tile)
    runs = op(**_values(op, arguments))
    if any(source.many for source in op.sources):
        return _one(runs, sources, resolution, tile)
    return _dated(runs, sources, resolution, tile)


def _sources(declared: DeclaredSource, given: Any) -> dict[str, Product | xr.Dataset]:
    """What is given for a source by name; of one that takes many products, each of a list and each date of a Dataset
    under a name of its own.
    """
    if not declared.many:
        return {declared.name: given if isinstance(given, Product) else as_dataset(given)}
    every = list(given) if isinstance(given, list | tuple) else [given]
    parts: list[Product | xr.Dataset] = []
    for one in every:
        source = one if isinstance(one, Product) else as_dataset(one)
        dim = None if isinstance(source, Product) else time_dim(source)
        if isinstance(source, Product) or dim is None:
            parts.append(source)
        else:
            parts += [source.isel({dim: i}) for i in range(source.sizes[dim])]
    return {product_key(declared.name, number): part for number, part in enumerate(parts)}


def _check_pixels(resolution: Any, tile: Any) -> None:
    for name, value, least in (("resolution", resolution, 1), ("tile", tile, 64)):
        if value is not None and (not isinstance(value, numbers.Integral) or value < least):
            raise BadParameter(
                f"parameter {name} is no number of {'metres' if name == 'resolution' else 'pixels'}",
                expected=f"{least} or more",
                found=value,
            )


def _values(op: type[Operator], given: Mapping[str, Any]) -> dict[str, Any]:
    known = {p.name: p for p in parameters_of(op)}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            raise BadParameter(
                f"{op.alias} has no parameter {name!r}",
                expected=", ".join(near or known),
                todo=f"correct the name; help(estran.operators.{_function(op)}) says all parameters",
            )
    return {name: _value(op, known[name], value) for name, value in given.items()}


def _function(op: type[Operator]) -> str:
    from estran.catalogue.views.names import module_name

    return module_name(op)


def _value(op: type[Operator], parameter: Parameter, value: Any) -> Any:
    """A value as people write it in Python, as the declaration takes it: NumPy's numbers, lists, names of files."""
    if isinstance(value, np.bool_):
        return bool(value)
    if parameter.kind == "float" and isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    if parameter.kind == "int" and isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    if parameter.kind in ("strings", "floats") and isinstance(value, list | np.ndarray):
        return tuple(v.item() if isinstance(v, np.generic) else v for v in value)
    if parameter.kind == "strings" and isinstance(value, str):
        return (value,)
    if parameter.kind == "path" and isinstance(value, str):
        return Path(value)
    if parameter.kind == "path" and isinstance(value, xr.DataArray | xr.Dataset | np.ndarray):
        aux = next((aux.name for aux in op.aux if aux.parameter == parameter.name), parameter.name)
        raise BadParameter(
            f"parameter {parameter.name} is the name of a file",
            where=op.alias,
            found=type(value).__name__,
            todo=f"give the layer as a band: ds.assign({aux}=…)",
        )
    return value


# ---------------------------------------------------------------- dates and products


def _dated(op: Operator, sources: Mapping[str, Product | xr.Dataset], resolution: int | None, tile: int) -> xr.Dataset:
    main = sources[op.sources[0].name]
    dim = None if isinstance(main, Product) else time_dim(main)
    if dim is None:
        return _one(op, sources, resolution, tile)
    assert isinstance(main, xr.Dataset)
    parts = []
    for i in range(main.sizes[dim]):
        now = {
            name: dates_of(source, dim, i, main.sizes[dim]) if isinstance(source, xr.Dataset) else source
            for name, source in sources.items()
        }
        parts.append(_one(op, now, resolution, tile))
    return joined(parts, main, dim)


def _one(op: Operator, sources: Mapping[str, Product | xr.Dataset], resolution: int | None, tile: int) -> xr.Dataset:
    """One date."""
    from estran.adapters.files.aux_raster import read_on_grid
    from estran.adapters.files.aux_table import read_aux_table
    from estran.adapters.java.ray_caster import ray_caster
    from estran.engine.run import run_operator

    layouts: tuple[Layout, ...] = ()
    products: dict[str, Product] = {}
    for name, source in sources.items():
        converted = Converted(source, ()) if isinstance(source, Product) else product_of(source)
        layouts += converted.layouts
        product = converted.product
        if isinstance(source, xr.Dataset):
            _refuse_placeless(source, product)
        if name in keys_of(op.sources[0], sources):
            product = _checked(op, product)
            product = _on_one_grid(op, product, resolution, tile)
        products[name] = product
    result = run_operator(
        op,
        products,
        read_aux=partial(read_on_grid, remote=False),
        read_table=read_aux_table,
        tile=tile,
        ray_caster=ray_caster,
        weigh=_weigh,
    )
    # Forecasts stay with the source: a result has what the operator writes.
    points = {name: points for name, points in result.tie_points.items() if isinstance(points.data, np.ndarray)}
    result = replace(result, tie_points=points)
    # Notes on how the Dataset was read are the product's, which the engine leaves to the product.
    notes = [note for product in products.values() for note in product.notes]
    return dataset_of(replace(result, notes=tuple(dict.fromkeys((*notes, *result.notes)))), layouts)


def _weigh(need: Need) -> None:
    """Warn where computing a result will not fit into memory: a part of the image may be all that is wanted, and
    workers elsewhere may have more.
    """
    free = free_memory()
    if free is not None and need.memory > free and default_client() is None:
        size = f"{need.grid.width} x {need.grid.height} pixels"
        todo = "Take a coarser resolution= or a part of the Dataset, or free memory."
        warnings.warn(
            f"{need.what} of {size} needs about {amount(need.memory)} of memory, and {amount(free)} are free. {todo}",
            stacklevel=2,
        )


def _refuse_placeless(source: xr.Dataset, product: Product) -> None:
    """Raise where a Dataset of the user's own has no reference system; of a file that has none, the engine says what it
    does without.
    """
    if product.grid.crs is None and not is_placeless(source) and not extras.loads(source.attrs.get(extras.KEY, "")):
        raise no_crs(product.name)


def _checked(op: Operator, product: Product) -> Product:
    """The product, whose bands of reflectance are reflectance or say that they are not when they are computed."""
    stacks = stacks_in(product, op.sources[0])
    there = with_stacks(product, stacks).bands
    for reads in op.sources[0].reads:
        found = resolve(reads.band, there, product.platform) if reads.band in SPECTRAL else None
        for name in _layers_of(found, stacks):
            product = _refusing_counts(product, name)
    return product


def _layers_of(name: str | None, stacks: Mapping[str, Stack]) -> list[str]:
    """The bands behind a name: of a stack its layers."""
    if name is None:
        return []
    return [band.name for band in stacks[name].layers] if name in stacks else [name]


def _refusing_counts(product: Product, name: str) -> Product:
    """The product, one band of which is reflectance or says that it is not when it is computed."""
    band = product.bands[name]
    if band.data is not None:
        if np.issubdtype(band.data.dtype, np.integer) and not band.is_scaled:
            raise unscaled(name, band.unscaled or f"whole numbers ({band.data.dtype}) without a scale")
        if band.unscaled:
            raise unscaled(name, band.unscaled)
        product = product.with_bands(refusing_counts(band))
    return product


def _on_one_grid(op: Operator, product: Product, resolution: int | None, tile: int) -> Product:
    """The product with all bands on the pixels worked on."""
    if resolution is None and not differs_in_size(product, op):
        return product
    from estran.engine.nodes.resampling import Resample

    product, target = working_grid(product, op, resolution)
    if target is None:
        return product
    how: dict[str, Any] = {"upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "FlagOr"}
    size: dict[str, Any] = {"referenceBand": target} if isinstance(target, str) else {"targetResolution": int(target)}
    return Resample(**size, **how).apply_to({"sourceProduct": product}, tile=tile)
