"""Bad input, each with its sentence, and nothing half-written."""

from __future__ import annotations

import functools
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

SENTENCE = "estran: error: "


def nothing_left(folder: Path, *allowed: str) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted(allowed)


def jp2(safe: Path, band: str) -> Path:
    return next(safe.rglob(f"IMG_DATA/*_{band}.jp2"))


def rewritten(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """The same file with other numbers."""
    with rasterio.open(path) as old:
        data, profile = old.read(), {**old.profile, "QUALITY": "100", "REVERSIBLE": "YES"}
    path.unlink()
    with rasterio.open(path, "w", **profile) as new:
        new.write(change(data))


def all_bands(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Other numbers in every image; their checksums are no longer those of the manifest, so it holds none."""

    def rewrite(safe: Path) -> None:
        (safe / "manifest.safe").write_text("<xfdu/>")
        for path in safe.rglob("IMG_DATA/*_B*.jp2"):
            rewritten(path, change)

    return rewrite


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


PRODUCTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "truncated JP2": (lambda s: truncate(jp2(s, "B04")), r"B04\.jp2|B4"),
    "missing metadata file": (lambda s: (s / "MTD_MSIL1C.xml").unlink(), "MTD_MSIL1C|metadata"),
    "missing tile metadata": (lambda s: next(s.rglob("MTD_TL.xml")).unlink(), "MTD_TL|metadata"),
    "missing band file": (lambda s: jp2(s, "B11").unlink(), "B11|swir16"),
    "metadata with entities": (
        lambda s: replace_text(s / "MTD_MSIL1C.xml", "?>", '?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        "entit|DOCTYPE|document type",
    ),
    "another level": (
        lambda s: (
            (s / "MTD_MSIL1C.xml").rename(s / "MTD_MSIL2A.xml"),
            replace_text(s / "MTD_MSIL2A.xml", "Level-1C", "Level-2A"),
        ),
        "L2A|Level-2A|level",
    ),
    "all no-data": (all_bands(lambda a: np.zeros_like(a)), "no pixel of the scene has data"),
}


@pytest.fixture
def broken(scene: Path, tmp_path: Path) -> Path:
    """A copy of the scene to break, in a folder of its own."""
    return Path(shutil.copytree(scene, tmp_path / "in" / scene.name))


@pytest.mark.parametrize("case", PRODUCTS)
@pytest.mark.parametrize("ending", [".dim", ""])
def test_products(estran, broken: Path, tmp_path: Path, case: str, ending: str) -> None:
    harm, pattern = PRODUCTS[case]
    harm(broken)
    out = tmp_path / "out"
    out.mkdir()
    said = estran("masks", broken, "-o", out / f"masks{ending}")
    assert said.code == 1, said.err
    (line,) = [line for line in said.err.splitlines() if line.startswith(SENTENCE)]
    assert re.search(pattern, line)
    assert "Traceback" not in said.err
    nothing_left(out)


def test_it_is_not_a_product(estran, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    for name in ("a.txt", "empty", "nothing.SAFE"):
        said = estran("masks", tmp_path / name, "-o", tmp_path / "o.dim")
        assert said.code == 1
        assert said.err.startswith(SENTENCE)
        assert name.partition(".")[0] in said.err
    nothing_left(tmp_path, "a.txt", "empty")


def test_a_broken_zip(estran, scene: Path, tmp_path: Path) -> None:
    archive = tmp_path / "p.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in scene.rglob("*"):
            packed.write(path, path.relative_to(scene.parent))
    assert estran("masks", archive, "-o", tmp_path / "good.dim").code == 0
    truncate(archive)
    said = estran("masks", archive, "-o", tmp_path / "bad.dim")
    assert said.code == 1
    assert said.err.startswith(SENTENCE)
    nothing_left(tmp_path, "p.zip", "good.dim", "good.data")


def test_all_cloud_is_a_result(estran, broken: Path, tmp_path: Path) -> None:
    """Nothing clear to learn from: said aloud, and no error."""
    from estran.adapters.files.open import open_product

    all_bands(lambda a: np.full_like(a, 7000))(broken)
    # A flat grey field has no parallax: the displacement test would take so small an object for bright ground.
    said = estran("masks", broken, "-o", tmp_path / "o.dim", "--no-displacement")
    assert said.code == 0, said.err
    assert "fewer clear pixels" in said.err
    classes = np.asarray(open_product(tmp_path / "o.dim")["mask_class"].data)
    assert (classes == 5).mean() > 0.9


def test_the_sun_below_the_horizon(estran, shared_data: Path, tmp_path: Path) -> None:
    said = estran("masks", shared_data / "s2_l1c_T19UDP_160m", "-o", tmp_path / "o.dim", "--time", "2017-07-29T03:00")
    assert said.code == 1
    assert "horizon" in said.err
    nothing_left(tmp_path)


def test_no_crs(estran, shared_data: Path, tmp_path: Path) -> None:
    """Without a CRS nothing says how large a pixel is: asked for, then worked with."""
    from estran.adapters.files.open import open_product

    with rasterio.open(next((shared_data / "sen1floods11_spain").glob("*S2Hand.tif"))) as source:
        data = source.read()[:, :128, :128]
    names = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"]
    path = tmp_path / "nowhere.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with rasterio.open(path, "w", driver="GTiff", width=128, height=128, count=13, dtype=data.dtype) as target:
            target.write(data)
            target.descriptions = names
    said = estran("masks", path, "-o", tmp_path / "o.dim")
    assert said.code == 1
    assert "pixel_size" in said.err
    said = estran("masks", path, "-o", tmp_path / "o.dim", "--pixel-size", "10")
    assert said.code == 0, said.err
    product = open_product(tmp_path / "o.dim")
    assert product.grid.shape == (128, 128)


def test_a_dem_that_does_not_overlap(estran, scene: Path, shared_data: Path, tmp_path: Path) -> None:
    dem = next(p for p in (shared_data / "cop_dem90_madeira").iterdir() if p.suffix in (".tif", ".tiff"))
    said = estran("masks", scene, "-o", tmp_path / "o.dim", "--dem", dem)
    assert said.code == 1
    assert "overlap" in said.err
    nothing_left(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--height-max", "-5"),
            "parameter height_max is outside its interval (in Estran.Masks): expected (0,20000] m, found -5",
        ),
        (
            ("--height-max", "high"),
            "parameter height_max cannot be read (in Estran.Masks): expected float, found 'high'",
        ),
        (("--mode", "best"), "parameter mode is not one of its choices"),
        (("--threads", "0"), "there must be a thread"),
        (("--tile", "3"), "the tile is too small"),
    ],
)
def test_parameters(estran, scene: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    said = estran("masks", scene, "-o", tmp_path / "o.dim", *arguments)
    assert said.code == 2
    assert sentence in said.err
    nothing_left(tmp_path)


def test_options(estran, scene: Path, tmp_path: Path) -> None:
    assert estran("masks", scene, "-o", tmp_path / "o.dim", "--hight", "5").code == 2
    assert estran("mask").code == 2
    assert "either PRODUCT or --table" in estran("masks", "-o", tmp_path / "o.dim").err
    assert "ending of the output" in estran("masks", scene, "-o", tmp_path / "o.jpg").err
    nothing_left(tmp_path)


GRAPH = """<graph id="g"><version>1.0</version>{doctype}
  <node id="N"><operator>{operator}</operator><sources><source refid="${{source}}"/></sources><parameters>{parameters}</parameters></node></graph>"""  # noqa: E501


@pytest.mark.parametrize(
    ("operator", "parameters", "code", "sentence"),
    [
        ("Idepix.S2", "", 1, "operator 'Idepix.S2' is not known here (in node 'N' of g.xml)"),
        ("Estran.Masks", "<hight>3</hight>", 2, "unknown parameter 'hight'"),
        ("Estran.Masks", "<height_max>99999</height_max>", 2, "parameter height_max is outside its interval"),
        ("Estran.Masks", "<mode>${mode}</mode>", 1, "variable ${mode} of node 'N' (mode) has no value"),
        ("Estran.Masks", "", 1, "the bands that Estran.Masks needs differ in size"),
    ],
)
def test_graphs(estran, scene: Path, tmp_path: Path, operator: str, parameters: str, code: int, sentence: str) -> None:
    graph = tmp_path / "g.xml"
    graph.write_text(GRAPH.format(operator=operator, parameters=parameters, doctype=""))
    said = estran("gpt", graph, f"-Ssource={scene}", "-t", tmp_path / "o.dim")
    assert (said.code, sentence in said.err) == (code, True), said.err
    nothing_left(tmp_path, "g.xml")


def test_graph_with_entities(estran, scene: Path, tmp_path: Path) -> None:
    graph = tmp_path / "g.xml"
    graph.write_text(
        '<!DOCTYPE graph [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        + GRAPH.format(operator="Read", parameters="&a;", doctype="")
    )
    said = estran("gpt", graph, f"-Ssource={scene}", "-t", tmp_path / "o.dim")
    assert said.code == 1
    assert "entities" in said.err


def test_gpt_options(estran, tmp_path: Path) -> None:
    assert (
        "option -S cannot be read: expected -Sname=value, found -Snothing" in estran("gpt", "Resample", "-Snothing").err
    )
    assert "neither a graph nor an operator" in estran("gpt", "Nothing", "-t", tmp_path / "o.dim").err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Estran.CloudMask",), "give it with -Ssource=PRODUCT."),
        (("Subset",), "give one product, with -Ssource=PRODUCT."),
        (
            ("Subset", "a.dim", "b.dim"),
            "the output of many products is a folder (in {out}): expected a name without ending, found .dim.",
        ),
        (("Read", "a.dim", "-Pfile=b.dim"), "give no product."),
        (("BandMaths", "a.dim", "-PtargetBands=x"), "write it as <targetBand>…</targetBand> in a graph."),
        (("BandMaths", "a.dim"), "give at least one targetBand with name and expression, in a graph."),
    ],
)
def test_an_operator_alone_has_no_graph_to_edit(
    estran, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    said = estran("gpt", *arguments, "-t", tmp_path / "o.dim")
    assert said.code in (1, 2)
    assert said.err.rstrip().endswith(sentence.replace("{out}", str(tmp_path / "o.dim")))


def test_a_variable_too_many_in_a_file_of_them(estran, tmp_path: Path, repository: Path) -> None:
    (tmp_path / "p.properties").write_text("nothing = 1\n")
    said = estran(
        "gpt",
        repository / "graphs" / "masks.xml",
        "-Ssource=a.dim",
        "-p",
        tmp_path / "p.properties",
        "-t",
        tmp_path / "o.dim",
    )
    assert "correct the name given with -P or in the file of -p." in said.err


@pytest.mark.parametrize("name", [".", "./", "..", "../..", "/"])
def test_a_target_without_a_name(
    estran, scene: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = estran("gpt", "Subset", f"-Ssource={scene}", "-PsourceBands=B2", "-t", name)
    assert (said.code, said.err.count("\n")) == (2, 1), said.err
    assert "without a name of its own" in said.err
    assert not [*tmp_path.iterdir()]


def test_the_target_is_there(estran, scene: Path, tmp_path: Path) -> None:
    """Nothing is read before the refusal; what is there stays as it is."""
    target = tmp_path / "o.dim"
    target.write_text("mine")
    for arguments in (
        ("masks", scene, "-o", target),
        ("gpt", "Resample", f"-SsourceProduct={scene}", "-PtargetResolution=20", "-t", target),
    ):
        said = estran(*arguments)
        assert said.code == 1
        assert "already there" in said.err
        assert "--overwrite" in said.err
    assert target.read_text() == "mine"


def test_a_folder_of_other_things_is_never_replaced(estran, scene: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    said = estran("masks", scene, "-o", tmp_path, "--overwrite")
    assert said.code == 1
    assert "things that are not ours" in said.err
    nothing_left(tmp_path, "thesis.odt")


def run_child(*arguments: object, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "estran.cli.main", *map(str, arguments)], stderr=subprocess.PIPE, text=True, **options
    )


def test_a_full_disk(scene: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for it: the same error from the same system call."""

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    child = run_child("masks", scene, "-o", tmp_path / "o", preexec_fn=small_files)
    _, err = child.communicate()
    assert child.returncode == 1, err
    assert "could not be written" in err or "File too large" in err
    assert "Traceback" not in err
    nothing_left(tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped(scene: Path, tmp_path: Path, number: int, code: int) -> None:
    # A shell that starts the tests in the background has its children ignore Ctrl-C; a user's terminal does not.
    listening = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    child = run_child("masks", scene, "-o", tmp_path / "o", "--overwrite", "-v", preexec_fn=listening)
    assert child.stderr is not None
    line = child.stderr.readline()  # it is at work
    assert "estran:" in line
    child.send_signal(number)
    _, err = child.communicate()
    assert child.returncode == code, err
    nothing_left(tmp_path)


def test_killed_in_the_middle_and_run_again(estran, scene: Path, tmp_path: Path) -> None:
    """Whatever moment it was: the folder is not there or whole, and the next run cleans up and does its job."""
    out = tmp_path / "o"
    child = run_child("masks", scene, "-o", out)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".o.*")) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    child.kill()
    child.communicate()
    assert not out.exists() or (out / "index.html").is_file()
    said = estran("masks", scene, "-o", out, "--overwrite")
    assert said.code == 0, said.err
    nothing_left(tmp_path, "o")


def test_a_crs_of_no_place(estran, tmp_path: Path) -> None:
    names = ("B2", "B3", "B4", "B8A", "B11")
    with rasterio.open(
        tmp_path / "site.tif", "w", driver="GTiff", width=60, height=60, count=5, dtype="float32",
        crs='LOCAL_CS["site",UNIT["m",1]]', transform=rasterio.transform.from_origin(0, 1200, 20, 20),
    ) as file:  # fmt: skip
        file.write(np.full((5, 60, 60), 0.1, np.float32))
        for i, name in enumerate(names, 1):
            file.set_band_description(i, name)
    said = estran("masks", tmp_path / "site.tif", "-o", tmp_path / "o.dim")
    assert said.code == 1
    assert "the CRS has no place on Earth" in said.err
    nothing_left(tmp_path, "site.tif")


def test_the_folder_around_a_product(estran, scene: Path, tmp_path: Path) -> None:
    """What a download or the simulator makes: the sentence names the product inside."""
    said = estran("masks", scene.parent, "-o", tmp_path / "o.dim")
    assert said.code == 1
    assert f"What to do: give {scene}" in said.err
