"""Signals about single values, as events tell them: bounced mail, dead phones, people who left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.base.ids import new_id
from amity.people.imports.keys import UUID7
from amity.people.models import ValueMark

BOUNCED, DEAD, LEFT, CONFIRMED = "bounced", "dead_phone", "left_company", "confirmed"
ABOUT = {BOUNCED: ("email",), DEAD: ("phone",), LEFT: ("email", "company_id", "job_title")}
FIELDS = ("email", "phone", "company_id", "job_title", "city")
LABELS = {
    BOUNCED: _("mail came back"),
    DEAD: _("the number is dead"),
    LEFT: _("left the company"),
    CONFIRMED: _("confirmed"),
}
_BOUNCE = r"bounce|undeliver|mail delivery failed|unzustellbar|niedostarczon|не доставлен"
_SOFT = r"^4\d\d|mailbox full|temporar|soft|transient"
_DEAD = (
    r"not in service|disconnected number|invalid number|wrong number|number does not exist|kein anschluss|"
    r"nie ma takiego numeru|numer nie istnieje|номер не существует|неверный номер|не обслуживается"
)
_LEFT = (
    r"no longer (?:work|with|employed)|has left the company|left the company|"
    r"nicht mehr (?:für|bei|im unternehmen)|ausgeschieden|nie pracuj[eę] już|już nie pracuj|nie pracuje w|"
    r"больше не работа|уже не работа|покинул[аи]? компанию"
)
_ADDRESS = r"[[:alnum:]._%%+-]+@[[:alnum:].-]+\.[[:alpha:]]{2,}"
_TEXT = "(e.kind || ' ' || e.name || ' ' || left(e.summary, 400))"
_INSERT = """
INSERT INTO people_value_mark (id, person_id, field, value, signal, evidence, at, created_at)
SELECT {uuid}, x.person_id, x.field, x.value, x.signal, left(x.evidence, 300), x.at, %s FROM (
    SELECT DISTINCT ON (person_id, field, signal, value) * FROM ({rows}) r
    WHERE value <> '' ORDER BY person_id, field, signal, value, at DESC) x
ON CONFLICT (person_id, field, signal, value) DO UPDATE SET at = excluded.at, evidence = excluded.evidence
WHERE excluded.at > people_value_mark.at
"""
_BASE = """
    FROM events_event e JOIN people_person m ON m.id = e.person_id
    JOIN people_person p ON p.id = coalesce(m.merged_into_id, m.id)
    WHERE e.occurred_at >= %s AND {test}
"""
_ROWS = {
    BOUNCED: "SELECT p.id AS person_id, 'email' AS field, "
    "lower(left(coalesce(substring(e.data ->> 'email' from '{a}'), substring(e.summary from '{a}'), p.email), 254)) "
    "AS value, 'bounced' AS signal, {text} AS evidence, "
    "e.occurred_at AS at",
    DEAD: "SELECT p.id AS person_id, 'phone' AS field, p.phone AS value, 'dead_phone' AS signal, {text} AS evidence, "
    "e.occurred_at AS at",
    LEFT: "SELECT p.id AS person_id, f.field, f.value, 'left_company' AS signal, {text} AS evidence, "
    "e.occurred_at AS at",
}


def read_events(since: datetime) -> int:
    """Take signals from what happened since; how many are new or newer. One pass over those events."""
    found = 0
    with connection.cursor() as cursor:
        for signal, select in _ROWS.items():
            base = _BASE.format(test=_test(signal))
            if signal == LEFT:
                fields = "(VALUES ('email', p.email), ('company_id', p.company_id::text), ('job_title', p.job_title))"
                base = base.replace("WHERE", f"CROSS JOIN LATERAL {fields} AS f (field, value) WHERE", 1)
            rows = select.format(a=_ADDRESS, text=_TEXT) + base
            cursor.execute(_INSERT.format(uuid=UUID7, rows=rows), [clock.now(), since])
            found += cursor.rowcount
    return found


def mark(
    person_id: UUID,
    field: str,
    value: str,
    signal: str,
    *,
    evidence: str = "",
    at: datetime | None = None,
    actor_id: UUID | None = None,
) -> None:
    """Another room saw something about a value (a mail came back): kept, the newest time wins. 1 query."""
    moment = at or clock.now()
    ValueMark.objects.bulk_create(
        [ValueMark(id=new_id(), person_id=person_id, field=field, value=value[:300], signal=signal,
                   evidence=evidence[:300], at=moment, actor_id=actor_id)],
        update_conflicts=True, unique_fields=["person", "field", "signal", "value"],
        update_fields=["at", "evidence", "actor_id"],
    )  # fmt: skip


def _test(signal: str) -> str:
    """Which events say so; patterns are constants of this module."""
    if signal == BOUNCED:
        return (
            f"(e.kind ~* '{_BOUNCE}' OR e.name ~* '{_BOUNCE}') AND e.summary !~* '{_SOFT}' "
            f"AND coalesce(e.data ->> 'bounce_type', e.data ->> 'type', '') !~* '{_SOFT}'"
        )
    if signal == DEAD:
        return (
            f"e.kind = 'call' AND (e.name ~* '{_DEAD}' OR e.summary ~* '{_DEAD}' OR e.data ->> 'outcome' ~* '{_DEAD}')"
        )
    return f"e.kind LIKE 'mail%%' AND e.kind <> 'mail sent' AND e.summary ~* '{_LEFT}'"
