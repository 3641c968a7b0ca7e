"""Numbers of the pages that stand for constants of the code: they are those of the code, and follow it."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from press.markdown import render

from estran.catalogue.generate import main
from estran.catalogue.views.quoted import (
    _DEFINITION,
    _FORMULA,
    _IN_FORMULA,
    PAGES,
    _as,
    _occurrences,
    _parsed,
    filled,
    value_of,
)
from estran.errors import EstranError
from estran.masks.glint import air
from estran.masks.glint.settings import GlintSettings
from estran.physics import rayleigh

ROOT = Path(__file__).resolve().parents[2]
METHODS = sorted((ROOT / "docs" / "ATBD").glob("*.md"))
QUOTING = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern)) if ".py#" in path.read_text("utf-8")]

PAGE = PurePosixPath("docs/ATBD/page.md")
AIR = "../../python/estran/masks/glint/air.py"


def page(text: str, *definitions: str) -> str:
    return f"# Page\n\n{text}\n\n" + "\n".join(definitions) + "\n"


def relative(path: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(ROOT).as_posix())


@pytest.mark.parametrize("path", QUOTING, ids=lambda p: p.stem)
def test_numbers_of_the_pages_are_those_of_the_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert filled(relative(path), text) == text, "run `make generate` and commit"


def unquoted(text: str) -> list[str]:
    """Decimal numbers of the labelled equations of a page that no definition stands for, as "GLINT-8: 1.7"; in
    subscripts they are names, such as those of wavelengths.
    """
    numbers = [
        match.groups() for definition in _DEFINITION.findall(text) if (match := _IN_FORMULA.match(definition[0]))
    ]
    found = []
    for body, label in _FORMULA.findall(text):
        places = [_occurrences(body, number) for equation, number, _ in numbers if equation == label]
        spans = [span for places_of_one in places for span in places_of_one]
        spans += [match.span() for match in re.finditer(r"_\{[^{}]*\}", body)]
        found += [
            f"{label}: {match[0]}"
            for match in re.finditer(r"\d*\.\d+", body)
            if not any(start <= match.start() and match.end() <= end for start, end in spans)
        ]
    return found


@pytest.mark.parametrize("path", METHODS, ids=lambda p: p.stem)
def test_decimal_numbers_of_equations_are_quoted(path: Path) -> None:
    """What stands in an equation with a point is a coefficient or a threshold, never an example."""
    assert unquoted(path.read_text("utf-8")) == [], (
        "give each a name in the code and a definition at the end of the page"
    )


def test_twin_a_number_that_is_typed_into_an_equation_is_found() -> None:
    text = page(r"$$ a = 1.7\,b_{0.74} + 0.35 \tag{A-1} $$ and $$ 0.5 $$", f"[A-1: 1.7]: {AIR}#TWICE")
    assert unquoted(text) == ["A-1: 0.35"]
    assert unquoted(text.replace("0.35", r"1.7\,c")) == []


def test_twin_a_constant_that_changes_takes_the_page_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the text and in a formula of the real pages; and back again, to the byte."""
    for name, module, constant, value, expected in (
        ("sun_glint", air, "ASYMMETRY", 0.7125, "[0.7125][ASYMMETRY]"),
        ("sun_glint", air, "TWICE", 2.25, r"(1 + 2.25\,\tau_r)"),
        ("rayleigh", rayleigh, "HANSEN_TRAVIS", (0.009, 0.0113, 0.00013), r"\tau_{HT74} = 0.009\,\lambda^{-4}"),
        ("rayleigh", rayleigh, "MOLECULAR_DENSITY", 2.6e19, "N = [2.6·10¹⁹]"),
    ):
        path = ROOT / "docs" / "ATBD" / f"{name}.md"
        text = path.read_text("utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(module, constant, value)
            changed = filled(relative(path), text)
        assert expected not in text
        assert expected in changed, f"{name} does not follow {constant}"
        assert filled(relative(path), changed) == text


def test_a_number_that_was_typed_over_is_found_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The glint page once said an asymmetry of 0.65 and an exponent of 1.3, where 0.68 and 1.1 were computed with."""
    for name in ("pyproject.toml", "graphs"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tmp_path / name)
    target = tmp_path / "docs" / "ATBD" / "sun_glint.md"
    target.parent.mkdir(parents=True)
    text = (ROOT / "docs" / "ATBD" / "sun_glint.md").read_text("utf-8")
    typed = text.replace("[0.68][ASYMMETRY]", "[0.65][ASYMMETRY]").replace("[1.1][ANGSTROM]", "[1.3][ANGSTROM]")
    target.write_text(typed, "utf-8")
    assert main([str(tmp_path)]) == 0
    assert target.read_text("utf-8") == text
    target.write_text(typed, "utf-8")
    capsys.readouterr()
    assert main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.split() == ["docs/ATBD/sun_glint.md"]


@pytest.mark.parametrize(
    ("text", "definitions", "complaint"),
    [
        ("of [0.68][g]", [f"[g]: {AIR}#ASYMETRY"], r"does not have.*\[g\].*found estran\.masks\.glint\.air\.ASYMETRY"),
        ("of [0.68][g]", ["[g]: ../../python/estran/masks/glint/gone.py#G"], r"found estran\.masks\.glint\.gone\.G"),
        ("of [0.68][g]", [f"[g]: {AIR}#clear_air"], "is no number"),
        ("of [0.68][g]", [f"[g]: {AIR}#clear_air.platform"], "default"),
        ("of [0.68][g]", ["[g]: ../python/estran/masks/glint/air.py#ASYMMETRY"], r"does not lead into the code.*\.\./"),
        ("of [two][g]", [f"[g]: {AIR}#ASYMMETRY"], "not written as a number.*found two"),
        ("of 0.68", [f"[g]: {AIR}#ASYMMETRY"], r"stands for no number of the page.*\[g\]"),
        ("of [0.68][g]", [f"[g]: {AIR}#ASYMMETRY", f"[G]: {AIR}#ANGSTROM"], "given twice"),
        ("of [0.68][g]", [f'[g]: {AIR}#ASYMMETRY "miles"'], "conversion is unknown.*miles"),
        (f"of [0.68]({AIR}#ASYMMETRY)", [], "without a definition"),
        ("$$ a = 1.7 \\tag{A-1} $$", [f"[A-1: 1.8]: {AIR}#TWICE"], r"not in its formula.*1\.8, found a = 1\.7"),
        ("$$ a = 1.7 \\tag{A-1} $$", [f"[A-2: 1.7]: {AIR}#TWICE"], "no formula with this label"),
        (
            "$$ a = 0.5 + b_{0.5} \\tag{A-1} $$",
            [f"[A-1: 0.5]: {AIR}#FORWARD", f"[A-1: 0.5 (2)]: {AIR}#FORWARD"],
            "two definitions stand for one number",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, definitions: list[str], complaint: str) -> None:
    with pytest.raises(EstranError, match=complaint) as error:
        filled(PAGE, page(text, *definitions))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("masks.glint.air.ASYMMETRY", air.ASYMMETRY),
        ("masks.glint.settings.GlintSettings.vapour_sure", GlintSettings().vapour_sure),
        ("masks.glint.air.clear_air.aerosol", 0.1),
        ("physics.aerosol.optics.optics.points", 600),
        ("masks.cloud.settings.PixelSettings.for_mode(default).few_clear", 40000),
        ("scenes.instrument.TIME_LAG[B9]", 2.586),
        ("physics.gas.isotopologues.MOLECULES[O2]", 7),
    ],
)
def test_names_lead_to_constants_defaults_and_entries(name: str, expected: float) -> None:
    parts = name.split(".")
    at = next(i for i, part in enumerate(parts) if not (ROOT / "python/estran").joinpath(*parts[: i + 1]).is_dir()) + 1
    assert value_of("estran." + ".".join(parts[:at]), ".".join(parts[at:])) == expected


@pytest.mark.parametrize(
    ("written", "value", "other", "then"),
    [
        ("0.10", "0.1", "0.125", "0.125"),
        ("-0.8", "-0.8", "0.8", "0.8"),
        ("−0.8", "-0.8", "-0.75", "−0.75"),
        ("10 000", "10000", "2500000", "2 500 000"),
        ("40,000", "40000", "999", "999"),
        ("2.95·10⁻⁶", "2.95e-6", "3.1e-6", "3.1·10⁻⁶"),
        ("10⁻⁴", "1e-4", "2e-4", "2·10⁻⁴"),
        (r"1.779\,10^{-4}", "1.779e-4", "2e-4", r"2\,10^{-4}"),
        ("10^4", "10000", "10000", "10^4"),
        ("10^{-13}", "1e-13", "3e-13", r"3\,10^{-13}"),
        ("1e-4", "1e-4", "5e-5", "0.5e-4"),
        (".5", "0.5", "0.25", "0.25"),
    ],
)
def test_numbers_are_read_and_written_as_the_page_has_them(written: str, value: str, other: str, then: str) -> None:
    assert _parsed(written) == Decimal(value)
    assert _as(written, Decimal(other)) == then


@given(
    st.sampled_from(["0.1", "−0.8", "10 000", "40,000", "2.95·10⁻⁶", "10⁻⁴", r"1.779\,10^{-4}", "10^4", "1e-4"]),
    st.decimals(-(10**9), 10**9, allow_nan=False, places=7),
)
def test_what_is_written_reads_back(manner: str, value: Decimal) -> None:
    assert _parsed(_as(manner, value)) == value


def test_conversions() -> None:
    text = page(
        "[1][a] km, [5][b] %, [80][c] degrees, [1][d] ppm",
        '[a]: ../../python/estran/scenes/instrument.py#DETECTOR_WIDTH "/ 25000"',
        f'[b]: {AIR}#ABSORBED "%"',
        '[c]: ../../python/estran/physics/radiative_transfer/table_sky_glint.py#WIDEST "degrees"',
        f'[d]: {AIR}#FORWARD "x 2"',
    )
    assert filled(PAGE, text) == text


def test_a_number_that_begins_to_look_like_another_keeps_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two numbers of one formula, alike for a while: the definitions say which is which, and part again."""
    text = page(r"$$ a = 1.7\,b + 0.5\,c \tag{A-1} $$", f"[A-1: 1.7]: {AIR}#TWICE", f"[A-1: 0.5]: {AIR}#FORWARD")
    with monkeypatch.context() as patch:
        patch.setattr(air, "TWICE", 0.5)
        alike = filled(PAGE, text)
        assert r"a = 0.5\,b + 0.5\,c" in alike
        assert f"[A-1: 0.5 (1)]: {AIR}#TWICE" in alike
        assert f"[A-1: 0.5 (2)]: {AIR}#FORWARD" in alike
    assert r"a = 1.7\,b + 0.5\,c" in filled(PAGE, alike)


def test_numbers_of_labels_exponents_and_other_numbers_are_left_alone() -> None:
    text = page(
        r"$$ x_{16} = 16 + 0.16 + 160 + 16\,10^{-4} \tag{CM-16} $$ and 16, [b][c].",
        "[CM-16: 16 (1)]: ../../python/estran/scenes/layer.py#BLOCK",
        "[c]: https://example.org",
    )
    assert filled(PAGE, text) == text


def test_the_site_shows_the_number_and_where_it_comes_from() -> None:
    html = render(
        page(
            "An asymmetry of [0.68][g].\n\n$$ a = 1.7 \\tag{A-1} $$",
            f"[g]: {AIR}#ASYMMETRY",
            f"[A-1: 1.7]: {AIR}#TWICE",
        )
    ).html
    assert '<a title="estran.masks.glint.air.ASYMMETRY" class="constant">0.68</a>' in html
    assert 'title="1.7: estran.masks.glint.air.TWICE"' in html
    assert ".py#" not in html
