"""Tone: only customers' words have one, rare tones are not forgotten, and the phrase that shows it is found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.base.errors import Refused
from amity.intelligence.language.tone import CustomerWords, Speaker, Tones, _clauses, _fair, customer_words, train
from amity.intelligence.language.tone_words import praise_less_blame

GOOD = [
    "great service, thank you",
    "very helpful, I love it",
    "świetna obsługa",
    "всё отлично, спасибо",
    "super Hilfe, danke",
]
BAD = [
    "terrible, I am angry",
    "the worst service ever",
    "fatalna obsługa",
    "ужасное обслуживание",
    "furchtbar, schlimmer Service",
]


@pytest.mark.parametrize("speaker", [Speaker.STAFF, Speaker.BOT, "staff"])
def test_what_staff_or_a_bot_said_has_no_tone(speaker: Speaker) -> None:
    with pytest.raises(Refused) as refused:
        CustomerWords("I am furious", speaker)  # type: ignore[arg-type]
    assert refused.value.code == "not_customer"


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=300))
def test_clauses_lie_in_the_text_in_order_and_are_not_empty(text: str) -> None:
    spans = _clauses(text)
    assert all(text[start:end].strip() for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert len(spans) <= 12


def test_offsets_bring_back_a_rare_class_and_stay_away_where_they_gain_nothing() -> None:
    truth = np.array([0] * 90 + [1] * 10)
    chances = np.where(truth[:, None] == np.arange(2), [[0.9, 0.4]], [[0.6, 0.1]])  # the rare one is never first
    found = _fair(chances, truth)
    assert ((np.log(chances) + found).argmax(axis=1) == truth).all()
    assert not _fair(np.eye(2)[truth], truth).any()


@pytest.mark.parametrize(("text", "sign"), [("Great, thank you!", 1), ("ужасный сбой", -1), ("der Zug um acht", 0)])
def test_the_word_list_knows_praise_from_blame(text: str, sign: int) -> None:
    assert np.sign(praise_less_blame(text)) == sign


@pytest.fixture(scope="module")
def tones() -> Tones:
    return train(customer_words(GOOD + BAD), ["positive"] * len(GOOD) + ["negative"] * len(BAD))


@pytest.mark.slow
def test_five_examples_of_each_tone_are_a_start(tones: Tones) -> None:
    found = tones.read(customer_words(["what a horrible experience", "thanks, that was great"]))
    assert found.labels.tolist() == ["negative", "positive"]
    assert np.allclose(found.chances.sum(axis=1), 1)


@pytest.mark.slow
def test_the_phrase_that_shows_the_tone_is_found(tones: Tones) -> None:
    [message] = customer_words(["My order number is 4711. This is the worst service ever! It came on Monday."])
    start, end = tones.shown_by(message)
    assert message.text[start:end] == "This is the worst service ever!"
