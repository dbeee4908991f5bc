"""Connectors: rows of databases, endpoints and folders arrive once each, whatever is killed or run twice."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from django.db import connection, connections
from procrastinate.contrib.django.models import ProcrastinateJob

from amity.access.permissions import SYSTEM
from amity.base import clock
from amity.base.errors import Refused
from amity.engines.sql_source import PostgresSource
from amity.events import connector_runs, connector_sql, connectors, mappings, quarantine, schedules
from amity.events.connectors import Terms
from amity.events.models import Connector, ConnectorFile, ConnectorRun, Quarantine

pytestmark = pytest.mark.django_db
ROW = {"rules": [{"key": "r", "kind": "track", "event": "Row", "user_id": "$.id", "rest": "$"}]}


def drain(most: int = 500) -> int:
    """Do the jobs that wait, as a worker would; returns how many."""
    for done in range(most):
        job = ProcrastinateJob.objects.filter(task_name=connector_runs.TASK, status="todo").order_by("id").first()
        if job is None:
            return done
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job.id])
        connector_runs.pull(job.args["connector_id"], job.args["run_no"])
    raise AssertionError("the run does not end")


def landed() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(body, 'utf8')::json -> 'properties' FROM events_raw ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def made(
    kind: str, settings: dict[str, Any], secret: str = "", rules: dict[str, Any] = ROW
) -> connectors.ConnectorView:
    view = connectors.create(SYSTEM, "Shop", kind, Terms(settings, secret=secret))
    mappings.save(SYSTEM, view.source_id, rules)
    mappings.go_live(SYSTEM, view.source_id)
    return view


def run(view: connectors.ConnectorView) -> ConnectorRun:
    connectors.run_now(SYSTEM, view.source_id)
    drain()
    return ConnectorRun.objects.order_by("-number")[0]


# --- folders ---------------------------------------------------------------------------------------


@pytest.fixture
def inbox(tmp_path: Path, settings: Any) -> Path:
    settings.CONFIG = replace(settings.CONFIG, connector_folders=(str(tmp_path),))
    return tmp_path


def write(folder: Path, name: str, *rows: str, age: float = 60) -> None:
    path = folder / name
    path.write_text("id;name\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    os.utime(path, (time.time() - age,) * 2)


def test_each_file_of_a_folder_is_read_once(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_runs, "BATCH", 2)
    write(inbox, "a.csv", "1;Ann", "2;Łucja", "3;Bob", age=90)
    write(inbox, "b.csv", "4;Eve")
    write(inbox, "c.txt", "9;No")
    write(inbox, "fresh.csv", "8;Still written", age=0)
    view = made("folder", {"folder": str(inbox)})
    first = run(view)
    assert (first.state, first.rows, first.events, first.batches) == ("done", 4, 4, 4)
    assert [row["name"] for row in landed()] == ["Ann", "Łucja", "Bob", "Eve"]
    assert run(view).rows == 0
    assert [(row.name, row.rows) for row in ConnectorFile.objects.order_by("name")] == [("a.csv", 3), ("b.csv", 1)]


def consume(view: connectors.ConnectorView) -> None:
    """The consumers take what is in the log: its messages are known from now on."""
    from amity.events.schemas import seen_key

    with connection.cursor() as cursor:
        cursor.execute("SELECT message_id FROM events_raw")
        keys = [seen_key(view.source_id, row[0]) for row in cursor.fetchall()]
        cursor.execute("INSERT INTO events_seen SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING", [keys])
        cursor.execute("DELETE FROM events_raw")


def test_a_file_that_grew_gives_its_new_rows_and_a_renamed_one_none(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann", "1;Ann")
    view = made("folder", {"folder": str(inbox)})
    assert run(view).events == 2  # equal rows of a file are two rows
    consume(view)
    write(inbox, "a.csv", "1;Ann", "1;Ann", "2;Bob", age=50)
    grown = run(view)
    assert (grown.rows, grown.events) == (3, 1)
    consume(view)
    (inbox / "a.csv").rename(inbox / "old.csv")
    os.utime(inbox / "old.csv")
    os.utime(inbox / "old.csv", (time.time() - 40,) * 2)
    assert run(view).rows == 0


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(inbox: Path) -> None:
    (inbox / "bad.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    os.utime(inbox / "bad.csv", (time.time() - 99,) * 2)
    write(inbox, "good.csv", "1;Ann")
    done = run(made("folder", {"folder": str(inbox)}))
    assert (done.state, done.events, done.rejected) == ("done", 1, 1)
    assert ConnectorFile.objects.get(name="bad.csv").sentence


@pytest.mark.parametrize("folder", ["/etc", "../..", "nowhere"])
def test_other_folders_of_the_machine_are_closed(inbox: Path, folder: str) -> None:
    with pytest.raises(Refused) as refusal:
        connectors.create(SYSTEM, "X", "folder", Terms({"folder": folder}))
    assert refusal.value.code in ("bad_folder", "no_folder")


def test_rows_that_give_no_event_go_to_the_quarantine(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann", ";Nobody")
    done = run(made("folder", {"folder": str(inbox)}))
    assert (done.rows, done.events, done.rejected) == (2, 1, 1)
    reject = Quarantine.objects.get()
    assert (reject.code, json.loads(bytes(reject.body))["name"]) == ("no_identity", "Nobody")
    source_id = reject.source_id
    assert quarantine.replay(SYSTEM, source_id, reject.pk) == quarantine.Replayed(0, 1)
    mappings.save(SYSTEM, source_id, {"rules": [ROW["rules"][0] | {"anonymous_id": "$.name"}]})
    mappings.go_live(SYSTEM, source_id)
    assert quarantine.replay(SYSTEM, source_id, reject.pk) == quarantine.Replayed(1, 0)
    assert [row["name"] for row in landed()] == ["Ann", "Nobody"]
    consume(connectors.get(SYSTEM, source_id))
    connectors.start_over(SYSTEM, source_id)
    assert run(connectors.get(SYSTEM, source_id)).events == 0  # read again, the row is the one that was replayed


# --- endpoints -------------------------------------------------------------------------------------


class Endpoint:
    """A REST server: ``answer(path, query, headers)`` gives status, headers and JSON."""

    def __init__(self) -> None:
        self.answer: Callable[..., tuple[int, dict[str, str], Any]] = lambda *_asked: (200, {}, [])
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, headers, body = outer.answer(parts.path, query, self.headers)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def endpoint(settings: Any) -> Iterator[Endpoint]:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True)
    endpoint = Endpoint()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


ITEMS = [{"id": n, "updated": f"2026-01-0{n}T00:00:00Z"} for n in range(1, 8)]


def page_of(number: int, size: int = 3) -> list[dict[str, Any]]:
    return ITEMS[number * size : (number + 1) * size]


@pytest.mark.parametrize("paging", ["next", "link", "page", "cursor"])
@pytest.mark.slow
def test_all_pages_are_read(endpoint: Endpoint, paging: str) -> None:
    def answer(path: str, query: dict[str, str], headers: Any) -> tuple[int, dict[str, str], Any]:
        assert headers["Authorization"] == "Bearer s3cret"
        at = int(query.get("p", "0"))
        more = f"/list?p={at + 1}" if at < 2 else ""
        if paging == "link":
            return 200, {"Link": f'<{more}>; rel="next"' if more else '</list>; rel="first"'}, {"data": page_of(at)}
        return 200, {}, {"data": page_of(at), "next": more if paging == "next" else str(at + 1) if at < 2 else None}

    endpoint.answer = answer
    more = {
        "next": {"paging": "next", "next_path": "$.next"}, "link": {"paging": "next"},
        "page": {"paging": "page", "parameter": "p", "first_page": 0},
        "cursor": {"paging": "cursor", "parameter": "p", "next_path": "$.next"},
    }[paging]  # fmt: skip
    settings = {"url": f"{endpoint.url}/list", "items": "$.data", "auth_header": "Authorization", **more}
    done = run(made("rest", settings, secret="Bearer s3cret"))
    assert (done.state, done.rows, done.sentence) == ("done", 7, "")
    assert [row["id"] for row in landed()] == [1, 2, 3, 4, 5, 6, 7]


def test_only_what_changed_is_asked_for(endpoint: Endpoint) -> None:
    endpoint.answer = lambda _path, query, _headers: (
        200, {}, [item for item in ITEMS if item["updated"] >= query.get("since", "")][:4],
    )  # fmt: skip
    view = made("rest", {"url": f"{endpoint.url}/", "since": "since", "since_path": "$.updated"})
    run(view)
    consume(view)
    second = run(view)
    assert (second.rows, second.events) == (4, 3)
    assert endpoint.asked == ["/", "/?since=2026-01-04T00%3A00%3A00Z"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, {}, "out of order"), "status_500"), ((302, {"Location": "http://example.com"}, ""), "status_302"),
        ((200, {}, b"<html>"), "not_json"), ((200, {}, {"other": []}), "no_items"),
        ((200, {}, {"data": [{"id": 1}], "next": "http://169.254.169.254/"}), "other_host"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_shown_and_tried_again_later(endpoint: Endpoint, answer: Any, code: str) -> None:
    endpoint.answer = lambda *_asked: answer
    settings = {"url": f"{endpoint.url}/", "items": "$.data", "paging": "next", "next_path": "$.next"}
    view = made("rest", settings)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.fixed_at(now):
        connectors.set_active(SYSTEM, view.source_id, True)
        assert connector_runs.tick() == 1
        drain()
    shown = connectors.get(SYSTEM, view.source_id)
    assert (shown.state, shown.code, shown.failures) == ("failing", code, 1)
    assert shown.next_run_at == now + timedelta(minutes=2)


def test_an_endpoint_that_repeats_its_last_page_does_not_hold_the_run(endpoint: Endpoint) -> None:
    endpoint.answer = lambda *_asked: (200, {}, ITEMS)
    done = run(made("rest", {"url": f"{endpoint.url}/", "paging": "page", "parameter": "p"}))
    assert (done.state, done.batches) == ("done", 2)
    consume(connectors.connectors(SYSTEM)[0])


def test_private_addresses_are_closed() -> None:
    with pytest.raises(Refused, match="full https"):
        connectors.create(SYSTEM, "X", "rest", Terms({"url": "http://127.0.0.1/"}))
    view = made("rest", {"url": "https://localhost/"})
    run(view)
    assert connectors.get(SYSTEM, view.source_id).code == "unreachable"


# --- life of a connector ---------------------------------------------------------------------------


def test_it_waits_for_a_live_mapping_then_runs_on_its_schedule(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann")
    view = connectors.create(SYSTEM, "Shop", "folder", Terms({"folder": str(inbox)}, every_minutes=10))
    assert view.state == "draft"
    for act in (
        lambda: connectors.set_active(SYSTEM, view.source_id, True),
        lambda: connectors.run_now(SYSTEM, view.source_id),
    ):
        with pytest.raises(Refused, match="live first"):
            act()
    mappings.save(SYSTEM, view.source_id, connectors.proposed(view, connectors.preview(SYSTEM, view.source_id)))
    mappings.go_live(SYSTEM, view.source_id)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    with clock.fixed_at(now):
        connectors.set_active(SYSTEM, view.source_id, True)
        assert (connector_runs.tick(), connector_runs.tick()) == (1, 0)
        assert connectors.get(SYSTEM, view.source_id).state == "running"
        drain()
    shown = connectors.get(SYSTEM, view.source_id)
    assert (shown.state, shown.rows, shown.next_run_at, shown.ok_at) == ("waiting", 1, now + timedelta(minutes=10), now)
    with clock.fixed_at(now + timedelta(minutes=9)):
        assert connector_runs.tick() == 0
    with clock.fixed_at(now + timedelta(minutes=15)):
        assert connectors.get(SYSTEM, view.source_id).late == timedelta(minutes=5)
        connectors.set_active(SYSTEM, view.source_id, False)
        assert connector_runs.tick() == 0
    assert connectors.get(SYSTEM, view.source_id).state == "paused"


def test_a_run_whose_worker_died_is_gone_on_with(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann")
    view = made("folder", {"folder": str(inbox)})
    connectors.run_now(SYSTEM, view.source_id)
    ProcrastinateJob.objects.all()._raw_delete(using="default")
    with clock.fixed_at(clock.now() + timedelta(minutes=7)):
        assert connector_runs.tick() == 1
    drain()
    assert (ConnectorRun.objects.get().state, len(landed())) == ("done", 1)


def test_the_same_job_twice_does_nothing_the_second_time(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_runs, "BATCH", 2)
    write(inbox, "a.csv", "1;Ann", "2;Bob", "3;Eve")
    view = made("folder", {"folder": str(inbox)})
    connectors.run_now(SYSTEM, view.source_id)
    row = Connector.objects.get()
    before = ConnectorRun.objects.get()
    assert connector_runs.pull(row.pk, 1)
    piece = connector_runs.reader_of("folder").read(connector_runs.Reading(row.settings, "", {}, 2, True, None))
    assert not connector_runs._landed(row, before, piece, mappings.live_of(row.source))  # a slow twin comes too late
    drain()
    assert not connector_runs.pull(row.pk, 1)
    assert [one["id"] for one in landed()] == ["1", "2", "3"]


def test_reading_over_again_lands_nothing_twice(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann", "2;Bob")
    view = made("folder", {"folder": str(inbox)})
    run(view)
    consume(view)
    connectors.start_over(SYSTEM, view.source_id)
    again = run(view)
    assert (again.rows, again.events) == (2, 0)


def test_people_are_recognised(inbox: Path) -> None:
    rows = [f"{n},Anna,Kowalska{n},ann{n}@example.com,+48 601 000 00{n}" for n in range(8)]
    (inbox / "k.csv").write_text("\n".join(["Id,Imię,Nazwisko,E-mail,Telefon", *rows]), "utf-8")
    os.utime(inbox / "k.csv", (time.time() - 60,) * 2)
    view = connectors.create(SYSTEM, "Klienci", "folder", Terms({"folder": str(inbox)}))
    (rule,) = connectors.proposed(view, connectors.preview(SYSTEM, view.source_id))["rules"]
    assert (rule["kind"], rule["email"], rule["user_id"]) == ("identify", "$.E-mail", "$.Id")
    assert {name: rule["traits"][name] for name in ("given_name", "family_name", "phone")} == {
        "given_name": "$.Imię", "family_name": "$.Nazwisko", "phone": "$.Telefon",
    }  # fmt: skip


def test_secrets_are_sealed_and_settings_checked(inbox: Path) -> None:
    settings = {"host": "db.example.com", "database": "d", "user": "u", "cursor": "c", "key": "k", "table": "t"}
    view = connectors.create(SYSTEM, "X", "postgres", Terms(settings, secret="pass-word"))
    assert view.has_secret
    assert "pass-word" not in str(Connector.objects.values())
    changed = connectors.change(SYSTEM, view.source_id, Terms(settings | {"look_back": 0}, cron="0 6 * * 1-5"))
    assert (changed.has_secret, changed.cron, changed.settings["look_back"]) == (True, "0 6 * * 1-5", 0)
    wrong = [
        settings | {"query": "SELECT 1"}, settings | {"host": "/var/run"}, settings | {"cursor": ""},
        settings | {"tls": "maybe"}, settings | {"port": "x"}, {},
    ]  # fmt: skip
    for each in wrong:
        with pytest.raises(Refused):
            connectors.change(SYSTEM, view.source_id, Terms(each))
    for cron in ("* * * *", "61 * * * *", "@daily"):
        with pytest.raises(Refused, match="cron line"):
            connectors.change(SYSTEM, view.source_id, Terms(settings, cron=cron))


def test_schedules(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Warsaw"
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the night before the clocks go back
    assert schedules.following(15, "", now) == now + timedelta(minutes=15)
    assert schedules.following(15, "30 6 * * *", now) == datetime(2026, 10, 25, 5, 30, tzinfo=UTC)
    assert schedules.following(15, "30 6 * * *", now - timedelta(days=1)) == datetime(2026, 10, 24, 4, 30, tzinfo=UTC)
    assert schedules.following(15, "0 0 31 2 *", now).year == 2027
    assert [schedules.after_failure(600, "", n, now) - now for n in (1, 3, 50)] == [
        timedelta(minutes=m) for m in (2, 8, 60)
    ]


# --- databases -------------------------------------------------------------------------------------


def _here() -> dict[str, Any]:
    asked = connection.get_connection_params()
    return {
        "host": asked.get("host") or "localhost", "port": int(asked.get("port") or 5432), "dbname": asked["dbname"],
        "user": asked.get("user", ""), "password": asked.get("password") or "",
    }  # fmt: skip


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[dict[str, Any]]:
    """Somebody else's database: a schema of the test database, reached as a connector reaches any."""
    monkeypatch.setattr(
        connector_sql.engines, "sql_source", PostgresSource
    )  # the test server may listen on a socket only
    here = _here()
    with psycopg.connect(**here, autocommit=True) as owner:
        owner.execute("DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop")
        owner.execute("CREATE TABLE shop.orders (id bigint PRIMARY KEY, changed timestamptz, sum int)")
        settings = {"host": here["host"], "port": here["port"], "database": here["dbname"], "user": here["user"],
                    "table": "shop.orders", "cursor": "changed", "key": "id"}  # fmt: skip
        yield settings | {"owner": owner, "secret": here["password"]}
        owner.execute("DROP SCHEMA shop CASCADE")


