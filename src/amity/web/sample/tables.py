"""The export of the imaginary old CRM: the same world as flat tables of text, one per file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from amity.web.sample import places
from amity.web.sample.activities import Activity
from amity.web.sample.catalogue import DEAL_LOST, LEAD_LOST, PRODUCTS, STAFF
from amity.web.sample.company import Company
from amity.web.sample.deals import Deal
from amity.web.sample.orders import Order
from amity.web.sample.people import Person

Row = dict[str, str]

# Columns that staff fill in after the outcome is known; a model must not learn from them.
AFTERWARDS = {
    "people": ("Lead quality", "Reason for disqualification", "First order"),
    "deals": ("Lost reason", "Contract signed", "Invoice number"),
}


@dataclass(slots=True)
class Export:
    """Rows by file, in the order in which they will be written."""

    staff: list[Row]
    products: list[Row]
    companies: list[Row]
    people: list[Row]
    deals: list[Row]
    orders: list[Row]
    order_lines: list[Row]
    activities: list[Row] = field(default_factory=list)


def export(
    rng: Random, companies: list[Company], people: list[Person], deals: list[Deal], orders: list[Order]
) -> Export:
    """Everything but the activities as text; columns are the same in every row of a table."""
    bought: dict[str, str] = {}
    for order in orders:
        bought.setdefault(order.person.id, order.id)
    return Export(
        staff=[_staff_row(number) for number in range(len(STAFF))],
        products=[_product_row(number) for number in range(len(PRODUCTS))],
        companies=[_company_row(c) for c in companies],
        people=[_person_row(rng, p, bought) for p in people],
        deals=[_deal_row(rng, d, number) for number, d in enumerate(deals, 1)],
        orders=[_order_row(o) for o in orders],
        order_lines=[row for o in orders for row in _line_rows(o)],
    )


def _staff_row(number: int) -> Row:
    s = STAFF[number]
    return {
        "Staff ID": s.id, "Name": s.name, "Email": s.email, "Team": s.team, "Role": s.role, "Language": s.language,
    }  # fmt: skip


def _product_row(number: int) -> Row:
    p = PRODUCTS[number]
    return {
        "SKU": p.sku, "Product name": p.name, "Category": p.category, "Price": money(p.price), "Currency": "EUR",
        "Unit": p.unit,
    }  # fmt: skip


def _company_row(c: Company) -> Row:
    return {
        "Company ID": c.id, "Company name": c.name, "Website": f"www.{c.domain}", "Industry": c.trade.name,
        "Employees": str(c.employees), "City": c.city.name, "Postcode": c.postcode,
        "Country": places.COUNTRIES[c.language], "Phone": c.phone, "Owner": c.owner.email,
        "Created": c.created.isoformat(), "Customer status": c.status,
    }  # fmt: skip


def _person_row(rng: Random, p: Person, bought: dict[str, str]) -> Row:
    lead = p.is_lead
    return {
        "Contact ID": p.id, "First name": p.given, "Middle name": p.middle, "Last name": p.family, "Email": p.email,
        "Phone": places.written(rng, p.phone, p.company.language, p.company.city.code),
        "Mobile": p.mobile, "Job title": p.title, "Buying role": p.role,
        "Company ID": p.company.id, "Company": p.company.name, "City": p.company.city.name,
        "Postcode": p.company.postcode, "Country": places.COUNTRIES[p.company.language], "Language": p.language,
        "Birthday": p.birthday.isoformat() if p.birthday else "", "Owner": p.owner.email,
        "Lead status": p.lead_status, "Lead source": p.source.name,
        "Lead created": moment(p.created) if lead else "", "Decided at": moment(p.decided),
        "Created": moment(p.created), "Last modified": moment(p.updated),
        "E-mail consent": _yes(p.mail_consent), "SMS consent": _yes(p.sms_consent), "Newsletter": _yes(p.newsletter),
        "Site visits": str(p.visits) if lead else "", "Minutes on site": f"{p.minutes:.1f}" if lead else "",
        "Pages seen": str(p.pages) if lead else "", "Answers": str(p.replies) if lead else "",
        "First response (hours)": f"{p.response_hours:.1f}" if lead else "",
        "Company size": str(p.company.employees), "Trade": p.company.trade.name,
        "Cups a day": str(p.cups), "Current supplier": p.supplier,
        "Lead quality": _quality(rng, p),
        "Reason for disqualification": rng.choice(LEAD_LOST) if p.lead_status == "Lost" else "",
        "First order": bought.get(p.id, "") if p.lead_status == "Converted" else "",
    }  # fmt: skip


def _quality(rng: Random, p: Person) -> str:
    """What the salesperson noted after the decision, so it all but repeats the outcome."""
    if p.lead_status not in ("Converted", "Lost") or rng.random() < 0.08:
        return ""
    good = (p.lead_status == "Converted") != (rng.random() < 0.04)
    return rng.choice(("Hot", "Hot", "Warm")) if good else rng.choice(("Cold", "Cold", "Not sure"))


def _deal_row(rng: Random, d: Deal, number: int) -> Row:
    won = d.status == "won"
    return {
        "Deal ID": d.id, "Deal name": d.name, "Company ID": d.company.id, "Contact ID": d.person.id,
        "Product": d.product.sku, "Quantity": str(d.quantity), "Discount %": str(d.discount), "Amount": money(d.value),
        "Currency": d.currency, "Stage": d.stage, "Owner": d.owner.email, "Type": d.kind,
        "Deal source": d.person.source.name, "Created": moment(d.created),
        "Expected close date": d.expected.isoformat(),
        "Closed": moment(d.closed), "Contacts involved": str(d.contacts),
        "Decision maker met": _yes(d.decision_maker), "Competitor": d.competitor, "Answers": str(d.replies),
        "Days since last answer": str(d.silence),
        "Lost reason": rng.choice(DEAL_LOST) if d.status == "lost" and rng.random() < 0.95 else "",
        "Contract signed": d.closed.date().isoformat() if won and d.closed else "",
        "Invoice number": f"INV-{number:06d}" if won else "",
    }  # fmt: skip


def _order_row(o: Order) -> Row:
    return {
        "Order ID": o.id, "Company ID": o.company.id, "Contact ID": o.person.id,
        "Deal ID": o.deal.id if o.deal else "", "Order date": moment(o.placed), "Status": o.status,
        "Total": money(o.total), "Currency": o.currency,
    }  # fmt: skip


def _line_rows(o: Order) -> list[Row]:
    return [
        {
            "Order ID": o.id, "Line": str(number), "SKU": line.product.sku, "Quantity": str(line.quantity),
            "Unit price": money(line.price), "Currency": o.currency,
        }
        for number, line in enumerate(o.lines, 1)
    ]  # fmt: skip


def activity_row(a: Activity) -> Row:
    """One line of the activities file."""
    return {
        "Activity ID": a.id, "Activity type": a.kind, "Date": a.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Contact ID": a.person, "Deal ID": a.deal, "Owner": a.staff, "Subject": a.subject, "Text": a.text,
        "URL": a.url, "Duration (seconds)": str(a.seconds) if a.seconds else "", "Call result": a.outcome,
    }  # fmt: skip


def money(minor: int) -> str:
    """``123450`` cents as ``1234.50``."""
    return f"{minor // 100}.{minor % 100:02d}"


def moment(at: datetime | None) -> str:
    """``2025-03-14 09:21`` in UTC, or empty."""
    return at.strftime("%Y-%m-%d %H:%M") if at else ""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
