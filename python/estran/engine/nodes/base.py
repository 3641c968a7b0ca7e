"""What the nodes of SNAP's share."""

# SNAP's parameter names are camelCase; class attributes of a declaration are no mutable state.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from estran.catalogue.spec import Declared
from estran.engine.graph import Value
from estran.errors import BadParameter
from estran.raster.product import Product

WITH_GPT = "run this graph with SNAP's gpt"


@dataclass(frozen=True)
class Beyond:
    """A parameter of SNAP's that this engine does not do: the values that ask for nothing, and what to do where another
    is set.
    """

    instead: str
    idle: tuple[str, ...] = ()


class SnapNode(Declared):
    """A node of SNAP's: parameters declared as ours are, sources by name.

    ``other_names`` are the names of fields in SNAP's own source: gpt takes them beside the names that its help shows,
    and snapista writes them. ``beyond`` is what SNAP can do and this engine cannot: refused where it is set.
    ``beyond_values`` are such values of a parameter that is taken.
    """

    sources: ClassVar[tuple[str, ...]] = ("sourceProduct",)
    many_sources: ClassVar[bool] = False
    other_names: ClassVar[Mapping[str, str]] = {}
    beyond: ClassVar[Mapping[str, Beyond]] = {}
    beyond_values: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    version = "13.0.3"
    label = ""
    summary = ""
    atbd = ""

    @classmethod
    def parameter_names(cls) -> tuple[str, ...]:
        """The parameters that this engine takes."""
        from estran.catalogue.spec import parameters_of

        return tuple(p.name for p in parameters_of(cls))

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> Self:
        """Construct from the parameters of a graph's node.

        Raises
        ------
        BadParameter
            Unknown names, values of another type, and what SNAP does and this engine does not.
        """
        known = cls.known_values(values)
        for name, value in known.items():
            if not isinstance(value, str):
                raise BadParameter(
                    f"parameter {name} is a list of records",
                    where=cls.alias,
                    expected="a text",
                    todo="write its value as text",
                )
        return cls.from_text({name: value for name, value in known.items() if isinstance(value, str)})

    @classmethod
    def known_values(cls, values: Mapping[str, Value]) -> dict[str, Value]:
        """The values under the names of this engine, without those that are not given."""
        found: dict[str, Value] = {}
        for name, value in values.items():
            value = value.strip() if isinstance(value, str) else value
            if not value:
                continue
            known = cls.other_names.get(name, name)
            if found.get(known, value) != value:
                raise BadParameter(
                    f"parameter {known} is given twice, as {known} and as {name}", where=cls.alias, todo="give it once"
                )
            found[known] = value
        for name, beyond in cls.beyond.items():
            value = found.pop(name, "")
            if value and value not in beyond.idle:
                shown = f" with {value!r}" if isinstance(value, str) and len(value) < 40 else ""
                raise BadParameter(
                    f"{cls.alias} does not do {name} here{shown}",
                    where=cls.alias,
                    todo=f"{beyond.instead}, or {WITH_GPT}",
                )
        for name, others in cls.beyond_values.items():
            if found.get(name) in others:
                choices = ", ".join(_choices(cls, name))
                raise BadParameter(
                    f"{cls.alias} does not do {name} {found[name]!r} here",
                    where=cls.alias,
                    todo=f"take one of {choices}, or {WITH_GPT}",
                )
        unknown = [name for name in found if name not in cls.parameter_names()]
        if unknown:
            names = (*cls.parameter_names(), *cls.beyond)
            raise BadParameter(
                f"unknown parameter {unknown[0]!r}",
                where=cls.alias,
                expected=", ".join(names),
                todo="correct its name: SNAP's gpt knows none such",
            )
        return found

    def apply(self, source: Product, *, tile: int) -> Product:
        """The target product; lazy, in chunks of `tile` pixels."""
        raise BadParameter("this node has no target of its own", where=self.alias)

    def apply_to(self, sources: Mapping[str, Product], *, tile: int) -> Product:
        """The target product of all sources, by name; most nodes have one."""
        return self.apply(next(iter(sources.values())), tile=tile)


def _choices(node: type[SnapNode], name: str) -> tuple[str, ...]:
    from estran.catalogue.spec import parameters_of

    return next(p.choices for p in parameters_of(node) if p.name == name)
