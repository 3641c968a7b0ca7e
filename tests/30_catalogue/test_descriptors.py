"""What SNAP, GPT graphs and NetBeans read, for every operator: the declaration comes back from it, value for value."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from small_operator import SmallOperator

from estran.catalogue import OPERATORS
from estran.catalogue.spec import Operator, Reads, Source, param
from estran.catalogue.study import Case, DatasetOut, Study, Variable
from estran.catalogue.views import (
    graph_properties,
    info_xml,
    layer_xml,
    properties_defaults,
    services_file,
    shim,
)
from estran.catalogue.views.graphs import read_properties
from estran.catalogue.views.names import GENERATED, action_name
from estran.catalogue.views.snap import data_type, package_init
from estran.declare import Interval, parameters_of
from estran.errors import BadGraph, EstranError
from estran.raster.grid import Grid, Window
from estran.raster.scene import Block, Scene

EACH = pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)


@functools.cache
def described(op: type[Operator]) -> dict[str, dict[str, str]]:
    """Elements of each parameter in the descriptor, by name."""
    root = ElementTree.fromstring(info_xml(op))
    return {p.findtext("name", ""): {e.tag: e.text or "" for e in p} for p in root.iter("parameter")}


@EACH
class TestDescriptor:
    def test_parameters_are_all_there_in_their_order(self, op: type[Operator]) -> None:
        assert list(described(op)) == [p.name for p in parameters_of(op)]

    def test_intervals_and_choices_come_back(self, op: type[Operator]) -> None:
        for p in parameters_of(op):
            known = described(op)[p.name]
            assert known.get("valueSet", "") == ",".join(p.choices)
            if p.info.interval and not known["dataType"].startswith(("[", "String[")):
                assert Interval.parse(known["interval"]) == Interval.parse(p.info.interval)

    def test_a_default_lies_within_its_own_interval_and_choices(self, op: type[Operator]) -> None:
        for p in parameters_of(op):
            known = described(op)[p.name]
            if known.get("defaultValue"):
                p.check(p.parse(known["defaultValue"], op.alias), op.alias)

    def test_what_may_not_be_empty_has_a_default(self, op: type[Operator]) -> None:
        """SNAP refuses an empty parameter that is marked so, also where nobody gave it."""
        for name, known in described(op).items():
            assert known.get("notNull") != "true" or known.get("defaultValue"), name

    def test_types_that_java_cannot_leave_empty_have_a_default(self, op: type[Operator]) -> None:
        for p in parameters_of(op):
            if data_type(p) in ("int", "double"):
                assert not p.optional
                assert described(op)[p.name].get("defaultValue"), p.name

    def test_spellings_for_graphs_are_those_that_graphs_are_read_with(self, op: type[Operator]) -> None:
        for p in parameters_of(op):
            alias = described(op)[p.name].get("alias", p.name)
            assert alias == p.element
            assert "_" not in alias

    def test_lines_of_the_description_fit_the_window(self, op: type[Operator]) -> None:
        description = ElementTree.fromstring(info_xml(op)).findtext("description") or ""
        assert all(len(line) <= 100 for line in description.splitlines())
        first = " ".join(description.splitlines())
        assert first.startswith(op.summary.split(". ")[0])

    def test_sources_are_named_with_what_they_need(self, op: type[Operator]) -> None:
        found = list(ElementTree.fromstring(info_xml(op)).iter("sourceProduct"))
        assert [s.findtext("name") for s in found] == [s.name for s in op.sources]
        for source, known in zip(op.sources, found, strict=True):
            needs = (known.findtext("description") or "").rpartition("Needs: ")[2].rstrip(".")
            assert needs.split(", ") == [r.band for r in source.reads if not r.optional]

    def test_the_shim_holds_no_logic(self, op: type[Operator]) -> None:
        """Two imports and one assignment, after a docstring that says where it comes from."""
        body = ast.parse(shim(op)).body
        assert [type(node) for node in body] == [ast.Expr, ast.ImportFrom, ast.ImportFrom, ast.Assign]
        assert GENERATED in (ast.get_docstring(ast.parse(shim(op))) or "")
        assert f"from {op.__module__} import" in shim(op)

    def test_defaults_as_texts_make_the_operator(self, op: type[Operator]) -> None:
        texts = properties_defaults(op)
        assert list(texts) == [p.name for p in parameters_of(op)]
        assert op.from_text(texts) == op()

    def test_its_menu_entry_leads_to_its_action(self, op: type[Operator]) -> None:
        layer = ElementTree.fromstring(layer_xml(OPERATORS))
        path = "".join(f"/folder[@name='{name}']" for name in ("Menu", *op.menu.split("/")))
        shadow = layer.find(f".{path}/file[@name='{action_name(op)}.shadow']/attr[@name='originalFile']")
        assert shadow is not None
        *folders, action = (shadow.get("stringvalue") or "").split("/")
        where = "".join(f"/folder[@name='{name}']" for name in folders)
        found = layer.find(f".{where}/file[@name='{action}']/attr[@name='operatorName']")
        assert found is not None
        assert found.get("stringvalue") == op.alias


def test_services_name_each_shim_once() -> None:
    lines = [line for line in services_file(OPERATORS).splitlines() if not line.startswith("#")]
    assert len(set(lines)) == len(lines) == len(OPERATORS)
    for op, line in zip(OPERATORS, lines, strict=True):
        assert line == ElementTree.fromstring(info_xml(op)).findtext("name")


def test_the_package_s_first_file_is_python_that_old_versions_can_read() -> None:
    """SNAP may start Python 3.8: what tells it so must not fail to be read."""
    ast.parse(package_init(), feature_version=(3, 8))


@dataclass(frozen=True, kw_only=True)
class Graphed(SmallOperator):
    """Parameters that fraction variables of graphs."""

    alias = "Estran.TestGraphed"
    label = summary = "Graphed"
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    first_size: float = param(2.0, "One size.", unit="m", interval="[0,9]")
    second_size: float = param(2.0, "Another size.", unit="m")
    dem_file: Path | None = param(None, "Heights.")


def graph(*parameters: str, operator: str = "Estran.TestGraphed") -> ElementTree.Element:
    nodes = "".join(
        f"<node id='n{k}'><operator> {operator} </operator><parameters>{text}</parameters></node>"
        for k, text in enumerate(parameters)
    )
    return ElementTree.fromstring(f"<graph>{nodes}</graph>")


def properties(*parameters: str, kept: dict[str, str] | None = None, operator: str = "Estran.TestGraphed") -> str:
    return graph_properties(graph(*parameters, operator=operator), [Graphed], kept or {}, "g.xml")


class TestVariablesOfGraphs:
    @pytest.mark.parametrize("element", ["firstSize", "first_size"])
    def test_either_spelling_of_a_parameter(self, element: str) -> None:
        assert read_properties(properties(f"<{element}> ${{size}} </{element}>")) == {"size": "2.0"}

    def test_one_variable_for_two_parameters_of_one_default(self) -> None:
        text = properties("<firstSize>${size}</firstSize><secondSize>${size}</secondSize>")
        assert read_properties(text) == {"size": "2.0"}
        assert text.count("size = ") == 1
        assert "# One size. [m, [0,9]]" in text

    def test_in_two_nodes(self) -> None:
        assert read_properties(properties("<firstSize>${size}</firstSize>", "<secondSize>${size}</secondSize>")) == {
            "size": "2.0"
        }

    def test_a_parameter_without_a_default_gets_an_empty_line(self) -> None:
        text = properties("<demFile>${dem}</demFile>")
        assert read_properties(text) == {"dem": ""}
        assert not [line for line in text.splitlines() if line != line.rstrip()]

    def test_a_variable_within_a_text_is_not_the_parameter(self) -> None:
        with pytest.raises(BadGraph, match=r"variable \$\{name\} has no default \(in g\.xml\).*a line in the \.prop"):
            properties("<demFile>${name}.tif</demFile>")
        assert read_properties(properties("<demFile>${name}.tif</demFile>", kept={"name": "heights"})) == {
            "name": "heights"
        }

    def test_variables_of_nodes_that_are_not_ours_are_kept(self) -> None:
        text = properties("<firstSize>${size}</firstSize>", kept={"size": "7", "gone": "1"}, operator="Other")
        assert read_properties(text) == {"size": "7"}

    def test_ours_are_written_anew_whatever_stood_there(self) -> None:
        assert read_properties(properties("<firstSize>${size}</firstSize>", kept={"size": "7"})) == {"size": "2.0"}

    def test_variables_in_lists_of_elements_are_seen(self) -> None:
        text = properties("<bands><band>${one}</band><band>${two}</band></bands>", kept={"one": "1", "two": "2"})
        assert read_properties(text) == {"one": "1", "two": "2"}

    def test_what_is_written_is_written_again_alike(self) -> None:
        text = properties("<firstSize>${size}</firstSize><other>${mine}</other>", kept={"mine": "a b"})
        assert properties("<firstSize>${size}</firstSize><other>${mine}</other>", kept=read_properties(text)) == text

    @EACH
    def test_every_parameter_of_ours_can_be_a_variable(self, op: type[Operator]) -> None:
        content = "".join(f"<{p.element}>${{v_{p.name}}}</{p.element}>" for p in parameters_of(op))
        text = graph_properties(graph(content, operator=op.alias), OPERATORS, {}, "g.xml")
        found = read_properties(text)
        assert op.from_text({re.sub("^v_", "", name): value for name, value in found.items()}) == op()


class TestBaseClasses:
    """What an operator does that declares no more than it must."""

    BLOCK = Block({}, Scene(Grid(2, 2)), Window(0, 0, 2, 2))

    def test_it_needs_no_neighbours(self) -> None:
        assert Graphed().halo() == 0
        assert Graphed.aux == ()

    @pytest.mark.parametrize(
        ("use", "said"),
        [
            (lambda op, block: op.survey(block), "Estran.TestGraphed declares no survey."),
            (lambda op, block: op.merge(1, 2), "Estran.TestGraphed declares no survey."),
            (lambda op, block: op.compute(block), "Estran.TestGraphed computes nothing."),
        ],
        ids=["survey", "merge", "compute"],
    )
    def test_what_it_does_not_do_is_a_sentence(self, use: Any, said: str) -> None:
        with pytest.raises(EstranError) as error:
            use(Graphed(), self.BLOCK)
        assert str(error.value) == said

    def test_a_study_that_does_nothing_says_so(self) -> None:
        @dataclass(frozen=True, kw_only=True)
        class Idle(Study):
            alias = "test idle"
            label = summary = "Idle"
            version = "1.0"
            atbd = "none"
            result = DatasetOut("case", (Variable("x", "a number"),))

        assert Idle() == Idle()
        with pytest.raises(EstranError, match="test idle computes nothing"):
            Idle().run_case(Case("a"))
        with pytest.raises(EstranError, match="has no single table and declares no cases"):
            Idle().run()

    def test_an_optional_band_says_what_is_off_without_it(self) -> None:
        with pytest.raises(EstranError, match=r"must say what is switched off without it \(in cirrus\)"):
            Reads("cirrus", optional=True)

    def test_operators_are_values(self) -> None:
        """Equal parameters make equal operators, which may be keys; names come with every value."""
        assert Graphed(first_size=3.0) == Graphed(first_size=3)
        assert len({Graphed(), Graphed(), Graphed(first_size=3.0)}) == 2
        with pytest.raises(TypeError):
            Graphed(3.0)  # type: ignore[misc]
