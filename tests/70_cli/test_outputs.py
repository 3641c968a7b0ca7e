"""Only what is ours is ever replaced, and what would refuse an output at the end refuses it before the work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio.shutil

from estran.adapters.files import open_product, write_product
from estran.adapters.files.belongings import MARKER
from estran.adapters.files.look_up_table import LOOK_UP_TABLE
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.tables import SHIPPED


def everything(folder: Path) -> dict[str, bytes | str]:
    """All that is in a folder, hidden things and links too."""
    paths = sorted(folder.rglob("*"))
    return {
        str(p.relative_to(folder)): f"-> {p.readlink()}"
        if p.is_symlink()
        else p.read_bytes()
        if p.is_file()
        else "folder"
        for p in paths
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A product that is read in no time."""
    grid = Grid(12, 10)
    path = tmp_path_factory.mktemp("small") / "small.dim"
    write_product(
        Product("small", grid, {"B2": Band("B2", np.arange(120, dtype=np.int16).reshape(grid.shape), grid)}), path
    )
    return path


def copied(small: Path, target: Path, *more: str) -> tuple[str, ...]:
    """The quickest command that reads a product and writes one."""
    return ("gpt", "Subset", f"-SsourceProduct={small}", "-t", str(target), *more)


def refused(estran, folder: Path, *arguments: object) -> str:
    """Run a command that must be refused in one sentence, with code 1 or 2, and change nothing; the sentence."""
    before = everything(folder)
    said = estran(*arguments)
    assert said.code in (1, 2), said.err
    assert everything(folder) == before
    assert "Traceback" not in said.err
    lines = [line for line in said.err.splitlines() if "error:" in line]
    assert len(lines) == 1, said.err
    return lines[0]


# ---------------------------------------------------------------- folders


