"""What events say of people and companies, as columns and typed custom fields; which of several values holds. Pure.

Unless a policy says otherwise (see `golden`) the last value wins, by the time of the event and then by its message id,
so the order of arrival does not matter. A value that was typed in by hand, pinned or verified stays: what events say
later is kept in the history, marked as held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from amity.people.golden import MANUAL, USUAL, Candidate, Policy, is_fixed, mark_of, rank
from amity.people.identity_junk import plain_email, plain_phone
from amity.people.places import country_code, language_code

MAX_TRAITS, MAX_NAME, MAX_BYTES = 300, 120, 8_192
VERIFIED = "verified"
TEXTS = {
    "display_name": 300, "given_name": 120, "family_name": 160, "middle_name": 120, "email": 254, "phone": 40,
    "job_title": 160, "city": 120, "country": 2, "language": 8,
}  # fmt: skip
COMPANY_TEXTS = {"name": 300, "domain": 253, "industry": 120, "city": 120, "country": 2, "phone": 40, "email": 254}
TOGETHER = {"owner_id": ("team_id",), "lead_status": ("lead_created_at", "lead_decided_at")}
OTHERS = ("company_id", "source", *TOGETHER, *(name for names in TOGETHER.values() for name in names))
_FOLLOWING = frozenset(name for names in TOGETHER.values() for name in names)
_COLUMNS = frozenset((*TEXTS, *OTHERS, *COMPANY_TEXTS, "employees"))
_ALIASES = {
    "email": "email", "emailaddress": "email", "mail": "email", "phone": "phone", "phonenumber": "phone",
    "mobile": "phone", "mobilephone": "phone", "firstname": "given_name", "givenname": "given_name",
    "lastname": "family_name", "familyname": "family_name", "surname": "family_name", "middlename": "middle_name",
    "name": "display_name", "fullname": "display_name", "displayname": "display_name", "title": "job_title",
    "jobtitle": "job_title", "position": "job_title", "city": "city", "country": "country",
    "countrycode": "country", "language": "language", "locale": "language",
}  # fmt: skip
_COMPANY_ALIASES = {
    "name": "name", "website": "domain", "domain": "domain", "industry": "industry", "city": "city",
    "country": "country", "phone": "phone", "email": "email", "employees": "employees",
    "employeecount": "employees", "numberofemployees": "employees",
}  # fmt: skip
_ADDRESS = {"city": "city", "country": "country"}
_TIMES = frozenset(("createdat", "created"))
_NOTHING = frozenset(("", "null", "undefined", "none", "nan", "n/a"))
_encode = msgspec.json.Encoder(enc_hook=str).encode


class Mark(NamedTuple):
    """A value with what decides whether it holds. ``iso``: UTC, so that texts sort as times do. None: taken away."""

    iso: str
    message_id: str
    source: str
    value: Any
    verified: bool = False


class State(msgspec.Struct):
    """A profile in hand. Custom fields stand in ``values`` under ``:name``; ``origins`` by name, as in the table."""

    id: UUID
    values: dict[str, Any]
    origins: dict[str, list[Any]]
    origin_id: UUID | None = None
    observed: str = ""
    grade: str = "record"
    anonymous: bool = False
    search: str = ""
    merged_into: UUID | None = None
    policy: int = 0  # of a survivor: the version of the golden policy by which it shows its members


class Change(NamedTuple):
    """A value replaced (or, ``held``, one that a typed value keeps from being shown)."""

    name: str
    before: Any
    after: Any
    source: str
    held: bool


def said(
    traits: Mapping[str, Any], occurred_at: datetime, message_id: str, source: UUID, *, company: bool = False
) -> dict[str, Mark]:
    """What a bag of traits says, by column or ``:name``. Empty texts say nothing; null takes a value away."""
    iso, origin = occurred_at.astimezone(UTC).isoformat(), str(source)
    texts = COMPANY_TEXTS if company else TEXTS
    country = _country_in(traits)
    checked = traits.get("email_verified") is True or traits.get("emailVerified") is True
    found: dict[str, Mark] = {}
    for raw, value in _flat(traits):
        key = _key(raw, company)
        ok, plain = _plain(key, value, texts, country)
        if ok and key:
            found[key] = Mark(iso, message_id, origin, plain, checked and key == "email")
    return found


def later(into: dict[str, Mark], more: Mapping[str, Mark], policy: Policy | None = None) -> None:
    """Keep in ``into`` the mark of each name that holds: the later one unless the policy says otherwise."""
    for key, mark in more.items():
        held = into.get(key)
        if held is None or _outdoes(key, mark, held, policy):
            into[key] = mark


def apply(state: State, marks: Mapping[str, Mark], policy: Policy | None = None) -> tuple[list[Change], bool]:
    """Let ``marks`` count in ``state``; what was replaced or held back, and whether anything at all is different."""
    changes: list[Change] = []
    touched = False
    for key, mark in marks.items():
        name, before = key.lstrip(":"), state.values.get(key)
        stays, iso, message_id = stamp(state, key)
        wins = newer = (mark.iso, mark.message_id) > (iso, message_id)
        if stays or policy is not None or key == "email":
            wins = _beats(state, key, mark, policy)
        if wins and _has_room(state, key):
            touched = True
            origin = [mark.source, mark.iso, mark.message_id]
            state.origins[name] = [*origin, VERIFIED] if mark.verified else origin
            if not _same(before, mark.value):
                _put(state, key, mark.value)
                changes.append(Change(name, before, mark.value, mark.source, False))
        elif newer and not wins and _hold(state, name, iso, mark, before):
            touched = True
            changes.append(Change(name, before, mark.value, mark.source, True))
    return changes, touched


def candidate(state: State, key: str) -> Candidate | None:
    """The value of a profile with what decides whether it holds; None where nothing was said."""
    stays, iso, message_id = stamp(state, key)
    if not iso:
        return None
    origin = state.origins.get(key.lstrip(":"))
    manual = origin[0] in (None, MANUAL) if origin else stays
    source = MANUAL if manual else str(origin[0] if origin else state.origin_id)
    marks = mark_of(origin)
    return Candidate(
        state.values.get(key), source, iso, message_id, "proved" in marks, "checked" in marks, "pin" in marks,
        state.grade != "visitor", str(state.id),
    )  # fmt: skip


def stamp(state: State, key: str) -> tuple[bool, str, str]:
    """Whether only a human changes the value (typed in, pinned, verified), when it was observed, and by which message.

    Only a policy lets an event outdo what was typed.
    """
    origin = state.origins.get(key.lstrip(":"))
    if origin:
        stays = origin[0] in (None, MANUAL) or is_fixed(origin)
        return stays, origin[1] or "", origin[2] if len(origin) > 2 and origin[2] else ""
    value = state.values.get(key)
    if not _filled(value) or (key == "lead_status" and value == "none"):
        return False, "", ""
    if key == "display_name" and state.grade != "record":
        return False, "", ""  # made of the parts
    return state.origin_id is None and state.grade == "record", state.observed, ""


def golden(states: Iterable[State], policy: Policy | None = None) -> dict[str, tuple[State, Any]]:
    """Of each name the value that holds for all members together, with the member that says it.

    Pinned before verified before all else; then, unless the policy says otherwise, typed by hand, then proved, then
    what a signed-in or recorded profile says before what an anonymous visitor said, then the latest. The other values
    stay where they are.
    """
    rules = policy or USUAL
    best: dict[str, tuple[tuple[Any, ...], State, Any]] = {}
    for state in states:
        for key in state.values.keys() | {f":{name}" for name in state.origins if name not in _COLUMNS}:
            found = None if key in _FOLLOWING else candidate(state, key)
            if found is None:
                continue
            ranked = rank(found, rules.rule(key.lstrip(":")), rules)
            if key not in best or ranked > best[key][0]:
                best[key] = (ranked, state, found.value)
    return {key: (state, value) for key, (_rank, state, value) in best.items()}


def shown_name(state: State) -> str:
    """The name to show: the whole one as given, unless first or last name were learnt later."""
    values = state.values
    pinned, *whole = stamp(state, "display_name")
    if pinned:
        return str(values["display_name"])
    parts = [part for part in ("given_name", "family_name") if values[part]]
    if tuple(whole) >= max((stamp(state, part)[1:] for part in parts), default=("", "")):
        return whole_name(state)
    return " ".join(values[part] for part in parts)[:300]


def whole_name(state: State) -> str:
    """The whole name as it was given, which may not be the one that is shown; "" where none was."""
    origin = state.origins.get("display_name", ())
    if "whole" in (marks := mark_of(origin)):
        return str(marks["whole"])
    return str(state.values["display_name"]) if stamp(state, "display_name")[1] else ""


def put_name(state: State) -> None:
    """Put the name to show in its place; a whole name that is not shown is kept with its origin."""
    whole, shown = whole_name(state), shown_name(state)
    if whole != shown and (whole or "display_name" in state.origins):
        source = str(state.origin_id) if state.origin_id else MANUAL
        origin = state.origins.get("display_name") or [source, state.observed, ""]
        marks = mark_of(origin) | {"whole": whole}
        state.origins["display_name"] = [*origin[:2], origin[2] if len(origin) > 2 else "", marks]
    state.values["display_name"] = shown


def held(state: State, name: str) -> Any:
    """The latest value that events said of a name whose typed value stays; None where there is none."""
    return mark_of(state.origins.get(name)).get("held", ("", "", None))[2]


def _hold(state: State, name: str, iso: str, mark: Mark, before: Any) -> bool:
    """Keep what an event says beside the value that stays; whether that is news."""
    origin = state.origins.get(name) or [str(state.origin_id) if state.origin_id else MANUAL, iso]
    marks = mark_of(origin)
    told = marks.get("held", ["", "", before])
    if (mark.iso, mark.message_id) <= (max(iso, told[0]), told[1]) or _same(told[2], mark.value):
        return False
    held_back = marks | {"held": [mark.iso, mark.message_id, mark.value]}
    state.origins[name] = [origin[0], origin[1], origin[2] if len(origin) > 2 else "", held_back]
    return True


def _outdoes(key: str, mark: Mark, held: Mark, policy: Policy | None) -> bool:
    if policy is None and key != "email":
        return (mark.iso, mark.message_id) > (held.iso, held.message_id)
    rules = policy or USUAL
    rule = rules.rule(key.lstrip(":"))
    return rank(_said_by(mark), rule, rules) > rank(_said_by(held), rule, rules)


def _beats(state: State, key: str, mark: Mark, policy: Policy | None) -> bool:
    """Whether what an event says holds before the value that is there."""
    there = candidate(state, key)
    if there is None:
        return True
    rules = policy or USUAL
    rule = rules.rule(key.lstrip(":"))
    return rank(_said_by(mark, there), rule, rules) > rank(there, rule, rules)


def _said_by(mark: Mark, beside: Candidate | None = None) -> Candidate:
    """What an event says, as said by the row that it is about."""
    known, row = (beside.known, beside.row) if beside else (True, "")
    return Candidate(mark.value, mark.source, mark.iso, mark.message_id, mark.verified, known=known, row=row)


def _filled(value: Any) -> bool:
    return value is not None and value != ""


def _same(before: Any, after: Any) -> bool:
    if not _filled(before) and not _filled(after):
        return True
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def _has_room(state: State, key: str) -> bool:
    return key in state.values or key[0] != ":" or len(state.values) < MAX_TRAITS + len(TEXTS)


def _put(state: State, key: str, value: Any) -> None:
    if value is not None:
        state.values[key] = value
    elif key[0] == ":":
        state.values.pop(key, None)
    else:
        state.values[key] = None if key in ("company_id", "employees") else ""


def _flat(traits: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Traits one by one: an address's parts by themselves; city and country also as fields."""
    for name, value in traits.items():
        if name == "address" and isinstance(value, Mapping):
            for part, inner in value.items():
                yield (part if part in _ADDRESS and part not in traits else f"address_{part}"), inner
        elif name == "company" and isinstance(value, Mapping):
            yield "company", value.get("name")
        else:
            yield name, value


