"""Graphs as data: variables as in gpt, and a sentence for everything that can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from estran.engine.bind import bind, forks, refuse_forks
from estran.engine.graph import Graph, Node, read_graph, read_properties, variables
from estran.errors import BadGraph, BadParameter

GRAPH = """<graph id="Test">
  <version>1.0</version>
  <node id="Resampled"><operator>Resample</operator>
    <sources><sourceProduct refid="${source}"/></sources>
    <parameters><targetResolution>${resolution}</targetResolution></parameters></node>
  <node id="Bright"><operator>Test.Pixel</operator>
    <sources><source refid="Resampled"/></sources>
    <parameters><limit>$limit</limit><mode>${mode}</mode></parameters></node>
</graph>"""


def graph_file(folder: Path, text: str = GRAPH, properties: str = "resolution=20\nlimit = 0.5\nmode=plain\n") -> Path:
    path = folder / "test.xml"
    path.write_text(text)
    path.with_suffix(".properties").write_text(properties)
    return path


def test_variables_come_from_the_twin_then_the_command_line(tmp_path: Path) -> None:
    graph = read_graph(graph_file(tmp_path), {"limit": "0.25"}, ["source"])
    resampled, bright = graph.ordered()
    assert resampled.parameters == {"targetResolution": "20"}
    assert resampled.sources == (("sourceProduct", "ReadOp@source"),)
    assert bright.parameters == {"limit": "0.25", "mode": "plain"}
    assert variables(graph_file(tmp_path)) == (("source",), ("resolution", "limit", "mode"))


def test_values_may_hold_any_character(tmp_path: Path) -> None:
    """gpt fills variables into the text of the XML, where this would break it."""
    text = GRAPH.replace("<mode>${mode}</mode>", "<note>${mode}</note>")
    graph = read_graph(graph_file(tmp_path, text), {"mode": "a < b && ${c}"}, ["source"])
    assert graph.nodes[1].parameters["note"] == "a < b && ${c}"


def test_steps_are_constructed_before_anything_runs(tmp_path: Path, operators: dict) -> None:
    steps = bind(read_graph(graph_file(tmp_path), {"limit": "0.25"}, ["source"]), operators)
    assert [s.node.id for s in steps] == ["Resampled", "Bright"]
    assert steps[0].runs.targetResolution == 20
    assert steps[1].runs.limit == 0.25
    assert steps[1].sources == {"source": "Resampled"}


BAD = {
    "unknown node": (
        "<operator>Test.Pixel",
        "<operator>Idepix.S2",
        r"'Idepix\.S2' is not known here \(in node 'Bright' of test\.xml\).*gpt",
    ),
    "unknown parameter": (
        "<limit>$limit</limit>",
        "<limits>1</limits>",
        r"unknown parameter 'limits' \(in Test\.Pixel, node 'Bright'.*expected limit",
    ),
    "out of interval": (
        "<limit>$limit",
        "<limit>2",
        r"parameter limit is outside its interval.*node 'Bright'.*\[0,1\].*found 2",
    ),
    "not a number": ("<limit>$limit", "<limit>much", r"parameter limit cannot be read.*'much'"),
    "no choice": ("<mode>${mode}", "<mode>even", "parameter mode is not one of its choices.*plain | odd"),
    "unknown parameter of SNAP's": (
        "<targetResolution>${resolution}<",
        "<x>2</x><targetResolution>${resolution}<",
        r"unknown parameter 'x'.*'Resampled'",
    ),
    "unresolved refid": (
        'refid="Resampled"',
        'refid="Nobody"',
        r"source 'source' of node 'Bright' refers to 'Nobody', which is no node.*Resampled",
    ),
    "unknown source": ('<source refid="Resampled"/>', '<other refid="Resampled"/>', "Test.Pixel has no source 'other'"),
    "no source": ('<source refid="Resampled"/>', "", "source 'source' of Test.Pixel is not given"),
    "duplicated id": ('id="Bright"', 'id="Resampled"', "two nodes have the id 'Resampled'"),
    "circle": (
        '<sourceProduct refid="${source}"/>',
        '<sourceProduct refid="Bright"/><!-- ${source} -->',
        "in a circle.*Resampled, Bright",
    ),
    "open variable": ("$limit", "$limitt", r"variable \$\{limitt\} of node 'Bright' \(limit\) has no value.*-Plimitt="),
    "no version": ("<version>1.0</version>", "", "another version"),
    "not a graph": ("graph", "gruff", "no GPT graph"),
    "entities": (
        '<graph id="Test">',
        '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><graph id="Test">&x;',
        "declares a document type or entities",
    ),
    "billion laughs": (
        '<graph id="Test">',
        '<!DOCTYPE g [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><graph id="Test">&b;',
        "declares a document type or entities",
    ),
    "not well-formed": ("</graph>", "", "no well-formed XML"),
    "given twice": (
        "<limit>$limit</limit>",
        "<limit>$limit</limit><limit>1</limit>",
        "parameter 'limit' of node 'Bright' is given twice",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_graphs(case: str, tmp_path: Path, operators: dict) -> None:
    old, new, sentence = BAD[case]
    assert old in GRAPH
    reads = [] if case == "circle" else ["source"]
    with pytest.raises((BadGraph, BadParameter), match=sentence):
        bind(read_graph(graph_file(tmp_path, GRAPH.replace(old, new)), {}, reads), operators)


def test_two_sources_of_one_name(tmp_path: Path, operators: dict) -> None:
    """Taken by name, the first would be lost."""
    maths = "<parameters><targetBands><targetBand><name>a</name><expression>B4</expression></targetBand></targetBands></parameters>"  # noqa: E501
    text = (
        '<graph><version>1.0</version><node id="m"><operator>BandMaths</operator><sources>{}</sources>{}</node></graph>'
    )

    def sources(*names: str) -> Graph:
        given = "".join(f'<{name} refid="${{{source}}}"/>' for name, source in zip(names, "ab", strict=True))
        return read_graph(graph_file(tmp_path, text.format(given, maths)), {}, ["a", "b"])

    assert bind(sources("sourceProduct", "sourceProduct.1"), operators)[0].sources == {
        "sourceProduct": "ReadOp@a",
        "sourceProduct.1": "ReadOp@b",
    }
    with pytest.raises(
        BadGraph,
        match=r"two sources of BandMaths have the name 'sourceProduct'.*ReadOp@a, ReadOp@b.*call the second "
        r"<sourceProduct\.1>",
    ):
        bind(sources("sourceProduct", "sourceProduct"), operators)


@pytest.mark.parametrize(
    "empty",
    [
        "<limit/>",
        "<limit></limit>",
        "<limit> \n </limit>",
        '<limit class="java.lang.Double"/>',
        "<limit><!-- none --></limit>",
    ],
)
def test_an_empty_element_is_not_given(empty: str, tmp_path: Path, operators: dict) -> None:
    """SNAP's Graph Builder and snapista write every parameter, empty where it has no value."""
    text = GRAPH.replace("<limit>$limit</limit><mode>${mode}</mode>", f"{empty}<mode/>").replace(
        "<targetResolution>",
        "<referenceBand/><targetWidth/><resamplingPreset> "
        "</resamplingPreset><upsampling/><bandResamplings/><targetResolution>",
    )
    given, bright = bind(read_graph(graph_file(tmp_path, text), {}, ["source"]), operators)
    assert (given.runs.targetResolution, given.runs.upsampling) == (20, "Nearest")
    assert bright.runs == operators["Test.Pixel"]()


