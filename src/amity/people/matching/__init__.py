"""Finding who is one and the same: in one table, between two, and for one new record."""
