"""Tables of quotes, what stands on our paper, price lists and stock."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Letterhead(Record):
    """Who we are on quotes: one row. ``rates``: tax rates to choose from, in hundredths of a percent."""

    personal = personal.nothing(_("our own name and address"))
    only = models.BooleanField(default=True, unique=True)
    name = models.CharField(max_length=300, blank=True)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=60, blank=True)
    contact = models.TextField(blank=True)
    bank = models.TextField(blank=True)
    terms = models.TextField(blank=True)
    logo = models.BinaryField(null=True)  # PNG or JPEG
    rates = models.JSONField(default=list)
    valid_days = models.IntegerField(default=30)
    updated_at = models.DateTimeField(default=clock.now)


class QuoteYear(Record):
    """The last number given to a quote of a year; its row is locked while the next one is given."""

    personal = personal.nothing(_("counters"))
    year = models.IntegerField(unique=True)
    last = models.IntegerField(default=0)


class Quote(Record):
    """An offer with lines and a price. Gets its number when it is sent; a sent one is changed by a new version only."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        REPLACED = "replaced", _("Replaced by a newer version")

    personal = personal.blanked(
        "person_id", ("title", "intro", "terms", "recipient", "answered_by"), _("sales books, kept by law")
    )
    number = models.CharField(max_length=20, blank=True)  # 2026-0001
    version = models.IntegerField(default=1)
    before = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    title = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey("people.Person", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    company = models.ForeignKey(
        "people.Company", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    deal = models.ForeignKey("sales.Deal", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    owner = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    team = models.ForeignKey("access.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    order = models.ForeignKey("sales.Order", null=True, on_delete=models.SET_NULL, related_name="+")
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=8, default="en")
    valid_until = models.DateField(null=True)
    recipient = models.TextField(blank=True)  # name and address as they stand on the paper
    intro = models.TextField(blank=True)
    terms = models.TextField(blank=True)
    net_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    secret = models.CharField(max_length=60, blank=True)  # of the link under which the customer answers
    answered_by = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["number", "version"], name="quote_number", condition=~models.Q(number="")
            ),
        ]  # fmt: skip
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["person", "-created_at"], name="quote_person"),
            models.Index(fields=["company", "-created_at"], name="quote_company"),
            models.Index(fields=["deal", "-created_at"], name="quote_deal"),
            models.Index(fields=["owner", "-created_at"], name="quote_owner"),
            models.Index(fields=["-created_at", "-id"], name="quote_newest"),
        ]


class QuoteLine(Record):
    """One line: ``discount`` and ``tax`` in hundredths of a percent; sums in minor units, each rounded half up."""

    personal = personal.nothing(_("product, quantity and price; the quote names the person"))
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("sales.Product", null=True, on_delete=models.SET_NULL, related_name="+")
    position = models.IntegerField()
    name = models.CharField(max_length=300)
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=1)
    price_minor = models.BigIntegerField()
    discount = models.IntegerField(default=0)
    tax = models.IntegerField(default=0)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["quote", "position"], name="quote_line_position"),
        ]


class StockMove(Record):
    """Stock or what is reserved of it changed: ``stock`` and ``reserved`` say by how much."""

    personal = personal.nothing(_("quantities of products"))
    product = models.ForeignKey("sales.Product", on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey("sales.Order", null=True, on_delete=models.SET_NULL, related_name="+")
    stock = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    reserved = models.DecimalField(max_digits=14, decimal_places=3, default=0)
    why = models.CharField(max_length=20)  # counted, reserved, released, shipped
    actor_id = models.UUIDField(null=True)
    origin_id = models.UUIDField(null=True, editable=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["product", "-at", "-id"], name="stockmove_product")]
