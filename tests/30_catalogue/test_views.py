"""Everything derived from one declaration, on an example operator that has a parameter of every kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest

from estran.adapters.snap.parameters import construct
from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.spec import (
    Aux,
    BandOut,
    ClassesOut,
    FlagsOut,
    Operator,
    Reads,
    Source,
    Walk,
    param,
    parameters_of,
    values_of,
)
from estran.catalogue.study import Column, DatasetOut, Study, TableIn, Variable
from estran.catalogue.views import (
    graph_properties,
    info_xml,
    json_schema,
    layer_xml,
    properties_defaults,
    reference_page,
    services_file,
    shim,
)
from estran.catalogue.views.graphs import read_properties
from estran.catalogue.views.help import help_files
from estran.catalogue.views.names import PACKAGE
from estran.catalogue.views.pages import bands_page, command_line_page, flags_page, operators_page
from estran.catalogue.views.picture import picture
from estran.catalogue.views.snap import NEEDS, package_init
from estran.catalogue.views.tree import generate
from estran.catalogue.views.words import words_module
from estran.errors import BadGraph, BadParameter
from estran.labels import ACRONYMS, first_lower, label_of
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue


@dataclass(frozen=True, kw_only=True)
class ExampleOp(Operator):
    alias = "Estran.ExampleOp"
    label = "Example & more"
    version = "1.2"
    summary = "Finds what is brighter than 20 °, or not < 3."
    atbd = "example"
    menu = "Optical/Preprocessing/Masking"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("cirrus", optional=True, without="no cirrus test"),
                Reads("sun_zenith", "degrees", from_param="sza", fallback=("view_zenith",)),
            ),
            "Level-1C.",
        ),
        Source("truth", (Reads("cloud_flags", ours=True),), "Reference.", optional=True),
    )
    aux = (Aux("dem", "dem_file", "m", "Heights.", "cirrus by one threshold"),)
    writes = (
        BandOut("probability", "float32", "1", "how sure", interval="[0,1]"),
        FlagsOut(
            "example_flags",
            "uint8",
            FlagCoding("example", (Flag("CLOUD", 0, (255, 0, 128), "it is | a cloud"),)),
            "flags",
        ),
        ClassesOut(
            "example_class", "uint8", IndexCoding("class", (IndexValue("clear", 1, (0, 0, 0), "clear"),)), "class"
        ),
    )
    walk = Walk.PIXEL
    flag: bool = param(True, "A switch.", section="First part", dialog=True)
    count: int = param(3, "A count.", interval="[1,9]", section="First part")
    threshold: float = param(
        0.5,
        "Threshold über alles.",
        unit="degrees",
        interval="(0,1]",
        source="a paper, eq. 3",
        section="Second part",
        dialog=True,
    )
    mode: Literal["fast", "strict", "safe"] = param("fast", "Mode.")
    mode_size: float | None = param(
        None, "A size.", interval="[0,9]", dialog=True, modes={"fast": 4.5, "strict": 2.0, "safe": 2.0}
    )
    text: str = param("", "Text.")
    maybe: int | None = param(None, "Optional count.", interval="[0,*)")
    sza: float | None = param(None, "Sun zenith.", unit="degrees", interval="[0,90)")
    names: tuple[str, ...] = param(("a", "b"), "Bands.", choose_bands=True)
    numbers: tuple[float, ...] = param((1.0, 2.5), "Numbers.", interval="[0,3]")
    dem_file: Path | None = param(None, "File of heights.")


@dataclass(frozen=True, kw_only=True)
class ExampleStudy(Study):
    alias = "simulate thing"
    label = "A thing"
    version = "0.1"
    summary = "Simulates a thing."
    atbd = "thing"
    inputs = (
        TableIn(
            "places",
            (Column("id", "Name.", "a", kind="text"), Column("x", "A number.", "1.5", unit="m")),
            key="id",
            help="places",
        ),
    )
    result = DatasetOut("place", (Variable("y", "twice x", unit="m"),))
    seed: int = param(1, "Seed.", interval="[0,*)")


SAFE = {
    "operator": {
        "name",
        "alias",
        "operatorClass",
        "label",
        "version",
        "description",
        "authors",
        "copyright",
        "namedSourceProducts",
        "parameters",
    },
    "sourceProduct": {"name", "label", "description", "optional"},
    "parameter": {
        "name",
        "alias",
        "label",
        "description",
        "dataType",
        "unit",
        "defaultValue",
        "valueSet",
        "interval",
        "rasterDataNodeClass",
        "notNull",
        "deprecated",
    },
}
"""Elements that a real SNAP 13 was seen to read; any other takes every Python operator down."""

SAFE_TYPES = {"boolean", "int", "double", "Integer", "Double", "String", "String[]", "[D", "java.io.File"}


@pytest.fixture
def info():
    return ElementTree.fromstring(info_xml(ExampleOp))


def _parameters(info):
    return {p.findtext("name"): {e.tag: e.text or "" for e in p} for p in info.iter("parameter")}


class TestDescriptor:
    @pytest.mark.parametrize("op", [ExampleOp, *OPERATORS], ids=lambda op: op.alias)
    def test_only_safe_elements(self, op):
        info = ElementTree.fromstring(info_xml(op))
        assert {p.findtext("dataType") for p in info.iter("parameter")} <= SAFE_TYPES
        assert {e.tag for e in info} <= SAFE["operator"]
        for tag in ("sourceProduct", "parameter"):
            for found in info.iter(tag):
                assert {e.tag for e in found} <= SAFE[tag]

    def test_pure_ascii(self):
        # SNAP reads descriptors in the platform's encoding.
        assert info_xml(ExampleOp).isascii()
        assert ElementTree.fromstring(info_xml(ExampleOp)).findtext("description").splitlines()[0] == ExampleOp.summary

    def test_types(self, info):
        types = {name: p["dataType"] for name, p in _parameters(info).items()}
        assert types == {
            "flag": "boolean",
            "count": "int",
            "threshold": "double",
            "mode": "String",
            "text": "String",
            "mode_size": "Double",
            "maybe": "Integer",
            "sza": "Double",
            "names": "String[]",
            "numbers": "[D",
            "dem_file": "java.io.File",
        }
        assert set(types.values()) <= SAFE_TYPES

    def test_what_the_dialog_leaves_out_is_hidden_there_and_named_in_the_description(self, info):
        hidden = {name for name, p in _parameters(info).items() if p.get("deprecated") == "true"}
        assert hidden == {p.name for p in parameters_of(ExampleOp)} - {"flag", "threshold", "mode_size"}
        first, *more = info.findtext("description").splitlines()
        assert first == ExampleOp.summary
        said = " ".join(more)
        assert "for gpt, graphs and parameter files" in said
        assert said.endswith(": count, mode, text, maybe, sza, names, numbers, demFile.")
        assert not [name for name in _parameters(info) if name.endswith(".section")], (
            "no heading: gpt lists each as a parameter"
        )

    def test_what_follows_the_mode_shows_the_default_mode_s_number(self, info):
        size = _parameters(info)["mode_size"]
        assert (size["defaultValue"], size["description"]) == (
            "4.5",
            "A size. (4.5 counts as not given; mode strict, safe: 2.0)",
        )
        assert construct(ExampleOp, {"mode_size": 4.5}.get).mode_size is None
        assert construct(ExampleOp, {"mode_size": 4.6}.get).mode_size == 4.6
        assert construct(ExampleOp, {}.get).mode_size is None

    def test_a_parameter_in_full(self, info):
        assert _parameters(info)["threshold"] == {
            "name": "threshold",
            "label": "Threshold",
            "description": "Threshold über alles.",
            "dataType": "double",
            "unit": "degrees",
            "defaultValue": "0.5",
            "interval": "(0,1]",
            "notNull": "true",
        }
        assert _parameters(info)["mode"]["valueSet"] == "fast,strict,safe"
        assert _parameters(info)["names"]["rasterDataNodeClass"].endswith(".Band")

    def test_graphs_have_a_spelling_without_underscores(self, info):
        # SNAP 13 reads <dem_file> in a graph as "dem__file" and refuses it; it takes name and alias alike.
        aliases = {name: p["alias"] for name, p in _parameters(info).items() if "alias" in p}
        assert aliases == {"dem_file": "demFile", "mode_size": "modeSize"}
        assert ExampleOp.from_text({"demFile": "x.tif"}) == ExampleOp.from_text({"dem_file": "x.tif"})
        with pytest.raises(BadParameter, match="given twice"):
            ExampleOp.from_text({"demFile": "x.tif", "dem_file": "x.tif"})

    def test_what_snap_would_not_check_stands_in_the_text(self, info):
        numbers = _parameters(info)["numbers"]
        assert "interval" not in numbers
        assert "[0,3]" in numbers["description"]

    def test_optional_parameters_may_stay_empty(self, info):
        for name in ("maybe", "sza", "dem_file"):
            assert not {"notNull", "defaultValue"} & set(_parameters(info)[name])

    def test_identity_and_sources(self, info):
        assert info.findtext("alias") == "Estran.ExampleOp"
        assert info.findtext("operatorClass") == "eu.esa.snap.snappy.gpf.PyOperator"
        assert [s.findtext("name") for s in info.iter("sourceProduct")] == ["source", "truth"]
        assert [s.findtext("optional") for s in info.iter("sourceProduct")] == [None, "true"]

    def test_defaults_are_the_constructor_s(self, info):
        texts = {name: p.get("defaultValue", "") for name, p in _parameters(info).items()}
        values = {p.name: p.parse(texts[p.name], "here") for p in parameters_of(ExampleOp)}
        assert construct(ExampleOp, values.get) == ExampleOp()


HIGH = ((25, 818.0), (46, 1388.0))
"""Rows and height [pixels] of two dialogs in a real SNAP Desktop 13, parameters and headings counted."""

LAPTOP = 700


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
class TestDialog:
    def _shown(self, op):
        return [p for p in ElementTree.fromstring(info_xml(op)).iter("parameter") if p.findtext("deprecated") != "true"]

    def test_fits_a_laptop(self, op):
        (rows, low), (more, high) = HIGH
        shown = self._shown(op)
        assert 1 <= len(shown) <= 12
        # A row of a list is as high as five others.
        assert not [p.findtext("name") for p in shown if p.findtext("dataType").endswith("[]")]
        assert low + (high - low) / (more - rows) * (len(shown) - rows) <= LAPTOP

    def test_has_no_empty_field_but_for_files(self, op):
        empty = [p for p in self._shown(op) if p.findtext("defaultValue") is None]
        assert {p.findtext("dataType") for p in empty} <= {"java.io.File"}
        assert {p.findtext("name") for p in empty} == {a.parameter for a in op.aux}, (
            "rasters that the product may have itself"
        )

    def test_what_is_shown_is_what_is_done(self, op):
        """The numbers shown give what no number gives: thresholds of the default mode are not written twice."""
        shown = {p.findtext("name"): p.findtext("defaultValue") for p in self._shown(op)}
        given = op.from_text({name: text for name, text in shown.items() if text is not None})
        assert values_of(given) == values_of(op())
        read = {p.name: p.parse(shown.get(p.name) or p.format(p.default), op.alias) for p in parameters_of(op)}
        assert construct(op, read.get) == op()

    def test_a_mode_that_would_change_a_number_shown_is_not_shown(self, op):
        if any(p.follows_mode for p in parameters_of(op) if p.info.dialog):
            assert "mode" not in {p.findtext("name") for p in self._shown(op)}

    def test_a_mode_keeps_its_own_numbers_in_gpt(self, op):
        """gpt fills in every default that the dialog shows: another mode must get its own all the same."""
        info = {
            p.findtext("name"): p.findtext("defaultValue")
            for p in ElementTree.fromstring(info_xml(op)).iter("parameter")
        }
        for mode in next((p.choices for p in parameters_of(op) if p.name == "mode"), ()):
            told = {**info, "mode": mode}
            values = {p.name: p.parse(told[p.name] or "", op.alias) for p in parameters_of(op)}
            assert construct(op, values.get) == op(mode=mode)


@pytest.mark.parametrize("declared", [*OPERATORS, *STUDIES], ids=lambda d: d.alias)
def test_labels_are_as_people_write_them(declared):
    labels = [p.label for p in parameters_of(declared)]
    for label in labels:
        words = re.findall(r"[A-Za-z0-9]+", label)
        assert not [w for w in words if w.lower() in ACRONYMS and w != ACRONYMS[w.lower()]], label
        assert label[0].isupper() or label[0].isdigit()
        assert not re.search(r"_|\b(min|max)$", label), label
    assert len(set(labels)) == len(labels)


def test_labels():
    assert [label_of(n) for n in ("dem", "snow_ndsi_min", "swir22_max", "utm_zone", "cloud_buffer", "min")] == [
        "DEM",
        "Min. snow NDSI",
        "Max. SWIR22",
        "UTM zone",
        "Cloud buffer",
        "Min",
    ]
    assert first_lower("Relief shadow") == "relief shadow"
    assert first_lower("DEM posting") == "DEM posting"
    assert first_lower("Min. snow NDSI") == "min. snow NDSI"


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_menu_entries_say_for_which_satellite(op):
    layer = ElementTree.fromstring(layer_xml([op]))
    for name in ("displayName", "dialogTitle"):
        assert layer.find(f".//attr[@name='{name}']").get("stringvalue").startswith("Sentinel-2 ")


def test_services_and_shim_name_the_same_class():
    (line,) = [text for text in services_file([ExampleOp]).splitlines() if not text.startswith("#")]
    package, module, name = line.split(".")
    assert (package, module) == ("estran_snap", "example_op")
    assert f"{name} = make_operator(Declaration)" in shim(ExampleOp)
    assert f"from {ExampleOp.__module__} import ExampleOp as Declaration" in shim(ExampleOp)


def test_layer():
    layer = ElementTree.fromstring(layer_xml([ExampleOp]))
    folders = {f.get("name"): f for f in layer}
    action = folders["Actions"].find("folder/file")
    attributes = {a.get("name"): a.get("stringvalue") for a in action}
    assert attributes["operatorName"] == "Estran.ExampleOp"
    assert attributes["displayName"] == "Sentinel-2 example & more"
    assert set(attributes) == {
        "instanceCreate",
        "delegate",
        "displayName",
        "operatorName",
        "dialogTitle",
        "targetProductNameSuffix",
        "helpId",
    }
    shadow = folders["Menu"].find("folder[@name='Optical']/folder[@name='Preprocessing']/folder[@name='Masking']/file")
    assert shadow.find("attr[@name='originalFile']").get("stringvalue") == f"Actions/Operators/{action.get('name')}"
    help_map = dict(help_files([ExampleOp]))["map.jhm"]
    assert f'target="{attributes["helpId"]}" url="example_op.html"' in help_map


def test_layer_writes_each_folder_once():
    @dataclass(frozen=True, kw_only=True)
    class Another(ExampleOp):
        alias = "Estran.Another"

    @dataclass(frozen=True, kw_only=True)
    class Elsewhere(ExampleOp):
        alias = "Estran.Elsewhere"
        menu = "Optical/Thematic Land Processing"

    layer = ElementTree.fromstring(layer_xml([ExampleOp, Elsewhere, Another]))
    for folder in (layer, *layer.iter("folder")):
        names = [child.get("name") for child in folder if child.tag in ("folder", "file")]
        assert len(names) == len(set(names))
    masking = layer.find(
        "folder[@name='Menu']/folder[@name='Optical']/folder[@name='Preprocessing']/folder[@name='Masking']"
    )
    assert [f.find("attr[@name='position']").get("intvalue") for f in masking] == ["450", "452"]


def test_help_page_has_a_picture():
    shown = picture(ExampleOp)
    ElementTree.fromstring(shown)
    assert shown in dict(help_files([ExampleOp]))["example_op.html"]
    for part in (
        "red",
        "cirrus (optional)",
        "dem (file)",
        "probability",
        '<td bgcolor="#ff0080"><font color="#ffffff">CLOUD</font></td>',
    ):
        assert part in shown
    # A band without a palette of its own goes from black to white.
    assert '<td bgcolor="#000000"><font color="#ffffff">0</font></td>' in shown
    assert '<td bgcolor="#ffffff"><font color="#000000">1</font></td>' in shown


class TestPackageInit:
    """The package of the shims, run as a file: in a folder, and beside what the archive brings."""

    def _run(self, folder, *flags, path=()):
        code = (
            f"import sys; sys.path[:0] = {[str(p) for p in path]!r}; import {PACKAGE}; import estran; "
            f"print(estran.__file__)"
        )
        return subprocess.run(
            [sys.executable, *flags, "-c", code], cwd=folder, capture_output=True, text=True, check=False
        )

    def test_in_a_folder_the_package_that_python_sees(self, tmp_path):
        (tmp_path / PACKAGE).mkdir()
        (tmp_path / PACKAGE / "__init__.py").write_text(package_init())
        done = self._run(tmp_path)
        assert Path(done.stdout.strip()).parent.name == "estran", done.stderr

    def test_out_of_a_jar_the_package_beside_it(self, tmp_path):
        brought, jar = tmp_path / "estran" / "python" / "estran", tmp_path / "modules" / "x.jar"
        for folder in (brought, jar.parent):
            folder.mkdir(parents=True)
        (brought / "__init__.py").touch()
        with zipfile.ZipFile(jar, "w") as archive:
            archive.writestr(f"{PACKAGE}/__init__.py", package_init())
        done = self._run(tmp_path / "modules", path=[jar])
        assert Path(done.stdout.strip()) == brought / "__init__.py", done.stderr

    def test_what_is_missing_is_one_sentence(self, tmp_path):
        (tmp_path / PACKAGE).mkdir()
        (tmp_path / PACKAGE / "__init__.py").write_text(package_init())
        (tmp_path / "estran").mkdir()
        (tmp_path / "estran" / "__init__.py").touch()
        # Without site-packages: nothing but what is in the folder.
        done = self._run(tmp_path, "-S", path=[tmp_path])
        assert done.returncode == 1
        said = done.stderr.splitlines()[-1]
        assert said.startswith("ImportError: SNAP's Python lacks numpy, scipy, numba")
        assert "python -m pip install numpy scipy numba" in said

    def test_modules_of_another_python_are_one_sentence(self, tmp_path):
        """numpy would say `PyCapsule_Import could not import module "datetime"`."""
        (tmp_path / PACKAGE).mkdir()
        (tmp_path / PACKAGE / "__init__.py").write_text(package_init())
        code = f"import sys; import pathlib, importlib.util; sys.modules['_datetime'] = None; import {PACKAGE}"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        said = done.stderr.splitlines()[-1]
        assert said.startswith("ImportError: inside SNAP Python ")
        assert f"takes its modules from {sys.base_prefix}" in said
        assert "PYTHONHOME" in said

    def test_what_it_needs_are_dependencies_of_ours(self, repository):
        declared = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["dependencies"]
        assert set(NEEDS) <= {re.split(r"[^A-Za-z0-9_-]", line)[0] for line in declared}


def test_help_files_hold_together():
    files = dict(help_files([ExampleOp]))
    for name, text in files.items():
        if name != "example_op.html":
            ElementTree.fromstring(text)
        assert text.isascii()
    page = files["example_op.html"]
    shown, hidden = page.split("Parameters for gpt, graphs and parameter files")
    for p in parameters_of(ExampleOp):
        assert f"<td>{p.name}</td>" in (shown if p.info.dialog else hidden)
        assert not p.info.dialog or f"<td>{p.label}</td><td>{p.name}</td>" in shown


def test_reference_page():
    page = reference_page(ExampleOp)
    assert "| `threshold` | Threshold über alles. | degrees | number in (0,1] | 0.5 | a paper, eq. 3 |" in page
    assert "| cirrus | 1 | no | no cirrus test |" in page
    assert "parameter sza stands for it; else view_zenith serves; else an error" in page
    assert "| CLOUD | 0 | 1 | #ff0080 | it is \\| a cloud |" in page
    assert "| dem | m | dem_file | Heights. | cirrus by one threshold |" in page
    assert "### Second part" in page
    assert "The dialog of SNAP Desktop shows Flag, Threshold, Mode size. The others keep their default there" in page


def test_page_of_a_study():
    """What it reads with an example that can be copied, and the schema of its result."""
    page = reference_page(ExampleStudy)
    assert "Study `estran simulate thing PLACES OUT`, version 0.1." in page
    assert "| `x` | number | m |  | yes | A number. |" in page
    assert "```text\nid,x [m]\na,1.5\n```" in page
    assert "| `y` | place | float32 | m | twice x |" in page


def test_words_of_studies_are_commands():
    """The command line knows which studies there are without importing their declarations."""
    names: dict[str, object] = {}
    exec(words_module([ExampleStudy]), names)
    assert names["WORDS"] == {"simulate": "a thing"}


def test_interface_pages():
    assert "[Estran.ExampleOp](../reference/example_op.md)" in operators_page([ExampleOp], [ExampleStudy])
    assert "[simulate thing](../reference/simulate_thing.md)" in operators_page([ExampleOp], [ExampleStudy])
    assert "| nir08 | B8A | near_infrared | near_infrared | 865 |" in bands_page([ExampleOp])
    assert "| `example_cloud` | `example_flags.CLOUD` | #ff0080 | 0.5 | Estran.ExampleOp |" in flags_page([ExampleOp])
    assert "| `--dem-file` | file |  | none | File of heights. |" in command_line_page([ExampleOp])


def test_schema():
    schema = json_schema(ExampleOp)
    json.dumps(schema)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["threshold"] == {
        "title": "Threshold",
        "description": "Threshold über alles.",
        "type": "number",
        "exclusiveMinimum": 0.0,
        "maximum": 1.0,
        "default": 0.5,
        "x-unit": "degrees",
    }
    assert schema["properties"]["maybe"]["type"] == ["integer", "null"]
    assert schema["properties"]["numbers"]["items"] == {"type": "number", "minimum": 0.0, "maximum": 3.0}
    assert schema["properties"]["mode"]["enum"] == ["fast", "strict", "safe"]
    size = schema["properties"]["mode_size"]
    assert size["default"] == 4.5
    assert size["x-default-by-mode"] == {"fast": 4.5, "strict": 2.0, "safe": 2.0}
    assert size["type"] == ["number", "null"], "null is the mode's"


GRAPH = """<graph id="g"><version>1.0</version>
<node id="Resample"><operator>Resample</operator><sources><source>${source}</source></sources>
 <parameters><targetResolution>${resolution}</targetResolution></parameters></node>
