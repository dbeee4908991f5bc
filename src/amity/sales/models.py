"""Tables of room `sales`."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.base.searching import words_vector
from amity.sales.customer_models import OrderDue
from amity.sales.forecast_models import ContactsForecast, ForecastKept, ForecastModel
from amity.sales.gates_models import StageGap
from amity.sales.history_models import DealChange
from amity.sales.meetings_models import CalendarAccount, CalendarFeed, CalendarItem, Guest, Meeting
from amity.sales.notes_models import Note
from amity.sales.quotes_models import Letterhead, Quote, QuoteLine, QuoteYear, StockMove
from amity.sales.relations_models import ContactRole, DealContact, PersonTie, TieEnd, TieKind

__all__ = [
    "FAR_AWAY", "LIVE", "CalendarAccount", "CalendarFeed", "CalendarItem", "ContactRole", "ContactsForecast", "Deal",
    "DealChange", "DealContact", "DealStatus", "ForecastKept", "ForecastModel", "Guest", "Letterhead",
    "Meeting", "Note", "Order", "OrderDue", "OrderLine", "PersonTie", "Pipeline", "Product", "Quote",
    "QuoteLine", "QuoteYear", "Stage", "StageChange", "StageGap", "StockMove", "Task", "TieEnd", "TieKind",
]  # fmt: skip

LIVE = models.Q(archived_at__isnull=True)
FAR_AWAY = date(9999, 12, 31)  # where a deal without an expected day stands in the order


class DealStatus(models.TextChoices):
    """Whether a deal is still to be had."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class Imported(Record):
    """A row that may come from another system under its own key there."""

    key = models.CharField(max_length=300, unique=True, null=True, editable=False)
    origin_id = models.UUIDField(null=True, editable=False)
    custom = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class Searchable(Imported):
    """A row found by words; see `people.Profile.search`."""

    search = models.TextField(blank=True, default="")
    search_vector = models.GeneratedField(
        expression=words_vector("search"), output_field=SearchVectorField(), db_persist=True
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Pipeline(Record):
    """An ordered way from first talk to money."""

    personal = personal.nothing(_("names of steps"))
    name = models.CharField(max_length=120, unique=True)
    team = models.ForeignKey("access.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    position = models.IntegerField(default=0, db_default=0)
    archived_at = models.DateTimeField(null=True, blank=True)
    origin_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)


class Stage(Record):
    """One step of a pipeline."""

    personal = personal.nothing(_("names of steps"))
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=120)
    position = models.IntegerField()
    status = models.CharField(max_length=4, choices=DealStatus.choices, default=DealStatus.OPEN)
    gate = models.JSONField(default=list, db_default=Value([], models.JSONField()))  # keys of `gates.ASKED`
    archived_at = models.DateTimeField(null=True, blank=True)  # taken away; its history stays
    origin_id = models.UUIDField(null=True, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name")]


class Product(Searchable):
    """Something we sell."""

    personal = personal.nothing(_("a catalogue entry"))
    name = models.CharField(max_length=300)
    sku = models.CharField(max_length=120, blank=True)
    family = models.CharField(max_length=120, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    tax = models.IntegerField(null=True, blank=True)  # rate in hundredths of a percent
    stock = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)  # none: no stock is kept
    reserved = models.DecimalField(max_digits=14, decimal_places=3, default=0, db_default=0)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["search_vector"], name="product_search"),
            models.Index(fields=["name", "id"], name="product_name"),
            models.Index(Coalesce("price_minor", -1), "id", name="product_by_price"),
            models.Index(fields=["-updated_at", "-id"], name="product_newest"),
        ]


class Deal(Searchable):
    """A possible sale."""

    personal = personal.blanked(
        "person_id", ("title", "custom", "search", "lost_reason"), _("sales books, kept by law")
    )
    title = models.CharField(max_length=300)
    person = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    company = models.ForeignKey(
        "people.Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.ForeignKey(
        "access.Staff", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    team = models.ForeignKey("access.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals")
    status = models.CharField(max_length=4, choices=DealStatus.choices, default=DealStatus.OPEN)
    value_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    source = models.CharField(max_length=120, blank=True)
    lost_reason = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    expected_close_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["search_vector"], name="deal_search"),
            models.Index(fields=["status", "-updated_at", "-id"], name="deal_status"),
            models.Index(fields=["-updated_at", "-id"], name="deal_newest"),
            models.Index(fields=["title", "id"], name="deal_title"),
            models.Index(Coalesce("value_minor", -1), "id", name="deal_by_value"),
            models.Index(Coalesce("expected_close_on", FAR_AWAY), "id", name="deal_by_close"),
            models.Index(Coalesce("opened_at", "created_at"), "id", name="deal_by_opening"),
            GinIndex(fields=["custom"], name="deal_custom", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["person"], name="deal_person"),
            models.Index(fields=["company"], name="deal_company"),
            models.Index(fields=["owner", "-updated_at", "-id"], name="deal_owned"),
            models.Index(fields=["product"], name="deal_product"),
            models.Index(fields=["stage", "-updated_at", "-id"], name="deal_in_stage", condition=LIVE),
        ]


class StageChange(Record):
    """A deal moved: a fact, never edited."""

    personal = personal.nothing(_("ids and times"))
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="stage_changes")
    before = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    actor_id = models.UUIDField(null=True)
    origin_id = models.UUIDField(null=True, editable=False)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["deal", "-changed_at"], name="stagechange_deal"),
            models.Index(fields=["before", "-changed_at"], name="stagechange_left"),
        ]


class Order(Imported):
    """A sale that happened."""

    personal = personal.blanked("person_id", ("custom",), _("accounting records, kept by law"))
    number = models.CharField(max_length=120, blank=True)
    person = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    company = models.ForeignKey(
        "people.Company", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    total_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=60, blank=True)
    ordered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["person", "-ordered_at"], name="order_person"),
            models.Index(fields=["company", "-ordered_at"], name="order_company"),
        ]


class OrderLine(Imported):
    """One product of an order."""

    personal = personal.nothing(_("product, quantity and price; the order names the person"))
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=1)
    price_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)


class Task(Record):
    """Something a staff member means to do about a person, company or deal."""

    class Repeat(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")
        QUARTER = "quarter", _("Every three months")
        YEAR = "year", _("Every year")

    personal = personal.deleted("person_id", ("subject",))
    subject = models.CharField(max_length=300)
    person = models.ForeignKey("people.Person", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey("people.Company", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks")
    owner = models.ForeignKey("access.Staff", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # where a time of that day is meant
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)
    repeat = models.CharField(max_length=10, choices=Repeat.choices, blank=True, default="", db_default="")
    done_at = models.DateTimeField(null=True, blank=True)
    origin_id = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["person"], name="task_person", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["deal"], name="task_deal", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["company"], name="task_company", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["owner", "due_on"], name="task_owner", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["due_on"], name="task_due", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["remind_at"], name="task_remind", condition=models.Q(reminded_at=None, done_at=None)),
        ]
