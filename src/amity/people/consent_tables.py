"""Tables of consent: purposes, the texts that people agreed to, and the ledger. See `consent`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record

_PROOF = _("proof of what was agreed to and taken back (GDPR art. 7); without its address, only a hash stays")


class Basis(models.TextChoices):
    """Why the law lets us use somebody's data for a purpose (GDPR art. 6)."""

    CONSENT = "consent", _("Consent")
    CONTRACT = "contract", _("Contract")
    LEGAL = "legal", _("Legal obligation")
    INTEREST = "interest", _("Legitimate interest")


class ConsentState(models.TextChoices):
    """What a person last said. ``unknown`` in the ledger takes a word back: as if it had not been said."""

    GIVEN = "given", _("Given")
    PENDING = "pending", _("Waiting to be confirmed")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNKNOWN = "unknown", _("Unknown")


class ConsentPurpose(Record):
    """What people are written to for. ``names`` and ``channels`` as the administrator lists them."""

    personal = personal.nothing(_("the company's own list of purposes"))
    key = models.SlugField(max_length=60, unique=True)
    names = models.JSONField(default=dict)  # {language: name}
    basis = models.CharField(max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    channels = models.JSONField(default=list)
    double_opt_in = models.BooleanField(default=True)  # of e-mail
    position = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "people_consent_purpose"


class ConsentText(Record):
    """A version of the words that ask for a consent. Never changed: a new wording is a new version."""

    personal = personal.nothing(_("wording; the author is a staff id"))
    purpose = models.ForeignKey(ConsentPurpose, on_delete=models.CASCADE, related_name="texts", db_index=False)
    version = models.IntegerField()
    words = models.JSONField(default=dict)  # {language: text}
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_consent_text"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["purpose", "version"], name="consenttext_once"),
        ]


class Consent(Record):
    """One word of one person about one purpose and channel. Append-only: the database refuses changes.

    ``at`` is when it holds from, ``created_at`` when it was written. Erasure empties person, address and evidence; the
    hash stays, so a withdrawn address stays withdrawn.
    """

    personal = personal.blanked("person_id", ("address", "evidence"), _PROOF)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    address_kind = models.CharField(max_length=10, blank=True)  # email, phone, or none
    address = models.CharField(max_length=254, blank=True)  # as identifiers are normalised
    address_key = models.CharField(max_length=32, blank=True)  # hash of kind and address
    purpose = models.CharField(max_length=60)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=ConsentState.choices)
    text_version = models.IntegerField(null=True)
    how = models.CharField(max_length=20)  # staff, page, link, one_click, import, event, api, undo, complaint
    evidence = models.JSONField(default=dict)
    origin_id = models.UUIDField(null=True)  # source or import
    actor_id = models.UUIDField(null=True)
    reverts = models.UUIDField(null=True)  # the row that this one takes back
    at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "people_consent"
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["person", "purpose", "channel", "-at"], name="consent_person"),
            models.Index(
                fields=["address_key", "purpose", "channel", "-at"],
                name="consent_address",
                condition=~models.Q(address_key=""),
            ),
            models.Index(fields=["purpose", "channel", "person", "-at"], name="consent_purpose"),
            models.Index(fields=["-created_at", "-id"], name="consent_newest"),
            models.Index(fields=["origin_id"], name="consent_origin", condition=models.Q(origin_id__isnull=False)),
        ]
