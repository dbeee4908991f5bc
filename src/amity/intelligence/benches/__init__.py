"""What ``amity bench intelligence`` measures, a module per promise. Nothing in here is used by the product."""
