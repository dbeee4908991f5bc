"""Writes the model that holds before the first scan: `python tools/made_match_prior.py`.

People: learned from 30,000 made-up ones in four languages. Companies: chances put down by hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import django
import numpy as np

FILE = Path(__file__).parents[1] / "src/amity/people/matching/prior.json"
_M = {
    "name": [0.01, 0.01, 0.02, 0.03, 0.05, 0.06, 0.07, 0.75],
    "website": [0.10, 0.02, 0.03, 0.05, 0.80],
    "email": [0.35, 0.20, 0.02, 0.03, 0.10, 0.30],
    "phone": [0.25, 0.02, 0.08, 0.65],
    "city": [0.04, 0.01, 0.01, 0.02, 0.03, 0.04, 0.85],
    "street": [0.08, 0.02, 0.02, 0.03, 0.05, 0.10, 0.10, 0.60],
    "postcode": [0.08, 0.02, 0.02, 0.05, 0.83],
    "tax_number": [0.005, 0.005, 0.01, 0.03, 0.95],
}
_U = {
    "name": [0.90, 0.06, 0.025, 0.008, 0.004, 0.002, 0.0005, 0.0005],
    "website": [0.998, 0.001, 0.0005, 0.0003, 0.0002],
    "email": [0.999, 0.0005, 0.0002, 0.0001, 0.0001, 0.0001],
    "phone": [0.9994, 0.0001, 0.0003, 0.0002],
    "city": [0.80, 0.10, 0.03, 0.01, 0.005, 0.005, 0.05],
    "street": [0.70, 0.20, 0.08, 0.01, 0.005, 0.004, 0.0005, 0.0005],
    "postcode": [0.90, 0.03, 0.06, 0.006, 0.004],
    "tax_number": [0.998, 0.001, 0.0007, 0.0002, 0.0001],
}
_TENANTS = _U | {  # other firms in one house, sharing its phone at times
    "phone": [0.70, 0.02, 0.03, 0.25],
    "city": [0.02, 0.01, 0.01, 0.01, 0.02, 0.03, 0.90],
    "street": [0.03, 0.01, 0.01, 0.02, 0.03, 0.05, 0.05, 0.80],
    "postcode": [0.03, 0.01, 0.01, 0.03, 0.92],
}


def companies() -> dict[str, Any]:
    from amity.people.matching.fields import COMPANY

    def of(table: dict[str, list[float]]) -> list[list[float]]:
        return [[value / sum(table[name]) for value in table[name]] for name in COMPANY]

    rivals = [{"name": "related", "levels": of(_TENANTS), "prior": 3e-5}]
    return {
        "kinds": list(COMPANY.values()), "m": of(_M), "raw": of(_M), "u": of(_U), "prior": 1e-5, "rivals": rivals,
        "telling": [], "least": 2, "common": {}, "filled": {}, "records": 0,
    }  # fmt: skip


def people() -> dict[str, Any]:
    from amity.people.matching import blocks, learned, stored
    from amity.people.matching.candidates import candidates
    from amity.web import bench_scan

    table = bench_scan.generated(30_000).rename({"first": "first_name", "last": "last_name", "born": "birth_date"})
    table = table.drop("person").with_columns(name=None, company=None).cast(str).fill_null("")
    base = blocks.of_table("person", table)
    model = stored.of_base("person", learned.train(base, candidates(base, None)), base)
    at = list(stored.FIELDS["person"]).index("company")  # the field, which made-up people lack
    made = model.model
    made.m[at] = made.raw[at] = np.array([0.30, 0.10, 0.05, 0.05, 0.03, 0.03, 0.04, 0.40])
    made.u[at] = np.array([0.90, 0.06, 0.03, 0.005, 0.002, 0.001, 0.001, 0.001])
    for rival in made.rivals:  # colleagues
        rival.levels[at] = made.m[at]
    return {**model.as_json(), "common": {}, "filled": {}, "records": 0}


if __name__ == "__main__":
    django.setup()
    FILE.write_text(
        json.dumps(
            {"person": people(), "company": companies()},
        )
        + "\n"
    )
