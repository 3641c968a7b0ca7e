"""Estran.CloudProbability for SNAP. Generated from the declarations by `make generate`: edit those, not this."""

from estran.adapters.snap import make_operator
from estran.catalogue.operators.cloud_probability import CloudProbability as Declaration

CloudProbability = make_operator(Declaration)
