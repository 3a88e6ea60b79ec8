"""Saved models: what they answer, and what they refuse."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from tuner.artifact import Manifest, ModelFacts, load_model, pack, save_model, unpack
from tuner.artifact.manifest import FORMAT_VERSION
from tuner.data import Task, target_profile
from tuner.data.frames import plain_frame
from tuner.data.profiling import profile_table
from tuner.data.splits import folds
from tuner.data.table import build_table
from tuner.errors import InvalidDataset, InvalidInput, MissingExtra, NotFound, TooLarge, TunerError, UnknownName
from tuner.models import family
from tuner.testing.model import KeepLatest


def save(folder, labels, name="linear"):
    """Train on a table in which ``x`` decides over ``labels``, and save the model."""
    rng = np.random.default_rng(0)
    x = rng.random(120)
    chosen = (x * len(labels)).astype(int)
    frame = pd.DataFrame({"x": x, "color": rng.choice(["rot", "grün", "blau"], 120)})
    frame["target"] = x * 100 if labels == [None] else [labels[index] for index in chosen]
    plain = plain_frame(frame)
    profile = profile_table(plain)
    target = target_profile(profile, "target")
    table = build_table(plain, profile, target)
    split = folds(table, 0, 4)[0]
    estimator = family(name).build(family(name).default(profile, target), seed=0, threads=1)
    estimator.fit(table.take(split.train), table.take(split.validation), KeepLatest())
    facts = ModelFacts(
        family=name,
        params=family(name).default(profile, target),
        target=target,
        target_form=profile.column("target").form,
        columns=table.columns,
        metric="accuracy",
        value=0.75,
    )
    save_model(folder, [estimator], facts)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save(tmp_path_factory.mktemp("text") / "model", ["ja", "nein", "vielleicht"])


@pytest.fixture(scope="module")
def packed(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "model.zip"
    pack(folder, path)
    return path


ROWS = [{"x": 0.05, "color": "rot"}, {"x": 0.95, "color": "gelb"}]


def test_labels_of_text_come_back_as_text(folder):
    assert load_model(folder).predict(ROWS).tolist() == ["ja", "vielleicht"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([3, 7, 11], [3, 11]), ([0.5, 2.5], [0.5, 2.5]), ([0, 1], [0, 1]), ([False, True], [False, True])],
)
def test_labels_come_back_as_they_were(labels, expected, tmp_path):
    prediction = load_model(save(tmp_path / "model", labels)).predict(ROWS).tolist()
    assert prediction == expected
    assert [type(label) for label in prediction] == [type(label) for label in expected]


def test_quantities_come_back_as_numbers(tmp_path):
    prediction = load_model(save(tmp_path / "model", [None])).predict(ROWS)
    np.testing.assert_allclose(prediction, [5, 95], atol=3)


def test_quantities_have_no_probabilities(tmp_path):
    with pytest.raises(InvalidInput, match="Use predict"):
        load_model(save(tmp_path / "model", [None])).predict_proba(ROWS)


def test_probabilities_are_named_by_label_and_keep_the_index(folder):
    frame = pd.DataFrame(ROWS, index=["a", "b"])
    probabilities = load_model(folder).predict_proba(frame)
    assert list(probabilities.columns) == ["ja", "nein", "vielleicht"]
    assert list(probabilities.index) == ["a", "b"]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_rows_may_come_as_frame_dicts_or_file(folder, tmp_path):
    model = load_model(folder)
    frame = pd.DataFrame(ROWS)[["color", "x"]].assign(extra=1)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    for rows in (frame, tmp_path / "rows.csv", str(tmp_path / "rows.csv")):
        assert model.predict(rows).tolist() == model.predict(ROWS).tolist()


def test_array_has_the_columns_in_their_order(folder):
    model = load_model(folder)
    names = [column.name for column in model.manifest.facts.columns]
    matrix = pd.DataFrame(ROWS)[names].to_numpy(dtype=object)
    assert model.predict(matrix).tolist() == model.predict(ROWS).tolist()
    assert model.predict(matrix.tolist()).tolist() == model.predict(ROWS).tolist()
    with pytest.raises(InvalidInput, match=r"shape \(2, 1\) does not go with the model's 2 columns") as refused:
        model.predict(matrix[:, :1])
    assert all(repr(name) in refused.value.hint for name in names)


@pytest.mark.parametrize("rows", [[0.5, "rot"], [[0.5, "rot"], [0.5]]])
def test_list_that_is_no_table_is_refused(folder, rows):
    with pytest.raises(InvalidInput, match="a list of dicts or lists"):
        load_model(folder).predict(rows)


def test_file_with_one_row_is_enough(folder, tmp_path):
    pd.DataFrame(ROWS[:1]).to_csv(tmp_path / "row.csv", index=False)
    assert load_model(folder).predict(tmp_path / "row.csv").tolist() == ["ja"]


def test_missing_cells_are_allowed(folder):
    assert len(load_model(folder).predict([{"x": None, "color": None}])) == 1


def test_missing_column_is_named(folder):
    with pytest.raises(InvalidDataset, match="'color'"):
        load_model(folder).predict([{"x": 0.5}])


def test_one_dict_is_refused_with_the_remedy(folder):
    with pytest.raises(InvalidInput, match="list of one dict"):
        load_model(folder).predict({"x": 0.5, "color": "rot"})


def test_model_tells_what_it_is(folder):
    model = load_model(folder)
    assert model.task is Task.MULTICLASS
    assert model.classes == ["ja", "nein", "vielleicht"]
    assert model.feature_names == ("x", "color")
    assert "linear" in repr(model)


def test_manifest_holds_facts_and_versions_but_no_values_of_the_table(folder):
    document = json.loads((folder / "manifest.json").read_text())
    assert document["format_version"] == FORMAT_VERSION
    assert document["versions"].keys() >= {"python", "tuner", "numpy", "scikit-learn"}
    assert all(column["value_counts"] == [] for column in document["columns"])


def test_packed_model_predicts_like_its_folder(folder, packed):
    pd.testing.assert_frame_equal(load_model(packed).predict_proba(ROWS), load_model(folder).predict_proba(ROWS))


def test_packing_twice_gives_the_same_bytes(folder, packed, tmp_path):
    (folder / "estimator.json").touch()
    pack(folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_packing_leaves_out_what_is_not_of_the_model(tmp_path):
    folder = save(tmp_path / "model", ["a", "b"])
    (folder / "notes.txt").write_text("private")
    pack(folder, tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert "notes.txt" not in archive.namelist()


def test_nothing_at_the_path_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        load_model(tmp_path / "absent.zip")


def test_changed_file_is_refused(tmp_path):
    folder = save(tmp_path / "model", ["a", "b"])
    path = folder / "estimator.json"
    path.write_text(path.read_text().replace("rot", "rob"))
    with pytest.raises(TunerError, match=r"estimator\.json.*checksum"):
        load_model(folder)


def test_lost_file_is_refused(tmp_path):
    folder = save(tmp_path / "model", ["a", "b"])
    name = next(name for name in Manifest.read(folder).files if name != "estimator.json")
    (folder / name).unlink()
    with pytest.raises(TunerError, match=f"{name}.*missing"):
        load_model(folder)


def test_folder_without_manifest_is_refused(tmp_path):
    with pytest.raises(TunerError, match=r"no manifest\.json"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", ["", "[1, 2]", "{}", '{"format_version": 1}', '{"format_version": 1, "params": 3}'])
def test_broken_manifest_is_refused(text, tmp_path):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(TunerError, match="damaged"):
        load_model(tmp_path)


def test_later_format_asks_for_a_newer_version(tmp_path):
    (tmp_path / "manifest.json").write_text('{"format_version": 99}')
    with pytest.raises(TunerError, match="newer tuner"):
        load_model(tmp_path)


def test_truncated_zip_is_refused(packed, tmp_path):
    (tmp_path / "half.zip").write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(TunerError, match="damaged"):
        load_model(tmp_path / "half.zip")


def test_damage_anywhere_in_the_zip_is_found_or_harmless(packed, tmp_path):
    original = packed.read_bytes()
    expected = load_model(packed).predict_proba(ROWS)
    path = tmp_path / "flipped.zip"
    num_refused = 0
    for position in [*range(0, len(original), 97), *range(len(original) - 300, len(original))]:
        content = bytearray(original)
        content[position] ^= 0b100
        path.write_bytes(content)
        try:
            prediction = load_model(path).predict_proba(ROWS)
        except TunerError:
            num_refused += 1
        else:
            # Times and permissions of entries, for one, mean nothing.
            pd.testing.assert_frame_equal(prediction, expected)
    assert num_refused > 50


def _repack(packed, path, change):
    """A zip file with another manifest, and an entry for each name that manifest lists."""
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(path, "w") as sink:
        manifest = json.loads(source.read("manifest.json"))
        change(manifest)
        sink.writestr("manifest.json", json.dumps(manifest))
        for name in filter(None, manifest["files"].keys() - {"manifest.json"}):
            sink.writestr(name, source.read(name) if name in source.namelist() else b"x")
    return path


@pytest.mark.parametrize(
    "name",
    [
        *("../evil.txt", "/tmp/evil.txt", "a/b", "..", "manifest.json", "c:evil", "a\\b", ""),
        *("parts/0/../x", "parts/../x", "parts/0/a/b", "parts/x/a", "parts/0/", "/parts/0/a", "parts/0/.."),
    ],
)
def test_names_that_lead_out_of_the_folder_are_refused(name, packed, tmp_path):
    path = _repack(packed, tmp_path / "evil.zip", lambda manifest: manifest["files"].update({name: "0" * 64}))
    with pytest.raises(TunerError, match="no file of a model"):
        load_model(path)


def test_entries_that_the_manifest_does_not_list_are_not_written(packed, tmp_path):
    path = _repack(packed, tmp_path / "more.zip", lambda manifest: None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.txt", "evil")
    (tmp_path / "out").mkdir()
    unpack(path, tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists()
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "manifest.json",
        *Manifest.read(tmp_path / "out").files,
    }


def test_zip_that_unpacks_to_too_much_is_refused(packed, tmp_path):
    path = _repack(packed, tmp_path / "bomb.zip", lambda manifest: None)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, zipfile.ZipFile(packed) as source:
        archive.writestr("manifest.json", source.read("manifest.json"))
        archive.writestr("estimator.json", b"0" * 50_000_000)
    (tmp_path / "out").mkdir()
    with pytest.raises(TooLarge):
        unpack(path, tmp_path / "out", max_bytes=1_000_000)
    assert (tmp_path / "out" / "estimator.json").stat().st_size <= 1_000_000


def _of_perceptron(manifest):
    manifest["parts"][0]["family"] = "perceptron"


@pytest.mark.parametrize("place", ["..", "/tmp", "parts", "parts/0/", "parts/a", "x"])
def test_part_outside_the_folder_is_refused(place, packed, tmp_path):
    path = _repack(packed, tmp_path / "evil.zip", lambda manifest: manifest["parts"][0].update(folder=place))
    with pytest.raises(TunerError, match="no folder of a part"):
        load_model(path)


@pytest.mark.parametrize("weight", [0.0, 0.5, -1.0])
def test_weights_that_are_no_shares_are_refused(weight, packed, tmp_path):
    path = _repack(packed, tmp_path / "odd.zip", lambda manifest: manifest["parts"][0].update(weight=weight))
    with pytest.raises(TunerError, match="shares of 1"):
        load_model(path)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_temperature_that_is_none_is_refused(temperature, packed, tmp_path):
    path = _repack(packed, tmp_path / "cold.zip", lambda manifest: manifest.update(temperature=temperature))
    with pytest.raises(TunerError, match="temperature"):
        load_model(path)


def test_low_temperature_makes_probabilities_surer(folder, packed, tmp_path):
    path = _repack(packed, tmp_path / "sure.zip", lambda manifest: manifest.update(temperature=0.5))
    squares = load_model(folder).predict_proba(ROWS) ** 2
    expected = squares.div(squares.sum(axis=1), axis=0)
    np.testing.assert_allclose(load_model(path).predict_proba(ROWS), expected)


def test_model_of_an_unknown_family_is_refused(folder, packed, tmp_path):
    path = _repack(packed, tmp_path / "other.zip", _of_perceptron)
    with pytest.raises(UnknownName, match="perceptron"):
        load_model(path)


def test_missing_library_names_the_extra(folder, monkeypatch):
    monkeypatch.setattr(type(family("linear")), "modules", ("no_such_module_anywhere",))
    with pytest.raises(MissingExtra, match=r"tuner\[local\]"):
        load_model(folder)
