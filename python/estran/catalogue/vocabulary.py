"""Words that declarations may use: the menus of SNAP Desktop."""

from __future__ import annotations

MENUS: tuple[str, ...] = (
    "Optical",
    "Optical/Geometric",
    "Optical/Preprocessing",
    "Optical/Preprocessing/Masking",
    "Optical/Thematic Land Processing",
    "Optical/Thematic Water Processing",
    "Raster",
    "Raster/Classification",
    "Raster/Masks",
    "Tools",
)
"""Folders below "Menu" in which operators may stand. All but the masking one, which is ours, are SNAP's own (the
``@ActionReference`` paths of its toolboxes): a folder of another name would make a menu of its own.
"""
