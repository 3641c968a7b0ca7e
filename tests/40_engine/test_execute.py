"""Whole graphs: what is opened, in which order nodes run, what is written, where the time goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estran.engine.execute import Adapters, run_graph
from estran.engine.graph import Graph, Node
from estran.engine.run import hold
from estran.engine.timing import Stopwatch
from estran.errors import BadGraph
from estran.raster.product import Product

R = Node("R", "Read", (), {"file": "in.dim"})
P1 = Node("P1", "Test.Pixel", (("source", "R"),), {"copy_bands": "B4", "sza": "0"})
P2 = Node("P2", "Test.Neighbour", (("source", "P1"),), {"limit": "0.7", "sza": "0"})


class Files:
    """Callables that stand where the file readers and writers stand."""

    def __init__(self, product: Product) -> None:
        self.product, self.opened, self.written = product, [], []

    def open(self, path: Path, *, progress: Any) -> Product:
        self.opened.append(path)
        return self.product

    def write(self, product: Product, path: Path, format_name: str, *, progress: Any) -> Path:
        self.written.append((product.name, path, format_name))
        hold(product)
        progress(1.0, "writing")
        return path


def run(
    graph: Graph, product: Product, operators: dict, sources: dict | None = None, **options: Any
) -> tuple[Any, Files]:
    files = Files(product)
    return run_graph(
        graph, sources or {}, operators=operators, adapters=Adapters(files.open, files.write), **options
    ), files


def test_a_line_of_nodes(product: Product, operators: dict) -> None:
    """A later node reads what an earlier one made or handed on; nodes may stand in any order."""
    write = Node("W", "Write", (("source", "P2"),), {"file": "out.dim"})
    outcome, files = run(Graph("g", (P2, R, P1, write)), product, operators, target=Path("ignored.dim"))
    assert files.opened == [Path("in.dim")]
    assert files.written == [("scene_Pixel_Neighbour", Path("out.dim"), "BEAM-DIMAP")]
    assert outcome.written == (Path("out.dim"),)
    assert outcome.last.name == "scene_Pixel_Neighbour"
    assert len(hold(outcome.last).metadata) == 2


def test_minus_s_and_minus_t(product: Product, operators: dict) -> None:
    """-S opens a product once, however many nodes read it; -t writes the last node of the file."""
    a = Node("A", "Test.Pixel", (("source", "ReadOp@source"),))
    b = Node("B", "Test.Survey", (("sourceProduct", "ReadOp@source"),))
    outcome, files = run(
        Graph("g", (a, b), reads=("source",)),
        product,
        operators,
        {"source": Path("x.SAFE")},
        target=Path("t.tif"),
        format_name="GeoTIFF",
    )
    assert files.opened == [Path("x.SAFE")]
    assert files.written == [("scene_Survey", Path("t.tif"), "GeoTIFF")]
    assert set(outcome.products) == {"ReadOp@source", "A", "B"}


def test_products_that_are_open_serve_as_sources(product: Product, operators: dict) -> None:
    outcome, files = run(
        Graph("g", (Node("A", "Test.Scene", (("source", "ReadOp@s"),)),), reads=("s",)),
        product,
        operators,
        {"s": product},
    )
    assert files.opened == []
    assert np.isfinite(np.asarray(outcome.last["value"].data)).any()


def test_nothing_is_opened_when_the_graph_is_wrong(product: Product, operators: dict) -> None:
    files = Files(product)
    with pytest.raises(BadGraph, match="operator 'Nobody' is not known here"):
        run_graph(
            Graph("g", (R, P1, Node("X", "Nobody", (("source", "P1"),)))),
            {},
            operators=operators,
            adapters=Adapters(files.open, files.write),
        )
    assert files.opened == []


def test_progress_and_times(product: Product, operators: dict) -> None:
    fractions: list[float] = []
    outcome, _ = run(
        Graph("g", (R, P1, P2)),
        product,
        operators,
        target=Path("a.dim"),
        tile=32,
        progress=lambda fraction, message: fractions.append(fraction),
    )
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert next(iter(outcome.stopwatch.seconds)) == "open"
    assert "write" in outcome.stopwatch.seconds


def test_what_is_wanted_twice_is_computed_once(product: Product, operators: dict) -> None:
    """By two Write nodes, or by an operator that surveys before it computes; what is written once stays lazy until
    then.
    """
    twice = (R, P1, *(Node(f"W{i}", "Write", (("source", "P1"),), {"file": f"{i}.dim"}) for i in (1, 2)))
    surveyed = (R, P1, Node("S", "Test.Survey", (("source", "P1"),)))
    for nodes, held in ((twice, True), (surveyed, True), ((R, P1, P2), False)):
        outcome, _ = run(Graph("g", nodes), product, operators)
        assert isinstance(outcome.products["P1"]["value"].data, np.ndarray) is held
        assert ("P1: computing" in outcome.stopwatch.seconds) is held


def test_a_stopwatch_counts_every_second_once() -> None:
    now = [0.0]
    watch = Stopwatch(clock=lambda: now[0])
    report = watch.listening(lambda fraction, message: None, "A: ")
    for message, seconds in (("reading blue", 1), ("reading red", 2), ("matching", 4), ("reading red", 8)):
        report(0.0, message)
        now[0] += seconds
    watch.stop()
    now[0] += 16
    assert watch.seconds == {"A: reading": 11.0, "A: matching": 4.0}
