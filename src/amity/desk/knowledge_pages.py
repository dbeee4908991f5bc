"""Pages of knowledge for staff: list, one article with its versions, trying a question, bringing files in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import new_id, read_id
from amity.base.pages import page, toast
from amity.desk import knowledge, knowledge_import
from amity.desk import knowledge_articles as articles
from amity.desk.knowledge_models import Article, KnowledgeIndex
from amity.intelligence import api as intelligence

_STATES = [choice for choice in Article.State.choices if choice[0] != Article.State.ARCHIVED]


class ArticleForm(forms.Form):
    """An article as it is written."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=list(articles.LANGUAGES.items()))
    body = forms.CharField(
        label=gettext_lazy("Text"), required=False, max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=gettext_lazy("Markdown: # heading, - item, **bold**, [link](https://…). Keep paragraphs short."),
    )  # fmt: skip
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=800, help_text=gettext_lazy("Parted by commas.")
    )
    audience = forms.ChoiceField(label=gettext_lazy("Who may read it"), choices=Article.Audience.choices)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=Article.State.choices)

    def values(self) -> dict[str, Any]:
        """As `knowledge_articles` takes them."""
        return {**self.cleaned_data, "tags": self.cleaned_data["tags"].split(",")}


class ImportForm(forms.Form):
    """Files to bring in (read from the request: there may be several)."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False,
        choices=[("", gettext_lazy("as recognised")), *articles.LANGUAGES.items()],
    )  # fmt: skip
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=_STATES)
    audience = forms.ChoiceField(label=gettext_lazy("Who may read it"), choices=Article.Audience.choices)


@never_cache
@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """Articles, the newest first. 3 queries."""
    asked = {name: request.GET.get(name, "") for name in ("language", "state", "q")}
    start = int(request.GET.get("at", "0")) if request.GET.get("at", "0").isdecimal() else 0
    rows, more = articles.listed(request.principal, asked["language"], asked["state"], asked["q"], min(start, 100_000))
    filters = {name: value for name, value in asked.items() if value}
    context = {
        "rows": rows, "languages": articles.LANGUAGES.items(), "states": Article.State.choices, "asked": asked,
        "next_url": f"{request.path}?{urlencode({**filters, 'at': start + articles.PAGE})}" if more else "",
        "filtered": bool(filters), "may_edit": request.principal.may(articles.EDIT),
        "floors": KnowledgeIndex.objects.exclude(floor=None).order_by("language"),
    }  # fmt: skip
    return page(request, "desk/knowledge.html", context, part="desk/_knowledge_rows.html")


@never_cache
@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest) -> HttpResponse:
    """Write a new article."""
    access.require(request.principal, articles.EDIT)
    form = ArticleForm(request.POST or None, initial={"language": get_language() or "en"})
    if request.method == "POST" and form.is_valid():
        made = _tried(form, lambda: articles.create(request.principal, form.values()))
        if made:
            toast(request, _("Saved"), undo=reverse("undo", args=[made[1]]))
            return HttpResponseRedirect(reverse("article", args=[made[0]]))
    return page(request, "desk/article_form.html", {"form": form, "article": None})


@never_cache
@require_GET
def one(request: access.StaffRequest, article_id: UUID) -> HttpResponse:
    """An article as readers see it, and its versions."""
    view = articles.get(request.principal, article_id)
    context = {
        "article": view, "versions": articles.versions(request.principal, article_id),
        "written_in": articles.LANGUAGES.get(view.language, view.language),
        "may_edit": request.principal.may(articles.EDIT),
        "public": view.state == Article.State.PUBLISHED and view.audience == Article.Audience.CUSTOMERS,
    }  # fmt: skip
    return page(request, "desk/article.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, article_id: UUID) -> HttpResponse:
    """Change an article."""
    access.require(request.principal, articles.EDIT)
    view = articles.get(request.principal, article_id)
    start = {name: getattr(view, name) for name in articles.FIELDS} | {"tags": ", ".join(view.tags)}
    form = ArticleForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        group = _tried(form, lambda: articles.change(request.principal, article_id, form.values()))
        if group:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("article", args=[article_id]))
    return page(request, "desk/article_form.html", {"form": form, "article": view})


@require_POST
def version(request: access.StaffRequest, article_id: UUID) -> HttpResponse:
    """Put an earlier version (``number``) back."""
    access.require(request.principal, articles.EDIT)
    number = request.POST.get("number", "")
    group = articles.restore(request.principal, article_id, int(number) if number.isdecimal() else 0)
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("article", args=[article_id]))


@never_cache
@require_http_methods(["GET", "POST"])
def importing(request: access.StaffRequest) -> HttpResponse:
    """Bring files in: Markdown, HTML, tables of questions and answers."""
    access.require(request.principal, articles.EDIT)
    form = ImportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        files = [
            (each.name or "", each.read(knowledge_import.MOST_BYTES + 1)) for each in request.FILES.getlist("files")
        ]
        given = form.cleaned_data
        done = _tried(form, lambda: knowledge_import.bring(request.principal, files, given["language"], given["state"],
                                                          given["audience"]))  # fmt: skip
        if done:
            toast(request, _told(done), undo=reverse("undo", args=[done.group]) if done.group else "")
            return HttpResponseRedirect(reverse("knowledge"))
    return page(request, "desk/knowledge_import.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def trying(request: access.StaffRequest) -> HttpResponse:
    """Ask a question: what is found, what would be quoted, and whether it would be answered; POST judges one."""
    access.require(request.principal, articles.VIEW)
    if request.method == "POST":
        access.require(request.principal, "desk.reply")
        passage, sure = read_id(request.POST.get("passage", "")), request.POST.get("sure", "")
        if passage and sure.replace(".", "", 1).isdecimal():
            right = request.POST.get("right") == "yes"
            knowledge.judge(passage, float(sure), right, "thumb", f"thumb:{new_id().hex}", request.principal)
        return render(request, "desk/_judged.html", {})
    question, language = request.GET.get("q", "").strip()[:1_000], request.GET.get("language", "")
    told = language or intelligence.language.tongue(question).code or "en"
    found = knowledge.find(question, told, staff=True) if question else []
    floor = knowledge.floor_of(told)
    context = {
        "question": question, "spoken": language, "told": articles.LANGUAGES.get(told, told), "floor": floor,
        "found": [(each, f"{each.sure:.6f}") for each in found], "languages": articles.LANGUAGES.items(),
        "answered": bool(found) and found[0].sure >= floor, "may_judge": request.principal.may("desk.reply"),
    }  # fmt: skip
    return page(request, "desk/knowledge_try.html", context)


def _told(done: knowledge_import.Outcome) -> str:
    parts = [
        ngettext("{count} article added", "{count} articles added", done.added).format(count=done.added),
        ngettext("{count} changed", "{count} changed", done.changed).format(count=done.changed),
    ]
    return ", ".join(parts)


def _tried(form: forms.Form, work: Any) -> Any:
    try:
        return work()
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        form.add_error(None, refused.message)
        return None
