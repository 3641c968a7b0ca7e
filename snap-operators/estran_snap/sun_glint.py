"""Estran.SunGlint for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.sun_glint import SunGlint as Declaration

SunGlint = make_operator(Declaration)
