"""What is public is ``estran.__all__``, the functions of ``estran.operators`` and the methods of the accessor:
documented, typed, and nothing else.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from typing import Any, Literal, get_args, get_origin

import pytest

import estran
from estran.catalogue import OPERATORS
from estran.catalogue.spec import parameters_of
from estran.catalogue.views import python_page
from estran.catalogue.views.names import module_name
from estran.face.accessor import EstranAccessor

FUNCTIONS = {f"estran.{name}": getattr(estran, name) for name in estran.__all__ if callable(getattr(estran, name))}
METHODS = {f"ds.estran.{name}": method for name, method in vars(EstranAccessor).items() if not name.startswith("_")}
MADE = {f"estran.operators.{module_name(op)}": getattr(estran.operators, module_name(op)) for op in OPERATORS}
PUBLIC: dict[str, Any] = {**FUNCTIONS, **METHODS, **MADE}


def undocumented(function: Any) -> list[str]:
    """Arguments that the docstring does not name, or that have no type; sections that lack."""
    signature, text = inspect.signature(function), inspect.getdoc(function) or ""
    wrong = [
        f"{name}: no type"
        for name, p in signature.parameters.items()
        if name != "self" and p.annotation is inspect.Parameter.empty
    ]
    listed = text.partition("Parameters\n")[2].partition("Returns\n")[0].splitlines()
    listed += text.partition("Other Parameters\n")[2].partition("See Also\n")[0].splitlines()
    wrong += [
        f"{name}: not documented"
        for name in signature.parameters
        if name not in ("self",) and f"{name}" not in [line.lstrip("*") for line in listed]
    ]
    wrong += ["no type of the answer"] if signature.return_annotation is inspect.Signature.empty else []
    return wrong + [f"no section {heading}" for heading in ("Returns",) if f"{heading}\n---" not in text]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_and_typed(name):
    assert undocumented(PUBLIC[name]) == []


def test_twin_what_lacks_is_seen():
    def bare(a, b: int):
        """Something.

        Parameters
        ----------
        b
            It.
        """

    assert undocumented(bare) == ["a: no type", "a: not documented", "no type of the answer", "no section Returns"]


def test_nothing_else_is_public():
    modules = {module.name for module in pkgutil.iter_modules(estran.__path__)}
    shown = {name for name in dir(estran) if not name.startswith("_")}
    assert shown - modules == set(estran.__all__) - modules - {"__version__"}
    assert set(estran.operators.__all__) == {module_name(op) for op in OPERATORS}
    assert set(METHODS) == {"ds.estran.quicklook", "ds.estran.write", "ds.estran.to_product"}


def test_no_function_has_the_name_of_a_package():
    """It would become the package as soon as somebody imports that."""
    packages = {module.name for module in pkgutil.iter_modules(estran.__path__)}
    assert {name for name in estran.__all__ if callable(getattr(estran, name))} & packages == set()
    importlib.import_module("estran.masks.cloud")
    assert callable(estran.operators.masks)
    assert inspect.ismodule(estran.masks)


def test_the_page_shows_what_is_public(repository):
    assert {f"estran.{name}" for name in python_page.FUNCTIONS} == set(FUNCTIONS)
    page = (repository / "docs" / "reference" / "python.md").read_text("utf-8")
    for name in (*FUNCTIONS, *(method.replace("ds.", "Dataset.") for method in METHODS)):
        assert f"# {name}\n" in page
    assert all(f"`{name}`" in page for name in MADE)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_signatures_are_the_declarations(op):
    """Names, order, defaults and types, seen through ``inspect`` as completion sees them."""
    function = MADE[f"estran.operators.{module_name(op)}"]
    signature = inspect.signature(function)
    hints = {name: _evaluated(p.annotation) for name, p in signature.parameters.items()}
    declared = parameters_of(op)
    own = ["source", *(s.name for s in op.sources[1:])]
    assert list(signature.parameters) == [*own, *(p.name for p in declared), "resolution", "tile"]
    for p in declared:
        shown = signature.parameters[p.name]
        assert shown.kind is inspect.Parameter.KEYWORD_ONLY
        assert shown.default == p.default
        assert (type(None) in get_args(hints[p.name])) == p.optional
        if p.choices:
            kinds = [hints[p.name], *get_args(hints[p.name])]
            assert next(get_args(kind) for kind in kinds if get_origin(kind) is Literal) == p.choices
        text = inspect.getdoc(function) or ""
        assert not p.info.unit or f"[{p.info.unit}]" in text
        assert not p.info.interval or p.info.interval.replace(" ", "") in text.replace(" ", "").replace("\n", "")
    assert all(f"``{written.name}``" in (function.__doc__ or "") for written in op.writes)


def _evaluated(annotation: str) -> Any:
    import collections.abc
    import pathlib

    names = {"Literal": Literal, "Sequence": collections.abc.Sequence, "Path": pathlib.Path, "Source": object}
    return eval(compile(ast.parse(annotation, mode="eval"), "annotation", "eval"), names)


def test_unknown_attributes_are_errors():
    with pytest.raises(AttributeError, match="module 'estran' has no attribute 'mask'"):
        _ = estran.mask
    assert "operators" in dir(estran)
