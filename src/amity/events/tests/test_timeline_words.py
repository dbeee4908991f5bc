"""What happened reads as words, with the few values that say what it was about."""

from __future__ import annotations

from amity.events import timeline_words


def test_calls_of_the_contract_are_told_in_words() -> None:
    assert timeline_words.title("track", "Order Completed", {}) == "Order Completed"
    assert timeline_words.title("identify", "identify", {}) == "Profile updated"
    assert timeline_words.title("page", "page", {"title": "Prices", "path": "/p"}) == "Prices"
    assert timeline_words.title("segment", "segment.left", {"segment": "Buyers"}) == "Left the segment “Buyers”"
    assert timeline_words.title("mail", "Offer", {}) == "Offer"


def test_a_few_plain_values_are_shown() -> None:
    data = {"revenue": 42.5, "items": [1], "address": {"city": "Gdynia"}, "gift": True, "order": 100200, "more": "x"}
    told = [("revenue", "42.5"), ("city", "Gdynia"), ("gift", "Yes"), ("order", "100200")]
    assert timeline_words.details("track", data) == told
    assert timeline_words.details("page", {"url": "https://x/", "path": "/p"}) == [("path", "/p")]
    assert timeline_words.details("mail", data) == []
