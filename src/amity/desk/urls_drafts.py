"""URLs of drafts and of proactive cards."""

from django.urls import path

from amity.desk import drafts_pages, proactive_pages

_ONE = "conversations/<uuid:conversation_id>"
urlpatterns = [
    path(f"{_ONE}/draft", drafts_pages.show, name="conversation_draft"),
    path(f"{_ONE}/drafts/<uuid:draft_id>/dismissal", drafts_pages.dismissal, name="draft_dismissal"),
    path("people/<uuid:person_id>/cards", proactive_pages.show, name="person_cards"),
    path("people/<uuid:person_id>/cards/word", proactive_pages.judge, name="person_cards_word"),
]
