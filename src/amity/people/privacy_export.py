"""Subject access, art. 15: everything that is held about somebody, machine-readable and to be read."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.people import privacy_files, privacy_rows, privacy_stores, privacy_sweep, privacy_words
from amity.people.members import JoinView, joins_of, whole
from amity.people.models import PrivacySetting
from amity.people.privacy_map import Place, place_of, places
from amity.people.privacy_needles import WHOLE, Matcher, document, leaves, pruned
from amity.people.privacy_rows import records
from amity.people.privacy_subject import Subject
from amity.people.profiles import origin_names

FORMAT = "amity.subject-access/1"
MOST_ROWS = 100_000  # of one table
_DERIVED = frozenset(("search", "search_vector", "xid", "seq"))


def gather(subject: Subject) -> dict[str, Any]:
    """Everything held about somebody, with source, age, purpose and recipients. Reads every table and file."""
    with transaction.atomic(), connection.cursor() as cursor:
        who = privacy_rows.whose(cursor, subject.ids)
        matcher = Matcher([*subject.needles, *records(who)])
        held = [section for place in places() if (section := _held(cursor, place, who))]
        elsewhere = list(_elsewhere(cursor, matcher, who))
        received = privacy_rows.raw_of_events(cursor, subject.ids, delete=False)
        queue = [{"id": pk, "state": state, "arguments": args} for pk, state, args in
                 privacy_sweep.jobs_about(cursor, matcher)]  # fmt: skip
    files = privacy_files.find(matcher, privacy_files.folders(), privacy_files.keys_of(subject.ids))
    return {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "controller": controller(),
        "person": {"id": str(subject.root), "name": subject.name, "profiles": [str(pk) for pk in subject.ids]},
        "known_by": [{"kind": each.kind, "value": each.value} for each in (*subject.needles, *subject.shared)],
        "merged_from": [_join(join) for join in joins_of(whole(subject.root))],
        "held": held,
        "elsewhere": elsewhere,
        "received": [{"message_id": message, "body": document(body.encode())} for message, body in received],
        "queued_jobs": queue,
        "files": [{"file": hits.path.name, "kind": hits.kind, "lines": hits.lines} for hits in files],
        "kept_files": privacy_stores.tell(subject.ids),
        "audit": _audit([str(pk) for pk in who.all]),
        "sources": {str(pk): name for pk, name in origin_names(_origins(held)).items()},
        "recipients": recipients(),
        "backups": [name for name, _age in backups()],
        "your_rights": rights(),
    }


def handed_out(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    """`gather`, and an audit line that it was. Raises ``Forbidden``."""
    access.require(principal, "privacy.manage")
    data = gather(subject)
    with transaction.atomic():
        access.record(principal, "export", "person", subject.root, {"tables": len(data["held"])})
    return data


def as_zip(data: dict[str, Any]) -> bytes:
    """The export as one file: ``data.json`` for programs, ``page.html`` to read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=1, default=str))
        archive.writestr("page.html", render_to_string("people/privacy_copy.html", {"data": data}))
    return packed.getvalue()


def controller() -> dict[str, str]:
    """Who is responsible, as the administrator has set it."""
    row = PrivacySetting.objects.first()
    return {"name": row.controller if row else "", "contact": row.contact if row else ""}


def recipients() -> list[dict[str, str]]:
    """To whom data are handed on: webhooks, destinations, and staff by role."""
    hooks = apps.get_model("events", "WebhookEndpoint").objects.filter(active=True)
    found = [{"kind": _("Webhook"), "name": str(url)} for url in hooks.values_list("url", flat=True)]
    out = apps.get_model("events", "Destination").objects.filter(active=True).exclude(kind="webhooks")
    found += [{"kind": _("Destination"), "name": f"{name} ({kind})"} for kind, name in out.values_list("kind", "name")]
    return [*found, {"kind": _("Staff"), "name": _("Those whose role and row scope let them see the record")}]


def backups() -> list[tuple[str, datetime]]:
    """Backups in the data folder, newest first: until they are removed, they hold what was held then."""
    folder = settings.CONFIG.home / "backups"
    files = sorted(folder.glob("*.tar"), reverse=True) if folder.is_dir() else []
    return [(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)) for path in files]


def rights() -> list[str]:
    """What the person may ask for."""
    return [
        _("You may have wrong data corrected (art. 16), have data erased (art. 17) or restricted (art. 18)."),
        _("You may object to processing (art. 21), and take your data elsewhere (art. 20)."),
        _("You may withdraw a consent at any time; what was done before stays lawful."),
        _("You may complain to a supervisory authority (art. 77)."),
    ]


def _held(cursor: Any, place: Place, who: privacy_rows.Whose) -> dict[str, Any] | None:
    rows = [_plain(row) for row in privacy_rows.read(cursor, place, who, MOST_ROWS)]
    if not rows:
        return None
    goal, ground = privacy_words.purpose(place.label)
    return {
        "table": place.table,
        "title": privacy_words.title(place.table),
        "purpose": goal,
        "legal_ground": ground,
        "on_erasure": str(privacy_words.FATES[privacy_rows.fate(place)]),
        "why": privacy_words.why(place),
        "rows": rows,
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _DERIVED and value not in (None, "", {}, [])}


def _elsewhere(cursor: Any, matcher: Matcher, who: privacy_rows.Whose) -> Iterator[dict[str, Any]]:
    """Mentions in documents and in other people's rows: only what is about this person."""
    for place in [*privacy_sweep.swept(), place_of("access_auditnote")]:
        found = [_about(each, matcher) for each in privacy_sweep.mentions(cursor, place, matcher, who)]
        if found:
            yield {"table": place.table, "title": privacy_words.title(place.table), "found": found[:MOST_ROWS]}


def _about(found: privacy_sweep.Found, matcher: Matcher) -> dict[str, Any]:
    if found.place.unnamed:
        return {name: value for name, value in found.values.items() if name in found.place.personal.fields}
    if found.place.nobodys:
        told = {
            name: parts(value, matcher) for name, value in found.values.items() if name in found.place.personal.fields
        }
        whole = any(pruned(value, matcher) is WHOLE for value in found.values.values())
        content = {name: found.values[name] for name in told}
        return content if whole else {name: value for name, value in told.items() if value}
    texts = {name: [leaf for leaf in leaves(value) if matcher.hit(leaf)] for name, value in found.values.items()}
    return {name: value for name, value in texts.items() if value}


def parts(value: Any, matcher: Matcher) -> list[Any]:
    """The parts of a shared document that are about the person."""
    if pruned(value, matcher) is WHOLE:
        return [value]
    if isinstance(value, list):
        return [part for each in value for part in parts(each, matcher)]
    if isinstance(value, dict):
        named = [{name: each} for name, each in value.items() if matcher.hit(str(name))]
        rest = [each for name, each in value.items() if not matcher.hit(str(name))]
        return named + [part for each in rest for part in parts(each, matcher)]
    return []


def _audit(objects: list[str]) -> list[dict[str, Any]]:
    lines = [line for each in objects[:1_000] for line in access.audit_lines(object=each, limit=500)]
    return [
        {"at": line.at.isoformat(), "verb": line.verb, "about": line.object_kind, "detail": line.detail}
        for line in sorted(lines, key=lambda line: line.seq)
    ]


def _join(join: JoinView) -> dict[str, Any]:
    return {"profile": str(join.loser_id), "name": join.loser, "by": join.policy, "at": join.created_at.isoformat()}


def _origins(held: list[dict[str, Any]]) -> set[Any]:
    return {row["origin_id"] for section in held for row in section["rows"] if row.get("origin_id")}
