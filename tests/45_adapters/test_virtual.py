"""Virtual bands in any order and number: what can be evaluated is, and the rest keeps a note; nothing is walked by
calling itself.
"""

from __future__ import annotations

import numpy as np

from estran.adapters.files.virtual import MOST_STEPS, with_virtual_data
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(4, 3)


def product_of(**expressions: str) -> Product:
    bands = {name: Band(name, None, GRID, expression=text) for name, text in expressions.items()}
    return with_virtual_data(Product("p", GRID, {**bands, "b": Band("b", np.full((3, 4), 7, np.int16), GRID)}))


def test_those_that_name_one_another_are_computed_in_their_order() -> None:
    made = product_of(c="d + 1", d="e / 2", e="b")
    assert float(np.asarray(made["c"].data)[0, 0]) == 4.5
    assert made.notes == ()


def test_circles_and_what_cannot_be_read_are_notes() -> None:
    made = product_of(own="own + 1", x="y", y="x", z="b +", w="z", good="b * 2", gone="nobody")
    assert {name for name, band in made.bands.items() if band.data is not None} == {"b", "good"}
    assert sorted(note.split("'")[1] for note in made.notes) == ["gone", "own", "w", "x", "y", "z"]


def test_a_chain_is_bounded() -> None:
    """10,000 one behind another, the last first in the file: read in a moment; what stands too far behind is a note."""
    count = 10_000
    chain = {f"v{i}": f"v{i - 1} + 1" if i else "b" for i in range(count, -1, -1)}
    made = product_of(**chain)
    last = f"v{MOST_STEPS - 1}"
    assert float(np.asarray(made[last].data)[0, 0]) == 7 + MOST_STEPS - 1
    assert made[f"v{MOST_STEPS}"].data is None
    assert f"'v{MOST_STEPS}' is not evaluated: it stands behind more than {MOST_STEPS} others." in " ".join(made.notes)
