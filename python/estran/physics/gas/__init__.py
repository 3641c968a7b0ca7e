"""Absorption by the gases of the air."""
