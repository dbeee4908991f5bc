"""What this base says about itself, for detectors: how names are spelt, which domains and companies exist."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from amity.base import clock
from amity.base.plain import normal
from amity.base.searching import prefix_query
from amity.people.matching.words import fold, plain, without_legal_form
from amity.people.models import Company, Import, ImportFile
from amity.people.quality_case import shape
from amity.people.quality_email import PUBLIC, Domains
from amity.people.quality_names import NameSense, address_order

MANUAL, TOLD = "manual", "events"  # sources that are no imports
LISTED = "archived_at IS NULL AND merged_into_id IS NULL AND NOT anonymous"
_MOST_COMPANIES = 400_000
_MOST_NAMES = 400_000
_BIRTH = re.compile(r"birth|born|\bdob\b|geburt|geboren|urodz|рожд", re.IGNORECASE)
_MEANINGS = {
    "email": "email,e mail,e mail address,mail,email address,почта,эл почта,электронная почта,adres email,adres e mail",
    "phone": "phone,telephone,tel,mobile,mobile phone,cell,phone number,telefon,handy,mobil,telefon komórkowy,komórka,"
    "телефон,мобильный,моб телефон,numer telefonu,telefonnummer,rufnummer",
    "job_title": "job title,title,position,role in company,stanowisko,funkcja,должность,position im unternehmen,beruf",
    "city": "city,town,ort,stadt,miasto,miejscowość,город",
    "country": "country,land,kraj,страна",
    "company": "company,company name,firma,firm,unternehmen,organisation,organization,компания,организация,employer",
}
_WORDS = {normal(word): name for name, words in _MEANINGS.items() for word in words.split(",")}


@dataclass(slots=True)
class World:
    """One look at the base. ``headings``: custom field → what it means; ``births``: those that hold dates of birth."""

    today: date
    domains: Domains = field(default_factory=Domains)
    sense: NameSense = field(default_factory=lambda: NameSense({}, {}))
    given_spelt: Mapping[str, str] = field(default_factory=dict)
    family_spelt: Mapping[str, str] = field(default_factory=dict)
    words_spelt: Mapping[str, str] = field(default_factory=dict)  # of company names
    first_leads: float = 1.5
    companies: Mapping[str, UUID | None] = field(default_factory=dict)  # folded name → the one of that name
    domain_company: Mapping[str, UUID] = field(default_factory=dict)
    company_names: Mapping[UUID, str] = field(default_factory=dict)
    cities: Mapping[str, str] = field(default_factory=dict)  # folded city → country where nearly all say so
    headings: Mapping[str, str] = field(default_factory=dict)
    births: frozenset[str] = frozenset()
    crowded: frozenset[str] = frozenset()  # days on which far too many were born


def read() -> World:
    """The base as it is now. 8–10 queries, each one pass; about 6 s at a million people."""
    headings, births = _headings()
    with connection.cursor() as cursor:
        given, family = _names(cursor, "given_name"), _names(cursor, "family_name")
        by_key, names = companies(cursor)
        sense = NameSense(_folded(given), _folded(family))
        return World(
            today=clock.today(),
            domains=_domains(cursor),
            sense=sense,
            given_spelt=_spelt(given),
            family_spelt=_spelt(family),
            words_spelt=_spelt(Counter(names.values())),
            first_leads=_first_leads(cursor, sense),
            companies=by_key,
            company_names=names,
            domain_company=_domain_company(cursor),
            cities=_cities(cursor),
            headings=headings,
            births=births,
            crowded=_crowded(cursor, births),
        )


def sources() -> dict[str, str]:
    """Origin id → the system that it came from. 2 queries."""
    found = {str(pk): system for pk, system in Import.objects.values_list("pk", "system")}
    files = ImportFile.objects.values_list("pk", "run__system")
    return found | {str(pk): system for pk, system in files}


def source_of(origin_id: Any, known: Mapping[str, str]) -> str:
    """The source that a row is counted under."""
    return known.get(str(origin_id), TOLD) if origin_id else MANUAL


def company_key(name: str) -> str:
    """A company's name as it is compared: folded, without its legal form."""
    return without_legal_form(plain(name))


def meaning(heading: str) -> str:
    """What a custom field of this name holds; empty where that is not known."""
    return _WORDS.get(normal(heading), "")


def _headings() -> tuple[dict[str, str], frozenset[str]]:
    """What the columns of imported files were taken for; and which of all custom fields hold dates of birth."""
    found: dict[str, str] = {}
    births = set()
    for mapping in ImportFile.objects.filter(noun="person").values_list("mapping", flat=True):
        for heading, target in (mapping.get("columns") or {}).items():
            if target in ("email", "phone"):
                found[heading[:200]] = target
            elif target == "custom:date" and _BIRTH.search(heading):
                births.add(heading[:200])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT k FROM (SELECT traits FROM people_person WHERE " + LISTED + " ORDER BY updated_at DESC "
            "LIMIT 20000) t, jsonb_object_keys(t.traits) k"
        )
        for (heading,) in cursor.fetchall():
            if heading not in found and meaning(heading):
                found[heading] = meaning(heading)
            if _BIRTH.search(heading):
                births.add(heading)
    return found, frozenset(births)