@pytest.fixture(scope="module")
def result(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of results."""
    from estran.cli.main import main

    out = tmp_path_factory.mktemp("result") / "out"
    assert main(["masks", str(scene), "-o", str(out), "-q"]) == 0
    return out


@pytest.fixture
def out(result: Path, tmp_path: Path) -> Path:
    """A copy of it, with times of its own as copies have."""
    return Path(shutil.copytree(result, tmp_path / "out"))


def test_the_list_names_every_file(result: Path) -> None:
    listed = json.loads((result / MARKER).read_text())
    assert listed["estran_result"] == 1
    assert set(listed["files"]) == {str(p.relative_to(result)) for p in result.rglob("*")} - {MARKER}


def test_ours_is_replaced(estran, scene: Path, out: Path) -> None:
    before = (out / MARKER).read_bytes()
    assert estran("masks", scene, "-o", out, "--overwrite", "-q").code == 0
    assert (out / MARKER).read_bytes() != before
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def link_instead(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere.png")
    path.symlink_to(path.parent.parent / "elsewhere.png")


HARM = {
    "a letter": lambda out: (out / "letter.txt").write_text("dear"),
    "a page": lambda out: (out / "other.html").write_text("mine"),
    "an empty folder": lambda out: (out / "mine").mkdir(),
    "a file among samples": lambda out: next(out.glob("*.data")).joinpath("mine.img").write_text("mine"),
    "a hidden file": lambda out: (out / ".mine").write_text("mine"),
    "a page edited, of the same length": lambda out: (out / "index.html").write_bytes(
        (out / "index.html").read_bytes()[::-1]
    ),
    "a picture that is a link": lambda out: link_instead(out / "true_colour.png"),
    "no list": lambda out: (out / MARKER).unlink(),
    "a list of another making": lambda out: (out / MARKER).write_text('{"estran_result": 99, "files": {}}'),
    "a broken list": lambda out: (out / MARKER).write_text("{"),
    "a list without bottom": lambda out: (out / MARKER).write_text("[" * 100_000),
    "a list that is a link": lambda out: link_instead(out / MARKER),
    "a list that is a pipe": lambda out: ((out / MARKER).unlink(), os.mkfifo(out / MARKER)),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_folder_with_more_than_ours_is_not(estran, scene: Path, out: Path, harm: str) -> None:
    HARM[harm](out)
    said = refused(estran, out.parent, "masks", scene, "-o", out, "--overwrite")
    assert "things that are not ours" in said
    assert "What to do: give a folder of its own, or remove this one yourself" in said


def test_a_users_page_with_pictures_is_not_a_result(estran, scene: Path, tmp_path: Path) -> None:
    """What looks like a result: pages, pictures, even a product."""
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("index.html", "true_colour.png", "x.dim"):
        (mine / name).write_text("mine")
    for more in ((), ("--overwrite",)):
        assert "things that are not ours" in refused(estran, tmp_path, "masks", scene, "-o", mine, *more)
        assert "things that are not ours" in refused(estran, tmp_path, "run", "Masks", scene, "-o", mine, *more)
        assert "things that are not ours" in refused(estran, tmp_path, "simulate", "scene", mine, *more)


def test_an_empty_folder_is_welcome(estran, scene: Path, small: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o711)
    assert estran("masks", scene, "-o", tmp_path / "out", "-q").code == 0
    assert (tmp_path / "out" / "index.html").is_file()
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o711


def test_the_folder_one_is_in(estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps its place: the shell that is in it would stand nowhere."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    number = Path.cwd().stat().st_ino
    for more in ((), ("--overwrite",)):
        assert estran("masks", scene, "-o", ".", "-q", *more).code == 0
        assert (Path.cwd() / "index.html").is_file()
        assert Path.cwd().stat().st_ino == number == (tmp_path / "here").stat().st_ino
        assert not [p for p in Path.cwd().iterdir() if p.name.startswith(".") and p.name != MARKER]
    assert "already there" in refused(estran, tmp_path, "masks", scene, "-o", ".")
    (tmp_path / "here" / "letter").write_text("dear")
    assert "not ours" in refused(estran, tmp_path, "masks", scene, "-o", ".", "--overwrite")


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use stays there")
def test_the_folder_one_is_in_has_gone(small: Path, scene: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for command in (
        copied(small, Path("x.tif")),
        ("masks", scene, "-o", "out"),
        ("masks", scene, "-o", "."),
        ("simulate", "scene", "s", "--small", "--size", "96"),
    ):
        gone.mkdir()
        line = [
            "sh",
            "-c",
            'cd "$0" && rmdir "$0" && exec "$@"',
            str(gone),
            sys.executable,
            "-m",
            "estran.cli.main",
            *map(str, command),
        ]
        said = subprocess.run(line, capture_output=True, text=True, check=False)
        assert said.returncode == 1
        assert [x for x in said.stderr.splitlines() if "error:" in x] == [
            "estran: error: the folder that the program was started in is no longer there. What to do: go to one that "
            "is (cd)."
        ]
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk")
def test_a_mounted_folder(estran, scene: Path, tmp_path: Path) -> None:
    """As of a container: it cannot be moved."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting is not allowed here")
    try:
        for more in ((), ("--overwrite",)):
            said = estran("masks", scene, "-o", place, "-q", *more)
            assert said.code == 0, said.err
            assert (place / "index.html").is_file()
            assert [p.name for p in place.iterdir() if p.name.startswith(".")] == [MARKER]
    finally:
        subprocess.run(["umount", str(place)], check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="owners and modes as POSIX has them")
