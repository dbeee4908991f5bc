"""Big made-up data for measuring: a people file of any length, and the people that `bulk_load` uses too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from amity.base import searching
from amity.web.sample import names, places
from amity.web.sample.catalogue import SOURCES, TRADES
from amity.web.sample.company import SHARES

PEOPLE_PER_COMPANY = 10
STATUSES = {"": 0.6, "New": 0.06, "Contacted": 0.06, "Converted": 0.1, "Lost": 0.18}
_BATCH = 250_000
_DAYS = 1095
_BEGIN = datetime(2023, 1, 1)  # noqa: DTZ001 - the file holds local times
_SCRAMBLE = 7919  # coprime to ten: a walk through all subscriber numbers without repeating one


def people_csv(path: Path, rows: int = 1_000_000, seed: int = 1) -> int:
    """Write ``rows`` people as CSV and return the size in bytes; about 5 s for a million.

    Mail addresses and phones are unique up to ten million rows. One phone in twelve and one city in twenty are
    missing, one mail address in two hundred is malformed.
    """
    rng = np.random.default_rng(seed)
    pool = name_pool()
    with path.open("wb") as file:
        for start in range(0, rows, _BATCH):
            frame = numbered(rng, pool, start, min(_BATCH, rows - start))
            _as_export(rng, frame).write_csv(file, include_header=start == 0)
    return path.stat().st_size


def name_pool() -> pl.DataFrame:
    """All given with all family names: language, first, last, local (for addresses), folded (for search), weight."""
    made = []
    for language in SHARES:
        family = list(zip(names.FAMILY[language], _falling(len(names.FAMILY[language])), strict=True))
        for gender, given in names.GIVEN[language].items():
            for first, likely in zip(given, _falling(len(given)), strict=True):
                for base, common in family:
                    last = names.family(language, gender, base)
                    local = f"{names.slug(first, '')}.{names.slug(last)}"
                    made.append((language, first, last, local, searching.fold(f"{first} {last}"), likely * common))
    columns = ["language", "first", "last", "local", "folded", "weight"]
    pool = pl.DataFrame(made, schema=columns, orient="row")
    share = pl.col("language").replace_strict(SHARES, return_dtype=pl.Float64)
    return pool.with_columns(weight=pl.col("weight") / pl.col("weight").sum().over("language") * share)


def numbered(rng: np.random.Generator, pool: pl.DataFrame, start: int, count: int) -> pl.DataFrame:
    """People ``start`` onwards: n, language, first, last, folded, email, phone (E.164), city …, firm."""
    chosen = np.searchsorted(np.cumsum(pool["weight"].to_numpy())[:-1], rng.random(count))
    people = pool[chosen].with_columns(n=pl.int_range(start, start + count, dtype=pl.Int64))
    cities = _cities()
    people = people.join(cities.group_by("language").agg(cities=pl.len().cast(pl.Int64)), on="language", how="left")
    people = people.with_columns(at=pl.col("n") % pl.col("cities"))
    people = people.join(cities, on=["language", "at"], how="left", maintain_order="left")
    walk = (pl.col("n") // pl.col("cities") + 1) * _SCRAMBLE % (10 ** pl.col("rest").cast(pl.Int64))
    subscriber = walk.cast(pl.String).str.pad_start(9, "0").str.slice(-pl.col("rest"))
    firm = pl.col("n") // PEOPLE_PER_COMPANY
    return people.select(
        "n",
        "language",
        "first",
        "last",
        "folded",
        pl.format("{}{}@firm{}.example", "local", "n", firm).alias("email"),
        pl.format("{}0{}", "prefix", subscriber).alias("phone"),
        "city",
        "city_words",
        "country",
        firm.alias("firm"),
    )


def _as_export(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    count = people.height
    seconds = pl.Series("seconds", rng.integers(0, _DAYS * 86_400, count))
    created = pl.lit(_BEGIN) + pl.duration(seconds=pl.lit(seconds))
    status = _choice(rng, list(STATUSES), list(STATUSES.values()), count)
    has_phone, has_city, good_mail = (pl.Series(rng.random(count) >= share) for share in (1 / 12, 0.05, 0.005))
    source = _choice(rng, [s.name for s in SOURCES], [s.weight for s in SOURCES], count)
    trade = _choice(rng, [t.name for t in TRADES], [t.weight for t in TRADES], count)
    return people.select(
        pl.format("P{}", "n").alias("Contact ID"),
        pl.col("first").alias("First name"),
        pl.col("last").alias("Last name"),
        pl.when(good_mail).then("email").otherwise(pl.col("email").str.replace("@", " at ")).alias("Email"),
        pl.when(has_phone).then("phone").otherwise(pl.lit("")).alias("Phone"),
        pl.format("Firm {} Ltd", "firm").alias("Company"),
        pl.when(has_city).then("city").otherwise(pl.lit("")).alias("City"),
        pl.col("country").alias("Country"),
        created.dt.strftime("%Y-%m-%d %H:%M").alias("Created"),
        status.alias("Lead status"),
        source.alias("Lead source"),
        trade.alias("Trade"),
        pl.Series("Cups a day", rng.integers(5, 400, count)),
        pl.Series("Newsletter", np.where(rng.random(count) < 0.4, "yes", "no")),
    )


def _cities() -> pl.DataFrame:
    """Cities by language and place in their list; ``rest``: digits after the dialling code and the 0."""
    made = []
    for language, cities in places.CITIES.items():
        for at, city in enumerate(cities):
            prefix, rest = f"+{places.PREFIXES[language]}{city.code}", places.DIGITS[language] - len(city.code) - 1
            made.append((language, at, city.name, searching.fold(city.name), places.COUNTRIES[language], prefix, rest))
    columns = ["language", "at", "city", "city_words", "country", "prefix", "rest"]
    return pl.DataFrame(made, schema=columns, orient="row")


def _falling(count: int) -> list[float]:
    """Weights of ``count`` names in the order of frequency, as `names.pick` draws them."""
    return [float(weight) for weight in np.linspace(1, 0.25, count)]


def _choice(rng: np.random.Generator, values: list[str], weights: list[float], count: int) -> pl.Series:
    edges = np.cumsum(weights)[:-1] / sum(weights)
    return pl.Series(values)[np.searchsorted(edges, rng.random(count))]
