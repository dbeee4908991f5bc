"""Pages for people without an account, behind signed links: preferences, unsubscribing, confirming an address.

They tell nothing about a person beyond the masked address, work without scripts, and change nothing on GET, because
programs that preview links would unsubscribe and confirm for people.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from amity.people import consent_self, consent_tokens
from amity.people.consent_purposes import purpose


@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody gets, and the switches to change it."""
    bearer = consent_tokens.read_preferences(token)
    if request.method == "POST":
        shown = consent_self.preferences(bearer).choices
        ticked = set() if "nothing" in request.POST else set(request.POST.getlist("choice"))
        wanted = {(each.purpose.key, each.channel): f"{each.purpose.key}:{each.channel}" in ticked for each in shown}
        consent_self.choose(bearer, wanted, _language())
        return HttpResponseRedirect(reverse("preferences", args=[token]) + "?saved=1")
    context = {"seen": consent_self.preferences(bearer), "saved": "saved" in request.GET}
    return _public(request, "people/consent_preferences.html", context)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str, purpose_key: str) -> HttpResponse:
    """Leave one purpose. POST does it at once (RFC 8058: mail programs send it without cookies); GET asks."""
    bearer = consent_tokens.read_preferences(token)
    about = purpose(purpose_key)
    if request.method == "POST":
        consent_self.unsubscribe(bearer, purpose_key, _language())
    context = {
        "purpose": about,
        "masked": consent_self.preferences(bearer).masked,
        "done": request.method == "POST",
        "token": token,
    }
    return _public(request, "people/consent_unsubscribe.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a double opt-in: a button confirms."""
    word_id = consent_tokens.read_confirm(token)
    done = request.method == "POST"
    key, masked = consent_self.confirm(word_id, _language()) if done else consent_self.waiting(word_id)
    return _public(request, "people/consent_confirm.html", {"purpose": purpose(key), "masked": masked, "done": done})


def _public(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Not to be listed by search engines, nor told to whom the links lead."""
    response = render(request, template, context)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _language() -> str:
    return (get_language() or "en")[:2]
