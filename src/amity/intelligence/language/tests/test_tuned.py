"""The tuned network: it begins as the encoder, its gradients are right, and it learns what a bag of words cannot."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from amity.engines import api as engines
from amity.intelligence.language import heads, tuned
from amity.intelligence.language.intent import train
from amity.intelligence.language.store import Reader, packed, unpacked
from amity.intelligence.language.tuned import Batch, Forward, Places, Weights

pytestmark = pytest.mark.slow

TEXTS = ["where is my order", "wo bleibt mein Paket denn, es ist dringend", "ok", "заказ ещё не пришёл"]
PLACES = np.array([0, 3, -1, 2])


def test_untouched_it_gives_the_vectors_of_the_encoder() -> None:
    found = Forward(engines.network_weights() | last_layer(2), Batch.of(engines.word_pieces(TEXTS)))
    assert np.allclose(found.raw / found.size, engines.sentence_vectors(TEXTS), atol=1e-5)


def test_gradients_are_those_of_the_loss() -> None:
    random = np.random.default_rng(0)
    weights = {name: each.astype(np.float64) for name, each in (engines.network_weights() | last_layer(5)).items()}
    weights["out"] = random.normal(size=weights["out"].shape) * 0.05
    batch = Batch.of(engines.word_pieces(TEXTS))
    batch = Batch(batch.words.astype(np.float64), batch.starts, batch.lengths, batch.windows)  # type: ignore[arg-type]
    slopes = Forward(weights, batch).gradients(tuned._slope(Forward(weights, batch).logits, PLACES))
    assert set(slopes) == set(weights)
    for name, slope in slopes.items():
        place = np.unravel_index(np.abs(slope).argmax(), slope.shape)
        around = [loss(moved(weights, name, place, step), batch, PLACES) for step in (1e-5, -1e-5)]
        assert (around[0] - around[1]) / 2e-5 == pytest.approx(float(slope[place]), rel=1e-3), name


def test_the_order_of_words_is_learned() -> None:
    towns = ["Berlin", "Kraków", "Lyon", "Oslo", "Turin", "Ghent", "Vilnius"]
    asked = [
        (way, a, b, day)
        for a, b in permutations(towns, 2)
        for way in ("{0} to {1}", "to {1} from {0}")
        for day in range(6)
    ]
    texts = [f"a seat on day {day}, {way.format(a, b)}" for way, a, b, day in asked]
    places = np.array([towns.index(b) for _way, _a, b, _day in asked], dtype=np.int64)
    held = np.arange(len(texts)) % 7 == 0
    pieces = engines.word_pieces(texts)
    model, judged = tuned.tune(pieces, places, len(towns), held, seed=1)
    assert np.mean(judged.argmax(axis=1) == places[held]) > 0.85
    together = model.values(pieces)
    assert np.allclose(together[:5], np.vstack([model.values([each]) for each in pieces[:5]]), atol=1e-3)


def test_messages_of_no_class_teach_to_be_unsure() -> None:
    texts = [f"{word} number {n}" for n in range(60) for word in ("invoice", "parcel", "weather")]
    places = np.array([0, 1, -1] * 60)
    model, _judged = tuned.tune(engines.word_pieces(texts), places, 2, np.zeros(len(texts), dtype=bool), seed=1)
    said = model.values(engines.word_pieces(["invoice number 77", "parcel number 77", "weather number 77"]))
    assert said[:2].argmax(axis=1).tolist() == [0, 1]
    assert abs(said[2, 0] - said[2, 1]) < np.abs(said[:2, 0] - said[:2, 1]).min() / 2


def test_it_is_kept_with_the_model_and_reads_the_same_afterwards() -> None:
    texts, labels = ["please send the invoice", "where is my parcel"] * 5, ["invoice", "parcel"] * 5
    model = train(texts, labels)
    nobody = np.zeros(len(texts), dtype=bool)
    network, _judged = tuned.tune(engines.word_pieces(texts), np.array([0, 1] * 5), 2, nobody, seed=1)
    heads_of = replace(model.heads, heads=(*model.heads.heads, network))
    describer = replace(model.describer, pieces=True)
    model = replace(model, heads=heads_of, describer=describer, weights=np.array([1.0, 1.0, 2.0]))
    again = unpacked(*packed(Reader(model))).model
    asked = ["where is it", "the invoice please", ""]
    assert np.allclose(again.read(asked).chances, model.read(asked).chances, atol=1e-5)
    assert model.read(asked).labels[:2].tolist() == ["parcel", "invoice"]


def test_a_head_that_brings_nothing_is_left_out() -> None:
    random = np.random.default_rng(3)
    truth = random.integers(0, 4, 800)
    said = np.stack([np.eye(4)[truth] * 3 + random.normal(0, 1.5, (800, 4)) for _ in range(3)])
    assert heads.worth_its_time(said, truth)
    said[2] = random.normal(0, 1.5, (800, 4))
    assert not heads.worth_its_time(said, truth)


def last_layer(classes: int) -> Weights:
    return {"out": np.zeros((1_792, classes), np.float32), "out_b": np.zeros(classes, np.float32)}


def loss(weights: Weights, batch: Batch, places: Places) -> float:
    logits = Forward(weights, batch).logits
    chances = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    wanted = np.full(logits.shape, 1 / logits.shape[1])
    wanted[places >= 0] = np.eye(logits.shape[1])[places[places >= 0]]
    return float(-(chances * wanted).sum(axis=1).mean())


def moved(weights: Weights, name: str, place: tuple[np.intp, ...], step: float) -> Weights:
    changed = weights[name].copy()
    changed[place] += step
    return weights | {name: changed}
