"""The look-up tables of the radiative transfer: how they are made, and the ones that come with Estran.

To use one: :func:`rayleigh_table`, :func:`sky_glint_table`, :func:`aerosol_table`. To make them: :func:`plans` gives
what :mod:`estran.tables.build` needs, ::

    for work in plans("rayleigh"):
        finish(work, make_pieces(work, folder, progress), folder / work.name)
        clear_pieces(work, folder)

Pieces take a second to a minute each and depend on nothing but this package: the record names the hash of its sources.
NumPy's own threads do not help matrices of this size and get in each other's way: set OPENBLAS_NUM_THREADS to 1.
``docs/ATBD/rt_tables.md`` has the equations and the errors.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from estran import __version__
from estran.errors import BadParameter
from estran.physics.aerosol import MODELS
from estran.physics.radiative_transfer import table_aerosol, table_rayleigh, table_sky_glint
from estran.physics.radiative_transfer.table_aerosol import AerosolTable
from estran.physics.radiative_transfer.table_rayleigh import RayleighTable
from estran.physics.radiative_transfer.table_sky_glint import SkyGlintTable
from estran.tables import SHIPPED
from estran.tables.build import Plan

KINDS = ("rayleigh", "aerosol")
"""What ``estran tables build`` takes; see :func:`plans`."""

RAYLEIGH = (
    "rayleigh",
    "scattering",
    "spherical",
    *(f"radiative_transfer/{name}" for name in ("directions", "kernel", "layer", "molecules", "slab")),
)
SKY_GLINT = (
    *(
        "polarisation",
        "rayleigh",
        "scattering",
        "spherical",
        *(f"sea_surface/{name}" for name in ("facets", "fresnel", "rough_sea", "slopes")),
    ),
    *(f"radiative_transfer/{name}" for name in ("directions", "kernel", "layer", "slab", "solve")),
)
AEROSOL = (
    *(
        "air",
        "rayleigh",
        "scattering",
        "spherical",
        *(f"aerosol/{name}" for name in ("mie", "models", "modes", "optics")),
    ),
    *(f"radiative_transfer/{name}" for name in ("directions", "kernel", "layer", "profile", "slab", "solve")),
)
"""Files of the physics room that decide what stands in each table."""


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


@cache
def aerosol_table(model: str) -> AerosolTable:
    """The table of an aerosol model in the bands of Sentinel-2 that comes with Estran.

    Raises
    ------
    BadParameter
        No table of this model is shipped.

    Examples
    --------
    >>> table = aerosol_table("continental")
    >>> round(float(table.path_reflectance("B2", 0.2, 0.8, 1.0, 0.0)), 4)
    0.0754
    """
    if model not in table_aerosol.SHIPPED_MODELS:
        raise BadParameter(
            "no table of this aerosol comes with Estran",
            expected=" or ".join(table_aerosol.SHIPPED_MODELS),
            found=model,
        )
    return AerosolTable.load(SHIPPED / aerosol_name(model))


def aerosol_name(model: str) -> str:
    """File name of a model's table."""
    return f"aerosol_{model}.npz"


def plans(kind: str, models: Sequence[str] = ()) -> list[Plan]:
    """What the tables of a kind are made of.

    Parameters
    ----------
    kind
        "rayleigh" (molecules, and molecules with a rough sea) or "aerosol".
    models
        Aerosol models; none of them means those that are shipped.

    Raises
    ------
    BadParameter
        There is no such kind or model.
    """
    if kind not in KINDS:
        raise BadParameter("there is no such table of the radiative transfer", expected=" or ".join(KINDS), found=kind)
    return (
        [rayleigh_plan(), sky_glint_plan()]
        if kind == "rayleigh"
        else [aerosol_plan(model) for model in models or table_aerosol.SHIPPED_MODELS]
    )


