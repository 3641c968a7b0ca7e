"""The result of a study that is a simulated Sentinel-2 product."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from estran.catalogue.study import Study
from estran.errors import BadParameter
from estran.raster.scene import Progress


def check(study: Study, _out: Path, switches: Collection[str]) -> None:
    """Refuse a scene that SNAP's reader cannot open, unless the switch `small` is given."""
    from estran.adapters.files.safe_write import LEAST_SIZE

    size = getattr(study, "size", LEAST_SIZE)
    if size < LEAST_SIZE and "small" not in switches:
        raise BadParameter(
            "SNAP's Sentinel-2 reader opens no scene this small",
            where="--size",
            expected=f"{LEAST_SIZE} or more",
            found=size,
            todo="give a larger --size, or --small where SNAP is not wanted",
        )


def claim(out: Path, overwrite: bool) -> contextlib.AbstractContextManager[Any]:
    """Hold the place of the scene and of its truth."""
    from estran.adapters.files.safe_write import claimed_safe

    return claimed_safe(out, overwrite=overwrite)


def write(scene: Any, out: Path, overwrite: bool, progress: Progress, _report: object) -> Path:
    """Write the scene; its truth is its report."""
    from estran.adapters.files.safe_write import write_safe

    return write_safe(scene, out, overwrite=overwrite, progress=progress)
