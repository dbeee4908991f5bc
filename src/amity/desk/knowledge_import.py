"""Bringing articles in: Markdown and HTML files, and tables of questions and answers. The same again changes them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import undo
from amity.base.encodings import detect
from amity.base.errors import Refused
from amity.desk import knowledge_articles as articles
from amity.desk.knowledge_markdown import MAX_TEXT, markdown_of
from amity.desk.knowledge_models import Article
from amity.intelligence import api as intelligence

MOST_FILES, MOST_BYTES, MOST_ROWS = 200, 5 * 1024**2, 2_000
KIND = "desk.articles"
_TITLES = ("question", "title", "frage", "titel", "pytanie", "tytuł", "tytul", "вопрос", "название", "q")
_BODIES = ("answer", "body", "text", "antwort", "odpowiedź", "odpowiedz", "treść", "ответ", "текст", "a")
_LANGUAGES = ("language", "lang", "sprache", "język", "jezyk", "язык")
_TAGS = ("tags", "tag", "category", "kategorie", "kategoria", "категория", "теги")
_HEADING = re.compile(r"^#{1,2}\s+(.+?)\s*#*\s*$", re.M)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>", re.I | re.S)


@dataclass(frozen=True, slots=True)
class Brought:
    """One article as it was read; ``key`` tells it from others of the same import."""

    key: str
    title: str
    body: str
    language: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did; ``group`` undoes all of it."""

    added: int
    changed: int
    same: int
    group: UUID | None


def bring(
    principal: access.Principal, files: Sequence[tuple[str, bytes]], language: str, state: str = "draft",
    audience: str = "customers",
) -> Outcome:  # fmt: skip
    """Take files in (name, content): .md, .txt, .html, .csv, .tsv. ``language`` "" has it recognised. One transaction.

    Raises `Refused` for what cannot be read; then nothing is brought in.
    """
    access.require(principal, articles.EDIT)
    if not files or len(files) > MOST_FILES:
        raise Refused("no_files", _("Choose up to {count} files.").format(count=MOST_FILES))
    read = [each for name, content in files for each in _read(name, content, language)]
    if len(read) > MOST_ROWS:
        raise Refused("too_many", _("At most {count} articles at once.").format(count=MOST_ROWS))
    with transaction.atomic():
        done = [_one(principal, each, state, audience) for each in read]
        groups = [str(group) for _kind, group in done if group]
        group = undo.note(principal, KIND, {"count": len(groups)}, groups) if groups else None
    kinds = [kind for kind, _group in done]
    return Outcome(kinds.count("added"), kinds.count("changed"), kinds.count("same"), group)


def _one(principal: access.Principal, each: Brought, state: str, audience: str) -> tuple[str, UUID | None]:
    values = {"title": each.title, "body": each.body, "language": each.language, "tags": list(each.tags)}
    row = Article.objects.filter(source_key=each.key).first()
    if row is None:
        return "added", articles.create(principal, {**values, "state": state, "audience": audience}, each.key)[1]
    if all(getattr(row, name) == value for name, value in values.items()):
        return "same", None
    return "changed", articles.change(principal, row.pk, values)


def _read(name: str, content: bytes, language: str) -> list[Brought]:
    if len(content) > MOST_BYTES:
        raise Refused("too_large", _("{name} is too large.").format(name=name))
    text = content.decode(detect(content), "replace")
    kind = name.lower().rpartition(".")[2]
    if kind in ("csv", "tsv"):
        return _table(name, text, language)
    if kind in ("html", "htm"):
        title = _TITLE.search(text)
        called = re.sub(r"<[^>]+>|\s+", " ", (title[1] or title[2]) if title else "").strip()
        body = re.sub(r"<h1[^>]*>.*?</h1>", "", text, count=1, flags=re.I | re.S)
        return [_article(name, called or _named(name), markdown_of(body), language)]
    if kind in ("md", "markdown", "txt"):
        heading = _HEADING.search(text[:2_000])
        body = text.replace(heading[0], "", 1).strip() if heading else text
        return [_article(name, heading[1] if heading else _named(name), body, language)]
    raise Refused("bad_file", _("{name}: only Markdown, HTML, CSV and TSV can be read.").format(name=name))


def _table(name: str, text: str, language: str) -> list[Brought]:
    sample = text[:4_096]
    mark = "\t" if name.lower().endswith(".tsv") else max(",;\t", key=sample.split("\n", 1)[0].count)
    rows = csv.DictReader(io.StringIO(text), delimiter=mark)
    heads = {(head or "").strip().lower().lstrip("\ufeff"): head for head in rows.fieldnames or ()}
    columns: dict[str, Any] = {
        what: next((heads[each] for each in names if each in heads), None)
        for what, names in (("title", _TITLES), ("body", _BODIES), ("language", _LANGUAGES), ("tags", _TAGS))
    }
    if not columns["title"] or not columns["body"]:
        raise Refused("no_column", _("{name}: a table needs the columns question and answer.").format(name=name))
    found = []
    for row in rows:
        told = {what: (row.get(head) or "").strip() if head else "" for what, head in columns.items()}
        if told["title"] and told["body"]:
            body = markdown_of(told["body"]) if re.search(r"<(?:p|br|li|div|a)\b", told["body"]) else told["body"]
            tags = tuple(tag.strip() for tag in re.split(r"[,;|]", told["tags"]) if tag.strip())
            spoken = told["language"].lower()[:2] or language
            found.append(_article(f"{name}:{told['title']}", told["title"], body, spoken, tags))
    return found


def _article(key: str, title: str, body: str, language: str, tags: tuple[str, ...] = ()) -> Brought:
    told = language or intelligence.language.tongue(f"{title}\n{body}"[:5_000]).code
    if told not in articles.LANGUAGES:
        raise Refused("no_language", _("{name}: say which language it is in.").format(name=key[:80]))
    return Brought(f"{told}:{key}"[:300], title[:200], body[:MAX_TEXT], told, tags)


def _named(name: str) -> str:
    return re.sub(r"[_-]+", " ", name.rpartition("/")[2].rpartition(".")[0]).strip().capitalize() or name


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    for group in before:
        undo.put_back(principal, UUID(group))


def register() -> None:
    undo.register(KIND, undo.Handler(None, _put_back))
