"""Operators made of others: parameters, bands and layers of the parts come together without being written again, and
each part gets back what is its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_operator import SmallOperator

from estran.catalogue.compound import OperatorPart, aux_of, reads_of, with_parameters_of
from estran.catalogue.operators import masks
from estran.catalogue.operators.masks import Masks
from estran.catalogue.spec import Aux, Reads, Source, param
from estran.declare import Interval, Parameter, parameters_of
from estran.errors import BadParameter


@dataclass(frozen=True, kw_only=True)
class Clouds(SmallOperator):
    alias = "Estran.TestClouds"
    label = summary = "Clouds"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("cirrus", optional=True, without="no cirrus test"),
                Reads("sun_zenith", "degrees", optional=True, without="no shadows"),
            ),
            "Reflectance.",
        ),
    )
    aux = (Aux("dem", "dem", "m", "heights", "sea level", margin=100.0),)
    lower: float = param(0.1, "Lower bound.", interval="[0,1]", at_most="upper", dialog=True)
    upper: float = param(0.9, "Upper bound.", interval="[0,1]", label="Ceiling", dialog=True)
    dem: Path | None = param(None, "Heights.", section="Layers", dialog=True)


@dataclass(frozen=True, kw_only=True)
class Shade(SmallOperator):
    alias = "Estran.TestShade"
    label = summary = "Relief shade"
    sources = (
        Source("source", (Reads("sun_zenith", "degrees", from_param="sun"), Reads("green"), Reads("red")), "Angles."),
    )
    aux = (
        Aux("dem", "dem", "m", "heights", "no shade", margin=5000.0),
        Aux("swo", "water", "%", "water", "no water"),
    )
    low: float = param(0.2, "Lower bound.", unit="1", interval="[0,1]", at_most="high", label="Low sun", dialog=True)
    high: float = param(0.8, "Upper bound.", unit="1", interval="[0,1]")
    dem: Path | None = param(None, "Heights.", section="Terrain", dialog=True)
    sun: float | None = param(None, "Sun zenith.", unit="degrees", interval="[0,90)")
    water: Path | None = param(None, "Water.")
    rays: int = param(5, "Rays.", interval="[1,9]")


MAIN = OperatorPart(Clouds, out_of_dialog=("upper",))
SHADE = OperatorPart(Shade, "shade_", shared=("dem",), left_out=("rays",))


@dataclass(frozen=True, kw_only=True)
@with_parameters_of(MAIN, SHADE)
class Both(SmallOperator):
    alias = "Estran.TestBoth"
    label = summary = "Both"
    sources = (Source("source", reads_of(Clouds, Shade), "Reflectance and angles."),)
    aux = aux_of(Clouds, Shade)
    on: bool = param(True, "A switch of its own.")


FOUND: dict[str, Parameter] = {p.name: p for p in parameters_of(Both)}


class TestParameters:
    def test_own_ones_first_then_each_part_s(self) -> None:
        own = ["on", "lower", "upper", "dem"]
        assert list(FOUND) == [*own, "shade_low", "shade_high", "shade_sun", "shade_water"]

    def test_defaults_kinds_and_intervals_are_the_part_s(self) -> None:
        for part in (MAIN, SHADE):
            for p in part.taken():
                taken = FOUND[part.name_of(p.name)]
                assert (taken.default, taken.kind, taken.choices) == (p.default, p.kind, p.choices)
                assert (taken.info.interval, taken.info.unit, taken.info.help) == (
                    p.info.interval,
                    p.info.unit,
                    p.info.help,
                )

    def test_a_shared_one_is_that_of_the_first_part(self) -> None:
        assert FOUND["dem"].info.section == "Layers"
        assert "shade_dem" not in FOUND

    def test_one_that_is_left_out_cannot_be_given(self) -> None:
        with pytest.raises(TypeError, match="shade_rays"):
            Both(shade_rays=3)
        assert SHADE.of(Both()).rays == 5

    def test_the_dialog_shows_of_the_main_part_what_it_shows_there_but_for_some(self) -> None:
        shown = {name for name, p in FOUND.items() if p.info.dialog}
        assert shown == {"lower", "dem"}

    def test_parameters_of_a_part_stand_under_its_label(self) -> None:
        sections = {name: p.info.section for name, p in FOUND.items() if name.startswith("shade_")}
        assert set(sections.values()) == {"Relief shade"}

    def test_labels_say_the_part(self) -> None:
        assert FOUND["shade_low"].label == "Shade: low sun"
        assert FOUND["shade_high"].label == "Shade high"
        assert FOUND["upper"].label == "Ceiling"

    def test_bounds_follow_the_new_names(self) -> None:
        assert FOUND["shade_low"].info.at_most == "shade_high"
        assert FOUND["lower"].info.at_most == "upper"
        with pytest.raises(BadParameter, match=r"parameter shade_low is above shade_high \(in Estran\.TestBoth\)"):
            Both(shade_low=0.9)

    def test_a_bound_that_is_left_out_bounds_nothing(self) -> None:
        part = OperatorPart(Shade, "x_", left_out=("high",))
        low = next(p for p in part.taken() if p.name == "low")
        assert part.info_of(low).at_most == ""


class TestValues:
    @given(st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0, 89), st.booleans())
    def test_each_part_gets_its_own(
        self, lower: float, upper: float, low: float, high: float, sun: float, on: bool
    ) -> None:
        both = Both(lower=lower, upper=upper, shade_low=low, shade_high=high, shade_sun=sun, dem=Path("dem.tif"), on=on)
        assert MAIN.of(both) == Clouds(lower=lower, upper=upper, dem=Path("dem.tif"))
        assert SHADE.of(both) == Shade(low=low, high=high, sun=sun, dem=Path("dem.tif"))

    def test_defaults_are_the_parts_own(self) -> None:
        assert MAIN.of(Both()) == Clouds()
        assert SHADE.of(Both()) == Shade()


class TestBands:
    def test_those_of_the_main_part_stay_as_they_are(self) -> None:
        found = {r.band: r for r in reads_of(Clouds, Shade)}
        assert found["red"] == Reads("red")
        assert found["cirrus"].without == "no cirrus test"

    def test_what_only_another_part_needs_switches_that_part_off(self) -> None:
        found = {r.band: r for r in reads_of(Clouds, Shade)}
        assert found["green"].optional
        assert found["green"].without == "relief shade is off"

    def test_what_both_read_says_both(self) -> None:
        found = {r.band: r for r in reads_of(Clouds, Shade)}
        assert found["sun_zenith"].without == "no shadows; relief shade is off"
        assert found["sun_zenith"].from_param == "sun"

    def test_a_band_comes_once_and_in_order(self) -> None:
        assert [r.band for r in reads_of(Clouds, Shade)] == ["red", "cirrus", "sun_zenith", "green"]
        assert [r.band for r in reads_of(Clouds, Shade, Shade)] == ["red", "cirrus", "sun_zenith", "green"]
        assert reads_of(Clouds) == Clouds.sources[0].reads

    def test_the_same_words_are_not_said_twice(self) -> None:
        twice = {r.band: r for r in reads_of(Clouds, Shade, Shade)}
        assert twice["sun_zenith"].without == "no shadows; relief shade is off"

    def test_some_can_be_left_out(self) -> None:
        found = reads_of(Clouds, Shade, left_out=lambda reads: reads.band == "green")
        assert [r.band for r in found] == ["red", "cirrus", "sun_zenith"]

    def test_layers_reach_as_far_as_the_widest_part_needs(self) -> None:
        dem, swo = aux_of(Clouds, Shade)
        assert (dem.name, dem.margin) == ("dem", 5000.0)
        assert dem.without == "sea level; relief shade is off"
        assert (swo.name, swo.without) == ("swo", "relief shade is off")
        assert aux_of(Clouds) == Clouds.aux


class TestMasks:
    """The one compound of the catalogue."""

    PARTS = (masks._CLOUDS, masks._RELIEF, masks._GLINT)

    def test_by_default_every_part_is_as_by_itself(self) -> None:
        for part in self.PARTS:
            assert part.of(Masks()) == part.op()

    @pytest.mark.parametrize("part", PARTS, ids=lambda part: part.op.__name__)
    def test_every_number_reaches_its_part(self, part: OperatorPart) -> None:
        """Each parameter by itself, at another value than its default."""
        alone = part.op()
        for p in part.taken():
            if p.kind not in ("int", "float") or p.info.at_most:
                continue
            interval = Interval.parse(p.info.interval)
            ends = [end for end in (interval.low, interval.high) if end in interval and end not in (p.default, 1e400)]
            value = int(ends[-1]) if p.kind == "int" else float(ends[-1])
            changed = part.of(Masks(**{part.name_of(p.name): value}))
            differ = {f.name for f in fields(part.op) if getattr(changed, f.name) != getattr(alone, f.name)}
            assert differ == {p.name}
            assert getattr(changed, p.name) == value
