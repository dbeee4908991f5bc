"""Learning what messages ask for from a handful of examples in four languages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.intelligence.language.heads import Linear, softmax
from amity.intelligence.language.intent import Intents, nearest, train

pytestmark = pytest.mark.slow

EXAMPLES = {
    "invoice": [
        "please send me the invoice again", "I need a copy of my invoice", "пришлите счёт ещё раз", "нужна копия счёта",
        "proszę o kopię faktury", "nie dostałem faktury", "bitte schicken Sie mir die Rechnung", "Kopie der Rechnung",
    ],
    "delivery": [
        "where is my parcel", "when will my order arrive", "где моя посылка", "когда приедет заказ",
        "gdzie jest moja paczka", "kiedy dotrze zamówienie", "wo ist mein Paket", "wann kommt meine Bestellung an",
    ],
    "cancel": [
        "I want to cancel my contract", "close my account please", "хочу расторгнуть договор", "закройте мой счёт",
        "chcę rozwiązać umowę", "proszę zamknąć moje konto", "ich möchte kündigen", "bitte schließen Sie mein Konto",
    ],
}  # fmt: skip
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]


@pytest.fixture(scope="module")
def model() -> Intents:
    return train(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("could you mail me the invoice once more", "invoice"),
        ("мне нужен счёт, пришлите пожалуйста", "invoice"),
        ("kiedy będzie moja paczka", "delivery"),
        ("wo bleibt mein Paket", "delivery"),
        ("ich will meinen Vertrag kündigen", "cancel"),
    ],
)
def test_eight_examples_in_four_languages_are_a_start(model: Intents, text: str, label: str) -> None:
    assert model.read([text]).labels.tolist() == [label]


def test_chances_add_up_and_do_not_depend_on_the_company_they_are_read_in(model: Intents) -> None:
    texts = ["where is it", "", "Rechnung", "🙂" * 3_000, "\x00 broken \ud83d"]
    together = model.read(texts)
    assert np.allclose(together.chances.sum(axis=1), 1)
    alone = np.vstack([model.read([text]).chances for text in texts])
    assert np.allclose(together.chances, alone, atol=1e-4)


def test_what_resembles_no_example_is_less_familiar_than_what_does(model: Intents) -> None:
    known = model.read(["where is my order", "a copy of the invoice please"]).familiar
    foreign = model.read(["what is the capital of France", "tell me a joke about cats"]).familiar
    assert known.min() > foreign.max()


def test_the_same_examples_give_the_same_model(model: Intents) -> None:
    again = train(TEXTS, LABELS)
    assert np.array_equal(model.read(TEXTS).chances, again.read(TEXTS).chances)


@pytest.mark.parametrize(
    ("texts", "labels", "code"), [(["a", "b"], ["x", "x"], "one_intent"), (["", " "], ["x", "y"], "no_words")]
)
def test_what_cannot_be_learned_from_is_refused(texts: list[str], labels: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        train(texts, labels)
    assert refused.value.code == code


def test_vectors_have_unit_length_and_nothing_has_none() -> None:
    found = engines.sentence_vectors(["a parcel", "", "посылка"])
    assert np.allclose(np.linalg.norm(found, axis=1), [1, 0, 1], atol=1e-4)
    assert engines.sentence_vectors([]).shape == (0, 512)
    close = found @ found.T
    assert nearest(close)[0] > nearest(close)[1]


def test_softmax_survives_large_values() -> None:
    assert softmax(np.array([[1e4, 0.0]])).tolist() == [[1.0, 0.0]]


def test_the_bench_reads_tables_and_prints_one_object(tmp_path: Path) -> None:
    table = pl.DataFrame({"message": TEXTS, "intent": LABELS})
    table.write_csv(tmp_path / "train.tsv", separator="\t")
    outside = pl.DataFrame({"message": ["what is the capital of France"], "intent": ["other"]})
    pl.concat([table, outside]).write_ndjson(tmp_path / "test.jsonl")
    files = [str(tmp_path / name) for name in ("train.tsv", "test.jsonl")]
    options = ["--text", "message", "--label", "intent", "--oos", "other", "--json"]
    command = [sys.executable, "-m", "amity", "language", "bench", *files, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["accuracy"], found["oos_recall"], found["test_rows"]) == (1.0, 1.0, len(TEXTS))
    assert set(found["baselines"]["tfidf_linear"]) == {"accuracy", "macro_f1"}


def test_many_messages_go_through_landmarks_and_known_outsiders_teach_the_floor() -> None:
    things = ["lamp", "table", "phone", "book", "chair", "coat", "bike", "clock"]
    ways = {
        "buy": "I would like to buy a {} number {}",
        "back": "how do I send the {} {} back",
        "late": "the {} {} is late",
    }
    texts = [way.format(things[n % 8], n) for way in ways.values() for n in range(860)]
    labels = [label for label in ways for _ in range(860)]
    outside = [f"what is the weather in town {n}" for n in range(40)]
    model = train([*texts, "pay me"], [*labels, "single"], outside)
    assert isinstance(model.heads.heads[1], Linear)
    answer = model.read(["I would like to buy a coat number 7000", "the bike 9999 is late"])
    assert answer.labels.tolist() == ["buy", "late"]
    assert answer.familiar[0] >= model.floor
    assert model.read(["what is the weather in town 77"]).familiar[0] < model.floor
