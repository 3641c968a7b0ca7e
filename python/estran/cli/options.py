"""Options made from declarations: one a parameter, its help, unit, interval and default said once, in
the declaration.
"""

from __future__ import annotations

import argparse
from typing import TypeVar

from estran.catalogue.parameters import Parameter
from estran.catalogue.spec import Declared, parameters_of

D = TypeVar("D", bound=Declared)
_PREFIX = "parameter:"


def add_options(parser: argparse.ArgumentParser, declared: type[Declared]) -> None:
    """One option a parameter, grouped by section."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for parameter in parameters_of(declared):
        section = parameter.info.section or "parameters"
        if section not in groups:
            groups[section] = parser.add_argument_group(
                section.lower() if section == "parameters" else f"parameters: {section}"
            )
        group, dest, text = groups[section], _PREFIX + parameter.name, help_text(parameter)
        if parameter.kind == "bool":
            group.add_argument(parameter.option, dest=dest, nargs="?", const="true", metavar="true|false", help=text)
            group.add_argument(
                "--no-" + parameter.option.removeprefix("--"),
                dest=dest,
                action="store_const",
                const="false",
                help=argparse.SUPPRESS,
            )
        else:
            group.add_argument(parameter.option, dest=dest, metavar=_metavar(parameter), help=text)


def from_options(args: argparse.Namespace, declared: type[D]) -> D:
    """The declaration with the options that were given.

    Raises
    ------
    BadParameter
        A value of another type, choice or interval.
    """
    given = {
        key.removeprefix(_PREFIX): value
        for key, value in vars(args).items()
        if key.startswith(_PREFIX) and value is not None
    }
    return declared.from_text(given)


def help_text(parameter: Parameter) -> str:
    """Help, unit, interval, default."""
    facts = [t for t in (parameter.info.unit if parameter.info.unit != "1" else "", parameter.info.interval) if t]
    default = parameter.format(parameter.default)
    if default:
        facts.append(f"default {default}")
    return (f"{parameter.info.help} [{', '.join(facts)}]" if facts else parameter.info.help).replace("%", "%%")


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "|".join(parameter.choices)
    return {"strings": "A,B,…", "floats": "X,Y,…", "path": "FILE", "str": "TEXT"}.get(parameter.kind, "N")
