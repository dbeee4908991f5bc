"""The permission table holds for every URL, method and role; who is refused has changed nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, reverse

from amity.access import api as access
from amity.access.models import SavedView, Staff
from amity.access.permissions import PERMISSIONS
from amity.access.tests.staffing import hire, team
from amity.base.ids import new_id
from amity.base.models import JobRun
from amity.events import api as events
from amity.events import sources, webhooks
from amity.events.models import Destination, Quarantine, WebhookDelivery
from amity.people import api as people
from amity.people.imports import service
from amity.sales import api as sales
from amity.sales.models import Product, Task
from amity.web.api import schema
from amity.web.tests.permission_table import API, BODIES, FORMS, HIDDEN, LETTERS, PAGES, ROLES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# What a refused request may write: its own session, and how often it came.
NOISE = ("django_session", "usersessions_usersession", "access_ratecount", "access_cache")
METHODS = ("GET", "POST")


def test_the_roles_hold_what_the_table_says() -> None:
    for permission, letters in ROLES.items():
        if permission != "staff":
            holders = {role for role, held in PERMISSIONS.items() if permission in held}
            assert holders == {LETTERS[letter] for letter in letters}, permission
    assert set(ROLES) - {"staff"} == access.ALL_PERMISSIONS


def test_every_url_stands_in_the_table() -> None:
    assert set(names(get_resolver())) == set(PAGES)
    assert {operation["operationId"] for _path, _method, operation in operations()} == set(API)


def names(resolver: Any) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern) if getattr(pattern, "namespace", None) != "v1" else ()
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            yield pattern.name


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


@dataclass
class World:
    """One of everything, so that each URL has something to point at."""

    ids: dict[str, Any]
    staff: dict[str, Staff]


@pytest.fixture
def world(tmp_path: Path) -> World:
    ada = hire("Ada")
    me = access.principal_of(ada)
    staff = {letter: hire(f"{role}x", role, "all") for letter, role in LETTERS.items()}
    person = people.create_person(me, {"given_name": "Anna"})
    company = people.create_company(me, {"name": "Acme"})
    deal = sales.create_deal(me, {"title": "Big"})
    table = tmp_path / "x.csv"
    table.write_text("First name,E-mail\nAnna,anna@example.com\n")
    run = service.start_import(me, [table])
    endpoint, _secret = webhooks.create_endpoint(me, "https://example.com/hook")
    with transaction.atomic():
        events.publish("deal.created", deal, {})
    source = sources.create(me, "Shop")
    destination = Destination.objects.create(kind="files", name="Warehouse")
    reject = Quarantine.objects.create(source_id=source.id, kind="track", body=b"{}", code="no_identity", sentence="-")
    ids = {
        "destination_id": destination.pk, "segment_id": new_id(), "computed_id": new_id(),
        "source_id": source.id, "reject_id": reject.pk,
        "person_id": person, "company_id": company, "deal_id": deal, "record_id": person, "subject_id": person,
        "product_id": Product.objects.create(name="Pen").pk, "import_id": run.id, "file_id": run.files[0].id,
        "task_id": Task.objects.create(subject="Call", person_id=person, owner=ada).pk, "upload_id": new_id(),
        "version_id": new_id(), "score_id": new_id(), "tie_id": new_id(), "contact_id": new_id(),
        "stage_id": sales.stage_choices()[0].id, "pipeline_id": new_id(),
        "correction_id": new_id(), "rule_id": new_id(), "kind": "name_case", "field": "email", "profile_id": person,
        "pair_id": new_id(), "decision_id": new_id(), "action_id": new_id(),
        "merge_id": new_id(), "request_id": new_id(), "mark_id": new_id(),
        "staff_id": hire("Other", "agent").pk,
        "team_id": team().pk, "token_id": access.create_token(me, "t", ["people:read"])[0],
        "endpoint_id": endpoint.id,
        "delivery_id": WebhookDelivery.objects.get().pk, "job_id": JobRun.objects.create(kind="x").pk, "key": "lead",
        "view_id": SavedView.objects.create(staff=ada, page="people", name="Mine", query="").pk, "group": new_id(),
        "message_id": new_id(), "account_id": new_id(), "macro_id": new_id(),
        "group_id": new_id(), "target": "lead", "column": "tags", "page": "people", "subjects": "people", "pk": 1,
        "rest_of_path": "nowhere", "token": "wrong", "uidb36": "1", "uploads": new_id(),
        "note_id": new_id(), "quote_id": new_id(), "meeting_id": new_id(), "secret": "wrong",
        "settings_kind": "queue", "row_id": new_id(), "complaint_id": new_id(), "refund_id": new_id(),
        "flow_key": "order_status", "slot_name": "order", "happening_id": new_id(), "number": 1,
        "purpose_key": "newsletter", "conversation_id": new_id(), "example_id": new_id(),
        "intent_id": new_id(), "article_id": new_id(), "draft_id": new_id(),
        "lang": "en", "outgoing_id": new_id(), "suppression_id": new_id(),
    }  # fmt: skip
    return World(ids, staff)


def url_of(name: str, world: World) -> str:
    """The URL of ``name`` with ids of the right kind."""
    kind = next((kind for kind in ("company", "deal") if name.startswith(f"{kind}_")), "person")
    known = world.ids | {"record_id": world.ids[f"{kind}_id"]}
    known |= {"key": "x"} if name.startswith("account") else {}
    ((_template, parameters), *_others), *_rest = get_resolver().reverse_dict.getlist(name)[0]
    return reverse(name, kwargs={key: known[key] for key in parameters})


def written() -> dict[str, int]:
    """Rows inserted, updated and deleted in this transaction so far, by table, rolled-back ones included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return {table: count for table, count in cursor.fetchall() if count and table not in NOISE}


