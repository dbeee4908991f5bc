"""Help for everybody, without signing in: published articles of one language, with search and a quoted answer."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base.errors import NotFound
from amity.desk import knowledge
from amity.desk import knowledge_articles as articles
from amity.desk.pages_portal import client_of

_ASKED, _SECONDS = 60, 60  # searches of one address
_WORTH = 0.5  # of the best score, from which a passage is listed
_LEAST = 0.3  # a score below which a passage has little to do with the question


@require_GET
def index(request: HttpRequest, lang: str) -> HttpResponse:
    """Articles of a language; ``q`` searches them, and quotes the passage that answers."""
    _known(lang)
    question = request.GET.get("q", "").strip()[:300]
    if question:
        access.spend("help.search", client_of(request), _ASKED, _SECONDS)
    with translation.override(lang):
        found, quoted = [], None
        if question:
            found = knowledge.find(question, lang, most=8)
            found = [each for each in found if each.score >= max(_LEAST, _WORTH * found[0].score)]
            quoted = found[0] if found and found[0].sentence and found[0].sure >= knowledge.floor_of(lang) else None
        context = {
            "rows": articles.public(lang),
            "question": question,
            "quoted": quoted,
            "found": found,
            **_frame(lang),
        }
        return _shown(request, "desk/help.html", context)


@require_GET
def one(request: HttpRequest, lang: str, article_id: UUID) -> HttpResponse:
    """One article."""
    _known(lang)
    try:
        view = articles.public_one(article_id)
    except NotFound as error:
        raise Http404 from error
    if view.language != lang:
        raise Http404
    with translation.override(lang):
        return _shown(request, "desk/help_article.html", {"article": view, **_frame(lang)})


def _frame(lang: str) -> dict[str, object]:
    others = [(code, name, reverse("help", args=[code])) for code, name in articles.LANGUAGES.items()]
    return {"lang": lang, "language_places": others}


def _known(lang: str) -> None:
    if lang not in articles.LANGUAGES:
        raise Http404


def _shown(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return render(request, template, context)
