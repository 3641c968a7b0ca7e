"""The look-up tables of the radiative transfer: how they are made, and the ones that come with Estran.

To use one: :func:`rayleigh_table`, :func:`sky_glint_table`. To make one: :func:`plan` gives what :mod:`estran.tables.build` needs, ::

    work = plan("rayleigh")
    finish(work, make_pieces(work, folder, progress), folder / work.name)
    clear_pieces(work, folder)

Pieces take a second each and depend on nothing but this package: the record names the hash of its sources. ``docs/ATBD/rt_tables.md`` has the equations and the
errors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from estran import __version__
from estran.errors import BadParameter
from estran.physics.radiative_transfer import table_rayleigh, table_sky_glint
from estran.physics.radiative_transfer.table_rayleigh import RayleighTable
from estran.physics.radiative_transfer.table_sky_glint import SkyGlintTable
from estran.tables import SHIPPED
from estran.tables.build import Plan


def _solver(*names: str) -> list[str]:
    return [f"radiative_transfer/{name}" for name in names]


KINDS = ("rayleigh", "sky_glint")
"""Tables by the word that ``estran tables build`` takes."""

SOURCES: Mapping[str, Sequence[str]] = {
    "rayleigh": tuple(f"{name}.py" for name in ("rayleigh", "scattering", "spherical", *_solver("directions", "kernel", "layer", "molecules", "slab"))),
    "sky_glint": tuple(
        f"{name}.py"
        for name in (
            *("polarisation", "rayleigh", "scattering", "spherical"),
            *_solver("directions", "kernel", "layer", "slab", "solve"),
            *(f"sea_surface/{name}" for name in ("facets", "fresnel", "rough_sea", "slopes")),
        )
    ),
}
"""Files of the physics room that decide what stands in the tables."""


@cache
def rayleigh_table() -> RayleighTable:
    """The Rayleigh table that comes with Estran.

    Examples
    --------
    >>> from estran.physics.rayleigh import optical_depth
    >>> table = rayleigh_table()
    >>> blue = optical_depth(492.7, 1013.25)
    >>> round(float(table.path_reflectance(blue, 0.8, 1.0, 0.0)), 4)
    0.0602
    >>> round(float(table.transmittance(blue, 0.8)), 4), round(float(table.spherical_albedo(blue)), 4)
    (0.9129, 0.1207)
    """
    return RayleighTable.load(SHIPPED / table_rayleigh.NAME)


@cache
def sky_glint_table() -> SkyGlintTable:
    """The table of light from air and rough sea together that comes with Estran.

    Examples
    --------
    >>> from estran.physics.rayleigh import optical_depth
    >>> blue = optical_depth(492.7, 1013.25)
    >>> round(float(sky_glint_table().reflectance(blue, 0.8, 1.0, 0.0, 5.0)), 4)
    0.0042
    """
    return SkyGlintTable.load(SHIPPED / table_sky_glint.NAME)


def plan(kind: str) -> Plan:
    """What a table is made of.

    Raises
    ------
    BadParameter
        There is no such table.
    """
    if kind not in KINDS:
        raise BadParameter("there is no such table of the radiative transfer", expected=" or ".join(KINDS), found=kind)
    return {"rayleigh": _rayleigh, "sky_glint": _sky_glint}[kind]()


def _rayleigh() -> Plan:
    t = table_rayleigh
    record = {
        "what": "molecules above a black ground: functions X and Y of one direction, diffuse transmittance, spherical albedo",
        "grid": f"depolarisation {', '.join(map(str, t.DEPOLARISATIONS))}; {t.DEPTHS} depths even in the root, 0 to {t.DEEPEST}; "
        f"{t.COSINES} cosines even in the root, {t.LOWEST} to 1",
        "error": "against the solver: I, Q and U within 6e-6 at cosines of 0.2 and more, 3e-5 of 0.05 and more",
    }
    return Plan(t.NAME, record | _made_by("rayleigh"), t.pieces(), t.make, t.join)


def _sky_glint() -> Plan:
    t = table_sky_glint
    record = {
        "what": "light from molecules and a rough sea together, direct glint and path reflectance taken out: azimuth modes 0 to 2 of I, Q and U",
        "grid": f"indices {t.INDICES[0]} and {t.INDICES[1]}, for {t.LEAST_INDEX} to {t.GREATEST_INDEX}; {t.DEPTHS} depths even in the fourth root, "
        f"0 to {t.DEEPEST}; {t.SLOPES} variances of slopes even in the logarithm, of winds {t.WINDS[0]} to {t.WINDS[1]} m/s; {t.ZENITHS} zeniths of "
        f"view and Sun even in tan {t.STRETCH} zenith, 0 to {math.degrees(t.WIDEST):g} degrees",
        "error": "against the solver: I, Q and U within 1e-4, at zeniths below 70 degrees within 4e-5",
        "depolarisation": str(t.DEPOLARISATION),
    }
    return Plan(t.NAME, record | _made_by("sky_glint"), t.pieces(), t.make, t.join)


def _made_by(kind: str) -> dict[str, str]:
    digest = hashlib.sha256()
    for name in SOURCES[kind]:
        digest.update((Path(__file__).parents[1] / name).read_text("utf-8").encode())
    return {
        "units": "none",
        "page": "docs/ATBD/rt_tables.md",
        "command": f"estran tables build {kind}",
        "estran": __version__,
        "input sources of estran.physics": f"sha256:{digest.hexdigest()}",
    }
