"""The door of room `sales`."""

from amity.sales import recommending
from amity.sales.board_standing import standing_of
from amity.sales.catalogue import (
    ProductRecord,
    ProductView,
    get_product,
    get_product_record,
    product_choices,
    product_names,
)
from amity.sales.deals import (
    DealView,
    MoveView,
    StageView,
    archive_deal,
    change_deal,
    create_deal,
    deals_by_id,
    deals_of,
    deals_with,
    get_deal,
    moves_of,
    open_value,
    stage_choices,
    stages_beside,
)
from amity.sales.forecasting_deal import panel as by_date
from amity.sales.lists import DEAL_KIND, DEALS, PRODUCTS, STATUS_TAGS, deal_rows, product_rows
from amity.sales.meetings import MeetingView, add_meeting, diary, guests_of, meetings_of
from amity.sales.models import DealStatus
from amity.sales.notes import NoteView, add_note, in_words, notes_of
from amity.sales.orders import LineView, OrderView, SoldView, lines_of, orders_by_id, orders_of, sold
from amity.sales.orders_paper import paper_of
from amity.sales.pages_board import before as gate_before
from amity.sales.pages_board import forget as forget_board
from amity.sales.pages_board import remembered as board_remembered
from amity.sales.quotes import QuoteView, quotes
from amity.sales.readiness import SalesFacts, facts
from amity.sales.relations_graph import around as relations_around
from amity.sales.todo import TASK_ADD, TASK_DONE, TaskView, add_task, finish, my_tasks, open_tasks, tasks_by_id

__all__ = [
    "DEALS",
    "DEAL_KIND",
    "PRODUCTS",
    "STATUS_TAGS",
    "TASK_ADD",
    "TASK_DONE",
    "DealStatus",
    "DealView",
    "LineView",
    "MeetingView",
    "MoveView",
    "NoteView",
    "OrderView",
    "ProductRecord",
    "ProductView",
    "QuoteView",
    "SalesFacts",
    "SoldView",
    "StageView",
    "TaskView",
    "add_meeting",
    "add_note",
    "add_task",
    "archive_deal",
    "board_remembered",
    "by_date",
    "change_deal",
    "create_deal",
    "deal_rows",
    "deals_by_id",
    "deals_of",
    "deals_with",
    "diary",
    "facts",
    "finish",
    "forget_board",
    "gate_before",
    "get_deal",
    "get_product",
    "get_product_record",
    "guests_of",
    "in_words",
    "lines_of",
    "meetings_of",
    "moves_of",
    "my_tasks",
    "notes_of",
    "open_tasks",
    "open_value",
    "orders_by_id",
    "orders_of",
    "paper_of",
    "product_choices",
    "product_names",
    "product_rows",
    "quotes",
    "recommending",
    "relations_around",
    "sold",
    "stage_choices",
    "stages_beside",
    "standing_of",
    "tasks_by_id",
]
