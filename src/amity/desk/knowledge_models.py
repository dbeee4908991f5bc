"""Tables of knowledge: articles with their versions, the passages they are found by, and what was said of answers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.base.searching import words_vector


class Article(Record):
    """Something the company tells customers, or only its staff, in one language."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        ARCHIVED = "archived", _("Archived")

    class Audience(models.TextChoices):
        CUSTOMERS = "customers", _("Everybody")
        STAFF = "staff", _("Staff only")

    personal = personal.nothing(_("what the company tells everybody"))
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)  # Markdown
    html = models.TextField(blank=True)  # of the body, sanitised
    tags = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.CUSTOMERS)
    number = models.IntegerField(default=0)  # of the newest version
    source_key = models.CharField(max_length=300, null=True, unique=True)  # of an import: the same again is a change
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)
    search = models.TextField(blank=True, default="")
    search_vector = models.GeneratedField(
        expression=words_vector("search"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["search_vector"], name="article_search"),
            models.Index(fields=["language", "state", "-updated_at", "-id"], name="article_language"),
            models.Index(fields=["-updated_at", "-id"], name="article_newest"),
        ]


class ArticleVersion(Record):
    """An article as it was saved."""

    personal = personal.nothing(_("what the company tells everybody"))
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    values = models.JSONField(default=dict)  # language, title, body, tags, state, audience
    saved_by = models.UUIDField(null=True)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version")
        ]


class Passage(Record):
    """A piece of a published article that can be quoted. Vectors are kept, so that a start reads no text anew."""

    personal = personal.nothing(_("what the company tells everybody"))
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="passages")
    place = models.IntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    language = models.CharField(max_length=8)
    audience = models.CharField(max_length=10)
    vector = models.BinaryField(null=True)  # half-precision numbers of the whole, then of each sentence
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["article", "place"], name="passage_place")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["language", "id"], name="passage_language")]


class KnowledgeIndex(Record):
    """What is known of one language: how often its passages changed, and below what nothing is answered."""

    personal = personal.nothing(_("counts and thresholds"))
    language = models.CharField(max_length=8, unique=True)
    stamp = models.BigIntegerField(default=0)
    floor = models.FloatField(null=True)  # 0–1; none: not learned yet
    judged = models.IntegerField(default=0)
    learned_at = models.DateTimeField(null=True)


class Judgement(Record):
    """Whether a passage was the right one for a question: what the floor is learned from."""

    personal = personal.nothing(_("figures of answers, without what was asked"))
    key = models.CharField(max_length=120, unique=True)  # who said it of what: said again, it replaces
    language = models.CharField(max_length=8)
    passage_id = models.UUIDField(null=True)
    article_id = models.UUIDField(null=True)
    sure = models.FloatField()
    right = models.BooleanField()
    source = models.CharField(max_length=10)  # thumb, draft, customer
    staff_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["language", "-at", "-id"], name="judgement_language")]
