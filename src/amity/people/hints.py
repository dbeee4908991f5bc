"""“This looks like …” before anything is saved: at forms, at the public API, in reports of imports.

Somebody whom the reader may not see is only said to be there, with the owner to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.searching import prefix_query
from amity.people import duplicates_live, duplicates_models
from amity.people.duplicates_evidence import Evidence
from amity.people.duplicates_review import FIELDS, LEVELS
from amity.people.finding import normal_email, normal_phone
from amity.people.models import LISTED, Company, Identifier, Person
from amity.people.profiles import NAME_FIELDS, told_name
from amity.people.quality_world import company_key

MOST = 5
_LOOKED_AT = 50  # companies whose name begins alike
_SAYING = ("same", "alike", "close")
PERSON_ASKED = {
    "given_name": "first_name", "family_name": "last_name", "email": "email", "phone": "phone", "city": "city",
    "company": "company", "display_name": "name",
}  # fmt: skip
COMPANY_ASKED = {"name": "name", "domain": "website", "email": "email", "phone": "phone", "city": "city"}


@dataclass(frozen=True, slots=True)
class Hint:
    """Somebody who may be the same. ``id`` None: the reader does not see them; ``owner``: whom to ask.

    ``probability`` 0–1; ``certain``: so sure that a policy would merge; ``why``: what is alike, in words.
    """

    id: UUID | None
    name: str
    probability: float
    certain: bool
    why: str
    owner: str


def similar(
    principal: access.Principal, typed: Mapping[str, Any], kind: str = "person", exclude: Collection[UUID] = ()
) -> list[Hint]:
    """Who may be the same as what is typed (fields of the form, company by name), the likeliest first; at most five.

    Whoever has exactly this e-mail or phone counts also before the matcher has seen them. About 8 queries.
    """
    asked = COMPANY_ASKED if kind == "company" else PERSON_ASKED
    record = {name: str(typed.get(field) or "").strip() for field, name in asked.items()}
    if not any(record[name] for name in record if name != "city"):
        return []
    found = {each.id: each for each in duplicates_live.like(record, kind, MOST, exclude)}
    if kind == "company":
        found |= {each.id: each for each in _named(record["name"]) if each.id not in {*exclude, *found}}
    exact = [pk for pk in _exact(record, kind) if pk not in found and pk not in exclude]
    rows = _rows(kind, [*found, *exact])
    owners = access.staff_names([UUID(int=0), *(row["owner_id"] for row in rows.values())])
    hints = [_hint(principal, kind, rows[pk], owners, found.get(pk)) for pk in [*exact, *found] if pk in rows]
    return hints[:MOST]


def settled(found: Iterable[Hint], on_duplicate: str) -> UUID | None:
    """What to do about somebody who certainly is the same: their id to answer with, None to make a new one.

    Raises ``Refused("duplicate")`` for ``refuse``, and for ``return`` where the reader does not see them.
    """
    known = next((each for each in found if each.certain), None)
    if known is None or on_duplicate == "create":
        return None
    if on_duplicate == "return" and known.id:
        return known.id
    if known.id:
        raise Refused("duplicate", _("This is certainly {name}, who is here already.").format(name=known.name), 409)
    if known.owner:
        raise Refused("duplicate", _("This is somebody you do not see. Ask {name}.").format(name=known.owner), 409)
    raise Refused("duplicate", _("This is somebody you do not see. Ask an administrator."), 409)


def _hint(
    principal: access.Principal, kind: str, row: Mapping[str, Any], owners: Mapping[UUID, str], likeness: Any
) -> Hint:
    owner = owners.get(row["owner_id"], "")
    probability = likeness.probability if likeness else 1.0
    certain = likeness is None or probability >= duplicates_models.CERTAIN
    if not access.sees(principal, row["owner_id"], row["team_id"]):
        return Hint(None, _("Somebody you cannot see"), probability, certain, "", owner)
    name = row["name"] if kind == "company" else told_name(row)
    why = _why(likeness.evidence) if likeness else _("the same e-mail address or phone number")
    return Hint(row["pk"], name, probability, certain, why, owner)


def _why(evidence: Iterable[Evidence]) -> str:
    """What is alike: "E-mail the same, Last name similar"."""
    saying = [one for one in evidence if one.weight > 0 and one.level in _SAYING]
    return ", ".join(f"{FIELDS.get(one.field, one.field)} {LEVELS[one.level]}" for one in saying[:4])


def _exact(record: Mapping[str, str], kind: str) -> list[UUID]:
    """Profiles with exactly this e-mail or phone. 1 query."""
    email, phone = normal_email(record["email"]), normal_phone(record["phone"])
    if kind == "company":
        keys = Q(pk__in=[]) | (Q(email__iexact=email) if email else Q(pk__in=[]))
        rows = Company.objects.filter(keys | (Q(phone=phone) if phone else Q(pk__in=[])), archived_at=None)
        return list(rows.values_list("pk", flat=True)[:MOST])
    keys = Q(kind="email", value=email) if email else Q(pk__in=[])
    keys |= Q(kind="phone", value=phone) if phone else Q(pk__in=[])
    same = Identifier.objects.filter(keys).values(found=Coalesce("person__merged_into_id", "person_id"))
    return list(Person.objects.filter(LISTED, pk__in=same).values_list("pk", flat=True)[:MOST])


def _named(name: str) -> list[duplicates_live.Likeness]:
    """Companies of the same name but for case and legal form: worth a look, whatever else is typed. 1 query."""
    key = company_key(name)
    words = prefix_query(key)
    if not key or words is None:
        return []
    rows = Company.objects.filter(search_vector=words, archived_at=None).values_list("pk", "name")[:_LOOKED_AT]
    same = [(pk, known) for pk, known in rows if company_key(known) == key]
    return [
        duplicates_live.Likeness(pk, known, duplicates_models.REVIEW, (Evidence("name", name, known, "same", 1.0),))
        for pk, known in same[:MOST]
    ]


def _rows(kind: str, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Names and owners. 1 query, always."""
    wanted = list(ids) or [UUID(int=0)]
    found: Any
    if kind == "company":
        found = Company.objects.filter(pk__in=wanted).values("pk", "name", "owner_id", "team_id")
    else:
        found = Person.objects.filter(pk__in=wanted).values("pk", "owner_id", "team_id", *NAME_FIELDS)
    return {row["pk"]: row for row in found}
