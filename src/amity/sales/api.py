"""The door of room `sales`."""

from amity.sales.readiness import SalesFacts, facts

__all__ = ["SalesFacts", "facts"]
