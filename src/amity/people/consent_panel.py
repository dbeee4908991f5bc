"""What pages of staff show of consent: a person's words, and how purposes stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base.errors import Refused
from amity.people.called import Asking, Wanted
from amity.people.consent import Said, WordView, history_of
from amity.people.consent_purposes import PurposeView, purposes
from amity.people.consent_reading import said_by, state, withdrawn_addresses
from amity.people.consent_rules import CHANNEL_LABELS, KINDS, RANK, State, address_key
from amity.people.consent_tables import ConsentState

HOW_LABELS: Mapping[str, str | Promise] = {
    "staff": gettext_lazy("written down by staff"),
    "page": gettext_lazy("on the preference page"),
    "link": gettext_lazy("by the link in the mail"),
    "one_click": gettext_lazy("unsubscribed with one click"),
    "import": gettext_lazy("from an imported file"),
    "event": gettext_lazy("reported by a site or app"),
    "api": gettext_lazy("by the API"),
    "undo": gettext_lazy("undone"),
    "complaint": gettext_lazy("reported us for spam"),
}
Counts = dict[tuple[str, str], dict[str, int]]  # (purpose, channel) → state → profile rows
_TOLD: Mapping[str, State] = {"given": "given", "withdrawn": "withdrawn", "unknown": "unknown"}
TAGS = {"given": "tag-good", "withdrawn": "tag-bad", "pending": "tag-warn", "unknown": ""}
_COUNTS = f"""
SELECT purpose, channel, state, count(*) FROM (
    SELECT DISTINCT ON (c.person_id, c.purpose, c.channel) c.purpose, c.channel, c.state FROM people_consent c
    WHERE c.person_id IS NOT NULL ORDER BY c.person_id, c.purpose, c.channel, c.at DESC, {RANK} DESC, c.id DESC) said
WHERE state <> 'unknown' GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One purpose and channel of a person. ``blocked``: the address was withdrawn, whoever holds it."""

    purpose: PurposeView
    channel: str
    channel_label: str
    state: State
    label: str
    tag: str
    blocked: bool


def panel(principal: access.Principal, person: Any) -> Asking[dict[str, Any]]:
    """What the page of a person shows: how every purpose stands, and the history. 4 queries."""
    said = said_by(person.id)
    keys = {kind: address_key(kind, value) for kind, value in (("email", person.email), ("phone", person.phone))}
    blocked = withdrawn_addresses([key for key in keys.values() if key] or ["-"])
    known = [each for each in purposes() if not each.owed]
    words = history_of(person.id)
    names = yield Wanted(staff=[word.actor_id for word in words])
    rows = [
        _row(each, channel, said.get((each.key, channel), "unknown"),
             (keys.get(KINDS.get(channel, ""), ""), each.key, channel) in blocked)
        for each in known for channel in each.channels
    ]  # fmt: skip
    return {
        "rows": [row for row in rows if row.state != "unknown" or row.blocked],
        "choices": rows,
        "words": [_word(word, known, names.staff) for word in words],
        "may_edit": principal.may("people.edit"),
    }


def changes_of(posted: QueryDict) -> list[tuple[str, str, State, Said]]:
    """What a form about consent says: a purpose with its channel, the state, and how it is known."""
    purpose, _sep, channel = posted.get("what", "").partition(":")
    told = _TOLD.get(posted.get("state", ""))
    if told is None or not channel:
        raise Refused("consent_what", _("Choose a purpose and what was said."))
    note = posted.get("note", "").strip()[:500]
    if told == "given" and not note:
        raise Refused("consent_how", _("Say how you know, for example “signed form of 3 May”."))
    said = Said(evidence={"note": note} if note else {}, confirmed=bool(posted.get("confirmed")))
    return [(purpose, channel, told, said)]


def choices() -> list[tuple[str, str]]:
    """Purpose and channel together, for a select. 1 query."""
    return [
        (f"{each.key}:{channel}", f"{each.name} · {CHANNEL_LABELS[channel]}")
        for each in purposes()
        if not each.owed
        for channel in each.channels
    ]


def counts() -> Counts:
    """How many profile rows stand how, by purpose and channel. 1 query over the ledger."""
    found: Counts = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        for purpose, channel, told, n in cursor.fetchall():
            found.setdefault((purpose, channel), {})[told] = n
    return found


def _row(each: PurposeView, channel: str, told: State, blocked: bool) -> Row:
    return Row(each, channel, str(CHANNEL_LABELS[channel]), told, str(ConsentState(told).label), TAGS[told], blocked)


def _word(word: WordView, known: Sequence[PurposeView], staff: Mapping[UUID, str]) -> dict[str, Any]:
    names = {each.key: each.name for each in known}
    return {
        "purpose": names.get(word.purpose, word.purpose),
        "channel": CHANNEL_LABELS.get(word.channel, word.channel),
        "label": word.state_label,
        "tag": TAGS[word.state],
        "how": HOW_LABELS.get(word.how, word.how),
        "who": staff.get(word.actor_id, "") if word.actor_id else "",
        "version": word.text_version,
        "note": word.evidence.get("note", "") if isinstance(word.evidence, dict) else "",
        "address": word.address,
        "at": word.at,
    }


__all__ = ["CHANNEL_LABELS", "changes_of", "choices", "counts", "panel", "state"]
