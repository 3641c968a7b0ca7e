"""Masks of a scene, as kernels: arrays in, arrays out. Rooms: cloud, relief, glint."""
