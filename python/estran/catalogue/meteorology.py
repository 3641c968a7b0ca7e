"""Where a meteorological quantity comes from: the product, a parameter, a default; and the sentence that says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from estran.catalogue.auxiliary import AuxMeteo
from estran.raster.record import Note, missing
from estran.sensors.bands import resolve


@dataclass(frozen=True)
class MeteoUse:
    """What serves as a meteorological quantity.

    Parameters
    ----------
    note
        The sentence that says it: which quantity, its source; its value and unit where one holds for the whole scene.
    bands
        Semantic name to the product's band or tie-point grid; empty where it is not the product's.
    constants
        Semantic name to the number that holds everywhere, in the unit declared; of a wind none.
    is_known
        Whether anything serves.
    """

    note: Note
    bands: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    is_known: bool = True


def find_meteo(
    meteo: AuxMeteo, units: Mapping[str, str | None], platform: str, value: Callable[[str], Any]
) -> MeteoUse:
    """Find a quantity: the product's where all components are there, else the parameter's value, else the default.

    Parameters
    ----------
    meteo
        What is wanted.
    units
        Bands and tie-point grids of the product with their units, bands first.
    platform
        As :func:`estran.sensors.bands.resolve` takes it.
    value
        Gives the value of a parameter.
    """
    is_asked = not meteo.only_if or bool(value(meteo.only_if))
    found = {name: resolve(name, units, platform) for name in meteo.components} if is_asked else {}
    bands = {name: band for name, band in found.items() if band is not None}
    quantity = meteo.quantity
    if bands and len(bands) == len(meteo.components):
        return MeteoUse(Note("meteo", quantity, f"{quantity}: the product's {' and '.join(bands.values())}."), bands)
    if bands:
        why = f"the product has {' and '.join(bands.values())} alone"
    else:
        why = "the product has none" if is_asked else f"the product's is not used, as {meteo.only_if} is false"
    given = value(meteo.parameter) if meteo.parameter else None
    number, origin = (given, f"of parameter {meteo.parameter}") if given is not None else (meteo.default, "by default")
    if number is None:
        return MeteoUse(missing(quantity, f"{why}; {meteo.without}"), is_known=False)
    constants = {name: float(number) for name in meteo.components} if len(meteo.components) == 1 else {}
    unit = "" if meteo.unit == "1" else f" {meteo.unit}"
    text = f"{quantity}: {number:g}{unit} {origin}; {why}."
    return MeteoUse(Note("constant", quantity, text), constants=constants)
