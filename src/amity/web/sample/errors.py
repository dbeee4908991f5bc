"""Mistakes of typing in the export, each with what was meant; and values that only look like mistakes.

Drawn independently of whatever looks for them. Nobody gets two: the people come from those whom `plant` left clean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from amity.web.sample import names, places
from amity.web.sample.people import Person
from amity.web.sample.tables import Row

PEOPLE = {
    "email_slip": 0.014,
    "email_typed": 0.014,
    "lower_names": 0.010,
    "caps_lock_names": 0.004,
    "shouted_last_name": 0.008,
    "wrong_field": 0.020,
    "placeholder_birthday": 0.008,
    "wrong_country": 0.012,
    "decided_before_created": 0.010,
    "phone_typed": 0.012,
}
TRICKY = {
    "tricky_initials": 0.004,
    "tricky_first_names": 0.008,
    "tricky_particles": 0.008,
    "tricky_short_names": 0.004,
    "tricky_foreign_phone": 0.008,
    "tricky_birthday": 0.006,
    "tricky_address": 0.008,
    "tricky_only_first": 0.003,
}
COMPANIES = {"company_shouted": 0.05}
COMPANIES_TRICKY = {"tricky_letters": 0.04}
DEALS = {"deal_stage_slip": 0.03}


@dataclass(slots=True)
class Soil:
    """One row being soiled; what a spoiled column should say goes to ``truth``."""

    rng: Random
    row: Row
    person: Person
    today: date
    truth: Row = field(default_factory=dict)

    def spoil(self, column: str, value: str, *, known: bool = True) -> None:
        """Write a wrong value; ``known``: what was meant can be told from the rest of the export."""
        if known:
            self.truth[column] = self.row[column]
        self.row[column] = value


Maker = Callable[[Soil], None]


def slip(rng: Random, text: str) -> str:
    """A slip of the fingers: two letters exchanged, one left out, one doubled."""
    at = rng.randrange(1, len(text) - 2)
    while not text[at : at + 2].isalpha() or text[at] == text[at + 1]:
        at = rng.randrange(1, len(text) - 2)
    return rng.choice(
        (
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
        )
    )


def _email_slip(soil: Soil) -> None:
    local, domain = soil.row["Email"].split("@")
    soil.spoil("Email", f"{local}@{slip(soil.rng, domain)}")


def _email_typed(soil: Soil) -> None:
    local, domain = soil.row["Email"].split("@")
    typed = (
        f"{local}@@{domain}", f"{local} @ {domain}", f"{local}(at){domain}", f"{local}@{domain.replace('.', ',')}",
        f"{local}@{domain}..", f"{local}.@{domain}", f"{local}@.{domain}", f"{local} {domain}",
        f"e-mail: {local} @{domain}",
        f"{local}@{domain.replace('.', '..')}", f"{local}[at]{domain.replace('.', '[dot]')}",
    )  # fmt: skip
    soil.spoil("Email", soil.rng.choice(typed))


def _names(change: Callable[[str], str], *columns: str) -> Maker:
    def make(soil: Soil) -> None:
        for column in columns or ("First name", "Last name"):
            soil.spoil(column, change(soil.row[column]))

    return make


def _wrong_field(soil: Soil) -> None:
    rng, row = soil.rng, soil.row
    kind = rng.randrange(6)
    if kind == 0:
        soil.spoil("Last name", row["Email"], known=False)
        soil.spoil("Email", "")
        soil.truth |= {"Last name": ""}
    elif kind == 1:
        soil.spoil("Last name", row["Phone"], known=False)
        soil.spoil("Phone", "")
        soil.truth |= {"Last name": ""}
    elif kind == 2:
        soil.spoil("Last name", soil.person.company.name, known=False)
        soil.truth["Last name"] = ""
    elif kind == 3:
        soil.spoil("First name", f"{soil.person.given} {soil.person.family}")
        soil.spoil("Last name", "")
    elif kind == 4:
        soil.spoil("First name", f"{soil.person.family}, {soil.person.given}")
        soil.spoil("Last name", "")
    else:
        soil.spoil("Phone", row["Email"])
        soil.spoil("Email", "")
        del soil.truth["Phone"]
        row["Mobile"] = ""


def _placeholder(soil: Soil) -> None:
    soil.spoil("Birthday", "1900-01-01", known=False)
    soil.truth["Birthday"] = ""


def _wrong_country(soil: Soil) -> None:
    others = [country for country in places.COUNTRIES.values() if country != soil.row["Country"]]
    soil.row["Phone"] = soil.person.phone
    soil.spoil("Country", soil.rng.choice(others))


def _decided_before(soil: Soil) -> None:
    created = date.fromisoformat(soil.row["Lead created"][:10])
    soil.spoil("Decided at", f"{created - timedelta(days=soil.rng.randrange(3, 300))} 10:00", known=False)


def _phone_typed(soil: Soil) -> None:
    """International numbers with what fingers and spreadsheets do to them."""
    phone, prefix = soil.person.phone, places.PREFIXES[soil.person.company.language]
    rest = phone.removeprefix(f"+{prefix}")
    typed = [f"+{prefix}{prefix}{rest}", f"tel {phone[:4]}", f"{rest[:3]}", "patrz e-mail", "1234567890", "+0000000000"]
    at = soil.rng.randrange(len(typed))
    soil.row["Mobile"] = ""
    soil.spoil("Phone", typed[at], known=at == 0)
    if at == 0:
        soil.truth["Phone"] = phone


_MAKE: dict[str, Maker] = {
    "email_slip": _email_slip,
    "email_typed": _email_typed,
    "lower_names": _names(str.lower),
    "caps_lock_names": _names(str.swapcase),
    "shouted_last_name": _names(str.upper, "Last name"),
    "wrong_field": _wrong_field,
    "placeholder_birthday": _placeholder,
    "wrong_country": _wrong_country,
    "decided_before_created": _decided_before,
    "phone_typed": _phone_typed,
}
_SUITS: dict[str, Callable[[Person], bool]] = {
    "decided_before_created": lambda p: p.decided is not None,
    # Without letters that have no small or capital counterpart of their own, and long enough not to be initials.
    "shouted_last_name": lambda p: len(p.family) > 3 and p.family.upper().lower() == p.family.lower(),
    "caps_lock_names": lambda p: p.family.swapcase().swapcase() == p.family and " " not in p.family,
    "wrong_country": lambda p: p.language == p.company.language,
    "phone_typed": lambda p: p.company.language != "en",
}
_INITIALS = ("AJ", "JP", "TJ", "MJ", "CJ", "KC", "PJ")
_BOTH = (
    ("Thomas", "Martin"), ("Peter", "Walter"), ("Paul", "Frank"), ("Martin", "Lorenz"), ("Robert", "Thomas"),
    ("Simon", "Peters"), ("Anna", "Friedrich"), ("Julia", "Werner"), ("Michael", "George"), ("Laura", "James"),
)  # fmt: skip
_PARTICLES = (
    "von der Lippe", "van den Berg", "de la Cruz", "O'Neill", "McAllister", "MacLeod", "D'Angelo", "Lloyd-Webber",
    "ter Horst", "di Stefano", "Mackie", "Machado", "dos Santos", "zu Guttenberg", "DiMarco", "LeBlanc", "van Dyke",
)  # fmt: skip
_SHORT = (("Wei", "Li"), ("Bo", "Ng"), ("Jo", "Wu"), ("Ai", "Ito"), ("Ed", "Ho"), ("Al", "Ek"), ("Ida", "Ås"))


def _tricky_names(pairs: tuple[tuple[str, str], ...]) -> Maker:
    def make(soil: Soil) -> None:
        soil.row["First name"], soil.row["Last name"] = soil.rng.choice(pairs)
        soil.row["Middle name"] = ""

    return make


def _initials(soil: Soil) -> None:
    soil.row["First name"] = soil.rng.choice(_INITIALS)
    soil.row["Middle name"] = ""


def _particle(soil: Soil) -> None:
    soil.row["Last name"] = soil.rng.choice(_PARTICLES)
    soil.row["Middle name"] = ""


def _foreign_phone(soil: Soil) -> None:
    other = soil.rng.choice([each for each in places.CITIES if each != soil.person.company.language])
    soil.row["Phone"] = places.landline(soil.rng, other, soil.rng.choice(places.CITIES[other]))


def _birthday(soil: Soil) -> None:
    days = ("2000-02-29", "1985-01-01", "1970-01-01", f"{soil.today.year - 94}-03-14", f"{soil.today.year - 19}-12-31")
    soil.row["Birthday"] = soil.rng.choice(days)


def _address(soil: Soil) -> None:
    local, domain = soil.row["Email"].split("@")
    number = soil.row["Contact ID"][2:]
    soil.row["Email"] = soil.rng.choice(
        (
            f"{local}+shop@{domain}", f"{local}{number}@post.example", f"{local}_{number}@mail.example",
            f"x-{number}@{local.replace('.', '-')}.example", f"{number}@{domain}", f"{local}@mail.{domain}",
        )
    )  # fmt: skip


def _only_first(soil: Soil) -> None:
    soil.row["Last name"] = soil.row["Middle name"] = ""


_TRICK: dict[str, Maker] = {
    "tricky_initials": _initials,
    "tricky_first_names": _tricky_names(_BOTH),
    "tricky_particles": _particle,
    "tricky_short_names": _tricky_names(_SHORT),
    "tricky_foreign_phone": _foreign_phone,
    "tricky_birthday": _birthday,
    "tricky_address": _address,
    "tricky_only_first": _only_first,
}


def people(
    rng: Random, rows: dict[str, Row], clean: list[Person], total: int, today: date
) -> tuple[dict[str, dict[str, Row]], dict[str, list[str]]]:
    """Soil some of the ``clean`` people; ``{kind: {id: {column: what was meant}}}`` and the tricky ids by kind."""
    left = [person for person in clean if rows[person.id]["Email"] and rows[person.id]["Phone"]]
    planted: dict[str, dict[str, Row]] = {}
    tricky: dict[str, list[str]] = {}
    for kind, share in (PEOPLE | TRICKY).items():
        suits = _SUITS.get(kind)
        chosen = [person for person in left if suits is None or suits(person)][: round(total * share)]
        used = {person.id for person in chosen}
        left = [person for person in left if person.id not in used]
        for person in chosen:
            soil = Soil(rng, rows[person.id], person, today)
            (_MAKE.get(kind) or _TRICK[kind])(soil)
            if kind in PEOPLE:
                planted.setdefault(kind, {})[person.id] = soil.truth
        if kind in TRICKY:
            tricky[kind] = sorted(used)
    return planted, tricky


def companies(rng: Random, rows: list[Row], taken: set[str]) -> tuple[dict[str, dict[str, Row]], dict[str, list[str]]]:
    """Names in capitals, and names that are letters: PKB GmbH."""
    left = [row for row in rng.sample(rows, len(rows)) if row["Company ID"] not in taken]
    shouted: dict[str, Row] = {}
    for row in left[: round(len(rows) * COMPANIES["company_shouted"])]:
        name = row["Company name"]
        if name.upper().lower() == name.lower() and name != name.upper():
            shouted[row["Company ID"]] = {"Company name": name}
            row["Company name"] = name.upper()
    letters = [row for row in left if row["Company ID"] not in shouted]
    letters = letters[: round(len(rows) * COMPANIES_TRICKY["tricky_letters"])]
    for row in letters:
        short = "".join(rng.choice("BDFGHKLMPRSTVWZ") for _ in range(3))
        row["Company name"] = rng.choice((f"{short} GmbH", f"{short} S.A.", f"{short} Ltd", short))
    return {"company_shouted": shouted}, {"tricky_letters": sorted(row["Company ID"] for row in letters)}


def deals(rng: Random, rows: list[Row], taken: set[str]) -> dict[str, dict[str, Row]]:
    """Stages that do not exist, because somebody typed them."""
    open_rows = [row for row in rows if row["Stage"] not in ("Won", "Lost") and row["Deal ID"] not in taken]
    wrong: dict[str, str] = {
        stage: slip(rng, stage) for stage in sorted({row["Stage"] for row in open_rows}) if len(stage) > 4
    }
    found: dict[str, Row] = {}
    for row in rng.sample(open_rows, len(open_rows)):
        if row["Stage"] in wrong and len(found) < round(len(open_rows) * DEALS["deal_stage_slip"]):
            found[row["Deal ID"]] = {"Stage": row["Stage"]}
            row["Stage"] = wrong[row["Stage"]]
    return {"deal_stage_slip": found}


__all__ = ["COMPANIES", "DEALS", "PEOPLE", "TRICKY", "companies", "deals", "names", "people", "slip"]
