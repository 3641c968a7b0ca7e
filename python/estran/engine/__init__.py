"""Runs operators and GPT graphs without SNAP, on Dask."""
