"""What the imaginary seller sells (coffee and water for workplaces), to which trades, and by whom."""

from __future__ import annotations

from typing import NamedTuple

from amity.web.sample.names import LANGUAGES


class Product(NamedTuple):
    """``price`` in EUR cents; ``weight``: how often sold; ``pull``: moves the log odds of winning a deal on it."""

    sku: str
    name: str
    category: str
    price: int
    unit: str
    weight: float
    pull: float


class Staff(NamedTuple):
    """``skill`` moves the log odds of a seller's deals; ``share`` is the part of leads and deals they get."""

    id: str
    name: str
    email: str
    team: str
    role: str
    language: str
    skill: float
    share: float


EQUIPMENT = (
    Product("M-100", "Barista One espresso machine", "Machines", 289_000, "piece", 5, 0.25),
    Product("M-200", "Barista Duo espresso machine", "Machines", 549_000, "piece", 4, 0.0),
    Product("M-300", "Barista Grand espresso machine", "Machines", 1_190_000, "piece", 2, -0.55),
    Product("A-400", "Office Auto bean-to-cup", "Machines", 349_000, "piece", 6, 0.35),
    Product("A-600", "Office Auto XL bean-to-cup", "Machines", 629_000, "piece", 4, 0.0),
    Product("G-010", "Stone grinder", "Grinders", 69_000, "piece", 3, 0.3),
    Product("G-020", "Stone grinder Pro", "Grinders", 129_000, "piece", 2, 0.0),
    Product("W-110", "Spring water dispenser", "Water", 89_000, "piece", 4, 0.45),
    Product("W-210", "Spring Sparkle water bar", "Water", 239_000, "piece", 3, -0.3),
    Product("S-001", "Service plan Basic, 12 months", "Service plans", 48_000, "year", 5, 0.55),
    Product("S-002", "Service plan Plus, 12 months", "Service plans", 96_000, "year", 4, 0.1),
    Product("S-003", "Full care lease, 36 months", "Service plans", 540_000, "contract", 2, -0.7),
)
CONSUMABLES = (
    Product("B-501", "House blend beans, 6 kg", "Coffee", 9_900, "case", 8, 0.0),
    Product("B-502", "Single origin Ethiopia, 6 kg", "Coffee", 14_400, "case", 4, 0.0),
    Product("B-503", "Decaf beans, 6 kg", "Coffee", 11_400, "case", 2, 0.0),
    Product("B-504", "Organic blend, 6 kg", "Coffee", 12_900, "case", 3, 0.0),
    Product("C-701", "Cleaning tablets, 100 pcs", "Care", 3_900, "box", 5, 0.0),
    Product("C-702", "Descaler, 5 l", "Care", 2_900, "can", 3, 0.0),
    Product("C-703", "Milk system cleaner, 1 l", "Care", 1_700, "bottle", 3, 0.0),
    Product("F-801", "Water filter cartridge", "Filters", 5_900, "piece", 5, 0.0),
    Product("F-802", "Carbonator cylinder", "Filters", 3_400, "piece", 2, 0.0),
    Product("P-901", "Paper cups 250 ml, 1,000 pcs", "Tableware", 6_400, "carton", 4, 0.0),
    Product("P-902", "Oat drink, 12 x 1 l", "Tableware", 2_600, "carton", 2, 0.0),
    Product("I-001", "Installation and training", "Services", 29_000, "visit", 0, 0.0),
)
PRODUCTS = EQUIPMENT + CONSUMABLES
INSTALLATION = CONSUMABLES[-1]
RATES = {"EUR": 1.0, "PLN": 4.3, "GBP": 0.86}  # units of the currency for one EUR, fixed for the sample

STAFF = (
    Staff("S-01", "Miriam Falk", "miriam.falk@copperleaf.example", "Management", "administrator", "de", 0.0, 0),
    Staff("S-02", "Jonas Albrecht", "jonas.albrecht@copperleaf.example", "Sales West", "manager", "de", 0.5, 1),
    Staff("S-03", "Sophie Lindner", "sophie.lindner@copperleaf.example", "Sales West", "salesperson", "de", 0.45, 3),
    Staff("S-04", "Emil Sattler", "emil.sattler@copperleaf.example", "Sales West", "salesperson", "de", -0.35, 3),
    Staff("S-05", "Harriet Osborne", "harriet.osborne@copperleaf.example", "Sales West", "salesperson", "en", 0.2, 3),
    Staff("S-06", "Callum Reid", "callum.reid@copperleaf.example", "Sales West", "salesperson", "en", -0.2, 2),
    Staff("S-07", "Zofia Maj", "zofia.maj@copperleaf.example", "Sales East", "manager", "pl", 0.4, 1),
    Staff("S-08", "Bartosz Lis", "bartosz.lis@copperleaf.example", "Sales East", "salesperson", "pl", 0.1, 3),
    Staff("S-09", "Kinga Sowa", "kinga.sowa@copperleaf.example", "Sales East", "salesperson", "pl", -0.45, 3),
    Staff("S-10", "Вера Лаврова", "vera.lavrova@copperleaf.example", "Sales East", "salesperson", "ru", 0.25, 3),
    Staff("S-11", "Тимур Ясенев", "timur.yasenev@copperleaf.example", "Customer care", "agent", "ru", 0.0, 0),
    Staff("S-12", "Oliwia Wrona", "oliwia.wrona@copperleaf.example", "Customer care", "agent", "pl", 0.0, 0),
    Staff("S-13", "Nadja Brückner", "nadja.brueckner@copperleaf.example", "Customer care", "agent", "de", 0.0, 0),
    Staff("S-14", "Rhys Calloway", "rhys.calloway@copperleaf.example", "Management", "marketer", "en", 0.0, 0),
)
SELLERS = {language: tuple(s for s in STAFF if s.share and s.language == language) for language in LANGUAGES}


