"""Home: whom first, what is due, and whether anything is broken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import clock
from amity.desk import api as desk
from amity.intelligence import api as intelligence
from amity.journeys import api as journeys
from amity.people import api as people
from amity.sales import api as sales
from amity.web import proposals

SHOWN = 10
TASKS = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of "whom first?": a lead or deal with its score. ``why`` is the strongest reason for it, in words."""

    name: str
    url: str
    with_whom: str
    score: intelligence.ScoreView
    why: str
    currency: str
    value_minor: int | None
    gain_minor: int | None
    owner: str
    proposal: journeys.Proposal | None = None


@require_GET
def page(request: access.StaffRequest) -> HttpResponse:
    """The home page; a fixed number of queries whatever the size of the base."""
    principal = request.principal
    may_see = principal.may("people.view") and principal.may("deals.view")
    first = candidates(principal) if may_see else []
    tasks = sales.my_tasks(principal, TASKS)
    doubts = people.quality.to_confirm(principal, [task.person_id for task in tasks])
    context = {
        "first": first,
        "refusals": proposals.refusals(),
        "anything": bool(first) or people.any_profile(),
        "tasks": [(task, doubts.get(task.person_id, ()) if task.person_id else ()) for task in tasks],
        "week": people.quality.unseen_week(principal) if principal.may("people.view") else None,
        "inbox": desk.inbox.waiting(principal) if principal.may("desk.view") else [],
        "late": sum(task.late for task in tasks),
        "models": _models(),
        "data_until": max((c.score.data_until for c in first if c.score.data_until), default=None),
        "today": clock.now(),
        "no_signal": bool(first) and not any(c.score.signal for c in first),
    }
    return render(request, "web/home.html", context)


def candidates(principal: access.Principal) -> list[Candidate]:
    """Ten open leads or deals most worth a call, within the principal's rows."""
    scores = intelligence.whom_first(principal, SHOWN)
    known = sales.deals_by_id(principal, [s.subject_id for s in scores if s.subject_kind == "deal"])
    deals = {pk: deal for pk, deal in known.items() if deal.status == "open"}  # won or lost since it was scored
    scores = [s for s in scores if s.subject_kind != "deal" or s.subject_id in deals]
    person_ids = [s.subject_id for s in scores if s.subject_kind == "person"] + [d.person_id for d in deals.values()]
    names = people.names(person_ids, principal)
    firms = people.company_names((d.company_id for d in deals.values()), principal)
    owners = access.staff_names(d.owner_id for d in deals.values())
    found = [_candidate(score, deals, names, firms, owners) for score in scores]
    next_steps = proposals.beside(principal, scores) if principal.may("tasks.edit") else {}
    return [replace(each, proposal=next_steps.get(each.score.subject_id)) for each in found]


def _candidate(
    score: intelligence.ScoreView,
    deals: dict[UUID, sales.DealView],
    names: dict[UUID, str],
    firms: dict[UUID, str],
    owners: dict[UUID, str],
) -> Candidate:
    why = _strongest(score)
    deal = deals.get(score.subject_id)
    if deal is None:
        name = names.get(score.subject_id) or _("Unnamed person")
        return Candidate(name, reverse("person", args=[score.subject_id]), "", score, why, "", None, None, "")
    whom = [
        names.get(deal.person_id, "") if deal.person_id else "",
        firms.get(deal.company_id, "") if deal.company_id else "",
    ]
    return Candidate(
        deal.name, reverse("deal", args=[deal.id]), " · ".join(part for part in whom if part), score, why,
        deal.currency, deal.value_minor, _gain(deal, score), owners.get(deal.owner_id, "") if deal.owner_id else "",
    )  # fmt: skip


def _gain(deal: sales.DealView, score: intelligence.ScoreView) -> int | None:
    """Chance times value in the deal's own currency; the ledger's figure is made comparable across currencies."""
    return score.gain_minor if deal.value_minor is None else round(score.value * deal.value_minor)


def _strongest(score: intelligence.ScoreView) -> str:
    """What speaks most for the chance; when nothing does, what speaks against it; without a signal, nothing."""
    told = [reason for reason in score.reasons if reason.code == "column"]
    best = max(told, key=lambda reason: reason.effect, default=None) if score.signal else None
    return best.text if best else ""


def _models() -> list[dict[str, object]]:
    live = intelligence.live_models()
    rows = [(target.label, live.get(target.key)) for target in intelligence.targets()]
    return [{"label": label, "version": one, "signal": one.signal if one else None} for label, one in rows]
