"""Values as people write them, in four languages, become typed; what cannot be read is reported."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.people import places
from amity.people.imports import dates, numbers, phones, values
from amity.people.imports.values import Mapping, convert


def day(text: str) -> dt.datetime:
    """A time in UTC from ISO text."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("texts", "order", "first"),
    [
        (["2024-01-31", "2023-12-01"], "ymd", "2024-01-31"),
        (["2024/01/31"], "ymd", "2024-01-31"),
        (["20240131", "19991231"], "ymd", "2024-01-31"),
        (["31.01.2024", "01.02.2024"], "dmy", "2024-01-31"),
        (["02/01/2024", "01/31/2024"], "mdy", "2024-02-01"),
        (["2/1/2018 5:04 PM", "10/20/2017 12:00 AM"], "mdy", "2018-02-01T17:04"),
        (["01-03-17", "25-12-16"], "dmy", "2017-03-01"),
        (["2024-01-31T10:20:30+02:00"], "ymd", "2024-01-31T08:20:30"),
        (["2024-01-31T10:20:30.123Z"], "ymd", "2024-01-31T10:20:30"),
        (["1 января 2024", "15 мая 2023 г."], "dmy", "2024-01-01"),
        (["5 stycznia 2024", "12 paź 2023"], "dmy", "2024-01-05"),
        (["3. März 2024", "12. Dez. 2023, 14:30"], "dmy", "2024-03-03"),
        (["Jan 5, 2024", "March 15th, 2023"], "dmy", "2024-01-05"),
        (["31-Jan-2024", "1-Feb-2024"], "dmy", "2024-01-31"),
        (["44562", "44563.5"], "serial", "2022-01-01"),
        (["1700000000"], "epoch", "2023-11-14T22:13:20"),
        (["1700000000000"], "epoch_ms", "2023-11-14T22:13:20"),
    ],
)
def test_the_order_of_dates_is_decided_by_the_column(texts: list[str], order: dates.Order, first: str) -> None:
    column = pl.Series("when", texts)
    decided = dates.order_of(column)
    assert decided is not None
    assert decided[0] == order
    assert dates.parse(column, order).to_list()[0] == day(first)
    assert dates.parse(column, order).null_count() == 0


def test_ambiguous_dates_follow_the_sorting_then_the_language() -> None:
    by_day = pl.Series([f"{at % 12 + 1:02d}/{at // 12 + 1:02d}/2024" for at in range(24)])
    assert dates.order_of(by_day) == ("dmy", "sorted")
    unsorted = pl.Series(["03/04/2024", "01/02/2024", "05/01/2024"])
    assert [(dates.order_of(unsorted, language) or ("",))[0] for language in ("en", "ru", "de")] == [
        "mdy",
        "dmy",
        "dmy",
    ]
    assert dates.order_of(pl.Series(["hello", "12"])) is None


def test_impossible_dates_are_not_bent_into_possible_ones() -> None:
    assert dates.parse(pl.Series(["31.02.2024", "00.01.2024", "32.01.2024", "1.1.24"]), "dmy").to_list() == [
        None,
        None,
        None,
        day("2024-01-01"),
    ]


def test_wall_times_are_in_the_zone_of_the_house() -> None:
    assert dates.parse(pl.Series(["01.07.2024 12:00"]), "dmy", "Europe/Warsaw").to_list() == [day("2024-07-01T10:00")]


@given(moment=st.datetimes(dt.datetime.fromisoformat("1970-01-01"), dt.datetime.fromisoformat("2068-12-31")))
@pytest.mark.slow
def test_a_date_is_read_back_in_every_spelling(moment: dt.datetime) -> None:
    expected = moment.replace(microsecond=0, tzinfo=dt.UTC)
    for order, spelling in (
        ("ymd", "%Y-%m-%d %H:%M:%S"),
        ("dmy", "%d.%m.%Y %H:%M:%S"),
        ("mdy", "%m/%d/%Y %I:%M:%S %p"),
    ):
        assert dates.parse(pl.Series([moment.strftime(spelling)]), order).to_list() == [expected]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1,234.56", "12"], [1234.56, 12.0]),
        (["1.234,56", "5"], [1234.56, 5.0]),
        (["1 234,56", "7,5"], [1234.56, 7.5]),
        (["1\u00a0234,5 zł", "1\u202f000 zł"], [1234.5, 1000.0]),
        (["€ 1.200", "€ 3.400.000"], [1200.0, 3400000.0]),
        (["(500)", "100-", "$1,200.00"], [-500.0, -100.0, 1200.0]),
        (["12 %", "5%"], [12.0, 5.0]),
        (["1,5 млн руб.", "200 тыс. руб."], [1_500_000.0, 200_000.0]),
        (["10k", "2.5M"], [10_000.0, 2_500_000.0]),
        (["1'200.50 CHF"], [1200.5]),
        (["1.500", "2.25"], [1.5, 2.25]),
        (["−5", "+5"], [-5.0, 5.0]),
        (["abc", "1e5", "12 34", "nan", "inf"], [None, 100_000.0, None, None, None]),
    ],
)
def test_numbers_follow_the_column_s_own_marks(texts: list[str], expected: list[float | None]) -> None:
    column = pl.Series(texts)
    assert numbers.parse(column, numbers.decimal_of(column)[0]).to_list() == expected