def digest() -> str:
    """A fingerprint of everything in the database but noise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_stat_user_tables ORDER BY relname")
        tables = [row[0] for row in cursor.fetchall() if row[0] not in NOISE]
        one = "SELECT '{0}' AS name, md5(coalesce(string_agg(x::text, ',' ORDER BY x::text), '')) AS h FROM {0} x"
        parts = " UNION ALL ".join(one.format(table) for table in tables)
        cursor.execute(f"SELECT md5(string_agg(name || h, ',' ORDER BY name)) FROM ({parts}) parts")
        return str(cursor.fetchone()[0])


def ask(client: Client, method: str, url: str, *, keep: bool, **given: Any) -> Any:
    """The answer; ``keep`` false: what it changed is rolled back."""
    with transaction.atomic():
        answer = getattr(client, method.lower())(url, **given)
        if getattr(answer, "streaming", False):
            b"".join(answer.streaming_content)
        if not keep:
            transaction.set_rollback(True)
    return answer


def to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("letter", LETTERS)
def test_pages(world: World, letter: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.staff[letter])
    before, wrong, cookies = digest(), [], client.cookies.copy()
    for name, methods in PAGES.items():
        url = url_of(name, world)
        for method, permission in methods.items():
            allowed = permission in ("anyone", "token") or letter in ROLES[permission]
            counted = written()
            form = {"data": FORMS.get(name, {})} if method == "POST" else {}
            answer = ask(client, method, url, keep=not allowed, **form)
            status = answer.status_code
            if permission == "token":
                ok = status == 401
            elif allowed:
                ok = status < 500 and status not in (401, 403, 405)
                ok = ok and (permission == "anyone" or not to_sign_in(answer))
            else:
                ok = status == (404 if name in HIDDEN else 403) and written() == counted
            if not ok:
                wrong.append((name, method, "allowed" if allowed else "refused", status))
            client.cookies = cookies.copy()  # signing out is among the pages
    assert not wrong, "\n" + "\n".join(map(str, wrong))
    assert digest() == before


def test_strangers_are_sent_to_sign_in(world: World) -> None:
    client = Client(raise_request_exception=False)
    before, wrong = digest(), []
    for name, methods in PAGES.items():
        for method, permission in methods.items():
            answer = ask(client, method, url_of(name, world), keep=permission != "anyone")
            if permission == "anyone":
                ok = answer.status_code < 500 and answer.status_code not in (401, 403, 405)
            elif permission == "token":
                ok = answer.status_code == 401
            else:
                ok = to_sign_in(answer)
            if not ok:
                wrong.append((name, method, answer.status_code))
    assert not wrong, "\n" + "\n".join(map(str, wrong))
    assert digest() == before


def test_methods_that_are_not_in_the_table_are_refused(world: World) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(world.staff["A"])
    theirs = ("account_", "mfa_", "usersessions", "set_language")
    before, wrong = digest(), []
    for name, methods in PAGES.items():
        for method in set() if name.startswith(theirs) else {*METHODS, "PUT", "PATCH", "DELETE"} - set(methods):
            answer = ask(client, method, url_of(name, world), keep=True)
            if answer.status_code not in (401, 405):
                wrong.append((name, method, answer.status_code))
    assert not wrong, "\n" + "\n".join(map(str, wrong))
    assert digest() == before


class Door:
    """A program with a token."""

    def __init__(self, staff: Staff, scopes: list[str]) -> None:
        self.client = Client(raise_request_exception=False)
        self.secret = access.create_token(access.principal_of(staff), "t", scopes)[1]

    def call(self, world: World, path: str, method: str, operation_id: str, *, keep: bool) -> Any:
        given: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.secret}"}}
        body = BODIES.get(operation_id, {})
        if operation_id == "createTask":
            body = {"about": "person", "about_id": str(world.ids["person_id"]), "subject": "Call"}
        if operation_id == "createImport":
            given["data"] = {"files": [SimpleUploadedFile("a.csv", b"First name,E-mail\nA,a@example.com\n")]}
        elif method != "get":
            given |= {"data": json.dumps(body), "content_type": "application/json"}
        return ask(self.client, method, path.format(**world.ids), keep=keep, **given)


@pytest.mark.parametrize("letter", LETTERS)
def test_api(world: World, letter: str, settings: Any, tmp_path: Any) -> None:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)
    door = Door(world.staff[letter], sorted(access.SCOPES))
    before, wrong = digest(), []
    for path, method, operation in operations():
        name = operation["operationId"]
        allowed = letter in ROLES[API[name]]
        counted = written()
        answer = door.call(world, path, method, name, keep=not allowed)
        if allowed:
            ok = answer.status_code < 500 and answer.status_code not in (401, 403, 405)
        else:
            ok = answer.status_code == (404 if name in HIDDEN else 403) and _only_token_seen(written(), counted)
        if not ok:
            wrong.append((name, "allowed" if allowed else "refused", answer.status_code, answer.content[:120]))
    assert not wrong, "\n" + "\n".join(map(str, wrong))
    if letter != "A":
        assert _without_token_use(before)


def _only_token_seen(after: dict[str, int], before: dict[str, int]) -> bool:
    """A refused request may note when its token was last used."""
    changed = {table for table in after if after[table] != before.get(table, 0)}
    return changed <= {"access_apitoken"}


def _without_token_use(before: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_apitoken SET last_used_at = NULL")
    return digest() == before


def test_a_token_without_the_scope_opens_nothing(world: World) -> None:
    """An administrator's token with one scope: whatever that scope does not cover is refused."""
    door = Door(world.staff["A"], ["audit:read"])
    wrong = []
    for path, method, operation in operations():
        name = operation["operationId"]
        answer = door.call(world, path, method, name, keep=True)
        expected = {200} if API[name] in ("audit.view", "staff") else {404} if name in HIDDEN else {403}
        if answer.status_code not in expected:
            wrong.append((name, answer.status_code))
    assert not wrong, "\n" + "\n".join(map(str, wrong))
