"""Tables of who takes part in a deal, and of who knows whom."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class ContactRole(models.TextChoices):
    """What a person is to a deal."""

    DECIDER = "decider", _("Decision maker")
    CHAMPION = "champion", _("Champion")
    USER = "user", _("User")
    BUYER = "buyer", _("Buyer")
    ADVISER = "adviser", _("Adviser")
    BLOCKER = "blocker", _("Blocker")


class TieKind(models.TextChoices):
    """What one person is to another; read from the first to the second."""

    INTRODUCED = "introduced", _("introduced")
    KNOWS = "knows", _("knows")
    REPORTS = "reports", _("reports to")
    INFLUENCES = "influences", _("influences")


class DealContact(Record):
    """A person takes part in a deal, in a role."""

    personal = personal.deleted("person_id", ("note",))
    deal = models.ForeignKey("sales.Deal", on_delete=models.CASCADE, related_name="contacts")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=ContactRole.choices)
    note = models.CharField(max_length=300, blank=True)
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["deal"], name="dealcontact_deal"),
            models.Index(fields=["person"], name="dealcontact_person"),
        ]


class PersonTie(Record):
    """A link between two people, from end 0 to end 1; each end follows its own person through merges."""

    personal = personal.nothing(_("ids and times"))
    kind = models.CharField(max_length=10, choices=TieKind.choices)
    actor_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)


class TieEnd(Record):
    """One end of a link. ``note``: how it is known, on end 0."""

    personal = personal.deleted("person_id", ("note",))
    tie = models.ForeignKey(PersonTie, on_delete=models.CASCADE, related_name="ends")
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    side = models.SmallIntegerField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["tie", "side"], name="tieend_side")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["person"], name="tieend_person")]
