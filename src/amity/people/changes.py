"""Changing profiles by hand: create, edit, and the same change to many rows; with history, audit and undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.events import api as events
from amity.people import company_holders, finding, golden_ends, segments_live
from amity.people.golden import MANUAL
from amity.people.merge_groups import bump
from amity.people.models import Company, Identifier, LeadStatus, Person, TraitChange
from amity.people.profiles import get_company, told_name
from amity.people.renaming import renamed

PERSON_KIND, COMPANY_KIND = "people.change", "companies.change"
PERSON_EDITABLE = (
    "given_name", "family_name", "middle_name", "display_name", "email", "phone", "job_title", "company_id", "city",
    "country", "language", "source", "lead_status", "owner_id",
)  # fmt: skip
COMPANY_EDITABLE = (
    "name", "domain", "industry", "city", "country", "phone", "email", "employees", "revenue_minor", "currency",
    "founded_year", "parent_id", "owner_id",
)  # fmt: skip
MAX_TRAITS = 300
_QUIET = frozenset(("search", "updated_at", "origins", "team_id", "lead_created_at", "lead_decided_at", "display_name"))
_IDENTIFYING = ("email", "phone")


def create_person(
    principal: access.Principal, values: Mapping[str, Any], traits: Mapping[str, Any] | None = None
) -> UUID:
    """A new person, owned by their maker unless ``values`` say otherwise. Audited."""
    access.require(principal, "people.edit")
    known = _seen(principal, _known(values, PERSON_EDITABLE))
    person = Person(**_clean_person(known, None), traits=dict(traits or {}))
    if not told_name(undo.state_of(person)) or not any((person.display_name, person.email, person.phone)):
        raise Refused("person_nameless", _("Give at least a name, an e-mail address or a phone number."))
    _own(person, principal, "owner_id" in values)
    _lead_times(person)
    with transaction.atomic():
        person.search = finding.person_search(undo.state_of(person), _company_name(person.company_id))
        person.save(force_insert=True)
        _identify([person])
        access.record(principal, "create", "person", person.id)
        events.publish("person.created", person.id, {"id": str(person.id)})
        segments_live.follow({person.id: {"person:new"}})
    return person.id


def create_company(
    principal: access.Principal, values: Mapping[str, Any], traits: Mapping[str, Any] | None = None
) -> UUID:
    """A new company, owned by its maker unless ``values`` say otherwise. Audited."""
    access.require(principal, "people.edit")
    known = _seen(principal, _known(values, COMPANY_EDITABLE))
    company = Company(**_clean_company(known), traits=dict(traits or {}))
    if not company.name:
        raise Refused("company_nameless", _("Give the company a name."))
    _own(company, principal, "owner_id" in values)
    with transaction.atomic():
        company.search = finding.company_search(undo.state_of(company))
        company.save(force_insert=True)
        access.record(principal, "create", "company", company.id)
        events.publish("company.created", company.id, {"id": str(company.id)})
    return company.id


def change_person(
    principal: access.Principal, person_id: UUID, values: Mapping[str, Any], traits: Mapping[str, Any] | None = None
) -> UUID | None:
    """Change fields and custom fields (None removes one); returns the undo group, None when nothing changed."""
    return _change(principal, PERSON_KIND, person_id, values, traits)


def change_company(
    principal: access.Principal, company_id: UUID, values: Mapping[str, Any], traits: Mapping[str, Any] | None = None
) -> UUID | None:
    """Change fields and custom fields (None removes one); returns the undo group, None when nothing changed."""
    return _change(principal, COMPANY_KIND, company_id, values, traits)


def archive(principal: access.Principal, kind: str, profile_id: UUID, *, restore: bool = False) -> UUID | None:
    """Take a person or company out of the lists (or back in); returns the undo group."""
    return _change(principal, kind, profile_id, {"archived_at": None if restore else clock.now()}, None)


def change_many(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler, people: ``args`` has ``ids`` and ``values``. Rows out of the principal's sight are left alone."""
    return _change_many(principal, PERSON_KIND, args)


