"""Sending a quote: its PDF and the link for an answer, by mail through the gate; or only marked as sent."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.channels import api as channels
from amity.engines import api as engines
from amity.people import api as people
from amity.sales import documents, letterheads
from amity.sales.quotes import QuoteView, issue, lines_of
from amity.sales.quotes_answers import link_of


def send(principal: access.Principal, quote_id: UUID, by_mail: bool, words: str = "") -> channels.Outcome | None:
    """Give the quote its number, and mail it when ``by_mail``; what the gate said, None without mail."""
    with transaction.atomic():
        view = issue(principal, quote_id)
        return channels.send(principal, _message(view, words)) if by_mail and view.person_id else None


def pdf_of(view: QuoteView) -> bytes:
    """The quote as PDF in its own language. 2 queries."""
    with translation.override(view.language):
        lines = [
            documents.Line(
                each.name, each.quantity, each.price_minor, each.net_minor, each.tax_minor, each.discount, each.tax
            )
            for each in lines_of(view.id)
        ]
        sent = view.sent_at or view.updated_at
        document = documents.Document(
            heading=_("Quote") + (f" · {view.title}" if view.title else ""), recipient=view.recipient,
            currency=view.currency, lines=lines, made=sent, number=view.name if view.number else _("Draft"),
            dated=sent.date(), valid_until=view.valid_until, intro=view.intro, terms=view.terms,
        )  # fmt: skip
    from amity.sales.documents_sheet import pdf  # its libraries take a second to import

    return pdf(document, letterheads.paper(), view.language)


def file_name(view: QuoteView) -> str:
    """What the file is called."""
    return f"{view.number or 'draft'}{f'-{view.version}' if view.version > 1 else ''}.pdf"


def _message(view: QuoteView, words: str) -> channels.Message:
    with translation.override(view.language):
        link = link_of(view.id)
        body = render_to_string("sales/mail/quote.txt", {"words": _literal(words), "link": link, "quote": view})
        subject = _("Quote {number}").format(number=view.name)
    file = engines.Enclosure(file_name(view), "application/pdf", pdf_of(view))
    made = channels.Message(
        key=f"quote:{view.id}", channel="email", purpose=people.consent.SERVICE, subject=_literal(subject), body=body,
        person_id=view.person_id, template="quote", language=view.language,
    )  # fmt: skip
    return replace(made, files=(file,))


def _literal(text: str) -> str:
    """Finished words; what looks like a placeholder is none."""
    return text.replace("{", "(").replace("}", ")")
