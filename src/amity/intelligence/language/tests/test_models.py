"""What a company teaches is kept as bytes, the same training the same bytes, and answers the same afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from amity.access import api as access
from amity.base.errors import Refused
from amity.intelligence.language import door
from amity.intelligence.language.models import LanguageModel

BILL = ["my invoice is wrong", "why is the bill so high", "the invoice shows two fees", "I do not understand this bill",
        "a charge on my invoice I never made", "explain the bill please"]  # fmt: skip
PARCEL = ["where is my parcel", "the package has not arrived", "when will the parcel come", "track my package please",
          "my delivery is late", "the courier lost my parcel"]  # fmt: skip
ROWS = [*((text, "billing", "en") for text in BILL), *((text, "delivery", "en") for text in PARCEL)]


def taught(seed: int = door.SEED) -> door.LanguageVersion:
    return door.learn(access.SYSTEM, "desk.intent", ROWS, lambda *_: None, seed)


@pytest.mark.slow
@pytest.mark.django_db
def test_five_examples_of_each_intent_are_a_start_and_the_same_training_is_the_same_bytes() -> None:
    assert door.read("desk.intent", "where is my parcel?", "en") is None
    first, again = taught(), taught()
    assert (first.number, again.number, first.artefact_hash == again.artefact_hash) == (1, 2, True)
    assert list(LanguageModel.objects.filter(live=True).values_list("number", flat=True)) == [2]
    heard = door.read("desk.intent", "the parcel is still not here", "en")
    assert heard is not None and heard.label == "delivery"
    assert again.figures["held_out"] == len(ROWS)
    strange = door.read("desk.intent", "Zażółć gęślą jaźń", "pl")
    assert strange is not None and strange.label == ""


@pytest.mark.slow
@pytest.mark.django_db
def test_an_earlier_version_answers_again_after_a_roll_back_and_a_damaged_one_never() -> None:
    first = taught()
    second = taught(seed=5)
    assert door.put_to_work(access.SYSTEM, first.id) == second.id
    heard = door.read("desk.intent", "the bill is wrong", "en")
    assert heard is not None and (heard.label, heard.version) == ("billing", 1)
    LanguageModel.objects.filter(pk=second.id).update(artefact_hash="0" * 64)
    with pytest.raises(Refused):
        door.store_versions.reader(second.id)


@pytest.mark.parametrize("kind", [door.Speaker.STAFF, door.Speaker.BOT])
def test_tone_is_read_from_customers_words_only(kind: Any) -> None:
    with pytest.raises(Refused):
        door.CustomerWords("This is terrible", kind)


def test_numbers_and_addresses_are_not_learned() -> None:
    said = "Order A-77123 of anna@example.com, call +49 30 1234567"
    assert door.without_names(said, "de") == "Order order of mail, call phone"
