"""SNAP Desktop's layer.xml: one action an operator, its place in the menu, and the help set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from estran.catalogue.spec import Operator
from estran.catalogue.views.markup import ascii_xml, indent
from estran.catalogue.views.names import GENERATED, PACKAGE, action_name, class_name, help_id, menu_entry

FIRST_POSITION = 450
"""After the entries that SNAP's own toolboxes put into the folders we share."""


def layer_xml(ops: Sequence[type[Operator]]) -> str:
    """The NetBeans layer. Only the five attributes that SNAP's DefaultOperatorAction reads are given."""
    shadows = [(op, _shadow(op, position)) for position, op in enumerate(ops, FIRST_POSITION)]
    actions = [line for op in ops for line in _action(op)]
    menus = _tree({tuple(op.menu.split("/")): [s for o, s in shadows if o.menu == op.menu] for op, _ in shadows})
    helpset = [
        '<file name="estran-helpset.xml" url="' + PACKAGE + '/docs/helpset.xml">',
        *indent([_attr("position", 4700)]),
        "</file>",
    ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<!DOCTYPE filesystem PUBLIC "-//NetBeans//DTD Filesystem 1.2//EN" '
        '"http://www.netbeans.org/dtds/filesystem-1_2.dtd">',
        f"<!-- {GENERATED} -->",
        "<filesystem>",
        *indent(_folders(["Actions", "Operators"], actions)),
        *indent(_folders(["Menu"], menus)),
        *indent(_folders(["Services", "javahelp"], helpset)),
        "</filesystem>",
    ]
    return "\n".join(lines) + "\n"


def _tree(entries: Mapping[tuple[str, ...], Sequence[Sequence[str]]]) -> list[str]:
    """Entries by the path of their folder, each folder written once: what NetBeans makes of two of one name is nowhere
    said.
    """
    lines = [line for entry in entries.get((), ()) for line in entry]
    for name in dict.fromkeys(path[0] for path in entries if path):
        inner = {path[1:]: content for path, content in entries.items() if path and path[0] == name}
        lines += _folders([name], _tree(inner))
    return lines


def _folders(path: Sequence[str], content: Sequence[str]) -> list[str]:
    if not path:
        return list(content)
    return [f'<folder name="{ascii_xml(path[0])}">', *indent(_folders(path[1:], content)), "</folder>"]


def _action(op: type[Operator]) -> list[str]:
    attributes = [
        '<attr name="instanceCreate" methodvalue="org.openide.awt.Actions.alwaysEnabled"/>',
        '<attr name="delegate" methodvalue="org.esa.snap.core.gpf.ui.DefaultOperatorAction.create"/>',
        _attr("displayName", menu_entry(op)),
        _attr("operatorName", op.alias),
        _attr("dialogTitle", menu_entry(op)),
        _attr("targetProductNameSuffix", f"_{class_name(op).lower()}"),
        _attr("helpId", help_id(op)),
    ]
    return [f'<file name="{action_name(op)}.instance">', *indent(attributes), "</file>"]


def _shadow(op: type[Operator], position: int) -> list[str]:
    name = action_name(op)
    return [
        f'<file name="{name}.shadow">',
        *indent([_attr("originalFile", f"Actions/Operators/{name}.instance"), _attr("position", position)]),
        "</file>",
    ]


def _attr(name: str, value: str | int) -> str:
    kind = "intvalue" if isinstance(value, int) else "stringvalue"
    return f'<attr name="{name}" {kind}="{ascii_xml(str(value))}"/>'
