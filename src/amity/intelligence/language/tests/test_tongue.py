"""Which language a message is in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.intelligence.language.tongue import tongue


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is my order? I want a refund.", "en"),
        ("set a 4 minute timer", "en"),
        ("где мой заказ, хочу вернуть деньги", "ru"),
        ("Что делает Amity?", "ru"),
        ("gdzie jest moja paczka, proszę o zwrot", "pl"),
        ("Wo bleibt meine Bestellung? Ich möchte mein Geld zurück", "de"),
        ("¿dónde está mi pedido?", ""),
        ("де моє замовлення, її немає", ""),
        ("注文はどこですか", ""),
        ("12345 🙂", ""),
        ("", ""),
    ],
)
def test_the_language_is_told_or_nothing_is(text: str, code: str) -> None:
    assert tongue(text).code == code


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=80))
def test_confidence_is_a_share_and_case_does_not_matter(text: str) -> None:
    found = tongue(text)
    assert 0 <= found.confidence <= 1
    assert found.code in ("", "en", "ru", "pl", "de")
    assert tongue(text.lower()) == found
