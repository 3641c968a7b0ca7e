"""Rays decided by an independent library: which pixels it is asked about, and how far its answers agree with ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.masks.relief.cast import Cast, Relief, Sun
from estran.masks.relief.march import ceilings, march
from estran.masks.relief.sweep import CAST_FROM
from estran.raster.scene import Progress, quiet

Float64 = npt.NDArray[np.floating]
Bool = npt.NDArray[np.bool_]

THIN = 1.0
"""Clearance within which rays decide [m]."""
NEAR = 25.0
"""Clearance of the sweep within which single rays are marched [m]."""
AUDIT = 20_000
"""Random pixels whose answers are compared."""
AUDIT_LEAST = 0.999
"""Fraction of them that must agree."""
_CHUNK = 400_000


class RayCaster(Protocol):
    """Meets light with terrain on the ellipsoid."""

    name: str

    def distances(self, lat: Float64, lon: Float64, height: Float64, azimuth: Float64, elevation: Float64) -> Float64:
        """Way back from each point to the terrain that light from that direction meets first [m]; 0 where it comes
        through, NaN where it left the terrain.

        Parameters are flat arrays of one length, degrees and metres.
        """
        ...


@dataclass(frozen=True)
class ShadowDecision:
    """Cast shadow after the rays.

    Parameters
    ----------
    shadow
        Whether a pixel lies in cast shadow.
    asked
        Rays sent to decide.
    lost
        Of all rays, those that left the terrain: what our own march said holds.
    agreement
        Fraction of the audited pixels on which both agree; None where every pixel was asked.
    audited
        Rays of the audit that came back.
    """

    shadow: Bool
    asked: int
    lost: int
    agreement: float | None
    audited: int = 0


Place = Callable[[npt.NDArray[np.integer], npt.NDArray[np.integer]], tuple[Float64, Float64]]
"""Longitudes and latitudes of (rows, columns) of the scene, pixel centres."""


def every_pixel(
    found: Cast, relief: Relief, sun: Sun, place: Place, rays: RayCaster, progress: Progress = quiet
) -> ShadowDecision:
    """Every pixel of known height decided by rays."""
    shadow = found.clearance < 0.0
    rows, columns = np.nonzero(np.isfinite(found.clearance))
    hit, lost = _ask(rows, columns, relief, sun, place, rays, progress)
    shadow[rows[~lost], columns[~lost]] = hit[~lost]
    return ShadowDecision(shadow, rows.size, int(lost.sum()), None)


def thin_margins(
    found: Cast, relief: Relief, sun: Sun, place: Place, rays: RayCaster, progress: Progress = quiet, *, seed: int = 0
) -> ShadowDecision:
    """The march where the sweep is near, rays where the march is thin, and an audit of the rest  # (RS-6).

    `found.clearance` is refined in place where rays were marched, so that it agrees with the shadow.

    Raises
    ------
    EstranError
        If fewer than :data:`AUDIT_LEAST` of the audited pixels agree.
    """
    known = np.isfinite(found.clearance)
    shadow = found.clearance < 0.0
    near = known & ((np.abs(found.clearance) < NEAR) | _edges(shadow))
    blocks = ceilings(relief.dem)
    posting = relief.frame_at(relief.shape[0] / 2, relief.shape[1] / 2).posting
    for row, column, height, width in _parts(relief.shape, int(np.clip(10_000 / posting, 64, 512))):
        part = slice(row, row + height), slice(column, column + width)
        rows, columns = np.nonzero(near[part])
        if rows.size:
            azimuth, elevation = sun.at(*part, relief.shape)
            frame = relief.frame_at(row + height / 2, column + width / 2)
            found.clearance[part][rows, columns] = march(
                relief.dem,
                rows + row + relief.origin[0],
                columns + column + relief.origin[1],
                frame,
                azimuth[rows, columns],
                elevation[rows, columns],
                blocks=blocks,
            )
    shadow = found.clearance < 0.0
    thin = near & (np.abs(found.clearance) < THIN)
    rows, columns = np.nonzero(thin)
    hit, lost = _ask(rows, columns, relief, sun, place, rays, progress)
    shadow[rows[~lost], columns[~lost]] = hit[~lost]
    everywhere = np.flatnonzero(known)
    chosen = np.sort(np.random.default_rng(seed).choice(everywhere, min(AUDIT, everywhere.size), replace=False))
    audit_rows, audit_columns = np.unravel_index(chosen, relief.shape)
    audited, away = _ask(audit_rows, audit_columns, relief, sun, place, rays, progress)
    answered = ~away
    agreement = (
        float(np.mean(shadow[audit_rows, audit_columns][answered] == audited[answered])) if answered.any() else 1.0
    )
    if agreement < AUDIT_LEAST:
        raise EstranError(
            "the relief shadow does not stand its audit",
            expected=f"{AUDIT_LEAST:.1%} of {answered.sum()} random pixels as {rays.name} says",
            found=f"{agreement:.2%}",
            todo="use the backend rugged, and report the DEM to us",
        )
    return ShadowDecision(shadow, rows.size, int(lost.sum() + away.sum()), agreement, int(answered.sum()))


def _ask(
    rows: npt.NDArray[np.integer],
    columns: npt.NDArray[np.integer],
    relief: Relief,
    sun: Sun,
    place: Place,
    rays: RayCaster,
    progress: Progress,
) -> tuple[Bool, Bool]:
    """Which pixels are in cast shadow, and which rays were lost."""
    hit, lost = np.zeros(rows.size, bool), np.zeros(rows.size, bool)
    azimuth, elevation = sun.at(slice(None), slice(None), relief.shape)
    nearest = CAST_FROM * relief.frame_at(relief.shape[0] / 2, relief.shape[1] / 2).posting
    for begin in range(0, rows.size, _CHUNK):
        r, c = rows[begin : begin + _CHUNK], columns[begin : begin + _CHUNK]
        lon, lat = place(r, c)
        up = np.asarray(elevation[r, c], np.float64)
        away = rays.distances(
            lat, lon, np.asarray(relief.scene[r, c], np.float64), np.asarray(azimuth[r, c], np.float64), up
        )
        lost[begin : begin + _CHUNK] = np.isnan(away)
        hit[begin : begin + _CHUNK] = away * np.cos(np.radians(up)) > nearest
        progress(min((begin + _CHUNK) / rows.size, 1.0), f"asking {rays.name}")
    return hit, lost


def _edges(mask: Bool) -> Bool:
    """Pixels with a neighbour of the other kind, and those neighbours."""
    edge = np.zeros_like(mask)
    across, down = mask[:, 1:] != mask[:, :-1], mask[1:] != mask[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge


def _parts(shape: tuple[int, int], side: int) -> list[tuple[int, int, int, int]]:
    return [
        (r, c, min(side, shape[0] - r), min(side, shape[1] - c))
        for r in range(0, shape[0], side)
        for c in range(0, shape[1], side)
    ]
