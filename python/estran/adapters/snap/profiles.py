"""RGB image profiles that SNAP Desktop offers for our products: the classes in their colours, and natural colours where
the bands were handed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from estran.adapters.snap.jvm import java, java_array
from estran.catalogue.outputs import Target
from estran.raster.coding import IndexCoding

Expressions = tuple[str, str, str]


def class_expressions(band: str, coding: IndexCoding) -> Expressions:
    """Red, green and blue of each class, as SNAP's band arithmetic says it."""

    def channel(i: int) -> str:
        text = "0"
        for value in reversed(coding.values):
            text = f"{band} == {value.value} ? {value.colour[i]} : {text}"
        return text

    return channel(0), channel(1), channel(2)


def profiles_of(
    label: str, outputs: tuple[Target, ...], colours: Mapping[str, str]
) -> dict[str, tuple[Expressions, float | None]]:
    """Profiles of a product by name: the expressions, and the value that is full colour (None: SNAP stretches).

    Parameters
    ----------
    label
        The operator's.
    outputs
        Its target bands.
    colours
        Bands handed on from the source that are "red", "green" and "blue"; none is made of them unless all three are
        there.
    """
    made: dict[str, tuple[Expressions, float | None]] = {}
    for output in outputs:
        if isinstance(output.coding, IndexCoding):
            made[f"Estran {label}: {output.name}"] = class_expressions(output.name, output.coding), 255.0
    if {"red", "green", "blue"} <= set(colours):
        made[f"Estran {label}: natural colours"] = (colours["red"], colours["green"], colours["blue"]), None
    return made


def register(product_type: str, made: Mapping[str, tuple[Expressions, float | None]]) -> None:
    """Offer profiles for products of that type, once a session."""
    manager = java("RGBImageProfileManager").getInstance()
    known = {str(profile.getName()) for profile in manager.getAllProfiles()}
    for name, (expressions, full) in made.items():
        if name not in known:
            manager.addProfile(_profile(name, product_type, expressions, full))


def _profile(name: str, product_type: str, expressions: Expressions, full: float | None) -> Any:
    strings = java_array("String", list(expressions))
    pattern = java_array("String", [product_type, "*", "*"])
    if full is None:
        return java("RGBImageProfile")(name, strings, pattern)
    return java("RGBImageProfile")(
        name, strings, pattern, java_array("Range", [java("Range")(0.0, full) for _ in range(3)])
    )
