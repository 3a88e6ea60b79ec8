"""What an evaluation shows, as pictures and tables."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.artifact.card.charts import Axis, Chart, legend
from tuner.artifact.card.markup import bars, figure, number, percent, table, text
from tuner.artifact.evaluation import (
    CalibrationBin,
    ClassCounts,
    Confusion,
    Dependence,
    Evaluation,
    Example,
    Importance,
    SeriesPicture,
    WordEffect,
)

_MOST_CLASSES = 30
_MOST_IMPORTANCES = 15


def importance_figure(importances: Sequence[Importance], *, loss: str) -> str:
    """The most important columns as bars."""
    rows = [
        (
            each.column,
            each.importance,
            each.standard_error,
            f"{number(each.importance, 3)} <small>&plusmn;&nbsp;{number(each.standard_error, 2)}</small>",
        )
        for each in importances[:_MOST_IMPORTANCES]
    ]
    left_out = len(importances) - len(rows)
    note = f"Rise of the {loss} when a column's values are exchanged between rows, with its standard error."
    if left_out > 0:
        note += f" {left_out:,} less important columns are not shown."
    return figure("Importance of the columns", bars(rows), note)


def dependence_figure(dependence: Dependence, *, answer: str) -> str:
    """The average prediction along one column's values."""
    places: list[float] = []
    names: tuple[str, ...] = ()
    if dependence.is_numeric:
        places = [float(value) for value in dependence.values if isinstance(value, int | float)]
        x = Axis.around(dependence.column, places, margin=0.02)
    else:
        places = [float(index) for index in range(len(dependence.values))]
        names = tuple("missing" if value is None else str(value) for value in dependence.values)
        x = Axis(dependence.column, -0.5, len(names) - 0.5)
    heights = [height for line in (*dependence.lines, *dependence.individual) for height in line]
    chart = Chart(x, Axis.around(answer, heights), f"{answer} by {dependence.column}", names)
    for curve in dependence.individual:
        chart.line(zip(places, curve, strict=True), "faint")
    for index, line in enumerate(dependence.lines):
        chart.line(zip(places, line, strict=True), f"s{index}")
        if names or len(places) <= 5:
            chart.dots(zip(places, line, strict=True), f"s{index}", radius=3.5)
    return figure(text(dependence.column), chart.svg() + legend(dependence.labels))


def words_figures(effects: Sequence[WordEffect], *, answer: str) -> str:
    """The words that raise predictions as bars, and those that lower them, for each text column."""
    figures = []
    for column in dict.fromkeys(each.column for each in effects):
        for verb, sign in (("raise", 1), ("lower", -1)):
            chosen = [each for each in effects if each.column == column and sign * each.effect > 0]
            labels = {each.label for each in chosen}
            rows = [
                (
                    each.word if len(labels) == 1 else f"{each.word} ({each.label})",
                    abs(each.effect),
                    0.0,
                    f"{number(each.effect, 3)} <small>in {each.num_rows:,} rows</small>",
                )
                for each in chosen
            ]
            note = "Change of the prediction when the word is taken out of the texts that have it, on average."
            figures.append(figure(f"Words of {text(column)} that {verb} it: {text(answer)}", bars(rows), note))
    return "".join(figures)


def confusion_figure(confusion: Confusion | None, num_classes: int) -> str:
    """True classes against predicted ones, darker for more rows."""
    if confusion is None:
        return ""
    head = "".join(f"<th>{text(label)}</th>" for label in confusion.labels)
    body = ""
    for label, row in zip(confusion.labels, confusion.counts, strict=True):
        total = sum(row) or 1
        cells = "".join(
            f'<td class="{"strong" if count > 0.55 * total else ""}" style="--share:{100 * count / total:.0f}%" '
            f'title="{percent(count / total)} of the rows of {text(label)}">{count:,}</td>'
            for count in row
        )
        body += f"<tr><th>{text(label)}</th>{cells}</tr>"
    note = "Rows: the true class. Columns: the predicted one."
    if num_classes > len(confusion.labels):
        note += f" The {len(confusion.labels)} most frequent of {num_classes:,} classes."
    grid = f'<div class="scroll" tabindex="0"><table class="confusion"><thead><tr><th></th>{head}</tr></thead>'
    return figure("Confusion matrix", f"{grid}<tbody>{body}</tbody></table></div>", note)


def classes_figure(classes: Sequence[ClassCounts]) -> str:
    """Precision and recall of each class."""
    if not classes:
        return ""
    shown = sorted(classes, key=lambda each: -each.rows)[:_MOST_CLASSES]
    kept = [each for each in classes if each in shown]
    rows = [[text(each.label), number(each.rows), percent(each.precision), percent(each.recall)] for each in kept]
    note = f"The {len(kept)} most frequent of {len(classes):,} classes." if len(kept) < len(classes) else ""
    heads = ["Class", "Rows", "Precision", "Recall"]
    return figure("Classes", table(heads, rows, numeric=(1, 2, 3)), note)