def test_what_is_somebody_elses_in_a_folder_for_all(
    estran, small: Path, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in /tmp: it could not be moved away in the end, so the work is not begun."""
    place = tmp_path / "tmp"
    place.mkdir()
    for command in (
        copied(small, place / "x.tif"),
        copied(small, place / "x.dim"),
        ("masks", scene, "-o", place / "out", "-q"),
    ):
        assert estran(*command).code == 0
    place.chmod(0o1777)
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)
    for command in (
        copied(small, place / "x.tif"),
        copied(small, place / "x.dim"),
        ("masks", scene, "-o", place / "out"),
    ):
        assert "another user's" in refused(estran, tmp_path, *command, "--overwrite")
    assert estran(*copied(small, place / "y.tif")).code == 0
    place.chmod(0o777)
    assert estran(*copied(small, place / "x.tif"), "--overwrite").code == 0


POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all")
"""Root without the right to go everywhere."""


@pytest.mark.skipif(sys.platform != "linux", reason="modes bind root where its powers are taken")
def test_folders_that_cannot_be_emptied(scene: Path, out: Path) -> None:
    powers = POWERLESS if os.geteuid() == 0 else ()
    if powers and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    command = (
        *powers,
        sys.executable,
        "-m",
        "estran.cli.main",
        "masks",
        str(scene),
        "-o",
        str(out),
        "--overwrite",
        "-q",
    )
    (data,) = out.glob("*.data")
    for folder, mode, sentence in (
        (data, 0o500, "may not write into"),
        (out, 0o500, "may not write into"),
        (out, 0o300, "cannot be looked into"),
    ):
        before = everything(out.parent)
        folder.chmod(mode)
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        folder.chmod(0o700)
        assert said.returncode == 1
        assert sentence in said.stderr
        assert everything(out.parent) == before


@pytest.mark.parametrize("name", ["", " ", "..", "/", "/dev/null", "out/in/../../.."])
def test_no_place_at_all(estran, scene: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "mine").write_text("mine")
    monkeypatch.chdir(tmp_path / "a")
    for command in (("masks", scene), ("run", "Masks", scene)):
        refused(estran, tmp_path, *command, "-o", name, "--overwrite")


@pytest.mark.parametrize("name", [".hidden", "-dash", "Ünïcode 雲", "a" * 250, "[x]*?"])
def test_names_that_are_odd_and_good(estran, small: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    assert estran(*copied(small, folder / "x.dim")).code == 0
    assert estran(*copied(small, folder / "x.dim", "--overwrite")).code == 0
    target = tmp_path / f"{name[:245]}.tif"
    assert estran(*copied(small, target)).code == 0
    assert estran(*copied(small, target, "--overwrite")).code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, target.name])
    assert sorted(p.name for p in folder.iterdir()) == ["x.data", "x.dim"]


@pytest.mark.parametrize(
    "name",
    [
        "a:b",
        "http:b",
        "2019-04-11T10:50:31",
        "x%20y",
        "a&b<c>'\"",
        "new\nline",
        "tab\tx",
        " lead",
        "trail ",
        "a..b",
        "e\u0301",
    ],
)
def test_names_that_headers_must_hold(estran, small: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"{name}.dim"
    for more in ((), ("--overwrite",)):
        said = estran(*copied(small, target, *more))
        assert said.code == 0, said.err
        assert np.array_equal(np.asarray(open_product(target)["B2"].data), np.asarray(open_product(small)["B2"].data))


@pytest.mark.parametrize("name", ["back\\slash", "ctl\x01x", "esc\x1b[31m"])
def test_names_that_headers_cannot_hold(estran, small: Path, tmp_path: Path, name: str) -> None:
    assert "a character that its metadata cannot" in refused(estran, tmp_path, *copied(small, tmp_path / f"{name}.dim"))
    if "\\" not in name:
        assert "a character that its metadata cannot" in refused(
            estran, tmp_path, "simulate", "scene", tmp_path / f"{name}.SAFE", "--small", "--size", "96"
        )
    assert estran(*copied(small, tmp_path / f"{name}.tif")).code == 0


def test_a_link_that_leads_to_another_ending(estran, small: Path, tmp_path: Path) -> None:
    (tmp_path / "y.xml").write_text("")
    (tmp_path / "x.dim").symlink_to("y.xml")
    assert "no BEAM-DIMAP product's" in refused(estran, tmp_path, *copied(small, tmp_path / "x.dim", "--overwrite"))


@pytest.mark.parametrize("name", ["a\nb.xyz", "a\rb.xyz", "a\x1b[31mb.xyz", "a\u202eb.xyz"])
def test_an_error_is_one_line_whatever_the_name(estran, scene: Path, tmp_path: Path, name: str) -> None:
    for arguments in ((scene, "-o", tmp_path / name), (tmp_path / name, "-o", tmp_path / "out")):
        said = estran("masks", *arguments)
        assert said.code in (1, 2)
        assert said.err.startswith("estran: error: ")
        assert said.err.rstrip("\n").isprintable()
        assert repr(name)[1:-1] in said.err


def test_names_that_no_file_has(estran, small: Path, tmp_path: Path) -> None:
    said = refused(estran, tmp_path, *copied(small, tmp_path / f"{'a' * 300}.tif"))
    assert "give a shorter name" in said
    (tmp_path / "file").write_text("")
    assert "parents are folders" in refused(estran, tmp_path, *copied(small, tmp_path / "file" / "x.tif"))
    assert "parents are folders" in refused(estran, tmp_path, *copied(small, tmp_path / "file" / "y" / "x.tif"))


def test_a_parent_that_is_made_goes_again_where_the_run_fails(estran, small: Path, tmp_path: Path) -> None:
    refused(
        estran,
        tmp_path,
        "gpt",
        "Subset",
        f"-SsourceProduct={small}",
        "-Pregion=100,100,5,5",
        "-t",
        tmp_path / "a" / "b" / "x.dim",
    )


# ---------------------------------------------------------------- links


def test_a_link_to_a_folder_is_followed(estran, scene: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "out").symlink_to("far")
    for more in ((), ("--overwrite",)):
        assert estran("masks", scene, "-o", tmp_path / "out", "-q", *more).code == 0
        assert (tmp_path / "out").is_symlink()
        assert (tmp_path / "far" / "index.html").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["far", "out"]


@pytest.mark.parametrize("ending", [".tif", ".dim", ".nc"])
def test_a_link_to_a_file_is_followed(estran, small: Path, tmp_path: Path, ending: str) -> None:
    far, link = tmp_path / "far" / f"it{ending}", tmp_path / f"x{ending}"
    assert estran(*copied(small, far)).code == 0
    link.symlink_to(far)
    number = far.stat().st_ino
    assert "already there" in refused(estran, tmp_path, *copied(small, link))
    assert estran(*copied(small, link, "--overwrite")).code == 0
    assert link.is_symlink()
    assert far.stat().st_ino != number
    assert open_product(far).grid.shape == (10, 12)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["far", link.name])


@pytest.mark.parametrize("name", ["out", "x.tif", "x.dim"])
def test_a_dangling_link_is_refused(estran, scene: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("nowhere")
    for more in ((), ("--overwrite",)):
        assert "a link to nothing" in refused(estran, tmp_path, "masks", scene, "-o", tmp_path / name, *more)
        # As where the disk behind the link is not there.
        assert "a folder of the output's is a link to nothing" in refused(
            estran, tmp_path, "masks", scene, "-o", tmp_path / name / "deep" / name, *more
        )


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("ending", [".tif", ".dim", ".nc"])
def test_a_folder_where_a_file_goes(estran, scene: Path, small: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"d{ending}"
    target.mkdir()
    for content in (False, True):
        if content:
            (target / "years of work").write_text("mine")
        for more in ((), ("--overwrite",)):
            for arguments in (
                copied(small, target, *more),
                ("masks", scene, "-o", target, *more),
                ("run", "Masks", scene, "-o", target, *more),
            ):
                assert "the output is a folder, and the name means a file" in refused(estran, tmp_path, *arguments)


def test_a_folder_where_a_table_goes(estran, scene: Path, tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("blue,green,red,nir08,swir16\n0.1,0.1,0.1,0.3,0.2\n")
    (tmp_path / "out.csv").mkdir()
    assert "is a folder" in refused(
        estran, tmp_path, "masks", "--table", table, "-o", tmp_path / "out.csv", "--overwrite"
    )
    assert "input of the same run" in refused(estran, tmp_path, "masks", "--table", table, "-o", table, "--overwrite")


@pytest.mark.parametrize("ending", [".tif", ".dim", ".nc"])
def test_a_file_of_another_kind(estran, small: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"d{ending}"
    target.write_text("years of work")
    assert "does not replace it either" in refused(estran, tmp_path, *copied(small, target, "--overwrite"))
    target.write_text("")
    assert estran(*copied(small, target, "--overwrite")).code == 0


@pytest.mark.parametrize("what", ["notes.txt", "B3.img", "vector_data/mine.csv", "deep/er/x", "tie_point_grids/x.img"])
@pytest.mark.parametrize("header", [False, True])
def test_a_data_folder_with_a_strangers_file(estran, small: Path, tmp_path: Path, what: str, header: bool) -> None:
    target = tmp_path / "e.dim"
    if header:
        assert estran(*copied(small, target)).code == 0
    path = tmp_path / "e.data" / what
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    for more in ((), ("--overwrite",)):
        assert "not ours" in refused(estran, tmp_path, *copied(small, target, *more))


def test_what_snap_adds_to_a_product_is_its_own(estran, small: Path, tmp_path: Path) -> None:
    """Saved in SNAP with a pin and a band more: the header names the band, the list of pins looks as SNAP's do."""
    target = tmp_path / "e.dim"
    assert estran(*copied(small, target)).code == 0
    for ending in (".hdr", ".img"):
        shutil.copy(tmp_path / "e.data" / f"B2{ending}", tmp_path / "e.data" / f"B3{ending}")
    text = target.read_text()
    target.write_text(
        text.replace(
            "</Data_Access>",
            '<Data_File><DATA_FILE_PATH href="e.data/B3.hdr" /><BAND_INDEX>1</BAND_INDEX></Data_File></Data_Access>',
        )
    )
    (tmp_path / "e.data" / "vector_data" / "geometry.csv").write_text(
        "#defaultCSS=fill:#0000ff\norg.esa.snap.Geometry\tgeometry:Polygon\n"
    )
    assert estran(*copied(small, target, "--overwrite")).code == 0
    assert not (tmp_path / "e.data" / "B3.img").exists()


def test_a_data_folder_that_is_a_file_or_a_link(estran, small: Path, tmp_path: Path) -> None:
    (tmp_path / "e.data").write_text("mine")
    assert "a file is where a folder of the output goes" in refused(
        estran, tmp_path, *copied(small, tmp_path / "e.dim", "--overwrite")
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "f.data").symlink_to("mine")
    assert "never replaced" in refused(estran, tmp_path, *copied(small, tmp_path / "f.dim", "--overwrite"))


# ---------------------------------------------------------------- inputs


def test_an_input_is_never_the_output(estran, scene: Path, small: Path, tmp_path: Path) -> None:
    safe = Path(shutil.copytree(scene, tmp_path / "in" / scene.name))
    mine = tmp_path / "mine.dim"
    assert estran(*copied(small, mine)).code == 0
    for target in (safe / "out", safe / "GRANULE" / "x.dim", safe):
        refused(estran, tmp_path, "masks", safe, "-o", target, "--overwrite")
    assert "inside an input" in refused(estran, tmp_path, "masks", safe / "MTD_MSIL1C.xml", "-o", safe / "out")
    assert "an input lies inside the output folder" in refused(
        estran, tmp_path, "masks", safe, "-o", safe.parent, "--overwrite"
    )
    for given in (mine, mine.with_suffix(".data")):
        assert "input of the same run" in refused(estran, tmp_path, *copied(given, mine, "--overwrite"))
        assert "inside an input" in refused(estran, tmp_path, *copied(given, tmp_path / "mine.data" / "x.tif"))
    (tmp_path / "link.dim").symlink_to(mine)
    assert "input of the same run" in refused(estran, tmp_path, *copied(mine, tmp_path / "link.dim", "--overwrite"))
    dem = tmp_path / "dem.tif"
    dem.write_bytes(b"II*\0")
    assert "input of the same run" in refused(estran, tmp_path, "masks", safe, "--dem", dem, "-o", dem, "--overwrite")


def test_what_an_input_names_is_never_the_output(estran, small: Path, tmp_path: Path) -> None:
    part, virtual = tmp_path / "part.tif", tmp_path / "v.vrt"
    assert estran(*copied(small, part)).code == 0
    rasterio.shutil.copy(part, virtual, driver="VRT")
    assert "a file that an input names" in refused(estran, tmp_path, *copied(virtual, part, "--overwrite"))
    metadata = tmp_path / "LC08_L1TP_016037_MTL.txt"
    metadata.write_text('GROUP = L1_METADATA_FILE\n  FILE_NAME_BAND_5 = "PART.TIF"\nEND\n')
    assert "a file that an input names" in refused(estran, tmp_path, *copied(metadata, part, "--overwrite"))
    assert estran(*copied(virtual, tmp_path / "other.tif")).code == 0


def test_an_input_in_a_result_folder_of_ours(estran, out: Path) -> None:
    (product,) = out.glob("*.dim")
    assert "an input lies inside the output folder" in refused(
        estran, out.parent, "masks", product, "-o", out, "--overwrite"
    )


# ---------------------------------------------------------------- graphs

GRAPH = """<graph id="g"><version>1.0</version>
  <node id="R"><operator>Read</operator><sources/><parameters><file>{small}</file></parameters></node>
  {writes}</graph>"""
WRITE = """<node id="W{k}"><operator>Write</operator><sources><source refid="R"/></sources>
  <parameters><file>{file}</file><formatName>{format}</formatName></parameters></node>"""


def graph(small: Path, path: Path, *writes: tuple[Path, str]) -> Path:
    path.write_text(
        GRAPH.format(
            small=small,
            writes="".join(WRITE.format(k=k, file=file, format=kind) for k, (file, kind) in enumerate(writes)),
        )
    )
    return path


def test_writing_nodes(estran, small: Path, tmp_path: Path) -> None:
    xml, place = tmp_path / "g.xml", tmp_path / "place"
    (place / "e.data").mkdir(parents=True)
    (place / "e.data" / "mine").write_text("mine")
    (place / "d.tif").mkdir()
    for first in (
        (place / "e.dim", "BEAM-DIMAP"),
        (place / "e", "BEAM-DIMAP"),
        (place / "d.tif", "GeoTIFF"),
        (place / "d", "GeoTIFF"),
    ):
        refused(estran, place, "gpt", graph(small, xml, (place / "good.nc", "NetCDF4-CF"), first), "--overwrite")
    assert "input of the same run" in refused(
        estran, small.parent, "gpt", graph(small, xml, (small, "BEAM-DIMAP")), "--overwrite"
    )
    assert "two Write nodes write the same file" in refused(
        estran, place, "gpt", graph(small, xml, (place / "x.tif", "GeoTIFF"), (place / ".." / "place" / "x", "GeoTIFF"))
    )
    for one, other in (
        (place / "n.dim", place / "n.data" / "b.tif"),
        (place / "n.tif", place / "n.tif" / "b.tif"),
        (place / "n.dim", place / "n.data" / "b.dim"),
    ):
        kinds = {".tif": "GeoTIFF", ".dim": "BEAM-DIMAP"}
        for pair in ((one, other), (other, one)):
            xml_of = graph(small, xml, *((path, kinds[path.suffix]) for path in pair))
            assert "writes into what another one writes" in refused(estran, place, "gpt", xml_of, "--overwrite")
    assert "two Write nodes write the same file" in refused(
        estran, place, "gpt", graph(small, xml, (place / "x.dim", "BEAM-DIMAP"), (place / "x.DIM", "BEAM-DIMAP"))
    )
    said = estran("gpt", graph(small, xml, (place / "x.tif", "GeoTIFF"), (place / "x.dim", "BEAM-DIMAP")))
    assert said.code == 0, said.err


def test_tables(estran, tmp_path: Path) -> None:
    solar = tmp_path / "sentinel2_bands.csv"
    solar.write_text("wavelength,irradiance\n400,1.7\n")
    responses = tmp_path / "r.csv"
    responses.write_text("x")
    said = refused(
        estran,
        tmp_path,
        "tables",
        "build",
        "bands",
        "--solar",
        f"s={solar}",
        "--response",
        responses,
        "--out",
        tmp_path,
        "--overwrite",
    )
    assert "sentinel2_bands.csv" in said


def test_look_up_tables_replace_look_up_tables_alone(estran, tmp_path: Path) -> None:
    for name, text in (("rayleigh.npz", b"mine"), ("sky_glint.npz", b"PK\x03\x04mine")):
        (tmp_path / name).write_bytes(text)
        for more in ((), ("--overwrite",)):
            assert "no look-up table of Estran" in refused(
                estran, tmp_path, "tables", "build", "rayleigh", "--out", tmp_path, *more
            )
        (tmp_path / name).unlink()
    for table in SHIPPED.glob("*.*z"):
        assert LOOK_UP_TABLE.is_one(table)
    for table in SHIPPED.glob("*.csv"):
        assert LOOK_UP_TABLE.is_one(table)


def test_the_folder_of_a_table_goes_again_where_it_is_not_made(estran, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").write_text("mine")
    command = (
        "tables",
        "build",
        "bands",
        "--solar",
        f"s={tmp_path / 'none'}",
        "--response",
        tmp_path / "none",
        "--out",
    )
    refused(estran, tmp_path, *command, tmp_path / "new" / "deep")
    refused(estran, tmp_path, "tables", "build", "aerosol", "--model", "none", "--out", tmp_path / "new")
    rayleigh = ("tables", "build", "rayleigh", "--out")
    assert "a link to nothing" in refused(estran, tmp_path, *rayleigh, tmp_path / "link")
    assert "parents are folders" in refused(estran, tmp_path, *rayleigh, tmp_path / "file" / "x")
    assert "give a shorter name" in refused(estran, tmp_path, *rayleigh, tmp_path / ("x" * 300))


@pytest.mark.parametrize("text", ["PK\x03\x04years", "name,age\nx,3\n", "cloud,probability,class,mine\n"])
def test_tables_of_spectra_replace_their_like_alone(estran, tmp_path: Path, text: str) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    for delimiter in ",;\t":
        table.write_text("blue,green,red,nir08,swir16\n0.1,0.1,0.1,0.3,0.2\n".replace(",", delimiter))
        command = ("masks", "--table", table, "-o", out, "--overwrite")
        out.write_text(text)
        assert "no table with the columns that Estran adds" in refused(estran, tmp_path, *command)
        out.unlink()
        for _ in range(2):
            assert estran(*command).code == 0
