"""The table of what was tried and what survived, in the terminal and in ``docs/robustness.md``."""

from __future__ import annotations

from collections.abc import Iterable
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


def markdown(outcomes: Iterable[Outcome]) -> str:
    """The table; lines that nothing was tried of say why."""
    rows = ["| kind | tried | cases | survived |", "|---|---|---|---|"]
    last = ""
    for line in lines(outcomes):
        kind, last = (line.kind if line.kind != last else ""), line.kind
        note = f" ({line.lacked[0]})" if line.lacked else ""
        share = f"{line.survived}{' (declared)' if line.declared and not line.whole else ''}" if line.tried else "–"
        rows.append(f"| {kind} | {line.what}{note} | {line.tried or '–'} | {share} |")
    every = lines(outcomes)
    rows.append(f"| all | | {sum(line.tried for line in every)} | {sum(line.survived for line in every)} |")
    return "\n".join(rows)


def write(outcomes: Iterable[Outcome], page: Path = PAGE) -> None:
    """Put the table between its marks on the page."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{markdown(outcomes)}\n{END}{after}", "utf-8")


def failed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Cases that did not survive, of lines that must be whole."""
    return [o for o in outcomes if o.seen and not o.case.declared]