<node id="Example"><operator>Estran.ExampleOp</operator><sources><source refid="Resample"/></sources>
 <parameters><threshold>${bright}</threshold><count>4</count><names>${names}</names></parameters></node>
</graph>"""


class TestGraphDefaults:
    def test_ours_come_from_the_declaration_others_are_kept(self):
        text = graph_properties(
            ElementTree.fromstring(GRAPH), [ExampleOp], {"resolution": "20", "bright": "9"}, "g.xml"
        )
        assert read_properties(text) == {"resolution": "20", "bright": "0.5", "names": "a,b"}
        assert "[degrees, (0,1]]" in text

    def test_a_source_is_no_variable(self):
        assert "source" not in read_properties(
            graph_properties(ElementTree.fromstring(GRAPH), [ExampleOp], {"resolution": "20"}, "g.xml")
        )

    def test_no_default_anywhere(self):
        with pytest.raises(BadGraph, match=r"\$\{resolution\} has no default"):
            graph_properties(ElementTree.fromstring(GRAPH), [ExampleOp], {}, "g.xml")

    def test_two_defaults(self):
        twice = GRAPH.replace("<count>4</count>", "<count>${bright}</count>")
        with pytest.raises(BadGraph, match="two defaults"):
            graph_properties(ElementTree.fromstring(twice), [ExampleOp], {"resolution": "20"}, "g.xml")

    def test_defaults_make_the_operator(self):
        assert ExampleOp.from_text(properties_defaults(ExampleOp)) == ExampleOp()


def test_tree(tmp_path):
    paths = [str(path) for path, _ in generate(tmp_path, [ExampleOp], [ExampleStudy])]
    assert len(paths) == len(set(paths))
    assert "snap-operators/META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi" in paths
    assert {
        "snap-operators/estran_snap/example_op.py",
        "snap-operators/estran_snap/example_op-info.xml",
        "layer.xml",
        "docs/reference/simulate_thing.md",
    } <= set(paths)
