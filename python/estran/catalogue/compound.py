"""An operator made of others: what they declare is taken over, not written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from estran.catalogue.spec import Aux, AuxMeteo, Operator, Reads, parameters_of
from estran.declare import Parameter, ParamInfo, offer
from estran.labels import first_lower, first_upper

Class = TypeVar("Class", bound=type)


@dataclass(frozen=True)
class OperatorPart:
    """An operator inside another.

    Parameters
    ----------
    op
        It.
    prefix
        Put before the names of its parameters in the compound; "" for the main part.
    shared
        Parameters that keep their name, because an earlier part has the same: angles, a DEM.
    left_out
        Parameters that the compound has not: the part's default holds.
    out_of_dialog
        Parameters of the main part that its own dialog shows, and the compound's does not; it shows none of parts that
        have a prefix.
    """

    op: type[Operator]
    prefix: str = ""
    shared: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    out_of_dialog: tuple[str, ...] = ()

    def name_of(self, parameter: str) -> str:
        """What a parameter of the part is called in the compound."""
        return parameter if parameter in self.shared else self.prefix + parameter

    def info_of(self, p: Parameter) -> ParamInfo:
        """What the compound says of a parameter of the part."""
        at_most = self.name_of(p.info.at_most) if p.info.at_most and p.info.at_most not in self.left_out else ""
        if not self.prefix:
            return replace(p.info, at_most=at_most, dialog=p.info.dialog and p.name not in self.out_of_dialog)
        label = f"{first_upper(self.prefix.strip('_'))}: {first_lower(p.label)}" if p.info.label else ""
        return replace(p.info, at_most=at_most, section=self.op.label, label=label, dialog=False)

    def taken(self) -> Iterable[Parameter]:
        """The parameters that the compound has."""
        return (p for p in parameters_of(self.op) if p.name not in self.left_out)

    def of(self, compound: Operator) -> Any:
        """The part with the compound's values."""
        return self.op(**{p.name: getattr(compound, self.name_of(p.name)) for p in self.taken()})


def with_parameters_of(*parts: OperatorPart) -> Callable[[Class], Class]:
    """A class decorator, to stand below ``@dataclass``: the parameters of the parts, after the class's own.

    Those of a part with a prefix stand under its label, as one section.
    """

    def decorate(declared: Class) -> Class:
        for part in parts:
            for p in part.taken():
                offer(declared, part.name_of(p.name), p, part.info_of(p))
        return declared

    return decorate


def reads_of(
    main: type[Operator], *others: type[Operator], left_out: Callable[[Reads], bool] = lambda reads: False
) -> tuple[Reads, ...]:
    """Bands of the first source of every part, but those `left_out`; what only `others` need is optional, and switches
    them off.
    """
    found = {reads.band: reads for reads in main.sources[0].reads}
    for other in others:
        off = f"{first_lower(other.label)} is off"
        for reads in other.sources[0].reads:
            if left_out(reads):
                continue
            known = found.get(reads.band)
            without = reads.without if reads.optional else off
            if known is None:
                found[reads.band] = replace(reads, optional=True, without=without)
            elif known.optional:
                found[reads.band] = replace(
                    known, without=_both(known.without, without), from_param=known.from_param or reads.from_param
                )
    return tuple(found.values())


def aux_of(main: type[Operator], *others: type[Operator]) -> tuple[Aux, ...]:
    """Rasters of every part."""
    found = {aux.name: aux for aux in main.aux}
    for other in others:
        for aux in other.aux:
            known = found.get(aux.name)
            off = f"{first_lower(other.label)} is off"
            found[aux.name] = (
                replace(aux, without=off)
                if known is None
                else replace(known, without=_both(known.without, off), margin=max(known.margin, aux.margin))
            )
    return tuple(found.values())


def meteo_of(*parts: OperatorPart) -> tuple[AuxMeteo, ...]:
    """Meteorology of every part, by the names that its parameters have in the compound."""
    return tuple(
        replace(
            meteo,
            parameter=part.name_of(meteo.parameter) if meteo.parameter else "",
            only_if=part.name_of(meteo.only_if) if meteo.only_if else "",
        )
        for part in parts
        for meteo in part.op.meteo
    )


def _both(first: str, second: str) -> str:
    return first if second in first else f"{first}; {second}"
