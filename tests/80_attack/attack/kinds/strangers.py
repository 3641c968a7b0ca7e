"""What belongs to somebody else and lies in the way: never touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from attack.case import Case
from attack.ground import Ground
from attack.judges import refused, snapshot
from attack.program import Said, forked

KIND = "strangers' files"
Lay = Callable[[Ground, Path], None]


def cases(ground: Ground) -> Iterator[Case]:
    """Each thing in the way of each command that writes there."""
    for name, (target, lay) in IN_THE_WAY.items():
        for maker, command in _commands(target, ground.quick):
            for overwrite in (True, False):
                yield Case(
                    KIND,
                    "refused in one sentence, and untouched",
                    f"{name}: {maker}, overwrite {overwrite}",
                    _refused(ground, lay, command, overwrite),
                )
    for name, (lay, target, judge) in WELCOME.items():
        yield Case(KIND, "empty folders welcome, links followed", name, _welcome(ground, lay, target, judge))


def _commands(target: str, quick: bool) -> Iterator[tuple[str, list[str]]]:
    if target.startswith("scene"):
        yield "simulate", ["simulate", "scene", target, "--size", "96", "--small", "-q"]
        return
    yield "run", ["run", "CloudProbability", "{stack}", "-o", target, "-q"]
    if not quick:
        yield "masks", ["masks", "{stack}", "-o", target, "-q", "--resolution", "60"]
    if Path(target).suffix:
        yield "gpt", ["gpt", "Estran.CloudProbability", "-Ssource={stack}", "-t", target, "--quiet"]


def _put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _own_page(_ground: Ground, folder: Path) -> None:
    _put(folder, out__index_dot_html="<h1>My holidays</h1>", out__beach_dot_png="not ours", out__style_dot_css="h1 {}")


def _own_product(_ground: Ground, folder: Path) -> None:
    _put(folder, out__mine_dot_dim="<Dimap_Document/>", out__mine_dot_data__a_dot_img="1", out__index_dot_html="x")


def _folder_as_file(ending: str) -> Lay:
    def lay(_ground: Ground, folder: Path) -> None:
        _put(folder, **{f"o_dot_{ending}__notes_dot_txt": "mine"})

    return lay


def _own_data(_ground: Ground, folder: Path) -> None:
    _put(folder, o_dot_data__measurements_dot_csv="1,2,3", o_dot_data__raw__a_dot_img="1")


def _own_data_file(_ground: Ground, folder: Path) -> None:
    _put(folder, o_dot_data="a file of this name")


def _ours(ground: Ground, folder: Path, target: str = "out") -> None:
    said = forked(folder, "run", "CloudProbability", ground.stack, "-o", target, "-q")
    if said.code != 0:
        raise RuntimeError(said.shown())


def _with(name: str, target: str = "out") -> Lay:
    """A result of ours, into which somebody has put something."""

    def lay(ground: Ground, folder: Path) -> None:
        _ours(ground, folder, target)
        (place,) = folder.glob(name.partition("|")[0]) if "|" in name else (folder,)
        _put(place, **{name.rpartition("|")[2]: "mine"})

    return lay


def _linked_inside(ground: Ground, folder: Path) -> None:
    _ours(ground, folder)
    _put(folder, elsewhere__diary_dot_txt="mine")
    (folder / "out" / "photos").symlink_to(folder / "elsewhere")


def _dangling(target: str) -> Lay:
    def lay(_ground: Ground, folder: Path) -> None:
        (folder / target).symlink_to(folder / "not there" / "at all")

    return lay


def _link_to(target: str, real: str) -> Lay:
    def lay(ground: Ground, folder: Path) -> None:
        _own_page(ground, folder)
        (folder / "out").rename(folder / real)
        (folder / target).symlink_to(folder / real)

    return lay


def _own_safe(_ground: Ground, folder: Path) -> None:
    name = "S2A_MSIL1C_20190410T105031_N0400_R051_T31TDH_20190410T115031.SAFE"
    _put(
        folder,
        **{
            f"scene__{name.replace('.', '_dot_')}__MTD_MSIL1C_dot_xml": "<downloaded/>",
            "scene__truth__field_work_dot_csv": "1",
        },
    )


def _own_safe_alone(_ground: Ground, folder: Path) -> None:
    _put(folder, scene_dot_SAFE__MTD_MSIL1C_dot_xml="<downloaded/>")


def _file_above(_ground: Ground, folder: Path) -> None:
    _put(folder, a="a file")


def _special(_ground: Ground, folder: Path) -> None:
    import os

    os.mkfifo(folder / "o.tif")


IN_THE_WAY: dict[str, tuple[str, Lay]] = {
    "a web page with pictures": ("out", _own_page),
    "a product and a page, not from here": ("out", _own_product),
    "a folder called o.tif": ("o.tif", _folder_as_file("tif")),
    "a folder called o.nc": ("o.nc", _folder_as_file("nc")),
    "a folder called o.dim": ("o.dim", _folder_as_file("dim")),
    "a folder o.data": ("o.dim", _own_data),
    "a file o.data": ("o.dim", _own_data_file),
    "a file in a result folder": ("out", _with("out__notes_dot_txt")),
    "a picture in a result folder": ("out", _with("out__beach_dot_png")),
    "a hidden file in a result folder": ("out", _with("out__.notes")),
    "a folder in a result folder": ("out", _with("out__more__notes_dot_txt")),
    "a file in the .data of a result folder": ("out", _with("out/*.data|notes_dot_txt")),
    "a file in the .data of a .dim": ("o.dim", _with("o_dot_data__notes_dot_txt", "o.dim")),
    "a link in a result folder": ("out", _linked_inside),
    "a dangling link": ("out", _dangling("out")),
    "a dangling link o.tif": ("o.tif", _dangling("o.tif")),
    "a dangling link o.dim": ("o.dim", _dangling("o.dim")),
    "a link to a web page": ("out", _link_to("out", "real")),
    "a link o.data to a folder": ("o.dim", _link_to("o.data", "real")),
    "a downloaded .SAFE": ("scene", _own_safe),
    "a downloaded .SAFE by its name": ("scene.SAFE", _own_safe_alone),
    "a file where a folder should be": ("a/o.tif", _file_above),
    "a pipe": ("o.tif", _special),
    "the folder one stands in": (".", _own_page),
}


def _refused(ground: Ground, lay: Lay, command: list[str], overwrite: bool) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        lay(ground, folder)
        before = snapshot(folder)
        said = forked(
            folder, *(word.format(stack=ground.stack) for word in command), *(["--overwrite"] if overwrite else [])
        )
        now = snapshot(folder)
        if lost := sorted(name for name, digest in before.items() if now.get(name) != digest):
            return f"{lost[0]} is {'changed' if lost[0] in now else 'gone'} ({said.shown()})"
        if more := sorted(set(now) - set(before)):
            return f"{more[0]} is left ({said.shown()})"
        return refused(said)

    return attempt


def _page_there(folder: Path, said: Said) -> str:
    return "" if said.code == 0 and (folder / "out" / "index.html").is_file() else said.shown()


def _behind_link(folder: Path, said: Said) -> str:
    if said.code != 0:
        return said.shown()
    return (
        ""
        if (folder / "out").is_symlink() and (folder / "real" / "index.html").is_file()
        else "the link was not followed"
    )


def _file_behind_link(folder: Path, said: Said) -> str:
    if said.code != 0:
        return said.shown()
    whole = (folder / "o.tif").is_symlink() and (folder / "real.tif").read_bytes()[:2] in (b"II", b"MM")
    return "" if whole else "the link was not followed"


def _empty(folder: Path) -> None:
    (folder / "out").mkdir()


def _linked_empty(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "out").symlink_to("real")


def _linked_file(folder: Path) -> None:
    (folder / "real.tif").write_bytes(b"II*\0")
    (folder / "o.tif").symlink_to("real.tif")


WELCOME: dict[str, tuple[Callable[[Path], None], str, Callable[[Path, Said], str]]] = {
    "an empty folder": (_empty, "out", _page_there),
    "a link to an empty folder": (_linked_empty, "out", _behind_link),
    "a link to a file, with --overwrite": (_linked_file, "o.tif", _file_behind_link),
}


def _welcome(
    ground: Ground, lay: Callable[[Path], None], target: str, judge: Callable[[Path, Said], str]
) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        lay(folder)
        more = ["--overwrite"] if Path(target).suffix else []
        return judge(folder, forked(folder, "run", "CloudProbability", ground.stack, "-o", target, "-q", *more))

    return attempt
