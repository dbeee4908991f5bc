"""The committed API document is true, and its guard sees what would break programs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from amity.web import openapi
from amity.web.api import schema

Document = dict[str, Any]


@pytest.mark.slow
def test_the_committed_document_is_what_the_code_serves() -> None:
    assert openapi.COMMITTED.read_text() == openapi.text_of(schema()), "run: python -m amity.web.openapi --write"


@pytest.mark.slow
def test_nothing_breaks_against_itself() -> None:
    assert openapi.breaking(schema(), schema()) == []


def drop_operation(new: Document) -> None:
    del new["paths"]["/v1/people"]["get"]


def drop_field(new: Document) -> None:
    del new["components"]["schemas"]["PersonOut"]["properties"]["email"]


def require_field(new: Document) -> None:
    new["components"]["schemas"]["PersonIn"]["required"] = ["email"]


def change_type(new: Document) -> None:
    new["components"]["schemas"]["DealOut"]["properties"]["title"] = {"type": "integer"}


def require_parameter(new: Document) -> None:
    new["paths"]["/v1/people"]["get"]["parameters"][0]["required"] = True


def drop_schema(new: Document) -> None:
    del new["components"]["schemas"]["StageOut"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop_operation, "GET /v1/people is gone"),
        (drop_field, "PersonOut.email is gone"),
        (require_field, "PersonIn.email is newly required"),
        (change_type, "DealOut.title changed its type"),
        (require_parameter, "GET /v1/people: parameter q is newly required"),
        (drop_schema, "schema StageOut is gone"),
    ],
)
def test_what_breaks_programs_is_named(change: Callable[[Document], None], told: str) -> None:
    new = json.loads(json.dumps(schema()))
    change(new)
    assert openapi.breaking(json.loads(json.dumps(schema())), new) == [told]


@pytest.mark.slow
def test_additions_break_nothing() -> None:
    old, new = json.loads(json.dumps(schema())), json.loads(json.dumps(schema()))
    new["paths"]["/v1/wishes"] = {"get": {"responses": {}}}
    new["components"]["schemas"]["PersonOut"]["properties"]["shoe_size"] = {"type": "integer"}
    new["components"]["schemas"]["PersonIn"]["properties"]["shoe_size"] = {"type": "integer"}
    new["paths"]["/v1/people"]["get"]["parameters"].append({"name": "shoe", "in": "query", "required": False})
    assert openapi.breaking(copy.deepcopy(old), new) == []
