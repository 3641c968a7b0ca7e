"""Laws of light and geometry."""
