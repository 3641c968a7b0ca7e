"""Quicklooks of a product and of what was computed from it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Band, Product
from estran.raster.scene import Progress, quiet
from estran.report import colour
from estran.report.canvas import LIMIT, Canvas
from estran.report.figures import ColourBar, Legend, colour_table, save_png
from estran.report.fractions import NO_DATA_NAMES
from estran.sensors.bands import resolve

Rgb = npt.NDArray[np.uint8]

COMPOSITES: tuple[tuple[str, str, tuple[tuple[str, ...], ...]], ...] = (
    ("true_colour", "True colour", (("red",), ("green",), ("blue",))),
    ("swir_composite", "Short-wave infrared composite", (("swir22", "swir16"), ("nir08", "nir"), ("red",))),
)
"""Key, title, and for red, green and blue of the picture the semantic bands that may serve, best first."""


@dataclass(frozen=True)
class Picture:
    """One PNG of the report.

    Parameters
    ----------
    key
        Its name in the page and in file names.
    title, caption, alt
        Heading; what it shows and how it was made; the same for those who do not see it.
    file
        File name, relative to the report's folder.
    width, height
        Of the file [pixels].
    """

    key: str
    title: str
    caption: str
    alt: str
    file: str
    width: int
    height: int


@dataclass
class _Gallery:
    source: Product
    canvas: Canvas
    folder: Path
    pictures: list[Picture]
    left_out: list[str]

    def save(
        self, key: str, title: str, caption: str, alt: str, rgb: Rgb, legend: Legend | ColourBar | None = None
    ) -> None:
        file = f"{key}.png"
        try:
            width, height = save_png(self.folder / file, rgb, legend)
        except BaseException:
            (self.folder / file).unlink(missing_ok=True)  # half a picture
            raise
        self.pictures.append(Picture(key, title, caption, alt, file, width, height))

    @contextlib.contextmanager
    def drawing(self, title: str) -> Iterator[None]:
        """A picture that cannot be drawn is left out, and the report says so: what was computed is worth more than its
        picture.
        """
        try:
            yield
        except Exception as error:
            reason = (
                error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
            )
            self.left_out.append(f"{title} is left out: it could not be drawn ({reason}).")

    def band(self, *semantics: str) -> tuple[str, Band] | None:
        """The first of the semantic bands that the source has, with its semantic name."""
        for semantic in semantics:
            name = resolve(semantic, self.source.bands, self.source.platform)
            if name is not None:
                return semantic, self.source[name]
        return None


def quicklooks(
    source: Product, result: Product, folder: Path, *, limit: int = LIMIT, progress: Progress = quiet
) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """Write the pictures that the bands allow, as PNG files of at most `limit` pixels a side (legend not counted).

    Parameters
    ----------
    source
        The product that was read: true colour, SWIR composite, and the base under the masks come from it.
    result
        What was computed: one picture for each flag band, class band, and measured band that `source` does not have.
    folder
        Where the files go; made where absent.
    limit
        Longest side [pixels]; bands are thinned by powers of two (means of values, samples of codes), strip by strip.
    progress
        Called for each picture.

    Returns
    -------
    tuple of Picture, tuple of str
        The pictures in the order of the report; one sentence for each that was left out, with the reason.
    """
    gallery = _Gallery(source, Canvas(result.grid, limit), folder, [], [])
    computed = [band for name, band in result.bands.items() if name not in source.bands and band.data is not None]
    steps = len(COMPOSITES) + len(computed)
    for i, (key, title, channels) in enumerate(COMPOSITES):
        progress(i / steps, title)
        with gallery.drawing(title):
            _composite(gallery, key, title, channels)
    base = np.full((*gallery.canvas.shape, 3), 225, np.uint8)
    with gallery.drawing("The scene under the masks"):
        base = _base(gallery)
    for i, band in enumerate(computed, len(COMPOSITES)):
        progress(i / steps, band.name)
        with gallery.drawing(_title(band)):
            _computed(gallery, band, base)
    progress(1.0, "pictures")
    return tuple(gallery.pictures), tuple(gallery.left_out)


def _computed(gallery: _Gallery, band: Band, base: Rgb) -> None:
    if isinstance(band.coding, FlagCoding):
        _flags(gallery, band, band.coding, base)
    elif isinstance(band.coding, IndexCoding):
        _classes(gallery, band, band.coding)
    else:
        _measured(gallery, band, base)


def _composite(gallery: _Gallery, key: str, title: str, channels: Sequence[tuple[str, ...]]) -> None:
    bands = [gallery.band(*semantics) for semantics in channels]
    missing = [" or ".join(semantics) for semantics, band in zip(channels, bands, strict=True) if band is None]
    found = [band for band in bands if band is not None]
    if missing:
        gallery.left_out.append(f"{title} is left out: the product has no band for {', '.join(missing)}.")
        return
    values = [gallery.canvas.mean(band) for _, band in found]
    if not all(np.isfinite(v).any() for v in values):
        gallery.left_out.append(f"{title} is left out: its bands hold no data here.")
        return
    names = ", ".join(band.name for _, band in found)
    how = (
        f"up to reflectance {colour.BRIGHTEST:g}, the same for every scene"
        if colour.is_reflectance(values)
        else "1st to 99th percentile"
    )
    gallery.save(
        key,
        title,
        f"Bands {names} as red, green, blue; {how}; gamma {colour.GAMMA:g}.",
        f"{title} picture of the scene from bands {names}.",
        colour.composite(values, [semantic for semantic, _ in found]),
    )


def _base(gallery: _Gallery) -> Rgb:
    """A light grey picture of the scene to paint on; plain where no band is fit for it."""
    channels = [gallery.band("red"), gallery.band("green"), gallery.band("blue")]
    found = [band for band in channels if band is not None]
    if len(found) < 3:
        one = gallery.band("red", "green", "nir08", "nir", "swir16", "blue")
        found = [] if one is None else [one] * 3
    if not found:
        height, width = gallery.canvas.shape
        return np.full((height, width, 3), 225, np.uint8)
    return colour.grey(
        colour.composite([gallery.canvas.mean(band) for _, band in found], [semantic for semantic, _ in found])
    )


def _flags(gallery: _Gallery, band: Band, coding: FlagCoding, base: Rgb) -> None:
    packed = gallery.canvas.sample(band).astype(np.int64)
    counts = {flag.name: int(np.count_nonzero(coding.unpack(packed, flag.name))) for flag in coding.flags}
    # The largest first, so that what is small stays visible on top of what contains it.
    order = sorted((name for name, n in counts.items() if n), key=lambda name: -counts[name])
    order = [name for name in order if name.lower() not in NO_DATA_NAMES]
    shown = [flag for flag in coding.flags if flag.name in order]
    listed = ", ".join(words(flag.name) for flag in shown) or "no flag is set"
    gallery.save(
        f"{band.name}_overlay",
        f"{_title(band)} over the scene",
        f"Flags of {band.name} in their colours over a grey picture; where flags overlap, the rarer one is on top.",
        f"Map of the flags of {band.name} over a grey picture of the scene: {listed}.",
        colour.overlay(base, packed, coding, order),
        Legend(tuple((flag.colour, words(flag.name)) for flag in shown)),
    )


def _classes(gallery: _Gallery, band: Band, coding: IndexCoding) -> None:
    values = gallery.canvas.sample(band, outside=0).astype(np.int64)
    shown = [v for v in coding.values if np.any(values == v.value)]
    listed = ", ".join(words(v.name) for v in shown) or "none"
    gallery.save(
        f"{band.name}_map",
        _title(band),
        f"{band.description.rstrip('.') or band.name}.",
        f"Map of the classes of {band.name}: {listed}.",
        colour.classes(values, coding),
        Legend(tuple((v.colour, words(v.name)) for v in shown)),
    )


def _measured(gallery: _Gallery, band: Band, base: Rgb) -> None:
    values = gallery.canvas.mean(band)
    finite = values[np.isfinite(values)]
    title = _title(band)
    if finite.size == 0:
        gallery.left_out.append(f"{title} is left out: band {band.name} holds no data.")
        return
    table, (low, high) = _ramp(band, finite)
    rgb = colour.ramp(values, low, high, table)
    nothing = ~np.isfinite(values)
    rgb[nothing] = base[nothing]
    unit = f" [{band.unit}]" if band.unit and band.unit != "1" else ""
    gallery.save(
        f"{band.name}_map",
        f"{title}{unit}",
        f"{band.description.rstrip('.') or band.name}. Grey: no value.",
        f"Map of {band.name} from {low:g} to {high:g}{unit}, with a colour bar.",
        rgb,
        ColourBar(low, high, f"{band.name}{unit}", table),
    )


def _ramp(band: Band, finite: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], tuple[float, float]]:
    """Colours and range of a measured band: its own palette, 0..1 for fractions, else what it holds."""
    points = sorted(band.palette)
    if len(points) > 1 and points[0][0] < points[-1][0]:
        low, high = points[0][0], points[-1][0]
        at = np.linspace(low, high, 256)
        table = np.stack([np.interp(at, [p[0] for p in points], [p[1][c] for p in points]) for c in range(3)], axis=-1)
        return np.rint(table).astype(np.uint8), (low, high)
    if band.unit in ("", "1", "dl") and finite.min() >= 0 and finite.max() <= 1:
        return colour_table("viridis"), (0.0, 1.0)
    low, high = (float(f"{v:.3g}") for v in (finite.min(), finite.max()))
    return colour_table("plasma"), (low, high if high > low else low + 1.0)


def words(name: str) -> str:
    """A flag's or class's name as people read it ("CLOUD_BUFFER" is "cloud buffer")."""
    return name.replace("_", " ").lower()


def _title(band: Band) -> str:
    return band.name.replace("_", " ").capitalize()


def hexadecimal(shade: Colour) -> str:
    """A colour as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*shade)
