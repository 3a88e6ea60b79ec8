"""Which words a model's predictions hang on."""

from __future__ import annotations

import pytest

from tuner.artifact import ModelFacts, save_model
from tuner.artifact.saved_model import load_model
from tuner.data import Task
from tuner.data.text.grams import without_word
from tuner.models.text_linear import TextLinear
from tuner.testing.model import fit
from tuner.testing.text import text_data
from tuner.training.metrics import default_metric


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    """What a model of comments says about rows it has not learned from, for each task."""

    def of(task: Task):
        data = text_data(task)
        target = data.table.target_profile
        facts = ModelFacts(
            family="text_linear",
            params={},
            target=target,
            target_form=data.profile.column(target.name).form,
            columns=data.table.columns,
            metric=default_metric(task).name,
            value=0.0,
        )
        folder = tmp_path_factory.mktemp("model")
        save_model(folder / "model", [fit(TextLinear(), data).estimator], facts)
        answers = data.validation.target
        labels = [target.classes[index] for index in answers] if target.classes else answers
        return load_model(folder / "model").explain(data.validation.features.assign(target=labels))

    return of


def test_words_that_matter_come_first_with_their_direction(explained):
    words = explained(Task.REGRESSION).words
    effects = {each.word: each.effect for each in words}
    assert {each.word for each in words[:4]} < {
        *("excellent", "wonderful", "délicieux", "太", "好", "了", "отлично", "😀"),
        *("awful", "broken", "dégoûtant", "糟", "糕", "ужасно", "😡"),
    }
    assert effects["excellent"] > 0 > effects["awful"]


def test_effects_on_classes_name_the_class(explained):
    explanation = explained(Task.MULTICLASS)
    assert {each.label for each in explanation.words} <= {"1", "2", "3"}
    assert all(-1 <= each.effect <= 1 and each.num_rows >= 3 for each in explanation.words)


def test_picture_shows_words_and_escapes_them(explained):
    page = explained(Task.BINARY).to_html()
    assert "excellent" in page
    assert "that raise it" in page
    assert "that lower it" in page


def test_columns_of_text_have_no_curve(explained):
    assert "comment" not in [each.column for each in explained(Task.BINARY).dependences]


def test_word_is_taken_out_wherever_it_stands():
    assert without_word("Good, very GOOD food!", "good") == ", very  food!"
    assert without_word("goods are good", "good") == "goods are"
