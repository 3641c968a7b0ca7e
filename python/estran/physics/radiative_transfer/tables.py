"""The look-up tables of the radiative transfer: how they are made, and the ones that come with Estran.

To use one: :func:`rayleigh_table`. To make one: :func:`plan` gives what :mod:`estran.tables.build` needs, ::

    work = plan("rayleigh")
    finish(work, make_pieces(work, folder, progress), folder / work.name)
    clear_pieces(work, folder)

Pieces take a second each and depend on nothing but this package: the record names the hash of its sources. ``docs/ATBD/rt_tables.md`` has the equations and the
errors.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from estran import __version__
from estran.errors import BadParameter
from estran.physics.radiative_transfer import table_rayleigh
from estran.physics.radiative_transfer.table_rayleigh import RayleighTable
from estran.tables import SHIPPED
from estran.tables.build import Plan

KINDS = ("rayleigh",)
"""Tables by the word that ``estran tables build`` takes."""

SOURCES = (
    "rayleigh.py",
    "scattering.py",
    "spherical.py",
    *(f"radiative_transfer/{name}.py" for name in ("directions", "ground", "kernel", "layer", "molecules", "profile", "slab", "solve")),
)
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


def plan(kind: str) -> Plan:
    """What a table is made of.

    Raises
    ------
    BadParameter
        There is no such table.
    """
    if kind not in KINDS:
        raise BadParameter("there is no such table of the radiative transfer", expected=" or ".join(KINDS), found=kind)
    t = table_rayleigh
    record = {
        "what": "molecules above a black ground: functions X and Y of one direction, diffuse transmittance, spherical albedo",
        "units": "none",
        "page": "docs/ATBD/rt_tables.md",
        "grid": f"depolarisation {', '.join(map(str, t.DEPOLARISATIONS))}; {t.DEPTHS} depths even in the root, 0 to {t.DEEPEST}; "
        f"{t.COSINES} cosines even in the root, {t.LOWEST} to 1",
        "error": "against the solver: I, Q and U within 6e-6 at cosines of 0.2 and more, 3e-5 of 0.05 and more",
        **_made_by(kind),
    }
    return Plan(t.NAME, record, t.pieces(), t.make, t.join)


def _made_by(kind: str) -> dict[str, str]:
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parents[1] / name).read_text("utf-8").encode())
    return {"command": f"estran tables build {kind}", "estran": __version__, "input sources of estran.physics": f"sha256:{digest.hexdigest()}"}
