from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.engine.acting import ActingStudy
from tuner.data.profiling import profile_table
from tuner.engine import Engine
from tuner.storage import Database, file_rows
from tuner.wire import CreateStudy, DatasetResource


@pytest.fixture
def new_study(engine: Engine) -> Callable[..., ActingStudy]:
    """Makes studies with names of their own."""
    numbers = itertools.count()

    def create(**fields: Any) -> ActingStudy:
        return ActingStudy.create(engine, fields.pop("name", f"study-{next(numbers)}"), **fields)

    return create


@pytest.fixture
def study(new_study: Callable[..., ActingStudy]) -> ActingStudy:
    return new_study()


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    """Two features and a yes-no target."""
    rng = np.random.default_rng(0)
    age = rng.normal(40, 10, 120).round(2)
    return pd.DataFrame(
        {
            "age": age,
            "town": rng.choice(["Bern", "Basel", "Thun"], 120),
            "bought": np.where(age + rng.normal(0, 5, 120) > 40, "yes", "no"),
        }
    )


@pytest.fixture
def dataset(database: Database, engine: Engine, table: pd.DataFrame) -> DatasetResource:
    """A stored table with a target, as an upload leaves it in SQL."""
    profile = profile_table(table)

    def add(connection: Any, now: Any) -> None:
        file_rows.insert_dataset(
            connection,
            "00000000-0000-7000-8000-000000000001",
            name="buyers",
            target="bought",
            size=1,
            sha256="0" * 64,
            profile=profile,
            now=now,
        )

    database.write(add).result()
    return engine.datasets.get("00000000-0000-7000-8000-000000000001")


@pytest.fixture
def trained(engine: Engine, dataset: DatasetResource) -> Callable[..., ActingStudy]:
    """Makes studies over the table, of one family unless said otherwise."""

    def create(name: str, **fields: Any) -> ActingStudy:
        body = {
            "name": name,
            "dataset": dataset.id,
            "models": ["linear"],
            "sampler": "random",
            "ensemble": False,
            **fields,
        }
        return ActingStudy(engine, engine.studies.create(CreateStudy.model_validate(body)).result().value.id)

    return create
