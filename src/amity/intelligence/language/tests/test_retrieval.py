"""Finding passages: stems in four languages, quotes that lie in the text, silence below the floor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.intelligence.language.retrieval import Library, Words, floor_for, sentences
from amity.intelligence.language.stems import stems

PASSAGES = [
    "Returns are free within 30 days. Print the label from your account and hand the parcel in.",
    "Invoices are sent by e-mail on the first of each month. You find older ones under Documents.",
    "Our shop in Berlin is open from nine to six. On Sundays it is closed.",
]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "returned parcels", "return parcel"),
        ("ru", "возвраты посылок", "возврат посылки"),
        ("pl", "zwroty paczek", "zwrotów paczki"),
        ("de", "Rechnungen senden", "Rechnung sendet"),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, one: str, other: str) -> None:
    assert stems(one, language)[0] == stems(other, language)[0]


def test_a_question_of_common_words_only_keeps_them() -> None:
    assert stems("what is it", "en") == ["what", "is", "it"]
    assert stems("", "en") == []


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=1_200))
def test_every_word_of_a_text_lies_in_one_of_its_sentences(text: str) -> None:
    spans = sentences(text)
    assert all(0 < end - start <= 400 and text[start:end].strip() for start, end in spans)
    inside = {place for start, end in spans for place in range(start, end)}
    assert all(place in inside for place, letter in enumerate(text) if not letter.isspace())


@pytest.mark.parametrize(("text", "told"), [
    ("Orders before 2 p.m. are sent at once. Later ones wait.", 2), ("Open until 8 p.m. Then it is dark.", 2),
    ("Wir liefern z. B. Kunden in Bern. Am 3. Mai ist zu.", 2), ("Ul. Długa 5, np. Państwa. W 2023 r. Nic.", 3),
    ("Доставка по г. Москва стоит 300 руб. Т. е. почти даром!", 2), ("Mr. Smith left.\nNo dot here\nEnd.", 3),
])  # fmt: skip
def test_a_shortened_word_or_a_date_ends_no_sentence(text: str, told: int) -> None:
    assert len(sentences(text)) == told


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_above_the_floor_the_share_of_wrong_answers_keeps_its_bound(answers: list[tuple[float, bool]]) -> None:
    sure, right = np.array([s for s, _ in answers]), np.array([r for _, r in answers])
    floor = floor_for(sure, right, 0.1)
    told = sure > floor
    assert math.isinf(floor) or (told & ~right).sum() <= 0.1 * max((sure >= floor).sum(), 1)


def test_rare_words_count_more_than_frequent_ones() -> None:
    scores, reach = Words(["red car", "red bus", "red bike"], "en").scores("red bus")
    assert scores.argmax() == 1
    assert scores[1] < reach * 2


@pytest.mark.slow
def test_the_answer_quotes_the_sentence_that_holds_it_and_the_floor_keeps_silent() -> None:
    library = Library(PASSAGES, "en")
    found = library.ask("Is the store open on Sunday?")
    assert found[0].place == 2
    assert PASSAGES[2][found[0].start : found[0].end] == "On Sundays it is closed."
    library.floor = (found[0].sure + library.ask("Who was the first emperor of Rome?")[0].sure) / 2
    assert library.answer("Is the store open on Sunday?") == library.ask("Is the store open on Sunday?", 1)[0]
    assert library.answer("Who was the first emperor of Rome?") is None
    assert Library([], "en").ask("anything") == []
