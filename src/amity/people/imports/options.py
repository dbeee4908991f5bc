"""Decisions that hold for a whole file: date orders, decimal marks, placeholders, outcomes, constants, identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amity.base.plain import normal
from amity.people.imports.facts import Facts
from amity.people.imports.matching import nouns_in
from amity.people.imports.nouns import IGNORE, Noun, kind_of
from amity.people.imports.numbers import currency_code
from amity.people.imports.reasons import Reason
from amity.people.imports.values import truth
from amity.people.imports.vocabulary import outcome_of

_LEADS = "lead leads mql mqls prospect prospects лид лиды leady заявки anfragen"
_LEAD_WORDS = frozenset(normal(word) for word in _LEADS.split())
_STATE_LIMIT = 300
_FEW_ROWS = 20  # below, a reference may look unique by chance
_KINDS = {
    "call": "call calls звонки звонок rozmowy połączenia anrufe anruf telefonate",
    "meeting": "meeting meetings visits встречи spotkania termine besuche",
    "task": "task tasks todo задачи дела zadania aufgaben",
    "email": "email emails mails письма wiadomości",
    "note": "note notes заметки notatki notizen",
    "ticket": "ticket tickets cases тикеты обращения zgłoszenia",
}
_HALFWAY = frozenset(normal(word) for word in ("qualified", "qualifiziert", "zakwalifikowany", "качественный"))


def options_of(
    noun: Noun, targets: Mapping[str, str], facts: Mapping[str, Facts], table: str, region: str
) -> tuple[dict[str, Any], list[Reason]]:
    """Keyword arguments for ``values.Mapping`` and notes for the person."""
    notes: list[Reason] = []
    kinds = {column: kind_of(noun.key, target) for column, target in targets.items() if target != IGNORE}
    dates = {}
    for column, kind in kinds.items():
        order = facts[column].order
        if kind in ("date", "datetime") and order:
            dates[column] = order
            if order in ("dmy", "mdy", "serial"):
                notes.append(Reason("dates", {"column": column, "order": order, "why": facts[column].order_reason}))
    decimals = {
        column: facts[column].decimal for column, kind in kinds.items() if kind in ("number", "integer", "money")
    }
    nulls = {column: list(facts[column].nulls) for column in kinds if facts[column].nulls}
    notes += [Reason("nulls", {"column": column, "texts": ", ".join(texts[:5])}) for column, texts in nulls.items()]
    outcomes = _outcomes(targets, facts, notes) if noun.key in ("deal", "person") else {}
    options = {
        "dates": dates,
        "decimals": decimals,
        "nulls": nulls,
        "outcomes": outcomes,
        "constants": _constants(noun, targets, table, facts, notes),
        "identity": _identity(noun, targets, facts, notes),
        "region": region,
        "currency": _currency(kinds, facts),
    }
    return options, notes


def _outcomes(targets: Mapping[str, str], facts: Mapping[str, Facts], notes: list[Reason]) -> dict[str, str]:
    """Every text of the stage, outcome and lead status columns with its state."""
    found: dict[str, str] = {}
    staged = "stage" in targets.values()
    for column, target in targets.items():
        if target not in ("stage", "status", "lead_status") or not facts[column].states:
            continue
        states = _states(facts[column].states, staged and target == "status")
        found |= {text: state for text, state in states.items() if text not in found}
        won = sum(1 for state in states.values() if state == "won")
        lost = sum(1 for state in states.values() if state == "lost")
        if won or lost:
            params = {"column": column, "won": _named(states, "won"), "lost": _named(states, "lost")}
            notes.append(Reason("outcomes", params))
    return found


def _states(texts: tuple[str, ...], staged: bool) -> dict[str, str]:
    """Yes and no alone are won and lost (no says nothing where a stage says more); words by the vocabulary."""
    truths = {text: truth(text) for text in texts}
    if all(value is not None for value in truths.values()):
        return {text: "won" if value else ("" if staged else "lost") for text, value in truths.items()}
    states = {text: outcome_of(text) or "open" for text in texts[:_STATE_LIMIT]}
    if any(state == "won" and normal(text) not in _HALFWAY for text, state in states.items()):
        states |= {text: "open" for text in states if normal(text) in _HALFWAY}  # a step before "Won", not a win
    return states


def _named(states: Mapping[str, str], state: str) -> str:
    return ", ".join(f"“{text}”" for text, found in states.items() if found == state) or "—"


def _constants(
    noun: Noun, targets: Mapping[str, str], table: str, facts: Mapping[str, Facts], notes: list[Reason]
) -> dict[str, str]:
    fields = set(targets.values())
    if noun.key == "deal" and not fields & {"stage", "status"}:
        closed = [column for column, target in targets.items() if target == "closed_at"]
        always = any(facts[column].filled >= 0.98 * facts[column].rows for column in closed)
        if (
            (closed and always)
            or "closed deals" in normal(table)
            or any("won" in normal(column).split() for column in closed)
        ):
            notes.append(Reason("won_only"))
            return {"status": "won"}
    if noun.key == "activity" and "kind" not in fields:
        return {"kind": _activity_kind(table)}
    if noun.key == "person" and "lead_status" not in fields and _is_leads(table, targets):
        notes.append(Reason("leads"))
        return {"lead_status": "open"}
    return {}


def _activity_kind(table: str) -> str:
    """What all rows of a file without a kind column are, by its name."""
    words = set(normal(table).split())
    return next(
        (kind for kind, known in _KINDS.items() if words & {normal(word) for word in known.split()}), "activity"
    )


def _is_leads(table: str, targets: Mapping[str, str]) -> bool:
    words = set(normal(table).split())
    by_column = any(
        _LEAD_WORDS & set(normal(column).split()) for column, target in targets.items() if target == "external_id"
    )
    return bool(_LEAD_WORDS & words) or by_column or "lead_created_at" in targets.values() or "leads" in nouns_in(table)


def _identity(
    noun: Noun, targets: Mapping[str, str], facts: Mapping[str, Facts], notes: list[Reason]
) -> tuple[str, ...]:
    """The column that tells rows apart: the old id, else a unique reference, e-mail, name or any unique key."""
    by_field = {target: column for column, target in reversed(list(targets.items()))}
    for key in ("external_id", "email", "phone", "name", "person", "company", "full_name", "title"):
        column = by_field.get(key)
        reference = noun.has(key) and bool(noun.field(key).refers)
        if reference and (noun.key != "deal" or column is None or facts[column].rows < _FEW_ROWS):
            continue
        if column and noun.has(key) and facts[column].unique:
            return (column,)
    if noun.key == "order_line" and {"order", "product"} <= set(by_field):
        return by_field["order"], by_field["product"]
    for column, fact in facts.items():
        if fact.unique and fact.kind == "text" and fact.share("id") > 0.95:
            return (column,)
    notes.append(Reason("no_identity"))
    return ()


def _currency(kinds: Mapping[str, str], facts: Mapping[str, Facts]) -> str:
    for column, kind in kinds.items():
        if kind == "money":
            if facts[column].currency:
                return facts[column].currency
            for word in column.replace("(", " ").replace(")", " ").replace(",", " ").split():
                if currency_code(word) and (word.isupper() or not word.isascii() or len(word) == 1):
                    return currency_code(word)
    return ""
