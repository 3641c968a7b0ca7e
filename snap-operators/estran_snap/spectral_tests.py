"""Estran.SpectralTests for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.spectral_tests import SpectralTests as Declaration

SpectralTests = make_operator(Declaration)
