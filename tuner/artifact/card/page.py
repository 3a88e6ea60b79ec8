"""The page, put together from what a model says about itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tuner.artifact.card.figures import (
    calibration_figure,
    classes_figure,
    confusion_figure,
    dependence_figure,
    examples_figure,
    importance_figure,
    points_figure,
    residuals_figure,
    series_figure,
    series_legend,
)
from tuner.artifact.card.markup import bars, figure, number, section, table, text, tile
from tuner.artifact.card.style import STYLE
from tuner.artifact.evaluation import Evaluation
from tuner.artifact.manifest import Manifest, ModelFacts
from tuner.data.profile import ColumnKind, ColumnProfile, Task
from tuner.models import families

_TASKS = {
    Task.BINARY: "one of two classes",
    Task.MULTICLASS: "one of several classes",
    Task.REGRESSION: "a quantity",
    Task.FORECAST: "a quantity at times to come",
}
_MOST_COLUMNS = 100
_MOST_CLASSES = 12


def card_page(manifest: Manifest, evaluation: Evaluation | None, *, file: str = "model.zip") -> str:
    """The card as one HTML page without scripts and without anything from outside.

    Args:
        manifest: What the model is.
        evaluation: How it does on rows it has not learned from, if that is known.
        file: The name under which the model is kept, for the example.
    """
    facts = manifest.facts
    title = f"{text(facts.target.name)}, predicted by {_title(facts)}"
    parts = [
        _header(facts),
        _tiles(manifest, evaluation),
        _series(facts, evaluation),
        _quality(facts, evaluation),
        _examples(evaluation),
        _reasons(facts, evaluation),
        _data(facts),
        _model(manifest),
        _use(facts, file),
        _footer(manifest),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body class="tuner">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def answer_of(facts: ModelFacts) -> str:
    """What a prediction is called: a class's probability, or the quantity."""
    classes = facts.target.classes
    if not classes:
        return f"Predicted {facts.target.name}"
    return f"Probability of {classes[1]}" if len(classes) == 2 else "Probability"


def loss_of(facts: ModelFacts) -> str:
    """By which loss importances are told."""
    return "log loss" if facts.target.classes else "squared error, as a share of the target's variance,"


def _title(facts: ModelFacts) -> str:
    if facts.members:
        return f"an ensemble of {len(facts.members)} {'model' if len(facts.members) == 1 else 'models'}"
    known = families()
    return text(known[facts.family].title if facts.family in known else facts.family)


def _header(facts: ModelFacts) -> str:
    return (
        f"<header><h1>{text(facts.target.name)}</h1>"
        f"<p>{_title(facts)[0].upper()}{_title(facts)[1:]} that predicts {_TASKS[facts.target.task]} "
        f"from {len(facts.columns):,} column{'s' if len(facts.columns) != 1 else ''}.</p></header>"
    )


def _tiles(manifest: Manifest, evaluation: Evaluation | None) -> str:
    facts = manifest.facts
    error = f"&plusmn; {number(facts.standard_error, 2)}" if facts.standard_error is not None else ""
    folds = f"{facts.folds} folds" if facts.folds > 1 else "one part held out"
    tiles = [
        tile(text(facts.metric), number(facts.value), error),
        tile("Rows", number(facts.target.num_rows), f"judged on {number(evaluation.num_rows)}" if evaluation else ""),
        tile("Judged by", folds, "on rows not learned from"),
        tile("Averaged models", number(len(manifest.parts)), text(", ".join(_parts_families(manifest)))),
    ]
    scores = evaluation.scores if evaluation else {}
    if "predict_ms_one_row" in scores:
        tiles.append(
            tile(
                "Prediction of one row",
                f"{number(scores['predict_ms_one_row'], 3)}&nbsp;ms",
                f"{number(scores.get('predict_ms_per_1000_rows'), 3)} ms for 1,000 rows",
            )
        )
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _series(facts: ModelFacts, evaluation: Evaluation | None) -> str:
    if evaluation is None or not evaluation.series or facts.target.forecast is None:
        return ""
    time = facts.target.forecast.time or "time"
    figures = [series_figure(each, target=facts.target.name, time=time) for each in evaluation.series]
    count = facts.target.forecast.horizon
    return section(f"The next {count:,} values" if count > 1 else "The next value", _grid(figures), series_legend())


