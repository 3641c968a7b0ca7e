"""Which of several places an input comes from, for any product: against a model that asks each place in its order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_operator import SmallOperator

from estran.catalogue import OPERATORS
from estran.catalogue.resolve import resolve_reads, source_of
from estran.catalogue.spec import Aux, Operator, Reads, Source, param
from estran.catalogue.units import same_unit
from estran.errors import EstranError, MissingBand


@dataclass(frozen=True, kw_only=True)
class Inputs(SmallOperator):
    """Reads bands of every sort, under semantic names alone."""

    alias = "Estran.TestInputs"
    label = summary = "Inputs of every sort"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("nir08", fallback=("nir", "nir09")),
                Reads("cirrus", optional=True, without="no cirrus test"),
                Reads("swir16", optional=True, without="no snow test", fallback=("swir22",)),
                Reads("sun_zenith", "degrees", from_param="sza"),
                Reads("view_zenith", "degrees", optional=True, without="nadir", from_param="vza"),
                Reads("sun_azimuth", "degrees", from_param="saa", fallback=("view_azimuth",)),
            ),
            "Reflectance.",
        ),
        Source("other", (Reads("green"), Reads("blue", optional=True, without="nothing blue")), "More.", optional=True),
    )
    aux = (
        Aux("dem", "dem_file", "m", "heights", "sea level"),
        Aux("swo", "water_file", "%", "water", "no water"),
    )
    sza: float | None = param(None, "Sun zenith.", unit="degrees")
    vza: float | None = param(None, "View zenith.", unit="degrees")
    saa: float | None = param(None, "Sun azimuth.", unit="degrees")
    dem_file: Path | None = param(None, "Heights.")
    water_file: Path | None = param(None, "Water.")


BANDS = (
    *("red", "nir08", "nir", "nir09", "cirrus", "swir16", "swir22", "sun_zenith", "view_zenith", "sun_azimuth"),
    *("view_azimuth", "dem", "swo", "green", "blue"),
)
PRODUCTS = st.lists(st.sampled_from(BANDS), unique=True)
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "sza": st.floats(0, 89),
        "vza": st.floats(0, 60),
        "saa": st.floats(0, 360),
        "dem_file": st.just(Path("dem.tif")),
        "water_file": st.just(Path("water.tif")),
    },
)


def expected(product: list[str], given_values: dict[str, Any]) -> dict[str, Any]:
    """Each place asked in its order: the band itself, its parameter, its other bands; then it is missing."""
    bands, constants, missing, lacking = {}, {}, [], []
    for reads in Inputs.sources[0].reads:
        others = [band for band in reads.fallback if band in product]
        if reads.band in product:
            bands[reads.band] = reads.band
        elif reads.from_param in given_values:
            constants[reads.band] = given_values[reads.from_param]
        elif others:
            bands[reads.band] = others[0]
        elif reads.optional:
            missing.append(reads.band)
        else:
            lacking.append(reads.band)
    files = {}
    for aux in Inputs.aux:
        if aux.parameter in given_values:
            files[aux.name] = given_values[aux.parameter]
        elif aux.name in product:
            bands[aux.name] = aux.name
        else:
            missing.append(aux.name)
    return {"bands": bands, "constants": constants, "files": files, "missing": missing, "lacking": lacking}


@given(PRODUCTS, GIVEN)
def test_each_input_comes_from_the_first_place_that_has_it(product: list[str], values: dict[str, Any]) -> None:
    model = expected(product, values)
    if model["lacking"]:
        with pytest.raises(MissingBand) as error:
            resolve_reads(Inputs(**values), product, "Sentinel-2A", where="scene")
        assert all(band in str(error.value) for band in model["lacking"])
        assert "(in scene)" in str(error.value)
        return
    found = resolve_reads(Inputs(**values), product, "Sentinel-2A")
    assert dict(found.bands) == model["bands"]
    assert dict(found.constants) == model["constants"]
    assert dict(found.files) == model["files"]
    assert [m.band if isinstance(m, Reads) else m.name for m in found.missing] == model["missing"]


@given(PRODUCTS, GIVEN)
def test_what_does_not_come_from_its_own_band_is_said_once(product: list[str], values: dict[str, Any]) -> None:
    model = expected(product, values)
    if model["lacking"]:
        return
    replaced = [band for band, name in model["bands"].items() if band != name]
    found = resolve_reads(Inputs(**values), product, "Sentinel-2A")
    assert len(found.notes) == len(replaced) + len(model["constants"]) + len(model["missing"])
    for name in (*replaced, *model["constants"], *model["missing"]):
        assert len([note for note in found.notes if f"no {name}:" in str(note)]) == 1


@given(PRODUCTS, GIVEN)
def test_an_instance_and_its_class_with_parameters_are_one(product: list[str], values: dict[str, Any]) -> None:
    if expected(product, values)["lacking"]:
        with pytest.raises(MissingBand):
            resolve_reads(Inputs, product, "Sentinel-2A", values)
    else:
        found = resolve_reads(Inputs, product, "Sentinel-2A", values)
        assert found == resolve_reads(Inputs(**values), product, "Sentinel-2A")


@given(st.permutations(BANDS), GIVEN)
def test_the_order_of_the_product_s_bands_does_not_matter(product: list[str], values: dict[str, Any]) -> None:
    found = resolve_reads(Inputs(**values), product, "Sentinel-2A")
    assert found == resolve_reads(Inputs(**values), sorted(BANDS), "Sentinel-2A")


def test_a_constant_of_zero_is_a_constant() -> None:
    product = [band for band in BANDS if band not in ("sun_zenith", "view_zenith")]
    assert dict(resolve_reads(Inputs(sza=0.0, vza=0.0), product).constants) == {"sun_zenith": 0.0, "view_zenith": 0.0}


class TestSources:
    def test_the_first_is_meant_where_none_is_named(self) -> None:
        assert source_of(Inputs) is source_of(Inputs, "source") is Inputs.sources[0]
        assert source_of(Inputs(), "other").name == "other"

    def test_layers_belong_to_the_first(self) -> None:
        found = resolve_reads(Inputs(dem_file=Path("a.tif")), ["green"], source="other")
        assert (dict(found.bands), dict(found.files)) == ({"green": "green"}, {})
        assert [m.band for m in found.missing if isinstance(m, Reads)] == ["blue"]

    def test_an_unknown_one_is_answered_with_those_that_there_are(self) -> None:
        with pytest.raises(EstranError) as error:
            source_of(Inputs, "third")
        assert str(error.value) == "no source is called 'third' (in Estran.TestInputs): expected source, other."


class TestErrors:
    def test_one_band_is_named_with_the_operator_and_the_product(self) -> None:
        product = [band for band in BANDS if band != "red"]
        with pytest.raises(MissingBand) as error:
            resolve_reads(Inputs(), product, where="a.dim")
        assert str(error.value).startswith(
            "Estran.TestInputs needs the band red, which the product lacks (in a.dim): found "
        )
        assert "carry these names" in error.value.todo

    def test_a_product_of_nothing(self) -> None:
        with pytest.raises(MissingBand, match=r"found no band at all.*sun_zenith by sza, sun_azimuth by saa"):
            resolve_reads(Inputs(), [])


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
class TestEveryOperator:
    def test_a_product_with_all_semantic_bands_needs_nothing_more(self, op: type[Operator]) -> None:
        names = [r.band for r in op.sources[0].reads] + [a.name for a in op.aux]
        found = resolve_reads(op(), names, "Sentinel-2B")
        assert dict(found.bands) == {name: name for name in names}
        # Where meteorology comes from is noted in any case.
        assert [note for note in found.notes if note.band not in {meteo.quantity for meteo in op.meteo}] == []
        assert not found.missing

    def test_only_mandatory_bands_are_enough(self, op: type[Operator]) -> None:
        names = [r.band for r in op.sources[0].reads if not r.optional]
        found = resolve_reads(op(), names, "Sentinel-2B")
        assert set(found.bands) >= set(names)
        silent = [r.band for r in op.sources[0].reads if r.optional] + [a.name for a in op.aux]
        for name in silent:
            assert [note for note in found.notes if f"no {name}:" in str(note)], f"nobody says that {name} is missing"

    def test_each_mandatory_band_that_lacks_is_named(self, op: type[Operator]) -> None:
        mandatory = [r for r in op.sources[0].reads if not r.optional]
        for reads in mandatory:
            rest = [r.band for r in op.sources[0].reads if r.band != reads.band and r.band not in reads.fallback]
            with pytest.raises(MissingBand, match=reads.band):
                resolve_reads(op(), rest, "Sentinel-2B")


class TestUnits:
    @pytest.mark.parametrize(
        ("spellings", "unit"),
        [
            (("1", "dl", "-", "Reflectance", " none "), "1"),
            (("deg", "Degree", "degrees", "°"), "degrees"),
            (("m", "metre", "Meters"), "m"),
            (("%", "percent", "PCT"), "%"),
        ],
    )
    def test_spellings_of_one_unit(self, spellings: tuple[str, ...], unit: str) -> None:
        assert {same_unit(spelling) for spelling in spellings} == {unit}

    @pytest.mark.parametrize("spelling", ["", "furlong", "m2", "degrees C"])
    def test_others_are_not_known(self, spelling: str) -> None:
        assert same_unit(spelling) is None
