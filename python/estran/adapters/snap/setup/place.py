"""From one manifest to the next: the changes of files that lie between two installations, or between one and none.

First goes what the old manifest names, where it is as it was written and not wanted any more; then the new manifest is
written; then what it names. So whatever is there when the process is killed, the manifest that is there names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from estran.adapters.snap.setup.changes import Change, Content, content_of, is_folder, is_part, mark, mark_at, tree
from estran.adapters.snap.setup.content import SERVICES
from estran.adapters.snap.setup.manifest import FILE, Manifest
from estran.errors import TargetExists


def placed(
    folder: Path, old: Manifest, new: Manifest | None, wanted: Mapping[Path, Content], edited: Iterable[Change]
) -> tuple[list[Change], list[Path]]:
    """What becomes of each file.

    Parameters
    ----------
    folder
        Ours.
    old, new
        What is there; what shall be (None: nothing).
    wanted
        The files and links that `new` names.
    edited
        Changes of files of others that `new` names.

    Returns
    -------
    changes
        In their order.
    changed_by_others
        Files that are not as they were written: those that are wanted are replaced, the others stay.

    Raises
    ------
    TargetExists
        Something that the old manifest does not name is where a file shall be.
    """
    record, services = folder / FILE, folder / SERVICES
    listed = {folder / name: known for name, known in old.files.items()}
    below = tree(folder)
    outside = {p for p in (*listed, *wanted) if folder not in p.parents}
    parts = {p for f in (*outside, *map(Path, old.edits)) for p in f.parent.glob(f".{f.name}.*") if is_part(p)}
    inside = {p for p in below if not is_folder(p) and p != record}
    # Not looked at: what lies behind a link that is not ours, in our folder.
    there = {p: known for p in inside | outside | parts if (known := mark_at(p))}
    needed = {parent for path in (*wanted, *([record] if new else ())) for parent in path.parents}
    gone = {
        p
        for p, known in there.items()
        if known == listed.get(p) != mark(wanted.get(p)) or _left_behind(p, folder, needed)
    }
    into = {p for p, what in wanted.items() if p in gone or there.get(p) != mark(what)}
    strange, above = sorted(there.keys() - gone), {parent for p in into for parent in p.parents}
    for p in strange:
        if p in above or not into.isdisjoint(p.parents) or (p in into and p not in listed):
            raise TargetExists(
                "something is there that this command did not make", where=p, todo="move it away, then try again"
            )
    restored = [
        change
        for change in old.taken_out()
        if new is None or new.edits.get(str(change.path)) != old.edits[str(change.path)]
    ]
    going = gone | {c.path for c in restored if c.wanted is None} | (set() if new else {record})
    emptied = []
    for one in sorted(
        {folder, *map(Path, old.folders), *filter(is_folder, below)} - needed, key=lambda p: (-len(p.parts), p)
    ):
        if is_folder(one) and going.issuperset(one.iterdir()):
            going.add(one)
            emptied.append(one)
    # While our folder is half changed, SNAP must not look into it: the services file, or the link that it is behind,
    # goes first and comes last.
    half = any(folder in p.parents for p in gone | into)
    late = {p for p in there.keys() | wanted.keys() if half and services.is_relative_to(p)}
    manifest = Change(record, new.to_bytes() if new else None, "what is written, for estran snap uninstall")
    changes = [
        *_removed([*sorted(late & there.keys()), *sorted(gone - late)]),
        *restored,
        *_removed(p for p in emptied if folder in p.parents),
        *([manifest] if manifest.wanted != content_of(record) else []),
        *_removed(p for p in emptied if folder not in p.parents),
        *(Change(p, what) for p, what in wanted.items() if p in into - late),
        *edited,
        *(Change(p, what, "makes SNAP look here") for p, what in wanted.items() if p in late),
    ]
    return changes, [p for p in strange if p in into or new is None]


def _left_behind(path: Path, folder: Path, needed: set[Path]) -> bool:
    """By a process that was killed, or by Python and numba, which keep caches of modules."""
    caches = [p for p in (path, *path.parents) if p.name == "__pycache__" and folder in p.parents]
    return caches[-1].parent not in needed if caches else is_part(path)


def _removed(paths: Iterable[Path]) -> list[Change]:
    return [Change(p, None) for p in paths]
