"""Readiness: what the imported data can support today, what not, and why, with the real counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import clock
from amity.base.words import number
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import api as sales
from amity.web import doctor

STALE_DEAL = timedelta(days=180)
YEAR = timedelta(days=365)
KEPT_SECONDS = 60
Verdict = Literal["yes", "partly", "no"]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the verdicts rest on, read at ``at``."""

    profiles: people.ProfileFacts
    sales: sales.SalesFacts
    events: events.EventFacts
    signal: Mapping[str, bool]  # what learning found, by target
    alarms: Sequence[doctor.Check]  # why profiles do not follow what arrives
    at: datetime


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing Amity could do with the data: whether, why, and what would help."""

    title: str
    verdict: Verdict
    why: str
    next_step: str = ""
    url: str = ""


@require_GET
def page(request: access.StaffRequest) -> HttpResponse:
    """The readiness page; counts are kept for a minute and show their age."""
    access.require(request.principal, "readiness.view")
    if request.GET.get("refresh"):
        cache.delete("readiness")
    facts = cache.get("readiness") or read()
    cache.set("readiness", facts, KEPT_SECONDS)
    context = {
        "facts": facts,
        "empty": not (facts.profiles.people or facts.sales.deals or facts.profiles.companies),
        "capabilities": capabilities(facts),
        "completeness": completeness(facts),
        "duplicates": duplicates(facts),
        "models": [(target.label, intelligence.live_model(target.key)) for target in intelligence.targets()],
    }
    return render(request, "web/readiness_page.html", context)


def read() -> Facts:
    """All counts, fresh. 15 queries, and 2 per consumer of events."""
    now = clock.now()
    live = {target.key: intelligence.live_model(target.key) for target in intelligence.targets()}
    signal = {key: version.signal for key, version in live.items() if version is not None}
    return Facts(people.facts(now - YEAR), sales.facts(now - STALE_DEAL), events.facts(), signal, doctor.alarms(), now)


def capabilities(facts: Facts) -> list[Capability]:
    """The verdicts, most used first."""
    checks: list[Callable[[Facts], Capability]] = [_leads, _deals, _value_ranking, _repeat, _reach, _timeline]
    return [check(facts) for check in checks]


def _leads(facts: Facts) -> Capability:
    p, least = facts.profiles, min(facts.profiles.leads_converted, facts.profiles.leads_lost)
    why = _("{decided} decided leads ({converted} converted, {lost} lost) and {open} open ones.").format(
        decided=number(p.leads_decided),
        converted=number(p.leads_converted),
        lost=number(p.leads_lost),
        open=number(p.leads_open),
    )
    return Capability(
        _("Chance of open leads"), *_learnable(p.leads_decided, least, why, facts.signal.get("lead")), reverse("models")
    )


def _deals(facts: Facts) -> Capability:
    s = facts.sales
    why = _("{closed} closed deals ({won} won, {lost} lost) and {open} open ones.").format(
        closed=number(s.closed), won=number(s.won), lost=number(s.lost), open=number(s.open)
    )
    learnable = _learnable(s.closed, min(s.won, s.lost), why, facts.signal.get("deal"))
    return Capability(_("Chance of open deals"), *learnable, reverse("models"))


def _learnable(decided: int, least: int, why: str, signal: bool | None) -> tuple[Verdict, str, str]:
    """Twenty decided records with five of each kind are where anything above the base rate can be tested at all."""
    if signal is False and decided >= 200:
        return "no", why, _("Learning found no signal in them: won and lost look alike, so everybody gets the average.")
    if decided >= 200 and least >= 40:
        return "yes", why, ""
    if decided >= 20 and least >= 5:
        missing = max(200 - decided, 40 - least)
        text = ngettext(
            "{n} more decided record would give narrower intervals.",
            "{n} more decided records would give narrower intervals.",
            missing,
        )
        return "partly", why, text.format(n=number(missing))
    return "no", why, _("Scores stay at the base rate until about 20 records are decided, at least 5 of each outcome.")


def _value_ranking(facts: Facts) -> Capability:
    s = facts.sales
    why = _("{valued} of {deals} deals have a value.").format(valued=number(s.with_value), deals=number(s.deals))
    verdict: Verdict = "no" if not s.with_value else "yes" if s.with_value >= 0.8 * s.deals else "partly"
    return Capability(
        _("Ranking by expected gain"),
        verdict,
        why,
        "" if verdict == "yes" else _("Fill in the value of open deals."),
        reverse("deals"),
    )


def _repeat(facts: Facts) -> Capability:
    s = facts.sales
    why = _("{orders} orders; {repeat} people ordered at least twice.").format(
        orders=number(s.orders), repeat=number(s.repeat_customers)
    )
    verdict: Verdict = "yes" if s.repeat_customers >= 300 else "partly" if s.repeat_customers >= 30 else "no"
    return Capability(
        _("Repeat purchase and customer value"),
        verdict,
        why,
        "" if verdict == "yes" else _("Import the orders of your shop or ERP."),
        reverse("imports"),
    )


def _reach(facts: Facts) -> Capability:
    p = facts.profiles
    reachable = p.people - p.unreachable
    why = _("{n} of {people} people have an e-mail address or a phone number.").format(
        n=number(reachable), people=number(p.people)
    )
    verdict: Verdict = "no" if not reachable else "yes" if reachable >= 0.8 * p.people else "partly"
    return Capability(
        _("Calling and writing to people"),
        verdict,
        why,
        "" if verdict == "yes" else _("Import a file with contact data."),
        reverse("people"),
    )


def _timeline(facts: Facts) -> Capability:
    e = facts.events
    why = _("{n} recorded mails, calls, visits and other facts.").format(n=number(e.events))
    verdict: Verdict = "no" if not e.events else "yes" if e.events >= facts.profiles.people else "partly"
    return Capability(
        _("Behaviour in scores and timelines"),
        verdict,
        why,
        "" if verdict == "yes" else _("Import activities, or connect your site."),
        reverse("imports"),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, for a bar."""

    label: str
    part: int
    whole: int
    url: str

    @property
    def share(self) -> float:
        return self.part / self.whole if self.whole else 0.0


def completeness(facts: Facts) -> list[Share]:
    """How full the columns are that everything else leans on."""
    p, s = facts.profiles, facts.sales
    all_people, all_deals = reverse("people"), reverse("deals")
    return [
        Share(_("People with a name"), p.with_name, p.people, all_people),
        Share(_("People with an e-mail address"), p.with_email, p.people, all_people),
        Share(_("People with a phone number"), p.with_phone, p.people, all_people),
        Share(_("People with a company"), p.with_company, p.people, all_people),
        Share(_("People seen in the last twelve months"), p.seen_last_year, p.people, all_people),
        Share(_("Deals with a customer"), s.deals - s.without_customer, s.deals, all_deals),
        Share(_("Deals with a value"), s.with_value, s.deals, all_deals),
        Share(_("Deals with an opening date"), s.with_dates, s.deals, all_deals),
        Share(_("Open deals younger than half a year"), s.open - s.stale_open, s.open, all_deals),
    ]


def duplicates(facts: Facts) -> list[tuple[str, int]]:
    """Records too many by exact keys."""
    p = facts.profiles
    return [
        (_("People with the same e-mail address"), p.same_email),
        (_("People with the same phone number"), p.same_phone),
        (_("People with the same name in the same company"), p.same_name_and_company),
        (_("Companies with the same name"), p.same_company_name),
        (_("Deals closed before they were opened"), facts.sales.impossible_dates),
    ]
