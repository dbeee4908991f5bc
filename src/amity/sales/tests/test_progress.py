"""Stages stand in the order of a sale, whatever the language of the export."""

from __future__ import annotations

import pytest

from amity.sales.progress import step_of


@pytest.mark.parametrize(
    "stages",
    [
        ["New", "Qualified", "Demo", "Offer", "Negotiation"],
        ["Prospecting", "Engaging"],
        ["Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review"],
        ["Новая заявка", "Первый звонок", "Квалификация", "Встреча", "Отправлено КП", "Переговоры", "Договор"],
        ["Nowy", "Kontakt", "Spotkanie", "Oferta", "Negocjacje", "Umowa"],
        ["Neu", "Kontakt", "Bedarfsanalyse", "Termin", "Angebot", "Verhandlung", "Vertrag"],
        ["New", "Something of our own", "Contract sent"],
    ],
)
def test_the_order_of_a_sale(stages: list[str]) -> None:
    steps = [step_of(stage) for stage in stages]
    assert steps == sorted(steps)
