"""What a product can do without: angle grids where there are means, detector footprints, and every file that is not
read at all.
"""

from __future__ import annotations

import importlib.util
import logging
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.safe import read_safe
from estran.errors import BadProduct
from estran.raster.product import Product

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

SUN = builder.constant(40.0, 150.0)
EVERYWHERE = np.ones((7, 7), bool)
VIEWS = {5: (builder.constant(3.0, 100.0), EVERYWHERE)}
MEAN_SUN = "<Mean_Sun_Angle><ZENITH_ANGLE>26.5</ZENITH_ANGLE><AZIMUTH_ANGLE>135.25</AZIMUTH_ANGLE></Mean_Sun_Angle>"


def mean_views(
    zenith: Callable[[int], object] = lambda k: 4 + k / 10,
    azimuth: Callable[[int], object] = lambda k: 280 + k,
    bands: range = range(13),
) -> str:
    """Means that differ from band to band."""
    means = "".join(
        f"<Mean_Viewing_Incidence_Angle "
        f'bandId="{k}"><ZENITH_ANGLE>{zenith(k)}</ZENITH_ANGLE><AZIMUTH_ANGLE>{azimuth(k)}</AZIMUTH_ANGLE>'
        "</Mean_Viewing_Incidence_Angle>"
        for k in bands
    )
    return f"<Mean_Viewing_Incidence_Angle_List>{means}</Mean_Viewing_Incidence_Angle_List>"


def edit(root: Path, change: Callable[[str], str]) -> Path:
    path = next(root.glob("GRANULE/*/MTD_TL.xml"))
    text = path.read_text()
    changed = change(text)
    assert changed != text
    path.write_text(changed)
    return root


def with_means(root: Path, means: str) -> Path:
    return edit(root, lambda text: text.replace("</Tile_Angles>", f"{means}</Tile_Angles>"))


def values(product: Product, *names: str) -> list[float]:
    """The one value that each band has everywhere."""
    found = [product[name].data.compute() for name in names]
    assert all(np.ptp(a) < 1e-4 for a in found)
    return [float(a[0, 0]) for a in found]


def note(product: Product, start: str) -> str:
    return next((n for n in product.notes if n.startswith(start)), "")


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return {"B02": builder.samples()["B02"]}


def five(band: str) -> np.ndarray:
    return np.full(builder.shape(band), 5, np.uint8)


# --- published means
# -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("masks", [None, five], ids=["no footprints", "footprints"])
def test_a_tile_without_grids_has_the_published_means(
    tmp_path: Path, raw: dict[str, np.ndarray], masks: object
) -> None:
    product = read_safe(with_means(builder.build(tmp_path, raw, footprint=masks), MEAN_SUN + mean_views()))
    assert values(product, "sun_zenith", "sun_azimuth") == pytest.approx([26.5, 135.25], abs=1e-4)
    assert values(product, "view_zenith_B1", "view_azimuth_B1", "view_zenith_B12", "view_azimuth_B12") == pytest.approx(
        [4.0, 280.0, 5.2, 292.0], abs=1e-4
    )
    assert values(product, "view_zenith_mean")[0] == pytest.approx(4.6, abs=0.01)
    assert note(
        product,
        "The tile metadata hold no grid of sun angles: the published mean holds everywhere (zenith 26.50, azimuth "
        "135.25 degrees).",
    )
    assert note(
        product,
        "The tile metadata hold no grids of view angles: the published means hold everywhere (B1: zenith 4.00, "
        "azimuth 280.00 degrees).",
    )
    assert not note(product, "No detector footprints")
    assert product.description.endswith("sun angles: the tile's mean; view angles: the tile's means")


def test_grids_come_before_means(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    product = read_safe(
        with_means(builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=five), MEAN_SUN + mean_views())
    )
    assert values(product, "sun_zenith", "view_zenith_B5", "view_zenith_mean") == pytest.approx(
        [40.0, 3.0, 3.0], abs=1e-4
    )
    assert not [n for n in product.notes if "mean" in n]
    assert product.description.endswith("sun angles: the tile's grid; view angles: the tile's grids")


