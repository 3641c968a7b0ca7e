"""Estran.CloudDisplacement for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.cloud_displacement import CloudDisplacement as Declaration

CloudDisplacement = make_operator(Declaration)
