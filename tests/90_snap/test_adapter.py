"""The adapter's behaviour in a real SNAP, shown by operators that exist for this alone (trial_operators.py)."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from estran.adapters.files import open_product, write_product
from estran.catalogue.spec import parameters_of, values_of
from estran.engine.run import run_now

pytestmark = [pytest.mark.snap, pytest.mark.slow]


def record(product, alias):
    done = next(e for e in product.metadata if e.name == "Estran_Processing")
    return done.find(f"Estran_{alias.removeprefix('Estran.')}")


def run(gpt, target, *arguments):
    done = gpt(*arguments, "-t", target)
    assert done.returncode == 0, done.stdout[-4000:]
    return open_product(target)


def test_parameters_that_nobody_sets(gpt, trial, stack, tmp_path):
    op = trial.TrialParameters
    found = run(gpt, tmp_path / "out.dim", op.alias, f"-Ssource={stack}")
    # SNAP's writer leaves empty texts out.
    expected = {p.name: p.shown for p in parameters_of(op) if p.shown}
    assert {k: v for k, v in record(found, op.alias).find("parameters").attributes.items() if v} == expected


def test_parameters_of_every_kind(gpt, trial, stack, tmp_path):
    op = trial.TrialParameters
    given = {
        "truth": "false",
        "whole": "0",
        "real": "0.0",
        "choice": "strict",
        "text": "a text",
        "maybeWhole": "0",
        "maybe_real": "-2.5",
        "texts": "a,b c",
        "reals": "1.0,2.5",
        "file": str(tmp_path / "x.tif"),
    }
    found = run(
        gpt,
        tmp_path / "out.dim",
        op.alias,
        f"-Ssource={stack}",
        *(f"-P{name}={value}" for name, value in given.items()),
    )
    expected = op.from_text(given)
    assert record(found, op.alias).find("parameters").attributes == {
        p.name: p.format(values_of(expected)[p.name]) for p in parameters_of(op)
    }


def test_parameters_left_empty_in_a_graph(gpt, trial, stack, tmp_path):
    """As our graphs leave optional ones: an element without text is nothing, not a zero."""
    op = trial.TrialParameters
    empty = "".join(
        f"<{p.element}></{p.element}>"
        for p in parameters_of(op)
        if p.optional or p.kind in ("strings", "floats", "str")
    )
    node = (
        f'<node id="A"><operator>{op.alias}</operator><sources><source '
        f'refid="${{source}}"/></sources><parameters>{empty}</parameters></node>'
    )
    (tmp_path / "g.xml").write_text(f'<graph id="g"><version>1.0</version>{node}</graph>')
    found = run(gpt, tmp_path / "out.dim", tmp_path / "g.xml", f"-Ssource={stack}")
    expected = {p.name: p.shown for p in parameters_of(op) if p.shown}
    assert {k: v for k, v in record(found, op.alias).find("parameters").attributes.items() if v} == expected


def test_two_sources_by_name_and_by_position(gpt, trial, stack, tmp_path):
    other = tmp_path / "other.dim"
    product = open_product(stack)
    write_product(replace(product, bands={"B4": replace(product["B4"], data=np.array(product["B2"].data))}), other)
    sources = {"source": product, "reference": open_product(other)}
    expected = np.asarray(run_now(trial.TrialTwo(), sources)["mean"].data)
    alone = np.asarray(run_now(trial.TrialTwo(), {"source": product})["mean"].data)
    assert not np.array_equal(expected, alone, equal_nan=True)
    alias = trial.TrialTwo.alias
    named = run(gpt, tmp_path / "named.dim", alias, f"-Ssource={stack}", f"-Sreference={other}")
    placed = run(gpt, tmp_path / "placed.dim", alias, stack, other)
    one = run(gpt, tmp_path / "one.dim", alias, stack)
    for found, wanted in ((named, expected), (placed, expected), (one, alone)):
        np.testing.assert_array_equal(np.asarray(found["mean"].data), wanted)


def test_bands_handed_on(gpt, trial, stack, tmp_path):
    """With samples, scaling, unit, wavelength; and the product's times, grid and tie points with them."""
    source = open_product(stack)
    found = run(gpt, tmp_path / "out.dim", trial.TrialCopying.alias, f"-Ssource={stack}", "-PcopyBands=B4,B8A")
    assert list(found.bands) == ["mean", "B4", "B8A"]
    for name in ("B4", "B8A"):
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(source[name].data))
        for fact in ("scale", "offset", "nodata", "unit", "wavelength", "bandwidth", "grid"):
            assert getattr(found[name], fact) == getattr(source[name], fact), (name, fact)
    assert (found.grid, found.start, found.stop) == (source.grid, source.start, source.stop)
    assert set(source.tie_points) == set(found.tie_points)
    assert {e.name for e in source.metadata} <= {e.name for e in found.metadata}
    # "*" is for graphs of ours: SNAP takes band names alone from a band chooser.
    every = run(
        gpt,
        tmp_path / "every.dim",
        trial.TrialCopying.alias,
        f"-Ssource={stack}",
        f"-PcopyBands={','.join(source.bands)}",
    )
    assert set(source.bands) | {"mean"} == set(every.bands)
    missing = gpt(trial.TrialCopying.alias, f"-Ssource={stack}", "-PcopyBands=B99", "-t", tmp_path / "none.dim")
    assert missing.returncode != 0
    assert not (tmp_path / "none.dim").exists()