def change_many_companies(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler, companies."""
    return _change_many(principal, COMPANY_KIND, args)


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler, people: restore every value that nobody changed since."""
    _put_back(principal, PERSON_KIND, before)


def put_back_companies(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler, companies."""
    _put_back(principal, COMPANY_KIND, before)


def _change(
    principal: access.Principal,
    kind: str,
    profile_id: UUID,
    values: Mapping[str, Any],
    traits: Mapping[str, Any] | None,
) -> UUID | None:
    access.require(principal, "people.edit")
    args = {"ids": [str(profile_id)]}
    with transaction.atomic():
        rows = _rows(principal, kind, [str(profile_id)])
        if not rows:
            raise NotFound(_("This record is not here, or not among the records that you see."))
        before = _apply(principal, kind, rows, values, traits)
        return undo.note(principal, kind, args, before) if before["rows"] else None


def _change_many(principal: access.Principal, kind: str, args: dict[str, Any]) -> dict[str, Any]:
    access.require(principal, "people.bulk")
    values = dict(args["values"])
    if values.get("archived_at"):
        values["archived_at"] = clock.now()
    return _apply(principal, kind, _rows(principal, kind, args["ids"]), values, None)


def _rows(principal: access.Principal, kind: str, ids: Iterable[str]) -> list[Any]:
    rows: QuerySet[Any] = _model(kind).objects.filter(access.rows_of(principal), pk__in=ids)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _apply(
    principal: access.Principal, kind: str, rows: list[Any], values: Mapping[str, Any], traits: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Write the change, its history and its audit line; returns what `_put_back` needs."""
    editable = PERSON_EDITABLE if kind == PERSON_KIND else COMPANY_EDITABLE
    wanted = _seen(principal, _known(values, (*editable, "archived_at")), rows)
    if "owner_id" in wanted:
        wanted["team_id"] = access.team_of(wanted["owner_id"])
    company = _company_name(wanted["company_id"]) if "company_id" in wanted else None
    remembered: dict[str, Any] = {}
    history: list[TraitChange] = []
    changed = []
    for row in rows:
        was = undo.state_of(row)
        allowed, free, kept = golden_ends.spare(principal, row, wanted, traits)
        history += kept
        _set(row, kind, allowed, free, company)
        now = undo.state_of(row)
        diff = [name for name in was if was[name] != now[name] and name != "updated_at"]
        if diff:
            _mark_manual(row, diff)
            now = undo.state_of(row)
            diff = [*diff, "origins"] if "origins" not in diff else diff
            changed.append(row)
            golden_ends.end(principal, row.pk, was["origins"], row.origins)
            remembered[str(row.pk)] = {
                "was": {n: undo.plain(was[n]) for n in diff},
                "now": {n: undo.plain(now[n]) for n in diff},
            }
            history += _history(principal, kind, row.pk, was, now, diff)
    TraitChange.objects.bulk_create(history)
    if changed:
        fields = sorted({name for each in remembered.values() for name in each["was"]} | {"updated_at"})
        _model(kind).objects.bulk_update(changed, fields, batch_size=500)
        if kind == PERSON_KIND and set(fields) & set(_IDENTIFYING):
            _reidentify(changed, remembered)
        company_holders.stay(pk for pk, each in remembered.items() if each["was"].keys() & {"company_id", "parent_id"})
        _audit(principal, "change", kind, list(remembered), fields)
        topic = "person.updated" if kind == PERSON_KIND else "company.updated"
        events.publish_many(
            topic, ((UUID(pk), {"id": pk, "fields": sorted(each["was"])}) for pk, each in remembered.items())
        )
        if kind == PERSON_KIND:
            _follow(remembered)
    return {"rows": remembered, "history": [str(each.pk) for each in history]}


def _set(row: Any, kind: str, wanted: Mapping[str, Any], traits: Mapping[str, Any] | None, company: str | None) -> None:
    cleaned = _clean_person(wanted, row) if kind == PERSON_KIND else _clean_company(wanted)
    for name, value in cleaned.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    if traits:
        _set_traits(row, traits)
    if kind == PERSON_KIND:
        _lead_times(row)
        if set(cleaned) - {"owner_id", "team_id", "lead_status", "archived_at"}:
            name = company if company is not None else _company_name(row.company_id)
            row.search = finding.person_search(undo.state_of(row), name)
    elif set(cleaned) - {"owner_id", "team_id", "archived_at"}:
        row.search = finding.company_search(undo.state_of(row))


def _set_traits(row: Any, traits: Mapping[str, Any]) -> None:
    values, origins = dict(row.traits), dict(row.origins)
    for name, value in traits.items():
        if value is None:
            values.pop(name, None)
            origins.pop(name, None)
        elif values.get(name) != value:
            values[name] = value
            origins[name] = [MANUAL, clock.now().isoformat()]
    if len(values) > MAX_TRAITS:
        raise Refused("too_many_traits", _("A profile holds at most %(n)s custom fields.") % {"n": MAX_TRAITS})
    row.traits, row.origins = values, origins


def _mark_manual(row: Any, names: list[str]) -> None:
    """Columns changed by hand carry their own source and age."""
    mark = [MANUAL, clock.now().isoformat()]
    row.origins = row.origins | {
        name: mark for name in names if name not in _QUIET and name not in ("traits", "archived_at")
    }


def _history(
    principal: access.Principal, kind: str, pk: UUID, was: Mapping[str, Any], now: Mapping[str, Any], diff: list[str]
) -> list[TraitChange]:
    pairs = [(name, was[name], now[name]) for name in diff if name not in _QUIET and name != "traits"]
    old, new = was["traits"], now["traits"]
    pairs += [(name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name)]
    profile = "person" if kind == PERSON_KIND else "company"
    return [
        TraitChange(
            profile_kind=profile,
            profile_id=pk,
            name=name[:120],
            before=undo.plain(a),
            after=undo.plain(b),
            actor_id=principal.staff_id,
        )
        for name, a, b in pairs
    ]


def _put_back(principal: access.Principal, kind: str, before: dict[str, Any]) -> None:
    model = _model(kind)
    restored, fields = [], {"updated_at"}
    for row in model.objects.filter(pk__in=list(before["rows"])).select_for_update(of=("self",)):
        was, now = before["rows"][str(row.pk)]["was"], before["rows"][str(row.pk)]["now"]
        current = undo.state_of(row)
        for name, value in was.items():
            if undo.plain(current[name]) == now[name]:
                setattr(row, name, model._meta.get_field(name).to_python(value))
                fields.add(name)
        if "updated_at" not in was or undo.plain(current["updated_at"]) != now["updated_at"]:
            row.updated_at = clock.now()  # else nothing happened since, and it is as if nothing ever had
        restored.append(row)
    model.objects.bulk_update(restored, sorted(fields), batch_size=500)
    TraitChange.objects.filter(pk__in=before["history"]).delete()
    if kind == PERSON_KIND and fields & set(_IDENTIFYING):
        turned = {pk: {"was": each["now"], "now": each["was"]} for pk, each in before["rows"].items()}
        _reidentify(restored, turned)
    if kind == PERSON_KIND:
        _follow(before["rows"])
    _audit(principal, "undo", kind, list(before["rows"]), sorted(fields))


def _follow(rows: Mapping[str, Any]) -> None:
    """Segments follow what was changed by hand."""
    changed = {}
    for pk, each in rows.items():
        was, now = each["was"], each["now"]
        old, new = was.get("traits") or {}, now.get("traits") or {}
        traits = {f"trait:{name}" for name in {**old, **new} if old.get(name) != new.get(name)}
        changed[UUID(pk)] = traits | {f"field:{name}" for name in was if name not in ("traits", "origins", "search")}
    segments_live.follow(changed)


def _identify(people: Iterable[Person]) -> None:
    """Make the e-mail and phone of each person an identifier."""
    found = [
        Identifier(person=person, kind=kind, value=value, origin_id=None)
        for person in people
        for kind, value in (("email", finding.normal_email(person.email)), ("phone", person.phone))
        if value
    ]
    Identifier.objects.bulk_create(found, ignore_conflicts=True)


def _reidentify(people: list[Any], remembered: Mapping[str, Any]) -> None:
    """Drop the identifiers that a correction replaced, add the new ones."""
    gone = Q(pk__in=[])
    for pk, each in remembered.items():
        for kind in _IDENTIFYING:
            if each["was"].get(kind):
                gone |= Q(person_id=pk, kind=kind, value=each["was"][kind])
    if Identifier.objects.filter(gone).delete()[0]:
        with connection.cursor() as cursor:
            bump(cursor)  # what pipelines remember as claimed may be claimed anew
    _identify(people)


def _clean_person(values: Mapping[str, Any], row: Person | None) -> dict[str, Any]:
    cleaned = _trimmed(values)
    country = str(cleaned.get("country") or (row.country if row else ""))
    if "email" in cleaned:
        cleaned["email"] = finding.normal_email(cleaned["email"])
    if "phone" in cleaned:
        cleaned["phone"] = finding.normal_phone(cleaned["phone"], country)
    named = [name for name in ("given_name", "family_name") if name in cleaned]
    if named and "display_name" not in cleaned:
        parts = (cleaned.get(n, getattr(row, n, "") if row else "") for n in ("given_name", "family_name"))
        cleaned["display_name"] = " ".join(part for part in parts if part)
    if cleaned.get("lead_status", LeadStatus.NONE) not in LeadStatus.values:
        raise Refused("bad_lead_status", _("A lead is open, converted, lost or not a lead."))
    return cleaned


def _clean_company(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = _trimmed(values)
    if "email" in cleaned:
        cleaned["email"] = finding.normal_email(cleaned["email"])
    if "phone" in cleaned:
        cleaned["phone"] = finding.normal_phone(cleaned["phone"], str(cleaned.get("country") or ""))
    if "domain" in cleaned:
        cleaned["domain"] = (
            cleaned["domain"].lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").strip("/")
        )
    return cleaned


def _trimmed(values: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    if "country" in cleaned:
        cleaned["country"] = (cleaned["country"] or "").upper()[:2]
    return cleaned


def _lead_times(person: Person) -> None:
    """An open lead began some time, a decided one ended some time; times already known stay."""
    if person.lead_status != LeadStatus.NONE and person.lead_created_at is None:
        person.lead_created_at = clock.now()
    if person.lead_status in (LeadStatus.CONVERTED, LeadStatus.LOST):
        person.lead_decided_at = person.lead_decided_at or clock.now()
    else:
        person.lead_decided_at = None


def _own(row: Person | Company, principal: access.Principal, given: bool) -> None:
    if not given:
        row.owner_id = principal.staff_id
    row.team_id = access.team_of(row.owner_id)


def _audit(principal: access.Principal, verb: str, kind: str, ids: list[str], fields: list[str]) -> None:
    noun = "person" if kind == PERSON_KIND else "company"
    subject = ids[0] if len(ids) == 1 else f"{len(ids)} records"
    access.record(principal, verb, noun, subject, {"fields": fields, "ids": ids[:500]})
    live.tell(noun, ids)
    if noun == "company" and verb in ("change", "undo") and "name" in fields:
        renamed(ids)


def _company_name(company_id: UUID | str | None) -> str:
    return Company.objects.filter(pk=company_id).values_list("name", flat=True).first() or "" if company_id else ""


def _known(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    unknown = set(values) - set(names)
    if unknown:
        raise Refused("unknown_field", _("Unknown field: %(name)s") % {"name": ", ".join(sorted(unknown))})
    cleaned = dict(values)
    for name in ("owner_id", "company_id", "parent_id"):
        if name in cleaned:
            given = cleaned[name]
            cleaned[name] = read_id(given) if given else None
            if given and cleaned[name] is None:
                raise Refused("bad_reference", _("This is not the id of a record: %(name)s") % {"name": name})
    return cleaned


def _seen(principal: access.Principal, wanted: dict[str, Any], rows: Iterable[Any] = ()) -> dict[str, Any]:
    """``wanted``, once the companies it names are among those that the principal sees, or are there already."""
    for name in ("company_id", "parent_id"):
        company_id = wanted.get(name)
        if company_id and {getattr(row, name) for row in rows} != {company_id}:
            get_company(principal, company_id)
    return wanted


def _model(kind: str) -> Any:
    return Person if kind == PERSON_KIND else Company
