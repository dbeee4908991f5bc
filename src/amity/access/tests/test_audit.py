"""The audit log: with its change or not at all, append-only, and any flipped byte is found."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amity.access import audit
from amity.access.models import AuditEntry, AuditNote, Team
from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import hire

db = pytest.mark.django_db
THREADS, EACH = 8, 12


def write(count: int) -> None:
    for n in range(count):
        with transaction.atomic():
            audit.record(SYSTEM, "counted", "number", str(n), {"n": n, "word": "żółć"})


@db
def test_a_chain_verifies() -> None:
    write(5)
    assert audit.verify() == audit.Verdict(5, None)
    first, second = AuditEntry.objects.order_by("seq")[:2]
    assert first.previous_hash == audit.GENESIS
    assert second.previous_hash == first.hash


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE access_auditentry SET verb = 'x'",
        "DELETE FROM access_auditentry",
        "TRUNCATE access_auditentry",
    ],
)
def test_lines_cannot_be_changed_or_removed(sql: str) -> None:
    write(2)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert audit.verify() == audit.Verdict(2, None)


@db
@pytest.mark.parametrize(
    "flip",
    [
        "verb = 'countee'", "object_id = '8'", "object_kind = 'numbes'", "via = 'jof'", "detail = '{\"n\": 3}'",
        "at = at + interval '1 microsecond'",
        "hash = translate(left(hash, 1), '0123456789abcdef', '123456789abcdef0') || substr(hash, 2)",
        "previous_hash = overlay(previous_hash placing translate(left(previous_hash, 1), '0a', '1b') || 'x' from 1)",
        "actor_id = gen_random_uuid()", "seq = 70",
    ],
)  # fmt: skip
def test_one_changed_byte_is_found(flip: str) -> None:
    write(9)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_auditentry DISABLE TRIGGER audit_no_change")
        cursor.execute(f"UPDATE access_auditentry SET {flip} WHERE seq = 7")
        cursor.execute("ALTER TABLE access_auditentry ENABLE TRIGGER audit_no_change")
    assert audit.verify().broken_at == 7


@db
@pytest.mark.parametrize("gone", [1, 4, 8])
def test_a_removed_line_is_found(gone: int) -> None:
    write(9)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_auditentry DISABLE TRIGGER audit_no_change")
        cursor.execute("DELETE FROM access_auditentry WHERE seq = %s", [gone])
        cursor.execute("ALTER TABLE access_auditentry ENABLE TRIGGER audit_no_change")
    assert audit.verify().broken_at == gone


@db
def test_no_change_no_line_and_no_line_no_change() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(SYSTEM, "created", "team", "1")
        raise RuntimeError
    assert not AuditEntry.objects.exists()
    with pytest.raises(TypeError), transaction.atomic():
        Team.objects.create(name="North")
        audit.record(SYSTEM, "created", "team", "1", {"not json": object()})
    assert not Team.objects.exists()


@db
@pytest.mark.slow
def test_lines_that_are_written_together_are_those_of_what_stands() -> None:
    with CaptureQueriesContext(connection) as asked, audit.together():
        audit.record(SYSTEM, "first", "team", "1", {"name": "North"})
        with pytest.raises(RuntimeError), transaction.atomic():
            audit.record(SYSTEM, "rolled_back", "team", "2")
            raise RuntimeError
        with audit.together():
            audit.record(SYSTEM, "second", "team", "3", {"name": "South"})
        assert not AuditEntry.objects.exists()
    sent = [each["sql"] for each in asked if each["sql"].startswith(("SELECT pg_advisory", "INSERT"))]
    assert len(sent) == 3
    with pytest.raises(RuntimeError), audit.together():
        audit.record(SYSTEM, "third", "team", "4")
        raise RuntimeError
    assert [(each.verb, each.detail) for each in audit.lines()] == [
        ("second", {"name": "South"}), ("first", {"name": "North"}),
    ]  # fmt: skip
    assert audit.verify() == audit.Verdict(2, None)


@pytest.mark.django_db(transaction=True)
def test_a_line_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        audit.record(SYSTEM, "created", "team", "1")
    assert not AuditEntry.objects.exists()


def in_threads(work: object) -> list[BaseException]:
    """Run ``work`` in 8 threads that start together; what they raised."""
    start, errors = threading.Barrier(THREADS), []

    def run() -> None:
        try:
            start.wait(10)
            work()  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_no_gap_and_no_fork() -> None:
    assert in_threads(lambda: write(EACH)) == []
    assert audit.verify() == audit.Verdict(THREADS * EACH, None)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_writers_would_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the test above can see a missing lock."""

    def unlocked() -> tuple[int, str]:
        last = AuditEntry.objects.order_by("-seq").values_list("seq", "hash").first()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
        return last or (0, audit.GENESIS)

    monkeypatch.setattr(audit, "_end", unlocked)
    errors = in_threads(lambda: write(EACH))
    assert errors or audit.verify().broken_at is not None


@pytest.mark.slow
@db
def test_the_page_filters_pages_and_checks(client: Client) -> None:
    client.force_login(hire("Ada"))
    write(130)
    with transaction.atomic():
        audit.record(SYSTEM, "created", "team", "north")
    first = client.get(reverse("settings_audit"))
    assert [line["seq"] for line in first.context["lines"]] == list(range(131, 31, -1))
    second = client.get(reverse("settings_audit"), {"before": first.context["older"]})
    assert [line["seq"] for line in second.context["lines"]] == list(range(31, 0, -1))
    only = client.get(reverse("settings_audit"), {"verb": "created", "object": "north"}, headers={"HX-Request": "true"})
    assert [line["seq"] for line in only.context["lines"]] == [131]
    assert only.content.decode().startswith('<div id="audit-lines">')
    answer = client.post(reverse("settings_audit_check"), follow=True)
    assert "131" in str(next(iter(answer.context["messages"])))


@db
def test_words_can_be_erased_and_the_chain_still_verifies() -> None:
    with transaction.atomic():
        audit.record(SYSTEM, "merge", "person", "p1", {"reason": "Jan asked by phone", "rows": 3, "ids": ["kept"]})
        audit.record(SYSTEM, "merge", "person", "p2", {"reason": "mentions jan@example.org", "deep": {"why": "Anna"}})
        audit.record(SYSTEM, "merge", "person", "p3", {"reason": "other"})
    assert "Jan" not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert [line.detail for line in audit.lines()] == [
        {"reason": "other"},
        {"reason": "mentions jan@example.org", "deep": {"why": "Anna"}},
        {"reason": "Jan asked by phone", "rows": 3, "ids": ["kept"]},
    ]
    assert audit.verify() == audit.Verdict(3, None)
    assert audit.erase_notes(["p1"], lambda text: "jan@example.org" in text) == 2
    assert audit.verify() == audit.Verdict(3, None)
    assert [line.detail for line in audit.lines()] == [
        {"reason": "other"},
        {"reason": None, "deep": {"why": None}},
        {"reason": None, "rows": 3, "ids": ["kept"]},
    ]


@db
def test_changed_words_are_found() -> None:
    with transaction.atomic():
        audit.record(SYSTEM, "merge", "person", "p1", {"reason": "Jan asked by phone"})
    AuditNote.objects.update(told={"reason": "Jan never asked"})
    assert audit.verify().broken_at == 1
