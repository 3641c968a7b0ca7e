"""What SNAP needs in a NetCDF file beyond CF: its own profile, called "beam", without which it finds no map grid, no
mask and no colour.

Written into files whose bands all lie on one map grid, as the profile knows no other. Names and forms: SNAP's module
snap-netcdf, profile "beam".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from estran.adapters.files.dimap.colours import with_index_palette
from estran.adapters.files.dimap.java_text import double_text
from estran.adapters.files.dimap.wkt import snap_wkt
from estran.raster.coding import FlagCoding, IndexCoding
from estran.raster.product import Band, Product

if TYPE_CHECKING:
    import xarray as xr

_OPAQUE = 255


def add_profile(definition: xr.Dataset, product: Product, bands: Sequence[Band]) -> None:
    """Add the attributes and mask variables of the profile to what defines a file, where these bands have one size and
    a map geocoding.
    """
    grid = product.grid
    if grid.transform is None or grid.crs is None or any(band.grid != grid for band in bands):
        return
    definition.attrs.update({"metadata_profile": "beam", "metadata_version": "0.5"})
    t = grid.transform
    definition["crs"].attrs.update(
        {"wkt": snap_wkt(grid.crs), "i2m": ",".join(double_text(v) for v in (t.a, t.d, t.b, t.e, t.c, t.f))}
    )
    for band in bands:
        definition[band.name].attrs.update(_band_attributes(band))
    for mask in product.masks.values():
        if f"{mask.name}_mask" not in definition and "/" not in mask.name:
            attributes = {"orig_name": mask.name, "expression": mask.expression, "long_name": mask.meaning or mask.name}
            colours = {"color": np.array([*mask.colour, _OPAQUE], np.int32), "transparency": float(mask.transparency)}
            definition[f"{mask.name}_mask"] = ((), np.int8(0), {**attributes, **colours})


def _band_attributes(band: Band) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    # Texts part at tabs; one text less than names, and SNAP takes none.
    if isinstance(band.coding, FlagCoding) and band.coding.flags:
        attributes = {
            "flag_coding_name": band.coding.name,
            "flag_descriptions": "\t".join(f.meaning or f.name for f in band.coding.flags),
        }
    elif isinstance(band.coding, IndexCoding) and band.coding.values:
        attributes = {
            "index_coding_name": band.coding.name,
            "index_descriptions": "\t".join(v.meaning or v.name for v in band.coding.values),
        }
    palette = with_index_palette(band).palette
    if palette:
        attributes["color_table_sample_values"] = np.array([value for value, _, _ in palette], np.float64)
        for i, part in enumerate(("red", "green", "blue")):
            attributes[f"color_table_{part}_values"] = np.array([colour[i] for _, colour, _ in palette], np.int16)
    return attributes
