"""Estran: Sentinel-2 masks, coastal correction and calibration on natural targets, for ESA SNAP and without it."""

__version__ = "0.1.0"
