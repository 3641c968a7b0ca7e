"""Grids, blocks, codings, products as data: what a raster is, without files and frameworks."""
