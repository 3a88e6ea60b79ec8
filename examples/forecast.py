"""Forecast a time series: an airline's passengers, a year ahead, beside what came. Run: python forecast.py [20s]"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

import tuner


def main() -> None:
    time_budget = sys.argv[1] if len(sys.argv) > 1 else "20s"
    table = pd.read_csv(Path(__file__).with_name("passengers.csv"))
    known, truth = table.iloc[:-12], table.iloc[-12:]

    result = tuner.fit(known, target="passengers", forecast=12, time_budget=time_budget)
    print(result.leaderboard(limit=8)[["rank", "model", result.metric, "standard_error", "fit_seconds"]])

    forecast = result.forecast()
    forecast["truth"] = truth["passengers"].to_numpy()
    print(forecast.to_string(index=False, float_format="{:.1f}".format))
    error = (forecast["passengers"] - forecast["truth"]).abs().mean()
    last_year = abs(known["passengers"].to_numpy()[-12:] - truth["passengers"].to_numpy()).mean()
    print(f"Mean error {error:.1f} passengers (thousands); repeating the last year has {last_year:.1f}.")

    result.best_model.card("passengers.html")
    print("The course, the backtest and the forecast are drawn in passengers.html.")


if __name__ == "__main__":
    main()
