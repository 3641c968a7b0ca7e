"""Operators and studies: the only place where a context meets a declaration."""
