"""Columns about who a person is: found in four languages and by their values, kept out, compared where lawful."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from amity.intelligence import fairness, sensitive, slices


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Gender", "sex"), ("Пол", "sex"), ("Płeć", "sex"), ("Geschlecht", "sex"),
        ("customerAge", "age"), ("Дата рождения", "age"), ("Data urodzenia", "age"), ("Geburtsdatum", "age"),
        ("Ethnicity", "origin"), ("Национальность", "origin"), ("Narodowość", "origin"),
        ("Religion", "religion"), ("Вероисповедание", "religion"), ("Wyznanie", "religion"), ("Konfession", "religion"),
        ("Disability", "health"),
        ("Инвалидность", "health"), ("Niepełnosprawność", "health"), ("Behinderung", "health"),
        ("Political party", "politics"), ("Trade union", "politics"), ("Partei", "politics"),
        ("Citizenship", "nationality"), ("Гражданство", "nationality"), ("Staatsangehörigkeit", "nationality"),
        ("Marital status", "family"), ("Stan cywilny", "family"), ("Familienstand", "family"), ("Дети", "family"),
        ("Stage", ""), ("Account age", ""), ("Customer health score", ""), ("product_family", ""), ("Page views", ""),
        ("Партия товара", ""), ("Полис", ""), ("language", ""), ("country", ""), ("Alternative phone", ""),
    ],
)  # fmt: skip
def test_headings(heading: str, kind: str) -> None:
    assert sensitive.by_heading(heading) == kind


def test_values_give_a_column_away_whatever_it_is_called() -> None:
    born = pl.Series("x1", [datetime(1950 + i, 3, 1) for i in range(40)])  # noqa: DTZ001
    since = pl.Series("x2", [datetime(2010 + i % 14, 3, 1) for i in range(40)])  # noqa: DTZ001
    table = pl.DataFrame(
        [born, since, pl.Series("x3", ["муж", "жен"] * 20), pl.Series("x4", ["single", "married", "divorced", ""] * 10),
         pl.Series("x5", ["M", "L", "S", "XL"] * 10), pl.Series("x6", ["white", "black", "red", "green"] * 10)]
    )  # fmt: skip
    assert sensitive.found(table) == {"x1": "age", "x3": "sex", "x4": "family"}
    assert sensitive.held({"x3": "sex", "x4": "family"}, {"x3": True, "x4": False}) == ["x4"]


def test_groups_are_compared_with_their_sizes_and_intervals() -> None:
    rng = np.random.default_rng(3)
    sex = np.array(["f", "m"] * 400)
    p = np.clip(np.where(sex == "f", 0.3, 0.6) + rng.normal(0, 0.15, 800), 0.02, 0.98)
    y = (rng.random(800) < p).astype(float)
    table = pl.DataFrame({"sex": sex, "age": rng.integers(20, 80, 800)})
    told = {t["column"]: t for t in fairness.compared(table, {"sex": "sex", "age": "age"}, y, p, datetime.now(UTC))}
    women, men = told["sex"]["groups"]
    assert (women["name"], women["rows"], men["rows"]) == ("f", 400, 400)
    assert women["won_low"] < women["won"] < women["won_high"]
    assert {"first", "false_first"} <= set(told["sex"]["apart"])
    assert [g["name"] for g in told["age"]["groups"]] == ["0–29", "30–44", "45–59", "60–119"]
    assert told["age"]["apart"] == []


def test_a_column_of_one_group_is_no_slice() -> None:
    y, p = np.array([0.0, 1.0] * 30), np.full(60, 0.5)
    table = pl.DataFrame({"team": ["North"] * 60, "language": ["pl", "de"] * 30})
    assert [s["column"] for s in slices.sliced(table, y, p)] == ["language"]
