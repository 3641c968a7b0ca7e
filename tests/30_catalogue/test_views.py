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

from estran.catalogue import OPERATORS
from estran.catalogue.spec import Aux, BandOut, ClassesOut, FlagsOut, Operator, Reads, Source, Study, Walk, param, parameters_of
from estran.catalogue.views import graph_properties, info_xml, json_schema, layer_xml, properties_defaults, reference_page, services_file, shim
from estran.catalogue.views.graphs import read_properties
from estran.catalogue.views.help import help_files
from estran.catalogue.views.names import PACKAGE
from estran.catalogue.views.pages import bands_page, command_line_page, flags_page, operators_page
from estran.catalogue.views.picture import picture
from estran.catalogue.views.snap import NEEDS, package_init
from estran.catalogue.views.tree import generate
from estran.errors import BadGraph, BadParameter
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
        Source("truth", (Reads("cloud_flags"),), "Reference.", optional=True),
    )
    aux = (Aux("dem", "dem_file", "m", "Heights.", "cirrus by one threshold"),)
    writes = (
        BandOut("probability", "float32", "1", "how sure", interval="[0,1]"),
        FlagsOut("example_flags", "uint8", FlagCoding("example", (Flag("CLOUD", 0, (255, 0, 128), "it is | a cloud"),)), "flags"),
        ClassesOut("example_class", "uint8", IndexCoding("class", (IndexValue("clear", 1, (0, 0, 0), "clear"),)), "class"),
    )
    walk = Walk.PIXEL
    flag: bool = param(True, "A switch.", section="First part")
    count: int = param(3, "A count.", interval="[1,9]", section="First part")
    threshold: float = param(0.5, "Threshold über alles.", unit="degrees", interval="(0,1]", source="a paper, eq. 3", section="Second part")
    mode: Literal["fast", "strict"] = param("fast", "Mode.")
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
    seed: int = param(1, "Seed.", interval="[0,*)")


SAFE = {
    "operator": {"name", "alias", "operatorClass", "label", "version", "description", "authors", "copyright", "namedSourceProducts", "parameters"},
    "sourceProduct": {"name", "label", "description", "optional"},
    "parameter": {"name", "alias", "label", "description", "dataType", "unit", "defaultValue", "valueSet", "interval", "rasterDataNodeClass", "notNull"},
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
        assert ElementTree.fromstring(info_xml(ExampleOp)).findtext("description") == ExampleOp.summary

    def test_types(self, info):
        types = {name: p["dataType"] for name, p in _parameters(info).items()}
        assert types == {
            "first_part.section": "boolean",
            "flag": "boolean",
            "count": "int",
            "second_part.section": "boolean",
            "threshold": "double",
            "mode": "String",
            "text": "String",
            "maybe": "Integer",
            "sza": "Double",
            "names": "String[]",
            "numbers": "[D",
            "dem_file": "java.io.File",
        }
        assert set(types.values()) <= SAFE_TYPES

    def test_headings_come_once_before_their_part(self, info):
        assert list(_parameters(info))[:5] == ["first_part.section", "flag", "count", "second_part.section", "threshold"]

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
        assert _parameters(info)["mode"]["valueSet"] == "fast,strict"
        assert _parameters(info)["names"]["rasterDataNodeClass"].endswith(".Band")

    def test_graphs_have_a_spelling_without_underscores(self, info):
        # SNAP 13 reads <dem_file> in a graph as "dem__file" and refuses it; it takes name and alias alike.
        aliases = {name: p["alias"] for name, p in _parameters(info).items() if "alias" in p}
        assert aliases == {"dem_file": "demFile"}
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
        texts = {name: p.get("defaultValue", "") for name, p in _parameters(info).items() if not name.endswith(".section")}
        assert ExampleOp.from_text(texts) == ExampleOp()


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
    assert attributes["displayName"] == "Example & more"
    assert set(attributes) == {"instanceCreate", "delegate", "displayName", "operatorName", "dialogTitle", "targetProductNameSuffix", "helpId"}
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
    masking = layer.find("folder[@name='Menu']/folder[@name='Optical']/folder[@name='Preprocessing']/folder[@name='Masking']")
    assert [f.find("attr[@name='position']").get("intvalue") for f in masking] == ["450", "452"]


def test_help_page_has_a_picture():
    shown = picture(ExampleOp)
    ElementTree.fromstring(shown)
    assert shown in dict(help_files([ExampleOp]))["example_op.html"]
    for part in ("red", "cirrus (optional)", "dem (file)", "probability", '<td bgcolor="#ff0080"><font color="#ffffff">CLOUD</font></td>'):
        assert part in shown
    # A band without a palette of its own goes from black to white.
    assert '<td bgcolor="#000000"><font color="#ffffff">0</font></td>' in shown
    assert '<td bgcolor="#ffffff"><font color="#000000">1</font></td>' in shown


class TestPackageInit:
    """The package of the shims, run as a file: in a folder, and beside what the archive brings."""

    def _run(self, folder, *flags, path=()):
        code = f"import sys; sys.path[:0] = {[str(p) for p in path]!r}; import {PACKAGE}; import estran; print(estran.__file__)"
        return subprocess.run([sys.executable, *flags, "-c", code], cwd=folder, capture_output=True, text=True, check=False)

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
    assert all(p.name in page for p in parameters_of(ExampleOp))


def test_reference_page():
    page = reference_page(ExampleOp)
    assert "| `threshold` | Threshold über alles. | degrees | number in (0,1] | 0.5 | a paper, eq. 3 |" in page
    assert "| cirrus | 1 | no | no cirrus test |" in page
    assert "parameter sza stands for it; else view_zenith serves; else an error" in page
    assert "| CLOUD | 0 | 1 | #ff0080 | it is \\| a cloud |" in page
    assert "| dem | m | dem_file | Heights. | cirrus by one threshold |" in page
    assert "### Second part" in page


def test_interface_pages():
    assert "[Estran.ExampleOp](../reference/example_op.md)" in operators_page([ExampleOp], [ExampleStudy])
    assert "[simulate thing](../reference/simulate_thing.md)" in operators_page([ExampleOp], [ExampleStudy])
    assert "| nir | B8A | near_infrared | 865 |" in bands_page([ExampleOp])
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
    assert schema["properties"]["mode"]["enum"] == ["fast", "strict"]


GRAPH = """<graph id="g"><version>1.0</version>
<node id="Resample"><operator>Resample</operator><sources><source>${source}</source></sources>
 <parameters><targetResolution>${resolution}</targetResolution></parameters></node>
<node id="Example"><operator>Estran.ExampleOp</operator><sources><source refid="Resample"/></sources>
 <parameters><threshold>${bright}</threshold><count>4</count><names>${names}</names></parameters></node>
</graph>"""


class TestGraphDefaults:
    def test_ours_come_from_the_declaration_others_are_kept(self):
        text = graph_properties(ElementTree.fromstring(GRAPH), [ExampleOp], {"resolution": "20", "bright": "9"}, "g.xml")
        assert read_properties(text) == {"resolution": "20", "bright": "0.5", "names": "a,b"}
        assert "[degrees, (0,1]]" in text

    def test_a_source_is_no_variable(self):
        assert "source" not in read_properties(graph_properties(ElementTree.fromstring(GRAPH), [ExampleOp], {"resolution": "20"}, "g.xml"))

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
