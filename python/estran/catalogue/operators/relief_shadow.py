"""Estran.ReliefShadow: shadows that terrain casts, slopes turned from the sun, and ground hidden from the sensor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from estran.catalogue.spec import Aux, BandOut, FlagsOut, Operator, Reads, Source, Walk, Writes, param
from estran.errors import BadGeometry, EstranError
from estran.raster.coding import Flag, FlagCoding
from estran.raster.grid import Grid, Window
from estran.raster.scene import Array, Block

if TYPE_CHECKING:
    from estran.masks.relief.cast import Cast, Relief, Sun
    from estran.masks.relief.frame import Frame
    from estran.masks.relief.rays import GeodeticHeights

FLAGS = FlagCoding(
    "relief_flags",
    (
        Flag("NODATA", 0, (60, 60, 60), "height of the ground or place of the sun unknown"),
        Flag("CAST", 1, (0, 105, 92), "in the shadow of terrain farther than 1.5 postings; decided by the backend that the metadata names"),
        Flag("SELF", 2, (77, 182, 172), "slope turned away from the sun"),
        Flag("LOW_SUN", 3, (255, 167, 38), "slope that the sun only grazes", 0.7),
        Flag("HIDDEN", 4, (216, 27, 96), "hidden from the sensor by terrain"),
        Flag("UNKNOWN", 5, (188, 170, 164), "lit as far as the DEM goes; terrain beyond its edge, or in a hole of it, might shadow it", 0.9),
    ),
)
_FARTHEST = 3000
"""Pixels of surroundings read at most."""
_LOOK = 10
"""Pixels a side of the large pixels in which the surroundings are looked over."""
_PEAKS = 300.0
"""What a peak may rise above the mean of its large pixel [m]."""
_EVEREST = 8849.0
"""Height of the highest mountain [m]."""
_CELLS = 30_000_000
"""Posts of the terrain handed to a ray caster at most, before it is taken no finer than the image."""


@dataclass(frozen=True, kw_only=True)
class ReliefShadow(Operator):
    """Shadow cast by terrain, by a sweep of parallel lines, with Rugged deciding where the sweep is near."""

    alias: ClassVar[str] = "Estran.ReliefShadow"
    label: ClassVar[str] = "Relief shadow"
    version: ClassVar[str] = "1.0"
    summary: ClassVar[str] = (
        "Shadow cast by terrain onto terrain, slopes turned away from the sun or grazed by it, and ground hidden from the sensor, from a DEM and the angles "
        "of sun and sensor. Thin decisions are taken by the Rugged library on the ellipsoid."
    )
    menu: ClassVar[str] = "Optical/Preprocessing/Masking"
    atbd: ClassVar[str] = "relief_shadow"
    sources: ClassVar[tuple[Source, ...]] = (
        Source(
            "source",
            (
                Reads("sun_zenith", "degrees", from_param="sun_zenith"),
                Reads("sun_azimuth", "degrees", from_param="sun_azimuth"),
                Reads("view_zenith", "degrees", optional=True, without="ground hidden from the sensor is not flagged"),
                Reads("view_azimuth", "degrees", optional=True, without="ground hidden from the sensor is not flagged"),
            ),
            "a product with the angles of sun and sensor, all on one grid",
        ),
    )
    aux: ClassVar[tuple[Aux, ...]] = (Aux("dem", "dem", "m", "Height of the ground.", without="nothing is known of relief, and every pixel is no-data"),)
    writes: ClassVar[tuple[Writes, ...]] = (
        FlagsOut("relief_flags", "uint8", FLAGS, "cast shadow, self shadow, low sun, hidden; a pixel may have several"),
        BandOut(
            "cos_incidence", "float32", "1", "cosine of the angle between the sun and the slope's normal", interval="[-1,1]",
            palette=((-0.2, (0, 0, 60), "turned away"), (0.0, (60, 60, 120), ""), (1.0, (255, 250, 220), "facing the sun")),
        ),
        BandOut(
            "relief_margin", "float32", "m", "height by which the sun's ray clears the terrain; negative in cast shadow, 9999 where nothing is near",
            palette=((-300.0, (30, 0, 80), ""), (0.0, (180, 180, 180), "edge of the shadow"), (300.0, (255, 240, 180), "")),
        ),
        BandOut("slope", "float32", "degrees", "slope of the ground", interval="[0,90]", palette=((0.0, (245, 245, 245), ""), (60.0, (60, 30, 10), ""))),
        BandOut("aspect", "float32", "degrees", "direction in which the ground falls, from true north", interval="[0,360)"),
        BandOut("sky_view", "float32", "1", "share of the sky that terrain leaves open; NaN unless sky_directions is given", interval="[0,1]"),
    )  # fmt: skip
    walk: ClassVar[Walk] = Walk.SCENE

    backend: Literal["hybrid", "rugged", "sweep"] = param(
        "hybrid",
        "hybrid: sweep, march, and Rugged where they are near; rugged: every pixel by Rugged; sweep: no Java",
        source="docs/ATBD/relief_shadow.md",
        dialog=True,
    )
    dem: Path | None = param(
        None,
        "DEM: a file, a folder or a pattern of tiles, larger than the image; empty: the product's own band, whose edge zone is flagged",
        unit="m",
        section="Layers",
        dialog=True,
    )
    dem_posting: float | None = param(
        None, "Posting of the DEM where it is coarser than the image; empty: a pixel", unit="m", interval="(0,1000]", section="Layers"
    )
    sun_zenith: float | None = param(None, "Sun zenith angle where the product has none", unit="degrees", interval="[0,90)", section="Geometry")
    sun_azimuth: float | None = param(
        None, "Sun azimuth from true north, clockwise, where the product has none", unit="degrees", interval="[-180,360]", section="Geometry"
    )
    low_sun: float = param(
        0.1,
        "Cosine of the incidence below which the sun grazes",
        unit="1",
        interval="[0,1]",
        section="Flags",
        source="MAJA: tangent sun",
        label="Low sun below cosine",
        dialog=True,
    )
    hidden: bool = param(True, "Flag ground hidden from the sensor", section="Flags", label="Hidden ground", dialog=True)
    sky_directions: int = param(
        0, "Horizons for the sky-view factor; 0: not computed", unit="directions", interval="[0,64]", section="Sky", label="Sky view", dialog=True
    )

    def compute(self, block: Block, survey: Any = None) -> Block:
        """The masks of a whole scene."""
        import numpy as np

        from estran.masks.relief.cast import Sun, cast
        from estran.masks.relief.hidden import hidden
        from estran.masks.relief.horizon import sky_view
        from estran.masks.relief.terrain import terrain

        dem = block.get("dem")
        zenith, azimuth = (self._angle(block, name) for name in ("sun_zenith", "sun_azimuth"))
        if dem is None or not np.isfinite(dem).any() or not np.isfinite(zenith).any():
            return self._nothing(block)
        if np.nanmin(zenith) >= 90.0:
            raise BadGeometry("the sun is below the horizon", where=self.alias, expected="a zenith angle below 90 degrees", found=f"{np.nanmin(zenith):.1f}")
        notes: list[str] = []
        sun = Sun(azimuth, 90.0 - zenith)
        relief, grid = self._relief(block, dem, sun, notes)
        found = cast(relief, sun, block.progress)
        shadow, facts = self._decide(block, found, relief, grid, sun, notes)
        middle = relief.frame_at(relief.shape[0] / 2, relief.shape[1] / 2)
        reach = max(1, round((self.dem_posting or 0.0) / middle.posting))
        slope, aspect, cosine = self._terrain(relief, sun, reach, terrain)
        unseen = np.zeros(block.shape, bool)
        view_zenith, view_azimuth = block.get("view_zenith"), block.get("view_azimuth")
        if self.hidden and view_zenith is not None and view_azimuth is not None:
            unseen = hidden(relief, Sun(np.asarray(view_azimuth), np.float32(90.0) - view_zenith), reach=reach)
        sky = np.full(block.shape, np.nan, np.float32)
        if self.sky_directions:
            sky = sky_view(slope, aspect, relief.dem, relief.origin, middle, self.sky_directions)
        nodata = np.isnan(dem) | np.isnan(found.clearance) | np.isnan(cosine)
        flags = {
            "NODATA": nodata,
            "CAST": shadow & ~nodata,
            "SELF": (cosine <= 0.0) & ~nodata,
            "LOW_SUN": (cosine > 0.0) & (cosine < self.low_sun) & ~nodata,
            "HIDDEN": unseen & ~nodata,
            "UNKNOWN": found.unknown & ~shadow & ~nodata,
        }
        floats = {"cos_incidence": np.clip(cosine, -1.0, 1.0), "relief_margin": found.clearance, "slope": slope, "aspect": aspect, "sky_view": sky}
        arrays: dict[str, Array] = {name: np.where(nodata, np.float32(np.nan), values) for name, values in floats.items()}
        arrays["relief_flags"] = FLAGS.pack(flags, np.uint8)
        valid = max(1, int((~nodata).sum()))
        facts |= {f"share_{name.lower()}": round(float(mask.sum()) / valid, 6) for name, mask in flags.items() if name != "NODATA"}
        return block.out(arrays, notes=tuple(notes), **facts)

    def _angle(self, block: Block, name: str) -> Array:
        import numpy as np

        array = block.get(name)
        if array is not None:
            return np.asarray(array, np.float32)
        constant = getattr(self, name)
        return np.broadcast_to(np.float32(np.nan if constant is None else constant), block.shape)

    def _nothing(self, block: Block) -> Block:
        import numpy as np

        arrays: dict[str, Array] = {w.name: np.full(block.shape, np.nan, np.float32) for w in self.writes if isinstance(w, BandOut)}
        arrays["relief_flags"] = np.full(block.shape, FLAGS["NODATA"].mask, np.uint8)
        return block.out(arrays, backend="none")

    def _relief(self, block: Block, dem: Array, sun: Sun, notes: list[str]) -> tuple[Relief, Grid]:
        """The terrain with its surroundings as far as shadows reach, and its grid."""
        import numpy as np

        from estran.masks.relief.cast import Relief, reach_of
        from estran.masks.relief.holes import without_holes

        grid, margin = block.scene.grid, 0
        wider = block.lent.get("wider")
        if wider is not None:
            # A look around first, in large pixels, as far as the highest mountain of the Earth would cast: a plain may lie beside the Alps.
            side = min(grid.pixel_size_metres())
            far = min(_FARTHEST, int(reach_of(np.array([0.0, _EVEREST]), sun.elevation) / side) + 1)
            rough = wider("dem", _coarse(grid, far))
            if rough is not None:
                span = np.array([max(np.nanmax(rough), np.nanmax(dem)) + _PEAKS, np.nanmin(dem)])
                margin = min(_FARTHEST, int(reach_of(span, sun.elevation) / side) + 4)
                dem = wider("dem", grid.sub(Window(-margin, -margin, grid.height + 2 * margin, grid.width + 2 * margin)))
        if margin == 0:
            notes.append("The DEM ends with the image: mountains outside it cast no shadow, and where they might is flagged UNKNOWN.")
        around = grid.sub(Window(-margin, -margin, grid.height + 2 * margin, grid.width + 2 * margin))
        known = np.isfinite(dem)
        return Relief(
            np.ascontiguousarray(without_holes(dem), np.float32), None if known.all() else known, (margin, margin), block.shape, lambda r, c: _frame(grid, r, c)
        ), around

    def _decide(self, block: Block, found: Cast, relief: Relief, grid: Grid, sun: Sun, notes: list[str]) -> tuple[Array, dict[str, Any]]:
        """Cast shadow by the backend asked for, or by the sweep where there is no ray caster."""
        from estran.masks.relief.rays import every_pixel, thin_margins

        shadow: Array = found.clearance < 0.0
        if self.backend == "sweep":
            return shadow, {"backend": "sweep"}
        lend = block.lent.get("rays")
        try:
            if lend is None:
                raise EstranError("whoever runs the operator has no ray caster")
            rays = lend(_geodetic(relief, grid))
        except EstranError as error:
            notes.append(f"Rugged cannot be reached, so the backend {self.backend} is replaced by sweep: {error}")
            return shadow, {"backend": "sweep", "backend_wanted": self.backend}
        scene = block.scene.grid
        decide = every_pixel if self.backend == "rugged" else thin_margins
        decided = decide(found, relief, sun, lambda r, c: scene.lonlat(c + 0.5, r + 0.5), rays, block.progress)
        facts: dict[str, Any] = {"backend": self.backend, "rays": decided.asked, "rays_lost": decided.lost}
        if decided.agreement is not None:
            facts["rays_of_audit"], facts["audit_agreement"] = decided.audited, decided.agreement
        return decided.shadow, facts

    def _terrain(self, relief: Relief, sun: Sun, reach: int, terrain: Any) -> tuple[Array, Array, Array]:
        """Slope, aspect and incidence, by parts with a frame each: over a tile north turns by degrees."""
        import numpy as np

        out = tuple(np.empty(relief.shape, np.float32) for _ in range(3))
        for window in Grid(relief.shape[1], relief.shape[0]).tiles(512):
            part = window.slices
            azimuth, elevation = sun.at(*part, relief.shape)
            frame = relief.frame_at(window.row + window.height / 2, window.col + window.width / 2)
            origin = relief.origin[0] + window.row, relief.origin[1] + window.col
            for whole, piece in zip(out, terrain(relief.dem, origin, (window.height, window.width), frame, azimuth, elevation, reach=reach), strict=True):
                whole[part] = piece
        return out[0], out[1], out[2]


def _frame(grid: Grid, row: float, column: float) -> Frame:
    import numpy as np

    from estran.masks.relief.frame import flat_frame, frame_from_lonlat

    if grid.crs is None:
        return flat_frame(*grid.pixel_size)
    lon, lat = grid.lonlat(np.array([column - 0.5, column + 0.5, column, column]), np.array([row, row, row - 0.5, row + 0.5]))
    return frame_from_lonlat(np.asarray(lon, float), np.asarray(lat, float))


def _coarse(grid: Grid, margin: int) -> Grid:
    """The grid and `margin` pixels around it, in pixels :data:`_LOOK` times as large."""
    from dataclasses import replace

    wide = grid.sub(Window(-margin, -margin, grid.height + 2 * margin, grid.width + 2 * margin))
    assert wide.transform is not None
    t = wide.transform
    large = type(t)(t.a * _LOOK, t.b * _LOOK, t.c, t.d * _LOOK, t.e * _LOOK, t.f)
    return replace(wide, width=-(-wide.width // _LOOK), height=-(-wide.height // _LOOK), transform=large)


def _geodetic(relief: Relief, grid: Grid) -> GeodeticHeights:
    """The terrain on latitude and longitude: as it is where its map is that, else bilinear on posts twice as close where memory allows."""
    import numpy as np

    from estran.masks.relief.rays import GeodeticHeights, regular

    assert grid.transform is not None
    t = grid.transform
    if grid.is_geographic and t.b == t.d == 0.0 and t.a > 0 > t.e:
        return GeodeticHeights(t.f + t.e * (grid.height - 0.5), t.c + t.a / 2, -t.e, t.a, np.ascontiguousarray(relief.dem[::-1]))
    rows, columns = np.linspace(0, grid.height, 9), np.linspace(0, grid.width, 9)
    lon, lat = grid.lonlat(*np.meshgrid(columns, rows))
    finer = 2 if 4 * grid.width * grid.height <= _CELLS else 1
    steps = np.ptp(lat) / grid.height / finer, np.ptp(lon) / grid.width / finer
    south, west = float(lat.min()), float(lon.min())
    count_lat, count_lon = int(np.ceil(np.ptp(lat) / steps[0])) + 1, int(np.ceil(np.ptp(lon) / steps[1])) + 1
    heights = np.empty((count_lat, count_lon), np.float32)
    lons = west + steps[1] * np.arange(count_lon)
    for i in range(count_lat):
        column, row = grid.at_lonlat(lons, np.full(count_lon, south + steps[0] * i))
        heights[i] = regular(relief.dem, row - 0.5, column - 0.5)
    return GeodeticHeights(south, west, float(steps[0]), float(steps[1]), heights)
