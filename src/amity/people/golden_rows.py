"""A profile in hand to mark one of its values: a person with all members, or a company; locked, and written back."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import connection

from amity.base import clock, live, undo
from amity.people import golden_policy, segments_live
from amity.people.finding import company_search
from amity.people.golden import MANUAL
from amity.people.merge_groups import absorb, connected, load_owns, lock, store_owns, together
from amity.people.models import Company, CompanyOwn
from amity.people.traits import Change, State, golden
from amity.people.traits_store import load, note, write

_NOBODY = str(UUID(int=0))


class PersonRows:
    """A person with its members: ``rows`` says what each says by itself, the survivor's under its own id."""

    kind = "person"

    def __init__(self, person_id: UUID) -> None:
        with connection.cursor() as cursor:
            lock(cursor)
            _edges, nodes = connected(cursor, {person_id})
            states = load(cursor, nodes)
            survivor = states[person_id].merged_into or person_id
            self.states = {pk: state for pk, state in states.items() if (state.merged_into or pk) == survivor}
            self.owns = {pk: own for pk, own in load_owns(cursor, self.states).items() if pk == survivor}
        self.id = survivor
        absorb(self.states, self.owns, dict.fromkeys(self.states, survivor))
        self.shown = dict(self.states[survivor].values)

    @property
    def rows(self) -> dict[UUID, State]:
        return {pk: self.owns.get(pk, state) for pk, state in self.states.items()}

    def home_of(self, key: str) -> State:
        """The member whose value is shown."""
        own = self.rows[self.id]
        found = golden(self.rows.values(), golden_policy.of_version(own.policy)).get(key)
        return found[0] if found else own

    def store(self, *homes: State) -> None:
        """Write these members and what the profile shows now; history, open pages and segments hear of it."""
        with connection.cursor() as cursor:
            shown = self.rows[self.id]
            if self.owns:
                policy = golden_policy.current(cursor)
                shown.policy, shown.search = policy.version if policy else 0, ""
                shown = together(shown, self.rows, policy)
                shown.merged_into = None
                store_owns(cursor, self.owns.values())
            written = {home.id: home for home in homes} | {self.id: shown}
            write(cursor, list(written.values()), {pk: {"email"} for pk in written})
            changed = _changed(self.shown, shown.values)
            note(cursor, [(self.id, change) for change in changed])
            live.tell("person", [self.id], cursor)
            words = {f"trait:{c.name}" if c.name not in self.shown else f"field:{c.name}" for c in changed}
            if words:
                segments_live.touched(cursor, {self.id: words})


class CompanyRows:
    """A company; what it shows of those merged into it becomes its own when marked."""

    kind = "company"

    def __init__(self, company_id: UUID) -> None:
        row = Company.objects.select_for_update().get(pk=company_id)
        self.id, self.row = company_id, row
        values = undo.state_of(row)
        self.own = CompanyOwn.objects.select_for_update().filter(company_id=company_id).first()
        fields = {name: value for name, value in values.items() if name not in ("traits", "origins", "search")}
        fields |= {f":{name}": value for name, value in row.traits.items()}
        observed = row.observed_at.astimezone(UTC).isoformat()
        self.state = State(company_id, fields, dict(row.origins), row.origin_id, observed)
        self.shown = dict(fields)

    @property
    def rows(self) -> dict[UUID, State]:
        return {self.id: self.state}

    def home_of(self, key: str) -> State:
        """The company itself."""
        return self.state

    def store(self, home: State) -> None:
        """Write the company; history and open pages hear of it."""
        changed = _changed(self.shown, home.values)
        row, traits = self.row, {key[1:]: value for key, value in home.values.items() if key[0] == ":"}
        for change in changed:
            if change.name in self.shown:
                setattr(row, change.name, home.values[change.name])
        row.traits, row.origins, row.updated_at = traits, home.origins, clock.now()
        row.search = company_search(undo.state_of(row))
        row.save()
        if self.own is not None:
            self._keep(home)
        with connection.cursor() as cursor:
            note(cursor, [(self.id, change) for change in changed], "company")
            live.tell("company", [self.id], cursor)

    def _keep(self, home: State) -> None:
        """What is marked counts as said by the company itself, so that merges and their undoing leave it alone."""
        own = self.own
        assert own is not None
        marked = {
            name: home.origins[name] for name in home.origins if home.origins[name] != own.values["origins"].get(name)
        }
        traits = own.values["traits"] | {name: home.values[f":{name}"] for name in marked if f":{name}" in home.values}
        plain = {name: undo.plain(home.values[name]) for name in marked if name in own.values and name in home.values}
        origins = {name: origin for name, origin in own.values["origins"].items() if name in home.origins} | marked
        own.values = own.values | plain | {"traits": traits, "origins": origins}
        own.save(update_fields=["values"])


Rows = PersonRows | CompanyRows


def rows_of(kind: str, profile_id: UUID) -> Rows:
    """The profile, locked until the transaction ends."""
    return CompanyRows(profile_id) if kind == "company" else PersonRows(profile_id)


def origin_of(state: State, key: str) -> list[Any]:
    """Source and time of a value, as ``origins`` keeps them."""
    known = state.origins.get(key.lstrip(":"))
    return list(known) if known else [str(state.origin_id) if state.origin_id else MANUAL, state.observed, ""]


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return [Change(key.lstrip(":"), before.get(key), after.get(key), _NOBODY, False) for key in keys]
