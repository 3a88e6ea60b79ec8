"""What networks add on pictures and sequences: ``python -m benchmarks.arrays [--seconds 60] [--pictures FOLDER]``.

``tuner.fit`` learns written digits, and which of two tremors comes first in recordings of different lengths: once with
every family that suits, once without networks. Rows that no model has seen are predicted. ``--pictures`` draws the
learning curves of the best networks.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

import tuner
from tuner.artifact.card.charts import Axis, Chart
from tuner.models import families

_MAX_CURVES = 4
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#5b6675}.title{fill:#17212f}.grid{stroke:#dfe3e8}"
    ".axis{stroke:#5b6675}.line{fill:none;stroke-width:2}.s0{stroke:#2f6fbb}.s1{stroke:#d9812b}.s2{stroke:#3a8f5c}"
    ".s3{stroke:#8a5bb8}</style>"
)
_QUICK, _SLOW = np.tile([1, -1], 6), np.tile([1, 1, -1, -1], 3)


@dataclass(frozen=True)
class Examples:
    """Known rows, and those that are predicted."""

    known: tuple[Any, Any]
    new: tuple[Any, Any]


def digits(seed: int) -> Examples:
    """1,797 digits of 8 x 8 pixels, 397 of them new."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    images, labels = pixels.reshape(-1, 8, 8, 1)[order], labels[order]
    return Examples((images[:1_400], labels[:1_400]), (images[1_400:], labels[1_400:]))


def tremors(seed: int) -> Examples:
    """1,200 recordings of 60 to 120 steps, 400 of them new."""
    rng = np.random.default_rng(seed)
    answers = rng.choice(["quick", "slow"], 1_200)
    recordings = [_recording(rng, answer == "quick") for answer in answers]
    return Examples((recordings[:800], answers[:800]), (recordings[800:], answers[800:]))


TASKS: dict[str, Callable[[int], Examples]] = {"digits": digits, "tremors": tremors}


def main() -> None:
    """Compare, and draw if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="time for each fit")
    parser.add_argument("--seeds", type=int, default=1, help="how many ways to divide or to make the rows")
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--pictures", type=Path, help="the folder to write the learning curves to")
    arguments = parser.parse_args()
    others = [name for name, each in families().items() if each.is_available() and not each.is_network]
    print("| task | seed | all families | without networks | best model of all |\n|---|---|---|---|---|", flush=True)
    for task in arguments.tasks:
        for seed in range(arguments.seeds):
            examples = TASKS[task](seed)
            picture = arguments.pictures and seed == 0 and arguments.pictures / f"{task}_curves.svg"
            share, best = _accuracy(examples, arguments.seconds, None, picture or None)
            plain, _ = _accuracy(examples, arguments.seconds, others, None)
            print(f"| {task} | {seed} | {share:.4f} | {plain:.4f} | {best} |", flush=True)


def _accuracy(
    examples: Examples, seconds: float, models: Sequence[str] | None, picture: Path | None
) -> tuple[float, str]:
    """The share of new rows that are told, and the best model."""
    if models is not None:
        models = [name for name in models if families()[name].reads & {"image", "sequence"}]
    result = tuner.fit(examples.known, models=models, metric="log_loss", time_budget=seconds, seed=0, progress=False)
    rows, truth = examples.new
    share = float(np.mean(result.predict(rows) == truth))
    board = result.leaderboard()
    if picture is not None:
        picture.write_text(_curves(result), encoding="utf-8")
    result.close()
    return share, str(board["model"].iloc[0])


def _recording(rng: np.random.Generator, is_quick_first: bool) -> np.ndarray:
    steps = rng.normal(0, 0.4, rng.integers(60, 121))
    early, late = rng.integers(0, len(steps) // 2 - 12), rng.integers(len(steps) // 2, len(steps) - 12)
    steps[early : early + 12] += _QUICK if is_quick_first else _SLOW
    steps[late : late + 12] += _SLOW if is_quick_first else _QUICK
    return np.asarray(steps[:, None])


def _curves(result: tuner.Result) -> str:
    """The validation losses of the best networks by epoch."""
    study = result.study
    names = {name for name, each in families().items() if each.is_network}
    ranked = study.trials(states=["completed"], order_by="rank")
    networks = [trial for trial in ranked if trial.params["model"] in names][:_MAX_CURVES]
    curves = {}
    for trial in networks:
        curves[f"{trial.params['model']}, trial {trial.number}"] = [
            (float(each.step), float(np.log10(max(each.value, 1e-4)))) for each in study.measurements(trial.number)
        ]
    return _picture(result.metric, curves)


def _picture(metric: str, curves: dict[str, list[tuple[float, float]]]) -> str:
    steps = [step for points in curves.values() for step, _ in points]
    values = [value for points in curves.values() for _, value in points]
    # The names stand above the curves.
    room = max(values) + 0.08 * (1 + len(curves)) * (max(values) - min(values))
    chart = Chart(
        Axis.around("epoch", steps),
        Axis.around(f"{metric}, power of 10", [*values, room]),
        f"{metric} of networks by epoch",
    )
    for place, points in enumerate(curves.values()):
        chart.line(points, f"s{place}")
    marks = "".join(
        f'<line class="line s{place}" x1="230" x2="254" y1="{26 + 18 * place}" y2="{26 + 18 * place}"/>'
        f'<text x="260" y="{30 + 18 * place}">{name}</text>'
        for place, name in enumerate(curves)
    )
    body = chart.svg().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="630" height="405" ', 1)
    begin = body.index(">") + 1
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{body[:begin]}{_STYLE}{paper}{body[begin:].replace('</svg>', '')}{marks}</svg>\n"


if __name__ == "__main__":
    os.environ.setdefault("TUNER_HOME", tempfile.mkdtemp(prefix="tuner-arrays-"))
    main()
