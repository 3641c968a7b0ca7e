"""Thresholds stand in the settings of kernels alone; operators offer them, and what nobody gave follows the mode."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pytest

from estran.adapters.snap.parameters import construct
from estran.catalogue import OPERATORS
from estran.catalogue.operators.cloud_mask import OBJECTS, PIXEL, CloudMask
from estran.catalogue.operators.cloud_probability import CloudProbability
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.outputs import record
from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import param, parameters_of, values_of
from estran.catalogue.views import info_xml, json_schema, reference_page
from estran.catalogue.views.graphs import properties_defaults
from estran.declare import Settings
from estran.errors import BadParameter, EstranError
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.settings import PixelSettings
from estran.masks.glint.settings import GlintSettings
from estran.masks.relief.settings import ReliefSettings

MODES = ("default", "strict", "python-fmask")
OF = {PixelSettings: PIXEL, ObjectSettings: OBJECTS}


@pytest.mark.parametrize("mode", MODES)
def test_untouched_parameters_are_the_mode_s(mode):
    for settings, part in OF.items():
        assert part.of(CloudMask(mode=mode)) == settings.for_mode(mode)
        assert part.of(CloudMask.from_text({"mode": mode, "snowNdsiMin": "", "similarity": ""})) == settings.for_mode(
            mode
        )


@pytest.mark.parametrize("mode", MODES)
def test_what_is_given_holds_in_every_mode(mode):
    """Even the number that another mode has as its default: 0.4 is that of the default mode."""
    op = CloudMask(mode=mode, snow_ndsi_min=0.4, similarity=0.9, cirrus_slice=50.0)
    assert PIXEL.of(op) == replace(PixelSettings.for_mode(mode), snow_ndsi_min=0.4, cirrus_slice=50.0)
    assert OBJECTS.of(op) == replace(ObjectSettings.for_mode(mode), similarity=0.9)
    assert PIXEL.of(CloudMask.from_text({"mode": mode, "snow_ndsi_min": "0.4"})).snow_ndsi_min == 0.4


@pytest.mark.parametrize("op", [CloudMask, CloudProbability, SpectralTests, Masks])
@pytest.mark.parametrize("mode", MODES)
def test_in_snap_the_default_of_the_descriptor_counts_as_not_given(op, mode):
    """SNAP hands it over for what nobody touched, and cannot separate it from the same number given."""
    untouched = {p.name: p.parse(p.shown, op.alias) for p in parameters_of(op)} | {"mode": mode}
    assert construct(op, untouched.get) == op(mode=mode)
    follow = [p for p in parameters_of(op) if p.follows_mode and p.kind == "float"]
    assert follow
    for p in follow:
        touched = untouched | {p.name: untouched[p.name] / 2 + 0.01}
        assert values_of(construct(op, touched.get))[p.name] == touched[p.name]


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_every_default_is_shown(op):
    """No view shows nothing where the kernel has a number."""
    page, schema = reference_page(op), json_schema(op)["properties"]
    for p in parameters_of(op):
        if p.follows_mode:
            assert p.shown
            assert set(p.info.modes) == set(MODES)
            assert schema[p.name]["default"] == p.default_in()
            assert schema[p.name]["x-default-by-mode"] == p.info.modes
            assert f"<defaultValue>{p.shown}</defaultValue>" in info_xml(op)
            assert f"| {p.shown_in_full} |" in page
            assert properties_defaults(op)[p.name] == "", "empty in the twin of a graph: it follows the mode given"


def test_defaults_of_modes_in_words():
    found = {p.name: p.shown_in_full for p in parameters_of(CloudMask)}
    assert found["similarity"] == "0.2 (strict: 0.425; python-fmask: 0.3)"
    assert found["snow_ndsi_min"] == "0.4 (strict, python-fmask: 0.15)"
    assert found["cirrus_min"] == "0.01"
    assert found["use_model"] == "true (strict, python-fmask: false)"
    assert {p.name: p.shown_in_full for p in parameters_of(SpectralTests)}["snow_ndsi_min"] == "0.15 (default: 0.4)"


@pytest.mark.parametrize("settings", [PixelSettings, ObjectSettings, GlintSettings, ReliefSettings])
def test_every_threshold_says_what_it_is(settings):
    """Unit and interval of each number, a source of each; its default is inside its interval, in each mode."""
    for p in parameters_of(settings):
        if p.kind in ("int", "float"):
            assert p.info.unit, p.name
            assert p.info.interval, p.name
        for mode in (*MODES, ""):
            p.check(p.default_in(mode), p.name)
        assert len(p.info.help) > 10
        assert p.info.source or p.default in (None, 0), p.name


@pytest.mark.parametrize(
    ("op", "settings"), [(CloudMask, PixelSettings), (CloudMask, ObjectSettings), (CloudProbability, PixelSettings)]
)
def test_every_threshold_is_offered(op, settings):
    assert {p.name for p in parameters_of(settings)} <= {p.name for p in parameters_of(op)}


def test_experts_stand_apart():
    for op in OPERATORS:
        order = [p.info.expert for p in parameters_of(op)]
        for p in parameters_of(op):
            assert not (p.info.expert and p.info.dialog)
            assert not p.info.expert or p.section.startswith("Expert"), p.name
        if op is not Masks:
            assert order == sorted(order), "those of users first"


def repeated(texts: dict[str, str], names: set[str]) -> set[str]:
    """Parameters of settings that an operator declares again by hand."""
    return {
        f"{path}: {node.target.id}"
        for path, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in names - {"mode"}
    }


def test_no_operator_declares_a_threshold_again(repository):
    names = {p.name for settings in (PixelSettings, ObjectSettings, GlintSettings, ReliefSettings) for p in
             parameters_of(settings)}  # fmt: skip
    folder = repository / "python" / "estran" / "catalogue" / "operators"
    assert not repeated({p.name: p.read_text("utf-8") for p in folder.glob("*.py")}, names)
    assert repeated({"x.py": "class A:\n    similarity: float = param(0.2, 'x')"}, names) == {"x.py: similarity"}


def test_the_record_says_what_was_used():
    def parameters(op):
        return record(op).find("parameters").attributes

    assert parameters(CloudMask(mode="strict"))["similarity"] == "0.425"
    assert "cirrus_slice" not in parameters(CloudMask(mode="strict")), "experts' defaults are the version's"
    assert "use_model" not in parameters(CloudMask(mode="strict"))
    assert parameters(CloudMask(cirrus_slice=50.0))["cirrus_slice"] == "50.0"
    assert parameters(CloudMask(mode="strict", use_model=True))["use_model"] == "true"


def test_limits_of_one_another_hold_where_the_mode_has_one():
    with pytest.raises(BadParameter, match="potential_min is above threshold_max"):
        CloudMask(potential_min=0.8)


def test_a_name_that_the_settings_lack_is_a_sentence():
    with pytest.raises(EstranError, match="GlintSettings has no parameter 'lowest'"):
        SettingsPart(GlintSettings, users=("lowest",)).taken()


@dataclass(frozen=True)
class Thresholds(Settings):
    """Of a kernel."""

    mode: Literal["a", "b"] = param("a", "Mode of the kernel.")
    level: float = param(1.0, "A level.", unit="1", interval="[0,9]", modes={"b": 2.0}, dialog=True)
    steps: int = param(3, "Steps.", unit="1", interval="[0,9]", dialog=True)
    rule: Literal["x", "y"] = param("x", "A rule.", modes={"b": "y"})
    fine: bool = param(False, "A switch.", modes={"b": True})


PART = SettingsPart(Thresholds, users=("steps",))


@dataclass(frozen=True, kw_only=True)
@with_settings(PART)
class Offered:
    """As an operator."""

    mode: Literal["a", "b"] = param("b", "Mode of the operator.")


def test_what_an_operator_makes_of_settings():
    found = {p.name: p for p in parameters_of(Offered)}
    assert list(found) == ["mode", "steps", "level", "rule", "fine"]
    assert [(p.default, p.shown, p.follows_mode, p.optional) for p in found.values()] == [
        ("b", "b", False, False),
        (3, "3", False, False),
        (None, "2.0", True, True),
        (None, "y", True, True),
        (None, "true", True, True),
    ]
    assert [p.name for p in found.values() if p.info.dialog] == ["steps"], "what is for experts is in no dialog"
    assert PART.of(Offered()) == Thresholds("b", 2.0, 3, "y", True)
    assert PART.of(Offered(mode="a", fine=True)) == Thresholds("a", 1.0, 3, "x", True)
    assert found["fine"].parse("false", "here") is False
    assert found["rule"].parse("", "here") is None


def test_twin_a_default_that_does_not_follow_its_mode():
    """With the default mode's number as the operator's default, another mode would be computed with it."""

    @dataclass(frozen=True, kw_only=True)
    @with_settings(PART)
    class Fixed:
        mode: Literal["a", "b"] = param("a", "Mode.")
        level: float = param(1.0, "A level.")

    assert PART.of(Fixed(mode="b")) != Thresholds.for_mode("b")
    assert PART.of(Offered(mode="b")) == Thresholds.for_mode("b")


def test_thresholds_reach_the_pixel():
    """An expert's threshold changes what the kernel does: with a limit that no pixel keeps, nothing is thick cloud."""
    import contracts

    block = contracts.sparse_scene(SpectralTests)
    thick = [
        contracts.run(SpectralTests(mode="default", **more), block)["spectral_test_flags"] & 256 != 0
        for more in ({}, {"ndsi_max": -1.0}, {"rock_min": 10.0})
    ]
    assert [bool(np.any(mask)) for mask in thick] == [True, False, False]


def test_parameters_are_keys():
    assert len({p: p.name for p in parameters_of(CloudMask)}) == len(parameters_of(CloudMask))
