"""The page behind the link of a rating letter: one click says how it was. For people without an account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from amity.desk import csat


@never_cache
@require_http_methods(["GET", "POST"])
def rating(request: HttpRequest, token: str) -> HttpResponse:
    """Five scores and a field for words. The link of a letter names a score; nothing is kept before it is sent."""
    conversation_id = csat.read_token(token)
    if request.method == "POST":
        csat.rate(conversation_id, _score(request.POST.get("score", "")), request.POST.get("words", ""))
        return HttpResponseRedirect(reverse("csat", args=[token]) + "?saved=1")
    found = csat.rating(conversation_id)
    saved = "saved" in request.GET and found.score is not None
    words = labels()
    context = {
        "rating": found, "saved": saved, "chosen": _score(request.GET.get("score", "")) or found.score,
        "scores": [(score, words[score]) for score in csat.SCORES], "kept_label": words.get(found.score or 0, ""),
    }  # fmt: skip
    response = render(request, "desk/csat_page.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response


def labels() -> dict[int, str]:
    """What each score means."""
    return {
        1: pgettext("rating", "Bad"), 2: pgettext("rating", "Poor"), 3: pgettext("rating", "Fair"),
        4: pgettext("rating", "Good"), 5: pgettext("rating", "Very good"),
    }  # fmt: skip


def _score(told: str) -> int:
    return int(told) if told in {str(each) for each in csat.SCORES} else 0
