"""Pages of the whole catalogue as their readers see them: tables that hold together, links that lead somewhere, and
each number where its declaration has it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.generate import main
from estran.catalogue.spec import BandOut, ClassesOut, Declared, FlagsOut, Operator
from estran.catalogue.views import rows
from estran.catalogue.views.help import help_files, help_page
from estran.catalogue.views.menu import FIRST_POSITION, layer_xml
from estran.catalogue.views.names import GENERATED, page_name
from estran.catalogue.views.pages import bands_page, command_line_page, flags_page, operators_page, reference_page
from estran.catalogue.views.picture import picture
from estran.catalogue.views.schema import json_schema
from estran.catalogue.views.tree import generate, stale
from estran.declare import parameters_of
from estran.errors import BadParameter
from estran.sensors.bands import SEMANTIC, SENSORS

DECLARED = (*OPERATORS, *STUDIES)
EACH = pytest.mark.parametrize("declared", DECLARED, ids=lambda d: d.alias)
EACH_OPERATOR = pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every generated file of a checkout without graphs."""
    return {str(path): text for path, text in generate(tmp_path_factory.mktemp("checkout"))}


def tables(text: str) -> list[list[list[str]]]:
    """Tables of a Markdown text: rows of cells, the header first."""
    found: list[list[list[str]]] = []
    inside = False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            found.append([])
            inside = True
        elif token.type == "table_close":
            inside = False
        elif inside and token.type == "tr_open":
            found[-1].append([])
        elif inside and token.type == "inline":
            found[-1][-1].append(token.content)
    return found


