"""What people are written to for: the administrator's list, with its legal basis, and the words that ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.people.consent_defaults import ACCOUNT, DEFAULTS, LANGUAGES
from amity.people.consent_rules import CHANNELS
from amity.people.consent_tables import Basis, ConsentPurpose, ConsentText

PERMISSION = "consent.manage"
OWED = (Basis.CONTRACT, Basis.LEGAL)  # messages that people are owed: they need no consent
MOST = 50
_KEY = re.compile(r"^[a-z][a-z0-9_-]{0,59}$")


@dataclass(frozen=True, slots=True)
class PurposeView:
    """A purpose with the latest version of its words. ``owed``: needs no consent (contract, legal obligation)."""

    key: str
    names: Mapping[str, str]
    basis: str
    channels: tuple[str, ...]
    double_opt_in: bool
    archived_at: datetime | None
    version: int
    words: Mapping[str, str]

    @property
    def owed(self) -> bool:
        return self.basis in OWED

    @property
    def opt_out(self) -> bool:
        """Allowed until somebody objects (legitimate interest)."""
        return self.basis == Basis.INTEREST

    @property
    def basis_label(self) -> str:
        return str(Basis(self.basis).label)

    @property
    def name(self) -> str:
        return in_language(self.names) or self.key

    @property
    def text(self) -> str:
        return in_language(self.words)


def in_language(told: Mapping[str, str], language: str = "") -> str:
    """What fits the reader's language best: theirs, English, or any."""
    wanted = (language or get_language() or "en")[:2]
    return told.get(wanted) or told.get("en") or next((text for text in told.values() if text), "")


def purposes(*, archived: bool = False) -> list[PurposeView]:
    """All purposes in their order; those that Amity comes with where none were defined yet. 1 query."""
    rows = _with_words(ConsentPurpose.objects.order_by("position", "key"))
    if not rows:
        _bring_defaults()
        rows = rows.all()
    return [_view(row) for row in rows if archived or row.archived_at is None]


def _with_words(rows: QuerySet[ConsentPurpose]) -> QuerySet[ConsentPurpose]:
    """With their latest text and its version."""
    latest = ConsentText.objects.filter(purpose=OuterRef("pk")).order_by("-version")
    told = {"text_version": Subquery(latest.values("version")[:1]), "text_words": Subquery(latest.values("words")[:1])}
    return rows.annotate(**told)


def purpose(key: str) -> PurposeView:
    """One purpose by key, archived ones too; raises `NotFound`. 1 query."""
    row = _with_words(ConsentPurpose.objects.filter(key=key)).first()
    found = _view(row) if row else next((each for each in purposes(archived=True) if each.key == key), None)
    if found is None:
        raise NotFound(_("There is no purpose “{name}”.").format(name=key[:60]))
    return found


def text_of(key: str, version: int) -> Mapping[str, str]:
    """The words of one version by language, as they were agreed to; raises `NotFound`. 1 query."""
    found = ConsentText.objects.filter(purpose__key=key, version=version).first()
    if found is None:
        raise NotFound(_("There is no such version of this text."))
    return dict(found.words)


def versions_of(key: str) -> list[tuple[int, Mapping[str, str], datetime]]:
    """(version, words, since) of all texts of a purpose, newest first. 1 query."""
    rows = ConsentText.objects.filter(purpose__key=key).order_by("-version")
    return [(row.version, row.words, row.created_at) for row in rows]


def save(principal: access.Principal, key: str, told: Mapping[str, Any], *, new: bool = False) -> PurposeView:
    """Define a purpose or change it: ``names``, ``basis``, ``channels``, ``double_opt_in``, ``words``. Audited.

    Words that differ from the latest become a new version; the old ones stay with whoever agreed to them.
    """
    access.require(principal, PERMISSION)
    _check(key, told)
    with transaction.atomic():
        purposes()
        row = ConsentPurpose.objects.select_for_update().filter(key=key).first()
        if (row is None) != new:
            raise (
                Refused("purpose_taken", _("There is a purpose with this key already."), 409)
                if new
                else NotFound(_("There is no purpose “{name}”.").format(name=key[:60]))
            )
        if row is None:
            _room_for_more()
            last = ConsentPurpose.objects.aggregate(Max("position"))["position__max"] or 0
            row = ConsentPurpose(key=key, position=last + 1)
        row.names, row.basis = _texts(told["names"]), told["basis"]
        row.channels, row.double_opt_in = list(told["channels"]), bool(told.get("double_opt_in"))
        row.save()
        _add_text(row, _texts(told.get("words", {})), principal.staff_id)
        access.record(principal, "created" if new else "changed", "consent_purpose", key, {"basis": row.basis})
    return purpose(key)


def archive(principal: access.Principal, key: str, *, restore: bool = False) -> None:
    """Stop using a purpose (nothing goes out for it any more), or use it again. Audited; its ledger stays."""
    access.require(principal, PERMISSION)
    _stays(key)
    with transaction.atomic():
        changed = ConsentPurpose.objects.filter(key=key).update(archived_at=None if restore else clock.now())
        if not changed:
            raise NotFound(_("There is no purpose “{name}”.").format(name=key[:60]))
        access.record(principal, "restored" if restore else "archived", "consent_purpose", key)


def _stays(key: str) -> None:
    if key == ACCOUNT:
        raise Refused(
            "purpose_needed", _("Links for signing in and confirming are sent for this: it stays as it is."), 409
        )


def _check(key: str, told: Mapping[str, Any]) -> None:
    if not _KEY.match(key):
        raise Refused("bad_purpose", _("A key is lower-case letters, digits, - and _, and begins with a letter."))
    if told.get("basis") not in OWED:
        _stays(key)
    if told.get("basis") not in Basis.values:
        raise Refused("bad_purpose", _("Choose one of: {ops}.").format(ops=", ".join(Basis.values)))
    channels: Sequence[str] = told.get("channels") or ()
    if not channels or set(channels) - set(CHANNELS):
        raise Refused("bad_purpose", _("Choose at least one of: {ops}.").format(ops=", ".join(CHANNELS)))
    if not any(_texts(told.get("names", {})).values()):
        raise Refused("bad_purpose", _("Give the purpose a name."))


def _room_for_more() -> None:
    if ConsentPurpose.objects.count() >= MOST:
        raise Refused("too_many_purposes", _("There can be at most {most} purposes.").format(most=MOST), 409)


def _texts(told: Mapping[str, Any]) -> dict[str, str]:
    return {code: str(told[code]).strip()[:4_000] for code in LANGUAGES if str(told.get(code) or "").strip()}


def _add_text(row: ConsentPurpose, words: dict[str, str], author: UUID | None) -> None:
    last = ConsentText.objects.filter(purpose=row).order_by("-version").first()
    if words and (last is None or last.words != words):
        ConsentText.objects.create(
            purpose=row, version=(last.version if last else 0) + 1, words=words, created_by=author
        )


def _bring_defaults() -> None:
    with transaction.atomic():
        for position, (key, names, basis, channels, double, words) in enumerate(DEFAULTS):
            row, made = ConsentPurpose.objects.get_or_create(
                key=key,
                defaults={
                    "names": names, "basis": basis, "channels": list(channels), "double_opt_in": double,
                    "position": position,
                },
            )  # fmt: skip
            if made:
                _add_text(row, words, None)


def _view(row: Any) -> PurposeView:
    return PurposeView(
        row.key, row.names, row.basis, tuple(row.channels), row.double_opt_in, row.archived_at,
        row.text_version or 0, row.text_words or {},
    )  # fmt: skip
