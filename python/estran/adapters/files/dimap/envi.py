"""The samples of BEAM-DIMAP: one ENVI image per band, big-endian, with a header that GDAL and ENVI read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran import bounds
from estran.errors import BadProduct
from estran.raster.grid import Grid

# SNAP's names of sample types, and the ENVI code it writes for each (SNAP EnviHeader: signedness of 8 and 32 bits is
# lost in the header, the .dim has it).
SAMPLE_TYPES = {
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 12,
    "int32": 3,
    "uint32": 3,
    "float32": 4,
    "float64": 5,
}


class EnviImage:
    """The samples of an .img file as an array that reads when sliced; it can be sent to another process.

    Parameters
    ----------
    path
        The .img file.
    shape
        (rows, columns).
    dtype
        Sample type in native byte order.
    big_endian
        Byte order of the file.
    """

    ndim = 2

    def __init__(self, path: Path, shape: tuple[int, int], dtype: npt.DTypeLike, *, big_endian: bool = True) -> None:
        self.path, self.shape, self.dtype = path, shape, np.dtype(dtype)
        self._stored = self.dtype.newbyteorder(">" if big_endian else "<")
        expected = shape[0] * shape[1] * self.dtype.itemsize
        try:
            found = path.stat().st_size
            if not path.is_file():
                raise BadProduct(
                    "the samples of a band are no ordinary file", where=path, todo="copy the product again"
                )
        except OSError:
            raise BadProduct(
                "the samples of a band are missing", where=path, todo="copy the .data folder along with the .dim file"
            ) from None
        if found < expected:
            raise BadProduct(
                "the samples of a band are truncated",
                where=path,
                expected=f"{expected} bytes",
                found=found,
                todo="copy the product again",
            )

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        mapped = np.memmap(self.path, self._stored, "r", shape=self.shape)
        return np.asarray(mapped[key]).astype(self.dtype)


class EnviTarget:
    """An .img file to write into by slices, from several threads; made at once in its full size.

    Plain writes, not a memory map: a full disk is then an error and not a killed process.
    """

    ndim = 2

    def __init__(
        self, path: Path, shape: tuple[int, int], dtype: npt.DTypeLike, written: Callable[[int], None] | None = None
    ) -> None:
        self.path, self.shape, self.dtype = path, shape, np.dtype(dtype)
        self._written = written
        with path.open("wb") as file:
            file.truncate(shape[0] * shape[1] * self.dtype.itemsize)

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker elsewhere writes into the file that is already there, and does not report.
        return _attach, (self.path, self.shape, self.dtype)

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        rows, columns = (piece.indices(length) for piece, length in zip(key, self.shape, strict=True))
        data = np.ascontiguousarray(block, dtype=self.dtype.newbyteorder(">"))
        with self.path.open("r+b") as file:
            if columns[1] - columns[0] == self.shape[1]:
                file.seek(rows[0] * self.shape[1] * self.dtype.itemsize)
                file.write(data.tobytes())
            else:
                for row, line in zip(range(rows[0], rows[1]), data, strict=True):
                    file.seek((row * self.shape[1] + columns[0]) * self.dtype.itemsize)
                    file.write(line.tobytes())
        if self._written is not None:
            self._written(data.size)


def _attach(path: Path, shape: tuple[int, int], dtype: np.dtype[Any]) -> EnviTarget:
    target = EnviTarget.__new__(EnviTarget)
    target.path, target.shape, target.dtype, target._written = path, shape, dtype, None
    return target


def header(
    name: str,
    dtype: npt.DTypeLike,
    grid: Grid,
    *,
    description: str,
    unit: str,
    wavelength: float | None,
    scale: float,
    offset: float,
) -> str:
    """The text of a .hdr file, in SNAP's order of lines."""
    from estran.adapters.files.dimap.java_text import double_text

    title = f"{description or 'null'} - Unit: {unit.strip() or '1'}" + (
        f" - Wavelength: {double_text(wavelength)}nm" if wavelength else ""
    )
    lines = [
        "ENVI",
        f"description = {{{title}}}",
        f"samples = {grid.width}",
        f"lines = {grid.height}",
        "bands = 1",
        "header offset = 0",
        "file type = ENVI Standard",
        f"data type = {SAMPLE_TYPES[np.dtype(dtype).name]}",
        "interleave = bsq",
        "byte order = 1",
        f"band names = {{ {name} }}",
        *_map_lines(grid),
    ]
    if wavelength:
        lines.append(f"wavelength = {{{double_text(wavelength)}}}")
    lines += [f"data gain values = {{{double_text(scale)}}}", f"data offset values = {{{double_text(offset)}}}"]
    return "\n".join(lines) + "\n"


def _map_lines(grid: Grid) -> list[str]:
    if grid.transform is None or grid.crs is None or grid.transform.b or grid.transform.d:
        return []
    from pyproj import CRS

    from estran.adapters.files.dimap.java_text import double_text
    from estran.adapters.files.dimap.wkt import snap_wkt

    crs = CRS.from_user_input(grid.crs)
    # SNAP refers the map to the scene's middle; ENVI counts pixels from 1.
    column, row = grid.width / 2 + 0.5, grid.height / 2 + 0.5
    x, y = grid.transform * (column, row)
    kind, units, zone = "Arbitrary", "Meters", []
    if crs.is_geographic:
        kind, units = "Geographic Lat/Lon", "Degrees"
    elif crs.utm_zone:
        kind, zone = "UTM", [crs.utm_zone[:-1], "North" if crs.utm_zone.endswith("N") else "South"]
    datum = (
        crs.geodetic_crs.datum.name.removesuffix(" ensemble")
        if crs.geodetic_crs and crs.geodetic_crs.datum
        else "unknown"
    )
    numbers = [double_text(v) for v in (column + 1, row + 1, x, y, *grid.pixel_size)]
    info = ",".join([kind, *numbers, *zone, datum, f"units={units}"])
    return [f"map info = {{{info}}}", f"coordinate system string = {{{' '.join(snap_wkt(grid.crs).split())}}}"]


def is_big_endian(header_path: Path) -> bool:
    """Byte order as the .hdr says; big-endian, as SNAP always writes, where it is missing or silent."""
    try:
        text = bounds.read_text(header_path, bounds.SETTINGS_BYTES, errors="replace")
    except BadProduct:
        return True
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip().lower() == "byte order":
            return value.strip() != "0"
    return True
