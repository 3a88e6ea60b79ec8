"""Text becomes tokens and weighted counts, in any script."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tuner.data.text.characters import MAX_CHARACTERS
from tuner.data.text.grams import num_words, words_in
from tuner.data.text.tf_idf import TfIdf

ODD_TEXTS = ["", "!!! ...", "\u200b\u200d\ufeff", "\u202e", "👍🏽", "ﷺ" * 3, "\x07", "a" * 100_000, None]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP, now!", ["don", "t", "stop", "now"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("\uff26\uff35\uff2c\uff2c \ufb01t", ["full", "fit"]),
        ("cafe\u0301 caf\u00e9", ["caf\u00e9", "caf\u00e9"]),
        ("zero\u200bwidth soft\u00adhyphen", ["zerowidth", "softhyphen"]),
        ("我爱 Python", ["我", "爱", "python"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("\u200fمرحب\u200e صديقي", ["مرحب", "صديقي"]),
        ("good👍🏽 👨\u200d👩\u200d👧", ["good", "👍", "👨", "👩", "👧"]),
        ("snake_case a-b 3.5", ["snake", "case", "a", "b", "3", "5"]),
    ],
)
def test_text_is_cut_into_words(text, words):
    assert words_in(text) == words


def test_two_characters_without_spaces_count_as_a_word():
    assert num_words("我爱北京天安门") == 3
    assert num_words("three little words") == 3


def test_rows_have_length_one_or_nothing():
    counts = TfIdf.fit(["red apple", "green apple", ""], "pairs", most=100).transform(
        ["apple red", "unknown", "", None]
    )
    lengths = np.sqrt((counts**2).sum(axis=1))
    np.testing.assert_allclose(lengths, [1, 0, 0, 0], rtol=1e-6)


def test_rare_words_weigh_more():
    tf_idf = TfIdf.fit(["the cat", "the dog", "the cow"], "words", most=100)
    both = tf_idf.transform(["the cat"]).toarray()[0]
    assert both.max() > 1.5 * both[both > 0].min()


def test_neighbouring_words_count_in_their_order():
    tf_idf = TfIdf.fit(["not good", "good not"], "pairs", most=100)
    first, second = tf_idf.transform(["not good", "good not"]).toarray()
    assert tf_idf.width == 4
    assert not np.array_equal(first, second)


def test_pairs_of_characters_are_known_where_there_are_no_spaces():
    counts = TfIdf.fit(["我爱北京", "京北爱我"], "words", most=100).transform(["我爱", "爱我"]).toarray()
    assert not np.array_equal(counts[0], counts[1])


def test_runs_of_characters_see_endings_and_smileys():
    tf_idf = TfIdf.fit(["walking :-)", "walked"], "characters", most=1000)
    assert tf_idf.transform(["walks"]).nnz
    assert tf_idf.transform([":-)"]).nnz


def test_runs_do_not_reach_into_another_text():
    together = TfIdf.fit(["ab", "cd"], "characters", most=100)
    assert together.transform(["b c"]).nnz == 0


def test_the_vocabulary_keeps_the_most_frequent_tokens():
    texts = ["common rare"] + ["common frequent"] * 3
    tf_idf = TfIdf.fit(texts, "words", most=2)
    assert tf_idf.width == 2
    assert tf_idf.transform(["rare"]).nnz == 0
    assert tf_idf.transform(["frequent common"]).nnz == 2


def test_texts_are_counted_alike_alone_and_among_thousands():
    texts = [f"text number {index} of {index % 7} kinds" for index in range(9_000)]
    tf_idf = TfIdf.fit(texts, "pairs", most=500)
    together = tf_idf.transform(texts)
    for place in (0, 4_095, 4_096, 8_999):
        assert abs(together[[place]] - tf_idf.transform([texts[place]])).max() < 1e-6


@pytest.mark.parametrize("tokens", ["words", "pairs", "characters"])
def test_odd_texts_are_counted(tokens):
    tf_idf = TfIdf.fit(ODD_TEXTS, tokens, most=100)
    assert np.isfinite(tf_idf.transform(ODD_TEXTS).toarray()).all()


def test_no_texts_give_no_tokens():
    tf_idf = TfIdf.fit([None, ""], "pairs", most=100)
    assert tf_idf.transform(["something"]).shape == (1, 0)


def test_of_a_long_text_the_beginning_is_read():
    long = "word " * (MAX_CHARACTERS // 5) + "end"
    assert words_in(long).count("word") == MAX_CHARACTERS // 5
    assert "end" not in words_in(long)


def test_restored_counts_are_the_same():
    texts = ["je ne sais quoi", "nous savons tout", "sais-tu quoi"]
    tf_idf = TfIdf.fit(texts, "characters", most=50)
    restored = TfIdf.from_json(json.loads(json.dumps(tf_idf.to_json())))
    assert abs(restored.transform(texts) - tf_idf.transform(texts)).max() == 0


def test_hashes_are_the_same_in_every_process():
    program = (
        "from tuner.data.text.tf_idf import TfIdf;"
        "print(TfIdf.fit(['the same état 我爱 everywhere'], 'pairs', most=9).vocabulary.hashes.tolist())"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    here = TfIdf.fit(["the same état 我爱 everywhere"], "pairs", most=9).vocabulary.hashes.tolist()
    assert output.strip() == str(here)
