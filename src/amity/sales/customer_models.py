"""The table of customers whose orders changed: rows on their way, written by triggers, gone when looked at."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import personal
from amity.base.models import Record


class OrderDue(Record):
    """People and companies whose orders were made, changed, merged or taken back, up to 500 a row.

    Not in this model: ``xid``, the writing transaction, which the follower's cursor rule needs.
    """

    personal = personal.nothing(_("ids on their way; whom an erasure removes is passed over"))
    id = models.BigIntegerField(primary_key=True)  # type: ignore[assignment]
    at = models.DateTimeField()
    customers = ArrayField(models.UUIDField())

    class Meta:
        db_table = "sales_orderdue"
        managed = False
