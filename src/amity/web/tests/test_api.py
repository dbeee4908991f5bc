"""The public API as a program uses it."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from amity.access import api as access
from amity.access.models import ApiToken, AuditEntry, IdempotencyKey, Staff
from amity.access.tests.staffing import hire
from amity.people import api as people
from amity.people.models import Company, Person
from amity.sales.models import Deal
from amity.web.api import schema

pytestmark = pytest.mark.django_db
ALL = sorted(access.SCOPES)


class Program:
    """Talks to the API with a token."""

    def __init__(self, staff: Staff, *scopes: str) -> None:
        self.client = Client(raise_request_exception=False)
        _id, self.secret = access.create_token(access.principal_of(staff), "test", list(scopes or ALL))

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Authorization": f"Bearer {self.secret}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(f"/v1{path}", headers=given, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self("patch", path, body, **headers)


@pytest.fixture
def ada() -> Staff:
    return hire("Ada")


@pytest.fixture
def program(ada: Staff) -> Program:
    return Program(ada)


def is_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert {"type", "title", "detail"} <= body.keys()


def test_a_person_is_made_read_changed_and_taken_back(program: Program) -> None:
    made = program.post("/people", {"given_name": "Anna", "family_name": "Kowalska", "traits": {"vip": True}})
    assert made.status_code == 201
    person = made.json()
    assert (person["name"], person["traits"], person["lead_status"]) == ("Anna Kowalska", {"vip": True}, "none")
    path = f"/people/{person['id']}"
    changed = program.patch(path, {"city": "Kraków", "traits": {"vip": None, "size": 3}})
    assert (changed.json()["city"], changed.json()["traits"]) == ("Kraków", {"size": 3})
    assert changed.json()["given_name"] == "Anna"
    assert program.post(f"/undo/{changed.headers['Amity-Undo']}").json() == {"steps": 1}
    again = program.get(path).json()
    assert (again["city"], again["traits"]) == ("", {"vip": True})
    vias = set(AuditEntry.objects.filter(object_kind="person").values_list("via", flat=True))
    assert vias == {"token"}


def test_a_deal_moves_through_its_stages(program: Program) -> None:
    stages = program.get("/stages").json()
    deal = program.post("/deals", {"title": "Big one", "value_minor": 125_000, "currency": "eur"}).json()
    assert (deal["stage_id"], deal["status"], deal["currency"]) == (stages[0]["id"], "open", "EUR")
    won = next(stage for stage in stages if stage["status"] == "won")
    moved = program.patch(f"/deals/{deal['id']}", {"stage_id": won["id"]}).json()
    assert (moved["status"], moved["closed_at"] is not None) == ("won", True)
    moves = [move["after"] for move in program.get(f"/deals/{deal['id']}/moves").json()]
    assert moves == [won["name"], stages[0]["name"]]


def test_tasks_are_made_and_ticked_off(program: Program) -> None:
    person = program.post("/people", {"given_name": "Anna"}).json()
    body = {"about": "person", "about_id": person["id"], "subject": "Call", "due_on": "2030-01-02"}
    assert program.post("/tasks", body).status_code == 201
    (task,) = program.get(f"/tasks?about=person&about_id={person['id']}").json()
    assert (task["subject"], task["due_on"]) == ("Call", "2030-01-02")
    assert program.get("/tasks").json() == [task]
    assert program.post(f"/tasks/{task['id']}/completion").status_code == 200
    assert program.get("/tasks").json() == []
    is_problem(program.post(f"/tasks/{task['id']}/completion"), 404, "not_found")


@pytest.mark.slow
def test_cursors_lead_through_everything_once(program: Program) -> None:
    for n in range(23):
        program.post("/companies", {"name": f"Firm {n:02}"})
    seen, cursor = [], ""
    for _page in range(10):
        page = program.get(f"/companies?sort=name&limit=5&cursor={cursor}").json()
        seen += [row["name"] for row in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [f"Firm {n:02}" for n in range(23)]
    assert page["count"] == 23


def test_search_and_filters_are_those_of_the_page(program: Program, ada: Staff) -> None:
    program.post("/people", {"given_name": "Anna", "lead_status": "open"})
    program.post("/people", {"given_name": "Boris", "owner_id": None})
    names = [row["name"] for row in program.get("/people?q=ann").json()["items"]]
    assert names == ["Anna"]
    assert [row["name"] for row in program.get("/people?owner=none").json()["items"]] == ["Boris"]
    assert [row["name"] for row in program.get("/people?owner=me").json()["items"]] == ["Anna"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 422, "bad_limit"), ("limit=201", 422, "bad_limit"), ("limit=x", 422, "invalid"),
        ("cursor=forged", 400, "bad_cursor"), ("colour=red", 422, "unknown_parameter"),
    ],
)  # fmt: skip
def test_bad_list_requests_are_refused(program: Program, query: str, status: int, code: str) -> None:
    is_problem(program.get(f"/people?{query}"), status, code)


def test_a_cursor_of_another_sorting_is_refused(program: Program) -> None:
    for n in range(3):
        program.post("/companies", {"name": f"Firm {n}"})
    cursor = program.get("/companies?sort=name&limit=1").json()["next"]
    is_problem(program.get(f"/companies?limit=1&cursor={cursor}"), 400, "bad_cursor")


@pytest.mark.parametrize(
    ("header", "code"),
    [("", "no_token"), ("Basic abc", "no_token"), ("Bearer ", "no_token"), ("Bearer amity_wrong", "bad_token")],
)
def test_strangers_get_401_and_no_hint(client: Client, header: str, code: str) -> None:
    hire("Ada")
    answer = client.get("/v1/people", headers={"Authorization": header} if header else {})
    is_problem(answer, 401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_signed_in_browser_is_a_stranger_here(client: Client, ada: Staff) -> None:
    client.force_login(ada)
    is_problem(client.get("/v1/people"), 401, "no_token")


def test_scopes_narrow(ada: Staff) -> None:
    reader = Program(ada, "people:read")
    assert reader.get("/people").status_code == 200
    is_problem(reader.post("/people", {"given_name": "Anna"}), 403, "forbidden")
    is_problem(reader.get("/deals"), 403, "forbidden")
    is_problem(reader.get("/webhooks"), 403, "forbidden")
    is_problem(reader.get("/audit"), 403, "forbidden")
    assert reader.get("/me").json()["permissions"] == ["people.view"]
    assert not Person.objects.exists()


def test_problems_point_at_the_field(program: Program) -> None:
    wrong = program.post("/people", {"given_name": 7, "colour": "red"})
    is_problem(wrong, 422, "invalid")
    assert {each["pointer"] for each in wrong.json()["errors"]} == {"/given_name", "/colour"}
    nowhere = program.post("/people", {"given_name": "A", "company_id": "01890000-0000-7000-8000-000000000000"})
    is_problem(nowhere, 422, "not_found")
    assert nowhere.json()["errors"][0]["pointer"] == "/company_id"
    nobody = program.post("/deals", {"title": "A", "owner_id": "01890000-0000-7000-8000-000000000000"})
    assert nobody.json()["errors"][0]["pointer"] == "/owner_id"
    is_problem(program.post("/people", {}), 422, "person_nameless")
    is_problem(program("post", "/people"), 400, "bad_request")
    is_problem(program.get("/people/01890000-0000-7000-8000-000000000000"), 404, "not_found")
    is_problem(program.get("/nothing/here"), 404, "no_such_address")


def test_a_post_may_be_repeated_under_its_key(program: Program) -> None:
    first = program.post("/people", {"given_name": "Anna"}, Idempotency_Key="k1")
    again = program.post("/people", {"given_name": "Anna"}, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Person.objects.count() == 1
    is_problem(program.post("/people", {"given_name": "Boris"}, Idempotency_Key="k1"), 422, "idempotency_key_reused")
    is_problem(program.post("/companies", {"name": "Acme"}, Idempotency_Key="k1"), 422, "idempotency_key_reused")
    assert program.post("/people", {"given_name": "Boris"}, Idempotency_Key="k2").status_code == 201
    assert Person.objects.count() == 2


def test_a_refused_post_may_be_corrected_under_its_key(program: Program) -> None:
    is_problem(program.post("/people", {}, Idempotency_Key="k1"), 422, "person_nameless")
    assert not IdempotencyKey.objects.exists()
    assert program.post("/people", {"given_name": "Anna"}, Idempotency_Key="k1").status_code == 201


def test_keys_of_two_people_do_not_meet(program: Program) -> None:
    program.post("/people", {"given_name": "Anna"}, Idempotency_Key="k1")
    other = Program(hire("Bea"))
    assert other.post("/people", {"given_name": "Boris"}, Idempotency_Key="k1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_once_makes_one_record() -> None:
    program = Program(hire("Ada"))
    start, answers = threading.Barrier(6), []

    def run() -> None:
        start.wait(10)
        mine = Program.__new__(Program)
        mine.client, mine.secret = Client(), program.secret
        answers.append(mine.post("/people", {"given_name": "Anna"}, Idempotency_Key="k1"))
        connection.close()

    threads = [threading.Thread(target=run) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.content for answer in answers}) == 1
    assert Person.objects.count() == 1


def test_too_many_requests(program: Program, settings: Any) -> None:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, api_requests_per_minute=3)
    assert [program.get("/me").status_code for _n in range(3)] == [200] * 3
    answer = program.get("/me")
    is_problem(answer, 429, "too_many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_own_rows_only(program: Program) -> None:
    sam = Program(hire("Sam", "salesperson", "own"))
    company = program.post("/companies", {"name": "Acme"}).json()
    deal = program.post("/deals", {"title": "Secret"}).json()
    assert sam.get("/companies").json()["items"] == []
    of_company, of_deal = f"/companies/{company['id']}", f"/deals/{deal['id']}"
    for path in (of_company, f"{of_company}/people", f"{of_company}/timeline", of_deal, f"{of_deal}/moves"):
        is_problem(sam.get(path), 404, "not_found")
    is_problem(sam.patch(f"/deals/{deal['id']}", {"title": "Mine"}), 404, "not_found")
    stolen = sam.post("/deals", {"title": "Mine", "company_id": company["id"]})
    is_problem(stolen, 422, "not_found")
    assert Deal.objects.get().title == "Secret"
    assert Company.objects.get().name == "Acme"


def test_everything_readable_answers(program: Program) -> None:
    person = program.post("/people", {"given_name": "Anna"}).json()["id"]
    company = program.post("/companies", {"name": "Acme"}).json()["id"]
    plain = "people companies deals products tasks stages models scores/first readiness jobs staff teams views/people"
    of_person = "traits identifiers history deals orders scores timeline"
    paths = [f"/{name}" for name in f"{plain} imports audit webhooks webhooks/topics me".split()]
    paths += [f"/people/{person}/{name}" for name in of_person.split()]
    paths += [f"/companies/{company}/{name}" for name in ["traits", "people", "history", "deals", "orders", "timeline"]]
    for path in paths:
        answer = program.get(path)
        assert answer.status_code == 200, (path, answer.content)


@pytest.mark.slow
def test_lists_cost_a_fixed_number_of_queries(program: Program, django_assert_max_num_queries: Any) -> None:
    for n in range(60):
        program.post("/people", {"given_name": f"P{n}"})
    with django_assert_max_num_queries(14):
        few = program.get("/people?limit=1")
    with django_assert_max_num_queries(14):
        many = program.get("/people?limit=60")
    assert (len(few.json()["items"]), len(many.json()["items"])) == (1, 60)


def test_an_import_by_upload(program: Program, tmp_path: Any, settings: Any) -> None:
    from dataclasses import replace

    from django.core.files.uploadedfile import SimpleUploadedFile

    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)
    file = SimpleUploadedFile("../people.csv", b"First name,Last name,E-mail\nAnna,Kowalska,anna@example.com\n")
    door = {"Authorization": f"Bearer {program.secret}"}
    answer = program.client.post("/v1/imports", {"files": [file]}, headers=door)
    assert answer.status_code == 201, answer.content
    (shown,) = answer.json()["files"]
    assert (shown["name"], shown["noun"]) == ("people.csv", "person")
    assert program.post(f"/imports/{answer.json()['id']}/run").status_code == 202
    is_problem(program.post(f"/imports/{answer.json()['id']}/stop"), 409, "import_not_running")
    kept = list((tmp_path / "uploads").rglob("*.csv"))
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o077 == 0


def test_a_token_notes_when_it_was_used(program: Program) -> None:
    assert ApiToken.objects.get().last_used_at is None
    program.get("/me")
    assert ApiToken.objects.get().last_used_at is not None


@pytest.mark.slow
def test_the_schema_is_open_and_names_no_other_host(client: Client) -> None:
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.1")
    ids = [op["operationId"] for path in schema()["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))
    assert people.LEAD_CHOICES
