"""Template tags of room `desk`."""