def test_money_is_whole_minor_units_of_its_currency() -> None:
    amounts = pl.Series([12.345, 10.0, 0.005, None])
    assert numbers.minor_units(amounts, None, "EUR").to_list() == [1234, 1000, 0, None]
    codes = pl.Series(["JPY", None, "KWD", "EUR"])
    assert numbers.minor_units(pl.Series([100.0, 1.5, 1.234, 2.0]), codes, "PLN").to_list() == [100, 150, 1234, 200]
    assert [numbers.currency_code(text) for text in ("zł", "руб.", "usd", "€", "x")] == ["PLN", "RUB", "USD", "EUR", ""]


def test_phones_become_international() -> None:
    polish = ["+48 600 100 200", "0048600100200", "600-100-200", "48600100200", "22 123 45 67 wewn. 3", "600100200.0"]
    assert phones.parse(pl.Series(polish), default="PL").to_list() == [
        "+48600100200",
        "+48600100200",
        "+48600100200",
        "+48600100200",
        "+48221234567",
        "+48600100200",
    ]
    mixed = pl.Series(["8 (812) 765-43-21", "030 1234567", "+49 (0)30 123456", "111111111", "hello", "+48 123"])
    regions = pl.Series(["RU", "DE", None, "PL", "PL", None])
    assert phones.parse(mixed, regions).to_list() == ["+78127654321", "+49301234567", "+4930123456", None, None, None]


def test_countries_and_languages_in_four_languages() -> None:
    names = [
        "Poland",
        "Польша",
        "Polska",
        "Polen",
        "PL",
        "POL",
        "USA",
        "Россия",
        "Niemcy",
        "Korea",
        "Philipines",
        "Atlantis",
    ]
    assert [places.country_code(name) for name in names] == [*["PL"] * 6, "US", "RU", "DE", "KR", "PH", ""]
    tongues = ["Polish", "polski", "Русский", "ru-RU", "en_US", "Deutsch", "Klingonese"]
    assert [places.language_code(name) for name in tongues] == ["pl", "pl", "ru", "ru", "en", "de", ""]


def test_junk_addresses_are_not_addresses() -> None:
    texts = [" Anna@X.PL ", "a@b.pl; c@d.com", "John <j@k.org>", "null", "test@test.com", "000@x.pl", "a@b", None]
    assert values.emails(pl.Series(texts)).to_list() == [
        ["anna@x.pl"],
        ["a@b.pl", "c@d.com"],
        ["j@k.org"],
        *[None] * 5,
    ]


def test_yes_and_no_in_four_languages() -> None:
    texts = pl.Series(["yes", "да", "Tak", "JA", "1", "no", "нет", "nie", "nein", "0", "perhaps", None])
    assert values.booleans(texts).to_list() == [*[True] * 5, *[False] * 5, None, None]


def test_words_for_nothing_are_found_but_answers_are_kept() -> None:
    texts = pl.Series(["Select", "N/A", "-", "не указано", "brak", "k. A.", "No", "0", "Anna", "нет", "nie"])
    assert values.placeholders(texts) == sorted(["Select", "N/A", "-", "не указано", "brak", "k. A."])


def test_exported_cells_cannot_become_formulas() -> None:
    cells = ["=1+1", "@SUM(A1)", "+48 600", "-x", "\tx", "-5", "plain", ""]
    assert [values.csv_safe(cell) for cell in cells] == [
        "'=1+1",
        "'@SUM(A1)",
        "'+48 600",
        "'-x",
        "'\tx",
        "-5",
        "plain",
        "",
    ]


def test_a_batch_is_converted_and_unreadable_cells_are_reported() -> None:
    frame = pl.DataFrame(
        {
            "id": ["1", "2"],
            "mail": ["a@x.pl", "broken"],
            "mail2": ["b@x.pl", None],
            "country": ["Polska", "Select"],
            "tel": ["600 100 200", "600100201; 600100202"],
            "since": ["31.01.2024", "soon"],
            "state": ["Klient", "Nowy"],
            "spend": ["1 234,50", "7"],
            "note": ["hello", None],
            "more": ["world", None],
        }
    )
    mapping = Mapping(
        "person",
        {
            "id": "external_id",
            "mail": "email",
            "mail2": "email",
            "country": "country",
            "tel": "phone",
            "since": "created_at",
            "state": "lead_status",
            "spend": "custom:money",
            "note": "notes",
            "more": "notes",
        },
        dates={"since": "dmy"},
        decimals={"spend": ","},
        nulls={"country": ["Select"]},
        region="PL",
        currency="PLN",
        constants={"source": "fair"},
    )
    converted = convert(frame, pl.Series([7, 9]), mapping)
    assert converted.frame.to_dicts() == [
        {
            "row": 7,
            "external_id": "1",
            "email": ["a@x.pl", "b@x.pl"],
            "country": "PL",
            "phone": ["+48600100200"],
            "created_at": day("2024-01-31"),
            "lead_status": "converted",
            "custom:spend": 123450,
            "notes": "hello\nworld",
            "source": "fair",
        },
        {
            "row": 9,
            "external_id": "2",
            "email": None,
            "country": None,
            "phone": ["+48600100201", "+48600100202"],
            "created_at": None,
            "lead_status": "open",
            "custom:spend": 700,
            "notes": None,
            "source": "fair",
        },
    ]
    assert converted.unread.rows() == [(9, "mail", "email", "broken"), (9, "since", "created_at", "soon")]


def test_a_deal_s_outcome_comes_from_its_stage_unless_it_says_more() -> None:
    frame = pl.DataFrame({"stage": ["Won", "Lost", "Talks", "Talks"], "status": [None, None, "Lost", None]})
    mapping = Mapping("deal", {"stage": "stage", "status": "status"}, outcomes={"Talks": "open"})
    assert convert(frame, pl.Series([1, 2, 3, 4]), mapping).frame["status"].to_list() == ["won", "lost", "lost", "open"]
