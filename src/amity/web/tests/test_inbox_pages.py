"""The inbox's pages: views, search, a fixed number of queries, and everything that its forms do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amity.access import api as access
from amity.access.models import Staff
from amity.access.tests.staffing import hire, team
from amity.base import clock
from amity.channels.models import Account
from amity.desk import conversations_waking, inbox, linking, macros, replies, understanding
from amity.desk.models import Conversation, Handing, Link, Message, Queue
from amity.desk.tests.talking import customer, heard, mailbox
from amity.sales import api as sales
from amity.sales.models import Order, Task

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def staff() -> Staff:
    return hire("Ada")


@pytest.fixture
def client(staff: Staff) -> Client:
    found = Client()
    found.force_login(staff)
    return found


@pytest.fixture
def home() -> UUID:
    return heard(person_id=customer()).conversation_id


def url(name: str, *ids: Any) -> str:
    return reverse(name, args=ids)


def do(client: Client, name: str, *ids: Any, **form: Any) -> Any:
    return client.post(url(name, *ids), form, headers={"HX-Request": "true"})


def undo_last(client: Client, answer: Any) -> None:
    told = [each for each in json.loads(answer.headers["HX-Trigger"])["toast"] if each["undo"]]
    assert client.post(told[-1]["undo"]).status_code == 302


def test_views_show_what_they_say_and_search_finds_by_word_and_number(client: Client, staff: Staff) -> None:
    mine, other = (heard(f"{n}@x", person_id=customer(name), subject=f"About {name}").conversation_id
                   for n, name in enumerate(("Olga", "Igor")))  # fmt: skip
    queue = Queue.objects.create(name="Shop")
    Conversation.objects.filter(pk=mine).update(assignee=staff)
    Conversation.objects.filter(pk=other).update(queue=queue)
    for query, olga, igor in (
        ("", 1, 0), ("view=unassigned", 0, 1), ("view=all", 1, 1), (f"view=queue-{queue.pk}", 0, 1), ("q=igor", 0, 1),
        (f"q=%23{Conversation.objects.get(pk=mine).number}", 1, 0), ("view=solved", 0, 0), ("view=mentions", 0, 0),
        ("view=all&tone=negative", 0, 0), ("view=all&sort=due", 1, 1), ("view=all&urgency=1&channel=email", 1, 1),
    ):  # fmt: skip
        page = client.get(f"{url('inbox')}?{query}").content.decode()
        assert ("About Olga" in page, "About Igor" in page) == (bool(olga), bool(igor)), query
    assert "Nothing here" in client.get(f"{url('inbox')}?view=spam").content.decode()


def browser_of(role: str) -> Client:
    found = Client()
    found.force_login(hire(role.title(), role))
    return found


def test_an_empty_inbox_says_how_to_connect_a_channel_to_who_may() -> None:
    boss, agent = browser_of("manager"), browser_of("agent")
    link = f'href="{url("settings_channels")}">Connect a channel'
    assert link in boss.get(url("inbox")).content.decode()
    page = agent.get(url("inbox")).content.decode()
    assert "A manager connects mailboxes" in page and link not in page
    assert "Nothing found" in boss.get(f"{url('inbox')}?q=olga").content.decode()
    box = mailbox()
    assert "No channel is connected yet" not in boss.get(url("inbox")).content.decode()
    Account.objects.filter(pk=box.pk).update(enabled=False)
    assert link in boss.get(url("inbox")).content.decode(), "a mailbox that is switched off receives nothing"


def test_home_before_the_first_customer_offers_the_import_to_who_may() -> None:
    boss, agent = (browser_of(role).get(url("home")).content.decode() for role in ("manager", "agent"))
    assert f'href="{url("imports")}">Import data' in boss
    assert "Import data" not in agent and f'href="{url("inbox")}">Go to the inbox' in agent


def test_a_row_without_a_subject_keeps_its_title_and_shows_the_latest_line_below(client: Client) -> None:
    heard("1@x", text="Where is my parcel?", subject="")
    about, snippet = '<span class="inbox-about truncate">Where is my parcel?</span>', '<span class="inbox-snippet'
    page = client.get(f"{url('inbox')}?view=all").content.decode()
    assert about in page and snippet not in page, "the only line is not said twice"
    home = heard("2@x", answers="1@x", text="Thank you", subject="").conversation_id
    page = client.get(f"{url('inbox')}?view=all").content.decode()
    assert about in page and f'{snippet} truncate">Thank you</span>' in page
    assert "<h2>Where is my parcel?</h2>" in client.get(url("conversation", home)).content.decode()


def test_the_list_costs_the_same_however_long_it_is(client: Client) -> None:
    counts = []
    for start, end in ((0, 2), (2, inbox.ROWS + 3)):
        for n in range(start, end):
            heard(f"{n}@x", person_id=customer(f"P{n}"))
        client.get(f"{url('inbox')}?view=all")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(f"{url('inbox')}?view=all")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    older = answer.context["more_url"]
    rest = client.get(older).content.decode()
    assert rest.count("inbox-row") == 3


def test_a_list_that_is_as_it_was_is_not_made_again(client: Client, home: UUID) -> None:
    part = {"headers": {"HX-Request": "true"}}
    shown = client.get(f"{url('inbox')}?view=all", **part)
    assert "Where is my order?" in shown.content.decode()
    again = f"{url('inbox')}?view=all&since={shown.context['since']}"
    with CaptureQueriesContext(connection) as queries:
        same = client.get(again, **part).content.decode()
    assert len(queries) <= 10
    assert 'data-live-add="inbox-list"' in same
    assert len(same) < 300
    heard("2@x")
    assert 'id="inbox-list"' in client.get(again, **part).content.decode()
    assert "Where is my order?" in client.get(again).content.decode()  # a page is always whole


def test_a_conversation_is_answered_undone_noted_and_solved(client: Client, home: UUID) -> None:
    assert "Where is my order?" in client.get(url("conversation", home)).content.decode()
    sent = do(client, "conversation_replies", home, text="On its way", then="solved", key="k1")
    assert "composed" in json.loads(sent.headers["HX-Trigger"])
    assert Conversation.objects.get().state == "solved"
    undo_last(client, sent)
    assert Conversation.objects.get().state == "open"
    sent = do(client, "conversation_replies", home, text="On its way", key="k2")
    message = Message.objects.filter(direction="out", withdrawn_at=None).get()
    assert "Take back" in sent.content.decode()
    back = do(client, "message_withdrawal", home, message.pk)
    assert json.loads(back.headers["HX-Trigger"])["taken-back"] == {"text": "On its way"}
    undo_last(client, do(client, "conversation_notes", home, text="She called"))
    assert client.post(url("conversation_notes", home), {"text": "Again"}).status_code == 302


@pytest.mark.parametrize(
    ("what", "value", "field", "expected"),
    [
        ("state", "solved", "state", "solved"), ("urgency", "3", "urgency", 3),
        ("snooze", "tomorrow", "state", "snoozed"),
        ("intent", "refund", "intent", "refund"), ("subject", "New words", "subject", "New words"),
    ],
)  # fmt: skip
def test_forms_change_one_and_many(
    client: Client, home: UUID, what: str, value: str, field: str, expected: Any
) -> None:
    before = getattr(Conversation.objects.get(), field)
    undo_last(client, do(client, "conversation_changes", home, what=what, value=value))
    assert getattr(Conversation.objects.get(), field) == before
    assert client.post(url("inbox_changes"), {"ids": [str(home)], "what": what, "value": value}).status_code == 302
    assert getattr(Conversation.objects.get(), field) == expected


def test_taking_and_giving_to_queues_and_people(client: Client, home: UUID, staff: Staff) -> None:
    queue, olga = Queue.objects.create(name="Shop", team=team()), customer("Igor")
    do(client, "conversation_changes", home, what="assignee", value="me")
    do(client, "conversation_changes", home, what="queue", value=queue.pk)
    do(client, "conversation_changes", home, what="person", value=olga)
    row = Conversation.objects.get()
    assert (row.assignee_id, row.queue_id, row.person_id) == (staff.pk, queue.pk, olga)
    page = client.get(url("conversation_live", home)).content.decode()
    assert "Moved to Shop" in page
    assert "Assigned to Ada" in page
    assert client.post(url("inbox_changes"), {"what": "state", "value": "open"}).status_code == 422
    assert do(client, "conversation_changes", home, what="nothing").status_code == 400


def test_merging_by_number_and_by_ticking_and_splitting(client: Client, home: UUID) -> None:
    other = heard("2@x", text="Also this").conversation_id
    undo_last(client, do(client, "conversation_merging", home, other=f"#{Conversation.objects.get(pk=other).number}"))
    client.post(url("inbox_changes"), {"ids": [str(home), str(other)], "what": "merge"})
    assert Conversation.objects.get(pk=other).merged_into_id == home
    assert client.get(url("conversation", other)).headers["Location"] == url("conversation", home)
    late = Message.objects.get(text="Also this")
    answer = do(client, "message_splitting", home, late.pk)
    assert "was split off" in answer.headers["HX-Trigger"]
    undo_last(client, answer)
    split_off = Conversation.objects.latest("number")
    assert f'href="{url("conversation", split_off.pk)}"' in client.get(url("conversation_live", home)).content.decode()
    assert do(client, "conversation_merging", home, other="#7").status_code == 422


def test_merging_offers_the_customers_other_conversations_and_no_others(client: Client, home: UUID) -> None:
    assert "offered" not in client.get(url("conversation_mergeable", home)).content.decode()
    first, other = Conversation.objects.get(), heard("2@x", text="Also this").conversation_id
    Conversation.objects.filter(pk=other).update(person=first.person_id)
    stranger = heard("3@x", text="Quite another").conversation_id
    Conversation.objects.filter(pk=stranger).update(person=customer("Igor"))
    offered = client.get(url("conversation_mergeable", home)).content.decode()
    number = Conversation.objects.get(pk=other).number
    assert f"#{number}" in offered
    assert offered.count("radio") == 1
    do(client, "conversation_merging", home, offered=number)
    assert Conversation.objects.get(pk=other).merged_into_id == home


def test_a_snooze_tells_its_hour_in_the_log_and_at_the_head(client: Client, home: UUID) -> None:
    do(client, "conversation_changes", home, what="snooze", value="2199-11-23T16:30")
    page = client.get(url("conversation_live", home)).content.decode()
    assert "Snoozed until Nov 23, 2199, 4:30 PM ·" in page.replace("\u202f", " ")
    Conversation.objects.update(snoozed_until=clock.now())
    assert conversations_waking.wake_due() == 1
    assert "Awake again" in client.get(url("conversation_live", home)).content.decode()


def test_links_are_offered_kept_and_taken_away(client: Client, home: UUID) -> None:
    person = Conversation.objects.get().person_id
    deal = sales.create_deal(access.SYSTEM, {"title": "Ten chairs", "person_id": person})
    assert "Ten chairs" in client.get(url("conversation_linkable", home)).content.decode()
    other = sales.create_deal(access.SYSTEM, {"title": "Garden tables", "person_id": customer("Igor")})
    assert str(other) not in client.get(url("conversation_linkable", home)).content.decode()
    for number in range(12):
        Task.objects.create(subject=f"Call {number}", person_id=person)
    assert "Call 11" not in client.get(url("conversation_linkable", home)).content.decode(), "ten are offered"
    assert "Call 11" in client.get(url("conversation_linkable", home), {"q": "call 11"}).content.decode()
    found = client.get(url("conversation_linkable", home), {"q": "garden"}).content.decode()
    assert "Garden tables" in found
    assert "Ten chairs" not in found
    assert "Nothing found" in client.get(url("conversation_linkable", home), {"q": "zzz"}).content.decode()
    linked = do(client, "conversation_links", home, record=f"deal:{deal}")
    assert "Deal: Ten chairs" in linked.content.decode()
    assert "Link added: Deal" in linked.content.decode()
    undo_last(client, do(client, "conversation_links", home, record=f"deal:{deal}", off="1"))
    assert Link.objects.count() == 1
    assert do(client, "conversation_links", home, record="deal:x").status_code == 422
    assert [each.number for each in linking.conversations_about(access.SYSTEM, "deal", deal)] == [
        Conversation.objects.get().number
    ]


def test_signs_that_only_look_like_numbers_break_nothing(client: Client, home: UUID) -> None:
    assert client.get(url("inbox"), {"q": "#²"}).status_code == 200
    assert do(client, "conversation_merging", home, other="²").status_code == 422
    assert do(client, "conversation_changes", home, what="urgency", value="²").status_code == 422


def test_an_order_that_a_message_names_is_opened_from_it(home: UUID) -> None:
    person = Conversation.objects.get().person_id
    Order.objects.create(number="A-1042", person_id=person)
    Order.objects.create(number="A-7777")
    text = "Where is my order A1042? My friend's order A-7777 has come."
    Message.objects.filter(conversation_id=home, direction="in").update(text=text)
    reading = understanding.understand(home)
    assert reading is not None
    told = {each.value: each.url for each in reading.entities if each.kind == "order"}
    assert told == {"A1042": reverse("person", args=[person]) + "#orders", "A-7777": ""}


def test_handing_over_shows_summary_promise_and_deadline(client: Client, home: UUID) -> None:
    sam = hire("Sam", "salesperson", "own")
    due = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    form = {"to": sam.pk, "summary": "Wants ten chairs", "promise": "An offer by Friday", "due_at": due}
    page = do(client, "conversation_handing", home, **form).content.decode()
    assert "Handed over to Sam" in page
    assert "An offer by Friday" in page
    theirs = Client()
    theirs.force_login(sam)
    undo_last(theirs, do(theirs, "conversation_kept", home))
    assert Handing.objects.get().state == "open"
    assert do(client, "conversation_handing", home, **form).status_code == 409


def test_mail_as_written_has_no_images_of_others_until_asked_for(client: Client) -> None:
    html = '<p>Hello</p><img data-src="https://spy.example/p.gif">'
    home = heard(html=html, person_id=customer()).conversation_id
    page = client.get(url("conversation", home)).content.decode()
    assert "Show images" in page
    message = Message.objects.get()
    frame = client.get(url("message_frame", home, message.pk))
    assert ' src="https' not in frame.content.decode()
    assert "https:" not in frame.headers["Content-Security-Policy"].partition("img-src")[2]
    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    shown = client.get(url("message_frame", home, message.pk) + "?images=1")
    assert 'src="https://spy.example/p.gif"' in shown.content.decode()
    assert "img-src 'self' data: https:" in shown.headers["Content-Security-Policy"]


def test_files_go_along_and_come_back_whole(client: Client, home: UUID, settings: Any, tmp_path: Any) -> None:
    from dataclasses import replace

    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)
    note = SimpleUploadedFile("price.txt", b"ten", "text/plain")
    page = client.post(url("conversation_replies", home), {"text": "Here", "files": note}, follow=True).content.decode()
    assert "price.txt" in page
    file_id = Message.objects.get(direction="out").files[0]
    got = client.get(url("conversation_file", home, file_id))
    assert (got.content, got.headers["X-Content-Type-Options"]) == (b"ten", "nosniff")
    elsewhere = heard("9@x").conversation_id
    assert client.get(url("conversation_file", elsewhere, file_id)).status_code == 404
    bad = SimpleUploadedFile("run.exe", b"MZ" + b"0" * 40, "text/plain")
    assert client.post(url("conversation_replies", home), {"text": "x", "files": bad}).status_code == 422


def test_the_customer_stands_beside_with_a_brief_of_five_lines_and_sources(client: Client, home: UUID) -> None:
    person = Conversation.objects.get().person_id
    sales.create_deal(access.SYSTEM, {"title": "Ten chairs", "person_id": person})
    sales.add_note(access.SYSTEM, "person", person, {"kind": "note", "body": "Called", "promised": "A sample"})
    heard("2@x", person_id=person, subject="An older thing")
    Conversation.objects.filter(pk=home).update(tone="negative", tone_phrase="third time")
    brief = client.get(url("conversation_customer", home)).context["brief"]
    assert [each.kind for each in brief] == ["who", "wanted", "promised", "open", "tone"]
    assert all(each.url for each in brief)
    assert "Ten chairs" in brief[3].text
    assert "third time" in brief[4].text
    assert "Ten chairs" in client.get(url("conversation_customer", home) + "?part=panels").content.decode()


def test_a_macro_fills_its_text_and_does_what_it_says(client: Client, home: UUID) -> None:
    form = {"name": "Sent", "text_en": "Dear {first_name}, {number} is on its way.", "state": "solved", "urgency": "0"}
    assert client.post(url("macro_new"), form).status_code == 302
    (made,) = macros.listed(access.SYSTEM)
    told = client.get(url("conversation_macro", home, made.id)).json()
    number = Conversation.objects.get().number
    assert told["text"] == f"Dear Olga, #{number} is on its way."
    do(client, "conversation_replies", home, text=told["text"], macro=made.id)
    row = Conversation.objects.get()
    assert (row.state, row.urgency) == ("solved", 0)
    assert "Sent" in client.get(url("macros")).content.decode()
    assert client.get(url("macro", made.id)).context["form"].initial["state"] == "solved"
    client.post(url("macro", made.id), form | {"name": "Shipped"})
    assert client.post(url("macro_archive", made.id)).status_code == 302
    assert macros.listed(access.SYSTEM) == []


def test_macros_of_everybody_are_made_by_who_manages_the_desk(home: UUID) -> None:
    north = team()
    agent = Client()
    agent.force_login(hire("Anna", "agent", "team", team=north))
    assert agent.post(url("macro_new"), {"name": "For all", "text_en": "x"}).status_code == 200
    assert agent.post(url("macro_new"), {"name": "Ours", "text_en": "x", "team_id": north.pk}).status_code == 302
    assert [each.name for each in macros.listed(access.SYSTEM)] == ["Ours"]


def test_views_are_saved_and_deleted(client: Client) -> None:
    client.post(url("inbox_views"), {"query": "view=all&tone=negative", "view_name": "Unhappy"})
    page = client.get(url("inbox"))
    ((view, _on),) = page.context["saved"]
    assert view.query == "view=all&tone=negative"
    assert client.post(url("inbox_view_deletion", view.id)).status_code == 302
    assert client.get(url("inbox")).context["saved"] == []


def test_presence_is_told_and_nothing_is_stored(client: Client, home: UUID) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.post(url("conversation_presence", home), {"does": "writes"}).status_code == 204
    assert any("pg_notify" in each["sql"] for each in queries)
    assert client.post(url("conversation_presence", home), {"does": "sings"}).status_code == 400


def test_an_answer_that_went_out_says_so(client: Client, home: UUID) -> None:
    from amity.channels import sending

    replies.reply(access.principal_of(Staff.objects.get()), home, "Hello", undo_seconds=0)
    sending.send_due()
    assert "Sent" in client.get(url("conversation_live", home)).content.decode()


def test_a_message_begins_a_conversation_and_stands_on_the_persons_page(client: Client) -> None:
    person = customer()
    form = {"subject": "Your offer", "text": "Here it is."}
    assert client.get(url("person_message_new", person)).status_code == 200
    answer = client.post(url("person_message_new", person), form)
    row = Conversation.objects.get()
    assert answer.headers["Location"] == url("conversation", row.pk)
    assert (row.person_id, row.address, row.state) == (person, "olga@example.com", "pending")
    assert "Your offer" in client.get(url("person", person)).content.decode()
    silent = customer("Igor", email="")
    assert "no address" in client.post(url("person_message_new", silent), form).content.decode()


def test_the_api_tells_conversations_with_their_titles_page_after_page(staff: Staff, home: UUID) -> None:
    secret = access.create_token(access.principal_of(staff), "t", ["desk:read"])[1]
    client = Client(headers={"authorization": f"Bearer {secret}"})
    other = heard("2@x", text="Where is it?\nI wait.", person_id=customer()).conversation_id
    Conversation.objects.filter(pk=home).update(subject="Invoice 7")
    Conversation.objects.filter(pk=other).update(subject="")
    first = client.get("/v1/conversations?limit=1").json()
    second = client.get(f"/v1/conversations?limit=1&cursor={first['next']}").json()
    told = {each["id"]: each["title"] for each in (*first["items"], *second["items"])}
    assert told == {str(other): "Where is it? I wait.", str(home): "Invoice 7"}
    assert client.get(f"/v1/conversations/{home}").json()["title"] == "Invoice 7"
    assert (first["next"] is not None, second["next"]) == (True, None)
