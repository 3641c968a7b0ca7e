"""``estran masks``: the short form of ``estran gpt graphs/masks.xml``, with pictures and a report; or a table of spectra, classified."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from estran.catalogue.operators.masks import Masks
from estran.catalogue.spec import parameters_of
from estran.cli.console import progress_bar, say_times, within
from estran.cli.engine import add_tuning, execute
from estran.cli.options import add_options, from_options
from estran.cli.output import add_output, claimed_output, files_of, is_folder, picture_overview, write_folder
from estran.cli.reading import add_reading, reading
from estran.engine.graph import READ_PREFIX, Graph, Node
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter
from estran.raster.product import Product

RESOLUTIONS = (10, 20, 60)
_ID = "Masks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("product", nargs="?", type=Path, metavar="PRODUCT", help="a .SAFE folder, its zip, BEAM-DIMAP, GeoTIFF, NetCDF, a folder of bands")
    add_output(parser)
    parser.add_argument(
        "--resolution", type=int, choices=RESOLUTIONS, default=20, help="pixels worked on [m, default 20]; a product of one size is never made finer than it is"
    )
    parser.add_argument("--time", metavar="UTC", help="sensing time of a product that says none (2019-04-11T10:50:29): gives the sun's place")
    parser.add_argument("--table", type=Path, metavar="CSV", help="classify a table of spectra instead of a product (columns blue, green, red, nir, swir1, …)")
    add_reading(parser)
    add_tuning(parser)
    add_options(parser, Masks)


def run(args: argparse.Namespace) -> None:
    """Make the masks."""
    operator: Any = from_options(args, Masks)  # its parameters come from its parts, unseen by the type checker
    if (args.product is None) == (args.table is None):
        raise BadParameter("it is not clear what to work on", where="estran masks", expected="either PRODUCT or --table CSV")
    if args.table is not None:
        from estran.cli.table import classify

        return classify(args.table, args.out, operator.mode, overwrite=args.overwrite)
    from estran.adapters.files.open import open_product

    watch, overview = Stopwatch(), picture_overview()
    with claimed_output(args.out, args.overwrite, [args.product, *files_of(operator)]), progress_bar(args) as progress:
        watch.start("open")
        source = open_product(args.product, reading(args), progress=within(progress, 0.0, 0.02))
        source = _with_time(source, args.time)
        resample = needs_resampling(source, args.resolution)
        if not resample and (why := own_grid(source, args.resolution)):
            source = source.with_notes(why)
        graph = masks_graph(operator, args.resolution if resample else None)
        target = None if is_folder(args.out) else args.out
        outcome = execute(
            graph,
            {"source": source},
            args,
            progress=lambda share, message: progress(0.02 + 0.83 * share, message),
            stopwatch=watch,
            target=target,
            overview=overview,
        )
        if target is None:
            title = f"Masks of {source.name}"
            page = write_folder(
                overview.on(source),
                outcome.last,
                args.out,
                title=title,
                timings=dict(watch.seconds),
                overwrite=args.overwrite,
                progress=watch.listening(within(progress, 0.85, 1.0)),
            )
            watch.stop()
        else:
            page = args.out
    say_times(watch.seconds)
    if not args.quiet:
        print(page)
    return None


def masks_graph(operator: Masks, resolution: int | None) -> Graph:
    """The graph of ``graphs/masks.xml`` with its values in place; without its first node where nothing is to be resampled (a test compares)."""
    read = READ_PREFIX + "source"
    values = {p.element: p.format(getattr(operator, p.name)) for p in parameters_of(Masks)}
    resampled = Node(
        "Resampled",
        "Resample",
        (("sourceProduct", read),),
        {"targetResolution": str(resolution), "upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "FlagOr"},
    )
    masks = Node(_ID, Masks.alias, (("source", read if resolution is None else resampled.id),), values)
    return Graph("masks", (masks,) if resolution is None else (resampled, masks), "estran masks", ("source",))


def needs_resampling(source: Product, resolution: int) -> bool:
    """Whether the bands have to be brought to the working grid: always where their sizes differ, else where they are finer than it."""
    return source.is_multisize or not own_grid(source, resolution)


def own_grid(source: Product, resolution: int) -> str:
    """Why a product of one size keeps its own grid; "" where it does not."""
    grid = source.grid
    if grid.transform is None or grid.is_geographic:
        return "The product keeps its own grid, which is not in metres."
    size = max(grid.pixel_size)
    return f"The product keeps its pixels of {size:g} m, which are not finer than the {resolution} m asked for." if size >= resolution else ""


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
