"""``estran tables``: make look-up tables, and say of what they were made."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from estran.cli.console import progress_bar
from estran.cli.output import output_path, refuse_inputs
from estran.cli.verbosity import add_verbosity
from estran.errors import BadParameter

if TYPE_CHECKING:
    from estran.tables.build import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", title="actions")
    build = actions.add_parser(
        "build", help="make a table", description="Makes a table; stopped, it goes on where it was.", allow_abbrev=False
    )
    kinds = build.add_subparsers(dest="kind", required=True, metavar="KIND", title="kinds")
    gas = kinds.add_parser(
        "gas",
        help="transmittance of gases in the bands of Sentinel-2",
        description="Makes sentinel2_gas.csv, in seconds.",
        allow_abbrev=False,
    )
    gas.add_argument(
        "--thickness",
        type=Path,
        required=True,
        metavar="NC",
        help="optical thickness of gases in cells of 1 cm-1 (wl, o3, h2o, …)",
    )
    gas.add_argument(
        "--solar", type=Path, required=True, metavar="FILE", help="irradiance of the Sun: text, CSV or NetCDF"
    )
    bands = kinds.add_parser(
        "bands",
        help="centre, width and solar irradiance of the bands of Sentinel-2",
        description="Makes sentinel2_bands.csv.",
        allow_abbrev=False,
    )
    bands.add_argument(
        "--solar",
        required=True,
        action="append",
        metavar="NAME=FILE",
        help="irradiance of the Sun and its name; once for each spectrum",
    )
    for one in (gas, bands):
        one.add_argument(
            "--response",
            type=Path,
            required=True,
            action="append",
            metavar="FILE",
            help='spectral responses of a satellite, "S2A…"; once for each',
        )
    transfer = {
        name: kinds.add_parser(
            name, help=line.partition(":")[0], description=f"Makes tables of {line}.", allow_abbrev=False
        )
        for name, line in _RADIATIVE_TRANSFER.items()
    }
    transfer["aerosol"].add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="an aerosol model; once for each (default: the models that come with Estran)",
    )
    for one in kinds.choices.values():
        one.add_argument(
            "--out", type=output_path, default=Path(), metavar="DIR", help="folder of the table (default: here)"
        )
        one.add_argument(
            "--overwrite", action="store_true", help="replace a table that is there, once the new one is whole"
        )
        one.add_argument(
            "--workers",
            type=_workers,
            default=1,
            metavar="N",
            help="pieces made at once (default: 1); the table does not depend on it",
        )
        add_verbosity(one)
    show = actions.add_parser(
        "list", help="say what the tables are and how they were made", description="Lists tables with their records."
    )
    show.add_argument(
        "tables", nargs="*", type=Path, metavar="TABLE", help="tables of yours (default: those that come with Estran)"
    )
    add_verbosity(show)


def run(args: argparse.Namespace) -> None:
    """Build or list."""
    if args.action == "list":
        _list(args.tables)
    else:
        _build(args)


def _gas(args: argparse.Namespace) -> list[Plan]:
    from estran.adapters.files.sentinel2_gas import gas_plan

    return [gas_plan(args.thickness, args.solar, args.response)]


def _bands(args: argparse.Namespace) -> list[Plan]:
    from estran.adapters.files.sentinel2_bands import band_plan

    parted = [text.partition("=") for text in args.solar]
    wrong = [text for text, (name, _, path) in zip(args.solar, parted, strict=True) if not name or not path]
    if wrong:
        raise BadParameter(
            "a solar spectrum needs a name and a file", expected="--solar NAME=FILE", found=", ".join(wrong)
        )
    return [band_plan({name: Path(path) for name, _, path in parted}, args.response)]


def _radiative_transfer(args: argparse.Namespace) -> list[Plan]:
    from estran.physics.radiative_transfer.tables import plans

    return plans(args.kind, args.model if args.kind == "aerosol" else ())


_RADIATIVE_TRANSFER: Mapping[str, str] = {
    "rayleigh": "light scattered by air molecules, above a black ground and a rough sea: rayleigh.npz and "
    "sky_glint.npz",
    "aerosol": "light scattered by molecules and aerosol in the bands of Sentinel-2: aerosol_MODEL.npz",
}
"""Tables of the radiative transfer, which need no input."""
_PLANS: Mapping[str, Callable[[argparse.Namespace], list[Plan]]] = {
    "gas": _gas,
    "bands": _bands,
    **dict.fromkeys(_RADIATIVE_TRANSFER, _radiative_transfer),
}


def _build(args: argparse.Namespace) -> None:
    from estran.adapters.files.look_up_table import LOOK_UP_TABLE
    from estran.adapters.files.whole import claimed, whole
    from estran.tables.build import clear_pieces, finish, make_pieces

    folder = _folder(args.out)
    plans = _PLANS[args.kind](args)
    with contextlib.ExitStack() as held, progress_bar(args) as progress:
        for plan in plans:
            held.enter_context(claimed(folder / plan.name, overwrite=args.overwrite, kind=LOOK_UP_TABLE))
            refuse_inputs(folder / plan.name, _inputs(args))
        for k, plan in enumerate(plans):
            target = folder / plan.name
            pieces = make_pieces(plan, folder, _part_of(progress, k, len(plans)), workers=args.workers)
            with whole(target, overwrite=args.overwrite, kind=LOOK_UP_TABLE) as part:
                finish(plan, pieces, part)
            clear_pieces(plan, folder)
    if not args.quiet:
        print(*(folder / plan.name for plan in plans), sep="\n")


def _inputs(args: argparse.Namespace) -> list[Path]:
    """The files of the user's from which tables are made."""
    solar = getattr(args, "solar", ())
    named = [Path(text.partition("=")[2]) for text in solar] if isinstance(solar, list) else [solar] if solar else []
    return [
        path for path in (*named, getattr(args, "thickness", None), *getattr(args, "response", ())) if path is not None
    ]


def _part_of(progress: Callable[[float, str], None], k: int, count: int) -> Callable[[float, str], None]:
    return lambda fraction, what: progress((k + fraction) / count, what)


def _list(paths: list[Path]) -> None:
    from estran.tables import SHIPPED
    from estran.tables.archive import read_archive
    from estran.tables.text import read_text

    for path in paths or sorted(p for p in SHIPPED.iterdir() if p.suffix in (".csv", ".npz")):
        record = read_archive(path, check=True).record if path.suffix == ".npz" else read_text(path).record
        print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB")
        for key, value in record.items():
            print(f"  {key}: {value}")


def _workers(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 256")
    return int(text)


def _folder(out: Path) -> Path:
    from estran.adapters.files.claims import followed

    if followed(out).exists() and not out.is_dir():
        raise BadParameter("the output is a file", where=out, expected="a folder", todo="give a folder with --out")
    return out
