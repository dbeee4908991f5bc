"""Background work of room `events`."""
