"""``estran masks``: the short form of ``estran gpt graphs/masks.xml``, with pictures and a report; or a table of
spectra, classified.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from estran.catalogue.operators.masks import Masks
from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import parameters_of
from estran.cli.console import say_times
from estran.cli.engine import add_tuning, execute
from estran.cli.many import add_many, are_many, facts_of, run_many, run_one
from estran.cli.options import add_options, from_options
from estran.cli.output import add_output, claimed_output, files_of, is_folder, picture_overview, write_folder
from estran.cli.product import Complete, Made
from estran.cli.reading import add_reading, reading
from estran.cli.room import judge_memory
from estran.cli.scheduling import add_scheduler
from estran.engine.graph import READ_PREFIX, Graph, Node
from estran.engine.need import memory_of_scene
from estran.engine.stages import Stages
from estran.engine.timing import Stopwatch
from estran.engine.working_grid import DEFAULT, working_grid
from estran.errors import BadParameter
from estran.raster.product import Product
from estran.raster.scene import Progress

RESOLUTIONS = (10, 20, 60)
_ID = "Masks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "products",
        nargs="*",
        type=Path,
        metavar="PRODUCT",
        help="a .SAFE folder, its zip, BEAM-DIMAP, GeoTIFF, NetCDF, a folder of bands; of several, each gets its "
        "folder in OUT",
    )
    add_output(parser)
    parser.add_argument(
        "--resolution",
        type=int,
        choices=RESOLUTIONS,
        help=f"pixels worked on [m, default {DEFAULT}, but nothing is made finer than the finest band that the masks "
        f"read]",
    )
    parser.add_argument(
        "--time",
        metavar="UTC",
        help="sensing time of a product that says none (2019-04-11T10:50:29): gives the sun's place",
    )
    parser.add_argument(
        "--table",
        type=Path,
        metavar="CSV",
        help="classify a table of spectra instead of a product (columns blue, green, red, nir08, swir16, …)",
    )
    add_many(parser)
    add_scheduler(parser)
    add_reading(parser)
    add_tuning(parser)
    add_options(parser, Masks)


def run(args: argparse.Namespace) -> int | None:
    """Make the masks."""
    operator: Any = from_options(args, Masks)  # its parameters come from its parts, unseen by the type checker
    if bool(args.products) == (args.table is not None):
        raise BadParameter(
            "it is not clear what to work on", where="estran masks", expected="either PRODUCT or --table CSV"
        )
    if args.table is not None:
        from estran.cli.table import classify

        classify(args.table, args.out, operator.mode, overwrite=args.overwrite)
        return None
    if not are_many(args):
        return run_one(args, "masks", make)
    facts = {
        "operator": facts_of(operator),
        "resolution": args.resolution,
        "time": args.time,
        "reading": asdict(reading(args)),
    }
    return run_many(args, "masks", args.out, facts)


def make(args: argparse.Namespace, progress: Progress, complete: Complete | None = None) -> Made:
    """Make the masks of ``args.products[0]``, into ``args.out``."""
    from estran.adapters.files.open import open_product

    operator = from_options(args, Masks)
    (path,) = args.products
    watch, overview = Stopwatch(), picture_overview()
    with claimed_output(args.out, args.overwrite, [path, *files_of(operator)]):
        watch.start("open")
        stages = Stages(progress)
        source = _with_time(open_product(path, reading(args), progress=stages.stage(0.02)), args.time)
        found = resolve_reads(operator, tuple(source.bands), source.platform, where=source.name).bands
        source, target_grid = working_grid(source, operator, args.resolution)
        if isinstance(target_grid, int):
            # What the masks hold at the least, before an image is prepared that cannot fit; the engine judges again by
            # what it finds.
            grid = source.grid.at_resolution(target_grid)
            judge_memory(
                memory_of_scene(operator, len(found), grid.width * grid.height), Masks.alias, grid, args, notes=False
            )
        target = None if is_folder(args.out) else args.out
        outcome = execute(
            masks_graph(operator, target_grid),
            {"source": source},
            args,
            progress=stages.stage(0.78),
            stopwatch=watch,
            target=target,
            overview=overview,
        )
        made = Made(args.out, outcome.written)
        if target is None:
            made = write_folder(
                source,
                outcome.last,
                args.out,
                overview=overview,
                title=f"Masks of {source.name}",
                watch=watch,
                overwrite=args.overwrite,
                complete=complete,
                progress=stages.stage(0.2),
            )
            watch.stop()
        elif complete is not None:
            complete(made.files[0])
    say_times(watch.seconds)
    return made


def masks_graph(operator: Masks, grid: int | str | None) -> Graph:
    """The graph of ``graphs/masks.xml`` with its values in place (a test compares).

    `grid` is a pixel size [m], the name of a band whose grid all get, or None where nothing is to be resampled: the
    first node is then left out.
    """
    read = READ_PREFIX + "source"
    # As in graphs that are read, what is empty is not given.
    given = {p: getattr(operator, p.name) for p in parameters_of(Masks)}
    values = {
        p.element: text
        for p, value in given.items()
        if (text := p.format(value)) and not (p.info.expert and value == p.default)
    }
    size = {"referenceBand": grid} if isinstance(grid, str) else {"targetResolution": str(grid)}
    resampled = Node(
        "Resampled",
        "Resample",
        (("sourceProduct", read),),
        {**size, "upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "FlagOr"},
    )
    masks = Node(_ID, Masks.alias, (("source", read if grid is None else resampled.id),), values)
    return Graph("masks", (masks,) if grid is None else (resampled, masks), "estran masks", ("source",))


def _with_time(source: Product, text: str | None) -> Product:
    """The product with the sensing time of ``--time``; one that has a time keeps it."""
    if text is None:
        return source
    from estran.adapters.files.times import utc

    time = utc(text)
    if time is None:
        raise BadParameter("the time cannot be read", where="--time", expected="like 2019-04-11T10:50:29", found=text)
    if source.start is not None:
        return source.with_notes(f"--time {text} is not needed: the product says {source.start:%Y-%m-%d %H:%M:%S} UTC.")
    return replace(source, start=time).with_notes(f"The sensing time {time:%Y-%m-%d %H:%M:%S} UTC is that of --time.")