class Trade(NamedTuple):
    """A trade of customers: ``fit`` moves the log odds of a lead, ``staff`` is the median number of employees."""

    name: str
    weight: float
    staff: int
    fit: float


TRADES = (
    Trade("Hotels", 3, 45, 0.55),
    Trade("Restaurants & cafés", 4, 14, 0.35),
    Trade("Bakeries", 2, 20, 0.1),
    Trade("Offices & consulting", 4, 60, 0.25),
    Trade("Manufacturing", 3, 140, -0.25),
    Trade("Health care", 2, 120, -0.35),
    Trade("Retail", 2, 30, -0.45),
)


class Source(NamedTuple):
    """Where a lead came from: how often, and how it moves the log odds of converting."""

    name: str
    weight: float
    lift: float


SOURCES = (
    Source("Website", 6, 0.1),
    Source("Google Ads", 5, -0.45),
    Source("Referral", 2, 1.15),
    Source("Trade fair", 3, 0.45),
    Source("Newsletter", 2, 0.2),
    Source("LinkedIn", 3, -0.2),
    Source("Bought list", 2, -1.3),
    Source("Partner", 1.5, 0.8),
)

# role → language → (masculine, feminine); the role decides how much a yes is worth
TITLES: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "Decision maker": {
        "de": (("Geschäftsführer", "Geschäftsführerin"), ("Inhaber", "Inhaberin"),
               ("Einkaufsleiter", "Einkaufsleiterin")),
        "pl": (("Prezes zarządu", "Prezeska zarządu"), ("Właściciel", "Właścicielka"), ("Dyrektor zakupów",) * 2),
        "en": (("Managing Director",) * 2, ("Owner",) * 2, ("Head of Procurement",) * 2),
        "ru": (("Генеральный директор",) * 2, ("Владелец",) * 2, ("Начальник отдела закупок",) * 2),
    },
    "Influencer": {
        "de": (("Büroleiter", "Büroleiterin"), ("Restaurantleiter", "Restaurantleiterin"), ("Facility Manager",) * 2),
        "pl": (("Kierownik biura", "Kierowniczka biura"), ("Kierownik sali", "Kierowniczka sali"),
               ("Specjalista ds. zakupów", "Specjalistka ds. zakupów")),
        "en": (("Office Manager",) * 2, ("Food & Beverage Manager",) * 2, ("Facilities Manager",) * 2),
        "ru": (("Офис-менеджер",) * 2, ("Управляющий рестораном", "Управляющая рестораном"), ("Завхоз",) * 2),
    },
    "User": {
        "de": (("Barista",) * 2, ("Sachbearbeiter", "Sachbearbeiterin"),
               ("Assistent", "Assistentin"), ("Praktikant", "Praktikantin")),
        "pl": (("Barista", "Baristka"), ("Asystent", "Asystentka"),
               ("Recepcjonista", "Recepcjonistka"), ("Stażysta", "Stażystka")),
        "en": (("Barista",) * 2, ("Executive Assistant",) * 2, ("Receptionist",) * 2, ("Intern",) * 2),
        "ru": (("Бариста",) * 2, ("Секретарь",) * 2, ("Администратор",) * 2, ("Стажёр", "Стажёрка")),
    },
}  # fmt: skip
ROLES = {"Decision maker": (2.5, 0.75), "Influencer": (4.0, 0.15), "User": (3.0, -0.75)}  # weight, log odds of a lead

LEAD_LOST = ("No budget", "No answer", "Chose competitor", "Wrong fit", "Only curious")
DEAL_LOST = ("Price", "Competitor", "No decision", "Timing", "Missing feature")
COMPETITORS = ("", "", "", "Brewmatic", "Kaffeewerk 24", "AquaPoint")
COMPETITOR_PULL = {"": 0.25, "Brewmatic": -0.5, "Kaffeewerk 24": -0.3, "AquaPoint": -0.2}
