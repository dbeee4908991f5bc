"""Tables of room `assistant`: dialogues, proofs of identity, versions of the bot's script."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record


class Dialogue(Record):
    """Where the bot stands in a conversation. ``known_id``: the profile row that was proved in it, maybe long ago."""

    personal = personal.deleted("person_id", ("state",))
    conversation_id = models.UUIDField(unique=True)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    known_id = models.UUIDField(null=True)
    state = models.JSONField(default=dict)  # `acts.State`
    last_seq = models.BigIntegerField(default=0)  # newest message that was heard
    outcome = models.CharField(max_length=20, blank=True)  # reason of the hand-over
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["known_id", "-at"], name="dialogue_known"),
            models.Index(fields=["person"], name="dialogue_person"),
        ]


class Proof(Record):
    """A code sent to an address, and what it proved. Neither code nor address is kept, only keyed digests of them.

    It holds for one conversation and one visitor (``account_id``, ``address``: their session), until ``until``.
    """

    personal = personal.deleted("person_id", ("address", "email_key", "members"))
    conversation_id = models.UUIDField()
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    account_id = models.UUIDField(null=True)
    address = models.CharField(max_length=254)
    email_key = models.CharField(max_length=64)
    members = models.JSONField(default=list)  # profile rows whose address it is; none: nobody's, and no code was sent
    code_hash = models.CharField(max_length=64, blank=True)
    tries = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # replaced by a newer one, or used up

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["conversation_id", "-created_at"], name="proof_conversation"),
            models.Index(fields=["created_at"], name="proof_old"),
        ]


class BotScript(Record):
    """A version of the script. Published ones are never changed; the newest of them is live. At most one is a draft."""

    personal = personal.nothing(_("wordings and flows of the bot"))
    version = models.IntegerField(null=True, unique=True)  # none: the draft
    body = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    staff_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["version"], name="botscript_draft", condition=models.Q(version=None), nulls_distinct=False
            )
        ]
