"""What a mail's signature says about its writer: job title, phone, company, website. Text in, proposals out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberFormat

from amity.access import api as access
from amity.base.errors import Refused
from amity.people.golden import is_fixed
from amity.people.matching.words import fold
from amity.people.models import Correction, Person
from amity.people.profiles import get_person
from amity.people.quality_case import LEGAL
from amity.people.quality_kinds import Found, Row
from amity.people.quality_scan import store
from amity.people.quality_world import company_key, find_company

_MOST = 20_000
_LINES = 14
_CLOSING = re.compile(
    r"(?i)^\W*(?:-- ?$|best( regards)?|kind regards|regards|sincerely|cheers|thanks|mit freundlichen grüßen|"
    r"freundliche grüße|viele grüße|beste grüße|mfg|z poważaniem|pozdrawiam|pozdrowienia|с уважением|с наилучшими)"
)
_QUOTED = re.compile(r"(?i)^\s*(?:>|on .+ wrote:|am .+ schrieb|dnia .+ napisał|.+ пишет:|-{3,} ?original)")
_MOBILE = re.compile(r"(?i)\b(?:mobile|mobil|mob|cell|handy|kom|tel\.? kom|моб|м)\b")
_FAX = re.compile(r"(?i)\b(?:fax|faks|факс)\b")
_TITLE = re.compile(
    r"(?i)\b(?:ceo|cto|cfo|coo|head of|director|manager|officer|engineer|developer|consultant|assistant|specialist|"
    r"analyst|owner|founder|partner|buyer|president|lead|geschäftsführer(?:in)?|leiter(?:in)?|vertrieb|einkauf|"
    r"einkäufer(?:in)?|sachbearbeiter(?:in)?|inhaber(?:in)?|prokurist(?:in)?|assistenz|prezes|dyrektor(?:ka)?|kierownik|"
    r"kierowniczka|specjalist(?:a|ka)|właściciel(?:ka)?|księgow[ya]|handlowiec|asystent(?:ka)?|директор|менеджер|"
    r"руководитель|начальник|специалист|бухгалтер|инженер|секретарь|закупк\w+|генеральн\w+)\b"
)
_SITE = re.compile(r"(?i)\b(?:https?://)?(?:www\.)?([a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,})(?=[/\s]|$)")


@dataclass(frozen=True, slots=True)
class Signature:
    """What was read; empty where nothing was."""

    job_title: str = ""
    phone: str = ""
    company: str = ""
    website: str = ""


def parse(text: str, country: str = "") -> Signature:
    """The signature at the end of a mail. ``country``: of numbers without a country code."""
    lines = _signature_lines(text[-_MOST:])
    phones = [(line, number) for line in lines if not _FAX.search(line) and (number := _number(line, country))]
    mobile = next((number for line, number in phones if _MOBILE.search(line)), "")
    title = next((line for line in lines if _is_title(line)), "")
    company = next((line for line in lines if _is_company(line)), "")
    site = next((found[1] for line in lines if "@" not in line and (found := _SITE.search(line))), "")
    return Signature(title.strip(" ,|•·")[:160], mobile or (phones[0][1] if phones else ""), company.strip(" ,|"), site)


def from_signature(principal: access.Principal, person_id: UUID, text: str) -> list[UUID]:
    """Propose for the person's empty fields what their signature says; ids of the proposals. Nothing is overwritten."""
    access.require(principal, "people.edit")
    person = get_person(principal, person_id)
    if len(text) > _MOST:
        raise Refused("signature_long", f"At most {_MOST} characters.")
    told = parse(text, person.country)
    found = []
    for field, value in (("job_title", told.job_title), ("phone", told.phone)):
        if value and not getattr(person, field) and not is_fixed(person.origins.get(field)):
            found.append(_gap(field, "", value, 0.85))
    if told.company and person.company_id is None:
        known = find_company(company_key(told.company))
        if known:
            found.append(_gap("company_id", None, str(known), 0.85))
    origin = Person.objects.values_list("origin_id", flat=True).get(pk=person_id)
    row = Row(person_id, {"origin_id": origin}, {}, "signature")
    marks = store("person", row, found)
    rows = Correction.objects.filter(fingerprint__in=marks, state=Correction.State.PROPOSED)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _gap(field: str, empty: str | None, value: str, sure: float) -> Found:
    kind = f"gap_{field.removesuffix('_id')}"
    return Found(kind, field, {field: empty}, {field: value}, ("gap_signature", {}), sure)


def _signature_lines(text: str) -> list[str]:
    """The lines below the closing words, else the last few, without what is quoted from other mails."""
    own: list[str] = []
    for line in text.splitlines():
        if _QUOTED.match(line):
            break
        own.append(line.strip())
    closings = [at for at, line in enumerate(own) if _CLOSING.match(line) and len(line) < 40]
    begin = closings[-1] + 1 if closings else max(0, len(own) - _LINES)
    parts = [part.strip() for line in own[begin : begin + _LINES] for part in re.split(r"\s[|•·]\s", line)]
    return [part for part in parts if part]


def _number(line: str, country: str) -> str:
    for found in phonenumbers.PhoneNumberMatcher(line, country or None):
        return phonenumbers.format_number(found.number, PhoneNumberFormat.E164)
    return ""


def _is_title(line: str) -> bool:
    other = re.search(r"\d{3}|@|www\.", line) or _is_company(line)
    return len(line) <= 80 and bool(_TITLE.search(line)) and not other


def _is_company(line: str) -> bool:
    words = line.casefold().replace(",", " ").split()
    legal = [word for word in words if word in LEGAL or word in ("z", "o.o.")]
    return 1 < len(words) <= 9 and bool(legal) and len(legal) < len(words) and "@" not in line and bool(fold(line))
