"""The door of room `sales`."""
