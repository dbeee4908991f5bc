"""Registrations of the sales office: notes, meetings, quotes; what follows merges, what can be undone."""

from __future__ import annotations

from amity.base import undo
from amity.people import api as people
from amity.sales import (
    catalogue_edit,
    letterheads,
    meetings,
    meetings_answers,
    meetings_mail,
    notes,
    quotes,
    quotes_answers,
    stock,
    todo_pages,
)

_PERSONS = (("note", "sales_note"), ("meeting", "sales_meeting"), ("guest", "sales_guest"), ("quote", "sales_quote"))


def register_office() -> None:
    """What these tables hold follows its person and company; every change can be undone."""
    for name, table in _PERSONS:
        people.register_holder(people.Holder(name, table))
        if name != "guest":
            people.register_company_holder(people.CompanyHolder(name, table))
    undo.register(notes.ADD, undo.Handler(notes.add, notes.unadd))
    undo.register(notes.CHANGE, undo.Handler(notes.change, notes.unchange))
    undo.register(notes.REMOVE, undo.Handler(notes.remove, notes.unremove))
    undo.register(quotes.DRAFT, undo.Handler(quotes.draft, quotes.undraft))
    undo.register(quotes.CHANGE, undo.Handler(quotes.change_one, quotes.unchange))
    undo.register(quotes.ARCHIVE, undo.Handler(quotes.archive_one, quotes.unarchive))
    undo.register(quotes_answers.ANSWER, undo.Handler(quotes_answers.decide, quotes_answers.undecide))
    undo.register(letterheads.CHANGE, undo.Handler(letterheads.change_words, letterheads.unchange_words))
    undo.register(stock.COUNT, undo.Handler(stock.count_one, stock.uncount))
    undo.register(meetings.SET, undo.Handler(meetings.set_one, meetings.put_back))
    undo.register(todo_pages.SET, undo.Handler(todo_pages.set_one, todo_pages.put_back))
    undo.register(catalogue_edit.SET, undo.Handler(catalogue_edit.set_one, catalogue_edit.put_back))
    meetings.on_change(meetings_mail.tell_guests)
    meetings_answers.register()
