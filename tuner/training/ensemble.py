"""An average of candidates: from their held-out predictions to weights, and to one model of all their models."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tuner.artifact import Evaluation, Manifest, Member, ModelFacts, combine_models, evaluate, unpack
from tuner.artifact.temperature import fit_temperature, with_temperature
from tuner.errors import TrainingFailed
from tuner.records import MEMBER_WEIGHT
from tuner.training.channel import Channel
from tuner.training.figures import known_figures
from tuner.training.held_out import HeldOut, all_metrics, scored_rows
from tuner.training.job import MODEL_FOLDER, PACKED_MODEL, PREDICTIONS_FILE, TrainingJob, TrainingResult
from tuner.training.metrics import metric
from tuner.training.model_facts import forecast_notes, model_facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tuner.data.splits import Split
    from tuner.data.table import Table
    from tuner.training.selection import Selection

# What is sent, and kept beside a program, should not be larger.
_MAX_BYTES = 50_000_000


def train_ensemble(job: TrainingJob, channel: Channel) -> TrainingResult:
    """Choose weights for the members of a job by their held-out predictions, and join the models of those with weight.

    Writes ``model/`` and ``predictions.npz`` as training a candidate does. Nothing is fitted: it takes a second, so
    neither clock nor caller ends it early.

    Args:
        job: The members that may be chosen.
        channel: Where their files come from.

    Raises:
        TrainingFailed: No member has predictions for a whole fold, or none is within the limits.
        InvalidDataset: The file is not the one that was profiled.
    """
    from tuner.data.splits import folds
    from tuner.data.table import load_table

    started = time.perf_counter()
    table = load_table(job.dataset_path, job.profile, job.target)
    rows, predictions = _predictions(job, channel, table, folds(table, job.split_seed, job.folds))
    weights = _select(job, rows, predictions).weights
    blend, temperature = _joint_prediction(job, rows, predictions, weights)
    members = {member.number: member for member in job.members}
    facts = model_facts(
        job,
        rows,
        blend,
        params={},
        folds=max(members[number].folds for number in weights),
        members=tuple(Member(number, members[number].family, weight) for number, weight in weights.items()),
        temperature=temperature,
        notes=forecast_notes(table),
    )
    manifest, evaluation = _join_models(job, channel, rows, blend, weights, facts)
    HeldOut(rows.row_ids, blend).write(job.folder / PREDICTIONS_FILE)
    figures = {
        "standard_error": facts.standard_error,
        "folds": facts.folds,
        "fit_seconds": time.perf_counter() - started,
        "num_members": len(weights),
        "num_models": len(manifest.parts),
        "num_validation_rows": rows.num_rows,
        # Loading them all to measure it would take longer than all the rest.
        "predict_ms_one_row": sum(members[number].predict_ms for number in weights),
        "predict_ms_per_1000_rows": sum(members[number].predict_ms_per_1000_rows for number in weights),
        **{f"{MEMBER_WEIGHT}{number}": weight for number, weight in weights.items()},
    }
    return TrainingResult(
        facts.value,
        best_step=1,
        stopped=False,
        metrics=dict(evaluation.scores) | known_figures(figures),
    )


def _predictions(
    job: TrainingJob, channel: Channel, table: Table, splits: Sequence[Split]
) -> tuple[Table, dict[int, NDArray[np.float64]]]:
    """The scored rows, and the predictions for them of all members that have these.

    If time has cut off all candidates, the rows are those of the most folds that one of them has.
    """
    paths = channel.fetch([(member.number, PREDICTIONS_FILE) for member in job.members])
    held_out = {member.number: HeldOut.read(path) for member, path in zip(job.members, paths, strict=True)}
    rows = scored_rows(table, splits, job.scored_folds)
    for num_folds in range(job.scored_folds, 0, -1):
        wanted = scored_rows(table, splits, num_folds)
        taken = {number: each.take(wanted.row_ids) for number, each in held_out.items()}
        found = {number: prediction for number, prediction in taken.items() if prediction is not None}
        if found:
            return wanted, found
    return rows, {}


def _select(job: TrainingJob, rows: Table, predictions: Mapping[int, NDArray[np.float64]]) -> Selection:
    from tuner.training.selection import Candidate, select_ensemble

    candidates = [
        Candidate(member.number, member.family, predictions[member.number], member.predict_ms, member.num_bytes)
        for member in job.members
        if member.number in predictions
    ]
    selection = None
    # Better a large model than none.
    for max_bytes in (_MAX_BYTES, None):
        selection = selection or select_ensemble(
            candidates,
            rows.target,
            metric(job.metric, job.target.task),
            max_predict_ms=job.max_predict_ms,
            max_bytes=max_bytes,
            start={member.number: member.weight for member in job.members if member.weight > 0},
            seed=job.split_seed,
        )
    if selection is None:
        limit = "" if job.max_predict_ms is None else f" and predicts a row within {job.max_predict_ms:g} ms"
        raise TrainingFailed("error", f"No candidate was scored on a whole fold{limit}.")
    return selection


def _joint_prediction(
    job: TrainingJob, rows: Table, predictions: Mapping[int, NDArray[np.float64]], weights: Mapping[int, float]
) -> tuple[NDArray[np.float64], float]:
    """The weighted average, made surer where that is what counts, and the temperature that did it."""
    import numpy as np

    average = np.asarray(sum(weight * predictions[number] for number, weight in weights.items()), np.float64)
    if job.metric != "log_loss":
        return average, 1.0
    temperature = fit_temperature(average, rows.target)
    return (average if temperature == 1 else with_temperature(average, temperature)), temperature


def _join_models(
    job: TrainingJob,
    channel: Channel,
    rows: Table,
    blend: NDArray[np.float64],
    weights: Mapping[int, float],
    facts: ModelFacts,
) -> tuple[Manifest, Evaluation]:
    packed = channel.fetch([(number, PACKED_MODEL) for number in weights])
    with ExitStack() as stack:
        members: list[tuple[Path, float]] = []
        for path, weight in zip(packed, weights.values(), strict=True):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            unpack(path, folder)
            members.append((folder, weight))
        known = [(Evaluation.read(folder), weight) for folder, weight in members]
        evaluation = evaluate(
            rows,
            blend,
            scores=all_metrics(rows, blend),
            standard_errors=known_figures({facts.metric: facts.standard_error}),
            members=[(each, weight) for each, weight in known if each is not None],
            seed=job.split_seed,
        )
        return combine_models(job.folder / MODEL_FOLDER, members, facts, evaluation), evaluation
