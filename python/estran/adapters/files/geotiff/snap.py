"""GeoTIFF as SNAP writes it: a BEAM-DIMAP document in a TIFF tag describes the bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from estran import bounds
from estran.adapters.files.geotiff.samples import RasterBand
from estran.adapters.files.lazy import lazy_array
from estran.bounded_xml import parse_xml
from estran.errors import BadProduct
from estran.raster.product import Product

_SNAP_TAG = 65000
"""TIFF tag in which SNAP's writer puts a BEAM-DIMAP document."""


def snap_document(path: Path) -> Any | None:
    """The BEAM-DIMAP document inside a GeoTIFF that SNAP wrote, parsed; None in others."""
    text = _tiff_tag(path, _SNAP_TAG)
    if text is None or b"<Dimap_Document" not in text:
        return None
    try:
        return parse_xml(text.rstrip(b"\0"), path)
    except BadProduct:
        return None


def _tiff_tag(path: Path, wanted: int) -> bytes | None:
    """The bytes of an ASCII tag of a TIFF's first directory (TIFF 6.0, section 2; BigTIFF by its design document)."""
    with path.open("rb") as file:
        start = file.read(16)
        order = {b"II": "little", b"MM": "big"}.get(start[:2])
        if order is None or len(start) < 16:
            return None

        def number(data: bytes) -> int:
            return int.from_bytes(data, order)  # type: ignore[arg-type]

        big = number(start[2:4]) == 43
        if not big and number(start[2:4]) != 42:
            return None
        word, entry, count_size = (8, 20, 8) if big else (4, 12, 2)
        file.seek(number(start[8:16]) if big else number(start[4:8]))
        for _ in range(number(file.read(count_size))):
            data = file.read(entry)
            if len(data) < entry:
                return None
            if number(data[:2]) == wanted:
                count, value = number(data[4 : 4 + word]), data[4 + word :]
                if count <= word:
                    return value[:count]
                file.seek(number(value))
                return file.read(count) if count <= bounds.XML_BYTES else None
    return None


def snap_product(path: Path, dataset: Any, document: Any) -> Product:
    """The product that a document inside a GeoTIFF describes; its samples are those of `dataset`, band by band."""
    from estran.adapters.files.dimap.read import product_of

    def samples(number: int, info: Any, shape: tuple[int, int]) -> Any:
        if number >= dataset.count:
            raise ValueError(f"{dataset.count} bands in the file, more in its description")
        dtype, stored = info.findtext("DATA_TYPE").strip(), dataset.dtypes[number]
        bits = stored == "float32" and dtype in ("int8", "uint8")
        return lazy_array(RasterBand(path, number + 1, shape, stored, dtype, snap_bits=bits), path, number + 1)

    return product_of(document, path, samples)
