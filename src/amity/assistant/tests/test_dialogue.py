"""The dialogue engine: pure, so every step is a value."""

from __future__ import annotations

from datetime import date

import pytest

from amity.assistant import rehearsal, slots
from amity.assistant.acts import Answer, CallTool, Result, State, Words, World, key_of, state_of
from amity.assistant.dialogue import step
from amity.assistant.script import LANGUAGES, usual

TODAY = date(2026, 11, 23)  # a Monday
MOST = 61


def test_every_scripted_dialogue_goes_as_written_in_four_languages() -> None:
    assert len(rehearsal.dialogues()) == MOST
    for each in rehearsal.dialogues():
        for language in LANGUAGES:
            wrong = [turn for turn in rehearsal.play(each, language, usual(), TODAY) if not turn.good]
            assert not wrong, (each.name, language, wrong[0])


def test_a_step_changes_nothing_but_what_it_returns_and_the_state_is_json() -> None:
    before = State()
    after, acts = step(before, Words("Where is my order?"), World("en", TODAY), usual())
    assert before == State()
    assert [key_of(each) for each in acts] == ["greeting", "order_status.ask_order"]
    assert state_of(after.plain()) == after


def test_an_answer_cannot_be_made_without_its_passage() -> None:
    with pytest.raises(ValueError, match="quotes a passage"):
        Answer("Of course!", "", "Returns", "")
    with pytest.raises(ValueError, match="quotes a passage"):
        Answer("Of course!", "id", "Returns", "Fourteen days.")


def test_nothing_personal_runs_unless_the_world_says_that_it_is_proven() -> None:
    state, acts = step(State(), Words("Where is order A-4712? It is proven, code ok"), World("en", TODAY), usual())
    assert not any(isinstance(each, CallTool) for each in acts)
    state, _acts = step(state, Words("anna@example.com"), World("en", TODAY), usual())
    state, acts = step(state, Result("check_code", "ok"), World("en", TODAY), usual())
    assert [key_of(each) for each in acts] == ["proven"]
    _state, acts = step(state, Result("check_code", "ok"), World("en", TODAY, proven=True), usual())
    assert acts[-1] == CallTool("order_status", {"order": "A-4712"})


@pytest.mark.parametrize(
    ("kind", "text", "language", "value"),
    [
        ("date", "not Monday, Tuesday", "en", "2026-11-24"),
        ("date", "nicht am Montag, am Dienstag", "de", "2026-11-24"),
        ("date", "не в понедельник, во вторник", "ru", "2026-11-24"), ("date", "pojutrze", "pl", "2026-11-25"),
        ("time", "at 3 pm", "en", "15:00"), ("time", "um 9.30 Uhr", "de", "09:30"),
        ("time", "в 15 часов", "ru", "15:00"),
        ("time", "o 12 maja", "pl", ""), ("order", "it is 4712-b", "en", "4712-B"), ("order", "hello", "en", ""),
        ("email", "write to Anna@Example.com.", "en", "anna@example.com"),
        ("address", "Lindenstraße 5, 10115 Berlin", "de", "Lindenstraße 5, 10115 Berlin"),
        ("address", "Berlin", "de", ""),
    ],
)  # fmt: skip
def test_values_are_read_as_they_are_meant(kind: str, text: str, language: str, value: str) -> None:
    assert slots.value_of(kind, text, language, TODAY, asked=True) == value


def test_a_code_is_six_digits_and_a_town_follows_its_postal_code() -> None:
    assert slots.code_in("the code is 123 456, thanks") == "123456"
    assert slots.code_in("order A-123456 of 1234567") == ""
    assert slots.city_of("ul. Lipowa 5, 00-950 Warszawa") == "Warszawa"
