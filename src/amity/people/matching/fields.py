"""What of a person or company is compared, in normal form, and the keys by which those like it are looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b

from amity.people.matching.columns import normal
from amity.people.matching.mailboxes import PUBLIC_MAIL, ROLES
from amity.people.matching.nicknames import families, head
from amity.people.matching.words import (
    is_patronymic,
    name_words,
    plain,
    skeleton,
    sound,
    without_legal_form,
)

Record = Mapping[str, str]
PERSON = {
    "first_name": "word", "last_name": "word", "email": "email", "phone": "phone", "city": "word",
    "birth_date": "date", "street": "phrase", "postcode": "code", "company": "phrase",
}  # fmt: skip
COMPANY = {
    "name": "phrase", "website": "code", "email": "email", "phone": "phone", "city": "word", "street": "phrase",
    "postcode": "code", "tax_number": "code",
}  # fmt: skip
FIELDS = {"person": PERSON, "company": COMPANY}
_SITE = re.compile(r"^(?:https?://)?(?:www\d?\.)?([^/:?#\s]+)")


def person(told: Record) -> dict[str, str]:
    """The compared values of a person in normal form; ``name`` is split where first and last name are not given."""
    first, last = told.get("first_name", ""), told.get("last_name", "")
    if not (first and last) and told.get("name"):
        known = split_name(told["name"])
        first, last = first or known[0], last or known[1]
    values = {**told, "first_name": first, "last_name": last}
    found = {name: normal(kind, values.get(name) or "") for name, kind in PERSON.items()}
    found["company"] = without_legal_form(found["company"]) if found["company"] else ""
    return found


def company(told: Record) -> dict[str, str]:
    """The compared values of a company in normal form: its name without legal form, the domain of its site or mail."""
    values = dict(told)
    mailed = domain_of(values.get("email", ""))
    values["website"] = site(values.get("website", "")) or mailed
    found = {name: normal(kind, values.get(name) or "") for name, kind in COMPANY.items()}
    found["name"] = without_legal_form(found["name"]) if found["name"] else ""
    return found


NORMAL = {"person": person, "company": company}


def site(text: str) -> str:
    """The domain of a website, however it is written."""
    found = _SITE.match(text.strip().lower())
    return found[1] if found and "." in found[1] else ""


def domain_of(email: str) -> str:
    """The domain of an e-mail address, unless anybody may have a mailbox there."""
    domain = email.rpartition("@")[2].strip().lower() if "@" in email else ""
    return "" if domain in PUBLIC_MAIL else domain


def split_name(text: str) -> tuple[str, str]:
    """First name and surname of a whole name: ``Kowalska, Anna``, ``Иванов Иван Иванович``, ``Anna Maria Kowalska``."""
    family, comma, given = text.partition(",")
    if comma:
        return given.strip(), family.strip()
    words = [word for word in text.split() if name_words(plain(word))]
    if len(words) < 2:
        return (text.strip(), "") if words and plain(words[0]) in families() else ("", text.strip())
    folded = [plain(word) for word in words]
    if len(words) == 3 and is_patronymic(folded[2]):
        return words[1], words[0]
    if len(words) == 2 and folded[1] in families() and folded[0] not in families():
        return words[1], words[0]
    return words[0], words[-1]


def keys_of(kind: str, values: Record) -> list[int]:
    """Hashes (signed, 64 bits) of what those like this profile are likely to have in common with it."""
    texts = _person_keys(values) if kind == "person" else _company_keys(values)
    return sorted({_hashed(f"{kind[0]}{text}") for text in texts})


def _person_keys(values: Record) -> Iterator[str]:
    first, last = _sounding(values["first_name"]), _sounding(values["last_name"])
    names = sorted(name for name in (first, last) if name)
    if len(names) == 2:
        yield f"n{names[0]} {names[1]}"
    yield from _reachable(values)
    born = values["birth_date"]
    if born:
        yield f"b{born}"
    for name in names:
        for mark, field in (("b", "birth_date"), ("z", "postcode"), ("c", "city"), ("f", "company")):
            if values[field]:
                yield f"2{mark}{name} {_loose(field, values[field])}"
    if values["street"] and values["postcode"]:
        yield f"a{_loose('street', values['street'])} {values['postcode']}"


def _company_keys(values: Record) -> Iterator[str]:
    words = sorted(values["name"].split(), key=lambda word: (-len(word), word))
    if words:
        yield "n" + " ".join(sorted(sound(word)[:5] for word in words[:2]))
        yield f"w{sound(words[0])[:7]}"
        joined = "".join(values["name"].split())
        yield f"j{skeleton(joined)[:8]}"
    yield from _reachable(values)
    for field, mark in (("website", "s"), ("tax_number", "t")):
        if values[field]:
            yield f"{mark}{values[field]}"
    if values["street"] and values["postcode"]:
        yield f"a{_loose('street', values['street'])} {values['postcode']}"


def _reachable(values: Record) -> Iterator[str]:
    local = values["email"].partition("@")[0]
    if values["email"]:
        yield f"e{values['email']}"
    if len(local) > 4 and local not in ROLES:
        yield f"l{local}"
    if values["phone"]:
        yield f"p{values['phone'][-7:]}"


def _sounding(name: str) -> str:
    return skeleton(head(name_words(name)[0]))[:6] if name else ""


def _loose(field: str, value: str) -> str:
    if field == "birth_date":
        return "".join(sorted(value))
    if field == "city":
        return skeleton(value.split(maxsplit=1)[0])[:6]
    if field in ("street", "company"):
        longest = sorted(value.split(), key=lambda word: (-len(word), word))[:2]
        return " ".join(sorted(sound(word)[:5] for word in longest))
    return value


def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
