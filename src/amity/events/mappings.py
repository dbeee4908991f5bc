"""Mappings of sources: a draft that is tried on samples, and the live one that works."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.events import doors
from amity.events.mapping import Problem, Rules, applied, read_rules
from amity.events.mapping_paths import Sample
from amity.events.models import Quarantine, Source, SourceMapping
from amity.events.schemas import Bad, Fact, RawRow, parse, seen_key

PERMISSION = "webhooks.manage"
ROW = "row"  # kind of a row of a connector in the quarantine: its body is the row, not an event
_WITH_MAPPING = (Source.Kind.WEBHOOK, Source.Kind.CONNECTOR)


@dataclass(frozen=True, slots=True)
class MappingView:
    """A mapping. ``changed``: the draft is not what is live."""

    source_id: UUID
    draft: dict[str, Any]
    live: dict[str, Any] | None
    live_at: datetime | None
    changed: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One event that a sample would become, and whom it would reach. ``known``: it has landed already."""

    event: dict[str, Any]
    text: str
    occurred_at: datetime | None
    landing: doors.Landing | None
    known: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a mapping makes of a sample."""

    events: tuple[Tried, ...]
    problems: tuple[Problem, ...]
    matched: tuple[str, ...]


def new_source(principal: access.Principal, name: str, kind: str) -> Source:
    """A source row for a door, inside the caller's transaction."""
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise Refused("bad_name", _("Give a name of at most 120 characters."))
    source = Source.objects.create(
        name=name, kind=kind, write_key=secrets.token_urlsafe(24), created_by=principal.staff_id
    )
    access.record(principal, "created", "source", source.pk, {"kind": kind})
    return source


def get(principal: access.Principal, source_id: UUID) -> MappingView:
    """The mapping of a source, empty when nobody wrote one. 2 queries."""
    access.require(principal, PERMISSION)
    _source(source_id)
    return _view(source_id, SourceMapping.objects.filter(source_id=source_id).first())


def save(principal: access.Principal, source_id: UUID, draft: dict[str, Any]) -> MappingView:
    """Keep a draft; what is live goes on as it was. Raises ``Refused`` for a mapping that cannot work."""
    access.require(principal, PERMISSION)
    rules = read_rules(draft).as_json()
    with transaction.atomic():
        _source(source_id)
        row, _made = SourceMapping.objects.update_or_create(
            source_id=source_id, defaults={"draft": rules, "changed_at": clock.now()}
        )
        access.record(principal, "changed", "mapping", source_id, {"rules": len(rules["rules"])})
    return _view(source_id, row)


def go_live(principal: access.Principal, source_id: UUID) -> MappingView:
    """The draft becomes what works. Raises ``Refused("no_rules")`` when it is empty."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        _source(source_id)
        row = SourceMapping.objects.select_for_update().filter(source_id=source_id).first()
        if row is None or not row.draft.get("rules"):
            raise Refused("no_rules", _("The mapping has no rules yet: write one and try it on a sample."), 409)
        row.live, row.live_at = row.draft, clock.now()
        row.save(update_fields=["live", "live_at"])
        access.record(principal, "went_live", "mapping", source_id, {"rules": len(row.draft["rules"])})
    return _view(source_id, row)


def stop(principal: access.Principal, source_id: UUID) -> MappingView:
    """Nothing is mapped any more; payloads are kept and can be replayed later."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        _source(source_id)
        SourceMapping.objects.filter(source_id=source_id).update(live=None, live_at=None)
        access.record(principal, "stopped", "mapping", source_id)
    return get(principal, source_id)


def live_of(source: Source) -> Rules | None:
    """The rules that work for a source, None while there are none."""
    mapping: SourceMapping | None = getattr(source, "mapping", None)
    return read_rules(mapping.live) if mapping and mapping.live else None


def tried(principal: access.Principal, source_id: UUID, draft: dict[str, Any], samples: Sequence[Sample]) -> Trial:
    """What ``draft`` makes of samples, and whom the events would reach; changes nothing. 2 queries and the finder's."""
    access.require(principal, PERMISSION)
    rules = read_rules(draft)
    outcomes = [applied(rules, sample) for sample in samples]
    events = [event for outcome in outcomes for event in outcome.events][:200]
    facts = [_fact(source_id, event) for event in events]
    whom = iter(doors.landings(principal, [fact for fact in facts if isinstance(fact, Fact)]))
    known = doors.known_keys([seen_key(source_id, event["messageId"]) for event in events])
    lines = [
        _tried(
            event,
            fact,
            next(whom) if isinstance(fact, Fact) else None,
            seen_key(source_id, event["messageId"]) in known,
        )
        for event, fact in zip(events, facts, strict=True)
    ]
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)[:50]
    return Trial(tuple(lines), problems, tuple({key for outcome in outcomes for key in outcome.matched}))


def again(row: Quarantine) -> list[RawRow]:
    """The events of a connector's row that waits in the quarantine, by the mapping that is live now. Raises `Bad`."""
    rules = live_of(Source.objects.select_related("mapping").get(pk=row.source_id))
    if rules is None or not row.body:
        raise Bad(row.code, row.sentence)
    outcome = applied(rules, Sample(msgspec.json.decode(bytes(row.body)), known_as=row.message_id))
    if outcome.problems:
        raise Bad(outcome.problems[0].code, outcome.problems[0].sentence)
    rows, bad = doors.rows_of(row.source_id, outcome.events, clock.now(), keep=False)
    if bad:
        raise bad[0]
    return rows


def _tried(event: dict[str, Any], fact: Fact | Bad, landing: doors.Landing | None, known: bool) -> Tried:
    text = msgspec.json.format(msgspec.json.encode(event), indent=2).decode()
    if isinstance(fact, Bad):
        return Tried(event, text, None, None, known, fact.sentence)
    return Tried(event, text, fact.occurred_at, landing, known, "")


def _fact(source_id: UUID, event: dict[str, Any]) -> Fact | Bad:
    body = msgspec.json.encode(event)
    try:
        return parse(RawRow(source_id, event["type"], event["messageId"], 0, clock.now(), body))
    except Bad as error:
        return error


def _source(source_id: UUID) -> Source:
    source = Source.objects.filter(pk=source_id, kind__in=_WITH_MAPPING).first()
    if source is None:
        raise NotFound(_("There is no such source."))
    return source


def _view(source_id: UUID, row: SourceMapping | None) -> MappingView:
    if row is None:
        return MappingView(source_id, {"rules": []}, None, None, False)
    draft = row.draft or {"rules": []}
    return MappingView(source_id, draft, row.live, row.live_at, draft != row.live)
