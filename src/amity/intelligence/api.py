"""The door of room `intelligence`."""
