"""SNAP operators made from the catalogue's declarations.

This is the only room that speaks to SNAP's Java classes. Everything that needs no JVM (parameters, sample buffers,
windows) lies in functions of its own.
"""

from estran.adapters.snap.operator import make_operator

__all__ = ["make_operator"]
