"""Every graph that we ship: known nodes, parameters inside their intervals, a default for every variable, nothing that
makes gpt hang.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from estran.catalogue import OPERATORS
from estran.catalogue.spec import FlagsOut
from estran.engine.bind import bind, refuse_forks
from estran.engine.graph import Graph, read_graph, read_properties, variables
from estran.engine.nodes import snap_nodes
from estran.engine.nodes.base import SnapNode
from estran.engine.nodes.files import Read, Write
from estran.errors import BadGraph, EstranError

ROOT = Path(__file__).resolve().parents[2] / "graphs"
GRAPHS = sorted(ROOT.glob("*.xml"))
OURS = {op.alias: op for op in OPERATORS}
THEIRS = tomllib.loads((ROOT / "snap-nodes.toml").read_text())


def graph_of(path: Path) -> Graph:
    return read_graph(path, {}, variables(path)[0])


@pytest.fixture(params=GRAPHS, ids=lambda p: p.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_are_graphs() -> None:
    assert {"masks", "masks_safe"} <= {p.stem for p in GRAPHS}


def test_the_readme_has_a_diagram_and_two_commands_each(path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"`{path.name}`" in readme
    assert f"gpt graphs/{path.name} -p graphs/{path.stem}.properties -Ssource=" in readme
    assert f"estran gpt graphs/{path.name} -Ssource=" in readme
    (line,) = [line for line in readme.splitlines() if line.startswith("PRODUCT ──>") and line.split()[-1] == path.stem]
    assert all(node.id in line for node in graph_of(path).nodes)
    assert [node.operator for node in graph_of(path).nodes] == re.findall(r"\(([\w.]+)", line)


def test_it_is_whole(path: Path) -> None:
    """Every node constructed with its defaults: nodes known, refids resolved, no circle, parameters declared and inside
    their intervals.
    """
    graph = graph_of(path)
    assert len(bind(graph, OURS)) == len(graph.nodes)
    refuse_forks(graph, OURS)


def _mutant(tmp_path: Path, old: str, new: str) -> Graph:
    """masks.xml with one fault; its twin beside it."""
    text = (ROOT / "masks.xml").read_text()
    assert old in text
    (tmp_path / "masks.properties").write_text((ROOT / "masks.properties").read_text())
    (tmp_path / "masks.xml").write_text(text.replace(old, new, 1))
    return graph_of(tmp_path / "masks.xml")


def _node(name: str, operator: str, source: str, refid: str) -> str:
    return (
        f'<node id="{name}"><operator>{operator}</operator><sources><{source} '
        f'refid="{refid}"/></sources><parameters/></node>'
    )


class TestTwins:
    """Each check catches the fault that it is there for."""

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("<mode>${mode}</mode>", "<mood>${mode}</mood>", "unknown parameter 'mood'"),
            ("<heightMin>${height_min}</heightMin>", "<heightMin>-1</heightMin>", "outside its interval"),
            ("<mode>${mode}</mode>", "<mode>harsh</mode>", "not one of its choices"),
            ('refid="Resampled"', 'refid="Resample"', "which is no node"),
            ('refid="${source}"', 'refid="Masks"', "in a circle"),
            ("Estran.Masks", "Estran.Musks", "not known here"),
            ('<source refid="Resampled"/>', "", "source 'source' of Estran.Masks is not given"),
            ("<mode>${mode}</mode>", "<mode>${mood}</mode>", "has no value"),
        ],
    )
    def test_a_fault_is_a_sentence(self, tmp_path: Path, old: str, new: str, sentence: str) -> None:
        with pytest.raises(EstranError, match=re.escape(sentence)):
            bind(_mutant(tmp_path, old, new), OURS)

    def test_a_fork_behind_a_python_node(self, tmp_path: Path) -> None:
        fork = _node("Tests", "Estran.SpectralTests", "source", "Masks") + _node("Part", "Subset", "source", "Masks")
        with pytest.raises(BadGraph, match=r"output of node 'Masks' forks.*Tests, Part"):
            refuse_forks(_mutant(tmp_path, "</graph>", f"{fork}</graph>"), OURS)

    def test_a_fork_further_behind_hangs_alike(self, tmp_path: Path) -> None:
        """Masks -> Part (SNAP's own) -> Tests and Whole: Tests waits for a tile of Part, whoever computes that tile
        waits for Python.
        """
        fork = (
            _node("Part", "Subset", "source", "Masks")
            + _node("Tests", "Estran.SpectralTests", "source", "Part")
            + _node("Whole", "Subset", "source", "Part")
        )
        with pytest.raises(BadGraph, match=r"output of node 'Part' forks.*Tests, Whole"):
            refuse_forks(_mutant(tmp_path, "</graph>", f"{fork}</graph>"), OURS)

    @pytest.mark.parametrize(
        "safe",
        [
            _node("Tests", "Estran.SpectralTests", "source", "Masks"),
            _node("Part", "Subset", "source", "Masks") + _node("Other", "Subset", "source", "Masks"),
            _node("Tests", "Estran.SpectralTests", "source", "Resampled"),
        ],
        ids=["a line", "no Python after the fork", "no Python before the fork"],
    )
    def test_what_does_not_hang_is_left_alone(self, tmp_path: Path, safe: str) -> None:
        refuse_forks(_mutant(tmp_path, "</graph>", f"{safe}</graph>"), OURS)


def test_nodes_of_snap_are_listed(path: Path) -> None:
    for node in graph_of(path).nodes:
        if node.operator in OURS:
            continue
        assert node.operator in THEIRS, f"{node.operator} is not in snap-nodes.toml"
        assert set(node.parameters) <= set(THEIRS[node.operator]["parameters"]), node.id
        assert len(node.sources) == len(THEIRS[node.operator]["sources"]), node.id


def test_every_variable_has_a_default_and_only_those(path: Path) -> None:
    assert set(read_properties(path.with_suffix(".properties"))) == set(variables(path)[1])


def test_sources_are_handed_over_as_gpt_does(path: Path) -> None:
    """``-Sname`` puts the id of a reading node into a refid; a graph with Read or Write nodes of its own could not be
    called that way.
    """
    assert variables(path)[0]
    assert not [n.id for n in graph_of(path).nodes if n.operator in ("Read", "Write")]


def test_ids_tell_the_story_in_order(path: Path) -> None:
    graph = graph_of(path)
    assert graph.ordered() == graph.nodes
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", n.id) and n.id != n.operator for n in graph.nodes)


def test_no_bare_dollar(path: Path) -> None:
    """gpt replaces ``$name`` as well as ``${name}``: one spelling only."""
    assert not re.search(r"\$(?!\{)", path.read_text())


def test_comments_of_the_twin_survive_velocity(path: Path) -> None:
    """gpt runs the file through Velocity, where ``#word`` and ``$word`` are commands."""
    assert not re.search(r"#[^ \n]|\$", path.with_suffix(".properties").read_text())


def test_no_underscore_in_the_name_of_a_parameter(path: Path) -> None:
    """gpt reads ``<cloud_buffer>`` as ``cloud__buffer``, and knows no such parameter."""
    assert not [name for node in graph_of(path).nodes for name in node.parameters if "_" in name]


def test_flags_used_in_expressions_exist(path: Path) -> None:
    known = {
        f"{w.name}.{flag.name}"
        for op in OPERATORS
        for w in op.writes
        if isinstance(w, FlagsOut)
        for flag in w.coding.flags
    }
    bands = {name.partition(".")[0] for name in known}
    used = {name for name in re.findall(r"\b(\w+_flags\.\w+)\b", path.read_text()) if name.partition(".")[0] in bands}
    assert used <= known


@pytest.mark.parametrize("node", snap_nodes().values(), ids=lambda n: n.alias)
def test_the_engine_takes_only_what_snap_has(node: type[SnapNode]) -> None:
    facts = THEIRS[node.alias]
    assert set(node.parameter_names()) == set(facts["parameters"])
    assert set(node.beyond) == set(facts["refused"])
    assert dict(node.other_names) == facts["other_names"]
    assert len(node.sources) == len(facts["sources"])
    if node not in (Read, Write):
        assert list(node.sources) == facts["sources"]
    assert node.version == THEIRS["version"]
