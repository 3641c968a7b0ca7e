"""A STAC item beside a result: where and when it is, what is in it, with what it was made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from estran import __version__
from estran.errors import EstranError
from estran.jobs.footprint import footprint
from estran.jobs.job import Job
from estran.raster.grid import Grid
from estran.raster.product import Product

EXTENSIONS = {
    "proj": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "eo": "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "processing": "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
}
_MEDIA = {
    ".dim": "application/dimap",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".nc": "application/netcdf",
    ".png": "image/png",
    ".html": "text/html",
}
_THUMBNAIL = "true_colour.png"


class NoItem(EstranError):
    """A result of which STAC cannot say anything: it has no time."""


def write_item(job: Job, folder: Path, file: Path, product: Product, cloud_cover: float | None) -> Path:
    """Write the item of a result into its folder; the same result gives the same bytes.

    Parameters
    ----------
    job
        Whose result it is: its name is the item's id.
    folder
        Of the result, where its pictures lie.
    file
        The product in it.
    product
        What was read of that file.
    cloud_cover
        In percent of the pixels with data, or None.

    Returns
    -------
    Path
        ``NAME.json``.

    Raises
    ------
    NoItem
        The product has no time: STAC wants one.
    """
    import pystac

    begin, end = _utc(product.start), _utc(product.stop)
    if begin is None and end is None:
        raise NoItem(
            "the product has no sensing time, without which there is no STAC item",
            where=product.name,
            todo="give a product that says its time",
        )
    place = footprint(product.grid)
    properties: dict[str, Any] = {
        "platform": product.platform.lower(),
        "processing:software": {"Estran": __version__},
        "processing:lineage": product.kind,
        "estran:digest": job.digest,
    }
    if begin is not None and end is not None and end > begin:
        properties |= {"start_datetime": _text(begin), "end_datetime": _text(end)}
    if cloud_cover is not None:
        properties["eo:cloud_cover"] = round(cloud_cover, 4)
    if product.grid.transform is not None and not product.grid.is_geographic and product.grid.crs is not None:
        properties["gsd"] = round(max(product.grid.pixel_size), 6)
    item = pystac.Item(
        id=job.name,
        geometry=None if place is None else place[0],
        bbox=None if place is None else place[1],
        datetime=begin if begin is not None else end,
        properties={key: value for key, value in properties.items() if value != ""},
        stac_extensions=[
            EXTENSIONS["proj"],
            EXTENSIONS["processing"],
            *([EXTENSIONS["eo"]] if cloud_cover is not None else []),
        ],
    )
    for key, asset in _assets(folder, file, product).items():
        item.add_asset(key, asset)
    text = json.dumps(item.to_dict(include_self_link=False, transform_hrefs=False), indent=1, sort_keys=True)
    written = folder / f"{job.name}.json"
    written.write_text(text + "\n", encoding="ascii")
    return written


def _assets(folder: Path, file: Path, product: Product) -> dict[str, Any]:
    import pystac

    bands = [
        {"name": band.name, "description": band.description} if band.description else {"name": band.name}
        for band in product.bands.values()
    ]
    assets = {
        "product": pystac.Asset(
            href=f"./{file.name}",
            title=product.name,
            media_type=_MEDIA.get(file.suffix, ""),
            roles=["data"],
            extra_fields={**_proj(product.grid), "bands": bands},
        )
    }
    for path in sorted(folder.iterdir()):
        if path.suffix in (".png", ".html"):
            roles = (
                ["thumbnail", "overview"]
                if path.name == _THUMBNAIL
                else ["overview"]
                if path.suffix == ".png"
                else ["metadata"]
            )
            assets["report" if path.name == "index.html" else path.stem] = pystac.Asset(
                href=f"./{path.name}", media_type=_MEDIA[path.suffix], roles=roles
            )
    return assets


def _proj(grid: Grid) -> dict[str, Any]:
    """Fields of the projection extension."""
    fields: dict[str, Any] = {"proj:shape": [grid.height, grid.width]}
    t = grid.transform
    if t is not None:
        corners = [
            (t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f) for c in (0, grid.width) for r in (0, grid.height)
        ]
        x, y = zip(*corners, strict=True)
        fields |= {"proj:transform": [t.a, t.b, t.c, t.d, t.e, t.f], "proj:bbox": [min(x), min(y), max(x), max(y)]}
    if grid.crs is not None:
        from pyproj import CRS

        crs = CRS.from_user_input(grid.crs)
        authority = crs.to_authority()
        fields |= {"proj:code": ":".join(authority)} if authority else {"proj:code": None, "proj:wkt2": crs.to_wkt()}
    return fields


def _utc(time: datetime | None) -> datetime | None:
    """Times of products are UTC, whether they say so or not."""
    return None if time is None else time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