def test_facts_and_profiles(gpt, trial, stack, tmp_path):
    """What a scene operator learnt stands in the metadata; the mask's RGB profile is known to SNAP."""
    nodes = [("Masks", "Estran.CloudMask", "${source}"), ("Scene", trial.TrialScene.alias, "${source}")]
    # One after the other in one SNAP: the second sees what the first registered.
    text = "".join(
        f'<node id="{i}"><operator>{operator}</operator><sources><source '
        f'refid="{source}"/></sources><parameters/></node>'
        for i, operator, source in nodes
    )
    writes = "".join(
        f'<node id="W{i}"><operator>Write</operator><sources><source '
        f'refid="{i}"/></sources><parameters><file>{tmp_path / i}.dim</file></parameters></node>'
        for i, *_ in nodes
    )
    (tmp_path / "g.xml").write_text(f'<graph id="g"><version>1.0</version>{text}{writes}</graph>')
    done = gpt(tmp_path / "g.xml", f"-Ssource={stack}")
    assert done.returncode == 0, done.stdout[-4000:]
    facts = next(e for e in open_product(tmp_path / "Scene.dim").metadata if e.name == "Estran_TrialScene_facts")
    assert "Estran Cloud and cloud shadow: cloud_class" in facts.attributes["profiles"]


def test_views_and_their_uncertainties(gpt, trial, stack, tmp_path):
    """A band for each view with the bits of the embedded engine; SNAP's own writer relates uncertainties to them."""
    found = run(gpt, tmp_path / "out.dim", trial.TrialViews.alias, f"-Ssource={stack}")
    expected = run_now(trial.TrialViews(), {"source": open_product(stack)})
    assert set(found.bands) == set(expected.bands) == {"rho_view1", "rho_view2", "u_rho_view1", "u_rho_view2"}
    for name, band in expected.bands.items():
        assert found[name].data.dtype == np.float64
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(band.data))
    header = (tmp_path / "out.dim").read_text("utf-8")
    assert "<ANCILLARY_VARIABLE>u_rho_view1</ANCILLARY_VARIABLE>" in header
    assert "<ANCILLARY_RELATION>uncertainty</ANCILLARY_RELATION>" in header


def test_valid_pixel_expression(gpt, trial, stack, tmp_path):
    product = open_product(stack)
    valid = replace(product["B4"], valid="B2 > 0.20005")  # between two counts
    path = write_product(replace(product, bands={**product.bands, "B4": valid}), tmp_path / "valid.dim")
    found = run(gpt, tmp_path / "out.dim", trial.TrialCopying.alias, f"-Ssource={path}")
    expected = np.asarray(run_now(trial.TrialCopying(), {"source": product})["mean"].data)
    blue = product["B2"].physical(np.asarray(product["B2"].data), np.float64)
    with np.errstate(invalid="ignore"):
        expected = np.where(blue > 0.20005, expected, np.float32(np.nan))
    assert 0.05 < np.isnan(expected).mean() < 0.95
    np.testing.assert_array_equal(np.asarray(found["mean"].data), expected)


