"""Tables of identity: devices and who signed in on them, the evidence of joins, and the ledger of merges."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

_PERSON = "people.Person"


class Grade(models.TextChoices):
    """What a person row stands for."""

    RECORD = "record", _("Record")  # typed in or imported
    LOGIN = "login", _("User id")  # one user id of a site, app or server
    VISITOR = "visitor", _("Visitor")  # what a device did while nobody was signed in


class Device(Record):
    """An anonymous id: a browser, an app on a phone, a till.

    ``login`` is the only user id ever seen on it. Once a second one is, it is ``shared`` and every sign-in is kept as a
    `Link`, which says whose its anonymous events are.
    """

    personal = personal.deleted("login_id", ("value",))
    value = models.CharField(max_length=254, unique=True)
    login = models.ForeignKey(_PERSON, null=True, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)


class Slot(Record):
    """The visitor row on which anonymous events of a device land. Without ``login``: nobody signed in since."""

    personal = personal.nothing(_("ids only"))
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="slots")
    person = models.OneToOneField(_PERSON, on_delete=models.CASCADE, related_name="+")
    login = models.ForeignKey(_PERSON, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["device"], name="slot_waiting_once", condition=models.Q(login__isnull=True)
            ),
        ]


class Link(Record):
    """Evidence that identifiers belong together.

    A device and a user id in the same event (at that time), or one user id said to be another (``other``): the latter
    is only ever a proposal, because two user ids never merge by themselves.
    """

    personal = personal.deleted("login_id", ("message_id",))
    device = models.ForeignKey(Device, null=True, on_delete=models.CASCADE, related_name="links", db_index=False)
    login = models.ForeignKey(_PERSON, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(_PERSON, null=True, on_delete=models.CASCADE, related_name="+")
    evidence = models.CharField(max_length=20)  # same_event, alias
    message_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["device", "at", "message_id"], name="link_once"),
            models.UniqueConstraint(
                fields=["login", "other"], name="link_alias_once", condition=models.Q(other__isnull=False)
            ),
        ]


class Merge(Record):
    """Two profiles are one: an edge between them, who said so and why. Revoked, it is as if it had never been.

    ``plain``: the loser is a visitor without values of its own, which follows the winner wherever that goes.
    """

    personal = personal.deleted("loser_id", ("evidence",))
    loser = models.ForeignKey(_PERSON, on_delete=models.CASCADE, related_name="+", db_index=False)
    winner = models.ForeignKey(_PERSON, on_delete=models.CASCADE, related_name="+", db_index=False)
    policy = models.CharField(max_length=20)  # manual, device, contact, or the name of a policy
    plain = models.BooleanField(default=False)
    actor_id = models.UUIDField(null=True)
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)
    veto = models.BooleanField(default=False)  # a human revoked it: no policy joins these two again

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["loser"], name="merge_loser"),
            models.Index(fields=["winner", "plain", "-created_at"], name="merge_winner"),
        ]


class Own(Record):
    """What a surviving profile says by itself, without those that were merged into it."""

    personal = personal.deleted("person_id", ("values",))
    person = models.OneToOneField(_PERSON, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField()


class Holding(Record):
    """A row of another table (a deal, an order, a task) that a merge moved, and the profile that it belongs to."""

    personal = personal.deleted("home_id", ("before",))
    holder = models.CharField(max_length=40)
    row_id = models.UUIDField()
    home = models.ForeignKey(_PERSON, on_delete=models.CASCADE, related_name="+")
    before = models.JSONField(default=dict)  # what else changed with the move, such as the words it is found by

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["holder", "row_id"], name="holding_once"),
        ]


class Membership(Record):
    """A person belongs to a company, as a `group` call said. A person may belong to several."""

    personal = personal.deleted("person_id", ())
    person = models.ForeignKey(_PERSON, on_delete=models.CASCADE, related_name="+", db_index=False)
    company = models.ForeignKey("people.Company", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "company"], name="membership_once"),
        ]