def orders(shop: dict[str, Any], first: int, last: int, at: str = "2026-01-01") -> None:
    shop["owner"].execute(
        "INSERT INTO shop.orders SELECT n, %s::timestamptz + n / 3 * interval '1 second', n"
        " FROM generate_series(%s::int, %s::int) n",
        [at, first, last],
    )


def plain(shop: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shop.items() if name not in ("owner", "secret")}


@pytest.mark.slow
def test_new_and_changed_rows_of_a_table_arrive(shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_runs, "BATCH", 4)
    orders(shop, 1, 10)
    view = made("postgres", plain(shop), shop["secret"])
    assert (run(view).events, len(landed())) == (10, 10)
    consume(view)
    late = "INSERT INTO shop.orders VALUES (0, '2026-01-01 00:00:01', 99)"  # committed late: before the position
    shop["owner"].execute(f"{late}; UPDATE shop.orders SET sum = 50, changed = '2026-01-02' WHERE id = 5")
    second = run(view)
    assert (second.events, sorted(row["sum"] for row in landed())) == (2, [50, 99])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_any_point_loses_and_doubles_nothing(shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector_runs, "BATCH", 20)
    orders(shop, 1, 2_000)
    view = made("postgres", plain(shop) | {"look_back": 0}, shop["secret"])
    connectors.run_now(SYSTEM, view.source_id)
    row = Connector.objects.get()
    kills = 0
    for pause in [0.005 * n for n in range(1, 40)] + [600.0]:
        if _child(row, pause):
            break
        kills += 1
    assert kills > 5
    run_ = ConnectorRun.objects.get()
    assert (run_.state, run_.rows, run_.events) == ("done", 2_000, 2_000)
    assert sorted(one["id"] for one in landed()) == list(range(1, 2_001))


def _child(row: Connector, pause: float) -> bool:
    """Let a worker of its own pull batches for ``pause`` seconds, then kill -9. True: it came to the end."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            while connector_runs.pull(row.pk, 1):
                pass
        finally:
            os._exit(0)
    deadline = time.monotonic() + pause
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def test_a_bug_is_shown_and_does_not_hold_the_connector(inbox: Path) -> None:
    write(inbox, "a.csv", "1;Ann")
    view = made("folder", {"folder": str(inbox)})
    Connector.objects.update(position={"file": "a.csv"})  # a position that no version of Amity wrote
    connectors.run_now(SYSTEM, view.source_id)
    with pytest.raises(KeyError):
        drain()
    shown = connectors.get(SYSTEM, view.source_id)
    assert (shown.code, shown.sentence, shown.failures) == ("bug", "KeyError", 1)
    connectors.start_over(SYSTEM, view.source_id)
    assert run(view).events == 1
