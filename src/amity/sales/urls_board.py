"""URLs of the board and of stage gates."""

from django.urls import URLPattern, path

from amity.sales import pages_board

urlpatterns: list[URLPattern] = [
    path("deals/board/", pages_board.show, name="deals_board"),
    path("deals/board/<uuid:stage_id>/cards", pages_board.cards, name="board_cards"),
    path("deals/<uuid:deal_id>/place", pages_board.place, name="deal_place"),
    path("deals/<uuid:deal_id>/gates/<uuid:stage_id>", pages_board.gate, name="deal_gate"),
]
