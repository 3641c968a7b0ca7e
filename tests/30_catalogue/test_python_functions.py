"""Functions and their page, made from declarations and docstrings: read back by Python's own parser."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from small_operator import SmallOperator

import estran
from estran.catalogue import OPERATORS
from estran.catalogue.spec import Aux, BandOut, Operator, Reads, Source, param
from estran.catalogue.views.names import module_name
from estran.catalogue.views.python import operators_module
from estran.catalogue.views.python_page import ACCESSOR, FUNCTIONS, methods, python_page
from estran.declare import parameters_of
from estran.errors import EstranError


@dataclass(frozen=True, kw_only=True)
class Function(SmallOperator):
    alias = "Estran.TestFunction"
    label = "a function of every kind"
    summary = "Does what its parameters say. " * 12
    sources = (
        Source("source", (Reads("red"), Reads("cirrus", optional=True, without="no cirrus test")), "reflectance"),
        Source("truth", (Reads("green"),), "a reference.", optional=True),
        Source("second", (Reads("blue"),), "another one"),
    )
    aux = (Aux("dem", "dem_file", "m", "Heights.", "sea level"),)
    writes = (
        BandOut("probability", "float32", "1", "how sure."),
        BandOut("height", "int16", "m", "how high"),
    )
    switch: bool = param(True, "a switch")
    count: int | None = param(None, "A count; empty: counted", interval="[1,9]")
    size: float = param(0.5, "A size.", unit="m", interval="(0,1]", source="a paper, eq. 3.")
    mode: Literal["fast", "strict"] = param("strict", "Mode.")
    text: str = param('a "quoted" text', "Text.")
    band_names: tuple[str, ...] = param(("a",), "Names.")
    numbers: tuple[float, ...] = param((1.0, 2.5), "Numbers.")
    dem_file: Path | None = param(None, "Heights.")


MODULE = ast.parse(operators_module([Function]))
MADE = next(node for node in MODULE.body if isinstance(node, ast.FunctionDef))


def variant(**changes: Any) -> type[Function]:
    """The example with other texts, an operator of the same alias."""
    return dataclass(frozen=True, kw_only=True)(type("Function", (Function,), changes))


class TestSignature:
    def test_the_source_may_be_given_by_place_and_nothing_else(self) -> None:
        assert [a.arg for a in MADE.args.args] == ["source"]
        assert MADE.args.vararg is None
        assert MADE.args.kwarg is None

    def test_further_sources_come_first_and_are_needed_unless_optional(self) -> None:
        names = [a.arg for a in MADE.args.kwonlyargs]
        defaults = dict(zip(names, MADE.args.kw_defaults, strict=True))
        assert names[:2] == ["truth", "second"]
        assert ast.unparse(defaults["truth"]) == "None"  # type: ignore[arg-type]
        assert defaults["second"] is None

    def test_parameters_keep_their_order_and_defaults(self) -> None:
        parameters = parameters_of(Function)
        names = [a.arg for a in MADE.args.kwonlyargs]
        assert names[2:] == [*(p.name for p in parameters), "resolution", "tile"]
        defaults = dict(zip(names, MADE.args.kw_defaults, strict=True))
        for p in parameters:
            assert ast.literal_eval(defaults[p.name]) == p.default  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("name", "annotation"),
        [
            ("switch", "bool"),
            ("count", "int | None"),
            ("size", "float"),
            ("mode", "Literal['fast', 'strict']"),
            ("text", "str"),
            ("band_names", "Sequence[str]"),
            ("numbers", "Sequence[float]"),
            ("dem_file", "str | Path | None"),
            ("resolution", "int | None"),
            ("tile", "int"),
        ],
    )
    def test_types(self, name: str, annotation: str) -> None:
        found = next(a.annotation for a in MADE.args.kwonlyargs if a.arg == name)
        assert found is not None
        assert ast.unparse(found) == annotation

    def test_only_what_is_used_is_imported(self) -> None:
        @dataclass(frozen=True, kw_only=True)
        class Plain(SmallOperator):
            alias = "Estran.TestPlain"
            label = summary = "Plain, without Path, Sequence or Literal in its signature"
            sources = (Source("source", (Reads("red"),), "Reflectance."),)
            writes = (BandOut("nothing", "float32", "1", "nothing"),)
            count: int = param(1, "A count.")

        text = operators_module([Plain])
        assert not re.search(r"^from (collections|pathlib|typing)", text, re.MULTILINE)
        for name in ("Sequence", "Path", "Literal"):
            assert re.search(rf"^from \w.* import {name}$", operators_module([Function]), re.MULTILINE)

    def test_every_function_is_listed(self) -> None:
        text = operators_module([*OPERATORS, Function])
        tree = ast.parse(text)
        listed = next(
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )
        assert listed == sorted(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
        assert "test_function" in listed

    @pytest.mark.parametrize("name", ["source", "resolution", "tile"])
    def test_a_parameter_may_not_have_the_name_of_an_argument_of_all(self, name: str) -> None:
        clash = variant(**{name: param(1, "A count."), "__annotations__": {name: "int"}})
        with pytest.raises(EstranError, match=rf"a parameter is called '{name}'.*give it another name"):
            operators_module([clash])


class TestDocstring:
    TEXT = ast.get_docstring(MADE) or ""

    def test_it_has_the_sections_of_numpydoc_in_their_order(self) -> None:
        headings = re.findall(r"^(.+)\n-+$", self.TEXT, re.MULTILINE)
        assert headings == ["Parameters", "Returns", "See Also"]
        assert self.TEXT.splitlines()[0] == "A function of every kind."

    def test_every_argument_is_described_once_in_the_signature_s_order(self) -> None:
        parameters = self.TEXT.partition("Parameters\n")[2].partition("Returns\n")[0]
        described = [line for line in parameters.splitlines()[1:] if line and not line.startswith(" ")]
        names = [a.arg for a in MADE.args.kwonlyargs]
        sources, others = names[:2], names[2:]
        assert described == ["source", *sources, *others]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("source", "Reflectance. Needed: red. Used where it has them: cirrus."),
            ("source", "dem [m], as a band or by dem_file, serves too."),
            ("truth", "A reference. Needed: green."),
            ("switch", "A switch."),
            ("count", "A count; None: counted. In [1,9]."),
            ("size", "A size. [m] In (0,1]. From: a paper, eq. 3."),
            ("mode", "Mode. One of fast, strict."),
        ],
    )
    def test_what_is_said_of_each(self, name: str, said: str) -> None:
        entry = re.search(rf"^{name}\n((?:    .*\n)+)", self.TEXT, re.MULTILINE)
        assert entry is not None
        assert said in " ".join(entry[1].split())

    def test_what_comes_back(self) -> None:
        returned = self.TEXT.partition("Returns\n-------\n")[2]
        assert returned.startswith("xarray.Dataset\n")
        assert "``probability`` (float32) [1]: how sure." in returned
        assert "``height`` (int16) [m]: how high." in returned

    def test_no_line_is_wide(self) -> None:
        assert max(map(len, operators_module([*OPERATORS, Function]).splitlines())) <= 120

    @pytest.mark.parametrize("summary", [r"A path like C:\dem.", 'Says """this""".'])
    def test_a_text_that_would_end_or_change_it_is_refused(self, summary: str) -> None:
        with pytest.raises(EstranError, match=r"cannot stand in a docstring.*no backslash and no three quotes"):
            operators_module([variant(summary=summary)])


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_the_functions_that_are_shipped_say_what_their_declarations_say(op: type[Operator]) -> None:
    function = getattr(estran.operators, module_name(op))
    said = " ".join((inspect.getdoc(function) or "").split())
    for written in op.writes:
        assert f"``{written.name}`` ({written.dtype})" in said
    for p in parameters_of(op):
        assert f" {p.name} " in said
    assert op.summary in said


class TestPage:
    PAGE = python_page(OPERATORS)

    def test_every_public_function_and_method_has_a_heading(self) -> None:
        tree = ast.parse((Path(estran.__file__).parent / ACCESSOR[0]).read_text("utf-8"))
        accessor = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == ACCESSOR[1])
        names = [f"estran.{name}" for name in FUNCTIONS] + [f"Dataset.estran.{m.name}" for m in methods(accessor)]
        headings = re.findall(r"^#{2,3} (\S+)$", self.PAGE, re.MULTILINE)
        assert [h for h in headings if h not in ("estran.operators", "Dataset.estran")] == names
        assert not [h for h in headings if "._" in h]

    def test_signatures_are_python(self) -> None:
        blocks = re.findall(r"```python\n((?:estran|Dataset)\.\S[^`]*)```", self.PAGE)
        assert len(blocks) >= 3
        for block in blocks:
            called, _, rest = block.partition("(")
            ast.parse(f"def f({rest.rstrip()}: ...")
            assert "self" not in re.split(r"\W+", rest)
            assert called.startswith(("estran.", "Dataset.estran."))

    def test_no_restructured_text_is_left(self) -> None:
        assert "``" not in self.PAGE.replace("```", "")
        assert not re.search(r":\w+:`", self.PAGE)

    def test_every_operator_is_in_the_table(self) -> None:
        for op in OPERATORS:
            assert f"| `estran.operators.{module_name(op)}` | [{op.label}]" in self.PAGE
