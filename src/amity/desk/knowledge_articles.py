"""Articles: written, published, put back to an earlier version; each change is undone as a whole and audited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.base.searching import prefix_query, search_text
from amity.desk import knowledge_index as index
from amity.desk.knowledge_markdown import MAX_TEXT, html_of
from amity.desk.knowledge_models import Article, ArticleVersion

CHANGE = "desk.article"
VIEW, EDIT = "desk.view", "knowledge.edit"
LANGUAGES = {"en": "English", "ru": "Русский", "pl": "Polski", "de": "Deutsch"}
FIELDS = ("language", "title", "body", "tags", "state", "audience")
PAGE = 50


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article as it is now; ``html`` is sanitised."""

    id: UUID
    language: str
    title: str
    body: str
    html: str
    tags: list[str]
    state: str
    audience: str
    number: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None

    @property
    def state_label(self) -> str:
        return str(Article.State(self.state).label)


_VIEW = tuple(ArticleView.__dataclass_fields__)


def listed(
    principal: access.Principal, language: str = "", state: str = "", query: str = "", start: int = 0
) -> tuple[list[ArticleView], bool]:
    """Up to 50 articles, the newest first, and whether there are more. 1 query."""
    access.require(principal, VIEW)
    rows = Article.objects.all()
    rows = rows.filter(state=state) if state else rows.exclude(state=Article.State.ARCHIVED)
    if language:
        rows = rows.filter(language=language)
    found = _searched(rows, query).order_by("-updated_at", "-id").values(*_VIEW)[start : start + PAGE + 1]
    views = [ArticleView(**row) for row in found]
    return views[:PAGE], len(views) > PAGE


def get(principal: access.Principal, article_id: UUID) -> ArticleView:
    """One article; raises `NotFound`. 1 query."""
    access.require(principal, VIEW)
    row = Article.objects.filter(pk=article_id).values(*_VIEW).first()
    if row is None:
        raise NotFound(_("There is no such article."))
    return ArticleView(**row)


def public(language: str, query: str = "") -> list[ArticleView]:
    """What everybody may read in one language, by title; at most 200. 1 query."""
    rows = Article.objects.filter(language=language, state=Article.State.PUBLISHED, audience=Article.Audience.CUSTOMERS)
    return [ArticleView(**row) for row in _searched(rows, query).order_by("title", "id").values(*_VIEW)[:200]]


def public_one(article_id: UUID) -> ArticleView:
    """A published article for everybody; raises `NotFound` for any other. 1 query."""
    rows = Article.objects.filter(pk=article_id, state=Article.State.PUBLISHED, audience=Article.Audience.CUSTOMERS)
    row = rows.values(*_VIEW).first()
    if row is None:
        raise NotFound(_("There is no such article."))
    return ArticleView(**row)


def versions(principal: access.Principal, article_id: UUID) -> list[ArticleVersion]:
    """The last 50 versions, newest first. 1 query."""
    access.require(principal, VIEW)
    return list(ArticleVersion.objects.filter(article_id=article_id).order_by("-number")[:50])


def create(principal: access.Principal, values: Mapping[str, Any], source_key: str | None = None) -> tuple[UUID, UUID]:
    """A new article; returns its id and the undo group. Raises `Refused`."""
    access.require(principal, EDIT)
    given = _checked({"tags": [], "state": "draft", "audience": "customers", "body": "", **values})
    with transaction.atomic():
        row = Article(created_by=principal.staff_id, source_key=source_key)
        _write(principal, row, given)
        access.record(principal, "article.created", "article", row.pk, {"title": row.title})
        return row.pk, undo.note(principal, CHANGE, {"id": str(row.pk)}, {"number": 0, "now": row.number})


def change(principal: access.Principal, article_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Set some of `FIELDS`; what is published is found by its new words at once. Returns the undo group."""
    access.require(principal, EDIT)
    with transaction.atomic():
        row = _locked(article_id)
        before = row.number
        _write(principal, row, _checked({**_values(row), **values}))
        access.record(principal, "article.changed", "article", row.pk, {"fields": sorted(values)})
        return undo.note(principal, CHANGE, {"id": str(row.pk)}, {"number": before, "now": row.number})


def restore(principal: access.Principal, article_id: UUID, number: int) -> UUID:
    """Save an earlier version once more, as the newest. Returns the undo group."""
    access.require(principal, EDIT)
    return change(principal, article_id, _version(article_id, number))


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    row = Article.objects.select_for_update().filter(pk=args["id"]).first()
    if row is None or row.number != before["now"]:
        return  # somebody changed it since
    wanted = _version(row.pk, before["number"]) if before["number"] else {**_values(row), "state": "archived"}
    _write(principal, row, wanted)
    access.record(principal, "article.undone", "article", row.pk, {})


def _version(article_id: UUID, number: int) -> dict[str, Any]:
    values = (
        ArticleVersion.objects.filter(article_id=article_id, number=number).values_list("values", flat=True).first()
    )
    if values is None:
        raise NotFound(_("There is no such version."))
    return dict(values)


def _write(principal: access.Principal, row: Article, given: Mapping[str, Any]) -> None:
    """Save, keep the version, bring the passages up to date. About 6 queries."""
    for name in FIELDS:
        setattr(row, name, given[name])
    row.html, row.number, row.updated_at = html_of(row.body), row.number + 1, clock.now()
    row.search = search_text([row.title, " ".join(row.tags), row.body])
    if row.state == Article.State.PUBLISHED:
        row.published_at = row.published_at or clock.now()
    row.save()
    ArticleVersion.objects.create(article=row, number=row.number, values=_values(row), saved_by=principal.staff_id)
    index.bring_up(row)


def _values(row: Article) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: given[name] for name in FIELDS}
    values["title"] = " ".join(str(values["title"]).split())[:200]
    values["body"] = str(values["body"])
    values["tags"] = _tags(values["tags"])
    if not values["title"]:
        raise Refused("no_title", _("Give it a title."))
    if len(values["body"]) > MAX_TEXT:
        raise Refused("too_long", _("The text is too long. Make several articles of it."))
    if values["language"] not in LANGUAGES or values["state"] not in Article.State.values:
        raise Refused("bad_value", _("Choose one of: {ops}.").format(ops=", ".join(LANGUAGES)))
    if values["audience"] not in Article.Audience.values:
        raise Refused("bad_value", _("Choose one of: {ops}.").format(ops=", ".join(Article.Audience.values)))
    if values["state"] == Article.State.PUBLISHED and not values["body"].strip():
        raise Refused("empty", _("Write the text before it is published."))
    return values


def _tags(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(str(tag).split())[:40] for tag in given if str(tag).strip()))[:20]


def _searched(rows: QuerySet[Article], query: str) -> QuerySet[Article]:
    wanted = prefix_query(query) if query.strip() else None
    if wanted is not None:
        return rows.filter(search_vector=wanted)
    return rows.none() if query.strip() else rows


def _locked(article_id: UUID) -> Article:
    row = Article.objects.select_for_update().filter(pk=article_id).first()
    if row is None:
        raise NotFound(_("There is no such article."))
    return row


def register() -> None:
    undo.register(CHANGE, undo.Handler(None, _put_back))
