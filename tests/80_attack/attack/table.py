"""The table of what was tried and what survived, in the terminal and in ``docs/robustness.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attack.case import Outcome

PAGE = Path(__file__).resolve().parents[3] / "docs" / "robustness.md"
BEGIN, END = "<!-- table of make attack: begin -->", "<!-- table of make attack: end -->"


@dataclass
class Line:
    """Cases counted together."""

    kind: str
    what: str
    declared: bool
    tried: int = 0
    survived: int = 0
    lacked: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return self.survived == self.tried


def lines(outcomes: Iterable[Outcome]) -> list[Line]:
    """Lines in the order of the cases."""
    found: dict[tuple[str, str], Line] = {}
    for outcome in outcomes:
        case = outcome.case
        line = found.setdefault((case.kind, case.what), Line(case.kind, case.what, case.declared))
        if outcome.lacked:
            line.lacked.append(outcome.lacked)
            continue
        line.tried += 1
        line.survived += outcome.survived
    return list(found.values())


Row = tuple[str, str, str, str]
"""Kind, what was tried, cases, survivors, as the table shows them."""

_HEAD = ("| kind | tried | cases | survived |", "|---|---|---|---|")
_ALL = "all"


def rows(outcomes: Iterable[Outcome]) -> list[Row]:
    """Rows of the table; those that nothing was tried of say why."""
    found: list[Row] = []
    for line in lines(outcomes):
        note = f" ({line.lacked[0]})" if line.lacked else ""
        survived = f"{line.survived}{' (declared)' if line.declared and not line.whole else ''}" if line.tried else "–"
        found.append((line.kind, f"{line.what}{note}", str(line.tried or "–"), survived))
    return found


def markdown(table: Sequence[Row]) -> str:
    """The table as text, a kind named once, and the sums below."""
    text, last = [*_HEAD], ""
    for kind, *cells in table:
        text.append(f"| {' | '.join(('' if kind == last else kind, *cells))} |")
        last = kind
    tried, survived = (sum(int(row[k].split()[0]) for row in table if row[k] != "–") for k in (2, 3))
    return "\n".join((*text, f"| {_ALL} | | {tried} | {survived} |"))


def written(page: Path = PAGE) -> list[Row]:
    """The rows that are on the page."""
    found: list[Row] = []
    for line in page.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip().splitlines()[len(_HEAD) :]:
        kind, what, tried, survived = (cell.strip() for cell in line.strip("|").split("|"))
        if kind != _ALL:
            found.append((kind or found[-1][0], what, tried, survived))
    return found


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """The old rows, those that were tried again in place of what they were, others behind the rows of their kind."""
    again = {row[:2]: row for row in new}
    rest = [row for row in new if row[:2] not in {old_row[:2] for old_row in old}]
    kinds = list(dict.fromkeys(row[0] for row in (*old, *new)))
    return [again.get(row[:2], row) for kind in kinds for row in (*old, *rest) if row[0] == kind]


def write(outcomes: Iterable[Outcome], page: Path = PAGE) -> None:
    """Put the rows between their marks on the page; lines that were not tried now stay as they are there."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(merged(written(page), rows(outcomes)))}\n{END}{after}", "utf-8")


def failed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Cases that did not survive, of lines that must be whole."""
    return [o for o in outcomes if o.seen and not o.case.declared]