def test_an_empty_variable_is_not_given(tmp_path: Path, operators: dict) -> None:
    steps = bind(read_graph(graph_file(tmp_path), {"limit": "", "mode": " "}, ["source"]), operators)
    assert steps[1].runs == operators["Test.Pixel"]()


ENCODINGS = {
    "utf-8": ("UTF-8", "utf-8"),
    "utf-8 with a mark": ("UTF-8", "utf-8-sig"),
    "no declaration": ("", "utf-8"),
    "latin-1": ("ISO-8859-1", "latin-1"),
    "windows": ("windows-1252", "cp1252"),
    "utf-16 with a mark": ("UTF-16", "utf-16"),
    "latin-2": ("ISO-8859-2", "iso8859-2"),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_the_encoding_declared_is_obeyed(case: str, tmp_path: Path) -> None:
    declared, codec = ENCODINGS[case]
    declaration = f"<?xml version='1.0' encoding='{declared}'?>\n" if declared else ""
    path = graph_file(tmp_path)
    path.write_bytes(
        (declaration + GRAPH.replace("<mode>${mode}", "<note>É &amp; ö</note><mode>${mode}")).encode(codec)
    )
    assert read_graph(path, {}, ["source"]).nodes[1].parameters["note"] == "É & ö"


def test_an_encoding_that_is_not_the_one_declared(tmp_path: Path) -> None:
    path = graph_file(tmp_path)
    path.write_bytes(GRAPH.replace("$limit", "É").encode("latin-1"))
    with pytest.raises(BadGraph, match="no well-formed XML"):
        read_graph(path, {}, ["source"])
    path.write_bytes(b'<?xml version="1.0" encoding="klingon"?>' + GRAPH.encode())
    with pytest.raises(BadGraph, match="unknown encoding: klingon"):
        read_graph(path, {}, ["source"])


def test_properties_are_read_as_java_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "p.properties"
    path.write_bytes(
        b"! note\nresolution : 20\nmode plain\ndem = C\\:\\\\data\\\\M\\u00fcnchen.tif\nlist = 1,\\\n   2\nempty =\n"
    )
    assert read_properties(path) == {
        "resolution": "20",
        "mode": "plain",
        "dem": "C:\\data\\München.tif",
        "list": "1,2",
        "empty": "",
    }
    path.write_bytes("name = Zürich".encode("latin-1"))
    assert read_properties(path) == {"name": "Zürich"}
    path.write_bytes(b"name = \\ud83d\\ude00 \\u00e9")
    assert read_properties(path) == {"name": "\U0001f600 é"}
    for codec in ("utf-16", "utf-8-sig"):
        path.write_bytes("name = Zürich".encode(codec))
        assert read_properties(path) == {"name": "Zürich"}
    path.write_bytes("name = Zürich".encode("utf-16-le"))
    with pytest.raises(BadGraph, match=r"is no text.*save it as UTF-8"):
        read_properties(path)
    path.write_bytes(b"dem = C:\\users\\dem.tif")
    with pytest.raises(BadGraph, match="write each backslash twice"):
        read_properties(path)
    path.write_bytes(b"<parameters><a>1</a></parameters>")
    with pytest.raises(BadGraph, match="parameters as XML are not read here"):
        read_properties(path)


def test_names_of_bands_with_a_dollar_are_no_variables(tmp_path: Path) -> None:
    text = GRAPH.replace("<mode>${mode}</mode>", "<note>$sourceProduct.1.B4 + $2.B4</note>")
    assert (
        read_graph(graph_file(tmp_path, text), {}, ["source"]).nodes[1].parameters["note"]
        == "$sourceProduct.1.B4 + $2.B4"
    )


def test_positional_products_together(tmp_path: Path) -> None:
    """gpt makes ${sourceProducts} of all products that are given without a name."""
    text = GRAPH.replace('<sourceProduct refid="${source}"/>', "<sourceProducts>${sourceProducts}</sourceProducts>")
    names = [f"sourceProduct{i}" for i in (10, 1, 2)]
    assert read_graph(graph_file(tmp_path, text), {}, names).nodes[0].sources == (
        ("sourceProducts0", "ReadOp@sourceProduct1"),
        ("sourceProducts1", "ReadOp@sourceProduct2"),
        ("sourceProducts2", "ReadOp@sourceProduct10"),
    )


def _many(count: int, source: str) -> str:
    nodes = (
        f'<node id="n{i}"><operator>Resample</operator><sources><a refid="{source.format(i - 1)}"/></sources></node>'
        for i in range(count)
    )
    return f'<graph id="g"><version>1.0</version>{"".join(nodes)}</graph>'


class TestShapes:
    """What nobody builds by hand is read in a moment, or refused in a sentence."""

    def test_many_nodes_beside_one_another(self, tmp_path: Path) -> None:
        graph = read_graph(graph_file(tmp_path, _many(10_000, "${{source}}")), {}, ["source"])
        assert graph.ordered() == graph.nodes

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (
                _many(10_000, "n{}").replace("n-1", "${source}"),
                "too many nodes stand one behind another.*500 at most, found 10000",
            ),
            (_many(10_000, "n{}").replace("n-1", "n9999"), "in a circle.*found n0, n1, .* and 9980 more"),
            (_many(30_000, "n{}").replace("n-1", "${source}"), "too many nodes.*20000 at most, found 30000"),
            (_many(1, "n0"), "in a circle.*found n0"),
            ("<graph>" * 100_000, "nests too deep"),
        ],
        ids=["a chain", "a circle", "too many", "itself", "deep"],
    )
    def test_what_is_refused(self, text: str, sentence: str, tmp_path: Path) -> None:
        reads = ["source"] if 'refid="${source}' in text else []
        with pytest.raises(BadGraph, match=sentence) as error:
            read_graph(graph_file(tmp_path, text), {}, reads).ordered()
        assert len(str(error.value)) < 1000

    def test_a_node_waits_for_its_sources_and_no_longer(self, tmp_path: Path) -> None:
        """The order of the file, but for what must come before."""
        nodes = [("a", "c"), ("b", "c"), ("c", "${source}"), ("d", "a")]
        text = "".join(
            f'<node id="{i}"><operator>Resample</operator><sources><s refid="{s}"/></sources></node>' for i, s in nodes
        )
        graph = read_graph(graph_file(tmp_path, f"<graph><version>1.0</version>{text}</graph>"), {}, ["source"])
        assert [n.id for n in graph.ordered()] == ["c", "a", "b", "d"]


