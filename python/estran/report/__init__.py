"""Quicklooks, figures and the HTML report."""

from estran.report.page import write_report
from estran.report.pictures import Picture, quicklooks

__all__ = ["Picture", "quicklooks", "write_report"]
