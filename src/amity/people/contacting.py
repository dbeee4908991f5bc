"""Who writes to us: the person known by an address, number or handle, else a new one.

An address that was proved counts before one that was merely said, people who were typed in or have a user id before
visitors of a site. Only visitors claim it: a person is made, and identity decides whether those are the same.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import Refused
from amity.people import privacy_ledger
from amity.people.changes import create_person
from amity.people.identity_contacts import relink
from amity.people.identity_junk import plain_email, plain_phone
from amity.people.members import survivors
from amity.people.merge_groups import lock
from amity.people.models import Identifier

SOURCE = "conversation"
_MAX_HANDLE = 254
_KNOWN = """
SELECT coalesce(p.merged_into_id, p.id) FROM people_identifier i JOIN people_person p ON p.id = i.person_id
JOIN people_person top ON top.id = coalesce(p.merged_into_id, p.id)
WHERE i.kind = %s AND i.value = %s AND p.grade <> 'visitor'
ORDER BY top.archived_at IS NOT NULL, i.verified DESC, p.grade = 'record' DESC, i.observed_at, p.id LIMIT 1
"""


def contact(kind: str, address: str, name: str = "", language: str = "") -> UUID:
    """The profile known by an address; a new person (source "conversation") where nobody is. Audited. 2 queries.

    ``kind``: email, phone, or what a channel calls its users by (telegram, chat, …), whose ``address`` is taken as it
    is. ``name`` and ``language`` (BCP 47) are for a new person only. Two calls at once make one person. Raises
    ``Refused("bad_address")`` for what is no address.
    """
    value = _plain(kind, address)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"people.contact:{kind}:{value}"])
        known = _known(cursor, kind, value)
        return known or _made(cursor, kind, value, name, language)


def contact_known(kind: str, address: str) -> UUID | None:
    """The profile known by an address, None where nobody is. 1 query."""
    try:
        value = _plain(kind, address)
    except Refused:
        return None
    with connection.cursor() as cursor:
        return _known(cursor, kind, value)


def _plain(kind: str, address: str) -> str:
    if kind == "email":
        value = plain_email(address)
    elif kind == "phone":
        value = plain_phone(address)
    else:
        value = address.strip()[:_MAX_HANDLE]
    if not value:
        raise Refused("bad_address", _("“{value}” is no address for this channel.").format(value=address[:100]))
    return value


def _known(cursor: Any, kind: str, value: str) -> UUID | None:
    cursor.execute(_KNOWN, [kind, value])
    row = cursor.fetchone()
    return UUID(str(row[0])) if row else None


def _made(cursor: Any, kind: str, value: str, name: str, language: str) -> UUID:
    """A new person; visitors of a site that gave the same address become part of them where that is plain."""
    lock(cursor)
    own = {kind: value} if kind in ("email", "phone") else {}
    called = " ".join(name.split())[:200] or ("" if own else value)
    told = {"display_name": called, "language": language[:8], "source": SOURCE, "owner_id": None, **own}
    person_id = create_person(access.SYSTEM, told)
    if own:
        privacy_ledger.returned([(kind, value)])
        relink(cursor, [(kind, value)])
    else:
        Identifier.objects.create(person_id=person_id, kind=kind, value=value)
    return survivors([person_id], cursor)[person_id]
