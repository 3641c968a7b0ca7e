"""SNAP's Java classes by their short names. jpy is there only inside SNAP (or after esa_snappy started a JVM), so it is
imported when first needed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

_CLASSES = {
    "Product": "org.esa.snap.core.datamodel.Product",
    "ProductData": "org.esa.snap.core.datamodel.ProductData",
    "ProductUtils": "org.esa.snap.core.util.ProductUtils",
    "FlagCoding": "org.esa.snap.core.datamodel.FlagCoding",
    "IndexCoding": "org.esa.snap.core.datamodel.IndexCoding",
    "MetadataElement": "org.esa.snap.core.datamodel.MetadataElement",
    "ImageInfo": "org.esa.snap.core.datamodel.ImageInfo",
    "ColorPaletteDef": "org.esa.snap.core.datamodel.ColorPaletteDef",
    "ColorPoint": "org.esa.snap.core.datamodel.ColorPaletteDef$Point",
    "RGBImageProfile": "org.esa.snap.core.datamodel.RGBImageProfile",
    "RGBImageProfileManager": "org.esa.snap.core.datamodel.RGBImageProfileManager",
    "Range": "org.esa.snap.core.util.math.Range",
    "String": "java.lang.String",
    "Color": "java.awt.Color",
    "Rectangle": "java.awt.Rectangle",
    "Dimension": "java.awt.Dimension",
}


@cache
def java(name: str) -> Any:
    """The Java class of that short name."""
    import jpy

    return jpy.get_type(_CLASSES[name])


def java_array(name: str, items: list[Any]) -> Any:
    """A Java array of objects of that class."""
    import jpy

    return jpy.array(_CLASSES[name], items)
