"""Rasters that GDAL reads, one file or a folder of them as one product, and the cloud-optimised GeoTIFF that is
written.
"""
