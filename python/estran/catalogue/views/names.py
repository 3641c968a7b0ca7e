"""How one alias is spelt in Python, in files and in NetBeans."""

from __future__ import annotations

import re

from estran.catalogue.spec import Declared, Operator
from estran.labels import first_lower

PACKAGE = "estran_snap"
"""The package of the shims: with ``estran``, the only name that we put at top level of SNAP's one interpreter."""

GENERATED = "Generated from the declarations by `make generate`: edit those, not this."
"""In every generated file that can carry a comment: only such files are ever deleted when they no longer derive from
anything.
"""


def class_name(op: type[Operator]) -> str:
    """ "Estran.CloudMask" to "CloudMask"."""
    return op.alias.removeprefix("Estran.")


def module_name(op: type[Operator]) -> str:
    """ "Estran.CloudMask" to "cloud_mask"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name(op)).lower()


def page_name(declared: type[Declared]) -> str:
    """File stem of a reference page: "cloud_mask", "simulate_scene"."""
    if issubclass(declared, Operator):
        return module_name(declared)
    return re.sub(r"[^a-z0-9]+", "_", declared.alias.lower())


def action_name(op: type[Operator]) -> str:
    """Stem of the NetBeans action file."""
    return f"estran-{class_name(op)}Action"


def menu_entry(op: type[Operator]) -> str:
    """Text of its menu entry and title of its dialog: other toolboxes' entries stand in the same folder, so it says for
    which satellite it is.
    """
    return op.entry or f"Sentinel-2 {first_lower(op.label)}"


def help_id(op: type[Operator]) -> str:
    """JavaHelp topic."""
    return f"estran{class_name(op)}"
