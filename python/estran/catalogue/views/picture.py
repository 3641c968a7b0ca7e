"""The picture of a help page: what goes in, the operator, what comes out, in the colours that SNAP will show.

Drawn with coloured table cells, which JavaHelp's viewer (HTML 3.2) shows: so it derives from the declaration, and is
compared as text, like every view.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Operator, Writes
from estran.catalogue.views.markup import ascii_xml
from estran.catalogue.views.rows import colour_text
from estran.raster.coding import Colour

_BANDS: dict[str, Colour] = {
    "coastal": (120, 110, 220),
    "blue": (90, 140, 255),
    "green": (110, 200, 110),
    "red": (240, 110, 110),
}
_OTHER: Colour = (225, 225, 225)
_OPERATOR: Colour = (255, 235, 190)
_RAMP = 12
"""Cells of a palette's ramp."""


def picture(op: type[Operator]) -> str:
    """An HTML table: inputs at the left, the operator, outputs with their legends at the right."""
    inputs = [
        _cell(r.band + (" (optional)" if r.optional else ""), _BANDS.get(r.band, _OTHER))
        for source in op.sources
        for r in source.reads
    ]
    inputs += [_cell(f"{aux.name} (file)", _OTHER) for aux in op.aux]
    inputs += [_cell(f"{meteo.quantity} (optional)", _OTHER) for meteo in op.meteo]
    inputs += [_cell(f"{table.name} (file)", _OTHER) for table in op.tables]
    outputs = [line for written in op.writes for line in (_cell(written.name, _OTHER, bold=True), _legend(written))]
    lines = [
        '<table border="0" cellpadding="6">',
        "<tr>",
        f'<td valign="middle">{_column(inputs)}</td>',
        '<td valign="middle"><b>-&gt;</b></td>',
        f'<td valign="middle" bgcolor="{colour_text(_OPERATOR)}"><b>{ascii_xml(op.label)}</b></td>',
        '<td valign="middle"><b>-&gt;</b></td>',
        f'<td valign="middle">{_column(outputs)}</td>',
        "</tr>",
        "</table>",
    ]
    return "\n".join(lines)


def _column(cells: list[str]) -> str:
    return (
        '\n<table border="0" cellspacing="2" cellpadding="2">\n'
        + "\n".join(f"<tr>{cell}</tr>" for cell in cells)
        + "\n</table>\n"
    )


def _cell(text: str, background: Colour, *, bold: bool = False) -> str:
    # Black on light, white on dark, by the luma of ITU-R BT.601.
    red, green, blue = background
    ink = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else "#ffffff"
    words = f"<b>{ascii_xml(text)}</b>" if bold else ascii_xml(text)
    return f'<td bgcolor="{colour_text(background)}"><font color="{ink}">{words}</font></td>'


def _legend(written: Writes) -> str:
    match written:
        case FlagsOut():
            cells = [_cell(flag.name, flag.colour) for flag in written.coding.flags]
        case ClassesOut():
            cells = [_cell(value.name, value.colour) for value in written.coding.values]
        case BandOut():
            cells = list(_ramp(written))
    return f'<td><table border="0" cellspacing="0" cellpadding="3"><tr>{"".join(cells)}</tr></table></td>'


def _ramp(written: BandOut) -> Iterator[str]:
    points = written.palette or ((0.0, (0, 0, 0), ""), (1.0, (255, 255, 255), ""))
    low, high = points[0][0], points[-1][0]
    for i in range(_RAMP):
        value = low + (high - low) * i / (_RAMP - 1)
        text = (
            f"{low:g}"
            if i == 0
            else f"{high:g} {written.unit if written.unit != '1' else ''}".strip()
            if i == _RAMP - 1
            else " "
        )
        yield _cell(text, _between(points, value))


def _between(points: tuple[tuple[float, Colour, str], ...], value: float) -> Colour:
    for (start, first, _), (end, last, _) in pairwise(points):
        if value <= end:
            fraction = (value - start) / (end - start)
            red, green, blue = (round(a + (b - a) * fraction) for a, b in zip(first, last, strict=True))
            return red, green, blue
    return points[-1][1]
