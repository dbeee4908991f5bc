"""The door of room `events`."""
