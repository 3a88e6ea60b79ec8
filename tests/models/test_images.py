"""Networks that see pictures, and how pictures are changed for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tuner.data import ColumnKind, Task
from tuner.models.keras_cnn import KerasCNN
from tuner.models.networks.augmentation import ImageAugmentation, augmentation_defaults, augmentation_parameters
from tuner.models.networks.image_inputs import seen_shape
from tuner.testing.arrays import ImageFamilyContract, array_alone, image_data
from tuner.testing.model import Data, fit
from tuner.testing.network import CheckpointedCurve, Killed, NetworkContract

FAMILY = KerasCNN()
AUGMENTED = {"flip": "both", "shift": 0.2, "rotate": 0.1, "zoom": 0.2}


def pictures(count: int = 200) -> np.ndarray:
    """A bright spot off the center of each."""
    images = np.zeros((count, 9, 9, 1), np.float32)
    images[:, 2, 5] = 1
    return images


def changed(seed: int = 0, **changes: object) -> np.ndarray:
    images = pictures()
    augmentation = ImageAugmentation.of({"flip": "none", "shift": 0.0, "rotate": 0.0, "zoom": 0.0, **changes})
    assert augmentation is not None
    augmentation.apply(images, np.random.default_rng(seed))
    return images


def with_shape(data: Data, shape: tuple[int, int, int]) -> Data:
    columns = tuple(
        replace(column, shape=shape) if column.kind is ColumnKind.IMAGE else column for column in data.profile.columns
    )
    return replace(data, profile=replace(data.profile, columns=columns))


@pytest.mark.slow
class TestKerasCNN(NetworkContract, ImageFamilyContract):
    family = FAMILY


def test_flips_put_what_is_seen_in_the_mirror():
    places = {tuple(place) for place in np.argwhere(changed(flip="horizontal"))[:, 1:3]}
    assert places == {(2, 5), (2, 3)}
    places = {tuple(place) for place in np.argwhere(changed(flip="both"))[:, 1:3]}
    assert places == {(2, 5), (2, 3), (6, 5), (6, 3)}


def test_shifts_move_all_of_a_picture_by_their_share_at_most():
    images = changed(shift=0.2)
    np.testing.assert_allclose(images.sum(axis=(1, 2, 3)), 1, rtol=1e-5)
    centers = np.einsum("nhwc,h->n", images, np.arange(9)), np.einsum("nhwc,w->n", images, np.arange(9))
    for center, was in zip(centers, (2, 5), strict=True):
        assert np.abs(center - was).max() == pytest.approx(1.8, abs=0.1)
        assert center.std() > 0.5


def test_turns_keep_the_distance_from_the_center():
    images = changed(rotate=0.25)
    y, x = np.indices((9, 9)) - 4
    down, right = (np.einsum("nhwc,hw->n", images, axis) / images.sum(axis=(1, 2, 3)) for axis in (y, x))
    np.testing.assert_allclose(np.hypot(down, right), np.hypot(2, 1), atol=0.2)
    assert right.min() < -1
    assert right.max() > 2


def test_pictures_go_on_beyond_their_edges_as_they_end():
    images = np.broadcast_to(np.arange(9, dtype=np.float32)[:, None, None], (50, 9, 9, 1)).copy()
    augmentation = ImageAugmentation("none", shift=0.25, rotate=0.0, zoom=0.0)
    augmentation.apply(images, np.random.default_rng(0))
    assert images.min() == 0
    assert images.max() == 8
    assert (np.diff(images, axis=1) >= -1e-6).all()


def test_zoom_of_a_single_pixel_is_that_pixel():
    images = np.full((5, 1, 1, 3), 7, np.float32)
    ImageAugmentation("both", 0.25, 0.25, 0.4).apply(images, np.random.default_rng(0))
    np.testing.assert_allclose(images, 7, rtol=1e-6)


def test_changes_follow_from_the_seed():
    np.testing.assert_array_equal(changed(3, **AUGMENTED), changed(3, **AUGMENTED))
    assert (changed(3, **AUGMENTED) != changed(4, **AUGMENTED)).any()


def test_tiny_pictures_are_left_as_they_are_and_gray_ones_are_not_mirrored():
    assert ImageAugmentation.of(augmentation_defaults((8, 8, 1))) is None
    assert augmentation_defaults((28, 28, 1))["flip"] == "none"
    assert augmentation_defaults((32, 32, 3))["flip"] == "horizontal"
    assert set(augmentation_parameters()) == set(augmentation_defaults((64, 64, 3)))


def test_large_pictures_are_seen_smaller_in_their_proportions():
    assert seen_shape((400, 200, 3), 128, num_rows=10) == (128, 64, 3)
    assert seen_shape((20, 10, 3), 128, num_rows=10) == (20, 10, 3)
    assert seen_shape((400, 200, 3), None, num_rows=10) == (400, 200, 3)


def test_pictures_of_many_rows_fit_into_memory():
    shape = seen_shape((128, 128, 3), 128, num_rows=100_000)
    assert np.prod(shape) * 4 * 100_000 < 1.1 * 2**30


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 3), (8, 8, 1), (33, 33, 3), (128, 96, 3), (4000, 3000, 3)])
def test_space_fits_pictures_of_every_size(shape):
    data = with_shape(image_data(Task.BINARY), shape)
    target = data.table.target_profile
    space, default = FAMILY.space(data.profile, target), FAMILY.default(data.profile, target)
    assert space.check(default) == default
    assert ("resolution" in space) == (max(shape[:2]) > 32)
    assert 3 < FAMILY.fit_seconds(data.profile, target, default) < 600
    for draw in range(20):
        params = space.draw(np.random.Generator(np.random.Philox(draw)))
        assert FAMILY.fit_seconds(data.profile, target, params) > 0


@pytest.mark.slow
@pytest.mark.every_backend
def test_augmented_training_resumes_where_it_was(tmp_path):
    data = array_alone(image_data(Task.BINARY))
    params = {**FAMILY.default(data.profile, data.table.target_profile), **AUGMENTED}
    unbroken = fit(FAMILY, data, params, seed=5, stop=lambda step: step == 4)
    killed = CheckpointedCurve(data, tmp_path, last=4, killed_after=2)
    with pytest.raises(Killed):
        FAMILY.build(params, seed=5, threads=1).fit(data.train, data.validation, killed)
    curve = CheckpointedCurve(data, tmp_path, last=4)
    FAMILY.build(params, seed=5, threads=1).fit(data.train, data.validation, curve)
    np.testing.assert_allclose(curve.reported[-1], unbroken.reported[-1], rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"block": "residual", "blocks": 2, "pooling": "max"},
        {"block": "plain", "batch_normalization": False, "kernel_size": 5, "stages": 1},
    ],
)
def test_every_kind_of_block_learns(changes):
    data = array_alone(image_data(Task.REGRESSION))
    target = data.table.target_profile
    params = {**FAMILY.default(data.profile, target), **changes}
    space = FAMILY.space(data.profile, target)
    params = {name: value for name, value in params.items() if space.is_active(name, params)}
    prediction = fit(FAMILY, data, params).estimator.predict(data.validation.features)
    assert np.corrcoef(prediction, data.validation.target)[0, 1] > 0.9
