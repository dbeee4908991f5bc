"""The door of room `sales`."""

from amity.sales.catalogue import ProductView, get_product, product_choices, product_names
from amity.sales.deals import (
    DealView,
    MoveView,
    StageView,
    archive_deal,
    change_deal,
    create_deal,
    deals_by_id,
    deals_of,
    get_deal,
    moves_of,
    open_value,
    stage_choices,
)
from amity.sales.lists import DEAL_KIND, DEALS, PRODUCTS, STATUS_TAGS, deal_rows, product_rows
from amity.sales.models import DealStatus
from amity.sales.orders import OrderView, orders_of
from amity.sales.readiness import SalesFacts, facts
from amity.sales.todo import TASK_ADD, TASK_DONE, TaskView, add_task, finish, my_tasks, open_tasks

__all__ = [
    "DEALS",
    "DEAL_KIND",
    "PRODUCTS",
    "STATUS_TAGS",
    "TASK_ADD",
    "TASK_DONE",
    "DealStatus",
    "DealView",
    "MoveView",
    "OrderView",
    "ProductView",
    "SalesFacts",
    "StageView",
    "TaskView",
    "add_task",
    "archive_deal",
    "change_deal",
    "create_deal",
    "deal_rows",
    "deals_by_id",
    "deals_of",
    "facts",
    "finish",
    "get_deal",
    "get_product",
    "moves_of",
    "my_tasks",
    "open_tasks",
    "open_value",
    "orders_of",
    "product_choices",
    "product_names",
    "product_rows",
    "stage_choices",
]
