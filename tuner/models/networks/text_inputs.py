"""Text columns as the entries of a network: the numbers of their words, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tuner.data.profile import ColumnProfile
from tuner.models.base import TEXT_KINDS
from tuner.models.networks.inputs import InputPart

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tuner.data.text.vocabulary import Vocabulary
    from tuner.data.typed_rows import TypedRows

_PADDING, _UNKNOWN, _FIRST_WORD = 0, 1, 2
# Texts are cut where one in twenty ends later: an epoch takes as long as the longest.
_SHARE_WITHIN = 0.95
# Each length is compiled anew.
_LENGTH_STEP = 16


@dataclass(frozen=True, eq=False)
class TextEntry:
    """One text column.

    Args:
        column: Its name.
        vocabulary: The words that are known.
        length: How many words of a text are read.
    """

    column: str
    vocabulary: Vocabulary
    length: int

    @property
    def num_codes(self) -> int:
        """How many numbers a word can have: 0 stands where there is none, 1 for a word that is not known."""
        return self.vocabulary.size + _FIRST_WORD

    def codes(self, texts: Sequence[str | None]) -> NDArray[Any]:
        """The numbers of each text's words, shape (n, length). A text without words is one that is not known."""
        import numpy as np

        from tuner.data.text.grams import Words
        from tuner.data.text.tf_idf import chunks

        codes = np.full((len(texts), self.length), _PADDING, dtype=np.int32)
        codes[:, 0] = _UNKNOWN
        for start, characters in chunks(texts):
            words = Words.of(characters)
            places = words.places()
            read = places < self.length
            known = self.vocabulary.places(words.hashes[read])
            codes[start + words.rows[read], places[read]] = np.where(known < 0, _UNKNOWN, known + _FIRST_WORD)
        return codes


class TextInputs(InputPart):
    """``text_0``, ``text_1``, ...: the words of each text column, in order, as numbers of a vocabulary.

    The search parameters ``vocabulary`` (words of a column that are known, at most) and ``words`` (of a text that are
    read, at most) decide how large it is.

    Args:
        entries: The columns.
    """

    name = "text"
    kinds = TEXT_KINDS

    def __init__(self, entries: Sequence[TextEntry]) -> None:
        self.entries = tuple(entries)

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[ColumnProfile], params: Mapping[str, Any]) -> Self:
        return cls(
            [
                _fitted(column.name, frame[column.name].tolist(), params["vocabulary"], params["words"])
                for column in columns
            ]
        )

    def names(self) -> dict[str, TextEntry]:
        """The columns by the names of their entries."""
        return {f"text_{place}": entry for place, entry in enumerate(self.entries)}

    def transform(self, rows: TypedRows) -> dict[str, NDArray[Any]]:
        return {name: entry.codes(rows.columns[entry.column].tolist()) for name, entry in self.names().items()}

    def to_json(self) -> dict[str, Any]:
        return {
            "entries": [
                {"column": entry.column, "vocabulary": entry.vocabulary.to_json(), "length": entry.length}
                for entry in self.entries
            ]
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        from tuner.data.text.vocabulary import Vocabulary

        return cls(
            [
                TextEntry(entry["column"], Vocabulary.from_json(entry["vocabulary"]), entry["length"])
                for entry in document["entries"]
            ]
        )


def _fitted(column: str, texts: Sequence[str | None], most_words: int, longest: int) -> TextEntry:
    import numpy as np

    from tuner.data.text.grams import Words
    from tuner.data.text.tf_idf import chunks
    from tuner.data.text.vocabulary import Vocabulary

    parts, lengths = [], np.zeros(len(texts))
    for start, characters in chunks(texts):
        words = Words.of(characters)
        parts.append(words.once_in_each_text())
        np.add.at(lengths, start + words.rows, 1)
    length = int(np.ceil(np.quantile(lengths, _SHARE_WITHIN) / _LENGTH_STEP)) * _LENGTH_STEP
    vocabulary = Vocabulary.of(parts, len(texts), most_words)
    return TextEntry(column, vocabulary, min(max(length, _LENGTH_STEP), longest))
