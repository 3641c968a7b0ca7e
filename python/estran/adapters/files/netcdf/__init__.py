"""NetCDF: files are read whatever wrote them, as far as they follow the CF conventions, and NetCDF-4 after CF 1.11 is
written.
"""
