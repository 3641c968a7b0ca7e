"""Commands that are studies, with their line of help.

Generated from the declarations by `make generate`: edit those, not this.
"""

from __future__ import annotations

WORDS = {
    "simulate": "simulate a Sentinel-2 scene",
    "predict": "predict sun glint",
}
