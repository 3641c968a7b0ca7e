"""The HTML report of a run: one page beside its pictures, readable without network, on a desktop and on a phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from estran.raster.product import Product
from estran.raster.scene import Progress, quiet
from estran.report.facts import steps, versions, what_was_read
from estran.report.fractions import fraction_tables
from estran.report.pictures import hexadecimal, quicklooks, words

if TYPE_CHECKING:
    from jinja2 import Template


def write_report(
    source: Product,
    result: Product,
    folder: Path,
    *,
    title: str,
    timings: Mapping[str, float] | None = None,
    generated: datetime | None = None,
    progress: Progress = quiet,
) -> Path:
    """Write the pictures and ``index.html`` of a run.

    The same input gives the same files: the only time in them is `generated`, and it is not asked of the clock.

    Parameters
    ----------
    source
        The product that was read.
    result
        What was computed, with its metadata records (:func:`estran.catalogue.outputs.record`).
    folder
        Where the files go; made where absent. Files of the same name are replaced.
    title
        Heading of the page.
    timings
        Seconds by step, in order.
    generated
        Time printed on the page (timezone aware), none where not given.
    progress
        Called for each picture.

    Returns
    -------
    Path
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures, left_out = quicklooks(source, result, folder, progress=progress)
    done = steps(result)
    said = dict.fromkeys((*source.notes, *result.notes, *(note for step in done for note in step.notes)))
    times = tuple((timings or {}).items())
    html = template().render(
        title=title,
        read=what_was_read(source),
        notes=tuple(said),
        left_out=left_out,
        tables=fraction_tables(result),
        pictures=pictures,
        steps=done,
        times=times,
        versions=versions(),
        generated=None if generated is None else generated.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        style=package_text("style.css"),
    )
    page = folder / "index.html"
    beside = folder / ".index.html.part"
    beside.write_text(html, encoding="utf-8", errors="backslashreplace")  # a path may have bytes that are no text
    beside.replace(page)
    return page


def package_text(name: str) -> str:
    """A text file of this package."""
    return resources.files("estran.report").joinpath(name).read_text(encoding="utf-8")


def template(name: str = "report.html") -> Template:
    """A page of this package as a template, with the filters that pages share."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FunctionLoader(package_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        words=words,
        css=hexadecimal,
        percent=percent,
        seconds=_seconds,
        thousands=_thousands,
        sentence=_sentence,
        plain=Markup,
    )
    return environment.get_template(name)


def percent(fraction: float) -> str:
    """A fraction as a percentage that never says 0 of something or 100 of not all.

    Examples
    --------
    >>> percent(0.25), percent(0.0), percent(0.00001), percent(0.99999), percent(1.0)
    ('25.0 %', '0 %', '< 0.1 %', '> 99.9 %', '100 %')
    """
    if fraction in (0.0, 1.0):
        return f"{fraction * 100:.0f} %"
    if fraction < 0.001:
        return "< 0.1 %"
    if fraction > 0.999:
        return "> 99.9 %"
    return f"{fraction * 100:.1f} %"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 60 else f"{int(value // 60)} min {value % 60:.0f} s"


def _thousands(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")


def _sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
