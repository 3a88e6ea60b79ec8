"""`fit` on pictures and sequences, in every form in which they come."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import tuner
from tuner.errors import InvalidDataset, InvalidInput, NotFound


@pytest.fixture(scope="module", autouse=True)
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUNER_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def fit(data: Any, target: str | None = None, models: tuple[str, ...] = ("linear",), **more: Any) -> tuner.Result:
    settings = {"time_budget": 60, "trials": len(models), "seed": 0, "progress": False} | more
    result = tuner.fit(data, target, models=list(models), **settings)
    result.close()
    return result


def digits() -> tuple[np.ndarray[Any, Any], ...]:
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    order = np.random.default_rng(0).permutation(len(images))
    learned, tested = order[:1400], order[1400:]
    return images[learned], labels[learned], images[tested], labels[tested]


def waves(count: int, seed: int) -> tuple[list[np.ndarray[Any, Any]], list[str]]:
    """Sequences of different lengths that rise and fall slowly or quickly."""
    rng = np.random.default_rng(seed)
    labels = ["slow" if index % 2 else "quick" for index in range(count)]
    return [
        np.column_stack([np.sin(np.arange(length) * (0.2 if label == "slow" else 1.5)), rng.normal(size=length)])
        for length, label in zip(rng.integers(20, 40, count), labels, strict=True)
    ], labels


def draw_pictures(folder: Path, count: int = 20) -> Path:
    """Pictures of different sizes, mostly dark or mostly bright."""
    rng = np.random.default_rng(0)
    for label, low in (("dark", 0), ("bright", 150)):
        (folder / label).mkdir(parents=True)
        for index in range(count):
            pixels = rng.integers(low, low + 100, (rng.integers(8, 14), 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{index}.{'png' if index % 2 else 'jpg'}")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_pictures(tmp_path_factory.mktemp("pictures") / "shades")


@pytest.fixture(scope="module")
def of_digits(shared_home: None) -> tuner.Result:
    images, labels, _, _ = digits()
    return fit((images, labels), models=("linear", "svm"))


@pytest.fixture(scope="module")
def of_pictures(shared_home: None, pictures: Path) -> tuner.Result:
    return fit(pictures)


@pytest.fixture(scope="module")
def of_waves(shared_home: None) -> tuner.Result:
    return fit(waves(80, seed=0))


def test_digits_are_told_apart_by_classic_models(of_digits: tuner.Result) -> None:
    _, _, images, labels = digits()

    assert (of_digits.predict(images) == labels).mean() > 0.97


@pytest.mark.slow
def test_digits_are_told_apart_by_what_is_tried_unasked() -> None:
    images, labels, new_images, new_labels = digits()

    # Ends after some candidates, not by the clock: machines differ.
    result = tuner.fit((images, labels), time_budget="4m", trials=5, seed=0, progress=False)
    result.close()

    assert (result.predict(new_images) == new_labels).mean() > 0.97


def test_all_forms_of_a_picture_are_predicted_alike(of_digits: tuner.Result, tmp_path: Path) -> None:
    _, _, images, _ = digits()
    few = images[:20]
    expected = of_digits.predict_proba(few)
    np.savez(tmp_path / "new.npz", x=few)

    forms = {
        "gray": few[..., 0],
        "list": list(few),
        "dicts": [{"x": image.tolist()} for image in few],
        "frame": pd.DataFrame({"x": pd.Series(list(few), dtype=object)}),
        "file": tmp_path / "new.npz",
    }
    for name, form in forms.items():
        np.testing.assert_allclose(of_digits.predict_proba(form), expected, atol=1e-6, err_msg=name)


def test_larger_pictures_are_brought_to_the_size_of_the_training(of_digits: tuner.Result) -> None:
    _, _, images, labels = digits()

    larger = np.repeat(np.repeat(images, 3, axis=1), 3, axis=2)

    assert (of_digits.predict(larger) == labels).mean() > 0.95


def test_folder_of_pictures_is_learned_and_predicted(of_pictures: tuner.Result, pictures: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        archive.write(pictures / "dark" / "1.png", "some.png")

    by_name = of_pictures.predict_proba(pictures)
    assert list(by_name.index[:2]) == ["bright/0.jpg", "bright/1.png"]
    assert (by_name["bright"] > 0.5).tolist() == [name.startswith("bright") for name in by_name.index]
    assert of_pictures.predict(pictures / "bright" / "0.jpg").tolist() == ["bright"]
    assert of_pictures.predict(tmp_path / "new.zip").tolist() == ["dark"]


def test_zip_of_pictures_is_the_same_dataset_as_its_folder(pictures: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shades.zip", "w") as archive:
        for path in pictures.rglob("*.*"):
            archive.write(path, path.relative_to(pictures))
    with tuner.Client() as client:
        data = client.upload_dataset(tmp_path / "shades.zip")
        again = client.upload_dataset(pictures)

    assert data.target == "label"
    assert "40 rows x 2 columns, image: image" in repr(data)
    assert " x 12 x 3</td>" in again._repr_html_()
    assert {column["name"]: column["kind"] for column in data.columns} == {"image": "image", "label": "category"}


def test_sequences_of_different_lengths_are_learned_and_predicted(of_waves: tuner.Result) -> None:
    new, labels = waves(40, seed=1)

    assert (of_waves.predict(new) == labels).mean() > 0.95
    assert of_waves.predict([{"x": new[0].tolist()}, {"x": None}])[0] == labels[0]


def test_pictures_beside_numbers_are_learned_together() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (120, 6, 6), dtype=np.uint8)
    number = rng.normal(size=120)
    frame = pd.DataFrame({"x": pd.Series(list(images), dtype=object), "number": number})
    frame["y"] = images[:, :3].mean(axis=(1, 2)) / 40 + number

    result = fit(frame, "y")

    assert result.score < 0.5 * frame["y"].std()
    explanation = result.best_model.explain(frame)
    assert {each.column for each in explanation.importances} == {"x", "number"}
    assert [each.column for each in explanation.dependences] == ["number"]


def test_models_of_pictures_are_explained_and_have_a_card(of_pictures: tuner.Result, pictures: Path) -> None:
    explanation = of_pictures.best_model.explain(pictures)

    assert explanation.importances[0].column == "image"
    assert explanation.importances[0].importance > 0.1
    assert explanation.dependences == ()
    with pytest.raises(InvalidInput, match="cannot be drawn: its cells are images"):
        of_pictures.best_model.explain(pictures, columns=["image"])
    card = of_pictures.best_model.card(rows=pictures)
    assert "Confusion matrix" in card
    assert 'model.predict("picture.png")' in card
    assert card.count('<img alt="bright"') + card.count('<img alt="dark"') == 12


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ("nowhere.png", NotFound, "nowhere.png"),
        (np.zeros((8, 8, 3)), InvalidInput, r"looks like one picture"),
        (np.zeros((8, 8)), InvalidInput, r"the first axis must be the rows"),
        (np.zeros((2, 8, 8, 2)), InvalidDataset, "Row 0, column 'image'.*had 3 channels"),
        ([{"picture": 1}], InvalidDataset, "column 'image'|lack 1 of the 1 columns"),
        (7, InvalidInput, "must be a DataFrame, .* a list of dicts or lists, or the path of a file, not int"),
    ],
)
def test_unfit_rows_are_refused(of_pictures: tuner.Result, rows: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        of_pictures.predict(rows)


def test_picture_files_do_not_go_with_other_models(of_waves: tuner.Result, pictures: Path) -> None:
    with pytest.raises(InvalidInput, match="Picture files go with models that know pictures alone"):
        of_waves.predict(pictures)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ((np.zeros((9, 4, 4, 1)), np.arange(8)), InvalidInput, "X has 9 rows, but y has 8 values"),
        ((np.zeros((9, 4, 4, 1, 1)), np.arange(9) % 2), InvalidDataset, "two or three dimensions"),
        (([np.zeros((3, 2)), np.zeros((3, 4))] * 2, [0, 1] * 2), InvalidDataset, "do not fit each other"),
        (([np.zeros((3, 4, 3)), np.zeros((4, 4, 3))] * 2, [0, 1] * 2), InvalidDataset, "have 2 sizes"),
        ((np.full((4, 3, 3), None), [0, 1] * 2), InvalidDataset, "Nothing is left to predict"),
    ],
)
def test_unfit_arrays_are_refused(data: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit(data)


def test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")

    with pytest.raises(InvalidDataset, match="There are no pictures in it"):
        fit(tmp_path)
