"""The companies that the imaginary seller deals with: names with legal forms, places, trades, sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from amity.web.sample import names, places
from amity.web.sample.catalogue import SELLERS, TRADES, Staff, Trade
from amity.web.sample.places import City

SHARES = {"de": 0.34, "pl": 0.27, "en": 0.21, "ru": 0.18}
DAYS = 730  # the two years that the sample covers

_FORMS = {
    "de": ("GmbH", "GmbH", "GmbH & Co. KG", "AG", "OHG", "e. K."),
    "pl": ("sp. z o.o.", "sp. z o.o.", "S.A.", "sp.j.", "sp.k."),
    "en": ("Ltd", "Ltd", "Limited", "plc", "LLP"),
    "ru": ("ООО", "ООО", "АО", "ПАО"),
}
_HEADS = {
    "de": {"Hotels": "Hotel {}|Gasthof {}", "Restaurants & cafés": "Café {}|Restaurant {}", "Bakeries": "Bäckerei {}",
           "Offices & consulting": "{} Beratung|Kanzlei {}", "Manufacturing": "{} Maschinenbau|{} Werke",
           "Health care": "Klinik {}|Praxiszentrum {}", "Retail": "{} Handel|Kaufhaus {}"},
    "pl": {"Hotels": "Hotel {}|Pensjonat {}", "Restaurants & cafés": "Kawiarnia {}|Restauracja {}",
           "Bakeries": "Piekarnia {}", "Offices & consulting": "{} Doradztwo|Kancelaria {}",
           "Manufacturing": "Zakłady {}|{} Produkcja", "Health care": "Przychodnia {}|Centrum Medyczne {}",
           "Retail": "Sklepy {}|{} Handel"},
    "en": {"Hotels": "The {} Hotel|{} Inn", "Restaurants & cafés": "{} Coffee House|{} Kitchen",
           "Bakeries": "{} Bakery",
           "Offices & consulting": "{} Consulting|{} Partners", "Manufacturing": "{} Engineering|{} Works",
           "Health care": "{} Clinic|{} Care Group", "Retail": "{} Stores|{} & Sons"},
    "ru": {"Hotels": "Гостиница {}|Отель {}", "Restaurants & cafés": "Кофейня {}|Ресторан {}", "Bakeries": "Пекарня {}",
           "Offices & consulting": "Консалтинг {}|Бюро {}", "Manufacturing": "Завод {}|Комбинат {}",
           "Health care": "Клиника {}|Медцентр {}", "Retail": "Торговый дом {}|Магазины {}"},
}  # fmt: skip
_STEMS = {
    "de": "Adler Sonne Lindenhof Rosengarten Alpenblick Nordlicht Goldener_Hirsch Seeblick Altstadt Mühlbach "
    "Kranich Brunnenhof Eichenau Silberfuchs Weinberg Morgenstern Hanse Falkenstein Rheinblick Sternberg",
    "pl": "Pod_Lipami Bursztyn Słoneczna Orzeł Wawel Kasztan Pod_Różą Bałtyk Tatry Jaskółka Złoty_Kłos Dębowa "
    "Nadwiślańska Jutrzenka Stary_Młyn Perła Cztery_Pory Źródło Wrzos Żuraw",
    "en": "Copper_Kettle Oakfield Riverside Old_Mill Kingfisher Harbour Foxglove Highgate Blackthorn Willow Red_Lion "
    "Elmwood Northgate Silver_Birch Marlow Beacon Heather Stonebridge Thistle Westbourne",
    "ru": "Волга Берёзка Заря Уют Северный Ладога Родник Самоцвет Маяк Восток Хлебный_двор Тройка Сокол Ромашка "
    "Изумруд Полюс Русский_лес Аврора Исток Жар-птица",
}


@dataclass(slots=True)
class Company:
    id: str
    name: str
    language: str
    city: City
    postcode: str
    trade: Trade
    employees: int
    domain: str
    phone: str
    created: date
    owner: Staff
    status: str = "Prospect"
    churned: date | None = None


def companies(rng: Random, count: int, today: date) -> list[Company]:
    """``count`` companies with unique names and domains, oldest first."""
    made: dict[str, Company] = {}
    ages = sorted((rng.randrange(30, DAYS + 700) for _ in range(count)), reverse=True)
    for number in range(count):
        language = rng.choices(list(SHARES), list(SHARES.values()))[0]
        trade = rng.choices(TRADES, [t.weight for t in TRADES])[0]
        name = _name(rng, language, trade)
        domain = f"{names.slug(_bare(name, language))}.example"
        if domain in made:
            bare = _bare(name, language).strip("«»")
            name = name.replace(bare, f"{bare} {number + 1}")
            domain = f"{names.slug(_bare(name, language))}.example"
        city = rng.choice(places.CITIES[language])
        made[domain] = Company(
            id=f"C-{number + 1:04d}",
            name=name,
            language=language,
            city=city,
            postcode=places.postcode(rng, language, city),
            trade=trade,
            employees=max(2, round(trade.staff * math.exp(rng.gauss(0, 0.9)))),
            domain=domain,
            phone=places.landline(rng, language, city),
            created=today - timedelta(days=ages[number]),
            owner=rng.choices(SELLERS[language], [s.share for s in SELLERS[language]])[0],
        )
    return list(made.values())


def _name(rng: Random, language: str, trade: Trade) -> str:
    head = rng.choice(_HEADS[language][trade.name].split("|"))
    # A family name does not stand in quotes after a Russian trade word.
    if language != "ru" and rng.random() < 0.55:
        stem = rng.choice(names.FAMILY[language])
    else:
        stem = rng.choice(_STEMS[language].split()).replace("_", " ")
        if rng.random() < 0.45:
            stem = (
                f"{stem} {rng.choice(places.CITIES[language]).name}"
                if language != "ru"
                else f"{stem}-{rng.randrange(2, 40)}"
            )
    form = rng.choice(_FORMS[language])
    full = head.format(stem)
    return f"{form} «{full}»" if language == "ru" else f"{full} {form}"


def _bare(name: str, language: str) -> str:
    """``name`` without its legal form."""
    for form in sorted(_FORMS[language], key=len, reverse=True):
        name = name.removesuffix(f" {form}").removeprefix(f"{form} ")
    return name


def respelled(company: Company) -> str:
    """The same firm as another clerk typed it: without the legal form, or in Latin letters, or in capitals."""
    bare = _bare(company.name, company.language).strip("«»")
    other = names.unaccented(bare)
    return other if other != bare else bare.upper()
