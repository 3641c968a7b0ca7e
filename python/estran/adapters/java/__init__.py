"""Java reached from Python: through whichever virtual machine there is."""
