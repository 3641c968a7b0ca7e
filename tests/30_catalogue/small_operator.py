"""What small operators of tests have in common, so that each says what it is for alone."""

from __future__ import annotations

from estran.catalogue.spec import BandOut, Operator, Walk


class SmallOperator(Operator, abstract=True):
    """Writes one band, pixel by pixel; lacks an alias, a label, a summary and sources."""

    version = "1.0"
    atbd = "none"
    menu = "Optical"
    writes = (BandOut("nothing", "float32", "1", "nothing"),)
    walk = Walk.PIXEL
