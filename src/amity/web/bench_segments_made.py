"""Definitions to measure with, on the data of `bulk_load`; for some of them the same question as plain SQL."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

EVENTS = ("page view", "mail sent", "mail received", "call")
WEIGHTS = (7, 1, 1, 1)
_SOURCES = ("Website", "Google Ads", "Referral", "Trade fair", "Newsletter", "LinkedIn")
_TITLES = ("Owner", "Office Manager", "Barista", "Einkaufsleiter", "Prezes", "Receptionist")
_HERE = "p.merged_into_id IS NULL AND NOT p.anonymous AND p.archived_at IS NULL"


def _plain(joins: str, where: str) -> str:
    return f"SELECT count(*) FROM people_person p {joins} WHERE {_HERE} AND {where}"


def _group(alias: str, name: str, more: str = "") -> str:
    return (
        f"LEFT JOIN (SELECT person_id, count(*) AS n, max(occurred_at) AS last FROM events_event WHERE name = '{name}'"
        f"{more} GROUP BY 1) {alias} ON {alias}.person_id = p.id"
    )


_AGO = " AND occurred_at >= now() - interval '{days} days'"
COUNTED: list[tuple[str, dict[str, Any], str]] = [
    (
        "a field",
        {"all": [{"trait": "country", "op": "is", "value": "DE"}]},
        _plain("", "p.country = 'DE'"),
    ),
    (
        "did it three times",
        {"all": [{"event": "page view", "times": {"op": "ge", "n": 3}}]},
        _plain(_group("a", "page view"), "a.n >= 3"),
    ),
    (
        "a field, did one thing, not another for 90 days",
        {
            "all": [
                {"trait": "country", "op": "one_of", "value": ["DE", "PL"]},
                {"event": "page view"},
                {"event": "call", "do": False, "within_days": 90},
            ]
        },
        _plain(
            _group("a", "page view") + " " + _group("b", "call", _AGO.format(days=90)),
            "p.country IN ('DE', 'PL') AND a.n >= 1 AND b.n IS NULL",
        ),
    ),
    (
        "twice within 90 days",
        {"all": [{"event": "mail received", "times": {"op": "ge", "n": 2}, "within_days": 90}]},
        _plain(_group("a", "mail received", _AGO.format(days=90)), "a.n >= 2"),
    ),
    (
        "any of a field, much done, done lately",
        {
            "any": [
                {"trait": "city", "op": "starts", "value": "be"},
                {"event": "page view", "times": {"op": "ge", "n": 30}},
                {"event": "call", "last": {"op": "within_days", "value": 60}},
            ]
        },
        _plain(
            _group("a", "page view") + " " + _group("b", "call"),
            "(starts_with(lower(p.city), 'be') OR a.n >= 30 OR b.last >= now() - interval '60 days')",
        ),
    ),
    (
        "an open deal and no call",
        {"all": [{"deal": {"state": "open", "op": "ge", "n": 1}}, {"event": "call", "do": False}]},
        _plain(
            _group("a", "call"),
            "a.n IS NULL AND EXISTS (SELECT FROM sales_deal d WHERE d.person_id = p.id AND d.status = 'open'"
            " AND d.archived_at IS NULL)",
        ),
    ),
]
TEN: dict[str, Any] = {
    "all": [
        {"trait": "country", "op": "one_of", "value": ["DE", "PL"]},
        {"trait": "source", "op": "is_not", "value": "LinkedIn"},
        {"trait": "email", "op": "known"},
        {"event": "page view", "times": {"op": "ge", "n": 2}},
        {"event": "mail sent", "times": {"op": "le", "n": 20}},
        {"event": "call", "do": False, "within_days": 30},
        {
            "any": [
                {"event": "mail received", "within_days": 180},
                {"event": "page view", "last": {"op": "within_days", "value": 90}},
                {"trait": "job_title", "op": "contains", "value": "own"},
            ]
        },
        {"none": [{"deal": {"state": "lost", "op": "ge", "n": 1}}]},
    ]
}
TEN_SQL = _plain(
    " ".join(
        (
            _group("a", "page view"),
            _group("b", "mail sent"),
            _group("c", "call", _AGO.format(days=30)),
            _group("d", "mail received", _AGO.format(days=180)),
        )
    ),
    "p.country IN ('DE', 'PL') AND p.source <> 'LinkedIn' AND p.email <> '' AND a.n >= 2 AND coalesce(b.n, 0) <= 20"
    " AND c.n IS NULL AND (d.n >= 1 OR a.last >= now() - interval '90 days' OR strpos(lower(p.job_title), 'own') > 0)"
    " AND NOT EXISTS (SELECT FROM sales_deal x WHERE x.person_id = p.id AND x.status = 'lost'"
    " AND x.archived_at IS NULL)",
)


def live(n: int, seed: int = 3) -> list[dict[str, Any]]:
    """``n`` different definitions as people write them: one to four conditions, most of them on what somebody did."""
    dice = random.Random(seed)  # noqa: S311 (made-up definitions)
    return [{"all": [_event(dice), *(_any(dice) for _n in range(dice.randrange(1, 4)))]} for _m in range(n)]


def _event(dice: random.Random) -> dict[str, Any]:
    name = dice.choice(EVENTS)
    shape = dice.randrange(5)
    if shape == 0:
        return {"event": name, "within_days": dice.choice((7, 30, 90))}
    if shape == 1:
        return {"event": name, "do": False, "within_days": dice.choice((7, 30, 90))}
    if shape == 2:
        return {"event": name, "last": {"op": "before", "value": f"2026-0{dice.randrange(1, 10)}-01"}}
    return {"event": name, "times": {"op": "ge", "n": dice.randrange(2, 60)}}


def _any(dice: random.Random) -> dict[str, Any]:
    shape = dice.randrange(4)
    if shape == 0:
        return {"trait": "country", "op": "is", "value": dice.choice(("DE", "PL", "GB", "RU"))}
    if shape == 1:
        return {"trait": "source", "op": "is", "value": dice.choice(_SOURCES)}
    if shape == 2:
        return {"trait": "job_title", "op": "one_of", "value": dice.sample(_TITLES, 2)}
    return _event(dice)


def person(n: int) -> UUID:
    """The id of the n-th person that `bulk_load` makes."""
    return UUID(f"{1735689600000 + n:012x}7{2:03x}8{n:015x}")
