"""Taking one change of a script back while later ones stay. Pure, on the script's JSON."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def back(before: Body, after: Body, now: Body) -> Body | None:
    """``now`` without what led from ``before`` to ``after``; None where somebody has changed the same since.

    What counts as the same: a flow, a wording beside the flows, the order of flows where only that was changed.
    """
    flows = _pieces({each["key"]: each for each in before["flows"]}, {each["key"]: each for each in after["flows"]},
                    {each["key"]: each for each in now["flows"]})  # fmt: skip
    wording = _pieces(before["wording"], after["wording"], now["wording"])
    order = _order(*([each["key"] for each in body["flows"]] for body in (before, after, now)))
    if flows is None or wording is None or order is None:
        return None
    return {**now, "flows": [flows[key] for key in order if key in flows], "wording": wording}


def _pieces(before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> dict[str, Any] | None:
    found = dict(now)
    for key in {*before, *after}:
        was, became, stands = before.get(key), after.get(key), now.get(key)
        if was in (became, stands):
            continue
        if stands != became:
            return None
        if was is None:
            del found[key]
        else:
            found[key] = was
    return found


def _order(before: list[str], after: list[str], now: list[str]) -> list[str] | None:
    if now == after:
        return before
    if set(before) == set(after):
        return now if before == after else None
    found = [key for key in now if key in before or key not in after]
    for key in before:
        if key not in found:
            found.insert(min(before.index(key), len(found)), key)
    return found
