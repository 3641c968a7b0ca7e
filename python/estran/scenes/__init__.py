"""Scenes with known truth, as arrays."""
