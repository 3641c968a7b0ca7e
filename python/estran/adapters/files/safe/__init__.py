"""Sentinel-2 Level-1C products: ``.SAFE`` folders, their zip read in place, or the product's XML itself."""

from estran.adapters.files.safe.locate import is_safe
from estran.adapters.files.safe.reader import read_safe

__all__ = ["is_safe", "read_safe"]
