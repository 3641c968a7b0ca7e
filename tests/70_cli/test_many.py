"""Many products with one command: folders, records, lines, kills; what fails is said and tried again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pystac
import pytest
import small_products as small

from estran.adapters.files import open_product
from estran.jobs.state import FILE

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("products")
    return [small.make(folder / f"p{n}.dim", n) for n in range(1, 4)]


def subset(out: Path, *products: Path, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The quickest command on many products."""
    return ("gpt", "Subset", *map(str, products), "-t", str(out), "--quiet", *more)


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_has_its_folder(estran, products: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = estran("gpt", "Subset", *products, "-t", out)
    assert said.code == 0, said.err
    assert said.out.splitlines() == [str(out / f"p{n}" / f"p{n}.dim") for n in (1, 2, 3)]
    assert sorted(p.name for p in out.iterdir()) == [FILE, "p1", "p2", "p3"]
    for path in products:
        one = tmp_path / f"{path.stem}.dim"
        assert estran("gpt", "Subset", path, "-t", one).code == 0
        for band in ("B2", "flags"):
            np.testing.assert_array_equal(
                open_product(out / path.stem / f"{path.stem}.dim")[band].data, open_product(one)[band].data
            )


def test_done_is_skipped_and_failed_is_tried_again(estran, products: list[Path], tmp_path: Path) -> None:
    """The same command, once the product that was missing is there."""
    out, late = tmp_path / "out", tmp_path / "late.dim"
    said = estran("gpt", "Subset", products[0], late, "-t", out)
    assert said.code == 3
    assert said.err.splitlines()[-2:] == [
        f"estran: error: {late}: there is no such file or folder (in {late}).",
        "estran: error: 1 of 2 products failed; the same command tries them again.",
    ]
    made = (out / "p1" / "p1.dim").stat().st_mtime_ns
    small.make(late, 5)
    said = estran("gpt", "Subset", products[0], late, "-t", out)
    assert said.code == 0, said.err
    assert "1 of the products was done already and skipped" in said.err
    assert said.out.splitlines() == [str(out / "late" / "late.dim")]
    assert (out / "p1" / "p1.dim").stat().st_mtime_ns == made


def test_lines_of_json(estran, products: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("gpt", "Subset", *products[:2], tmp_path / "none.dim", "-t", out, "--json", "--quiet")
    said = estran(*command)
    assert said.code == 3
    done, also, failed = lines(said.out)
    assert (
        set(done)
        == set(failed)
        == {"schema", "name", "source", "status", "error", "fractions", "cloud_cover", "notes", "paths", "seconds"}
    )
    assert (done["schema"], done["name"], done["source"], done["status"], done["error"]) == (
        1,
        "p1",
        str(products[0]),
        "done",
        "",
    )
    assert done["fractions"] == {"flags": {"NODATA": 0.0, "CLOUD": round(1 / 12, 6)}}
    assert also["cloud_cover"] == pytest.approx(100 * 2 / 12)
    assert done["paths"] == {
        "folder": str(out / "p1"),
        "product": str(out / "p1" / "p1.dim"),
        "item": str(out / "p1" / "p1.json"),
    }
    assert all(Path(path).exists() for path in done["paths"].values())
    assert done["seconds"] > 0
    assert (failed["status"], failed["paths"]) == ("failed", {})
    assert "there is no such file" in failed["error"]
    again = lines(estran(*command).out)
    assert [line["status"] for line in again] == ["skipped", "skipped", "failed"]
    assert again[0] == {**done, "status": "skipped"}


def test_fractions_are_those_of_the_report(estran, scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = estran("masks", scene, "-o", out, "--many", "--json", "-q")
    assert said.code == 0, said.err
    (line,) = lines(said.out)
    from estran.report.fractions import fraction_tables

    tables = {
        t.band: {row.name: round(row.fraction, 6) for row in t.rows}
        for t in fraction_tables(open_product(Path(line["paths"]["product"])))
    }
    assert line["fractions"] == tables
    assert any("no dem" in note for note in line["notes"])
    item = pystac.Item.from_file(line["paths"]["item"])
    assert item.properties["eo:cloud_cover"] == pytest.approx(100 * tables["mask_flags"]["CLOUD"], abs=1e-3)
    assert item.assets["true_colour"].roles == ["thumbnail", "overview"]
    assert {Path(a.href).name for a in item.assets.values()} <= {
        p.name for p in Path(line["paths"]["folder"]).iterdir()
    }


def test_one_alone_has_a_line_too(estran, products: list[Path], tmp_path: Path) -> None:
    """And nothing else that it had not before."""
    said = estran("gpt", "Subset", products[0], "-t", tmp_path / "x.dim", "--json")
    assert said.code == 0
    (line,) = lines(said.out)
    assert (line["name"], line["status"], line["fractions"]["flags"]["CLOUD"]) == ("p1", "done", round(1 / 12, 6))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.data", "x.dim"]
    said = estran("gpt", "Subset", tmp_path / "none.dim", "-t", tmp_path / "y.dim", "--json")
    assert (said.code, lines(said.out)[0]["status"]) == (1, "failed")
    assert len([line for line in said.err.splitlines() if "error:" in line]) == 1


def test_two_names_alike(estran, products: list[Path], tmp_path: Path) -> None:
    a, b = small.make(tmp_path / "a" / "X.dim", 3), small.make(tmp_path / "b" / "X.dim", 6)
    out = tmp_path / "out"
    said = estran(*subset(out, a, b, more=("--json",)))
    assert said.code == 0, said.err
    cover = {line["name"]: line["cloud_cover"] for line in lines(said.out)}
    assert list(cover.values()) == [25, 50]
    assert len(cover) == 2
    assert all(line["status"] == "skipped" for line in lines(estran(*subset(out, b, a, more=("--json",))).out))


def test_other_parameters_are_another_job(estran, products: list[Path], tmp_path: Path) -> None:
    """Their result is there already: it is replaced by --overwrite alone, and a refusal changes nothing."""
    out = tmp_path / "out"
    assert estran(*subset(out, *products)).code == 0
    before = small.results(out)
    said = estran(*subset(out, *products, more=("-Pregion=0,0,5,5",)))
    assert said.code == 3
    assert said.err.count("with other parameters") == 3
    assert small.results(out) == before
    assert estran(*subset(out, *products, more=("--json",))).out.count('"skipped"') == 3, "the record still knows them"
    assert estran(*subset(out, *products, more=("-Pregion=0,0,5,5", "--overwrite"))).code == 0
    assert open_product(out / "p1" / "p1.dim").grid.shape == (5, 5)


def test_a_changed_source_is_another_job(estran, tmp_path: Path) -> None:
    out, source = tmp_path / "out", small.make(tmp_path / "x.tif", 1)
    assert estran(*subset(out, source, more=("--many",))).code == 0
    source.unlink()
    small.make(source, 2)
    assert "another state of the source" in estran(*subset(out, source, more=("--many",))).err
    assert estran(*subset(out, source, more=("--many", "--overwrite"))).code == 0


def test_a_result_that_was_removed_is_made_again(estran, products: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert estran(*subset(out, *products)).code == 0
    shutil.rmtree(out / "p2")
    assert [line["status"] for line in lines(estran(*subset(out, *products, more=("--json",))).out)] == [
        "skipped",
        "skipped",
        "done",
    ]


def test_strangers_things_stay(estran, products: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "p1").mkdir(parents=True)
    (out / "p1" / "letter").write_text("dear")
    (out / "p2").write_text("a file")
    (tmp_path / "elsewhere").mkdir()
    (out / "p3").symlink_to(tmp_path / "elsewhere")
    for more in ((), ("--overwrite",)):
        said = estran(*subset(out, *products, more=more))
        assert said.code == 3
        assert "leads out of the output folder" in said.err
        assert (out / "p1" / "letter").read_text() == "dear"
        assert (out / "p2").read_text() == "a file"
        assert not list((tmp_path / "elsewhere").iterdir())


def test_a_record_that_is_not_ours(estran, products: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / FILE).write_text("mine")
    said = estran(*subset(out, *products))
    assert said.code == 1
    assert "not ours" in said.err
    assert [(p.name, p.read_text()) for p in out.iterdir()] == [(FILE, "mine")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("gpt", "Subset", "A", "B", "-t", "OUT.dim"), "the output of many products is a folder"),
        (("gpt", "Subset", "A", "B"), "the output of many products is a folder"),
        (("gpt", "Subset", "A", "B", "-t", "OUT", "-f", "Zarr"), "the output format is not known"),
        (("gpt", "Subset", "A", "B", "-t", "OUT", "--jobs", "0"), "the number of products at a time"),
        (("gpt", "Subset", "A", "-t", "OUT.dim", "--jobs", "2"), "--jobs"),
        (("masks", "A", "-o", "OUT", "--jobs", "2"), "there is one product"),
        (("masks", "A", "B", "-o", "OUT", "--cloud-buffer", "-1"), "cloud_buffer"),
        (("masks", "-o", "OUT"), "it is not clear what to work on"),
        (("gpt", "Subset", "-SsourceProduct=A", "--many", "-t", "OUT"), "there is no product to work on"),
        (
            ("gpt", "Subset", "A", "B", "-t", "OUT", "--jobs", "2", "--scheduler", "local:2"),
            "two ways to work on several products",
        ),
    ],
)
def test_wrong_options(
    estran, products: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {
        "A": str(products[0]),
        "B": str(products[1]),
        "OUT": str(tmp_path / "out"),
        "OUT.dim": str(tmp_path / "out.dim"),
        "-SsourceProduct=A": "-SsourceProduct=x",
    }
    said = estran(*(places.get(word, word) for word in arguments))
    assert said.code == 2
    assert told in said.err
    assert not list(tmp_path.iterdir())


GRAPH = """<graph id="g"><version>1.0</version>
<node id="a"><operator>Subset</operator><sources><sourceProduct refid="${source}"/></sources><parameters/></node>{more}</graph>"""  # noqa: E501
WRITE = """<node id="w"><operator>Write</operator><sources><sourceProduct refid="a"/></sources><parameters><file>x.dim</file></parameters></node>"""  # noqa: E501


def test_a_graph_has_each_in_turn_as_its_source(estran, products: list[Path], tmp_path: Path) -> None:
    graph = tmp_path / "g.xml"
    graph.write_text(GRAPH.replace("{more}", ""))
    said = estran("gpt", graph, *products[:2], "-t", tmp_path / "out", "-f", "GeoTIFF")
    assert said.code == 0, said.err
    assert [p.name for p in sorted((tmp_path / "out" / "p2").iterdir())] == [".estran-result.json", "p2.json", "p2.tif"]
    graph.write_text(GRAPH.replace("{more}", WRITE))
    said = estran("gpt", graph, *products[:2], "-t", tmp_path / "other")
    assert said.code == 1
    assert "a graph that writes files of its own cannot be run on several products (in g.xml): found w" in said.err


def test_several_sources_of_one_operator_are_one_run(estran, products: list[Path], tmp_path: Path) -> None:
    """As in gpt: BandMaths takes them together."""
    said = estran("gpt", "BandMaths", *products[:2], "-t", tmp_path / "x.dim", "--json")
    assert len(said.out.splitlines()) == 1
    assert not (tmp_path / FILE).exists()


def test_processes_make_the_same(estran, products: list[Path], tmp_path: Path) -> None:
    assert estran(*subset(tmp_path / "one", *products)).code == 0
    said = estran(*subset(tmp_path / "two", *products, more=("--jobs", "2", "--json")))
    assert said.code == 0, said.err
    assert sorted(line["name"] for line in lines(said.out)) == ["p1", "p2", "p3"]
    assert small.results(tmp_path / "two") == small.results(tmp_path / "one")


def test_memory_is_known_before_the_first_begins(
    estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for one and a half is room for one at a time, and none for two."""
    from estran.cli import room

    other = Path(shutil.copytree(scene, tmp_path / "other.SAFE"))
    needed: list[int] = []
    real = room.judge_memory
    monkeypatch.setattr("estran.cli.engine.judge_memory", lambda need, *rest: needed.append(need) or real(need, *rest))
    assert estran("masks", scene, "-o", tmp_path / "one.dim", "-q").code == 0
    monkeypatch.setattr("estran.cli.engine.judge_memory", real)
    monkeypatch.setattr("estran.cli.many.free_memory", lambda: int(1.5 * needed[0]))
    before = sorted(p.name for p in tmp_path.iterdir())
    said = estran("masks", scene, other, "-o", tmp_path / "out", "--jobs", "2")
    assert said.code == 1
    assert "2 products at a time" in said.err
    assert "fewer products at a time" in said.err
    assert not (tmp_path / "out" / scene.stem).exists()
    assert before == sorted(p.name for p in tmp_path.iterdir() if p.name != "out")


# ---------------------------------------------------------------- ended before the end


def test_killed_at_its_steps(products: list[Path], tmp_path: Path) -> None:
    """kill -9 at many a step, and the same command again: the same result."""
    done = kills(tmp_path, products[:2], 29)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 5


@pytest.mark.slow
def test_killed_at_each_step(products: list[Path], tmp_path: Path) -> None:
    done = kills(tmp_path, products[:2], 1)
    assert done.returncode == 0, done.stderr


def kills(folder: Path, products: list[Path], every: int) -> subprocess.CompletedProcess:
    script = [sys.executable, str(HERE / "killed_at_steps.py"), str(folder), str(every)]
    return subprocess.run([*script, *subset(Path("OUT"), *products)], capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--jobs", "2")], ids=["one by one", "two at a time"])
def test_killed_at_random_moments(estran, products: list[Path], tmp_path: Path, more: tuple[str, ...]) -> None:
    assert estran(*subset(tmp_path / "clean", *products)).code == 0
    random = np.random.default_rng(1)
    for k in range(8):
        out = tmp_path / str(k)
        command = [sys.executable, "-m", "estran.cli.main", *subset(out, *products, more=more)]
        run = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(0.5, 4.0))
        run.kill()
        run.wait()
        until = time.monotonic() + 60
        while (
            again := subprocess.run(command, capture_output=True, text=True, check=False)
        ).returncode == 3 or "another run" in again.stderr:
            assert time.monotonic() < until, again.stderr  # processes of the killed run are just ending
        assert again.returncode == 0, again.stderr
        assert small.results(out) == small.results(tmp_path / "clean")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(
    "more", [pytest.param((), marks=pytest.mark.slow), ("--jobs", "2")], ids=["one by one", "two at a time"]
)
def test_stopped_it_keeps_what_is_done(estran, products: list[Path], tmp_path: Path, more: tuple[str, ...]) -> None:
    """Ctrl-C after the first product: one sentence, nothing half-written; the next run goes on."""
    out = tmp_path / "out"
    many = [*products, *(small.make(tmp_path / f"q{n}.dim", n % 12) for n in range(12))]
    command = [sys.executable, "-m", "estran.cli.main", "gpt", "Subset", *map(str, many), "-t", str(out), *more]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    first = run.stdout.readline()
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert [line for line in err.splitlines() if "error:" in line] == [
        "estran: error: stopped; nothing was left half-written."
    ]
    assert Path(first.strip()).exists()
    assert not [p.name for p in out.iterdir() if p.name.startswith(".")]
    rows = dict(sqlite3.connect(out / FILE).execute("SELECT name, status FROM jobs").fetchall())
    done = [name for name, status in rows.items() if status == "done"]
    assert 1 <= len(done) < len(many)
    said = estran("gpt", "Subset", *many, "-t", out)
    assert said.code == 0, said.err
    assert f"{len(done)} of the products w" in said.err
