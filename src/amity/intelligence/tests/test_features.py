"""What columns are taken for, and that training and serving see the same."""

# ruff: noqa: DTZ001 - frames keep naive UTC

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from amity.intelligence.columns import NOT_CHOSEN, typed
from amity.intelligence.features import FeatureSpec
from amity.intelligence.tests.worlds import world


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1 234,50", "99,00", "7,25", None], "numeric"),
        (["$1,200.00", "$15.00", "$3.10"], "numeric"),
        (["31.12.2024", "01.02.2023", "15.06.2024"], "date"),
        (["12/31/2024", "2/1/2023", "6/15/2024"], "date"),
        (["2024-01-05T10:00:00Z", "2024-02-05 11:30"], "date"),
        (["да", "нет", "да"], "category"),
        ([True, False, None], "category"),
        (["x"] * 5, "dropped"),
        ([None, "n/a", "brak"], "dropped"),
    ],
)
def test_kinds_are_read_from_content(values: list[object], kind: str) -> None:
    assert typed("column", pl.Series("column", values, strict=False)).kind == kind


def test_values_written_in_words_become_numbers_and_days() -> None:
    assert typed("a", pl.Series(["1 234,50", "99,00"])).values.to_list() == [1234.5, 99.0]
    assert typed("b", pl.Series(["03.02.2024", "25.12.2023"])).values[0] == datetime(2024, 2, 3)


def test_a_form_left_at_its_placeholder_is_not_the_same_as_never_asked() -> None:
    found = typed("city", pl.Series(["Select", "Kraków", "nie wybrano", "", "Kraków"]))
    assert found.values.to_list() == [NOT_CHOSEN, "Kraków", NOT_CHOSEN, None, "Kraków"]


def test_identifiers_and_constants_are_dropped_and_named() -> None:
    spec = FeatureSpec.fit(world(400).table)
    assert spec.dropped == {"lead_number": "identifier", "campaign": "constant"}
    assert [c.name for c in spec.columns] == ["source", "visits", "employees", "city"]


def test_whole_numbers_kept_as_fractions_are_still_identifiers() -> None:
    assert typed("Lead Number", pl.Series("n", np.arange(100) * 37.0)).why == "identifier"


def test_the_definition_survives_json_and_gives_the_same_matrix() -> None:
    table = world(300).table
    spec = FeatureSpec.fit(table)
    again = FeatureSpec.from_dict(json.loads(json.dumps(spec.as_dict())))
    assert again == spec
    np.testing.assert_array_equal(spec.transform(table).tree()[0], again.transform(table).tree()[0])


def test_one_row_alone_is_read_like_in_the_crowd() -> None:
    dates = ["03.02.2024", "25.12.2023", "13.01.2024"] * 20
    table = pl.DataFrame({"day": dates, "sum": ["1.234,50", "7,00", "12,75"] * 20, "kind": ["a", "b", "c"] * 20})
    spec = FeatureSpec.fit(table)
    crowd, _, _ = spec.transform(table).tree()
    for i in range(3):
        np.testing.assert_array_equal(spec.transform(table[i : i + 1]).tree()[0][0], crowd[i])


def test_unseen_values_and_missing_columns_do_not_break_serving() -> None:
    spec = FeatureSpec.fit(world(400).table)
    values, _, _ = spec.transform(pl.DataFrame({"source": ["newsletter"], "visits": ["many"]})).tree()
    assert np.isnan(values).all()


@pytest.mark.parametrize("later", [1, 30, 400])
def test_shifting_the_future_leaves_features_as_of_a_day_identical(later: int) -> None:
    as_of = datetime(2024, 6, 1, tzinfo=UTC)
    opened = pl.Series("opened", [datetime(2024, 5, 1)] * 40, dtype=pl.Datetime("us"))
    past = [datetime(2024, 4, 1) + timedelta(days=i) for i in range(20)]
    future = [datetime(2024, 6, 2) + timedelta(days=i) for i in range(20)]
    table = pl.DataFrame({"offer_sent": [*past, *future]})
    moved = pl.DataFrame({"offer_sent": [*past, *(d + timedelta(days=later) for d in future)]})
    spec = FeatureSpec.fit(table, opened=opened)
    before, _, _ = spec.transform(table, opened, as_of).tree()
    np.testing.assert_array_equal(before, spec.transform(moved, opened, as_of).tree()[0])
    assert np.isnan(before[20:]).all()
    assert not np.isnan(before[:20]).any()