def _country_in(traits: Mapping[str, Any]) -> str:
    address = traits.get("address")
    said_country = traits.get("country") or (address.get("country") if isinstance(address, Mapping) else "")
    return country_code(said_country) if isinstance(said_country, str) and said_country else ""


@lru_cache(maxsize=16_384)
def _key(raw: str, company: bool) -> str:
    """The column, or ``:name`` of a custom field; "" for a name that is no name."""
    name = raw.strip()[:MAX_NAME]
    plain = "".join(char for char in name.lower() if char.isalnum())
    aliases = _COMPANY_ALIASES if company else _ALIASES
    return aliases.get(plain, f":{name}" if name else "")


def _plain(key: str, value: Any, texts: Mapping[str, int], country: str) -> tuple[bool, Any]:
    """Whether the value says anything, and its plain form."""
    if value is None:
        return True, None
    if key in texts:
        return _plain_text(key, value, texts[key], country)
    if key == "employees":
        return (True, value) if isinstance(value, int) and 0 <= value < 2**31 and value is not True else (False, None)
    if isinstance(value, str):
        text = value.strip()
        if "".join(c for c in key.lower() if c.isalnum()) in _TIMES:
            text = _moment(text) or text
        return bool(text), text[:MAX_BYTES]
    if isinstance(value, dict | list):
        return len(_encode(value)) <= MAX_BYTES, value
    return True, value


def _plain_text(key: str, value: Any, most: int, country: str) -> tuple[bool, str]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False, ""
    text = str(value).strip()
    if text.lower() in _NOTHING:
        return False, ""
    if key == "email":
        text = plain_email(text)
    elif key == "phone":
        text = plain_phone(text, country) or text
    elif key == "country":
        text = country_code(text)
    elif key == "language":
        text = language_code(text)
    elif key == "domain":
        text = text.lower().split("://")[-1].removeprefix("www.").split("/")[0]
    return bool(text), text[:most]


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)).isoformat()
