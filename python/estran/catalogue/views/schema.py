"""JSON Schema (draft 2020-12) of the parameters of a declaration, for web processes and editors."""

from __future__ import annotations

import json
import math
from typing import Any

from estran.catalogue.parameters import Interval, Parameter
from estran.catalogue.spec import Declared, parameters_of

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
    """The schema as Python data; every parameter has a default, so none is required, and unknown ones are refused."""
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
    default = (
        list(p.default)
        if isinstance(p.default, tuple)
        else p.default
        if p.default is None or p.kind != "path"
        else str(p.default)
    )
    return {"title": p.label, "description": p.info.help, **single, "default": default, **unit}


def _bounds(interval: Interval) -> dict[str, float]:
    bounds = {}
    if math.isfinite(interval.low):
        bounds["minimum" if interval.closed_low else "exclusiveMinimum"] = interval.low
    if math.isfinite(interval.high):
        bounds["maximum" if interval.closed_high else "exclusiveMaximum"] = interval.high
    return bounds
