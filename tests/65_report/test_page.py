"""The page says what the arrays and the metadata hold."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

from estran import __version__
from estran.raster.product import Band, Product
from estran.raster.record import RunRecord
from estran.report import write_report
from estran.report.fractions import fraction_tables

VOID = {"meta", "img", "link", "br", "hr", "input", "rect"}


class Page(HTMLParser):
    """Tags, texts and table rows of a page; complains about tags that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            return
        self.text += data
        if self.rows and any(t in self.open for t in ("td", "th")):
            self.rows[-1][-1] += data.strip()

    def row(self, name: str) -> list[str]:
        return next(r for r in self.rows if r and r[0] == name)


@pytest.fixture
def page(source: Product, result: Product, tmp_path: Path) -> Page:
    path = write_report(
        source,
        result,
        tmp_path,
        title="Masks of <it>",
        timings={"read": 1.5, "Estran.CloudMask": 3.0},
        generated=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert path == tmp_path / "index.html"
    return Page(path.read_text("utf-8"))


def test_fractions_are_counted_over_every_pixel(page: Page) -> None:
    # 100 x 120 pixels, a tenth of the columns... 10 of 120 columns without data: 11,000 with data; the cloud has 20 x
    # 30 = 600.
    assert "11\u202f000 of 12\u202f000 pixels have data" in page.text
    cloud = page.row("cloud")
    assert cloud[1] == "5.5 %"
    assert cloud[3] == "600"
    assert cloud[4] == "0.24"  # 600 pixels of 400 m2
    assert page.row("cloud shadow")[1] == "0.9 %"
    assert page.row("snow")[1] == "0 %"
    assert page.row("no data")[1] == "8.3 %"


def test_class_fractions_sum_to_one(result: Product) -> None:
    classes = fraction_tables(result)[0]
    assert classes.kind == "classes"
    assert sum(row.pixels for row in classes.rows) == classes.pixels
    assert sum(row.fraction for row in classes.rows if row.name != "no_data") == pytest.approx(1)


def test_what_was_assumed_is_said(page: Page) -> None:
    assert "No band B10: the thin-cirrus test is off." in page.text
    assert "Sun searched." in page.text


def test_what_was_read_is_said(page: Page) -> None:
    for text in (
        "S2A_<test>&product",
        "Sentinel-2A",
        "04.00",
        "2020-06-01 10:30:00 UTC",
        "240 x 200 pixels",
        "EPSG:32631",
        "B2, B3, B4, B8A, B11, B12",
    ):
        assert text in page.text


def test_facts_parameters_times_and_versions_are_said(page: Page) -> None:
    assert page.row("mode")[1] == "strict"
    for text in (
        "land threshold",
        "0.4321",
        "few clear",
        "1.50 s",
        "4.50 s",
        __version__,
        np.__version__,
        "Written 2026-01-02 00:00:00 UTC",
    ):
        assert text in page.text


def test_nothing_comes_from_elsewhere_and_links_resolve(page: Page, tmp_path: Path) -> None:
    identifiers = {a["id"] for _, a in page.tags if "id" in a}
    for tag, attributes in page.tags:
        for key in ("href", "src"):
            target = attributes.get(key)
            if target is None:
                continue
            assert not re.match(r"^(https?:)?//", target), (tag, target)
            if target.startswith("#"):
                assert target[1:] in identifiers
            else:
                assert (tmp_path / target).is_file()


def test_pictures_have_words_for_those_who_do_not_see_them(page: Page) -> None:
    images = [a for tag, a in page.tags if tag == "img" and "src" in a]
    assert len(images) == 6
    assert all(a["alt"] for a in images)
    assert ("html", {"lang": "en"}) in page.tags


def test_text_from_products_is_escaped(source: Product, result: Product, tmp_path: Path) -> None:
    evil = replace(source, name="<script>alert(1)</script>", notes=("<b>x</b> & y",))
    text = write_report(evil, result, tmp_path, title='"><script>', timings={}).read_text("utf-8")
    assert text.count("<script>") == 1  # our own
    assert "&lt;b&gt;x&lt;/b&gt; &amp; y" in text


def test_same_input_same_files(source: Product, result: Product, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_report(source, result, tmp_path / folder, title="t")
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert files == sorted(p.name for p in (tmp_path / "b").iterdir())
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in files)
    assert not any(n.startswith(".") for n in files)


def test_a_bare_product_still_has_a_page(result: Product, tmp_path: Path) -> None:
    bare = Product("bare", replace(result.grid, transform=None, crs=None), {})
    page = Page(write_report(bare, replace(bare, name="out"), tmp_path, title="bare").read_text("utf-8"))
    assert "Nothing had to be assumed" not in page.text  # two composites are left out, and it says so
    assert "True colour is left out" in page.text
    assert "No band allowed a picture" in page.text


def test_no_notes_is_said_too(source: Product, result: Product, tmp_path: Path) -> None:
    clean = replace(result, metadata=())
    text = write_report(replace(source, notes=()), clean, tmp_path, title="t").read_text("utf-8")
    assert "Nothing had to be assumed" in text


def test_real_scene(shared_data: Path, tmp_path: Path) -> None:
    """T19UDP: the reflectance pictures are neither black nor white, and the no-data fraction is that of
    the array (38 %).
    """
    import rasterio
    from affine import Affine

    from estran.raster.coding import IndexCoding, IndexValue
    from estran.raster.grid import Grid

    folder = shared_data / "s2_l1c_T19UDP_160m"
    if not folder.is_dir():
        pytest.skip("no s2_l1c_T19UDP_160m in the test data")
    grid = Grid(687, 687, Affine(159.83, 0, 399960, 0, -159.83, 5500020), "EPSG:32619")
    bands = {}
    for name in ("B02", "B03", "B04", "B8A", "B11", "B12"):
        with pytest.warns(rasterio.errors.NotGeoreferencedWarning), rasterio.open(folder / f"{name}.jp2") as file:
            bands[name] = Band(name, da.from_array(file.read(1), chunks=256), grid, scale=1e-4, nodata=0, unit="1")
    source = Product("T19UDP", grid, bands, platform="Sentinel-2A")
    empty = np.asarray(bands["B04"].data) == 0
    coding = IndexCoding("c", (IndexValue("no_data", 0, (0, 0, 0), ""), IndexValue("data", 1, (255, 255, 255), "")))
    result = Product("r", grid, {"c": Band("c", (~empty).astype(np.uint8), grid, coding=coding)})
    page = Page(write_report(source, result, tmp_path, title="T19UDP").read_text("utf-8"))
    assert page.row("no data")[1] == f"{100 * empty.mean():.1f} %"
    import matplotlib.image

    for name in ("true_colour", "swir_composite"):
        shown = matplotlib.image.imread(tmp_path / f"{name}.png")[: grid.height, : grid.width, :3][~empty]
        assert 0.15 < shown.mean() < 0.7
        assert (shown.max(axis=-1) == 1).mean() < 0.3


def test_parameters_that_differ_from_their_declared_default_are_marked(
    source: Product, result: Product, tmp_path: Path
) -> None:
    from estran.catalogue import OPERATORS
    from estran.catalogue.outputs import record

    op = next(o for o in OPERATORS if o.alias == "Estran.CloudMask")(shadow_buffer=120.0)
    known = replace(
        result, metadata=(record(op, run=RunRecord((), {"cloud": 0.5}, {"height_median": float("nan"), "clouds": 3})),)
    )
    page = Page(write_report(source, known, tmp_path, title="t", timings={"read": 1.0}).read_text("utf-8"))
    marked = [row for row in page.rows if any("changed" in cell for cell in row)]
    assert [row[0] for row in marked] == ["shadow_buffer"]
    assert marked[0][1].startswith("120.0")
    assert marked[0][2:4] == ["m", "60.0"]
    assert page.row("mode")[3] == "default"
    assert page.row("read")[1] == "1.00 s"
    assert not [row for row in page.rows if row[1:2] == ["0.5"]]
    assert re.search(r"height median\s*unknown", page.text)
