"""Where the house meets files, SNAP and Java."""
