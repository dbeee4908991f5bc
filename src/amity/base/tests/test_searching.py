"""Folding of words, and CSV that runs nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.base.csv_cells import csv_safe, lines
from amity.base.searching import MAX_TEXT, fold, search_text, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ольга Щукина", "olga shchukina"),
        ("Źdźbło sp. z o.o.", "zdzblo sp z o o"),
        ("Müller-Lüdenscheidt", "muller ludenscheidt"),
        ("O’Brien", "obrien"),
        ("anna.kowalska@example.com", "anna kowalska example com"),
        ("  \t", ""),
    ],
)
def test_words_are_folded_to_plain_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.slow
@given(st.text(max_size=60))
def test_folding_is_stable_and_plain(text: str) -> None:
    once = fold(text)
    assert once.isascii()
    assert fold(once) == once


@given(st.text(max_size=300))
def test_whatever_is_typed_gives_few_plain_words(text: str) -> None:
    words = words_of(text)
    assert len(words) <= 6
    assert all(word.isalnum() and word.isascii() and len(word) <= 40 for word in words)


def test_phones_are_found_whole_and_by_their_national_part() -> None:
    assert search_text(["Anna", None], ["+48 600 100 200"]) == "anna 48600100200 600100200"
    assert words_of("+48 600-100-200") == ["48600100200"]
    assert words_of("0048 600 100 200") == ["48600100200"]
    assert words_of("12 34") == ["12", "34"]


def test_the_searched_text_is_bounded() -> None:
    assert len(search_text([f"word{n}" for n in range(1000)])) == MAX_TEXT


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("@cmd", "'@cmd"),
        ("-2+3|cmd", "'-2+3|cmd"),
        ("\t=1", "'\t=1"),
        ("+48600100200", "+48600100200"),
        ("-5.20", "-5.20"),
        (-5, "-5"),
        (Decimal("12.50"), "12.50"),
        (date(2026, 1, 31), "2026-01-31"),
        (None, ""),
        ("plain", "plain"),
    ],
)
def test_cells_that_would_run_are_defused(value: Any, cell: str) -> None:
    assert csv_safe(value) == cell


def test_csv_lines_open_in_a_spreadsheet() -> None:
    assert b"".join(lines(["a", "=b"], [["x,y", 'q"']])) == '\ufeffa,\'=b\r\n"x,y","q"""\r\n'.encode()
