"""From one manifest to the next: the changes of files that lie between two installations, or between one and none.

First goes what the old manifest names, where it is as it was written and not wanted any more; then the new manifest is written; then what it names.
So whatever is there when the process is killed, the manifest that is there names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from estran.adapters.snap.setup.changes import Change, Content, content_of, is_folder, is_link, is_part, mark, mark_at, missing_folders, parts_of, tree
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
    edited
        Changes of files of others that `new` names.

    Raises
    ------
    TargetExists
        Something that the old manifest does not name is where a file shall be.
    """

    def __init__(self, folder: Path, old: Manifest, new: Manifest | None, wanted: Mapping[Path, Content], edited: Iterable[Change] = ()) -> None:
        self.folder, self.old, self.new, self.wanted, self.edited = folder, old, new, wanted, edited
        self._manifest = folder / FILE
        self._listed = {folder / name: known for name, known in old.files.items()}
        self._found = {p: mark_at(p) for p in tree(folder) if not is_folder(p) and p != self._manifest}
        self._parents = {parent for path in (*wanted, *([self._manifest] if new else ())) for parent in path.parents}
        self._restored = list(self._without_ours())
        self._gone = [p for p in self._listed | self._found if self._unchanged_and_unwanted(p) or self._left_behind(p)]
        self._emptied = self._folders_left_empty()
        self._going = {*self._gone, *self._emptied}
        self._into = [Change(p, what) for p, what in wanted.items() if not self._going.isdisjoint((p, *p.parents)) or mark_at(p) != mark(what)]
        self._refuse_strangers()

    @property
    def changes(self) -> list[Change]:
        """All of them, in their order."""
        services, told = self.folder / SERVICES, self.new.to_bytes() if self.new else None
        # While our folder is half changed, SNAP must not look into it: the services file, or the link that it is behind, goes first and comes last.
        half = any(self.folder in p.parents for p in (*self._gone, *(c.path for c in self._into)))
        gone = sorted({*self._gone, *(p for p in self._found if half and services.is_relative_to(p))}, key=lambda p: (not services.is_relative_to(p), p))
        last = [Change(p, what, "makes SNAP look here") for p, what in self.wanted.items() if half and services.is_relative_to(p)]
        manifest = [Change(self._manifest, told, "what is written, for estran snap uninstall")] if told != content_of(self._manifest) else []
        parts = [part for name in (*self.old.edits, *self.old.files) if Path(name).is_absolute() for part in parts_of(Path(name))]
        inner = [p for p in self._emptied if self.folder in p.parents]
        outer = [p for p in self._emptied if self.folder not in p.parents]
        first = [*_removed(gone), *self._restored, *_removed([*parts, *inner])]
        return [*first, *manifest, *_removed(outer), *(c for c in self._into if not services.is_relative_to(c.path)), *self.edited, *last]

    @property
    def changed_by_others(self) -> list[Path]:
        """Files that are not as they were written: those that are wanted are replaced, the others stay."""
        if self.new is None:
            return [p for p in self._listed | self._found if p not in self._going and content_of(p) is not None]
        replaced = [c.path for c in self._into if c.path in self._listed and c.path not in self._going]
        return [p for p in replaced if mark_at(p) not in ("", self._listed[p])]

    def _unchanged_and_unwanted(self, path: Path) -> bool:
        known = self._listed.get(path, "")
        # What is in our folder and yet not found is behind a link that somebody put there.
        now = self._found.get(path, "") if self.folder in path.parents else mark_at(path)
        return now == known not in ("", mark(self.wanted.get(path)))

    def _left_behind(self, path: Path) -> bool:
        """By a process that was killed, or by Python and numba, which keep caches of modules."""
        if path not in self._found:
            return False
        parts = path.relative_to(self.folder).parts
        if "__pycache__" in parts:
            return self.folder.joinpath(*parts[: parts.index("__pycache__")]) not in self._parents
        return is_part(path)

    def _folders_left_empty(self) -> list[Path]:
        """The deepest first."""
        going, found = {*self._gone, *(c.path for c in self._restored), *([] if self.new else [self._manifest])}, []
        folders = {self.folder, *map(Path, self.old.folders), *filter(is_folder, tree(self.folder))}
        for one in sorted(folders - self._parents, key=lambda p: (-len(p.parts), p)):
            if is_folder(one) and going.issuperset(one.iterdir()):
                going.add(one)
                found.append(one)
        return found

    def _refuse_strangers(self) -> None:
        for path, what in self.wanted.items():
            if not self._going.isdisjoint(path.parents):
                continue
            link = next((p for p in path.parents if self.folder in p.parents and is_link(p)), None)
            unknown = path not in self._listed and mark_at(path) not in ("", mark(what))
            if link or unknown or (is_folder(path) and path not in self._going):
                raise TargetExists("something is there that this command did not make", where=link or path, todo="move it away, then try again")

    def _without_ours(self) -> Iterator[Change]:
        """Files of others without what the old manifest calls ours, where the new one does not say the same."""
        for name, edit in self.old.edits.items():
            path, now = Path(name), content_of(Path(name))
            if isinstance(now, bytes) and (self.new is None or self.new.edits.get(name) != edit):
                left = edit.taken_out(now, path)
                if left != now:
                    yield Change(path, left, "as it was" if left == edit.earlier_bytes else "what others changed stays")


def new_folders(old: Manifest, paths: Iterable[Path]) -> tuple[str, ...]:
    """Folders that were not there before the first installation, and that these files need."""
    return tuple(dict.fromkeys([*old.folders, *(str(folder) for path in paths for folder in missing_folders(path))]))


def _removed(paths: Iterable[Path]) -> list[Change]:
    return [Change(p, None) for p in paths]
