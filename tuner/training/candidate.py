"""One candidate, trained fold by fold: from a job to a saved model, its score, and its held-out predictions."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.artifact import (
    Evaluation,
    FoldModel,
    Latency,
    ModelFacts,
    SavedModel,
    combine_models,
    evaluate,
    measure_latency,
    save_model,
    unpack,
)
from tuner.artifact.series_pictures import with_pictures
from tuner.errors import MissingExtra, TrainingFailed
from tuner.models import ModelFamily, family
from tuner.models.networks.backends import stay_on_processor
from tuner.models.series.estimator import SeriesEstimator
from tuner.space import Params
from tuner.training.channel import Channel
from tuner.training.checkpoints import Checkpoints
from tuner.training.clock import Clock
from tuner.training.curve import Curve, not_finite
from tuner.training.figures import known_figures
from tuner.training.fold import Fold
from tuner.training.held_out import HeldOut, all_metrics, scored_rows
from tuner.training.job import MODEL_FOLDER, PACKED_MODEL, PREDICTIONS_FILE, Kind, TrainingJob, TrainingResult
from tuner.training.last_fit import fit_to_the_end
from tuner.training.metrics import Metric, metric
from tuner.training.model_facts import forecast_notes, model_facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.splits import Split
    from tuner.data.table import Table

# A fold is begun if this part of what the folds before took is left: they end early where they must.
_SHARE_OF_A_FOLD = 0.8
# A further fold may take this many times the steps of the candidate, and is worth having after this part of them.
_MORE_STEPS, _NEARLY_DONE = 1.1, 0.6
# Compressed, copied, checked and sent, on a core that has other work.
_JOINED_BYTES_PER_SECOND = 15e6
# What may be added to the time of the fits to find out how long the model takes to predict, and which columns matter.
_SHARE_TO_MEASURE, _MOST_SECONDS_TO_MEASURE = 0.03, 0.15
_SHARE_TO_EXPLAIN, _MOST_SECONDS_TO_EXPLAIN = 0.05, 0.3


def train_candidate(job: TrainingJob, channel: Channel) -> TrainingResult:
    """Train a candidate on the folds of its job, and score what it predicts for rows it has not learned from.

    Writes ``model/``, a saved model that averages those of the folds, and ``predictions.npz`` with ``row_ids`` (n,) and
    ``prediction`` of shape (n, classes) or (n,), for the rows of the folds.

    With one scored fold, families that learn in steps report each of them; with several, the score so far is reported
    after each fold. When the caller or the clock stops the training, the best step of the first fold is kept; of a
    later fold, that is not done, nothing.

    Args:
        job: What to train. For a bagged candidate, the model of the first folds is fetched from the candidate's trial.
        channel: To the caller.

    Raises:
        TrainingFailed: The score is not a finite number (``nan``), memory ran out (``out_of_memory``), or there was no
            time for a single further fold (``timeout``).
        MissingExtra: The family's libraries are not installed.
        InvalidDataset: The file is not the one that was profiled.
    """
    try:
        return _train(job, channel)
    except MemoryError as error:
        raise TrainingFailed("out_of_memory", f"Memory ran out in training {job.family}: {error}") from error


def _train(job: TrainingJob, channel: Channel) -> TrainingResult:
    from tuner.data.splits import folds
    from tuner.data.table import load_table

    clock = Clock(None if job.seconds is None else job.seconds - _seconds_to_join(job))
    chosen = family(job.family, architecture=job.architecture)
    if not chosen.is_available():
        raise MissingExtra(chosen.extra, f"The model family {chosen.name!r}")
    if chosen.is_network and not chosen.gains_from_gpu:
        stay_on_processor()
    table = load_table(job.dataset_path, job.profile, job.target)
    splits = folds(table, job.split_seed, job.folds)
    params = chosen.complete(job.params, job.profile, job.target)
    trainer = _Trainer(job, chosen, params, table, channel, clock)
    if job.kind is Kind.BAGGED:
        return _bagged(trainer, splits)
    fitted = trainer.fit(splits[: job.scored_folds])
    # Series may be too short for as many blocks as were planned; no candidate has more then.
    is_partial = len(fitted) < min(job.scored_folds, len(splits))
    rows = scored_rows(table, splits, len(fitted))
    held_out = HeldOut.joined([fold.held_out for fold in fitted])
    facts = trainer.facts(rows, held_out.prediction, len(fitted))
    # A network is compiled once more to be explained: where its time is over, there is none for that.
    is_late = chosen.is_network and fitted[-1].was_stopped
    models = [] if is_late else [FoldModel(fold.estimator.predict, fold.held_out.row_ids) for fold in fitted]
    evaluation = trainer.evaluation(rows, held_out.prediction, facts, fitted, models)
    estimators = [fold.estimator for fold in fitted]
    features = rows.features
    if job.target.forecast is not None:
        estimators = [last := trainer.fit_to_the_end(splits, fitted)]
        features = last.future()
        evaluation = with_pictures(evaluation, table, rows, held_out.prediction, last)
    manifest = save_model(job.folder / MODEL_FOLDER, estimators, facts, evaluation)
    held_out.write(job.folder / PREDICTIONS_FILE)
    latency = measure_latency(SavedModel(manifest, estimators), features, _seconds_to_measure(fitted))
    return trainer.result(fitted, facts, {**evaluation.scores, **latency.metrics}, is_partial=is_partial)


def _bagged(trainer: _Trainer, splits: Sequence[Split]) -> TrainingResult:
    """Train a candidate on the folds that it was not scored on, and join the models to those that it has."""
    job = trainer.job
    packed, predictions = trainer.channel.fetch(
        [(job.members[0].number, PACKED_MODEL), (job.members[0].number, PREDICTIONS_FILE)]
    )
    fitted = trainer.fit(splits[job.scored_folds : job.bagged_folds])
    if not fitted:
        raise TrainingFailed("timeout", "There was no time to train the candidate on a further fold.")
    rows = scored_rows(trainer.table, splits, job.scored_folds)
    before = HeldOut.read(predictions)
    scored = before.take(rows.row_ids)
    assert scored is not None, "a candidate in an ensemble has predictions for all scored rows"
    num_folds = job.scored_folds + len(fitted)
    held_out = HeldOut.joined([before, *(fold.held_out for fold in fitted)])
    facts = trainer.facts(rows, scored, num_folds)
    with ExitStack() as stack:
        earlier, later = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        unpack(packed, earlier)
        # The rows that were scored are still those of the candidate's own models.
        known = [(each, 1.0) for each in [Evaluation.read(earlier)] if each is not None]
        evaluation = trainer.evaluation(rows, scored, facts, fitted, members=known)
        estimators = [fold.estimator for fold in fitted]
        save_model(later, estimators, facts)
        weighted = [(earlier, float(job.scored_folds)), (later, float(len(fitted)))]
        combine_models(job.folder / MODEL_FOLDER, weighted, facts, evaluation)
    held_out.write(job.folder / PREDICTIONS_FILE)
    # Known from the candidate: to measure it again would take the end of the study's time.
    member = job.members[0]
    share = num_folds / member.folds
    latency = Latency(share * member.predict_ms, share * member.predict_ms_per_1000_rows)
    return trainer.result(fitted, facts, {**evaluation.scores, **latency.metrics})


class _Trainer:
    """Fits one point of a family on any folds of a table."""

    def __init__(
        self, job: TrainingJob, chosen: ModelFamily, params: Params, table: Table, channel: Channel, clock: Clock
    ) -> None:
        self.job = job
        self.table = table
        self.channel = channel
        self._family = chosen
        self._params = params
        self._clock = clock
        self._metric: Metric = metric(job.metric, job.target.task)
        self._is_one_fold = job.kind is Kind.CANDIDATE and job.scored_folds == 1
        self._checkpoints = Checkpoints(job, chosen)

    def fit(self, splits: Sequence[Split]) -> list[Fold]:
        """Fit one fold after the other, as many as there is time for; an earlier attempt may have fitted the first."""
        fitted = self._checkpoints.folds
        if any(self._report_fold(fitted[:count]) for count in range(1, len(fitted) + 1)):
            return fitted
        for split in splits[len(fitted) :]:
            if fitted and not self._has_time_after(fitted):
                break
            is_first = not fitted and self.job.kind is Kind.CANDIDATE
            fold = self._fit_fold(split, len(fitted), reports_steps=self._is_one_fold)
            if fold.was_stopped and not is_first and not fold.is_nearly_done:
                # It would be weaker than those before, and there is something without it.
                break
            fitted.append(fold)
            if fold.was_stopped or (not self._is_one_fold and self._report_fold(fitted)):
                break
            if len(fitted) < len(splits):
                self._checkpoints.keep(fold)
        return fitted

    def fit_to_the_end(self, splits: Sequence[Split], fitted: Sequence[Fold]) -> SeriesEstimator:
        """The model of a forecast, at the end of its series."""
        estimator = self._family.build(self._params, seed=self.job.seed, threads=self.job.threads)
        return fit_to_the_end(
            estimator,
            self.table,
            splits,
            fitted,
            self._clock,
            self.channel.should_stop,
            has_time=self._has_time_after(fitted),
        )

    def facts(self, rows: Table, prediction: NDArray[np.float64], num_folds: int) -> ModelFacts:
        """What the model of these folds is."""
        notes = forecast_notes(self.table)
        facts = model_facts(self.job, rows, prediction, params=self._params, folds=num_folds, notes=notes)
        if not math.isfinite(facts.value):
            raise not_finite(self._metric, facts.value, self._family.name, "the end")
        return facts

    def evaluation(
        self,
        rows: Table,
        prediction: NDArray[np.float64],
        facts: ModelFacts,
        fitted: Sequence[Fold],
        models: Sequence[FoldModel] = (),
        members: Sequence[tuple[Evaluation, float]] = (),
    ) -> Evaluation:
        """How the scored rows were predicted."""
        return evaluate(
            rows,
            prediction,
            scores=all_metrics(rows, prediction),
            standard_errors=known_figures({facts.metric: facts.standard_error}),
            models=models,
            members=members,
            seed=self.job.split_seed,
            seconds=min(_SHARE_TO_EXPLAIN * _seconds(fitted), _MOST_SECONDS_TO_EXPLAIN),
        )

    def result(
        self, fitted: Sequence[Fold], facts: ModelFacts, measured: Mapping[str, float], *, is_partial: bool = False
    ) -> TrainingResult:
        """What is reported of a training that has ended."""
        fit_seconds = _seconds(fitted)
        figures = {
            "standard_error": facts.standard_error,
            "folds": facts.folds,
            "fit_seconds": fit_seconds,
            "fold_seconds": fit_seconds / len(fitted),
            "num_train_rows": fitted[0].num_train_rows,
            "num_validation_rows": sum(len(fold.held_out.row_ids) for fold in fitted),
            "best_step": max(fold.best_step for fold in fitted),
        }
        return TrainingResult(
            value=facts.value,
            best_step=max(fold.best_step for fold in fitted),
            stopped=any(fold.was_stopped for fold in fitted),
            is_partial=is_partial,
            metrics=dict(measured) | known_figures(figures),
        )

    def _fit_fold(self, split: Split, position: int, *, reports_steps: bool) -> Fold:
        train, validation = self.table.take(split.train), self.table.take(split.validation)
        # Fold models that differ in more than their rows are worth more together.
        estimator = self._family.build(self._params, seed=self.job.seed + position, threads=self.job.threads)
        report = self.channel.report if reports_steps else (lambda step, value: False)
        # A bagged candidate may have been cut off: without a limit, its other folds would take longer than it did.
        steps = self.job.members[0].best_step if self.job.kind is Kind.BAGGED else None
        max_step = math.inf if steps is None else _MORE_STEPS * steps
        curve = Curve(
            self._metric,
            validation,
            self._family,
            self._clock,
            report,
            self.channel.should_stop,
            self._checkpoints,
            position,
            max_step,
        )
        best_step = estimator.fit(train, validation, curve)
        seconds = curve.seconds
        prediction = curve.prediction(best_step)
        if prediction is None:
            prediction = estimator.predict(validation.features)
            curve.check(best_step, prediction)
        return Fold(
            estimator,
            best_step,
            HeldOut(validation.row_ids, prediction),
            num_train_rows=train.num_rows,
            seconds=seconds,
            was_stopped=curve.was_stopped,
            is_nearly_done=curve.last_step >= _NEARLY_DONE * max_step,
        )

    def _report_fold(self, fitted: Sequence[Fold]) -> bool:
        held_out = HeldOut.joined([fold.held_out for fold in fitted])
        places = self.table.row_ids.searchsorted(held_out.row_ids)
        score = self._metric.score(self.table.take(places).target, held_out.prediction)
        return math.isfinite(score) and self.channel.report(len(fitted), score)

    def _has_time_after(self, fitted: Sequence[Fold]) -> bool:
        mean = sum(fold.seconds for fold in fitted) / len(fitted)
        return self._clock.left > _SHARE_OF_A_FOLD * mean


def _seconds(fitted: Sequence[Fold]) -> float:
    return sum(fold.seconds for fold in fitted)


def _seconds_to_join(job: TrainingJob) -> float:
    """How long it takes in the end to save the models of all folds of a bagged candidate as one, and to send it."""
    if job.kind is not Kind.BAGGED:
        return 0.0
    member = job.members[0]
    return member.num_bytes / member.folds * job.bagged_folds / _JOINED_BYTES_PER_SECOND


def _seconds_to_measure(fitted: Sequence[Fold]) -> float:
    return min(_SHARE_TO_MEASURE * _seconds(fitted), _MOST_SECONDS_TO_MEASURE)
