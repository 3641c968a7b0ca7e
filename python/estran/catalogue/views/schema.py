"""JSON Schema (draft 2020-12) of the parameters of a declaration, for web processes and editors."""

from __future__ import annotations

import json
import math
from typing import Any

from estran.catalogue.spec import Declared, parameters_of
from estran.declare import Interval, Parameter

_TYPES = {
    "bool": "boolean",
    "int": "integer",
    "float": "number",
    "str": "string",
    "choice": "string",
    "path": "string",
    "strings": "string",
    "floats": "number",
}


def json_schema(declared: type[Declared]) -> dict[str, Any]:
    """The schema as Python data; every parameter has a default, so none is required, and unknown ones are refused.

    What follows the mode has the default of the default mode, all of them under "x-default-by-mode", and takes null,
    which is the mode's; so a client leaves out what its user did not give.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": declared.alias,
        "description": declared.summary,
        "type": "object",
        "additionalProperties": False,
        "properties": {p.name: _property(p) for p in parameters_of(declared)},
    }


def schema_text(declared: type[Declared]) -> str:
    """The schema as a file."""
    return json.dumps(json_schema(declared), indent=2, ensure_ascii=False) + "\n"


def _property(p: Parameter) -> dict[str, Any]:
    single: dict[str, Any] = {"type": _TYPES[p.kind]}
    if p.choices:
        single["enum"] = list(p.choices)
    if p.info.interval:
        single |= _bounds(Interval.parse(p.info.interval))
    if p.kind in ("strings", "floats"):
        single = {"type": "array", "items": single}
    if p.optional:
        single["type"] = [single["type"], "null"]
    unit = {"x-unit": p.info.unit} if p.info.unit else {}
    marks: dict[str, Any] = {"x-expert": True} if p.info.expert else {}
    if p.follows_mode:
        marks["x-default-by-mode"] = dict(p.info.modes)
        if p.choices:
            single["enum"] = [*p.choices, None]
    return {"title": p.label, "description": p.info.help, **single, "default": _plain(p), **unit, **marks}


def _plain(p: Parameter) -> Any:
    """The default in JSON; that of the default mode where it follows the mode."""
    default = p.default_in()
    if isinstance(default, tuple):
        return list(default)
    return default if default is None or p.kind != "path" else str(default)


def _bounds(interval: Interval) -> dict[str, float]:
    bounds = {}
    if math.isfinite(interval.low):
        bounds["minimum" if interval.closed_low else "exclusiveMinimum"] = interval.low
    if math.isfinite(interval.high):
        bounds["maximum" if interval.closed_high else "exclusiveMaximum"] = interval.high
    return bounds
