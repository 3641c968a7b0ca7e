"""The options on how a product is read, the same for every command that opens one."""

from __future__ import annotations

import argparse

from estran.adapters.files.options import ReadOptions


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Options on reading; :func:`reading` takes them up."""
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--scale", type=float, metavar="X", help="reflectance per digital number of rasters that do not say"
    )
    group.add_argument(
        "--offset",
        type=float,
        metavar="X",
        help="what is added to digital numbers before scaling, of Sentinel-2 bands without their metadata",
    )
    group.add_argument("--granule", metavar="TILE", help="which tile, where a product holds several (T31TDH)")
    group.add_argument(
        "--skip-missing", action="store_true", help="read without the bands that a product lists but lacks"
    )
    group.add_argument("--no-verify", action="store_true", help="do not compare the product's checksums")
    group.add_argument(
        "--angles",
        choices=("metadata", "snap"),
        default="metadata",
        help="where the nodes of the angle grids lie: as the product says, or as SNAP places them",
    )
    group.add_argument(
        "--allow-remote",
        action="store_true",
        help="let files that are opened name others, outside the product or on the network",
    )


def reading(args: argparse.Namespace) -> ReadOptions:
    """What the options say."""
    return ReadOptions(
        scale=args.scale,
        offset=args.offset,
        granule=args.granule,
        strict=not args.skip_missing,
        verify=not args.no_verify,
        angles=args.angles,
        allow_remote=args.allow_remote,
    )
