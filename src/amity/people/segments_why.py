"""Why somebody is in a segment, or not: each condition with what is known of the person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from amity.people.activity import members_of, roots_of
from amity.people.segment_tables import Segment
from amity.people.segments_grammar import Custom, Did, Group, Node, Other, Trait
from amity.people.segments_sql import Query, World, among, events_sql
from amity.people.segments_values import Params
from amity.people.segments_views import Explained
from amity.people.segments_words import did_words, fact_of_events, fact_of_value, group_words, trait_words


def why(
    tree: Group, definition: Mapping[str, Any], around: World, person_id: UUID, labels: Mapping[str, str]
) -> Explained:
    """The tree of a definition for one person. At most 3 queries per condition."""
    with connection.cursor() as cursor:
        root = roots_of(cursor, [person_id]).get(person_id, person_id)
        asker = _Asker(cursor, around, root, members_of(cursor, [root]), labels)
        return asker.explain(tree, definition)


class _Asker:
    """Asks about one person."""

    def __init__(
        self, cursor: Any, around: World, person: UUID, members: list[UUID], labels: Mapping[str, str]
    ) -> None:
        self.cursor, self.around, self.person, self.members, self.labels = cursor, around, person, members, labels

    def explain(self, node: Node, told: Mapping[str, Any]) -> Explained:
        if isinstance(node, Group):
            children = tuple(self.explain(each, given) for each, given in zip(node.nodes, told[node.mode], strict=True))
            answers = [child.holds for child in children]
            holds = {"all": all(answers), "any": any(answers), "none": not any(answers)}[node.mode]
            return Explained(node.mode, told, group_words(node), holds, "", children)
        if isinstance(node, Trait):
            fact = fact_of_value(self._value(node.name), self.around.kind_of(node.name))
            return Explained(
                "trait", told, trait_words(node, self.labels.get(node.name, node.name)), self.holds(node), fact
            )
        if isinstance(node, Did):
            return Explained("event", told, did_words(node), self.holds(node), self._events(node))
        if isinstance(node, Other):
            return self._other(node, told)
        assert isinstance(node, Custom)
        kind = self.around.kinds[node.kind]
        fact = kind.fact(node.value, self.person)
        return Explained(node.kind, told, kind.sentence(node.value), self.holds(node), fact)

    def holds(self, node: Node) -> bool:
        """Whether a condition holds, asked of the database just as for everybody."""
        query = Query(self.around, among=True)
        rows = self._ask(query, f"({query.where(node)})")
        return bool(rows and rows[0][0])

    def _value(self, name: str) -> Any:
        query = Query(self.around, among=True)
        rows = self._ask(query, query.source(name).value)
        return rows[0][0] if rows else None

    def _ask(self, query: Query, select: str) -> list[Any]:
        sql = f"SELECT {select} FROM people_person p {' '.join(query.joins.values())} WHERE p.id = ANY(%(ids)s)"
        self.cursor.execute(sql, among(query, [self.person], self.members))
        return list(self.cursor.fetchall())

    def _events(self, leaf: Did) -> str:
        params = Params({"members": self.members})
        self.cursor.execute(events_sql(leaf, self.around.now, params, "%(members)s"), params.values)
        row = self.cursor.fetchone()
        if row is None:
            return fact_of_events(0, None, None, None)
        first, last = (datetime.fromtimestamp(us / 1e6, UTC) for us in row[3:5])
        return fact_of_events(row[1], first, last, float(row[2]) if leaf.sum else None)

    def _other(self, node: Other, told: Mapping[str, Any]) -> Explained:
        row = Segment.objects.filter(pk=node.segment).first()
        name, definition = (row.name, row.definition) if row else ("", {"all": []})
        inner = self.explain(self.around.others[node.segment], definition)
        sentence = _("Is in the segment “{name}”").format(name=name)
        return Explained("segment", told, sentence, inner.holds, "", (inner,))
