"""What a deal's values were before they were changed: so that learning sees a deal as it was, not as it ended."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

TRACKED = ("owner_id", "team_id", "product_id", "value_minor", "currency")


class DealChange(Record):
    """A value of a deal that was replaced. Stages have their own history."""

    personal = personal.nothing(_("ids, amounts and times"))
    deal = models.ForeignKey("sales.Deal", on_delete=models.CASCADE, related_name="changes")
    name = models.CharField(max_length=60)  # one of `TRACKED`
    before = models.JSONField(null=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["deal", "changed_at"], name="dealchange_deal")]