def _names(cursor: Any, column: str) -> Counter[str]:
    cursor.execute(
        f"SELECT {column}, count(*) FROM people_person WHERE {LISTED} AND {column} <> '' GROUP BY 1 "
        f"ORDER BY 2 DESC LIMIT {_MOST_NAMES}"
    )
    return Counter(dict(cursor.fetchall()))


def _folded(names: Mapping[str, int]) -> Counter[str]:
    """How often each word of the names is met, folded."""
    found: Counter[str] = Counter()
    for name, count in names.items():
        for word in re.split(r"[\s\-]+", fold(name)):
            found[word.strip(".'")] += count
    return found


def _spelt(names: Mapping[str, int]) -> dict[str, str]:
    """Case-folded word → the spelling that is met most often among words that somebody spelt with care."""
    counts: dict[str, Counter[str]] = {}
    for name, count in names.items():
        if shape(name) != "mixed":
            continue
        for word in name.split():
            bare = word.strip("«»\"'„“”(),")
            if any(map(str.isalpha, bare)):
                counts.setdefault(bare.casefold(), Counter())[bare] += count
    return {
        folded: best for folded, found in counts.items() if (best := found.most_common(1)[0][0]) and found[best] > 1
    }


def _domains(cursor: Any) -> Domains:
    cursor.execute(
        "SELECT lower(split_part(email, '@', 2)), count(*) FROM people_person "
        f"WHERE {LISTED} AND email LIKE '%%@%%' GROUP BY 1 HAVING count(*) > 1"
    )
    counts = dict(cursor.fetchall())
    cursor.execute("SELECT DISTINCT lower(domain) FROM people_company WHERE domain <> '' AND archived_at IS NULL")
    return Domains(counts, frozenset(row[0].removeprefix("www.") for row in cursor.fetchall()))


def _first_leads(cursor: Any, sense: NameSense) -> float:
    """Log-odds that addresses of two names begin with the given one, from up to 20,000 of them."""
    cursor.execute(
        f"SELECT given_name, family_name, email FROM people_person WHERE {LISTED} AND email LIKE '%%.%%@%%' "
        "AND given_name <> '' AND family_name <> '' LIMIT 20000"
    )
    told = Counter(address_order(*row) for row in cursor.fetchall())
    return math.log((told[1] + 4) / (told[-1] + 1)) if told[1] >= told[-1] else 0.0


def companies(cursor: Any) -> tuple[dict[str, UUID | None], dict[UUID, str]]:
    cursor.execute(
        "SELECT id, name FROM people_company WHERE archived_at IS NULL AND name <> '' "
        f"ORDER BY id LIMIT {_MOST_COMPANIES}"
    )
    found: dict[str, UUID | None] = {}
    names = dict(cursor.fetchall())
    for pk, name in names.items():
        key = company_key(name)
        found[key] = None if key in found else pk
    return found, names


def _domain_company(cursor: Any) -> dict[str, UUID]:
    """Domains that belong to one company: it says so itself, or all of three or more people there work for it."""
    cursor.execute(
        "SELECT lower(split_part(email, '@', 2)) AS d, min(company_id::text) FROM people_person "
        f"WHERE {LISTED} AND email LIKE '%%@%%' AND company_id IS NOT NULL "
        "GROUP BY 1 HAVING count(*) >= 3 AND min(company_id::text) = max(company_id::text)"
    )
    found = {domain: UUID(pk) for domain, pk in cursor.fetchall() if domain not in PUBLIC}
    cursor.execute(
        "SELECT lower(regexp_replace(domain, '^www\\.', '')), min(id::text) FROM people_company "
        "WHERE domain <> '' AND archived_at IS NULL GROUP BY 1 HAVING count(*) = 1"
    )
    return {**found, **{domain: UUID(pk) for domain, pk in cursor.fetchall() if domain not in PUBLIC}}


def _cities(cursor: Any) -> dict[str, str]:
    cursor.execute(
        "SELECT lower(city), country, count(*) FROM people_person "
        f"WHERE {LISTED} AND city <> '' AND country <> '' GROUP BY 1, 2"
    )
    counts: dict[str, Counter[str]] = {}
    for city, country, count in cursor.fetchall():
        counts.setdefault(fold(city), Counter())[country] += count
    best = {city: found.most_common(1)[0] for city, found in counts.items()}
    return {
        city: country for city, (country, count) in best.items() if count >= 4 and count >= 0.8 * counts[city].total()
    }


def _crowded(cursor: Any, births: frozenset[str]) -> frozenset[str]:
    """Days of birth that at least 20 people share, and ten times as many as the next crowded day."""
    found: set[str] = set()
    for heading in births:
        cursor.execute(
            f"SELECT left(traits ->> %s, 10), count(*) FROM people_person WHERE {LISTED} AND traits ? %s "
            "GROUP BY 1 ORDER BY 2 DESC LIMIT 6",
            [heading, heading],
        )
        rows = cursor.fetchall()
        usual = rows[-1][1] if len(rows) > 5 else 0
        found |= {day for day, count in rows if usual and count >= max(20, 10 * usual)}
    return frozenset(found)


def find_company(key: str) -> UUID | None:
    """The only company of that `company_key`; None where there is none or several. 1 query by the words of its name."""
    words = prefix_query(key)
    if not key or words is None:
        return None
    rows = Company.objects.filter(search_vector=words, archived_at=None).values_list("pk", "name")[:50]
    found = [pk for pk, name in rows if company_key(name) == key]
    return found[0] if len(found) == 1 else None
