"""What the public API is made of: problem documents (RFC 9457), pages with a cursor, lists that filter as pages do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.validators import ProhibitNullCharactersValidator
from django.db import DataError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from ninja import Schema

from amity.base import listing as lists
from amity.base import paging
from amity.base.errors import Refused, TooMany
from amity.base.filters import Reader

MAX_LIMIT, USUAL_LIMIT = 200, 50
T = TypeVar("T")
_PAGE_KEYS = frozenset(("q", "sort", "limit", "cursor"))
_SUFFIXES = ("_from", "_to", "_min", "_max")


class PageOf(Schema, Generic[T]):
    """One page. ``next`` is the ``cursor`` of the following page, null on the last one.

    ``count`` stops at 10,001 (a search of one letter: at 1,001).
    """

    items: list[T]
    next: str | None
    count: int | None = None


class Asked(Schema):
    """What every list takes beside its filters."""

    q: str = ""
    sort: str = ""
    limit: int = USUAL_LIMIT
    cursor: str = ""


class Problem(Schema):
    """An error (RFC 9457). ``code`` is stable; ``errors`` point at fields by JSON pointer."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None


def problem(error: Refused, pointers: Iterable[tuple[str, str]] = ()) -> HttpResponse:
    """The answer to a refused request; ``pointers`` are (JSON pointer, what is wrong there)."""
    body: dict[str, Any] = {
        "type": f"urn:amity:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error.message),
        "code": error.code,
    }
    if isinstance(error, Pointed):
        pointers = [(error.pointer, str(error.message))]
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in pointers]
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body, ensure_ascii=False), "application/problem+json", status=error.status)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="amity"'
    return response


def invalid(errors: Sequence[dict[str, Any]]) -> HttpResponse:
    """The answer to a request that does not fit the schema, from pydantic's errors."""
    pointers = [("/" + "/".join(str(step) for step in _place(each["loc"])), str(each["msg"])) for each in errors]
    return problem(Refused("invalid", _("The request does not fit the schema; see errors.")), pointers)


def page_of(
    listing: lists.Listing,
    reader: Reader,
    params: QueryDict,
    names: Sequence[str],
    show: Callable[[dict[str, Any]], Any],
) -> dict[str, Any]:
    """One page of ``listing`` as the list page would filter and sort it. 2 queries and those of filter choices.

    Parameters: those of the list page, ``limit`` (<= 200) and ``cursor``. Raises ``Refused``: ``unknown_parameter``,
    ``bad_limit``, ``bad_cursor``.
    """
    limit = limit_of(params)
    view = lists.read(listing, reader, _for_list(listing, reader, params))
    count, rows = lists.raw_rows(view, reader, limit, names)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = paging.Cursor(view.order.name, last[lists.SORT_VALUE], last["pk"]).sealed()
    return {"items": [show(row) for row in rows[:limit]], "next": following, "count": count}


def limit_of(params: QueryDict) -> int:
    """The ``limit`` parameter, 1–200."""
    text = params.get("limit", str(USUAL_LIMIT))
    if not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise Refused("bad_limit", _("limit must be a number from 1 to {most}.").format(most=MAX_LIMIT))
    return int(text)


def uuid_of(text: str) -> UUID:
    """An id used as a cursor; raises ``Refused("bad_cursor")``."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused("bad_cursor", _("This cursor is damaged. Start from the first page."), 400) from error


def given(body: Schema) -> dict[str, Any]:
    """Only what the request named, so that PATCH leaves the rest alone."""
    return body.dict(exclude_unset=True)


def problems() -> dict[Any, Any]:
    """The problems that any operation may answer with; `describe_problems` says of what shape.

    A `Problem` here would become a thousand equal models, two seconds of every start.
    """
    return {frozenset({400, 401, 403, 404, 409, 422, 429}): None}


def describe_problems(document: dict[str, Any]) -> None:
    """Give every problem in an OpenAPI document its shape."""
    document["components"]["schemas"]["Problem"] = Problem.json_schema()
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operation in (each for methods in document["paths"].values() for each in methods.values()):
        for status, response in operation["responses"].items():
            if status >= HTTPStatus.BAD_REQUEST:
                response.setdefault("content", content)


def document(documented: Any) -> dict[Any, Any]:
    """Responses of an operation: the right one and `problems`."""
    return {200: documented, **problems()}


def fields_of(view: Any) -> dict[str, Any]:
    """A frozen dataclass as a dictionary, one level deep."""
    return {each.name: getattr(view, each.name) for each in fields(view)}


def tell_undo(response: HttpResponse, group: UUID | None) -> None:
    """Say under which group the change can be undone for 24 hours; nothing when nothing changed."""
    if group is not None:
        response.headers["Amity-Undo"] = str(group)


NULL_CHARACTER = Refused("null_character", ProhibitNullCharactersValidator.message, 400)  # type: ignore[arg-type]


def null_character(error: Exception) -> bool:
    """Whether the database refused a text because of the one character that it cannot keep."""
    return isinstance(error, DataError) and ("NUL (0x00)" in str(error) or "\\u0000" in str(error))


class Pointed(Refused):
    """A refusal about one place of the body."""

    def __init__(self, error: Refused, pointer: str) -> None:
        super().__init__(error.code, error.message, 422)
        self.pointer = pointer


def at(pointer: str, check: Callable[[], object]) -> None:
    """Run ``check``; what it refuses is about ``pointer`` of the body and answered with 422."""
    try:
        check()
    except Refused as error:
        raise Pointed(error, pointer) from error


def split(values: dict[str, Any], bag: str) -> tuple[dict[str, Any], Mapping[str, Any] | None]:
    """Fields, and apart from them the custom fields that the body holds under ``bag``."""
    return values, values.pop(bag, None)


def check_references(values: Mapping[str, Any], getters: Mapping[str, Callable[[Any], object]]) -> None:
    """Ids in the body must name records that the caller sees: ``getters`` by field refuse what they do not find."""
    for name, getter in getters.items():
        if values.get(name):
            at(f"/{name}", partial(getter, values[name]))


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/v1/")


def _for_list(listing: lists.Listing, reader: Reader, params: QueryDict) -> QueryDict:
    """The parameters as the list page names them; a filter that does not exist is refused rather than ignored."""
    known = {each.key for each in listing.filters}
    for name in params:
        stem = next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end)), name)
        if name not in _PAGE_KEYS and name not in known and stem not in known and not name.startswith("t."):
            message = _("There is no filter “{name}”. Known: {known}.").format(
                name=name, known=", ".join(sorted(known))
            )
            raise Refused("unknown_parameter", message)
    translated = params.copy()
    translated.pop("limit", None)
    cursor = translated.pop("cursor", [""])[-1]
    translated["at"] = cursor
    if cursor and paging.unseal(cursor, params.get("sort") or listing.sort) is None:
        raise Refused("bad_cursor", _("This cursor belongs to another sorting. Start from the first page."), 400)
    return translated


def _place(loc: Iterable[Any]) -> list[Any]:
    """pydantic's location without ninja's own steps (``body``, name of the argument)."""
    steps = [step for step in loc if step not in ("body", "query", "path", "form")]
    return steps[1:] if steps and steps[0] in ("data", "body", "payload") else steps
