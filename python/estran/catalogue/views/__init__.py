"""Everything derived from the declarations: pure functions from an operator or a study to a text.

``python -m estran.catalogue.generate`` writes them all; a test compares them with what is committed.
"""

from estran.catalogue.views.graphs import graph_properties, properties_defaults
from estran.catalogue.views.menu import layer_xml
from estran.catalogue.views.pages import reference_page
from estran.catalogue.views.schema import json_schema
from estran.catalogue.views.snap import info_xml, services_file, shim
from estran.catalogue.views.tree import generate

__all__ = [
    "generate",
    "graph_properties",
    "info_xml",
    "json_schema",
    "layer_xml",
    "properties_defaults",
    "reference_page",
    "services_file",
    "shim",
]
