"""Routing on thirty made-up days: Amity's way beside round robin and least-loaded, the same contacts and agents.

Five seeds; differences are taken seed by seed, intervals are Student's t at 95 %. A second table takes away that
handling depends on who does it: what is left of the gain comes from order and language alone. The chance of a breach
is learned from the first twenty days of each seed and held against the last ten.
"""

from __future__ import annotations

from typing import Any

from amity.desk import api as desk

SEEDS = (1, 2, 3, 4, 5)
WAYS = ("amity", "round_robin", "least_loaded")
_NAMES = {
    "breaches": ("promises broken", 100, "%"), "urgent_breaches": ("urgent promises broken", 100, "%"),
    "wait_median": ("wait, median", 1 / 60, "min"), "wait_p90": ("wait, 90th percentile", 1 / 60, "min"),
    "handle": ("handling, mean", 1 / 60, "min"), "continuity": ("same agent as last time", 100, "%"),
    "evenness": ("evenness of load (Jain)", 1, ""),
}  # fmt: skip


def run() -> dict[str, Any]:
    """All figures; about three minutes on one core."""
    usual = desk.simulate_ways(SEEDS)
    plain = desk.simulate_ways(SEEDS, same_for_all=True)
    risk = usual.pop("risk")
    plain.pop("risk")
    good = all(
        usual["less"][way]["breaches"]["high"] < 0 and usual["less"][way]["handle"]["high"] <= 0 for way in WAYS[1:]
    )
    return {"good": good, "seeds": len(SEEDS), "days": 30, "usual": usual, "same_for_all": plain, "breach_chance": risk}


def tell(found: dict[str, Any]) -> str:
    """The same in lines."""
    lines = [f"  {found['usual']['contacts']} contacts in {found['days']} days (mean of {found['seeds']} seeds)"]
    for key, head in (
        ("usual", "handling depends on skill, language and continuity"),
        ("same_for_all", "handling is the same whoever does it"),
    ):
        lines += ["", f"  {head}:", *_table(found[key])]
    risk = found["breach_chance"]
    lines += [
        "",
        f"  chance of a breach, told at half of the promised time, on {risk['waits']} waits held out:",
        f"    Brier {risk['brier']:.4f} beside {risk['base']:.4f} of their rate; calibration error {risk['ece']:.3f}",
        "  " + ("holds" if found["good"] else "DOES NOT HOLD"),
    ]
    return "\n".join(lines)


def _table(part: dict[str, Any]) -> list[str]:
    lines = [f"    {'':28}" + "".join(f"{way.replace('_', ' '):>24}" for way in WAYS)]
    for figure, (name, factor, unit) in _NAMES.items():
        cells = []
        for way in WAYS:
            told = part["ways"][way][figure]
            low, high = told["low"] * factor, told["high"] * factor
            cells.append(f"{told['value'] * factor:.2f}{unit and ' '}{unit} [{low:.2f}, {high:.2f}]".rjust(24))
        lines.append(f"    {name:28}" + "".join(cells))
    for way in WAYS[1:]:
        less = part["less"][way]
        lines.append(
            f"    amity less {way.replace('_', ' ')}: promises broken {_points(less['breaches'], 100)} points, "
            f"handling {_points(less['handle'], 1 / 60)} min"
        )
    return lines


def _points(told: dict[str, float], factor: float) -> str:
    return f"{told['value'] * factor:+.2f} [{told['low'] * factor:+.2f}, {told['high'] * factor:+.2f}]"
