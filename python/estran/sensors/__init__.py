"""Instruments: bands, semantic names."""
