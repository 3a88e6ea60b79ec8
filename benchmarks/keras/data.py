"""The data of the tasks: fixed by the seed, divided into what is learned from and what is predicted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

PASSENGERS = Path(__file__).parents[2] / "examples" / "passengers.csv"
HORIZON = 12
TEST_SHARE = 0.25
NUM_SEQUENCES, LEAST_STEPS, MOST_STEPS, NUM_FEATURES = 1_200, 16, 40, 4
NUM_REVIEWS, NUM_FILLERS, WRONG_SHARE = 1_600, 400, 0.03
NUM_LITTLE = 160

_GOOD = ("good", "fresh", "friendly", "superb", "delicious", "quick")
_BAD = ("bad", "stale", "rude", "awful", "bland", "slow")
_TURNS = ("not", "never", "hardly")
_FILLERS = tuple(f"word{index}" for index in range(NUM_FILLERS))
_BETWEEN = ("", "at all", "really", "very", "what I would call")


class Kind(StrEnum):
    """What an example is."""

    TABLE = "table"
    IMAGE = "image"
    SEQUENCE = "sequence"
    TEXT = "text"
    SERIES = "series"


@dataclass(frozen=True)
class Data:
    """Examples, divided.

    Args:
        kind: What one is.
        train: What is learned from: an array of rows (n, columns) or of pictures (n, height, width, channels), a list
            of arrays (steps, features), or a list of texts. Of a series the names of the months.
        answers: What is to be predicted of them: class names; of a series its values.
        test: What is predicted; of a series as many steps.
        truth: What is right, which no system gets to see.
    """

    kind: Kind
    train: Sequence[object] | NDArray[np.generic]
    answers: NDArray[np.generic]
    test: Sequence[object] | NDArray[np.generic]
    truth: NDArray[np.generic]


def digits_as_images(seed: int) -> Data:
    """scikit-learn's 1,797 handwritten digits, 8 x 8 pixels."""
    images, labels = load_digits(return_X_y=True)
    pictures = np.round(images.reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return _divided(Kind.IMAGE, pictures, labels, seed)


def digits_as_table(seed: int) -> Data:
    """The same as rows of 64 numbers, divided alike."""
    images, labels = load_digits(return_X_y=True)
    return _divided(Kind.TABLE, images, labels, seed)


def events(seed: int) -> Data:
    """Sequences of noise with two pulses of channel ``a`` and one of ``b``, whose order is the class.

    Sums over the steps tell nothing.
    """
    rng = np.random.default_rng(seed)
    classes = np.array(["aab", "aba", "baa"])[rng.integers(3, size=NUM_SEQUENCES)]
    return _divided(Kind.SEQUENCE, [_sequence(name, rng) for name in classes], classes, seed)


def reviews(seed: int) -> Data:
    """Made reviews, in which a word may turn the meaning of another one further on; a few have the wrong class."""
    rng = np.random.default_rng(seed)
    made = [_review(rng) for _ in range(NUM_REVIEWS)]
    return _divided(Kind.TEXT, [text for text, _ in made], np.array([name for _, name in made]), seed)


def passengers(seed: int) -> Data:
    """Twelve years of passengers of an airline, of which the last is predicted. The seed changes nothing."""
    frame = pd.read_csv(PASSENGERS)
    months, values = frame["month"].tolist(), frame["passengers"].to_numpy(dtype=np.float64)
    return Data(Kind.SERIES, months[:-HORIZON], values[:-HORIZON], months[-HORIZON:], values[-HORIZON:])


def little(seed: int) -> Data:
    """A table so little that a trial is mostly what is around its training."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(NUM_LITTLE, 3))
    return _divided(Kind.TABLE, numbers, np.where(numbers @ [1.0, -1.0, 0.5] > 0, "up", "down"), seed)


DATA: dict[str, Callable[[int], Data]] = {
    maker.__name__: maker for maker in (digits_as_images, digits_as_table, events, reviews, passengers, little)
}


def _divided(kind: Kind, examples: Sequence[object] | NDArray[np.generic], labels: NDArray, seed: int) -> Data:
    names = np.array([str(label) if kind is Kind.TEXT else f"class {label}" for label in labels])
    rows = np.arange(len(names))
    learned, predicted = train_test_split(rows, test_size=TEST_SHARE, stratify=names, random_state=seed)
    parts = [
        examples[chosen] if isinstance(examples, np.ndarray) else [examples[row] for row in chosen]
        for chosen in (learned, predicted)
    ]
    return Data(kind, parts[0], names[learned], parts[1], names[predicted])


def _sequence(name: str, rng: np.random.Generator) -> NDArray[np.float32]:
    steps = int(rng.integers(LEAST_STEPS, MOST_STEPS + 1))
    sequence = rng.normal(0, 0.3, size=(steps, NUM_FEATURES))
    places = np.sort(rng.choice(steps - 1, size=len(name), replace=False))
    for place, pulse in zip(places, name, strict=True):
        sequence[place : place + 2, "ab".index(pulse)] += rng.uniform(1.2, 2.0)
    return sequence.astype(np.float32)


def _review(rng: np.random.Generator) -> tuple[str, str]:
    opinion = 1 if rng.random() < 0.5 else -1
    clauses = []
    for _ in range(int(rng.integers(1, 4))):
        is_turned = rng.random() < 0.5
        word = str(rng.choice(_GOOD if (opinion > 0) != is_turned else _BAD))
        turn = [str(rng.choice(_TURNS)), *str(rng.choice(_BETWEEN)).split()] if is_turned else []
        clauses.append([*_some_fillers(rng), *turn, word])
    words = [word for clause in clauses for word in clause] + _some_fillers(rng)
    shown = opinion if rng.random() >= WRONG_SHARE else -opinion
    return " ".join(words), "praise" if shown > 0 else "blame"


def _some_fillers(rng: np.random.Generator) -> list[str]:
    return [str(word) for word in rng.choice(_FILLERS, size=int(rng.integers(3, 9)))]