def test_grids_of_nothing_but_holes_are_none(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    holes = {5: (builder.constant(3.0, 100.0), ~EVERYWHERE), 6: (builder.constant(np.nan, 100.0), EVERYWHERE)}
    product = read_safe(
        with_means(
            builder.build(tmp_path, raw, sun=builder.constant(np.nan, np.nan), views=holes), MEAN_SUN + mean_views()
        )
    )
    assert values(product, "sun_zenith", "view_zenith_B2") == pytest.approx([26.5, 4.1], abs=1e-4)


def without_grids(text: str, *bands: int) -> str:
    for k in bands:
        text = re.sub(f'<Viewing_Incidence_Angles_Grids bandId="{k}".*?</Viewing_Incidence_Angles_Grids>', "", text)
    return text


def test_a_band_without_a_grid_has_its_mean_inside_the_swath(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    def half(band: str) -> np.ndarray:
        mask = five(band)
        mask[:, mask.shape[1] // 2 :] = 0
        return mask

    root = with_means(builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=half), mean_views())
    product = read_safe(edit(root, lambda text: without_grids(text, 10, 12)))
    zenith, other = (product[name].data.compute() for name in ("view_zenith_B12", "view_zenith_B2"))
    np.testing.assert_array_equal(np.isnan(zenith), np.isnan(other))
    assert zenith[0, 0] == pytest.approx(5.2, abs=1e-4)
    assert note(
        product,
        "No grid of view angles for B10, B12: the published means hold everywhere (B10: zenith 5.00, azimuth 290.00 "
        "degrees).",
    )
    assert product.description.endswith("view angles: the tile's grids, means for B10, B12")


def test_a_band_with_neither_is_said(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    root = with_means(builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=five), mean_views(bands=range(12)))
    product = read_safe(edit(root, lambda text: without_grids(text, 0, 12)))
    assert "view_zenith_B12" not in product.bands
    assert "view_zenith_B1" in product.bands
    assert note(product, "No view angles for B12: the mean over the other bands stands in for them.")


def test_real_means_where_the_real_grids_are_taken_away(
    tmp_path: Path, raw: dict[str, np.ndarray], shared_data: Path
) -> None:
    """T31TDH of 2018-01-01: the published means of a real tile, in the product that has nothing else."""
    text = (shared_data / "eodag_s2_l1c_T31TDH_B01" / "MTD_TL.xml").read_text()
    means = "".join(
        text[text.index(f"<{tag}>") : text.index(f"</{tag}>")] + f"</{tag}>"
        for tag in ("Mean_Sun_Angle", "Mean_Viewing_Incidence_Angle_List")
    )
    product = read_safe(with_means(builder.build(tmp_path, raw), means))
    assert values(product, "sun_zenith", "sun_azimuth") == pytest.approx([67.0354071, 166.3285135], abs=1e-4)
    assert values(product, "view_zenith_B1", "view_azimuth_B10") == pytest.approx([9.3486081, 287.0390341], abs=1e-3)


# --- impossible angles
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zenith", "azimuth"), [(95.0, 150.0), (-9999.0, -9999.0), (40.0, 1e20), (120.0, np.nan), (90.0, 0.0)]
)
def test_impossible_angles_are_holes(tmp_path: Path, raw: dict[str, np.ndarray], zenith: float, azimuth: float) -> None:
    def field(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        corner = (x == 0) & (y == 0)
        return np.where(corner, zenith, 40.0), np.where(corner, azimuth, 150.0)

    product = read_safe(builder.build(tmp_path, raw, sun=field, views=VIEWS, footprint=five))
    assert values(product, "sun_zenith", "sun_azimuth") == pytest.approx([40.0, 150.0], abs=1e-3)
    assert bool(note(product, "1 of 49 published angles of the sun are impossible")) == np.isfinite(azimuth)


def test_azimuths_counted_from_minus_180_are_the_same_directions(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    product = read_safe(
        builder.build(
            tmp_path, raw, sun=builder.constant(40.0, -210.0), views={5: (builder.constant(3.0, -100.0), EVERYWHERE)}
        )
    )
    assert values(product, "sun_azimuth", "view_azimuth_B2") == pytest.approx([150.0, 260.0], abs=1e-3)
    assert not [n for n in product.notes if "impossible" in n]


@pytest.mark.parametrize("zenith", ["126.5", "-1", "nan", "", "high"])
def test_impossible_means_are_not_used(tmp_path: Path, raw: dict[str, np.ndarray], zenith: str) -> None:
    product = read_safe(
        with_means(builder.build(tmp_path, raw), MEAN_SUN.replace("26.5", zenith) + mean_views(lambda k: zenith))
    )
    assert list(product.bands) == ["B2"]
    assert note(product, "The tile metadata hold no sun angles")
    assert note(product, "The tile metadata hold no view angles")
    if zenith in ("126.5", "-1"):
        assert note(product, f"The published mean angles {zenith}, 135.25 of Mean_Sun_Angle are impossible")


# --- detector footprints
# -------------------------------------------------------------------------------------------------------------


def gml(band: str) -> str:
    return builder.footprint_gml(band, {5: [(0, 0), (3600, 0), (3600, 3600), (0, 3600)]})


BROKEN: dict[str, tuple[Callable[[str], object], Callable[[bytes], bytes]]] = {
    "gml of 0 bytes": (gml, lambda _: b""),
    "gml cut short": (gml, lambda content: content[: len(content) // 2]),
    "gml with a document type": (gml, lambda content: content.replace(b"?>", b"?><!DOCTYPE x>", 1)),
    "gml that does not say its detector": (gml, lambda content: content.replace(b"-05-0", b"")),
    "gml of a detector beyond all": (gml, lambda content: content.replace(b"-05-0", b"-999-0")),
    "gml of another dimension": (gml, lambda content: content.replace(b'srsDimension="3"', b'srsDimension="0"')),
    "gml with words for numbers": (gml, lambda content: content.replace(b"600000", b"east")),
    "gml that is no text": (gml, lambda _: b"\xff\xfe\x00\x01" * 50),
    "jp2 of 0 bytes": (five, lambda _: b""),
    "jp2 cut short": (five, lambda content: content[: len(content) // 2]),
    "jp2 that is none": (five, lambda _: b"<html>404</html>"),
}


@pytest.mark.parametrize(("mask", "damage"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_footprint_counts_as_a_missing_one(
    tmp_path: Path, raw: dict[str, np.ndarray], mask: Callable[[str], object], damage: object
) -> None:
    root = builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=mask)
    path = next(root.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B06.*"))
    path.write_bytes(damage(path.read_bytes()))
    product = read_safe(root)
    assert values(product, "view_zenith_B6", "view_zenith_B5") == pytest.approx([3.0, 3.0], abs=1e-4)
    assert note(product, f"The detector footprints of B6 cannot be used ({path.name}: ")
    assert note(
        product,
        "No detector footprints for B6: each pixel takes the view angles of the detector whose published nodes are "
        "nearest.",
    )
    assert len([n for n in product.notes if "footprints" in n]) == 2


def test_a_footprint_of_the_wrong_size_counts_as_a_missing_one(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    root = builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=five)
    builder.write_jp2(next(root.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B06.jp2")), np.full((170, 180), 5, np.uint8), 20)
    product = read_safe(root)
    assert "found" not in note(product, "The detector footprints of B6 cannot be used")
    assert "170 x 180" in note(product, "The detector footprints of B6 cannot be used")
    assert values(product, "view_zenith_B6") == pytest.approx([3.0], abs=1e-4)


def test_a_ring_that_encloses_nothing_is_left_out(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    def open_ring(band: str) -> str:
        empty = builder.footprint_gml(band, {7: [(0, 0)]})
        return gml(band).replace(
            "</eop:maskMembers>",
            empty[empty.index("<eop:MaskFeature") : empty.index("</eop:maskMembers>")] + "</eop:maskMembers>",
        )

    product = read_safe(builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=open_ring))
    assert values(product, "view_zenith_B6") == pytest.approx([3.0], abs=1e-4)


def test_damage_that_shows_when_a_footprint_is_decoded_never_stops_the_work(
    tmp_path: Path, raw: dict[str, np.ndarray], caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(1)
    root = builder.build(
        tmp_path,
        raw,
        sun=SUN,
        views=VIEWS,
        footprint=lambda band: rng.integers(5, 6, builder.shape(band)).astype(np.uint8),
    )
    path = next(root.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B06.jp2"))
    data = bytearray(path.read_bytes())
    last = data.rindex(b"\xff\x90\x00\x0a")  # the last tile's first marker
    data[last : last + 12] = bytes(12)
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING, "estran"):
        zenith = read_safe(root)["view_zenith_B6"].data.compute()
    assert zenith == pytest.approx(3.0, abs=1e-4)
    assert "those of the nearest detector" in caplog.text


# --- files that are not read
# ---------------------------------------------------------------------------------------------------------


def test_broken_files_that_nobody_reads_cost_nothing(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    root = builder.build(tmp_path, raw, sun=SUN, views=VIEWS, footprint=five)
    before = read_safe(root).notes
    granule = next(root.glob("GRANULE/*"))
    for path in (
        root / "INSPIRE.xml",
        root / "DATASTRIP" / "DS" / "MTD_DS.xml",
        granule / "QI_DATA" / "GENERAL_QUALITY.xml",
        granule / "QI_DATA" / "MSK_CLASSI_B00.jp2",
        granule / "QI_DATA" / "T31UFS_20200615T105031_PVI.jp2",
        granule / "AUX_DATA" / "S2A_OPER_GIP_PROBAS",
        root / "HTML" / "banner_1.png",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert read_safe(root).notes == before
    (root / "manifest.safe").write_bytes(b"<cut")
    assert read_safe(root).notes == before


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [("2016-12-31T23:59:60Z", "2017-01-01 00:00:00"), ("2020-06-15T10:50:31.123456789", "2020-06-15 10:50:31")],
)
def test_times_as_they_come(tmp_path: Path, raw: dict[str, np.ndarray], stamp: str, expected: str) -> None:
    root = builder.build(tmp_path, raw)
    path = root / "MTD_MSIL1C.xml"
    path.write_text(path.read_text().replace("2020-06-15T10:50:31.024Z", stamp))
    assert f"{read_safe(root).start:%Y-%m-%d %H:%M:%S}" == expected


def test_the_tile_metadata_are_needed(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    root = builder.build(tmp_path, raw)
    next(root.glob("GRANULE/*/MTD_TL.xml")).write_bytes(b"")
    with pytest.raises(BadProduct, match=r"the XML .*MTD_TL\.xml.*download the product again"):
        read_safe(root)
