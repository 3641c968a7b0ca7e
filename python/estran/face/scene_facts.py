"""What a Dataset says of the scene as a whole, beside its variables: names, times, platform, what ours remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import extras
from estran.adapters.files.facts import platform_of
from estran.adapters.files.times import utc
from estran.raster.grid import Grid
from estran.raster.product import Band, Product, TiePointGrid


def of_this_date(own: Mapping[str, Any], dataset: xr.Dataset) -> Mapping[str, Any]:
    """What was kept for the date of the Dataset, of several dates that were put together."""
    if "dates" not in own:
        return own
    moment = start_of(dataset)
    found = own["dates"].get(moment.isoformat() if moment else "", {})
    return found if isinstance(found, dict) else {}


def with_facts(
    dataset: xr.Dataset, own: Mapping[str, Any], bands: Mapping[str, Band], points: Mapping[str, TiePointGrid]
) -> Product:
    """The product of these bands and tie-point grids; `own` is what a Dataset of ours remembers."""
    attributes = dataset.attrs
    start = start_of(dataset)
    name = str(attributes.get("title") or attributes.get("name") or attributes.get("id") or "dataset")
    scene = max((band.grid for band in bands.values()), key=lambda g: g.width * g.height)
    product = Product(
        name=name,
        grid=scene,
        bands=bands,
        kind=str(attributes.get("product_type", "")),
        platform=_platform(dataset) or ("" if own else platform_of(name)),
        start=start,
        stop=moment_of(attributes.get("time_coverage_end")),
        tie_points=points,
    )
    notes = attributes.get("notes", ())
    notes = (notes,) if isinstance(notes, str) else tuple(map(str, notes))
    if own:
        product = _with_own(product, own, scene)
    return replace(product, notes=notes)


def _with_own(product: Product, own: Mapping[str, Any], largest: Grid) -> Product:
    """The product with what its Dataset remembers; tie points and virtual bands move with the part of the scene that is
    left.
    """
    found = extras.with_product_extras(replace(product, tie_points={}), own)
    same_time = (
        found.start is not None
        and product.start is not None
        and abs((found.start - product.start).total_seconds()) < 1e-5
    )
    scene = extras.grid_of(own["scene"]) if "scene" in own else largest
    whole = (
        scene
        if any(band.grid == scene for band in product.bands.values())
        or _lies_in(largest, scene) == (0.0, 0.0, 1.0, 1.0)
        else largest
    )
    ranks = {name: rank for rank, name in enumerate(own.get("points", ()))}
    points = dict(sorted(product.tie_points.items(), key=lambda item: ranks.get(item[0], len(ranks))))
    notes: tuple[str, ...] = ()
    if whole != scene and points:
        place = _lies_in(largest, scene)
        points = {name: _moved(grid, place) for name, grid in points.items()} if place is not None else {}
        notes = (
            ()
            if place is not None
            else ("The tie-point grids are left out: of which part of the scene the Dataset is left, it does not say.",)
        )
    virtual = {
        name: extras.with_band_extras(Band(name, None, extras.grid_of(data["grid"])), data)
        for name, data in own.get("virtual", {}).items()
    }
    every = {**product.bands, **(virtual if whole == scene else {})}
    order = [name for name in own.get("order", ()) if name in every]
    return replace(
        found,
        name=str(own.get("name") or product.name),
        description=str(own.get("description", "")),
        source=str(own.get("source", "")),
        grid=whole,
        bands={name: every[name] for name in dict.fromkeys((*order, *every))},
        tie_points=points,
        tie_point_geocoding=found.tie_point_geocoding if points else None,
        start=found.start if same_time or product.start is None else product.start,
        stop=found.stop if same_time or product.start is None else product.stop,
        kind=product.kind,
        platform=product.platform or str(own.get("platform", "")),
    ).with_notes(*notes)


def _lies_in(part: Grid, scene: Grid) -> tuple[float, float, float, float] | None:
    """(column, row) of a part's corner in a scene, and how many pixels of the scene one of its own is; None where the
    two have no common map.
    """
    ours, theirs = part.transform, scene.transform
    if ours is None or theirs is None or part.crs != scene.crs or any((ours.b, ours.d, theirs.b, theirs.d)):
        return (0.0, 0.0, 1.0, 1.0) if part.shape == scene.shape and ours == theirs else None
    return (ours.c - theirs.c) / theirs.a, (ours.f - theirs.f) / theirs.e, ours.a / theirs.a, ours.e / theirs.e


def _moved(points: TiePointGrid, place: tuple[float, float, float, float]) -> TiePointGrid:
    column, row, x, y = place
    return replace(
        points,
        offset_x=(points.offset_x - column) / x,
        offset_y=(points.offset_y - row) / y,
        step_x=points.step_x / x,
        step_y=points.step_y / y,
    )


def _platform(dataset: xr.Dataset) -> str:
    """The platform as STAC, CF or a coordinate of stackstac says it."""
    discovered = dataset.attrs.get("stac_discovery")
    properties = discovered.get("properties", {}) if isinstance(discovered, dict) else {}
    # A coordinate may differ from date to date.
    of_date = (
        dataset.coords["platform"].values.item()
        if "platform" in dataset.coords and dataset.coords["platform"].size == 1
        else None
    )
    for value in (of_date, dataset.attrs.get("platform"), dataset.attrs.get("spacecraft"), properties.get("platform")):
        if isinstance(value, str) and value.strip():
            return _named(value)
    return ""


def _named(platform: str) -> str:
    """A platform as our readers spell it ("sentinel-2a" is "Sentinel-2A")."""
    words = platform.strip()
    return (
        words[:1].upper() + words[1:-1] + words[-1:].upper()
        if words.lower().startswith(("sentinel-2", "landsat-"))
        else words
    )


def start_of(dataset: xr.Dataset) -> datetime | None:
    """The sensing time: the coordinate ``time``, else attributes."""
    for name in ("time", "t", "datetime", "date"):
        if name in dataset.coords and dataset.coords[name].size == 1:
            return moment_of(dataset.coords[name].values.ravel()[0])
    for key in ("time_coverage_start", "start_datetime", "datetime", "start_date", "acquired"):
        if dataset.attrs.get(key):
            return moment_of(dataset.attrs[key])
    return None


def moment_of(value: Any) -> datetime | None:
    """A time of a coordinate or an attribute, in UTC; None where there is none."""
    if value is None or (isinstance(value, np.datetime64) and np.isnat(value)):
        return None
    if isinstance(value, np.datetime64):
        return datetime.fromisoformat(str(value.astype("datetime64[us]"))).replace(tzinfo=UTC)
    return utc(str(value))