def _quality(facts: ModelFacts, evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return ""
    rows = [
        [text(name), number(value), f"&plusmn; {number(error, 2)}" if (error := _error(evaluation, name)) else ""]
        for name, value in sorted(evaluation.scores.items())
        if not name.startswith("predict_ms")
    ]
    scores = figure("Metrics", table(["Metric", "Value", ""], rows, numeric=(1, 2)) if rows else "")
    classes = facts.target.classes
    figures = [
        confusion_figure(evaluation.confusion, len(classes)),
        points_figure(evaluation.points, facts.target.name, evaluation.num_rows),
        residuals_figure(evaluation),
        calibration_figure(evaluation.calibration, positive=classes[1] if len(classes) == 2 else None),
        classes_figure(evaluation.classes),
        scores,
    ]
    return section("How well it predicts", _grid(figures))


def _examples(evaluation: Evaluation | None) -> str:
    if evaluation is None:
        return ""
    figures = [examples_figure(evaluation, are_worst=are_worst) for are_worst in (False, True)]
    return section("Examples", _grid(figures))


def _reasons(facts: ModelFacts, evaluation: Evaluation | None) -> str:
    if evaluation is None or not evaluation.importances:
        return ""
    importances = importance_figure(evaluation.importances, loss=loss_of(facts))
    answer = answer_of(facts)
    shapes = [dependence_figure(each, answer=answer) for each in evaluation.dependences]
    note = ""
    if shapes:
        single = " Thin lines are single rows." if any(each.individual for each in evaluation.dependences) else ""
        note = f'<p class="note">Average prediction when the column is set to a value in all rows.{single}</p>'
    return section("What it hangs on", importances) + section("How predictions follow the columns", _grid(shapes), note)


def _data(facts: ModelFacts) -> str:
    target = facts.target
    warnings = "".join(f"<li>{text(warning)}</li>" for warning in facts.warnings)
    shown = [*facts.columns, *facts.left_out][:_MOST_COLUMNS]
    total = len(facts.columns) + len(facts.left_out)
    columns = table(
        ["Column", "Kind", "Missing", "Distinct", "Why"], [_column_row(column) for column in shown], numeric=(2, 3)
    )
    note = f"{total - len(shown):,} more columns are not shown." if total > len(shown) else ""
    counts = sorted(zip(target.classes, target.class_counts, strict=True), key=lambda pair: -pair[1])
    classes = figure(
        f"Target: {text(target.name)}",
        bars([(label, float(count), 0.0, number(count)) for label, count in counts[:_MOST_CLASSES]]),
        f"The {_MOST_CLASSES} most frequent of {len(counts):,} classes." if len(counts) > _MOST_CLASSES else "",
    )
    reason = f'<p class="note">{text(target.task_reason)} {number(target.num_rows)} rows have a target'
    reason += f", {number(target.num_missing)} have none.</p>" if target.num_missing else ".</p>"
    return section(
        "Data",
        f'<ul class="warnings">{warnings}</ul>' if warnings else "",
        classes,
        reason,
        figure("Columns", columns, note),
    )


def _column_row(column: ColumnProfile) -> Sequence[str]:
    reason = text(column.reason)
    kind = text(column.kind) if column.kind.is_feature else f"{text(column.kind)} (left out)"
    return [text(column.name), kind, number(column.num_missing), number(column.num_unique), reason]


def _model(manifest: Manifest) -> str:
    facts = manifest.facts
    members = ""
    if facts.members:
        ordered = sorted(facts.members, key=lambda member: -member.weight)
        shown = [
            (f"Trial {member.number}: {member.family}", member.weight, 0.0, f"{100 * member.weight:.1f}&nbsp;%")
            for member in ordered
        ]
        members = figure("Members and their weights", bars(shown))
    params = table(["Parameter", "Value"], [[text(name), text(value)] for name, value in facts.params.items()])
    versions = table(["Library", "Version"], [[text(name), text(each)] for name, each in manifest.versions.items()])
    figures = [
        members,
        figure("Parameters", params if facts.params else ""),
        figure("Trained with", versions),
    ]
    return section("Model", _grid(figures))


def _use(facts: ModelFacts, file: str) -> str:
    row = {column.name: _example(column) for column in facts.columns[:3]}
    cells = json.dumps(row, ensure_ascii=False).replace("null", "None").replace("true", "True")
    more = cells[:-1] + ", ..." + cells[-1] if len(facts.columns) > len(row) else cells
    lines = [
        "from tuner.artifact import load_model",
        "",
        f"model = load_model({file!r})",
        f"model.predict([{more}])",
    ]
    if len(facts.columns) == 1 and facts.columns[0].kind.is_array:
        of_files = 'model.predict("picture.png")' if facts.columns[0].kind is ColumnKind.IMAGE else ""
        lines[-1:] = [f"model.predict(x)  # an array: {_shape(facts.columns[0])}", *filter(None, [of_files])]
    if facts.target.classes:
        lines.append("model.predict_proba(rows)")
    if facts.target.forecast is not None:
        lines[-1] = "model.forecast()"
    code = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return section("How to use it", f"<pre>{code}</pre>")


def _shape(column: ColumnProfile) -> str:
    """The shape of several of a column's cells, in words."""
    assert column.shape is not None, "columns of arrays know their shape"
    return f"(n, {', '.join(map(str, column.shape))})" if column.kind is ColumnKind.IMAGE else "(n, steps, features)"


def _example(column: ColumnProfile) -> object:
    if column.kind.is_array:
        return "..."
    if column.mean is not None:
        return round(column.mean) if column.form == "whole" else float(f"{column.mean:.4g}")
    if column.kind is ColumnKind.TEXT:
        return "..."
    return column.value_counts[0][0] if column.value_counts else None


def _footer(manifest: Manifest) -> str:
    return f"<footer>Made by tuner {text(manifest.versions.get('tuner', ''))} from the model's own facts.</footer>"


def _grid(figures: Sequence[str]) -> str:
    body = "".join(figures)
    return f'<div class="grid">{body}</div>' if body else ""


def _error(evaluation: Evaluation, name: str) -> float | None:
    return evaluation.standard_errors.get(name)


def _parts_families(manifest: Manifest) -> list[str]:
    return list(dict.fromkeys(part.family for part in manifest.parts))