def rayleigh_plan() -> Plan:
    """What the table of molecules is made of: 15 pieces, 9 s on one core."""
    t = table_rayleigh
    record = {
        "what": "molecules above a black ground: functions X and Y of one direction, diffuse transmittance, spherical "
        "albedo",
        "grid": f"depolarisation {', '.join(map(str, t.DEPOLARISATIONS))}; {t.DEPTHS} depths even in the root, 0 to "
        f"{t.DEEPEST}; "
        f"{t.COSINES} cosines even in the root, {t.LOWEST} to 1",
        "error": "against the solver: I, Q and U within 6e-6 at cosines of 0.2 and more, 3e-5 of 0.05 and more",
    }
    return Plan(t.NAME, record | _made_by("rayleigh", RAYLEIGH), t.pieces(), t.make, t.join)


def sky_glint_plan() -> Plan:
    """What the table of molecules with a rough sea is made of: 16 pieces, 90 s on one core."""
    t = table_sky_glint
    record = {
        "what": "light from molecules and a rough sea together, direct glint and path reflectance taken out: azimuth "
        "modes 0 to 2 of I, Q and U",
        "grid": f"indices {t.INDICES[0]} and {t.INDICES[1]}, for {t.LEAST_INDEX} to {t.GREATEST_INDEX}; {t.DEPTHS} "
        f"depths even in the fourth root, "
        f"0 to {t.DEEPEST}; {t.SLOPES} variances of slopes even in the logarithm, of winds {t.WINDS[0]} to "
        f"{t.WINDS[1]} m/s; {t.ZENITHS} zeniths of "
        f"view and Sun even in tan {t.STRETCH} zenith, 0 to {math.degrees(t.WIDEST):g} degrees",
        "error": "against the solver: I, Q and U within 1e-4, I at zeniths below 70 degrees within 5e-5",
        "depolarisation": str(t.DEPOLARISATION),
    }
    return Plan(t.NAME, record | _made_by("rayleigh", SKY_GLINT), t.pieces(), t.make, t.join)


def aerosol_plan(model: str) -> Plan:
    """What the table of an aerosol model is made of: 13 pieces, 6 minutes on one core.

    Parameters
    ----------
    model
        One of :data:`estran.physics.aerosol.MODELS`.
    """
    t = table_aerosol
    if model not in MODELS:
        raise BadParameter("there is no such aerosol model", expected=" or ".join(MODELS), found=model)
    record = {
        "what": f"molecules and {model} aerosol in the bands of Sentinel-2: azimuth modes of light scattered more "
        f"than once, transmittance, spherical albedo",
        "model": MODELS[model].source,
        "bands": ", ".join(t.BANDS),
        "wavelengths": ", ".join(map(str, t.BANDS.values())) + " nm",
        "grid": f"{t.THICKNESSES} optical depths of aerosol at 550 nm even in the root, 0 to {t.THICKEST:g}, of fluxes "
        f"{t.THICKNESSES_OF_FLUX}; {t.AIRS} of molecules, {t.LEAST_AIR:g} to "
        f"{t.MOST_AIR:g} of that at 1013.25 hPa; {t.VIEWS} zeniths of view to {math.degrees(t.WIDEST_VIEW):g} "
        f"degrees, {t.SUNS} of the Sun to "
        f"{math.degrees(t.WIDEST_SUN):g}, even in tan {t.STRETCH} zenith, of fluxes in tan {t.STRETCH_OF_FLUX} "
        f"zenith; {t.MODES} azimuth modes",
        "streams": f"{t.STREAMS}, below {t.SHORT:g} nm {t.SHORT_STREAMS}, of fluxes {t.FLUX_STREAMS}",
        "scale heights": f"{t.MOLECULES_HEIGHT:g} km of molecules, {t.AEROSOL_HEIGHT:g} km of aerosol",
        "error": "against the solver with 48 streams: reflectance within 1e-4, transmittance within 1e-4, spherical "
        "albedo within 2e-5",
    }
    return Plan(aerosol_name(model), record | _made_by("aerosol", AEROSOL), t.pieces(model), t.make, t.join)


def _made_by(kind: str, sources: tuple[str, ...]) -> dict[str, str]:
    digest = hashlib.sha256()
    for name in sources:
        digest.update((Path(__file__).parents[1] / f"{name}.py").read_text("utf-8").encode())
    return {
        "units": "none",
        "page": "docs/ATBD/rt_tables.md",
        "command": f"estran tables build {kind}",
        "estran": __version__,
        "input sources of estran.physics": f"sha256:{digest.hexdigest()}",
    }
