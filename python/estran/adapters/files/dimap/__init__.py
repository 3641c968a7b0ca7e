"""BEAM-DIMAP, SNAP's own format: a .dim header in XML and a .data folder of ENVI images."""
