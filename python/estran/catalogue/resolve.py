"""Where an operator's inputs come from in one product: bands, constants, files; and the notes about it.

The engine and the SNAP adapter both ask here, so that the same product gives the same inputs, the same notes and the
same errors on either side. Nothing is opened: names and units go in, a :class:`Resolution` comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from estran.catalogue.meteorology import find_meteo
from estran.catalogue.spec import Aux, AuxMeteo, AuxTable, Operator, Reads, Source
from estran.catalogue.units import Conversion, NoConversion, conversion
from estran.errors import EstranError, MissingBand, UnsupportedProduct
from estran.raster.record import Note
from estran.raster.record import missing as missing_note
from estran.sensors.bands import SPECTRAL, refuse_old_names, resolve, sensor_of, takes_for_sentinel2


@dataclass(frozen=True)
class Resolution:
    """Where each input comes from.

    Parameters
    ----------
    bands
        Semantic (or `aux`) name to the name of the product's band.
    constants
        Semantic name to the constant that stands for it over the whole scene, in the unit of its
        :class:`~estran.catalogue.spec.Reads`.
    files
        `aux` name to the file to be read for it.
    tables
        Name of a table to the file to be read for it.
    conversions
        Semantic name to how the band's values get into the unit of its declaration, where they are in another.
    missing
        Optional inputs that the product lacks.
    notes
        Sentences for log, metadata and report: what was replaced, what is switched off.
    """

    bands: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    tables: Mapping[str, Path] = field(default_factory=dict)
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    missing: tuple[Reads | Aux | AuxMeteo | AuxTable, ...] = ()
    notes: tuple[Note, ...] = ()


def resolve_reads(
    op: Operator | type[Operator],
    available: Mapping[str, str | None] | Iterable[str],
    platform: str = "",
    parameters: Mapping[str, Any] | None = None,
    *,
    source: str = "",
    where: str = "",
) -> Resolution:
    """Find what an operator reads among a product's bands.

    For each band, in this order: the product's own band, the parameter that may stand for it (`from_param`), a
    `fallback` band, nothing. All but the first are noted, and so is whatever is converted from another unit, and what
    serves as meteorology (:class:`~estran.catalogue.auxiliary.AuxMeteo`).

    Parameters
    ----------
    op
        The operator, or its class together with `parameters`.
    available
        Names of bands and tie-point grids, with their units where known (None or "" where not).
    platform
        "Sentinel-2A", "Landsat-8"…; "" where the product does not say: Sentinel-2's names are then tried, and a note
        says so.
    parameters
        Values by name; an instance's own where not given.
    source
        Name of the source product meant, of an operator that has several; the first where empty.
    where
        Name of the product, for the error.

    Raises
    ------
    MissingBand
        When mandatory bands are missing: names all of them and lists what the product has.
    UnsupportedProduct
        When a band's unit measures something else than the one needed (metres for degrees); when reflectance is needed
        of a platform that is not in the registry, or of bands that have the names of an older Estran.
    """
    units = dict(available) if isinstance(available, Mapping) else dict.fromkeys(available)
    values = {} if parameters is None else parameters
    declared = source_of(op, source)
    if any(reads.band in SPECTRAL for reads in declared.reads):
        sensor_of(platform, where)
        refuse_old_names(units, where)
    bands: dict[str, str] = {}
    constants: dict[str, float] = {}
    missing: list[Reads | Aux | AuxMeteo | AuxTable] = []
    mandatory: list[Reads] = []
    notes: list[Note] = []

    def value(name: str) -> Any:
        return values[name] if name in values else getattr(op, name, None)

    for reads in declared.reads:
        name = resolve(reads.band, units, platform)
        if name is not None:
            bands[reads.band] = name
            continue
        constant = value(reads.from_param) if reads.from_param else None
        if constant is not None:
            constants[reads.band] = float(constant)
            text = f"no {reads.band}: the constant {constant:g} {reads.unit} of parameter {reads.from_param} is used."
            notes.append(Note("constant", reads.band, text))
            continue
        instead = next(((f, found) for f in reads.fallback if (found := resolve(f, units, platform)) is not None), None)
        if instead is not None:
            bands[reads.band] = instead[1]
            text = f"no {reads.band}: {instead[0]} (band {instead[1]}) is used instead."
            notes.append(Note("substitute", reads.band, text))
        elif reads.optional:
            missing.append(reads)
            notes.append(missing_note(reads.band, reads.without))
        else:
            mandatory.append(reads)
    if not platform and any(takes_for_sentinel2(semantic, name) for semantic, name in bands.items()):
        text = "the product does not say its platform: its bands are taken for Sentinel-2's."
        notes.append(Note("assumed", "", text))
    if mandatory:
        raise _missing(op, mandatory, units, where)
    wanted = {reads.band: reads.unit for reads in declared.reads if reads.band in bands}
    files: dict[str, Path] = {}
    tables: dict[str, Path] = {}
    if not source or declared is op.sources[0]:
        for aux in op.aux:
            path = value(aux.parameter)
            found = resolve(aux.name, units, platform)
            if path is not None:
                files[aux.name] = Path(path)
            elif found is not None:
                bands[aux.name] = found
            else:
                missing.append(aux)
                notes.append(missing_note(aux.name, aux.without))
        for meteo in op.meteo:
            use = find_meteo(meteo, units, platform, value)
            bands |= use.bands
            constants |= use.constants
            wanted |= dict.fromkeys(use.bands, meteo.unit)
            notes.append(use.note)
            if not use.is_known:
                missing.append(meteo)
        for table in op.tables:
            path = value(table.parameter)
            if path is not None:
                tables[table.name] = Path(path)
            else:
                missing.append(table)
                notes.append(missing_note(table.name, table.without))
    conversions = {
        semantic: how
        for semantic, unit in wanted.items()
        if (how := _conversion(semantic, unit, bands[semantic], units, where)) is not None
    }
    notes += [
        Note("converted", semantic, f"{bands[semantic]} ({semantic}) is converted from {c.found} to {c.wanted}.")
        for semantic, c in conversions.items()
    ]
    return Resolution(bands, constants, files, tables, conversions, tuple(missing), tuple(notes))


def coverage_notes(aux: Aux, path: Path, covered: float) -> tuple[Note, ...]:
    """What is to be said of a raster beside the product that has data over the fraction `covered` of the scene."""
    if covered == 0.0:
        text = f"{path.name} has no data over the scene. {missing_note(aux.name, aux.without)}"
        return (Note("missing", aux.name, text),)
    text = f"{path.name} has data over {100 * covered:.3g} % of the scene; the rest is as without it."
    return (Note("coverage", aux.name, text),) if covered < 0.999 else ()


def source_of(op: Operator | type[Operator], name: str = "") -> Source:
    """The declared source of that name; the first where `name` is empty."""
    if not name:
        return op.sources[0]
    for source in op.sources:
        if source.name == name:
            return source
    raise EstranError(f"no source is called {name!r}", where=op.alias, expected=", ".join(s.name for s in op.sources))


def _conversion(semantic: str, unit: str, band: str, units: Mapping[str, str | None], where: str) -> Conversion | None:
    try:
        return conversion(units[band] or "", unit)
    except NoConversion:
        raise UnsupportedProduct(
            f"band {band} ({semantic}) is in a unit that cannot be converted",
            where=where,
            expected=unit,
            found=units[band],
            todo="give a product whose band measures that, or correct the band's unit",
        ) from None


def _missing(
    op: Operator | type[Operator], reads: list[Reads], units: Mapping[str, str | None], where: str
) -> MissingBand:
    names = ", ".join(r.band for r in reads)
    spare = ", ".join(f"{r.band} by {r.from_param}" for r in reads if r.from_param)
    what = (
        f"{op.alias} needs {names}, which the product lacks"
        if len(reads) > 1
        else f"{op.alias} needs the band {names}, which the product lacks"
    )
    todo = "give a product with these bands, or a stack whose bands carry these names"
    return MissingBand(
        what,
        where=where,
        found=", ".join(units) or "no band at all",
        todo=f"give as parameters: {spare}" if spare else todo,
    )
