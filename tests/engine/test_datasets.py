"""Datasets: stored once, profiled once, kept while they are used."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from tests.engine.acting import ActingStudy
from tuner.engine import Engine, Limits, Outcome
from tuner.errors import DatasetInUse, InvalidDataset, InvalidInput, NotFound, TooLarge
from tuner.storage import Database
from tuner.wire import ChangeDataset, CreateStudy, DatasetResource

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def content(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def upload(
    engine: Engine, content: bytes, name: str = "buyers", target: str | None = "bought", sha256: str | None = None
) -> Outcome[DatasetResource]:
    return engine.datasets.upload(iter([content[:100], content[100:]]), name=name, target=target, sha256=sha256)


def test_an_uploaded_table_is_profiled_kept_and_stored_once(engine: Engine, content: bytes) -> None:
    first = upload(engine, content)
    assert first.created
    stored = first.value
    assert (stored.name, stored.target, stored.size) == ("buyers", "bought", len(content))
    assert (stored.num_rows, stored.num_columns) == (120, 3)
    assert [column["name"] for column in stored.profile["columns"]] == ["age", "town", "bought"]
    assert engine.datasets.path(stored.id).read_bytes() == content
    assert upload(engine, content) == Outcome(stored, created=False)
    assert upload(engine, content, target=None) == Outcome(stored, created=False)


def test_the_first_rows_of_an_uploaded_table_can_be_seen(engine: Engine, content: bytes, table: pd.DataFrame) -> None:
    stored = upload(engine, content).value
    shown = engine.datasets.preview(stored.id)
    assert (shown.columns, shown.num_rows, len(shown.rows)) == (("age", "town", "bought"), 120, 20)
    assert shown.rows == tuple(table.head(20).itertuples(index=False, name=None))
    assert engine.datasets.preview(stored.id, 3).rows == shown.rows[:3]
    assert len(engine.datasets.preview(stored.id, 100).rows) == 100
    assert [len(column["histogram"]) for column in stored.profile["columns"]] == [20, 0, 0]


def test_a_table_of_an_earlier_version_has_no_first_rows(engine: Engine, dataset: DatasetResource) -> None:
    with pytest.raises(NotFound, match="no preview") as caught:
        engine.datasets.preview(dataset.id)
    assert "Upload" in str(caught.value.hint)
    with pytest.raises(NotFound, match="no dataset"):
        engine.datasets.preview("nothing")


@on_sqlite
def test_another_name_or_target_makes_another_dataset(engine: Engine, content: bytes) -> None:
    ids = {upload(engine, content).value.id, upload(engine, content, name="copy").value.id}
    ids.add(upload(engine, content, target="town").value.id)
    assert len(ids) == 3


@on_sqlite
def test_the_same_upload_twice_at_once_is_stored_once(engine: Engine, content: bytes, tmp_path: Path) -> None:
    barrier = threading.Barrier(2)

    def send(_: int) -> Outcome[DatasetResource]:
        barrier.wait()
        return upload(engine, content)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(send, range(2)))
    assert sorted(outcome.created for outcome in outcomes) == [False, True]
    assert len({outcome.value.id for outcome in outcomes}) == 1
    assert len(list((tmp_path / "files" / "datasets").iterdir())) == 1


@on_sqlite
def test_an_unknown_target_is_refused_and_nothing_kept(engine: Engine, content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="boght"):
        upload(engine, content, target="boght")
    assert engine.datasets.page().items == ()
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@on_sqlite
def test_what_is_no_table_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidDataset):
        upload(engine, b"\x00\x01\x02" * 100, target=None)


@on_sqlite
def test_a_broken_transfer_is_refused(engine: Engine, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="SHA-256"):
        upload(engine, content, sha256="0" * 64)


@on_sqlite
def test_a_table_over_the_limit_is_refused(database: Database, content: bytes, tmp_path: Path) -> None:
    engine = Engine(database, tmp_path / "files", limits=Limits(max_upload_bytes=1_000))
    with pytest.raises(TooLarge):
        upload(engine, content)


def test_a_dataset_in_use_cannot_be_deleted(engine: Engine, dataset: DatasetResource) -> None:
    body = CreateStudy(name="user", dataset=dataset.id, models=["linear"])
    study = ActingStudy(engine, engine.studies.create(body).result().value.id)
    with pytest.raises(DatasetInUse, match="user"):
        engine.datasets.delete(dataset.id).result()
    study.cancel()
    engine.studies.delete(study.id).result()
    engine.datasets.delete(dataset.id).result()
    with pytest.raises(NotFound):
        engine.datasets.get(dataset.id)


def test_deleting_a_dataset_removes_its_file(engine: Engine, dataset: DatasetResource, tmp_path: Path) -> None:
    path = engine.datasets.path(dataset.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"table")
    engine.datasets.delete(dataset.id).result()
    assert not path.exists()


def test_name_and_target_can_be_changed(engine: Engine, dataset: DatasetResource) -> None:
    changed = engine.datasets.change(dataset.id, ChangeDataset(name="clients", target="town")).result()
    assert (changed.name, changed.target) == ("clients", "town")
    assert engine.datasets.get(dataset.id) == changed


def test_a_change_to_an_unknown_target_is_refused(engine: Engine, dataset: DatasetResource) -> None:
    with pytest.raises(InvalidDataset):
        engine.datasets.change(dataset.id, ChangeDataset(target="nothing")).result()


def test_kinds_can_be_changed_until_a_study_uses_them(engine: Engine, dataset: DatasetResource) -> None:
    changed = engine.datasets.change(dataset.id, ChangeDataset(columns={"town": "identifier"})).result()
    assert [column["kind"] for column in changed.profile["columns"] if column["name"] == "town"] == ["identifier"]
    engine.studies.create(CreateStudy(name="study", dataset=dataset.id, models=["linear"])).result()
    with pytest.raises(DatasetInUse, match="study"):
        engine.datasets.change(dataset.id, ChangeDataset(columns={"town": "category"})).result()
    same = engine.datasets.change(dataset.id, ChangeDataset(name="new", columns={"town": "identifier"})).result()
    assert same.name == "new"


def test_a_kind_that_does_not_fit_is_refused(engine: Engine, dataset: DatasetResource) -> None:
    with pytest.raises(InvalidDataset, match="cannot be used as number"):
        engine.datasets.change(dataset.id, ChangeDataset(columns={"town": "number"})).result()


def test_a_target_that_the_kinds_leave_out_is_refused(engine: Engine, dataset: DatasetResource) -> None:
    with pytest.raises(InvalidDataset, match="cannot be the target"):
        engine.datasets.change(dataset.id, ChangeDataset(columns={"bought": "text"})).result()


def test_a_study_keeps_the_target_it_was_made_with(engine: Engine, dataset: DatasetResource) -> None:
    body = CreateStudy(name="study", dataset=dataset.id, models=["linear"])
    study = ActingStudy(engine, engine.studies.create(body).result().value.id)
    engine.datasets.change(dataset.id, ChangeDataset(target="town")).result()
    target = study.shown.target
    assert target is not None
    assert target.name == "bought"


def test_an_unknown_dataset_is_not_found(engine: Engine) -> None:
    for use in (engine.datasets.get, engine.datasets.path, lambda id_: engine.datasets.delete(id_).result()):
        with pytest.raises(NotFound):
            use("nowhere")


class TestFamilies:
    def test_without_a_dataset_they_are_only_listed(self, engine: Engine) -> None:
        families = {family.name: family for family in engine.families().items}
        assert {"linear", "lightgbm", "random_forest"} <= set(families)
        assert all(family.space is None for family in families.values())

    def test_for_a_dataset_they_show_their_spaces(self, engine: Engine, dataset: DatasetResource) -> None:
        families = {family.name: family for family in engine.families(dataset.id).items}
        assert families["linear"].available
        assert families["linear"].space is not None
        assert families["linear"].space["parameters"]

    def test_for_an_unknown_dataset_there_are_none(self, engine: Engine) -> None:
        with pytest.raises(NotFound):
            engine.families("nowhere")
