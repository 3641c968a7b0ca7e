"""Quicklooks, figures and the HTML report."""
