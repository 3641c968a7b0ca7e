"""Models of light and geometry."""
