"""Cloud and cloud shadow: Fmask adapted to Sentinel-2. Kernels: arrays in, arrays out."""
