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
        ("4111 1111 1111 1111 12/28 123", "•••• •••• •••• 1111 12/28 123"),
        ("order 12 4111 1111 1111 1111", "order 12 •••• •••• •••• 1111"),
        ("4111111111111111 123", "••••••••••••1111 123"),
        ("4111 1111 1111 1111 5500 0000 0000 0004", "•••• •••• •••• 1111 •••• •••• •••• 0004"),
        ("4111\u202f1111\u202f1111\u202f1111", "••••\u202f••••\u202f••••\u202f1111"),
        ("4111–1111–1111–1111", "••••–••••–••••–1111"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "•••• •••• •••• ١١١١"),
        ("IMEI 490154203237518", "IMEI 490154203237518"),
        ("IMEI 356938035643809", "IMEI 356938035643809"),
        ("parcel 00340434161094", "parcel 00340434161094"),
    ],
)
def test_card_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("begun", ["+49 151 12345", "+55 11 99999 9", "+62 812 3456 78", "0049 151 12345"])
def test_numbers_of_phones_are_no_cards(begun: str) -> None:
    told = [f"{begun}{last:03d}" for last in range(1_000)]
    assert [masked(each) for each in told] == told


@given(
    st.sampled_from([("4", 14), ("51", 13), ("2221", 11), ("34", 12), ("6011", 11), ("3528", 11), ("36", 11)]),
    st.data(),
)
def test_every_card_number_is_masked(network: tuple[str, int], data: st.DataObject) -> None:
    begun, more = network
    digits = begun + data.draw(st.text(alphabet="0123456789", min_size=more, max_size=more))
    number = next(digits + str(last) for last in range(10) if luhn(digits + str(last)))
    if len(set(number)) > 1:
        assert number not in masked(f"pay with {number} please")
        assert number not in masked(f"pay with {number} 12/28 please")
        assert masked(shown := masked(f"7 {number} 4111 1111 {number}")) == shown
