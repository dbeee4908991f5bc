"""What a message is described by: n-grams of words and letters, and sentence vectors of one or two encoders."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from amity.base.errors import Refused
from amity.engines import api as engines

Vectors = NDArray[np.float32]

_RARE_FROM = 3_000  # messages from which n-grams seen once are left out
_MOST_NGRAMS = 200_000
_LONGEST = 1_500  # characters of one message whose n-grams count
_WORD = r"(?u)\b\w+\b"


@dataclass(frozen=True)
class Features:
    """n messages: ``ngrams`` (n, f), rows of unit length, ``vectors`` (n, d) per encoder, word ``pieces`` if wanted."""

    ngrams: sp.csr_matrix
    vectors: tuple[Vectors, ...]
    pieces: Sequence[Sequence[int]] = ()

    def __len__(self) -> int:
        return int(self.ngrams.shape[0])

    @cached_property
    def columns(self) -> sp.csr_matrix:
        """``ngrams`` turned over once, for many products with it."""
        return self.ngrams.T.tocsr()

    def take(self, rows: NDArray[Any]) -> Features:
        """The messages at ``rows``."""
        pieces = [self.pieces[row] for row in rows] if self.pieces else ()
        return Features(self.ngrams[rows], tuple(part[rows] for part in self.vectors), pieces)

    def only(self, encoders: Sequence[int]) -> Features:
        """With the vectors of these encoders only."""
        return replace(self, vectors=tuple(self.vectors[i] for i in encoders))


@dataclass(frozen=True)
class Describer:
    """Learned vocabulary of n-grams, which encoders are asked, and whether messages are cut into word pieces."""

    words: Any
    letters: Any
    encoders: tuple[str, ...]
    pieces: bool = False

    def describe(self, texts: Sequence[str]) -> Features:
        """Features of messages, in batches of any size."""
        pieces = engines.word_pieces(texts) if self.pieces else ()
        return Features(self.ngrams(texts), vectors_of(texts, self.encoders), pieces)

    def ngrams(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Sparse TF-IDF of words (1-2) and of letters within words (2-5), each of length 1 before both are halved."""
        width = len(self.words.vocabulary_)
        counters = (_counter(self.words, 0), _counter(self.letters, width))
        places, counts, lengths = array("i"), array("i"), array("i")
        for text in texts:
            for counted in counters:
                found = counted(text[:_LONGEST])
                places.extend(found)
                counts.extend(found.values())
                lengths.append(len(found))
        columns, part = np.asarray(places, dtype=np.int64), np.repeat(np.arange(len(lengths)), lengths)
        data = (1.0 + np.log(np.asarray(counts, dtype=np.float64))) * self._rarity[columns]
        data *= np.sqrt(0.5 / np.maximum(np.bincount(part, data * data, len(lengths)), 1e-12))[part]
        ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])[::2]
        shape = (len(texts), width + len(self.letters.vocabulary_))
        rows = sp.csr_matrix((data.astype(np.float32), columns.astype(np.int32), ends.astype(np.int32)), shape=shape)
        rows.sort_indices()
        return rows

    @cached_property
    def _rarity(self) -> NDArray[Any]:
        return np.concatenate([self.words.idf_, self.letters.idf_])


def learn_ngrams(texts: Sequence[str], encoders: tuple[str, ...]) -> Describer:
    """Learn the vocabulary. Raises `Refused` where there is no word at all."""
    short = [text[:_LONGEST] for text in texts]
    words, letters = _vectorizers(2 if len(texts) >= _RARE_FROM else 1)
    try:
        words.fit(short)
    except ValueError as error:
        raise Refused("no_words", "The messages hold no words to learn from.") from error
    letters.fit(short)
    return Describer(words, letters, encoders)


def thawed_ngrams(words: tuple[list[str], Any], letters: tuple[list[str], Any]) -> tuple[Any, Any]:
    """The vocabulary from its terms, in the order of their columns, and how rare each is."""
    made = _vectorizers(1)
    for vectorizer, (terms, rarity) in zip(made, (words, letters), strict=True):
        vectorizer.set_params(vocabulary=terms)
        vectorizer.idf_ = rarity
    return made


def vectors_of(texts: Sequence[str], encoders: Sequence[str]) -> tuple[Vectors, ...]:
    """Vectors of every encoder named: ``many`` languages, ``english``."""
    known = {"many": engines.sentence_vectors, "english": engines.english_vectors}
    return tuple(known[name](list(texts)) for name in encoders)


def _counter(vectorizer: Any, start: int) -> Callable[[str], dict[int, int]]:
    """Counts known n-grams of a text by their columns: what the vectorizer does, without its checks of every call."""
    apart, known = vectorizer.build_analyzer(), vectorizer.vocabulary_

    def counted(text: str) -> dict[int, int]:
        found: dict[int, int] = {}
        for gram in apart(text):
            place = known.get(gram)
            if place is not None:
                found[place + start] = found.get(place + start, 0) + 1
        return found

    return counted


def _vectorizers(least: int) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD, max_features=_MOST_NGRAMS, dtype=np.float32
    )
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=least, max_features=_MOST_NGRAMS,
        dtype=np.float32,
    )  # fmt: skip
    return words, letters


def one_thread() -> Any:
    """A context in which matrices are multiplied by one thread: several wait for each other by spinning."""
    return _threads().limit(limits=1, user_api="blas")


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  (its library of matrices is a second one)

    return ThreadpoolController()
