"""The catalogue finds what its modules declare."""

from __future__ import annotations

import sys

import pytest

from estran.catalogue.discover import declared_in
from estran.catalogue.spec import Operator

DECLARED = """
from dataclasses import dataclass
from estran.catalogue.spec import BandOut, Operator, Reads, Source, Walk
{imports}

class {name}Base(Operator, abstract=True):
    label = summary = "Found"
    version = "1.0"
    atbd = "none"
    menu = "Optical"
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    writes = (BandOut("out", "float32", "1", "out"),)
    walk = Walk.PIXEL

@dataclass(frozen=True, kw_only=True)
class {name}({name}Base):
    alias = "Estran.{name}"
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "found_here"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "alpha.py").write_text(DECLARED.format(name="FoundAlpha", imports=""))
    (folder / "beta.py").write_text(
        DECLARED.format(name="FoundBeta", imports="from found_here.alpha import FoundAlpha")
    )
    (folder / "words.py").write_text("NUMBER = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "found_here"
    for name in [name for name in sys.modules if name.partition(".")[0] == "found_here"]:
        del sys.modules[name]


def test_each_once_from_the_module_that_defines_it_and_no_base_class(package):
    assert [op.__name__ for op in declared_in(package, Operator)] == ["FoundAlpha", "FoundBeta"]


def test_the_order_that_is_asked_for_then_by_name(package):
    assert [op.__name__ for op in declared_in(package, Operator, ("beta", "gone"))] == ["FoundBeta", "FoundAlpha"]
