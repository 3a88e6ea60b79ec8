"""What is kept of how well a model predicts, and what its predictions hang on."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.artifact.training import fit, make_frame
from tuner.artifact import (
    Evaluation,
    FoldModel,
    Member,
    combine_models,
    evaluate,
    load_model,
    measure_latency,
    save_model,
)
from tuner.data import Task
from tuner.errors import InvalidDataset, InvalidInput, TunerError

TASKS = [Task.BINARY, Task.MULTICLASS, Task.REGRESSION]


@pytest.fixture(scope="module", params=TASKS)
def evaluated(request):
    """Two folds of a linear model, with their evaluation."""
    fitted = fit(request.param, "linear")
    rows = np.arange(fitted.table.num_rows)
    models = [FoldModel(each.predict, rows[rows % 2 == fold]) for fold, each in enumerate(fitted.estimators)]
    evaluation = evaluate(
        fitted.table, fitted.out_of_fold, models=models, scores={"log_loss": 0.4}, standard_errors={"log_loss": 0.1}
    )
    return fitted, evaluation


@pytest.fixture(scope="module")
def model(evaluated, tmp_path_factory):
    fitted, evaluation = evaluated
    folder = tmp_path_factory.mktemp("evaluated") / "model"
    save_model(folder, fitted.estimators, fitted.facts, evaluation)
    return load_model(folder)


def test_evaluation_survives_json(evaluated):
    _, evaluation = evaluated
    assert Evaluation.from_json(json.loads(json.dumps(evaluation.to_json()))) == evaluation


def test_classes_are_counted(evaluated):
    fitted, evaluation = evaluated
    if not fitted.table.task.is_classification:
        assert (evaluation.classes, evaluation.confusion) == ((), None)
        return
    truth, chosen = fitted.table.target, fitted.out_of_fold.argmax(axis=1)
    labels = fitted.facts.target.classes
    for index, counts in enumerate(evaluation.classes):
        assert counts.label == labels[index]
        assert counts.recall == pytest.approx((chosen[truth == index] == index).mean())
        assert counts.precision == pytest.approx((truth[chosen == index] == index).mean())
    assert sum(map(sum, evaluation.confusion.counts)) == evaluation.num_rows
    assert sum(each.rows for each in evaluation.calibration) == evaluation.num_rows


def test_residuals_are_counted(evaluated):
    fitted, evaluation = evaluated
    if fitted.table.task.is_classification:
        assert (evaluation.residuals, evaluation.points) == ((), ())
        return
    assert sum(evaluation.residuals) == evaluation.num_rows
    assert set(evaluation.points) <= set(zip(fitted.table.target, fitted.out_of_fold, strict=True))


def test_column_that_decides_is_important_and_the_other_is_not(evaluated):
    _, evaluation = evaluated
    first, second = evaluation.importances
    assert (first.column, second.column) == ("x", "color")
    assert first.importance > 5 * first.standard_error > 0
    assert abs(second.importance) < first.importance / 10


def test_dependence_follows_the_column(evaluated):
    fitted, evaluation = evaluated
    found = next(each for each in evaluation.dependences if each.column == "x")
    assert list(found.values) == sorted(found.values)
    if fitted.table.task is Task.REGRESSION:
        np.testing.assert_allclose(found.lines[0], np.array(found.values) * 100, atol=5)
    elif fitted.table.task is Task.BINARY:
        # "nein" is the second class and belongs to small values.
        assert found.labels == ("nein",)
        assert found.lines[0][0] > 0.9 > 0.1 > found.lines[0][-1]


def test_ensemble_averages_what_its_members_found(evaluated):
    fitted, evaluation = evaluated
    other = replace(evaluation, importances=tuple(replace(each, importance=0.0) for each in evaluation.importances))
    blend = evaluate(fitted.table, fitted.out_of_fold, members=[(evaluation, 3.0), (other, 1.0)])
    assert blend.importances[0].importance == pytest.approx(0.75 * evaluation.importances[0].importance)
    assert [each.column for each in blend.dependences] == ["x", "color"]


@pytest.mark.parametrize("task", TASKS)
def test_fifty_thousand_rows_take_a_moment(task):
    fitted = fit(task, "linear", num_rows=50_000)
    rows = np.arange(fitted.table.num_rows)
    models = [FoldModel(each.predict, rows[rows % 2 == fold]) for fold, each in enumerate(fitted.estimators)]
    best = min(_seconds(lambda: evaluate(fitted.table, fitted.out_of_fold, models=models)) for _ in range(3))
    assert best < 1.0


def _seconds(call):
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def test_evaluation_travels_with_the_model_and_its_members_stay_apart(evaluated, tmp_path):
    fitted, evaluation = evaluated
    save_model(tmp_path / "member", fitted.estimators[:1], fitted.facts, evaluation)
    combine_models(tmp_path / "plain", [(tmp_path / "member", 1.0)], fitted.facts)
    assert load_model(tmp_path / "member").evaluation == evaluation
    assert load_model(tmp_path / "plain").evaluation is None
    combine_models(tmp_path / "model", [(tmp_path / "member", 1.0)], fitted.facts, replace(evaluation, num_rows=7))
    assert load_model(tmp_path / "model").evaluation.num_rows == 7


def test_damaged_evaluation_is_refused():
    with pytest.raises(TunerError, match="damaged"):
        Evaluation.from_text('{"num_rows": 3}')
    with pytest.raises(TunerError, match="damaged"):
        Evaluation.from_text("[" * 100_000)


def test_explanation_of_new_rows(model):
    rows = make_frame(model.task).iloc[:80]
    explanation = model.explain(rows, columns=["color"])
    frame = explanation.to_pandas()
    assert list(frame.columns) == ["column", "importance", "standard_error"]
    assert frame["column"].tolist() == ["x", "color"]
    assert set(explanation.dependence("color").values) == {"rot", "grün", "blau"}
    assert "<svg" in explanation._repr_html_()
    with pytest.raises(InvalidInput, match="not looked at"):
        explanation.dependence("x")


def test_explanation_without_rows_is_the_stored_one(model, evaluated):
    assert model.explain().importances == evaluated[1].importances


def test_explanation_without_rows_and_evaluation_asks_for_rows(evaluated, tmp_path):
    fitted, _ = evaluated
    save_model(tmp_path / "model", fitted.estimators, fitted.facts)
    with pytest.raises(InvalidInput, match="rows"):
        load_model(tmp_path / "model").explain()


def test_rows_to_explain_need_the_target_and_known_columns(model):
    rows = make_frame(model.task)
    with pytest.raises(InvalidDataset, match="lack the column 'target'"):
        model.explain(rows.drop(columns="target"))
    with pytest.raises(InvalidInput, match="no column 'weight'"):
        model.explain(rows, columns=["weight"])


def test_card_needs_nothing_from_outside(model, tmp_path):
    page = model.card(tmp_path / "card.html")
    assert (tmp_path / "card.html").read_text(encoding="utf-8") == page
    assert not re.search(r"<script|<link|<img|\bsrc=|url\(|@import|https?://", page)
    for words in ("target", "color", "Importance of the columns", "load_model", "0.05"):
        assert words in page


def test_card_of_an_ensemble_names_its_members(evaluated, tmp_path):
    fitted, _ = evaluated
    save_model(tmp_path / "member", fitted.estimators, fitted.facts)
    facts = replace(
        fitted.facts, family="ensemble", params={}, members=(Member(17, "linear", 1.0),), warnings=("Mind it.",)
    )
    combine_models(tmp_path / "model", [(tmp_path / "member", 1.0)], facts)
    page = load_model(tmp_path / "model").card()
    assert "Trial 17: linear" in page
    assert "Mind it." in page


def test_card_can_be_judged_by_new_rows(model):
    assert model.card(rows=make_frame(model.task).iloc[:77]).count("judged on 77") == 1


def test_names_in_a_card_are_not_taken_for_markup(model):
    facts = model.manifest.facts
    evil = "<script>alert(1)</script>"
    columns = (replace(facts.columns[0], name=evil), *facts.columns[1:])
    facts = replace(
        facts, columns=columns, target=replace(facts.target, name=evil), params={evil: evil}, warnings=(evil,)
    )
    importances = tuple(replace(each, column=evil) for each in model.evaluation.importances)
    dependences = tuple(replace(each, column=evil, labels=(evil,)) for each in model.evaluation.dependences)
    model_with_names = load_like(
        model, facts, replace(model.evaluation, importances=importances, dependences=dependences)
    )
    assert "<script" not in model_with_names.card()


def load_like(model, facts, evaluation):
    from tuner.artifact import SavedModel

    return SavedModel(replace(model.manifest, facts=facts), model._estimators, evaluation)


def test_latency_is_measured(model):
    latency = measure_latency(model, make_frame(model.task).iloc[:50])
    assert 0 < latency.ms_one_row < 1_000
    assert latency.metrics.keys() == {"predict_ms_one_row", "predict_ms_per_1000_rows"}


def test_latency_can_be_measured_on_typed_features(model, evaluated):
    fitted, _ = evaluated
    assert measure_latency(model, pd.DataFrame(fitted.table.features).iloc[:2]).ms_per_1000_rows > 0
