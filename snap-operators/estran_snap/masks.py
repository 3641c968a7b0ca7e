"""Estran.Masks for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.masks import Masks as Declaration

Masks = make_operator(Declaration)
