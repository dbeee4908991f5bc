"""The sample company: the same bytes for the same seed, dirt in the promised numbers, patterns that can be learned."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import phonenumbers
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from amity.web import sample
from amity.web.sample import errors, names, plant

pytestmark = [pytest.mark.slow]

TODAY = date(2026, 3, 1)
REGIONS = {"Germany": "DE", "Poland": "PL", "United Kingdom": "GB", "Russia": "RU"}
MAIL = re.compile(r"[A-Za-z0-9.-]+@[a-z0-9.-]+\.example", re.IGNORECASE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, plant.Planted]:
    folder = tmp_path_factory.mktemp("sample") / "export"
    return folder, sample.generate(folder, today=TODAY)


@pytest.fixture(scope="module")
def table(made: tuple[Path, plant.Planted]) -> Callable[[str], pl.DataFrame]:
    return lambda name: pl.read_csv(made[0] / f"{name}.csv", infer_schema=False).fill_null("")


@pytest.fixture(scope="module")
def planted(made: tuple[Path, plant.Planted]) -> plant.Planted:
    return made[1]


def test_same_seed_and_day_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    once, again, other = ({}, {}, {})
    for files, name, seed in ((once, "a", 7), (again, "b", 7), (other, "c", 8)):
        sample.generate(tmp_path / name, seed=seed, people=300, companies=40, today=TODAY)
        files |= {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
    assert once == again
    assert once["staff.csv"] == other["staff.csv"]
    assert once["people.csv"] != other["people.csv"]


def test_it_has_the_promised_size(made: tuple[Path, plant.Planted]) -> None:
    _folder, planted = made
    assert planted.rows["people.csv"] == 3000
    assert planted.rows["companies.csv"] == 400 + planted.counts["company_duplicate"]
    assert planted.rows["staff.csv"] == 14
    assert 40_000 <= planted.rows["activities.jsonl"] <= 60_000
    assert planted.rows["deals.csv"] > 1200 and planted.rows["orders.csv"] > 2000


def test_counts_are_the_shares_and_equal_the_written_truth(
    made: tuple[Path, plant.Planted], planted: plant.Planted
) -> None:
    truth = json.loads((made[0].parent / "export-planted.json").read_text("utf-8"))
    assert truth["counts"] == planted.counts
    assert not (made[0] / "export-planted.json").exists()
    for kind, share in (plant.DUPLICATES | plant.IN_PLACE | errors.PEOPLE).items():
        assert planted.counts[kind] == round(3000 * share), kind
    both = [*planted.ids.values(), *planted.tricky.values()]
    soiled = [i for found in both for i in found if i.startswith("P-")]
    assert truth["meant"] == planted.meant and truth["tricky"] == planted.tricky
    assert {kind: len(found) for kind, found in planted.tricky.items()} == {
        **{kind: round(3000 * share) for kind, share in errors.TRICKY.items()},
        "tricky_letters": round(planted.rows["companies.csv"] * errors.COMPANIES_TRICKY["tricky_letters"]),
    }
    assert max(Counter(soiled).values()) == 1


def test_gaps_and_broken_values_are_in_the_file_exactly_where_promised(
    table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    people = table("people")
    copies = {copy for pairs in planted.pairs.values() for copy, _ in pairs}
    elsewhere = planted.ids["wrong_field"]  # their addresses and numbers stand in another field
    first_hand = people.filter(~pl.col("Contact ID").is_in([*copies, *elsewhere]))

    def ids(condition: pl.Expr) -> list[str]:
        return sorted(first_hand.filter(condition)["Contact ID"])

    assert ids(pl.col("Email") == "") == planted.ids["missing_email"]
    assert ids((pl.col("Phone") == "") & (pl.col("Mobile") == "")) == planted.ids["missing_phone"]
    assert ids(pl.col("City") == "") == planted.ids["missing_city"]
    assert ids(pl.col("Job title") == "") == planted.ids["missing_job_title"]
    assert ids(pl.col("Created") > str(TODAY)) == planted.ids["created_in_the_future"]
    bad = [i for i, mail in first_hand.select("Contact ID", "Email").rows() if mail and not MAIL.fullmatch(mail)]
    slipped = set(bad) - {
        *planted.ids["malformed_email"], *planted.ids["email_typed"], *planted.tricky["tricky_address"],
    }  # fmt: skip
    assert set(planted.ids["malformed_email"]) < set(bad) and slipped <= set(planted.ids["email_slip"])
    shouted = first_hand.filter(
        (pl.col("Last name") == pl.col("Last name").str.to_uppercase())
        & (pl.col("First name").str.len_chars() > 1)
        & (pl.col("First name") == pl.col("First name").str.to_uppercase())
    )
    assert sorted(shouted["Contact ID"]) == planted.ids["all_caps_names"]


def test_every_phone_is_valid_except_the_malformed_ones(
    table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    bad = set()
    for row in table("people").iter_rows(named=True):
        for written in filter(None, (row["Phone"], row["Mobile"])):
            try:
                number = phonenumbers.parse(written, REGIONS[row["Country"]])
                valid = phonenumbers.is_valid_number(number)
            except phonenumbers.NumberParseException:
                valid = False
            if not valid:
                bad.add(row["Contact ID"])
    others = {*planted.ids["wrong_field"], *planted.ids["phone_typed"], *planted.ids["wrong_country"]}
    assert set(planted.ids["malformed_phone"]) <= bad <= {*planted.ids["malformed_phone"], *others}
    assert all(
        phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in table("companies")["Phone"].to_list()
    )


def test_what_was_meant_is_told_and_mistakes_differ_from_it(
    table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    rows = {row["Contact ID"]: row for row in table("people").iter_rows(named=True)}
    rows |= {row["Company ID"]: row for row in table("companies").iter_rows(named=True)}
    rows |= {row["Deal ID"]: row for row in table("deals").iter_rows(named=True)}
    for kind, found in planted.meant.items():
        for key, meant in found.items():
            assert all(rows[key][column] != value for column, value in meant.items()), (kind, key)
    assert sorted(planted.meant["email_slip"]) == planted.ids["email_slip"]
    stages = {row["Stage"] for key, row in rows.items() if key.startswith("D-")}
    assert {rows[key]["Stage"] for key in planted.ids["deal_stage_slip"]} < stages
    letters = [rows[key]["Company name"] for key in planted.tricky["tricky_letters"]]
    assert all(re.match("[B-Z]{3}( |$)", name) for name in letters)


def test_duplicates_share_what_their_kind_promises(
    table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    rows = {row["Contact ID"]: row for row in table("people").iter_rows(named=True)}

    def phone(row: dict[str, str]) -> str:
        parsed = phonenumbers.parse(row["Phone"], REGIONS[row["Country"]])
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

    for copy, original in planted.pairs["duplicate_same_email_typo"]:
        assert rows[copy]["Email"] == rows[original]["Email"]
        assert rows[copy]["Last name"] != rows[original]["Last name"]
    for kind in ("duplicate_same_phone_respelled", "duplicate_married_name"):
        for copy, original in planted.pairs[kind]:
            assert phone(rows[copy]) == phone(rows[original])
            assert rows[copy]["Last name"] != rows[original]["Last name"]
            assert rows[copy]["Email"] != rows[original]["Email"]
    for copy, original in planted.pairs["duplicate_transliterated"]:
        assert re.search("[а-яё]", rows[original]["Last name"])
        assert rows[copy]["Last name"].isascii()
    for copy, original in planted.pairs["duplicate_nickname"]:
        assert rows[copy]["First name"] == names.NICKNAMES[rows[original]["First name"]]
    assert all(rows[copy]["Lead status"] == "" for pairs in planted.pairs.values() for copy, _ in pairs if copy in rows)


def test_references_hold_except_for_the_orphans(table: Callable[[str], pl.DataFrame], planted: plant.Planted) -> None:
    people, firms = set(table("people")["Contact ID"]), set(table("companies")["Company ID"])
    deals, orders, lines = table("deals"), table("orders"), table("order_lines")
    orphans = deals.filter(~pl.col("Contact ID").is_in(list(people)))
    assert sorted(orphans["Deal ID"]) == planted.ids["deal_orphan"]
    early = deals.filter((pl.col("Closed") != "") & (pl.col("Closed") < pl.col("Created")))
    assert sorted(early["Deal ID"]) == planted.ids["deal_closed_before_created"]
    assert set(table("people")["Company ID"]) <= firms
    assert set(orders["Contact ID"]) <= people
    assert set(lines["SKU"]) <= set(table("products")["SKU"])
    sums = lines.with_columns(cents=pl.col("Quantity").cast(pl.Int64) * _cents("Unit price")).group_by("Order ID")
    joined = orders.join(sums.agg(pl.col("cents").sum()), on="Order ID", how="left")
    assert joined.filter(_cents("Total") != pl.col("cents")).is_empty()


def test_activities_belong_to_known_people_and_lie_before_today(
    made: tuple[Path, plant.Planted], table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    activities = pl.read_ndjson(made[0] / "activities.jsonl", infer_schema_length=None)
    assert activities["Activity ID"].n_unique() == activities.height
    assert set(activities["Contact ID"]) <= set(table("people")["Contact ID"])
    assert max(activities["Date"]) < str(TODAY)
    bounced = activities.filter(pl.col("Activity type") == "mail bounced")["Contact ID"]
    assert sorted(bounced) == planted.ids["stale_bounced_mail"]
    views = activities.filter(pl.col("Activity type") == "page view").group_by("Contact ID").len()
    copied = [original for pairs in planted.pairs.values() for _copy, original in pairs]
    leads = table("people").filter(
        pl.col("Lead status").is_in(["New", "Contacted", "Lost"]) & ~pl.col("Contact ID").is_in(copied)
    )
    seen = leads.join(views, on="Contact ID", how="left").with_columns(pl.col("len").fill_null(0))
    assert seen.filter(pl.col("Pages seen").cast(pl.Int64) != pl.col("len")).is_empty()


def test_outcomes_can_be_learned_but_not_perfectly(table: Callable[[str], pl.DataFrame]) -> None:
    decided = table("people").filter(pl.col("Lead status").is_in(["Converted", "Lost"]))
    leads = _auc(
        decided,
        decided["Lead status"] == "Converted",
        ("Site visits", "Minutes on site", "Answers", "First response (hours)", "Company size"),
        ("Lead source", "Buying role", "Trade"),
    )
    closed = table("deals").filter(pl.col("Stage").is_in(["Won", "Lost"]))
    deals = _auc(
        closed,
        closed["Stage"] == "Won",
        ("Contacts involved", "Answers", "Days since last answer", "Discount %"),
        ("Decision maker met", "Product", "Owner", "Type", "Competitor"),
    )
    assert 0.72 < leads < 0.85
    assert 0.70 < deals < 0.85


def test_columns_filled_in_afterwards_give_the_outcome_away(
    table: Callable[[str], pl.DataFrame], planted: plant.Planted
) -> None:
    for name, status, won in (("people", "Lead status", "Converted"), ("deals", "Stage", "Won")):
        rows = table(name)
        for column in planted.afterwards[name]:
            filled = rows.filter(pl.col(column) != "")
            assert set(filled[status]) <= {won, "Lost"}, column
    quality = table("people").filter(pl.col("Lead quality") != "")
    agrees = (quality["Lead quality"].is_in(["Hot", "Warm"]) == (quality["Lead status"] == "Converted")).mean()
    assert isinstance(agrees, float) and 0.93 < agrees < 0.99


def test_names_follow_their_language() -> None:
    assert names.family("pl", "f", "Kowalski") == "Kowalska"
    assert names.family("pl", "f", "Nowak") == "Nowak"
    assert names.family("ru", "f", "Достоевский") == "Достоевская"
    assert names.family("ru", "f", "Ильин") == "Ильина"
    assert names.family("ru", "f", "Шевченко") == "Шевченко"
    assert names.passport("Юрий Щербаков") == "Iurii Shcherbakov"
    assert names.slug("Łukasz Müller") == "lukasz-mueller"
    for language in names.LANGUAGES:
        assert all(len(set(names.GIVEN[language][gender])) == 40 for gender in "mf")
        assert len(set(names.FAMILY[language])) == 60


def _cents(column: str) -> pl.Expr:
    return (pl.col(column).cast(pl.Float64) * 100).round().cast(pl.Int64)


def _auc(rows: pl.DataFrame, outcome: pl.Series, numbers: tuple[str, ...], words: tuple[str, ...]) -> float:
    """Mean area under the ROC curve of a logistic regression over five folds."""
    frame = rows.select(
        *(pl.col(c).cast(pl.Float64, strict=False).fill_null(0).log1p() for c in numbers), *words
    ).to_dummies(words)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    scores = cross_val_score(model, frame.to_numpy(), outcome.to_numpy(), cv=5, scoring="roc_auc")
    return float(np.mean(scores))
