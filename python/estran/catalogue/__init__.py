"""Operators and studies: the only place where a context meets a declaration. Both tuples read like a
table of contents.
"""

from __future__ import annotations

from estran.catalogue.operators import OPERATORS
from estran.catalogue.studies import STUDIES

__all__ = ["OPERATORS", "STUDIES"]
