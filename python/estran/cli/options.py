"""Options made from declarations: one a parameter, its help, unit, interval and default said once, in
the declaration.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any, TypeVar

from estran.catalogue.spec import Declared, parameters_of
from estran.declare import Parameter

D = TypeVar("D", bound=Declared)
_PREFIX = "parameter:"


def add_options(parser: argparse.ArgumentParser, declared: type[Declared]) -> None:
    """One option a parameter, grouped by section; those for experts are listed by ``--help-expert`` alone."""
    if any(p.info.expert for p in parameters_of(declared)):
        parser.add_argument(
            "--help-expert",
            action=_ExpertHelp,
            declared=declared,
            help="list the options for experts, thresholds of the method, and exit",
        )
    groups: dict[str, argparse._ArgumentGroup] = {}
    for parameter in parameters_of(declared):
        section = parameter.section or "parameters"
        if section not in groups:
            groups[section] = parser.add_argument_group(
                section.lower() if section == "parameters" else f"parameters: {section}"
            )
        group, dest = groups[section], _PREFIX + parameter.name
        text = argparse.SUPPRESS if parameter.info.expert else help_text(parameter)
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


class _ExpertHelp(argparse.Action):
    """Prints the options for experts, and ends."""

    def __init__(self, declared: type[Declared], **options: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **options)
        self.declared = declared

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        sys.stdout.write(expert_help(parser, self.declared))
        parser.exit()


def expert_help(parser: argparse.ArgumentParser, declared: type[Declared]) -> str:
    """The options for experts as the help shows options, by section."""
    formatter = parser.formatter_class(prog=parser.prog)
    sections: dict[str, list[argparse.Action]] = {}
    for p in parameters_of(declared):
        if p.info.expert:
            metavar = "true|false" if p.kind == "bool" else _metavar(p)
            action = argparse.Action([p.option], p.name, metavar=metavar, help=help_text(p))
            sections.setdefault(p.section, []).append(action)
    for section, actions in sections.items():
        formatter.start_section(section)
        formatter.add_arguments(actions)
        formatter.end_section()
    return formatter.format_help()


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
    if parameter.shown:
        facts.append(f"default {parameter.shown_in_full}")
    return (f"{parameter.info.help} [{', '.join(facts)}]" if facts else parameter.info.help).replace("%", "%%")


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "|".join(parameter.choices)
    return {"strings": "A,B,…", "floats": "X,Y,…", "path": "FILE", "str": "TEXT"}.get(parameter.kind, "N")
