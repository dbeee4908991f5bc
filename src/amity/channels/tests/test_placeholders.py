"""No unfilled placeholder and no card number ever leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.channels.masking import luhn, masked
from amity.channels.placeholders import filled, leftover
from amity.channels.refusals import Unfilled

FOREIGN = [
    "{{first_name}}", "{{ contact.name | default: 'x' }}", "[[name]]", "*|FNAME|*", "%FIRSTNAME%", "<%= name %>",
    "${name}", "<<First Name>>", "[First Name]", "[Vorname]", "%%first_name%%", "%recipient.name%", "{% if x %}",
]  # fmt: skip


@pytest.mark.parametrize("mark", [*FOREIGN, "{first_name}", "{person.name}"])
def test_a_text_with_an_open_placeholder_is_refused(mark: str) -> None:
    with pytest.raises(Unfilled):
        filled(f"Dear {mark}, hello", {})


@pytest.mark.parametrize("mark", [*FOREIGN, "{first_name}"])
def test_a_value_that_is_a_placeholder_counts_as_unknown(mark: str) -> None:
    assert filled("Dear {first_name|friend}", {"first_name": mark}) == "Dear friend"
    with pytest.raises(Unfilled):
        filled("Dear {first_name}", {"first_name": mark})


def test_values_fallbacks_and_html() -> None:
    assert filled("{a} {b|you} {c|}", {"a": 1, "b": "", "c": None}) == "1 you "
    assert filled("<p>{a}</p>", {"a": "<b>"}, as_html=True) == "<p>&lt;b&gt;</p>"


@pytest.mark.parametrize(
    "text", ["100% off, 50 %OFF", "a { color: red }", "f(x) = [1, 2]", '{"a": 1}', "5 < 6 > 4", "[sic]"]
)
def test_ordinary_text_passes(text: str) -> None:
    assert filled(text, {}) == text


@given(st.text(alphabet="{}[]%$<>*|_ abAB", max_size=30), st.text(alphabet="{}[]%|ab", max_size=12))
def test_whatever_is_put_in_nothing_open_comes_out(text: str, value: str) -> None:
    try:
        done = filled("Dear {name|you}, " + text, {"name": value})
    except Unfilled:
        return
    assert not leftover(done)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Card 4111 1111 1111 1111.", "Card •••• •••• •••• 1111."),
        ("4111-1111-1111-1111", "••••-••••-••••-1111"),
        ("x5500000000000004y", "x••••••••••••0004y"),
        ("378282246310005", "•••••••••••0005"),
        ("Order 4111111111111112", "Order 4111111111111112"),
        ("+48 123 456 789", "+48 123 456 789"),
        ("0000000000000000", "0000000000000000"),
    ],
)
def test_card_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_every_card_number_is_masked(digits: str) -> None:
    number = next(digits + str(last) for last in range(10) if luhn(digits + str(last)))
    if len(set(number)) > 1:
        assert number not in masked(f"pay with {number} please")
