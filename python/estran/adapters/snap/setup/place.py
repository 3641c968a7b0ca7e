"""From one manifest to the next: the changes of files that lie between two installations, or between one and none.

First goes what the old manifest names, where it is as it was written and not wanted any more; then the new manifest is written; then what it names.
So whatever is there when the process is killed, the manifest that is there names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from estran.adapters.snap.setup.changes import Change, Content, content_of, is_folder, is_part, mark, mark_at, missing_folders, tree
from estran.adapters.snap.setup.content import SERVICES
from estran.adapters.snap.setup.manifest import FILE, Manifest
from estran.errors import TargetExists


class Placement:
    """What becomes of each file.

    Parameters
    ----------
    folder
        Ours.
    old, new
        What is there; what shall be (None: nothing).
    wanted
        The files and links that `new` names.

    Raises
    ------
    TargetExists
        Something that the old manifest does not name is where a file shall be.
    """

    def __init__(self, folder: Path, old: Manifest, new: Manifest | None, wanted: Mapping[Path, Content]) -> None:
        self.folder, self.old, self.new, self.wanted = folder, old, new, wanted
        self._listed = {folder / name: known for name, known in old.files.items()}
        below = tree(folder)
        found = {p for p in below if not is_folder(p)} - {folder / FILE}
        outside = {p for p in (*self._listed, *wanted) if folder not in p.parents}
        outside_parts = {p for f in (*outside, *map(Path, old.edits)) for p in f.parent.glob(f".{f.name}.*") if is_part(p)}
        # Not looked at: what lies behind a link that somebody put into our folder.
        self._there = {p: known for p in found | outside | outside_parts if (known := mark_at(p))}
        self._parents = {parent for path in (*wanted, *([folder / FILE] if new else ())) for parent in path.parents}
        self._gone = {p for p, known in self._there.items() if known == self._listed.get(p) != mark(wanted.get(p)) or self._left_behind(p)}
        self._into = {p for p, what in wanted.items() if p in self._gone or self._there.get(p) != mark(what)}
        self._restored = [change for change in old.taken_out() if new is None or new.edits.get(str(change.path)) != old.edits[str(change.path)]]
        self._emptied = self._left_empty([folder, *map(Path, old.folders), *filter(is_folder, below)])
        self._refuse_strangers()

    def changes(self, edited: Iterable[Change] = ()) -> list[Change]:
        """All of them, in their order; `edited` are those of files of others that the new manifest names."""
        services = self.folder / SERVICES
        # While our folder is half changed, SNAP must not look into it: the services file, or the link that it is behind, goes first and comes last.
        half = any(self.folder in p.parents for p in self._gone | self._into)
        hidden = {p for p in self._there.keys() | self.wanted.keys() if half and services.is_relative_to(p)}
        inner = [p for p in self._emptied if self.folder in p.parents]
        outer = [p for p in self._emptied if self.folder not in p.parents]
        manifest = Change(self.folder / FILE, self.new.to_bytes() if self.new else None, "what is written, for estran snap uninstall")
        first = _removed([*sorted(hidden & self._there.keys()), *sorted(self._gone - hidden)]) + self._restored + _removed(inner)
        written = [manifest] if manifest.wanted != content_of(manifest.path) else []
        into = [Change(p, what) for p, what in self.wanted.items() if p in self._into - hidden]
        last = [Change(p, what, "makes SNAP look here") for p, what in self.wanted.items() if p in hidden]
        return [*first, *written, *_removed(outer), *into, *edited, *last]

    @property
    def changed_by_others(self) -> list[Path]:
        """Files that are not as they were written: those that are wanted are replaced, the others stay."""
        strange = self._there.keys() - self._gone
        return sorted(strange & self._into if self.new else strange)

    def _left_behind(self, path: Path) -> bool:
        """By a process that was killed, or by Python and numba, which keep caches of modules."""
        parts = path.relative_to(self.folder).parts if self.folder in path.parents else ()
        if "__pycache__" in parts:
            return self.folder.joinpath(*parts[: parts.index("__pycache__")]) not in self._parents
        return is_part(path)

    def _left_empty(self, folders: Iterable[Path]) -> list[Path]:
        """The deepest first."""
        going = self._gone | {c.path for c in self._restored if c.wanted is None} | ({self.folder / FILE} if self.new is None else set())
        found = []
        for one in sorted({*folders} - self._parents, key=lambda p: (-len(p.parts), p)):
            if is_folder(one) and going.issuperset(one.iterdir()):
                going.add(one)
                found.append(one)
        return found

    def _refuse_strangers(self) -> None:
        parents = {parent for p in self._into for parent in p.parents}
        for p in sorted(self._there.keys() - self._gone):
            if p in parents or not self._into.isdisjoint(p.parents) or (p in self._into and p not in self._listed):
                raise TargetExists("something is there that this command did not make", where=p, todo="move it away, then try again")


def new_folders(old: Manifest, paths: Iterable[Path]) -> tuple[str, ...]:
    """Folders that were not there before the first installation, and that these files need."""
    return tuple(dict.fromkeys([*old.folders, *(str(folder) for path in paths for folder in missing_folders(path))]))


def _removed(paths: Iterable[Path]) -> list[Change]:
    return [Change(p, None) for p in paths]
