"""What complaints register at the start."""

from __future__ import annotations

from amity.base import undo
from amity.desk import (
    complaints,
    complaints_clock,
    complaints_papers,
    complaints_steps,
    conversations_changes,
    conversations_erasing,
    conversations_following,
    histories,
    refunds,
    refunds_limits,
    thread,
)
from amity.journeys import api as journeys
from amity.people import api as people


def register_complaints() -> None:
    """Called once, from ``apps.py``."""
    steps, papers, clocks = complaints_steps, complaints_papers, complaints_clock
    undo.register(steps.KIND, undo.Handler(steps.do, steps.put_back))
    undo.register(steps.OPEN_KIND, undo.Handler(None, steps.put_back_opening))
    undo.register(papers.KIND, undo.Handler(papers.do, papers.put_back))
    undo.register(clocks.RULES, undo.Handler(clocks.do, clocks.put_back))
    undo.register(refunds.KIND, undo.Handler(refunds.do, refunds.put_back))
    undo.register(refunds_limits.KIND, undo.Handler(refunds_limits.do, refunds_limits.put_back))
    histories.register()
    thread.listen("complaints", papers.heard)
    conversations_changes.on_change("complaints", steps.answer_taken_back)
    conversations_changes.on_change("following", conversations_following.person_changed)
    journeys.register_complaints(complaints.complaining)
    people.privacy.register_store(
        people.privacy.Stored("talks", conversations_erasing.hand_on, conversations_erasing.tell)
    )
    for name, table in (
        ("complaint", "desk_complaint"), ("complaintstep", "desk_complaintstep"),
        ("complaintpaper", "desk_complaintpaper"), ("refund", "desk_refund"),
    ):  # fmt: skip
        people.register_holder(people.Holder(name, table))
