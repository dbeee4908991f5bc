"""The kernel machine over landmarks holds where messages repeat each other."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from amity.intelligence.language import resemblance
from amity.intelligence.language.features import Features
from amity.intelligence.language.resemblance import Kernel


def messages(count: int, of: int) -> Features:
    """So many messages, each one of a few that repeat."""
    random = np.random.default_rng(1)
    vectors = random.normal(size=(of, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    which = np.arange(count) % of
    return Features(sp.csr_matrix(np.eye(of, dtype=np.float32)[which]), (vectors[which],))


def test_landmarks_that_repeat_each_other_can_be_solved() -> None:
    many = messages(600, 12)
    places = (np.arange(600) % 12) % 3
    held = np.arange(600) % 7 == 0
    kernel = Kernel((0.5, 0.5), 1.0, 0.0)  # no doubt: the system has rank 12 of 300
    machine, judged = resemblance.reduce(kernel, many, resemblance.targets(places, 3), np.arange(300), held)
    assert np.array_equal(judged.argmax(axis=1), places[held])
    assert np.array_equal(machine.values(many).argmax(axis=1), places)


def test_a_look_says_what_values_say_and_how_close_each_landmark_is() -> None:
    few = messages(30, 12)
    machine, _ = resemblance.solve(Kernel((0.5, 0.5), 2.0, 0.2), few, resemblance.targets(np.arange(30) % 12, 12))
    alike, close = machine.look(few)
    assert np.allclose(machine.answers(alike), machine.values(few), atol=1e-5)
    assert np.allclose(np.diag(close), 1.0, atol=1e-5)


def test_answers_without_a_fold_are_those_of_a_machine_that_never_saw_it() -> None:
    few = messages(40, 20)
    wanted = resemblance.targets(np.arange(40) % 5, 5)
    kernel = Kernel((0.5, 0.5), 1.0, 0.2)
    square = kernel.between(few, few).astype(np.float64)
    folds = [np.arange(40)[fold::4] for fold in range(4)]
    judged = resemblance.left_fold_out(square, 0.2, wanted, folds)
    seen = np.flatnonzero(np.arange(40) % 4 != 2)
    machine, _ = resemblance.solve(kernel, few.take(seen), wanted[seen])
    assert np.allclose(judged[folds[2]], machine.values(few.take(folds[2])), atol=1e-4)
