"""Word pieces of the English encoder: examples as the reference tokenizer of the model's authors cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.engines.wordpiece import END, START, UNKNOWN, pieces


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("hello world", [7592, 2088]),
        ("Hello, WORLD!", [7592, 1010, 2088, 999]),
        ("unaffable", [14477, 20961, 3468]),
        ("naïve café", [15743, 7668]),
        ("", []),
        ("x" * 101, [UNKNOWN]),
    ],
)
def test_texts_are_cut_as_the_model_was_taught(text: str, numbers: list[int]) -> None:
    assert pieces(text, 64) == [START, *numbers, END]


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40), st.integers(2, 12))
def test_every_text_has_its_marks_and_never_more_than_allowed(text: str, most: int) -> None:
    found = pieces(text, most)
    assert (found[0], found[-1]) == (START, END)
    assert len(found) <= most
    assert pieces(text, 64) == pieces(text.upper().lower(), 64) or text.lower() != text.upper().lower()
