"""What routing and promises register at the start."""

from __future__ import annotations

from amity.base import live, undo
from amity.desk import agents, conversations_changes, measures, queues, routing, routing_changes, sla_keeping, thread
from amity.events import api as events


def register_routing() -> None:
    """Called once, from ``apps.py``. Promises hear before routing does, which looks at them."""
    thread.listen("sla", sla_keeping.heard)
    thread.listen("sla_then_routing", routing.heard)
    conversations_changes.on_change("sla", sla_keeping.changed)
    conversations_changes.on_change("sla_then_routing", routing.changed)
    undo.register(routing_changes.KIND, undo.Handler(routing_changes.do, routing_changes.put_back))
    undo.register(measures.UNDO, undo.Handler(None, measures.put_back))
    events.register_contact_lines(events.ContactLines("queue", queues.contacts, queues.names_of))
    live.register(agents.KIND, lambda principal, ids: set(ids) if principal.may("desk.view") else set())
