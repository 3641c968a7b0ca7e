"""Sun glint: its model, its prediction, its mask."""
