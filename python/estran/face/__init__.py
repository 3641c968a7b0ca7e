"""Estran for the person in a notebook: xarray Datasets in, lazy xarray Datasets out. Importing it gives every Dataset
the accessor ``.estran``.
"""

from __future__ import annotations

from estran.face.accessor import EstranAccessor

__all__ = ["EstranAccessor"]
