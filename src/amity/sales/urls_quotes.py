"""URLs of quotes. Those under ``answers/`` are open: who has the link may use it."""

from django.urls import URLPattern, path

from amity.sales import pages_letterhead, pages_quotes
from amity.sales.urls_notes import RECORDS

urlpatterns: list[URLPattern] = [
    *(
        path(f"{plural}/<uuid:record_id>/quotes/", pages_quotes.new, {"kind": kind}, name=f"{kind}_quotes")
        for kind, plural in RECORDS
    ),
    path("quotes/", pages_quotes.index, name="quotes"),
    path("quotes/<uuid:quote_id>/", pages_quotes.show, name="quote"),
    path("quotes/<uuid:quote_id>/paper.pdf", pages_quotes.paper, name="quote_paper"),
    path("quotes/<uuid:quote_id>/sending", pages_quotes.send, name="quote_sending"),
    path("quotes/<uuid:quote_id>/answer", pages_quotes.answer, name="quote_answer"),
    path("quotes/<uuid:quote_id>/versions/", pages_quotes.version, name="quote_versions"),
    path("quotes/<uuid:quote_id>/archive", pages_quotes.archive, name="quote_archive"),
    path("answers/quotes/<str:token>/", pages_quotes.public, name="quote_public"),
    path("answers/quotes/<str:token>/paper.pdf", pages_quotes.public_paper, name="quote_public_paper"),
    path("quotes/letterhead", pages_letterhead.edit, name="letterhead"),
]
