"""Notes and call notes: one form, in the timeline, changed with history, undone, hidden from who must not see them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from amity.access import api as access
from amity.access.api import principal_of
from amity.access.models import AuditEntry
from amity.base import undo
from amity.base.errors import NotFound, Refused
from amity.events.models import Event
from amity.people import privacy_erase
from amity.people.privacy_subject import subject_of
from amity.sales import notes
from amity.sales.models import Note, Task
from amity.web.tests.records import browser_of, deal, manager, person

pytestmark = pytest.mark.django_db
CALL = {"outcome": "reached", "direction": "out", "body": "Wants 20 licences", "promised": "A quote", "minutes": "12"}


def page_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


@pytest.mark.slow
def test_a_call_is_written_down_in_one_form_and_undone_as_a_whole() -> None:
    mia = manager()
    anna = person("Anna", mia)
    about = deal(mia, "Office", person_id=anna.pk)
    desk = browser_of(mia)
    assert f"/deals/{about.pk}/calls/new" in page_of(desk, f"/deals/{about.pk}/")
    follow = {"follow_subject": "Send the quote", "follow_due": "2030-01-02"}
    answer: Any = desk.post(f"/deals/{about.pk}/calls/new", CALL | follow, follow=True)
    shown = answer.content.decode()
    assert "Wants 20 licences" in shown
    assert "Send the quote" in shown
    assert "12 minutes" in page_of(desk, f"/people/{anna.pk}/timeline")
    fact = Event.objects.get(kind="call")
    assert (fact.deal_id, fact.person_id, fact.summary) == (about.pk, anna.pk, "")
    undone = re.search(r'data-undo="([^"]+)"', shown)
    assert undone
    desk.post(undone.group(1))
    assert not Note.objects.exists()
    assert not Task.objects.exists()
    assert not Event.objects.filter(kind="call").exists()
    assert AuditEntry.objects.filter(object_kind="note").count() == 2


@pytest.mark.slow
def test_a_change_keeps_what_was_said_before_and_a_deletion_comes_back() -> None:
    mia = manager()
    me, anna = principal_of(mia), person("Anna", mia)
    made, _group = notes.add_note(me, "person", anna.pk, {"body": "First"})
    desk = browser_of(mia)
    desk.post(f"/notes/{made}/edit", {"body": "Second", "happened_at": "2030-01-02T10:00"})
    assert "First" in page_of(desk, f"/notes/{made}/edit")
    (entry,) = notes.get_note(me, made).history
    assert entry["body"] == "First"
    desk.post(f"/notes/{made}/deletion")
    assert "Second" not in page_of(desk, f"/people/{anna.pk}/")
    group = undo.UndoStep.objects.order_by("-id")[0].group_id
    undo.put_back(me, group)
    assert "Second" in page_of(desk, f"/people/{anna.pk}/")
    assert Event.objects.filter(kind="note").count() == 1


@pytest.mark.slow
def test_only_who_sees_the_record_reads_the_note_and_an_empty_one_is_refused() -> None:
    mia, eve = manager(), manager("Eve", scope="own")
    about = deal(mia, "Secret deal", person_id=(anna := person("Anna", eve)).pk)
    made, _group = notes.add_note(principal_of(mia), "deal", about.pk, {"body": "Between us"})
    with pytest.raises(NotFound):
        notes.get_note(principal_of(eve), made)
    assert "Between us" not in page_of(browser_of(eve), f"/people/{anna.pk}/")
    with pytest.raises(Refused, match="Write down"):
        notes.add_note(principal_of(mia), "deal", about.pk, {"body": "  "})


@pytest.mark.slow
def test_erasing_the_person_empties_the_note() -> None:
    mia = manager()
    anna = person("Anna", mia)
    notes.add_note(principal_of(mia), "person", anna.pk, {"kind": "call", "outcome": "reached", "body": "Her words"})
    subject = subject_of(anna.pk)
    assert subject is not None
    privacy_erase.erase(subject, privacy_erase.Why("asked", "desk"))
    (left,) = Note.objects.all()
    assert (left.person_id, left.body, left.promised, left.history) == (None, "", "", [])


@pytest.mark.slow
def test_a_character_that_cannot_be_kept_is_refused_on_pages_and_by_the_api() -> None:
    mia = manager()
    about = deal(mia, "Office", person_id=person("Anna", mia, email="anna@kunde.test").pk)
    desk = browser_of(mia)
    said = {"contact": "anna@kunde.test", "role": "decider", "note": "a\x00b"}
    assert desk.post(f"/deals/{about.pk}/contacts/", said).status_code == 400
    _pk, secret = access.create_token(principal_of(mia), "t", ["deals:read", "deals:write"])
    caller = Client(headers={"Authorization": f"Bearer {secret}"})
    answer = caller.post(
        "/v1/quotes", {"about": "deal", "about_id": str(about.pk), "title": "a\x00b"}, "application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "null_character")