def calibration_figure(calibration: Sequence[CalibrationBin], *, positive: str | None) -> str:
    """How often what was predicted with some probability was true."""
    if not calibration:
        return ""
    what = f"Predicted probability of {positive}" if positive else "Predicted probability of the likeliest class"
    chart = Chart(Axis(what, 0.0, 1.0), Axis("Share that was true", 0.0, 1.0), "Calibration curve")
    chart.line([(0.0, 0.0), (1.0, 1.0)], "reference")
    points = [(each.predicted, each.observed) for each in calibration]
    chart.line(points, "s0")
    chart.dots(points, "s0", radius=3.5)
    return figure("Calibration", chart.svg(), "On the dashed line, probabilities mean what they say.")


def points_figure(points: Sequence[tuple[float, float]], target: str, num_rows: int) -> str:
    """Predictions against the truth."""
    if not points:
        return ""
    both = [value for point in points for value in point]
    x, y = Axis.around(f"True {target}", both), Axis.around("Predicted", both)
    chart = Chart(x, y, "Predictions against the truth")
    chart.line([(x.low, x.low), (x.high, x.high)], "reference")
    chart.dots(points, "s0 light")
    note = "On the dashed line, predictions are exact."
    if num_rows > len(points):
        note += f" A sample of {len(points):,} of {num_rows:,} rows."
    return figure("Predicted and true", chart.svg(), note)


def series_figure(series: SeriesPicture, *, target: str, time: str) -> str:
    """A series, how its last part was predicted, and its forecast."""
    past = list(zip(series.times, series.values, strict=True))
    future = list(zip(series.future_times, series.future_values, strict=True))
    tested = list(zip(series.tested_times, series.tested_values, strict=True))
    both = [*past, *tested, *future]
    x = Axis.around(time, [place for place, _ in both], margin=0.02, is_date=series.is_date)
    y = Axis.around(target, [value for _, value in both])
    chart = Chart(x, y, f"{target} of {series.name or 'the series'}, with forecast")
    chart.line(past, "history")
    if tested:
        chart.line(tested, "s2")
    if future:
        # From the last known value on, so that the line has no hole.
        chart.line([*past[-1:], *future], "s1")
        if len(future) <= 40:
            chart.dots(future, "s1", radius=2.5)
    return figure(text(series.name or target), chart.svg())


def series_legend() -> str:
    """What the lines of ``series_figure`` are."""
    kinds = (("history", "known values"), ("s2", "predicted before they were known"), ("s1", "forecast"))
    spans = "".join(f'<span><i class="swatch {kind}"></i>{name}</span>' for kind, name in kinds)
    return f'<p class="legend">{spans}</p>'


def residuals_figure(evaluation: Evaluation) -> str:
    """How the errors are distributed."""
    edges, counts = evaluation.residual_edges, evaluation.residuals
    if not counts:
        return ""
    chart = Chart(
        Axis("Truth minus prediction", edges[0], edges[-1]),
        Axis("Rows", 0.0, max(counts) * 1.05 or 1.0),
        "Distribution of the residuals",
    )
    chart.columns(zip(edges, edges[1:], counts, strict=False), "s0")
    return figure("Residuals", chart.svg(), "Errors beyond the ends are counted in the outermost columns.")


def examples_figure(evaluation: Evaluation, *, are_worst: bool) -> str:
    """A few pictures or sequences, each with its true answer and the predicted one."""
    shown = [example for example in evaluation.examples if example.is_among_worst == are_worst]
    if not shown:
        return ""
    body = "".join(f"<li>{_example(example, bool(evaluation.classes))}</li>" for example in shown)
    title = f"{text(shown[0].column)}: predicted worst" if are_worst else f"{text(shown[0].column)}: drawn at random"
    return figure(title, f'<ul class="examples">{body}</ul>', "Below each its true answer, then the predicted one.")


def _example(example: Example, is_class: bool) -> str:
    if example.picture:
        shown = f'<img alt="{text(example.truth)}" src="data:image/png;base64,{example.picture}">'
    else:
        shown = _sparkline(example)
    kind = "wrong" if is_class and example.truth != example.predicted else ""
    return f'{shown}<strong>{text(example.truth)}</strong><small class="{kind}">{text(example.predicted)}</small>'


def _sparkline(example: Example) -> str:
    """The features of a sequence as lines, each over its own range."""
    lines = ""
    for index, line in enumerate(example.lines):
        points = [(place, value) for place, value in enumerate(line) if value is not None]
        if not points:
            continue
        low, high = min(value for _, value in points), max(value for _, value in points)
        at_x, at_y = 100 / max(1, len(line) - 1), 40 / ((high - low) or 1.0)
        path = " ".join(f"{place * at_x:.1f},{44 - (value - low) * at_y:.1f}" for place, value in points)
        lines += f'<polyline class="line s{index}" points="{path}"/>'
    return f'<svg role="img" aria-label="{text(example.truth)}" viewBox="0 0 100 48">{lines}</svg>'
