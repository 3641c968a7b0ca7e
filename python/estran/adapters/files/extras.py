"""What GeoTIFF and NetCDF have no place for, kept as JSON beside the standard attributes: codings with colours, masks,
metadata tree, tie points.

What a standard attribute says is read from there, so that a file that another program has changed means what it says;
JSON only fills in the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from affine import Affine

from estran.raster.coding import Colour, Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.layers import Coordinate, Coordinates, Layer, Uncertainty
from estran.raster.product import Band, Element, Mask, Product, TiePointGrid

KEY = "estran"
"""Name of the attribute, tag or group."""

_GREY: Colour = (128, 128, 128)


def flag_attributes(coding: FlagCoding | IndexCoding | None) -> dict[str, Any]:
    """The CF attributes of a coding: flag_masks or flag_values, and flag_meanings (CF conventions 1.11,
    section 3.5).
    """
    if isinstance(coding, FlagCoding) and coding.flags:
        return {
            "flag_masks": [flag.mask for flag in coding.flags],
            "flag_meanings": " ".join(_word(flag.name) for flag in coding.flags),
        }
    if isinstance(coding, IndexCoding) and coding.values:
        return {
            "flag_values": [v.value for v in coding.values],
            "flag_meanings": " ".join(_word(v.name) for v in coding.values),
        }
    return {}


def _word(name: str) -> str:
    """A name as one word of flag_meanings, which blanks would split."""
    return "".join(c if c.isalnum() or c in "_-.+@" else "_" for c in name)


def coding_of(name: str, attributes: Mapping[str, Any], known: Mapping[str, Any]) -> FlagCoding | IndexCoding | None:
    """The coding that CF attributes declare, with colours and texts from our own where both name the same flags."""
    words = str(attributes.get("flag_meanings", "")).split()
    masks, values = _integers(attributes.get("flag_masks")), _integers(attributes.get("flag_values"))
    own = _coding(known["coding"]) if known.get("coding") else None
    if own is not None and flag_attributes(own).get("flag_meanings", "").split() == words:
        return own
    # Flags of several bits (masks with values) are no single bits; each mask of one bit is a flag.
    single = [(word, mask) for word, mask in zip(words, masks, strict=False) if mask > 0 and mask & (mask - 1) == 0]
    if masks and not values and single:
        return FlagCoding(name, tuple(Flag(word, mask.bit_length() - 1, _GREY, word) for word, mask in single))
    if values and not masks:
        return IndexCoding(
            name, tuple(IndexValue(word, value, _GREY, word) for word, value in zip(words, values, strict=False))
        )
    return None


def _integers(value: Any) -> list[int]:
    if value is None:
        return []
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    return [int(float(v)) for v in np.atleast_1d(np.asarray(value)).tolist()]


def band_extras(band: Band) -> dict[str, Any]:
    """What of a band no standard attribute says, as JSON values; only what differs from the default."""
    extras: dict[str, Any] = {
        key: getattr(band, key) for key, default in _BAND_DEFAULTS.items() if getattr(band, key) != default
    }
    if band.nodata is not None:
        extras["nodata"] = float(band.nodata)
    if band.coding is not None:
        extras["coding"] = _coding_json(band.coding)
    if band.palette:
        extras["palette"] = [[value, list(colour), label] for value, colour, label in band.palette]
    return extras | relations_json(band)


def relations_json(band: Band) -> dict[str, Any]:
    """Where a band lies in a stack, and of which band it is the uncertainty, as JSON values."""
    said: dict[str, Any] = {}
    if band.layer is not None:
        one = band.layer
        said["layer"] = [one.stack, one.dim, one.index, _coordinate_json(one.value), one.unit, one.meaning]
    if band.uncertainty is not None:
        of = band.uncertainty
        said["uncertainty"] = [of.of, [list(pair) for pair in of.correlation], of.pdf_shape]
    return said


def with_relations(band: Band, said: Mapping[str, Any]) -> Band:
    """The band with what :func:`relations_json` kept."""
    if "layer" in said:
        band = replace(band, layer=layer_of(said))
    if "uncertainty" in said:
        of, correlation, shape = said["uncertainty"]
        forms = tuple((str(dim), str(form)) for dim, form in correlation)
        band = replace(band, uncertainty=Uncertainty(str(of), forms, str(shape)))
    return band


def layer_of(said: Mapping[str, Any]) -> Layer | None:
    """The layer that :func:`relations_json` kept; None where it kept none."""
    if "layer" not in said:
        return None
    stack, dim, index, value, unit, meaning = said["layer"]
    return Layer(str(stack), str(dim), int(index), _coordinate(value), str(unit), str(meaning))


def coordinates_json(along: Coordinates) -> list[Any]:
    """Coordinates of an axis as JSON values."""
    return [along.dim, [_coordinate_json(value) for value in along.values], along.unit, along.meaning]


def coordinates_of(data: Sequence[Any]) -> Coordinates:
    """Coordinates of an axis from their JSON values."""
    dim, values, unit, meaning = data
    return Coordinates(str(dim), tuple(map(_coordinate, values)), str(unit), str(meaning))


def _coordinate_json(value: Coordinate) -> float | str:
    return value.isoformat() if isinstance(value, datetime) else float(value)


def _coordinate(value: Any) -> Coordinate:
    return datetime.fromisoformat(value) if isinstance(value, str) else float(value)


_BAND_DEFAULTS = {
    "log10_scaled": False,
    "valid": "",
    "unit": "",
    "description": "",
    "wavelength": None,
    "bandwidth": None,
    "solar_flux": None,
    "spectral_index": None,
    "expression": None,
    "saturated": None,
}


def with_band_extras(band: Band, extras: Mapping[str, Any], *, skip: Iterable[str] = ()) -> Band:
    """The band with what its JSON says, but for the fields that standard attributes gave."""
    fields = {key: extras[key] for key in _BAND_DEFAULTS if key in extras and key not in set(skip)}
    if "palette" in extras:
        fields["palette"] = tuple((float(v), _colour(c), str(label)) for v, c, label in extras["palette"])
    return with_relations(replace(band, **fields), extras)


def product_extras(product: Product) -> dict[str, Any]:
    """What of a product no standard attribute says, as JSON values."""
    return {
        "kind": product.kind,
        "platform": product.platform,
        "auto_grouping": product.auto_grouping,
        "quicklook": product.quicklook,
        "start": product.start.isoformat() if product.start else None,
        "stop": product.stop.isoformat() if product.stop else None,
        "notes": list(product.notes),
        "masks": [[m.name, m.expression, list(m.colour), m.meaning, m.transparency] for m in product.masks.values()],
        "metadata": [_element_json(e) for e in product.metadata],
        "tie_points": [_tie_points_json(grid) for grid in product.tie_points.values()],
        "tie_point_geocoding": list(product.tie_point_geocoding) if product.tie_point_geocoding else None,
    }


def with_product_extras(product: Product, extras: Mapping[str, Any]) -> Product:
    """The product with what its JSON says."""
    geocoding = extras.get("tie_point_geocoding")
    return replace(
        product,
        kind=extras.get("kind", "") or product.kind,
        platform=extras.get("platform", "") or product.platform,
        auto_grouping=extras.get("auto_grouping", ""),
        quicklook=extras.get("quicklook", ""),
        start=datetime.fromisoformat(extras["start"]) if extras.get("start") else product.start,
        stop=datetime.fromisoformat(extras["stop"]) if extras.get("stop") else product.stop,
        notes=tuple(extras.get("notes", ())),
        masks={
            name: Mask(name, expression, _colour(colour), meaning, t)
            for name, expression, colour, meaning, t in extras.get("masks", ())
        },
        metadata=tuple(_element(e) for e in extras.get("metadata", ())),
        tie_points={grid["name"]: _tie_points(grid) for grid in extras.get("tie_points", ())},
        tie_point_geocoding=(geocoding[0], geocoding[1]) if geocoding else None,
    )


def grid_json(grid: Grid) -> list[Any]:
    """A grid as JSON values."""
    return [
        grid.width,
        grid.height,
        None if grid.transform is None else [float(v) for v in grid.transform][:6],
        grid.crs,
    ]


def grid_of(data: Sequence[Any]) -> Grid:
    """A grid from its JSON values."""
    width, height, transform, crs = data
    return Grid(width, height, None if transform is None else Affine(*transform), crs)


def dumps(extras: Mapping[str, Any]) -> str:
    """JSON text; NaN and infinities as Python spells them."""
    return json.dumps(extras, default=_plain, ensure_ascii=False)


def loads(text: Any) -> Mapping[str, Any]:
    """The mapping of a JSON text; an empty one where it is none."""
    try:
        value = json.loads(str(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)


def _colour(values: Iterable[Any]) -> Colour:
    red, green, blue = (int(v) for v in values)
    return red, green, blue


def _coding_json(coding: FlagCoding | IndexCoding) -> dict[str, Any]:
    if isinstance(coding, FlagCoding):
        return {
            "name": coding.name,
            "flags": [[f.name, f.bit, list(f.colour), f.meaning, f.transparency] for f in coding.flags],
        }
    return {"name": coding.name, "values": [[v.name, v.value, list(v.colour), v.meaning] for v in coding.values]}


def _coding(data: Mapping[str, Any]) -> FlagCoding | IndexCoding:
    if "flags" in data:
        return FlagCoding(
            data["name"],
            tuple(Flag(name, bit, _colour(colour), meaning, t) for name, bit, colour, meaning, t in data["flags"]),
        )
    return IndexCoding(
        data["name"],
        tuple(IndexValue(name, value, _colour(colour), meaning) for name, value, colour, meaning in data["values"]),
    )


def _element_json(element: Element) -> dict[str, Any]:
    return {
        "name": element.name,
        "attributes": dict(element.attributes),
        "elements": [_element_json(e) for e in element.elements],
        "details": {k: dict(v) for k, v in element.details.items()},
    }


def _element(data: Mapping[str, Any]) -> Element:
    return Element(
        data["name"], data["attributes"], tuple(_element(e) for e in data["elements"]), data.get("details", {})
    )


def _tie_points_json(grid: TiePointGrid) -> dict[str, Any]:
    return {
        "name": grid.name,
        "data": np.asarray(grid.data).tolist(),
        "dtype": grid.data.dtype.name,
        "placing": [grid.offset_x, grid.offset_y, grid.step_x, grid.step_y],
        "unit": grid.unit,
        "description": grid.description,
        "cyclic": grid.cyclic,
    }


def _tie_points(data: Mapping[str, Any]) -> TiePointGrid:
    offset_x, offset_y, step_x, step_y = data["placing"]
    samples = np.asarray(data["data"], data["dtype"])
    return TiePointGrid(
        data["name"], samples, offset_x, offset_y, step_x, step_y, data["unit"], data["description"], data["cyclic"]
    )
