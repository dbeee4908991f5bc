"""Deals as a board: one column per stage of a pipeline, the same filters and search as the table.

A board costs a fixed number of queries, however many deals and stages there are: the first cards of all columns are
read in one statement, each along the index of its stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, listing, paging
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import board_velocity as velocity
from amity.sales import lists
from amity.sales.models import DealStatus, Task
from amity.sales.pipelines import PipelineView, Step

CARDS = 30
CLOSED_DAYS = 30  # won and lost deals leave the board so long after they were closed
NOBODY = UUID(int=0)
_FIELDS = (
    "pk", "sort_value", "title", "person_id", "company_id", "owner_id", "stage_id", "status", "value_minor",
    "currency", "expected_close_on", "opened_at", "created_at", "closed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """A deal on the board. ``days``: in this stage; ``usual``: the median there, None where too few have left it."""

    id: UUID
    name: str
    status: str
    value_minor: int | None
    currency: str
    expected_close_on: date | None
    person_id: UUID | None
    person: str
    company_id: UUID | None
    company: str
    owner: str
    score: Any
    task: str
    task_due: date | None
    days: int
    usual: int | None
    stuck: bool

    @property
    def late(self) -> bool:
        """Whether the next task, or the expected closing, is overdue."""
        return self.task_due is not None and self.task_due < clock.today()

    @property
    def overdue(self) -> bool:
        due = self.expected_close_on
        return self.status == DealStatus.OPEN and due is not None and due < clock.today()

    @property
    def slow(self) -> bool:
        return self.usual is not None and self.days > self.usual


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A stage with its first cards; ``sums``: (minor units, currency), the largest first; ``next``: marker of more."""

    step: Step
    count: int
    sums: list[tuple[int, str]]
    cards: list[Card]
    next: str
    stay: velocity.Stay | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything a board shows."""

    pipeline: PipelineView
    columns: list[ColumnView]
    pace: velocity.Pace
    stuck: int  # among the cards on the screen

    @property
    def told(self) -> bool:
        """Whether there is anything to say of the pace."""
        usual = any(stay.days is not None for stay in self.pace.stays.values())
        return usual or self.stuck > 0 or self.pace.sales.share is not None


def read(principal: access.Principal, params: QueryDict) -> listing.View:
    """The filters, search and sorting that a URL asks for; as the table reads them, without stages and outcomes."""
    kept = params.copy()
    for name in ("stage", "status", "cols", "at"):
        kept.pop(name, None)
    return listing.read(lists.DEALS, principal, kept)


def board(principal: access.Principal, pipeline: PipelineView, view: listing.View) -> Board:
    """The board of ``pipeline``. 10 queries."""
    rows = _on_board(principal, view)
    totals = _totals(rows, pipeline.steps)
    parts = [_slice(rows, view, each.id, None) for each in pipeline.steps]
    raw = list(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]) if parts else []
    by_stage: dict[UUID, list[dict[str, Any]]] = {each.id: [] for each in pipeline.steps}
    for row in raw:
        by_stage[row["stage_id"]].append(row)
    for found in by_stage.values():
        found.sort(key=lambda row: (row["sort_value"], row["pk"]), reverse=view.order.descending)
    pace = velocity.pace_of(pipeline)
    shown = [row for found in by_stage.values() for row in found[:CARDS]]
    cards = {card.id: card for card in _cards(principal, shown, pace)}
    columns = [_column(view, step, by_stage[step.id], cards, totals.get(step.id, {}), pace) for step in pipeline.steps]
    return Board(pipeline, columns, pace, sum(card.stuck for card in cards.values()))


def more(
    principal: access.Principal, pipeline: PipelineView, view: listing.View, step: Step, marker: str
) -> tuple[list[Card], str]:
    """The next cards of a column after ``marker``, and the marker of those after them. 9 queries."""
    cursor = paging.unseal(marker, view.order.name)
    raw = list(_slice(_on_board(principal, view), view, step.id, cursor))
    cards = _cards(principal, raw[:CARDS], velocity.pace_of(pipeline))
    return cards, _marker(view, raw)


def _on_board(principal: access.Principal, view: listing.View) -> QuerySet[Any]:
    lately = clock.now() - timedelta(days=CLOSED_DAYS)
    return listing.matching(view, principal).filter(Q(status=DealStatus.OPEN) | Q(closed_at__gte=lately))


def _slice(rows: QuerySet[Any], view: listing.View, stage_id: UUID, cursor: paging.Cursor | None) -> QuerySet[Any]:
    return paging.slice_of(rows.filter(stage_id=stage_id), view.order, cursor, CARDS).values(*_FIELDS)


def _totals(rows: QuerySet[Any], steps: Iterable[Step]) -> dict[UUID, dict[str, tuple[int, int]]]:
    """Stage → currency → (deals, minor units). 1 query."""
    found: dict[UUID, dict[str, tuple[int, int]]] = {}
    grouped = rows.filter(stage_id__in=[each.id for each in steps]).values_list("stage_id", "currency")
    for stage, currency, n, total in grouped.annotate(n=Count("pk"), total=Sum("value_minor")):
        found.setdefault(stage, {})[currency] = (n, total or 0)
    return found


def _column(
    view: listing.View, step: Step, raw: Sequence[dict[str, Any]], cards: dict[UUID, Card],
    totals: dict[str, tuple[int, int]], pace: velocity.Pace,
) -> ColumnView:  # fmt: skip
    sums = sorted(((total, currency) for currency, (_n, total) in totals.items() if total), reverse=True)
    shown = [cards[row["pk"]] for row in raw[:CARDS]]
    count = sum(n for n, _total in totals.values())
    return ColumnView(step, count, sums, shown, _marker(view, raw), pace.stays.get(step.id))


def _marker(view: listing.View, raw: Sequence[dict[str, Any]]) -> str:
    if len(raw) <= CARDS:
        return ""
    last = raw[CARDS - 1]
    return paging.Cursor(view.order.name, last["sort_value"], last["pk"]).sealed()


def _cards(principal: access.Principal, raw: Sequence[dict[str, Any]], pace: velocity.Pace) -> list[Card]:
    """6 queries."""
    ids = [row["pk"] for row in raw]
    names = people.names({row["person_id"] for row in raw} | {NOBODY}, principal)
    companies = people.company_names({row["company_id"] for row in raw} | {NOBODY}, principal)
    staff = access.staff_names({row["owner_id"] for row in raw} | {NOBODY})
    scores = intelligence.scores_for("deal", ids or [NOBODY]) if principal.may("models.view") else {}
    tasks, entered = _next_tasks(ids or [NOBODY]), velocity.entered(ids or [NOBODY])
    return [
        _card(row, names, companies, staff, scores.get(row["pk"]), tasks, _since(row, entered), pace) for row in raw
    ]


def _card(
    row: dict[str, Any], names: Any, companies: Any, staff: Any, score: Any, tasks: Any, since: datetime,
    pace: velocity.Pace,
) -> Card:  # fmt: skip
    days, open_ = velocity.days_since(since), row["status"] == DealStatus.OPEN
    age = velocity.days_since(row["opened_at"] or row["created_at"])
    task, due = tasks.get(row["pk"], ("", None))
    person, company = names.get(row["person_id"], ""), companies.get(row["company_id"], "")
    return Card(
        id=row["pk"],
        name=row["title"] or _("Untitled deal"),
        status=row["status"],
        value_minor=row["value_minor"],
        currency=row["currency"],
        expected_close_on=row["expected_close_on"],
        person_id=row["person_id"] if person else None,
        person=person,
        company_id=row["company_id"] if company else None,
        company=company,
        owner=staff.get(row["owner_id"], ""),
        score=score if open_ else None,
        task=task,
        task_due=due,
        days=days,
        usual=pace.usual(row["stage_id"]) if open_ else None,
        stuck=open_ and pace.stuck(row["stage_id"], days, age),
    )


def _since(row: dict[str, Any], entered: dict[UUID, tuple[UUID, datetime]]) -> datetime:
    """When the deal came into its stage: its last move, or its opening where no move is known."""
    stage, at = entered.get(row["pk"], (None, None))
    if stage == row["stage_id"] and at is not None:
        return at
    since: datetime = row["closed_at"] or row["opened_at"] or row["created_at"]
    return since


def _next_tasks(ids: Sequence[UUID]) -> dict[UUID, tuple[str, date | None]]:
    """Deal → its most urgent open task and when it is due. 1 query."""
    rows = Task.objects.filter(deal_id__in=ids, done_at=None)
    first = rows.order_by("deal_id", F("due_on").asc(nulls_last=True), "created_at").distinct("deal_id")
    return {deal: (subject, due) for deal, subject, due in first.values_list("deal_id", "subject", "due_on") if deal}
