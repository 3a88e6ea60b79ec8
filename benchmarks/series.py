"""Forecasts against what repeats the past: ``python -m benchmarks.series [--seconds 20] [--picture FILE]``.

The last year of the airline's passengers (``examples/passengers.csv``) and of made series is held out, ``tuner.fit``
forecasts it, and its error is compared with those of the last value and of the last season. ``--picture`` draws
history, forecast and truth of the passengers.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import tuner
from tuner.artifact.card.charts import Axis, Chart

_PASSENGERS = Path(__file__).parents[1] / "examples" / "passengers.csv"
_HORIZON, _SEASON = 12, 12
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#5b6675}.title{fill:#17212f}.grid{stroke:#dfe3e8}"
    ".axis{stroke:#5b6675}.line{fill:none;stroke-width:2}.history{stroke:#5b6675}.s1{stroke:#d9812b}"
    ".s0{stroke:#2f6fbb}.reference{stroke:#2f6fbb;stroke-dasharray:5 4}</style>"
)


def main() -> None:
    """Compare, and draw if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="time for each series")
    parser.add_argument("--seeds", type=int, default=5, help="how many made series")
    parser.add_argument("--picture", type=Path, help="where to write the picture of the passengers")
    arguments = parser.parse_args()
    print("| series | tuner | last season | last value |\n|---|---|---|---|")
    shares = []
    for name, table in _series(arguments.seeds):
        forecast, truth = _forecast(table, arguments.seconds), table["y"].to_numpy()[-_HORIZON:]
        known = table["y"].to_numpy()[:-_HORIZON]
        errors = [_error(each, truth) for each in (forecast, known[-_SEASON:], np.full(_HORIZON, known[-1]))]
        shares.append(errors[0] / errors[1])
        print(f"| {name} | {errors[0]:.2f} | {errors[1]:.2f} | {errors[2]:.2f} |")
        if name == "passengers" and arguments.picture is not None:
            arguments.picture.write_text(_picture(table, forecast), encoding="utf-8")
    mean = float(np.exp(np.mean(np.log(shares))))
    print(f"\nGeometric mean of the error as a share of that of the last season: {mean:.2f}")


def _series(num_seeds: int) -> Iterator[tuple[str, pd.DataFrame]]:
    yield "passengers", pd.read_csv(_PASSENGERS).rename(columns={"passengers": "y"})
    months = pd.date_range("2012-01-01", periods=144, freq="MS").strftime("%Y-%m")
    for seed in range(num_seeds):
        rng = np.random.default_rng(seed)
        month = np.arange(144)
        season = rng.normal(0, 2, _SEASON)[month % _SEASON]
        walk = np.cumsum(rng.normal(0, 0.15, 144)) if seed % 2 else 0.0
        values = 30 + rng.uniform(-0.02, 0.06) * month + walk + season + rng.normal(0, 0.5, 144)
        yield f"made, seed {seed}", pd.DataFrame({"month": months, "y": values})


def _forecast(table: pd.DataFrame, seconds: float) -> np.ndarray:
    known = table.iloc[:-_HORIZON]
    result = tuner.fit(known, target="y", forecast=_HORIZON, time_budget=seconds, seed=0, progress=False)
    values = result.forecast()["y"].to_numpy()
    result.close()
    return np.asarray(values)


def _error(prediction: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((prediction - truth) ** 2)))


def _picture(table: pd.DataFrame, forecast: np.ndarray) -> str:
    times = pd.to_datetime(table["month"]).to_numpy().astype("datetime64[s]").astype(np.float64)[-84:]
    values = table["y"].to_numpy(dtype=np.float64)[-84:]
    x = Axis.around("month", times.tolist(), margin=0.02, is_date=True)
    # Room above for the legend.
    y = Axis("passengers (thousands)", values.min() * 0.9, values.max() * 1.2)
    chart = Chart(x, y, "Passengers of an airline: history, forecast and truth")
    start = len(values) - _HORIZON
    chart.line(zip(times[:start], values[:start], strict=True), "history")
    chart.line(zip(times[start - 1 :], values[start - 1 :], strict=True), "reference")
    chart.line(zip(times[start - 1 :], [values[start - 1], *forecast], strict=True), "s1")
    legend = (("history", "history"), ("s1", "forecast"), ("reference", "what came"))
    marks = "".join(
        f'<line class="line {style}" x1="{80 + 110 * place}" x2="{104 + 110 * place}" y1="26" y2="26"/>'
        f'<text x="{110 + 110 * place}" y="30">{name}</text>'
        for place, (style, name) in enumerate(legend)
    )
    body = chart.svg().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" width="630" height="405" ', 1)
    begin = body.index(">") + 1
    paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{body[:begin]}{_STYLE}{paper}{body[begin:].replace('</svg>', '')}{marks}</svg>\n"


if __name__ == "__main__":
    import os

    os.environ.setdefault("TUNER_HOME", tempfile.mkdtemp(prefix="tuner-series-"))
    main()
