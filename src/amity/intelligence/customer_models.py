"""Tables of what customers will buy: models learned from purchases, and what each said of a customer."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class CustomerModel(Record):
    """One learning from purchases: ``value`` (who buys again, for how much) or ``products`` (what goes with what)."""

    class Kind(models.TextChoices):
        VALUE = "value", _("Customer value")
        PRODUCTS = "products", _("Recommendations")

    personal = personal.nothing(_("sums over many records; artefacts hold no single record"))
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.IntegerField()
    live = models.BooleanField(default=False)
    signal = models.BooleanField(default=False)  # beat the naive rule on the last part of the history
    rows = models.IntegerField()  # purchases or choices
    subjects = models.IntegerField()  # customers or products
    data_from = models.DateTimeField(null=True)
    data_until = models.DateTimeField(null=True)
    card = models.JSONField(default=dict)  # the test on the last part beside the naive rule, recipes tried
    artefact = models.JSONField(default=dict)
    artefact_hash = models.CharField(max_length=64)
    trained_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["kind", "number"], name="customermodel_number"),
            models.UniqueConstraint(fields=["kind"], name="customermodel_live", condition=models.Q(live=True)),
        ]


class CustomerValue(Record):
    """A ledger row: what was expected of a customer at a time, and why. Never edited.

    Money in minor units of the house currency, over twelve months; ``low`` and ``high`` hold 80 %.
    """

    personal = personal.deleted("subject_id", ("history", "drivers", "risks"))
    model = models.ForeignKey(CustomerModel, on_delete=models.PROTECT, related_name="values")
    subject_kind = models.CharField(max_length=10)  # person, company
    subject_id = models.UUIDField()
    purchases = models.FloatField()
    purchases_low = models.FloatField()
    purchases_high = models.FloatField()
    revenue_minor = models.BigIntegerField()
    revenue_low = models.BigIntegerField()
    revenue_high = models.BigIntegerField()
    alive = models.FloatField()  # chance to be a customer still
    next_days = models.FloatField(null=True)  # from ``as_of``; null: not within two years
    next_low = models.FloatField(null=True)
    next_high = models.FloatField(null=True)
    stage = models.CharField(max_length=10)
    risks = models.JSONField(default=dict)  # days → [chance to buy nothing within them, [drivers]]
    drivers = models.JSONField(default=list)  # [code, params, effect in minor units]; add up to ``revenue_minor``
    history = models.JSONField(default=list)  # [[day, minor units], …] what it rests on, for replay
    as_of = models.DateTimeField()
    current = models.BooleanField(default=True)
    scored_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["subject_id"], name="customervalue_current", condition=models.Q(current=True)
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["subject_id", "-scored_at"], name="customervalue_subject"),
            models.Index(
                fields=["subject_kind", "-revenue_minor"],
                name="customervalue_rank",
                condition=models.Q(current=True),
            ),
        ]
