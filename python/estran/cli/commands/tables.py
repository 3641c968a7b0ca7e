"""``estran tables``: make look-up tables, and say of what they were made."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from estran.cli.console import progress_bar
from estran.cli.verbosity import add_verbosity
from estran.errors import BadParameter
from estran.raster.scene import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", title="actions")
    build = actions.add_parser("build", help="make a table", description="Makes a table; stopped, it goes on where it was.", allow_abbrev=False)
    kinds = build.add_subparsers(dest="kind", required=True, metavar="KIND", title="kinds")
    gas = kinds.add_parser(
        "gas", help="transmittance of gases in the bands of Sentinel-2", description="Makes sentinel2_gas.csv, in seconds.", allow_abbrev=False
    )
    gas.add_argument("--thickness", type=Path, required=True, metavar="NC", help="optical thickness of gases in cells of 1 cm-1 (wl, o3, h2o, …)")
    gas.add_argument("--solar", type=Path, required=True, metavar="FILE", help="irradiance of the Sun: text, CSV or NetCDF")
    bands = kinds.add_parser(
        "bands", help="centre, width and solar irradiance of the bands of Sentinel-2", description="Makes sentinel2_bands.csv.", allow_abbrev=False
    )
    bands.add_argument("--solar", required=True, action="append", metavar="NAME=FILE", help="irradiance of the Sun and its name; once for each spectrum")
    for one in (gas, bands):
        one.add_argument(
            "--response", type=Path, required=True, action="append", metavar="FILE", help='spectral responses of a satellite, "S2A…"; once for each'
        )
    for one in kinds.choices.values():
        one.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder of the table (default: here)")
        one.add_argument("--overwrite", action="store_true", help="replace a table that is there, once the new one is whole")
        add_verbosity(one)
    show = actions.add_parser("list", help="say what the tables are and how they were made", description="Lists tables with their records.")
    show.add_argument("tables", nargs="*", type=Path, metavar="TABLE", help="tables of yours (default: those that come with Estran)")
    add_verbosity(show)


def run(args: argparse.Namespace) -> None:
    """Build or list."""
    if args.action == "list":
        _list(args.tables)
    else:
        _write_text(args, *{"gas": _gas, "bands": _bands}[args.kind]())


def _gas() -> tuple[str, Callable[[argparse.Namespace, Progress], str]]:
    from estran.adapters.files.sentinel2_gas import gas_table
    from estran.physics.gas.absorption import NAME

    return NAME, lambda args, progress: gas_table(args.thickness, args.solar, args.response, progress)


def _bands() -> tuple[str, Callable[[argparse.Namespace, Progress], str]]:
    from estran.adapters.files.sentinel2_bands import band_table
    from estran.sensors.band_table import NAME

    return NAME, lambda args, progress: band_table(_named(args.solar), args.response, progress)


def _named(texts: list[str]) -> dict[str, Path]:
    parted = [text.partition("=") for text in texts]
    wrong = [text for text, (name, _, path) in zip(texts, parted, strict=True) if not name or not path]
    if wrong:
        raise BadParameter("a solar spectrum needs a name and a file", expected="--solar NAME=FILE", found=", ".join(wrong))
    return {name: Path(path) for name, _, path in parted}


def _write_text(args: argparse.Namespace, name: str, make: Callable[[argparse.Namespace, Progress], str]) -> None:
    from estran.adapters.files.whole import refuse_existing, whole

    target = _folder(args.out) / name
    refuse_existing(target, overwrite=args.overwrite)
    with progress_bar(args) as progress:
        text = make(args, progress)
    with whole(target, overwrite=args.overwrite) as part:
        part.write_text(text, "utf-8", newline="\n")
    if not args.quiet:
        print(target)


def _list(paths: list[Path]) -> None:
    from estran.tables import SHIPPED
    from estran.tables.archive import read_archive
    from estran.tables.text import read_text

    for path in paths or sorted(p for p in SHIPPED.iterdir() if p.suffix in (".csv", ".npz")):
        record = read_archive(path, check=True).record if path.suffix == ".npz" else read_text(path).record
        print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB")
        for key, value in record.items():
            print(f"  {key}: {value}")


def _folder(out: Path) -> Path:
    if out.exists() and not out.is_dir():
        raise BadParameter("the output is a file", where=out, expected="a folder", todo="give a folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    return out
