"""Look-up tables that Estran made, and their reader.

A table carries its own record: the command that made it, the inputs with their SHA256, the version of Estran, and the
hash of its content. Small tables are text (:mod:`estran.tables.text`), large ones NumPy archives
(:mod:`estran.tables.archive`). ``estran tables build`` makes them again; ``docs/DPM/tables.md`` says how.
"""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent
"""The folder of the tables that come with the package."""

__all__ = ["SHIPPED"]