class TestMarkdown:
    def test_no_line_of_a_table_is_left_outside(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            if path.endswith(".md"):
                lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
                assert sum(map(len, tables(text))) == len(lines), path

    def test_all_rows_of_a_table_are_of_one_length(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            for table in tables(text) if path.endswith(".md") else ():
                lines = [line for line in text.splitlines() if line.startswith(f"| {table[0][0]} |")]
                assert lines, path
                assert {len(row) for row in table} == {len(table[0])}, path

    def test_links_lead_to_generated_or_committed_files(self, files: dict[str, str], repository: Path) -> None:
        for path, text in files.items():
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", text) if path.endswith(".md") else ():
                whole = PurePosixPath(path).parent
                for part in PurePosixPath(target).parts:
                    whole = whole.parent if part == ".." else whole / part
                assert str(whole) in files or (repository / whole).is_file(), f"{path}: {target}"

    def test_every_file_that_can_says_that_it_is_generated(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            assert path.endswith((".json", ".properties")) or GENERATED in text, path

    def test_files_end_with_one_line_end(self, files: dict[str, str]) -> None:
        assert not [path for path, text in files.items() if not text.endswith("\n") or text.endswith("\n\n")]

    @EACH
    def test_a_page_lists_each_parameter_once_with_its_default(self, declared: type[Declared]) -> None:
        found = Counter()
        for header, *body in tables(reference_page(declared)):
            if header[0] == "Parameter":
                for row in body:
                    name, default = row[0].strip("`"), row[header.index("Default")]
                    found[name] += 1
                    p = next(p for p in parameters_of(declared) if p.name == name)
                    # Of other modes in parentheses; None is the mode's, which the page says.
                    shown = p.parse("" if default == "none" else default.partition(" (")[0], "page")
                    assert p.default in (None, shown)
        assert found == {p.name: 1 for p in parameters_of(declared)}

    @EACH_OPERATOR
    def test_a_page_lists_each_output_with_its_flags_and_classes(self, op: type[Operator]) -> None:
        found = {(header[0], row[0]): row for header, *body in tables(reference_page(op)) for row in body}
        for written in op.writes:
            assert found["Band", written.name][1] == written.dtype
            if isinstance(written, FlagsOut):
                for flag in written.coding.flags:
                    assert found["Flag", flag.name][1:3] == [str(flag.bit), str(2**flag.bit)]
            if isinstance(written, ClassesOut):
                for value in written.coding.values:
                    assert found["Class", value.name][1] == str(value.value)

    def test_the_command_line_has_every_option_of_everybody(self) -> None:
        found = [row[0] for table in tables(command_line_page(DECLARED)) for row in table[1:]]
        assert sorted(found) == sorted(f"`{p.option}`" for d in DECLARED for p in parameters_of(d))

    def test_the_table_of_operators(self) -> None:
        first, second = tables(operators_page(OPERATORS, STUDIES))
        assert [row[0] for row in first[1:]] == [f"[{op.alias}](../reference/{page_name(op)}.md)" for op in OPERATORS]
        assert [row[0] for row in second[1:]] == [f"[{s.alias}](../reference/{page_name(s)}.md)" for s in STUDIES]
        for op, row in zip(OPERATORS, first[1:], strict=True):
            for reads in op.sources[0].reads:
                assert (f"({reads.band})" if reads.optional else reads.band) in re.split(r"[,;:] ", row[2])

    def test_the_table_of_bands_has_every_semantic_name_of_every_sensor(self) -> None:
        named, written = tables(bands_page(OPERATORS))
        assert [row[0] for row in named[1:]] == list(SEMANTIC)
        assert named[0][1:-1] == list(SENSORS)
        assert len(written) - 1 == sum(len(op.writes) for op in OPERATORS)

    def test_masks_have_names_of_their_own_within_an_operator(self) -> None:
        *_, masks = tables(flags_page(OPERATORS))
        found = Counter((row[-1], row[0]) for row in masks[1:])
        assert max(found.values()) == 1


class TestHelp:
    @EACH_OPERATOR
    def test_a_page_is_what_javahelp_can_show(self, op: type[Operator]) -> None:
        """HTML 3.2 without scripts and styles, in ASCII; well-formed, so that it is read as it was meant."""
        root = ElementTree.fromstring(help_page(op).replace("&nbsp;", " "))
        assert help_page(op).isascii()
        allowed = {
            "html",
            "head",
            "title",
            "body",
            "h1",
            "h2",
            "h3",
            "p",
            "b",
            "code",
            "table",
            "tr",
            "th",
            "td",
            "font",
        }
        assert {e.tag for e in root.iter()} <= allowed

    @EACH_OPERATOR
    def test_colours_of_the_picture_are_those_of_the_codings(self, op: type[Operator]) -> None:
        shown = {
            "".join(cell.itertext()): cell.get("bgcolor") for cell in ElementTree.fromstring(picture(op)).iter("td")
        }
        for written in op.writes:
            for item in getattr(getattr(written, "coding", None), "flags", ()) or getattr(
                getattr(written, "coding", None), "values", ()
            ):
                colours = {
                    rows.colour_text(other.colour)
                    for w in op.writes
                    if not isinstance(w, BandOut)
                    for other in (w.coding.flags if isinstance(w, FlagsOut) else w.coding.values)
                    if other.name == item.name
                }
                assert shown[item.name] in colours

    def test_topics_of_menu_and_map_are_the_same_and_their_pages_are_there(self) -> None:
        files = dict(help_files(OPERATORS))
        mapped = {e.get("target"): e.get("url") for e in ElementTree.fromstring(files["map.jhm"]).iter("mapID")}
        layer = ElementTree.fromstring(layer_xml(OPERATORS))
        topics = {e.get("stringvalue") for e in layer.iter("attr") if e.get("name") == "helpId"}
        contents = [
            e.get("target") for e in ElementTree.fromstring(files["toc.xml"]).iter("tocitem") if e.get("target")
        ]
        assert topics == set(mapped) == set(contents)
        assert set(mapped.values()) <= set(files)
        assert ElementTree.fromstring(files["help.hs"]).findtext("maps/homeID") in topics

    def test_menu_entries_have_places_of_their_own(self) -> None:
        layer = ElementTree.fromstring(layer_xml(OPERATORS))
        places = [
            int(e.get("intvalue", "")) for e in layer.find("folder[@name='Menu']").iter("attr") if e.get("intvalue")
        ]  # type: ignore[union-attr]
        assert sorted(places) == list(range(FIRST_POSITION, FIRST_POSITION + len(OPERATORS)))


def accepted(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value fits a schema, by the words that ours use (JSON Schema Validation 2020-12, sections 6.1, 6.2)."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "null": value is None,
        "boolean": isinstance(value, bool),
        "integer": is_number and math.isfinite(value) and value == int(value),
        "number": is_number,
        "string": isinstance(value, str),
        "array": isinstance(value, list),
    }
    if not any(fits[kind] for kind in kinds) or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, list):
        return all(accepted(schema["items"], item) for item in value)
    if not is_number:
        return True
    return (
        value >= schema.get("minimum", -math.inf)
        and value <= schema.get("maximum", math.inf)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
    )


class TestSchemas:
    @EACH
    def test_defaults_fit(self, declared: type[Declared]) -> None:
        schema = json.loads(json.dumps(json_schema(declared)))
        assert list(schema["properties"]) == [p.name for p in parameters_of(declared)]
        for name, known in schema["properties"].items():
            assert accepted(known, known["default"]), name
            assert known["title"]
            assert known["description"]

    @given(st.sampled_from([(d, p) for d in DECLARED for p in parameters_of(d)]), st.data())
    def test_schema_and_constructor_refuse_the_same_values(self, which: tuple[Any, Any], data: st.DataObject) -> None:
        declared, p = which
        if p.kind not in ("int", "float", "choice", "bool"):
            return
        ends = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", p.info.interval)]
        near = [np.nextafter(end, way) for end in ends for way in (-np.inf, np.inf)]
        numbers = [int(n) for n in (*ends, *(e + 1 for e in ends), *(e - 1 for e in ends))]
        pools: dict[str, list[Any]] = {
            "int": [*numbers, 0.5, "1", None, True],
            "float": [*ends, *(float(n) for n in near), *numbers, "1", None, True],
            "choice": [*p.choices, "", "Default", None, 1],
            "bool": [True, False, None, "true", 1],
        }
        value = data.draw(st.sampled_from(pools[p.kind]))
        try:
            p.check(value, declared.alias)
            taken = True
        except BadParameter:
            taken = False
        assert accepted(json_schema(declared)["properties"][p.name], value) is taken


class TestTexts:
    @given(st.tuples(*[st.integers(0, 255)] * 3))
    def test_colours_are_six_digits(self, colour: tuple[int, int, int]) -> None:
        text = rows.colour_text(colour)
        assert re.fullmatch("#[0-9a-f]{6}", text)
        assert tuple(bytes.fromhex(text[1:])) == colour

    @pytest.mark.parametrize(
        ("band", "text"),
        [
            (BandOut("b", "float32", "1", "m"), "NaN"),
            (BandOut("b", "int16", "1", "m"), "none"),
            (BandOut("b", "int16", "1", "m", nodata=-9999), "-9999"),
            (BandOut("b", "float32", "1", "m", nodata=0.5), "0.5"),
        ],
    )
    def test_no_data_values(self, band: BandOut, text: str) -> None:
        assert rows.nodata_text(band) == text

    @EACH_OPERATOR
    def test_how_an_image_is_gone_over_is_said_in_words(self, op: type[Operator]) -> None:
        assert rows.walk_text(op) in reference_page(op)
        assert len(rows.walk_text(op)) > 20


class TestStaleFiles:
    def test_only_what_says_that_it_is_generated_is_stale(self, tmp_path: Path) -> None:
        reference = tmp_path / "docs" / "reference"
        (reference / "schema").mkdir(parents=True)
        (tmp_path / "docs" / "ICD").mkdir()
        texts = {
            reference / "gone.md": f"<!-- {GENERATED} -->\n",
            reference / "mine.md": "# By hand\n",
            reference / "schema" / "gone.json": "{}\n",  # JSON has no comments: every schema is ours
            reference / "picture.png": GENERATED,
            tmp_path / "docs" / "ICD" / "kept.md": f"<!-- {GENERATED} -->\n",
            tmp_path / "elsewhere.md": f"<!-- {GENERATED} -->\n",
        }
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        found = stale(tmp_path, [(PurePosixPath("docs/ICD/kept.md"), "")])
        assert [str(path) for path in found] == ["docs/reference/gone.md", "docs/reference/schema/gone.json"]

    def test_a_checkout_without_folders_has_none(self, tmp_path: Path) -> None:
        assert stale(tmp_path, []) == []


class TestCommand:
    def test_writing_says_what_it_wrote_and_then_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
        (tmp_path / "pyproject.toml").touch()
        assert main([str(tmp_path)]) == 0
        written = capsys.readouterr().out.splitlines()
        assert sorted(written) == sorted(str(path) for path, _ in generate(tmp_path))
        assert all((tmp_path / path).is_file() for path in written)
        assert main([str(tmp_path)]) == 0
        assert capsys.readouterr().out == ""

    def test_a_check_writes_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
        (tmp_path / "pyproject.toml").touch()
        assert main(["--check", str(tmp_path)]) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
        said = capsys.readouterr()
        assert f"{len(said.out.splitlines())} generated files differ. What to do: make generate" in said.err
