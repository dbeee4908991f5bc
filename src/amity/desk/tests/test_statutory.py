"""Clocks of law, by calendar dates that can be looked up."""

from datetime import UTC, date, datetime

from amity.desk import checklist, statutory
from amity.desk.statutory_days import easter


def day(told: datetime) -> date:
    return told.date()


def test_calendar_days_end_on_a_working_day_where_the_rule_says_so() -> None:
    poland = statutory.Rule("pl", 14)
    # Friday 2026-04-03 + 14 days is a Friday; from Saturday 2026-04-18 it is 2 May, then Sunday and 3 May's holiday
    assert statutory.last_day(date(2026, 4, 3), 14, "calendar", "PL") == date(2026, 4, 17)
    assert statutory.last_day(date(2026, 4, 17), 14, "calendar", "PL") == date(2026, 5, 4)
    assert statutory.last_day(date(2026, 4, 17), 14, "calendar", "PL", rolls=False) == date(2026, 5, 1)
    told = statutory.dates(
        poland, datetime(2026, 4, 3, 23, 30, tzinfo=UTC), "PL"
    )  # the 4th in Warsaw: 18 is a Saturday
    assert told.due_at == datetime(2026, 4, 20, 21, 59, 59, tzinfo=UTC)
    assert told.warn_at == datetime(2026, 4, 17, 21, 59, 59, tzinfo=UTC)


def test_business_days_skip_weekends_holidays_and_own_days_and_a_holding_reply_extends() -> None:
    payments = statutory.Rule("p", 15, statutory.BUSINESS, extended=35, rolls=False)
    start = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert day(statutory.dates(payments, start, "DE").due_at) == date(2026, 12, 22)
    assert day(statutory.dates(payments, start, "DE", {date(2026, 12, 22)}).due_at) == date(2026, 12, 23)
    assert day(statutory.dates(payments, start, "DE", held=True).due_at) == date(2027, 1, 21)


def test_the_first_rule_of_the_country_and_kind_counts() -> None:
    rows = [{"countries": [], "kinds": [], **row} for row in statutory.DEFAULTS]
    keys = {(c, k): statutory.choose(rows, c, k)["key"] for c in ("PL", "DE", "RU", "FR", "US", "") for k in
            ("goods", "payment")}  # type: ignore[index]  # fmt: skip
    assert (keys["PL", "goods"], keys["PL", "payment"], keys["DE", "goods"]) == ("pl_consumer", "payments", "de_usual")
    assert (keys["RU", "payment"], keys["FR", "goods"]) == ("ru_consumer", "eu_general")
    assert (keys["US", "goods"], keys["", "goods"]) == ("elsewhere", "elsewhere")
    assert all(set(row["names"]) == {"en", "ru", "pl", "de"} for row in rows)


def test_easter_and_attachments() -> None:
    assert [easter(year) for year in (2024, 2025, 2026)] == [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5)]
    missing = ["invoice", "photo", "bank_account"]
    assert checklist.brought(missing, ["image/png", "application/pdf", "image/jpeg", "text/plain"]) == [
        1,
        0,
        None,
        None,
    ]
