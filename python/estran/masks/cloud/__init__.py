"""Cloud, cirrus, cloud shadow, snow and water: Fmask adapted to Sentinel-2."""
