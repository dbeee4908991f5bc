"""What a customer wrote is understood once, by what the company taught, and corrected by its staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.base.models import JobRun
from amity.desk import conversations_changes as changes
from amity.desk import understanding, understanding_corrections, understanding_labels
from amity.desk import understanding_intents as intents
from amity.desk import understanding_training as training
from amity.desk.models import Conversation, Example, Happening, Intent
from amity.desk.tests.talking import heard
from amity.desk.urgency import urgency_of

BILL = ["my invoice is wrong", "why is the bill so high", "the invoice shows two fees", "I do not understand this bill",
        "a charge on my invoice I never made", "explain the bill please"]  # fmt: skip
PARCEL = ["where is my parcel", "the package has not arrived", "when will the parcel come", "track my package please",
          "my delivery is late", "the courier lost my parcel"]  # fmt: skip


def boss() -> access.Principal:
    return access.principal_of(hire("Boss", "manager", "all"))


def read(conversation_id: object) -> Conversation:
    return Conversation.objects.get(pk=conversation_id)


@pytest.mark.parametrize(
    ("text", "tone", "level", "why"),
    [
        ("Where is my parcel?", "", 1, ()),
        ("Bitte dringend antworten!", "", 2, ("words",)),
        ("Это не срочно, когда будет время", "", 0, ("later",)),
        ("This is the third time you ignore me", "negative", 2, ("tone",)),
        ("Przekażę sprawę adwokatowi", "", 2, ("law",)),
        ("My account was hacked", "negative", 3, ("tone", "danger")),
    ],
)
def test_urgency_is_a_rule_that_says_why(text: str, tone: str, level: int, why: tuple[str, ...]) -> None:
    found = urgency_of(text, tone)
    assert (found.level, found.reasons) == (level, why)


def test_a_promise_that_is_overdue_makes_it_urgent_and_staff_teach_otherwise() -> None:
    now = clock.now()
    assert urgency_of("hello", due_at=now - timedelta(minutes=1), now=now).level == 2
    assert urgency_of("urgent: hello", learned=0).level == 0
    assert urgency_of("hello", start=2).reasons == ("intent",)


@pytest.mark.slow
@pytest.mark.django_db
def test_an_untaught_desk_understands_what_needs_no_teaching() -> None:
    said = "Das ist eine Katastrophe! Die Bestellung 88123 ist kaputt und Sie antworten nicht. "
    said += "Bitte dringend 49,90 € zurück an DE89 3704 0044 0532 0130 00."
    home = heard(text=said, subject="").conversation_id
    reading = understanding.understand(home)
    assert reading is not None
    assert (reading.language, reading.intent, reading.chance, reading.tone) == ("de", "", None, "negative")
    assert {(each.kind, each.value) for each in reading.entities} == {
        ("order", "88123"), ("amount", "49.90 EUR"), ("iban", "DE89370400440532013000"),
    }  # fmt: skip
    row = read(home)
    assert (row.language, row.intent, row.urgency, row.tone_phrase) == ("de", "", 2, reading.tone_phrase)
    assert reading.tone_phrase == "Das ist eine Katastrophe!"
    assert understanding.reading_of(home) == reading
    understanding.understand(home)
    assert Happening.objects.filter(kind="understood").count() == 1


@pytest.mark.slow
@pytest.mark.django_db
def test_machines_are_not_read() -> None:
    home = heard(text="Your mail was not delivered", automatic="bounce").conversation_id
    assert understanding.understand(home) is None
    assert not Happening.objects.filter(kind="understood").exists()
    assert read(home).urgency == 1


@pytest.mark.slow
@pytest.mark.django_db
def test_examples_teach_corrections_teach_and_what_staff_said_stays() -> None:
    me = boss()
    intents.add(me, "billing", BILL)
    intents.add(me, "delivery", PARCEL)
    training.learn(me, training.INTENT, lambda *_: None)
    home = heard(text="The parcel is still not here", subject="").conversation_id
    reading = understanding.understand(home)
    assert reading is not None and reading.intent == "delivery" and reading.version == 1
    assert (read(home).intent, read(home).intent_by) == ("delivery", "model")
    changes.set_intent(me, [home], "complaint")
    understanding.understand(home)
    assert read(home).intent == "complaint"
    said = understanding_labels.labels(training.INTENT)[-1]
    assert (said.text, said.label) == ("The parcel is still not here", "complaint")
    made = training.learn(me, training.INTENT, lambda *_: None)
    assert Intent.objects.filter(name="complaint").exists() and made.figures["few"] == {"complaint": 1}


@pytest.mark.slow
@pytest.mark.django_db
def test_intents_are_renamed_and_merged_with_their_conversations_and_back() -> None:
    me = boss()
    intents.add(me, "billing", BILL[:2])
    intents.add(me, "invoices", BILL[2:])
    one, two = Intent.objects.get(name="billing"), Intent.objects.get(name="invoices")
    home = heard().conversation_id
    Conversation.objects.filter(pk=home).update(intent="invoices")
    group = intents.merge(me, two.pk, one.pk)
    assert read(home).intent == "billing" and one.examples.count() == len(BILL)
    renamed = intents.change(me, one.pk, name="money")
    assert intents.names() == {"billing": "money", "invoices": "money", "money": "money"}
    undo.put_back(me, renamed)
    undo.put_back(me, group)
    assert read(home).intent == "invoices" and one.examples.count() == 2
    removed = intents.remove_example(me, Example.objects.filter(intent=one)[0].pk)
    assert one.examples.count() == 1
    undo.put_back(me, removed)
    assert one.examples.count() == 2


@pytest.mark.slow
@pytest.mark.django_db
def test_a_tone_that_staff_hear_is_a_label_and_can_be_taken_back() -> None:
    me, home = boss(), heard(text="Well, great. Again nothing came.").conversation_id
    understanding.understand(home)
    group = understanding_corrections.set_tone(me, home, "negative")
    assert read(home).tone == "negative"
    assert [(each.label, each.text) for each in understanding_labels.labels(training.TONE)] == [
        ("negative", "Order\nWell, great. Again nothing came.")
    ]
    undo.put_back(me, group)
    assert read(home).tone == ""


@pytest.mark.slow
@pytest.mark.django_db
def test_the_page_of_intents_from_nothing_to_a_trained_model_and_back(client: Client) -> None:
    client.force_login(hire("Boss", "manager", "all"))
    page = reverse("intents")
    assert "No intents yet" in client.get(page).content.decode()
    for name, texts in (("billing", BILL), ("delivery", PARCEL)):
        assert client.post(page, {"name": name, "examples": "\n".join(texts)}).status_code == 302
    client.post(reverse("intents_training"), {"key": training.INTENT})
    run = JobRun.objects.get(kind=training.KIND)
    assert "Learning" in client.get(page).content.decode()
    training.learn(boss_again(), training.INTENT, lambda *_: None)
    JobRun.objects.filter(pk=run.pk).update(state="done")
    shown = client.get(page).content.decode()
    assert "How well it works" in shown and "a plain word count" in shown
    one = Intent.objects.get(name="billing")
    assert BILL[0] in client.get(reverse("intent", args=[one.pk])).content.decode()
    client.post(reverse("intent_examples", args=[one.pk]), {"examples": "the bill again\nthe bill again"})
    assert one.examples.count() == len(BILL) + 1
    client.post(reverse("intent", args=[one.pk]), {"name": "money", "description": "Bills", "urgency": "2"})
    assert Intent.objects.get(pk=one.pk).urgency == 2
    client.post(reverse("intents_outside"))
    assert "None of these" in client.get(page).content.decode()
    assert client.get(reverse("intents_training")).headers["HX-Refresh"] == "true"


def boss_again() -> access.Principal:
    return access.SYSTEM


@pytest.mark.slow
@pytest.mark.django_db
def test_the_panel_of_a_conversation_shows_the_reading_and_takes_corrections(client: Client) -> None:
    client.force_login(hire("Boss", "manager", "all"))
    home = heard(text="Where is order A-1001? Please answer urgently.").conversation_id
    understanding.understand(home)
    shown = client.get(reverse("conversation_reading", args=[home])).content.decode()
    assert "A-1001" in shown and "It says that it cannot wait." in shown and "Don't know" in shown
    assert client.post(reverse("conversation_tone", args=[home]), {"tone": "negative"}).status_code == 200
    assert read(home).tone == "negative"
