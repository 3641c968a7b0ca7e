"""Studies on the disk: their inputs read, their results written and read back."""
