"""The door of room `people`."""