def test_an_offset_that_the_reader_left_out(gpt, trial, stack, tmp_path):
    """The scaling without its offset, the metadata with it, as SNAP's reader leaves them when its option is off: the
    same reflectance.
    """
    shutil.copytree(stack.with_suffix(".data"), tmp_path / "raw.data")
    header = stack.read_text("latin-1").replace(stack.with_suffix(".data").name, "raw.data")
    assert "<SCALING_OFFSET>-0.1</SCALING_OFFSET>" in header
    header = header.replace("<SCALING_OFFSET>-0.1</SCALING_OFFSET>", "<SCALING_OFFSET>0.0</SCALING_OFFSET>")
    attributes = '<MDATTR name="RADIO_ADD_OFFSET" type="ascii" mode="ro">-1000</MDATTR>' * 13
    listed = f'<MDElem name="Radiometric_Offset_List">{attributes}</MDElem>'
    header, count = re.subn(r'(<Dataset_Sources>\s*<MDElem name="metadata"[^>/]*>)', lambda m: m[1] + listed, header)
    assert count == 1
    (tmp_path / "raw.dim").write_text(header, "latin-1")
    found = run(gpt, tmp_path / "out.dim", trial.TrialCopying.alias, f"-Ssource={tmp_path / 'raw.dim'}")
    expected = np.asarray(run_now(trial.TrialCopying(), {"source": open_product(stack)})["mean"].data)
    np.testing.assert_allclose(np.asarray(found["mean"].data), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("parallelism", [1, 8])
def test_a_line_of_python_nodes(gpt, trial, stack, tmp_path, parallelism):
    chain = [("Blur", trial.TrialBlur), ("Scene", trial.TrialScene), ("Again", trial.TrialBlur)]
    sources, text = "${source}", ""
    for name, op in chain:
        text += (
            f'<node id="{name}"><operator>{op.alias}</operator><sources><source '
            f'refid="{sources}"/></sources><parameters/></node>'
        )
        sources = name
    (tmp_path / "g.xml").write_text(f'<graph id="g"><version>1.0</version>{text}</graph>')
    found = run(gpt, tmp_path / "out.dim", tmp_path / "g.xml", f"-Ssource={stack}", "-q", parallelism)
    product = run_now(trial.TrialBlur(), {"source": open_product(stack)})
    red = np.asarray(product["red"].data)
    product = replace(
        product,
        bands={"red": replace(product["red"], data=(red - np.nanmean(red, dtype=np.float64)).astype(np.float32))},
    )
    expected = run_now(trial.TrialBlur(), {"source": product})
    np.testing.assert_array_equal(np.asarray(found["red"].data), np.asarray(expected["red"].data))


def test_a_fork_of_scene_operators_does_not_hang(gpt, trial, stack, tmp_path):
    """Both written, eight threads: with tile operators SNAP hangs here; scene operators ask for no tile while it
    writes.
    """
    alias, file = (
        trial.TrialScene.alias,
        "<operator>Write</operator><sources><source "
        'refid="{0}"/></sources><parameters><file>{1}.dim</file></parameters>',
    )
    text = (
        f'<node id="A"><operator>{alias}</operator><sources><source refid="${{source}}"/></sources><parameters/></node>'
    )
    text += f'<node id="B"><operator>{alias}</operator><sources><source refid="A"/></sources><parameters/></node>'
    text += "".join(f'<node id="W{name}">{file.format(name, tmp_path / name)}</node>' for name in "AB")
    (tmp_path / "g.xml").write_text(f'<graph id="g"><version>1.0</version>{text}</graph>')
    for _ in range(2):
        done = gpt(tmp_path / "g.xml", f"-Ssource={stack}", "-q", 8, timeout=120)
        assert done.returncode == 0, done.stdout[-4000:]
        assert {"A.dim", "B.dim"} <= {p.name for p in tmp_path.iterdir()}


@pytest.mark.parametrize("op", ["TrialFailing", "TrialFailingScene"])
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("contract", r"there is no clear pixel \(in Estran\.{op}, {place}.*\)\. What to do: choose another date\."),
        (
            "fault",
            r"Estran\.{op} failed: ZeroDivisionError: no photons \(in {place}.*\)\. What to do: send SNAP's log file",
        ),
        (
            "module",
            r"No module named 'a_package_that_nobody_has' \(in {place}.*\)\. What to do: install "
            r"a_package_that_nobody_has",
        ),
    ],
)
def test_a_failure_is_one_sentence_and_leaves_no_product(gpt, stack, tmp_path, op, how, said):
    done = gpt(f"Estran.{op}", f"-Ssource={stack}", f"-Phow={how}", "-t", tmp_path / "out.dim")
    place = "the whole scene" if op.endswith("Scene") else "tile x 0, y 0, "
    assert done.returncode == 1
    (value,) = {line for line in done.stdout.splitlines() if re.match(r"\s*Value: ", line)}
    assert re.search(said.format(op=op, place=place), value), value
    # The traceback goes to the log where the fault is ours, not where the sentence says all.
    assert (f"Estran.{op}: Traceback (most recent call last)" in done.stdout) == (how != "contract")
    assert not (tmp_path / "out.dim").exists()


def test_killed_while_it_computes_gpt_leaves_no_product(gpt, trial, stack, tmp_path):
    """A scene is computed before SNAP writes the first byte."""
    mark, output = tmp_path / "begun", tmp_path / "said.txt"
    (tmp_path / "out").mkdir()
    process = gpt.start(
        trial.TrialSlow.alias,
        f"-Ssource={stack}",
        f"-Pmark={mark}",
        "-t",
        tmp_path / "out" / "masks.dim",
        output=output,
    )
    try:
        deadline = time.monotonic() + 120
        while not mark.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert mark.exists(), output.read_text(errors="replace")[-4000:]
    finally:
        gpt.end(process)
    assert list((tmp_path / "out").iterdir()) == []
