"""Where a product goes: the format's ending, what lies beside the file, and how a product that is there is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.files.belongings import Kind, starts_with
from estran.adapters.files.undecodable import check_output, check_xml_name
from estran.errors import BadParameter

FORMATS = {"BEAM-DIMAP": ".dim", "GeoTIFF": ".tif", "GeoTIFF-BigTIFF": ".tif", "NetCDF4-CF": ".nc"}
"""The formats that we write, under SNAP's names, and their endings."""
_NEAREST = {
    "netcdf": "NetCDF4-CF",
    "geotiff": "GeoTIFF",
    "gtiff": "GeoTIFF",
    "cog": "GeoTIFF",
    "bigtiff": "GeoTIFF-BigTIFF",
}
"""Beginnings of other names of formats that SNAP writes, and the one of ours that is nearest."""

GEOTIFF = starts_with("GeoTIFF", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
NETCDF = starts_with("NetCDF file", b"\x89HDF\r\n\x1a\n", b"CDF")


@dataclass(frozen=True)
class Place:
    """A product's place: the file that users open, what lies beside it, and its kind."""

    path: Path
    ending: str
    companions: tuple[str, ...]
    kind: Kind


def place_of(path: Path, format_name: str = "") -> Place:
    """Where a product of a format goes.

    Parameters
    ----------
    path
        As the user gives it.
    format_name
        SNAP's name of the format, whose ending is added where it lacks; "" goes by the ending.

    Raises
    ------
    BadParameter
        If neither format nor ending is known, or the name is no text.
    """
    path = Path(path)
    check_output(path)
    if path.name in ("", ".."):
        raise BadParameter(
            "the output is a folder without a name of its own",
            where=path,
            expected="the name of a file",
            todo="give one, such as target.dim",
        )
    if format_name and format_name not in FORMATS:
        nearest = next((ours for name, ours in _NEAREST.items() if format_name.lower().startswith(name)), "BEAM-DIMAP")
        raise BadParameter(
            "the output format is not known",
            where=path,
            expected=", ".join(FORMATS),
            found=format_name,
            todo=f"take {nearest}",
        )
    if format_name and _ending(path) != FORMATS[format_name]:
        path = path.with_name(path.name + FORMATS[format_name])
    ending = _ending(path)
    if ending == ".dim":
        from estran.adapters.files.claims import followed
        from estran.adapters.files.dimap.place import DIMAP

        place = followed(path)
        if _ending(place) != ".dim":
            raise BadParameter(
                "the link leads to a name that is no BEAM-DIMAP product's",
                where=path,
                expected="a name in .dim",
                found=place,
            )
        check_xml_name(path, "\\")  # which headers hold as Windows's separator of folders
        return Place(path, ending, (f"{place.stem}.data",), DIMAP)
    if ending == ".tif":
        return Place(path, ending, (), GEOTIFF)
    if ending == ".nc":
        return Place(path, ending, (), NETCDF)
    raise BadParameter(
        "the ending of the output is not known",
        where=path,
        expected=", ".join(dict.fromkeys(FORMATS.values())),
        found=path.suffix or "none",
        todo="let the name end in one of these",
    )


def _ending(path: Path) -> str:
    return {".tiff": ".tif"}.get(path.suffix.lower(), path.suffix.lower())


@contextmanager
def claimed_place(path: Path, format_name: str = "", *, overwrite: bool = False) -> Iterator[Place]:
    """Hold a product's place while a run works on it: :func:`estran.adapters.files.whole.claimed`."""
    from estran.adapters.files.whole import claimed

    place = place_of(path, format_name)
    with claimed(place.path, companions=place.companions, overwrite=overwrite, kind=place.kind):
        yield place