def test_parameters_that_the_graph_lacks(tmp_path: Path) -> None:
    with pytest.raises(BadGraph, match=r"no variable \$\{limits\}.*limit, mode, resolution"):
        read_graph(graph_file(tmp_path), {"limits": "1"}, ["source"])
    with pytest.raises(BadGraph, match=r"no source \$\{sauce\}"):
        read_graph(graph_file(tmp_path), {"source": "x"}, ["sauce"])


def test_a_source_used_as_a_file_would_fail_in_gpt(tmp_path: Path) -> None:
    text = GRAPH.replace("<operator>Resample</operator>", "<operator>Read</operator>").replace(
        '<sources><sourceProduct refid="${source}"/></sources>', ""
    )
    text = text.replace("<targetResolution>${resolution}</targetResolution>", "<file>${source}</file>")
    with pytest.raises(BadGraph, match="given with -S but used as parameter 'file'"):
        read_graph(graph_file(tmp_path, text), {}, ["source"])
    assert read_graph(graph_file(tmp_path, text), {"source": "a.dim"}).nodes[0].parameters == {"file": "a.dim"}


def test_a_graph_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadGraph, match=r"cannot be read.*No such file"):
        read_graph(tmp_path / "none.xml")


def chain(*consumers: tuple[str, str]) -> Graph:
    nodes = [Node("R", "Read", (), {"file": "a"}), Node("P1", "Test.Pixel", (("source", "R"),))]
    return Graph(
        "g", (*nodes, *(Node(f"C{i}", operator, (("source", of),)) for i, (operator, of) in enumerate(consumers)))
    )


def test_forks_behind_a_python_node(operators: dict) -> None:
    """SNAP deadlocks when a Python node feeds a second Python node and anyone else."""
    safe = [
        chain(("Test.Scene", "P1"), ("Write", "C0")),
        chain(("Write", "P1"), ("Write", "P1")),
        chain(("Test.Scene", "R"), ("Write", "C0"), ("Write", "P1")),
    ]
    for graph in safe:
        assert forks(graph, operators) == ()
    for graph in (chain(("Test.Scene", "P1"), ("Write", "P1")), chain(("Test.Scene", "P1"), ("Test.Survey", "P1"))):
        with pytest.raises(BadGraph, match=r"output of node 'P1' forks.*C0, C1"):
            refuse_forks(graph, operators)
