"""Estran.ReliefShadow for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.relief_shadow import ReliefShadow as Declaration

ReliefShadow = make_operator(Declaration)
