"""Which value wins: the policy of the whole base, and pins, checks and choices on one profile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import NotFound, Refused
from amity.base.pages import page, toast
from amity.events import api as events
from amity.people import duplicates, golden_marks, golden_policy, profiles
from amity.people.golden import FIRST, LATEST, MANUAL, MANUAL_TRUST, TRUSTED, USUAL_TRUST
from amity.people.golden_reading import COMPANY_SHOWN, PERSON_SHOWN, values_of
from amity.people.golden_tables import GoldenMark
from amity.people.models import Import
from amity.people.told_changes import label_of

RULES = (
    (TRUSTED, gettext_lazy("The most trusted source, then the latest")),
    (LATEST, gettext_lazy("The latest, whoever says it")),
    (FIRST, gettext_lazy("The first")),
)
MAX_TRAITS, MAX_SYSTEMS = 60, 100


@require_http_methods(["GET", "POST"])
def policy(request: access.StaffRequest) -> HttpResponse:
    """How values are chosen per field, and how far each source is trusted; a new version with every save."""
    access.require(request.principal, golden_policy.PERMISSION)
    stored = golden_policy.stored()
    rules, trust = (stored.rules, stored.trust) if stored else ({}, {})
    if request.method == "POST":
        given = {name: request.POST.get(f"rule:{name}", TRUSTED) for name, _label in _fields()}
        group = golden_policy.change(request.principal, given, _trust(request))
        toast(request, _("Saved. Values that are here already are judged again in the background."),
              undo=reverse("undo", args=[group]))  # fmt: skip
        return HttpResponseRedirect(reverse("golden_policy"))
    by = stored.changed_by if stored else None
    context = {
        "fields": [(name, label, rules.get(name, TRUSTED)) for name, label in _fields()],
        "rules": RULES,
        "sources": [(key, name, kind, trust.get(key, _usual(key))) for key, name, kind in _sources()],
        "stored": stored,
        "by": access.staff_names([by, UUID(int=0)]).get(by, "") if by else "",
        "marked": GoldenMark.objects.filter(ended_at=None).count(),
        "counts": duplicates.counts(),
    }
    return page(request, "people/golden_policy.html", context)


@require_POST
def mark(request: access.StaffRequest, kind: str, profile_id: UUID) -> HttpResponse:
    """Pin or verify the value of a field, end that, or let another of its values hold. Undo in the toast."""
    access.require(request.principal, "people.edit")
    key, what = request.POST.get("key", ""), request.POST.get("what", "")
    if what == "choose":
        group = _choose(request, kind, profile_id, key)
    else:
        on = request.POST.get("on") != "off"
        group = golden_marks.mark(request.principal, kind, profile_id, key, what, on=on)
    toast(request, _said(what, request.POST.get("on") != "off"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(kind, args=[profile_id]) + "#facts")


def _choose(request: access.StaffRequest, kind: str, profile_id: UUID, key: str) -> UUID:
    """The value with the number that the page showed, if it still says what was read there."""
    seen: Any = profiles.get_company if kind == "company" else profiles.get_person
    shown = next((each for each in values_of(seen(request.principal, profile_id)) if each.value.key == key), None)
    number, was = request.POST.get("number", ""), request.POST.get("was", "")
    others = shown.others if shown else ()
    if not number.isdecimal() or int(number) >= len(others):
        raise NotFound(_("This value is not here any more."))
    other = others[int(number)]
    if other.at != was:
        raise Refused("golden_changed", _("The values changed meanwhile. Look again, then choose."), 409)
    return golden_marks.choose(request.principal, kind, profile_id, key, other.value, other.source, other.at)


def _said(what: str, on: bool) -> str:
    if what == "choose":
        return _("This value holds now, and is pinned")
    if what == "pin":
        return _("Pinned: nothing but a human changes it") if on else _("No longer pinned")
    return _("Verified: nothing but a human changes it") if on else _("No longer marked as verified")


def _fields() -> list[tuple[str, str]]:
    plain = list(dict.fromkeys((*PERSON_SHOWN, *COMPANY_SHOWN)))
    traits = [name for name in profiles.trait_names("person") if name not in plain][:MAX_TRAITS]
    return [(name, label_of(name)) for name in (*plain, *traits)]


def _sources() -> list[tuple[str, str, str]]:
    """``key, name, what it is`` of everything that says values."""
    found = [(MANUAL, _("Entered by hand"), "")]
    named = sorted(events.source_names().items(), key=lambda pair: pair[1].casefold())
    found += [(str(pk), name, _("Events")) for pk, name in named]
    systems = Import.objects.order_by("system").values_list("system", flat=True).distinct()[:MAX_SYSTEMS]
    return found + [(f"{golden_policy.SYSTEM}{name}", name, _("Imports")) for name in systems]


def _trust(request: access.StaffRequest) -> dict[str, int]:
    """What was set, without what is as usual. Raises ``Refused``."""
    found = {}
    for key, name, _kind in _sources():
        text = request.POST.get(f"trust:{key}", "").strip()
        if text and not text.isdecimal():
            raise Refused("golden_trust", _("Trust in {name} must be a whole number from 0 to 100.").format(name=name))
        if text and int(text) != _usual(key):
            found[key] = int(text)
    return found


def _usual(key: str) -> int:
    return MANUAL_TRUST if key == MANUAL else USUAL_TRUST
