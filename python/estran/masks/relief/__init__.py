"""Shadow of terrain: sweep of the horizon, exact rays, and what the sensor cannot see."""
