"""What a client promises of tables and of the models that are trained on them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from tuner.client import Client
from tuner.errors import InvalidInput, NotFound, TunerError
from tuner.testing.client.acting import new_name
from tuner.wire import Forecast

TABLE = "age,sex,survived\n" + "".join(f"{20 + row % 40},{'fm'[row % 2]},{(row * 7) % 3 // 2}\n" for row in range(60))


class DatasetPromises:
    """Part of ``ClientContract``."""

    def test_table_is_stored_once(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        first = client.upload_dataset(path, target="survived")
        again = client.upload_dataset(str(path), target="survived")
        assert (first.name, first.target, first.num_rows, first.num_columns) == ("people", "survived", 60, 3)
        assert again.id == first.id
        assert b"".join(client.transport.read_dataset(first.id)) == path.read_bytes()

    def test_packed_table_keeps_its_name(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "packed.csv.gz"
        path.write_bytes(gzip.compress(TABLE.encode()))
        assert client.upload_dataset(path).name == "packed"

    def test_frame_is_uploaded_as_a_table(self, client: Client) -> None:
        frame = pd.DataFrame({"age": [1.5, None, 3, 4], "name": ["a", "b", "ü", "a"], "y": [0, 1, 0, 1]})
        name = new_name()
        data = client.upload_dataset(frame, name=name, target="y")
        assert [column["name"] for column in data.columns] == ["age", "name", "y"]
        assert client.get_dataset(name).id == client.get_dataset(data.id).id == data.id
        assert client.upload_dataset(frame, name=name, target="y").id == data.id

    def test_kinds_of_columns_can_be_chosen(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        name = new_name()
        found = client.upload_dataset(path, name=name, target="survived")
        chosen = client.upload_dataset(path, name=name, target="survived", columns={"age": "category"})
        again = client.upload_dataset(path, name=name, target="survived", columns={"age": "category"})
        assert [data.columns[0]["kind"] for data in (found, chosen)] == ["number", "category"]
        assert again.id == chosen.id != found.id

    def test_kind_that_does_not_fit_is_told(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        with pytest.raises(TunerError, match="'sex' cannot be used as number"):
            client.upload_dataset(path, columns={"sex": "number"})

    def test_columns_that_foretell_the_target_are_warned_of(self, client: Client) -> None:
        frame = pd.DataFrame({"x": [1, 2, 3, 4, 5] * 20, "y": [0, 1] * 50, "copy": ["no", "yes"] * 50})
        data = client.upload_dataset(frame, name=new_name(), target="y")
        assert any("Column 'copy' alone tells 'y'" in warning for warning in data.warnings)

    def test_deleted_table_is_gone(self, client: Client) -> None:
        name = new_name()
        client.upload_dataset(pd.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]}), name=name).delete()
        with pytest.raises(NotFound):
            client.get_dataset(name)

    def test_missing_file_is_not_found(self, client: Client) -> None:
        with pytest.raises(NotFound, match=r"no file 'nowhere\.csv'"):
            client.upload_dataset("nowhere.csv")

    def test_missing_target_column_is_told(self, client: Client) -> None:
        with pytest.raises(TunerError, match="no column 'z'"):
            client.upload_dataset(pd.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]}), name=new_name(), target="z")

    def test_families_can_be_listed(self, client: Client) -> None:
        families = client.families()
        assert {"lightgbm", "linear"} <= {family.name for family in families}
        assert all(family.space is None and family.default is None for family in families)

    def test_families_depend_on_what_is_predicted(self, client: Client) -> None:
        days = pd.date_range("2024-01-01", periods=90).strftime("%Y-%m-%d")
        frame = pd.DataFrame({"day": days, "sold": [100 + 7 * (row % 7) + row / 8 for row in range(90)], "shop": 3})
        data = client.upload_dataset(frame, name=new_name())
        assert {family.default for family in client.families(data)} == {None}
        today = {family.name for family in client.families(data, target="sold") if family.default}
        for asked in (7, Forecast(7, time="day", season=7, known=())):
            ahead = {family.name for family in client.families(data, target="sold", forecast=asked) if family.default}
            assert ahead
            assert ahead.isdisjoint(today)

    def test_task_of_families_can_be_chosen(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        data = client.upload_dataset(path, name=new_name(), target="survived")
        classes, numbers = (
            {family.name: family.space for family in client.families(data, task=task)}["random_forest"]
            for task in ("binary", "regression")
        )
        assert classes is not None
        assert numbers is not None
        assert "criterion" in classes["parameters"]
        assert "criterion" not in numbers["parameters"]

    def test_families_for_a_target_that_is_not_there_are_told(self, client: Client, tmp_path: Path) -> None:
        path = tmp_path / "people.csv"
        path.write_text(TABLE)
        data = client.upload_dataset(path, name=new_name(), target="survived")
        with pytest.raises(InvalidInput, match="no column 'size'"):
            client.families(data, target="size")
        for wrong in ({"target": "age"}, {"forecast": 3}):
            with pytest.raises(InvalidInput) as raised:
                client.families(None, **wrong)
            (place,) = raised.value.places
            assert place.detail.startswith("needs a dataset")
        with pytest.raises(InvalidInput) as raised:
            client.families(data, task="guessing")
        assert [place.pointer for place in raised.value.places] == ["#/task"]
