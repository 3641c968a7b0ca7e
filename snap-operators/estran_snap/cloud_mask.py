"""Estran.CloudMask for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.cloud_mask import CloudMask as Declaration

CloudMask = make_operator(Declaration)
