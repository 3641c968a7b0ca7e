"""Speed, memory and scores as tables; each figure beside its peer or a plain NumPy baseline of the same run."""
