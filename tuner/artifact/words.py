"""Which words a model's predictions hang on: what changes when a word is taken out of the texts that have it.

Source: Robnik-Šikonja and Kononenko (2008), Explaining Classifications for Individual Instances, for leaving out one
value at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.artifact.evaluation import WordEffect
from tuner.artifact.importance import Sample, shown_indices
from tuner.data.profile import TargetProfile
from tuner.data.text.grams import without_word, words_in

MAX_WORDS = 20
# Words looked at, those whose presence goes with the predictions; and rows that each is taken out of.
_MAX_TRIED, _MAX_ROWS = 60, 40
_MIN_ROWS, _MIN_SHARE = 3, 0.01
_BATCH_ROWS = 4_096


def telling_words(sample: Sample, column: str, target: TargetProfile) -> tuple[WordEffect, ...]:
    """The words of a text column that move the predictions most, at most 20 of them, those that move most first.

    Args:
        sample: Rows with who predicts them.
        column: The text column.
        target: What is predicted.
    """
    texts = sample.features[column].tolist()
    before = _answers(sample, texts, column, np.arange(len(texts)), target)
    rows_of: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        for word in dict.fromkeys(words_in(text)) if isinstance(text, str) else ():
            rows_of.setdefault(word, []).append(row)
    tried = _promising(rows_of, before)
    changed, places = [], []
    for word in tried:
        for row in rows_of[word][:_MAX_ROWS]:
            changed.append(without_word(texts[row], word))
            places.append(row)
    if not changed:
        return ()
    rows = np.array(places)
    drops = before[rows] - _answers(sample, changed, column, rows, target)
    labels = [target.classes[index] for index in shown_indices(target)] if target.classes else [target.name]
    effects, start = [], 0
    for word in tried:
        stop = start + len(rows_of[word][:_MAX_ROWS])
        mean = drops[start:stop].mean(axis=0)
        most = int(np.abs(mean).argmax())
        effects.append(WordEffect(column, word, labels[most], float(mean[most]), len(rows_of[word])))
        start = stop
    effects.sort(key=lambda each: (-abs(each.effect), each.word))
    return tuple(each for each in effects[:MAX_WORDS] if each.effect)


def _promising(rows_of: dict[str, list[int]], answers: NDArray[np.float64]) -> list[str]:
    """Words of several rows, whose predictions differ most from those of the others."""
    least = max(_MIN_ROWS, round(_MIN_SHARE * len(answers)))
    spread = answers - answers.mean(axis=0)
    # The sum over k rows spreads as the root of k where a word says nothing.
    weight = {
        word: float(np.abs(spread[rows].sum(axis=0)).max()) / len(rows) ** 0.5
        for word, rows in rows_of.items()
        if len(rows) >= least
    }
    return sorted(weight, key=lambda word: (-weight[word], word))[:_MAX_TRIED]


def _answers(
    sample: Sample, texts: Sequence[str | None], column: str, rows: NDArray[np.int64], target: TargetProfile
) -> NDArray[np.float64]:
    """Predictions of rows with other texts, shape (n, shown classes)."""
    parts = []
    for start in range(0, len(texts), _BATCH_ROWS):
        stop = start + _BATCH_ROWS
        features = sample.features.iloc[rows[start:stop]].reset_index(drop=True)
        cells = np.empty(len(features), dtype=object)
        cells[:] = texts[start:stop]
        prediction = sample.predict(features.assign(**{column: cells}))
        parts.append(prediction[:, shown_indices(target)] if target.classes else prediction[:, None])
    return np.concatenate(parts)
