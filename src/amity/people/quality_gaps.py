"""Empty fields that Amity can fill from what it already holds. A value that is there is never touched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amity.people.places import country_code
from amity.people.quality_contacts import region
from amity.people.quality_email import PUBLIC, domain_of
from amity.people.quality_kinds import Found, Row
from amity.people.quality_world import World, company_key

GAPS = ("email", "phone", "company_id", "country", "city", "job_title", "given_name")
_ROLES = (  # mailboxes of a desk, not of a person
    "info office kontakt contact sales support hello mail admin service team biuro sekretariat post "
    "zentrale buchhaltung rechnung marketing hr jobs bewerbung help noreply no-reply zakupy sklep handel "
    "kadry ksiegowosc vertrieb einkauf billing accounts shop order orders bestellung anfrage reception "
    "rezeption booking reservations webmaster"
)
_ROLE = frozenset(_ROLES.split())


def look(row: Row, world: World) -> Iterator[Found]:
    """What could stand in the empty fields of a person."""
    identifiers = row.values.get("_identifiers") or ()
    for name in ("email", "phone"):
        other = next((value for kind, value in identifiers if kind == name), "")
        if not row.text(name) and other and not _unread(row, world, name):
            yield _fill(name, other, "identifier", {"value": other}, 0.95)
    yield from _company(row, world)
    yield from _country(row)
    yield from _custom(row, world)
    yield from _name(row, world)


def _company(row: Row, world: World) -> Iterator[Found]:
    if row.values.get("company_id"):
        return
    domain = domain_of(row.text("email"))
    owner = world.domain_company.get(domain) if domain not in PUBLIC else None
    if owner:
        words = {"domain": domain, "company": world.company_names.get(owner, "")}
        yield _fill("company_id", str(owner), "domain", words, 0.95)
        return
    for heading, value in row.traits.items():
        if world.headings.get(heading) == "company" and isinstance(value, str):
            named = world.companies.get(company_key(value))
            if named:
                yield _fill("company_id", str(named), "custom_field", {"field": heading, "value": value}, 0.9)
                return


def _country(row: Row) -> Iterator[Found]:
    if row.text("country"):
        return
    there = region(row.text("phone"))
    if there:
        yield _fill("country", there, "phone_country", {"phone": row.text("phone")}, 0.93)
    elif row.text("_company_country"):
        yield _fill(
            "country", row.text("_company_country"), "company_country", {"company": row.text("_company_name")}, 0.8
        )


def _custom(row: Row, world: World) -> Iterator[Found]:
    """What a form or an event said under another name."""
    for heading, value in row.traits.items():
        name = world.headings.get(heading, "")
        if name not in ("job_title", "city", "country") or row.text(name) or not isinstance(value, str):
            continue
        meant = country_code(value) if name == "country" else value.strip()
        if meant and len(meant) <= 120:
            yield _fill(name, meant, "custom_field", {"field": heading, "value": value}, 0.85)


def _name(row: Row, world: World) -> Iterator[Found]:
    """anna.kowalska@… may be Anna Kowalska: a guess, and said so."""
    if row.text("display_name") or row.text("given_name") or row.text("family_name"):
        return
    local = row.text("email").partition("@")[0].lower()
    parts = [part for part in re.split(r"[._]", local) if part]
    if len(parts) != 2 or not all(part.isalpha() and len(part) > 1 for part in parts) or parts[0] in _ROLE:
        return
    first, last = (part.capitalize() for part in parts)
    if world.sense.leaning(last) > 0.5 and world.sense.leaning(first) < 0:
        first, last = last, first
    if world.sense.leaning(first) <= 0:
        return
    before = {"given_name": "", "family_name": ""}
    after = {"given_name": first, "family_name": last}
    yield Found("gap_name", "family_name", before, after, ("gap_address", {"email": row.text("email")}), 0.55)


def _unread(row: Row, world: World, name: str) -> bool:
    """A cell that was meant for the field and could not be read: mended there, not filled from elsewhere."""
    return any(world.headings.get(heading) == name for heading in row.traits)


def _fill(name: str, value: str, reason: str, words: dict[str, str], sure: float) -> Found:
    empty = None if name == "company_id" else ""
    kind = f"gap_{name.removesuffix('_id')}"
    return Found(kind, name, {name: empty}, {name: value}, (f"gap_{reason}", words), sure)
