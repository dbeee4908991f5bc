"""Table of what was skipped at a stage gate."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class StageGap(Record):
    """A deal went into a stage without what that stage asks for; the reason stays until the gap is filled."""

    personal = personal.blanked("", ("reason",), _("sales books, kept by law"))
    deal = models.ForeignKey("sales.Deal", on_delete=models.CASCADE, related_name="gaps")
    stage = models.ForeignKey("sales.Stage", on_delete=models.CASCADE, related_name="+")
    missing = models.JSONField(default=list)  # keys of `gates.ASKED`, and ``custom:<name>``
    reason = models.CharField(max_length=300, blank=True)
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["deal", "-created_at"], name="stagegap_deal")]
