"""A reply is proposed from quotes; a model may only phrase, nothing personal leaves, and what it adds is not used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.base.models import UndoStep
from amity.desk import drafts, drafts_wording, knowledge, replies, understanding
from amity.desk.drafts_checking import unsupported
from amity.desk.drafts_masking import Mask
from amity.desk.drafts_models import Draft
from amity.desk.knowledge_models import Judgement
from amity.desk.models import Happening
from amity.desk.tests.talking import customer, heard
from amity.desk.tests.test_knowledge import boss, library
from amity.engines.tests.test_llm import said, serving, told

MONEY = "We pay the money back within 5 working days after the parcel reached us."
ASKED = "Hello, I sent my jacket back. When do I get my money back?"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("We pay your money back within 5 working days after the parcel has reached us.", ""),
        ("The money is paid back within 5 working days after we got the parcel.", ""),
        ("We pay the money back within 3 working days.", "number"),
        ("We do not pay the money back within 5 working days.", "negation"),
        ("We pay the money back within 5 working days. You also get a voucher as a gift.", "claim"),
        ("Write to Klaus and we pay the money back within 5 working days.", "name"),
        ("See https://evil.example for the money.", "link"),
        ("", "empty"),
    ],
)
@pytest.mark.slow
def test_every_sentence_must_be_supported(text: str, why: str) -> None:
    assert unsupported(text, [MONEY], "en") == why


def test_what_is_personal_leaves_as_placeholders_and_comes_back() -> None:
    mask = Mask(["Olga Petrova"], "de")
    text = "Olga Petrova, olga@example.com, +49 30 1234567, Bestellung 88123, DE89370400440532013000, Karte 12345678"
    hidden = mask.hidden(text)
    assert hidden == "[NAME_1], [MAIL_1], [PHONE_1], Bestellung [ORDER_1], [IBAN_1], Karte [NUMBER_1]"
    assert mask.shown(hidden) == text
    assert mask.hidden("olga@example.com") == "[MAIL_1]" and mask.strange("[MAIL_7]") and not mask.strange(hidden)


@pytest.mark.slow
@pytest.mark.django_db
def test_a_draft_quotes_its_passage_and_none_is_made_where_nothing_answers() -> None:
    library(boss())
    home = heard(text=ASKED, person_id=customer("Olga")).conversation_id
    found = drafts.draft(home)
    assert found is not None and found.text.startswith("Hello Olga,\n\nWe pay the money back within 5 working days")
    assert [each["quote"] for each in found.citations] == [MONEY] and not found.phrased
    assert drafts.draft(home) == found and Happening.objects.filter(kind="draft").count() == 1
    other = heard("2@x", text="Do you employ plumbers in Rome?", address="b@example.com").conversation_id
    assert drafts.draft(other) is None


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "state", "right"),
    [("", "sent", [True]), ("\n\nBest wishes\nBoss", "edited", [True]), ("anew", "dismissed", [])],
)
def test_what_becomes_of_a_draft_is_a_label(change: str, state: str, right: list[bool]) -> None:
    me = boss()
    library(me)
    home = heard(text=ASKED, person_id=customer("Olga")).conversation_id
    found = drafts.draft(home)
    assert found is not None
    replies.reply(me, home, "Let me look into this." if change == "anew" else found.text + change)
    assert Draft.objects.get().state == state
    assert list(Judgement.objects.values_list("right", flat=True)) == right


@pytest.mark.slow
@pytest.mark.django_db
def test_a_draft_is_dismissed_on_the_page_and_the_word_is_taken_back(client: Client) -> None:
    staff = hire("Boss", "manager", "all")
    client.force_login(staff)
    me = access.principal_of(staff)
    library(me)
    home = heard(text=ASKED, person_id=customer("Olga")).conversation_id
    understanding.understand(home)
    assert "draft-text" not in client.get(reverse("conversation_draft", args=[home])).content.decode()
    found = drafts.draft(home)
    assert found is not None
    assert "within 5 working days" in client.get(reverse("conversation_draft", args=[home])).content.decode()
    client.post(reverse("draft_dismissal", args=[home, found.id]))
    assert Judgement.objects.get().right is False and drafts.of_conversation(me, home) is None
    undo.put_back(me, UndoStep.objects.get(kind=drafts.CHANGE).group_id)
    assert not Judgement.objects.exists() and drafts.of_conversation(me, home) is not None


@pytest.fixture
def model(settings: Any) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """A model that says what the test puts first in the list, and what it was asked."""
    answers: list[str] = []
    with serving(lambda handler, _body: told(handler, said(answers[0]))) as (url, asked):
        settings.CONFIG = replace(settings.CONFIG, llm_url=url, llm_model="small")
        yield answers, asked


@pytest.mark.slow
@pytest.mark.django_db
def test_a_model_words_what_the_passage_says_and_hears_nothing_personal(model: Any) -> None:
    answers, asked = model
    library(boss())
    answers.append("We pay your money back within 5 working days after the parcel has reached us.")
    text = "I am Olga (olga@example.com). " + ASKED
    found = drafts.draft(heard(text=text, person_id=customer("Olga")).conversation_id)
    assert found is not None and found.phrased and answers[0] in found.text and found.text.startswith("Hello Olga,")
    sent = asked[0]["messages"][1]["content"]
    assert "Olga" not in sent and "example.com" not in sent and "[NAME_1] ([MAIL_1])" in sent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "why"),
    [("We pay 500 EUR back at once.", "number"), ("Our director will visit you at home.", "claim"),
     ("Write to [MAIL_9].", "placeholder")],
)  # fmt: skip
def test_what_a_model_adds_is_not_used(model: Any, answer: str, why: str) -> None:
    model[0].append(answer)
    assert drafts_wording.worded("When?", [MONEY], "en") == ("", why)


def test_without_a_model_or_with_one_that_is_down_the_quotes_stand(settings: Any) -> None:
    assert drafts_wording.worded("When?", [MONEY], "en") == ("", "")
    settings.CONFIG = replace(settings.CONFIG, llm_url="http://127.0.0.1:9/v1", llm_model="small")
    assert drafts_wording.worded("When?", [MONEY], "en") == ("", "down")


@pytest.mark.django_db
def test_a_judgement_of_what_is_gone_is_nothing() -> None:
    knowledge.judge(boss().staff_id or customer(), 0.5, True, "thumb", "x")
    assert not Judgement.objects.exists()
