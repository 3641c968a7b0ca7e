"""SNAP operators through esa_snappy."""
