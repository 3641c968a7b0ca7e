"""A declaration that lacks something, or names what nobody knows, is refused as soon as its class exists."""

from __future__ import annotations

from typing import Any

import pytest

from estran.catalogue.spec import BandOut, Operator, Reads, Source, Walk
from estran.catalogue.study import DatasetOut, Study, Variable
from estran.errors import EstranError

GOOD: dict[str, Any] = {
    "label": "Brightness",
    "version": "1.0",
    "summary": "Where it is bright.",
    "atbd": "none",
    "menu": "Optical",
    "sources": (Source("source", (Reads("red"),), "Reflectance."),),
    "writes": (BandOut("brightness", "float32", "1", "brightness"),),
    "walk": Walk.PIXEL,
}


def declare(name: str, **changes: Any) -> type[Operator]:
    """An operator whose attributes are the good ones but for some; None takes an attribute out."""
    attributes = {"alias": f"Estran.{name}", **GOOD, **changes}
    return type(name, (Operator,), {key: value for key, value in attributes.items() if value is not None})


def test_the_good_one_is_taken():
    assert declare("GoodDeclaration").alias == "Estran.GoodDeclaration"


@pytest.mark.parametrize("name", ["alias", *GOOD])
def test_a_missing_attribute(name):
    with pytest.raises(EstranError, match=f"lacks {name}"):
        declare("Lacking", **{name: None})


@pytest.mark.parametrize("name", ["label", "version", "summary", "menu", "sources", "writes"])
def test_an_empty_attribute(name):
    with pytest.raises(EstranError, match=f"empty {name}"):
        declare("Emptied", **{name: () if isinstance(GOOD[name], tuple) else ""})


def test_an_empty_page():
    with pytest.raises(EstranError, match="names no page of docs/ATBD"):
        declare("Pageless", atbd="")


@pytest.mark.parametrize("reads", [Reads("rde"), Reads("red", fallback=("B4",)), Reads("cloud_flags")])
def test_an_unknown_band(reads):
    with pytest.raises(EstranError, match="is no semantic band"):
        declare("Unknowing", sources=(Source("source", (reads,), "Reflectance."),))


def test_a_band_that_another_operator_writes():
    assert declare("Reader", sources=(Source("source", (Reads("cloud_flags", ours=True),), "Flags."),))


def test_an_unknown_menu():
    with pytest.raises(EstranError, match="is no menu of SNAP Desktop"):
        declare("Hungry", menu="Optical/Masking")


def test_a_band_written_twice():
    with pytest.raises(EstranError, match="'brightness' is written twice"):
        declare("Doubled", writes=GOOD["writes"] * 2)


def test_an_alias_of_another_operator():
    declare("First", alias="Estran.Taken")
    with pytest.raises(EstranError, match=r"two declarations have the alias 'Estran\.Taken'.*First"):
        declare("Second", alias="Estran.Taken")


def test_a_class_that_is_defined_again_is_no_other():
    declare("Again")
    assert declare("Again")


def test_what_inherits_an_alias_is_a_variant_of_the_same_operator():
    base = declare("Inherited")
    assert type("Variant", (base,), {}).alias == "Estran.Inherited"


def test_a_base_class_declares_nothing():
    class Base(Operator, abstract=True):
        pass

    with pytest.raises(EstranError, match="lacks alias"):
        type("Derived", (Base,), {})


def test_a_study_needs_no_menu_but_a_page():
    attributes: dict[str, object] = {name: GOOD[name] for name in ("label", "version", "summary", "atbd")}
    with pytest.raises(EstranError, match="lacks result"):
        type("ResultlessStudy", (Study,), {"alias": "resultless study", **attributes})
    attributes["result"] = DatasetOut("case", (Variable("x", "a number"),))
    assert type("SoundStudy", (Study,), {"alias": "sound study", **attributes})
    with pytest.raises(EstranError, match="names no page"):
        type("PagelessStudy", (Study,), {"alias": "pageless study", **attributes} | {"atbd": ""})
