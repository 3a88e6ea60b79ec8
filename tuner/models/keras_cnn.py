"""A convolutional network for pictures, by Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models.base import TABULAR_KINDS
from tuner.models.networks.augmentation import ImageAugmentation, augmentation_defaults, augmentation_parameters
from tuner.models.networks.branches import beside_columns, column_defaults, column_parameters
from tuner.models.networks.drawing import drawn
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.image_inputs import RESOLUTION, ImageInputs, seen_shape
from tuner.models.networks.tabular_inputs import TabularInputs
from tuner.space import Categorical, Float, Int, Parameter, Params

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_IMAGE_KINDS = frozenset({ColumnKind.IMAGE})
# With fewer it has too little to learn from; more take hours without a GPU.
_MIN_ROWS, _MAX_ROWS = 100, 100_000
_RESOLUTIONS = (32, 64, 96, 128)
_USUAL_RESOLUTION = 64
# The first layer makes pictures so small that those behind it are affordable on a processor.
_SIDE_OF_STAGES = 32
_MAX_STAGES, _MAX_WIDTH = 4, 512


class KerasCNNEstimator(NetworkEstimator):
    """Stages of convolutions at ever smaller sizes, summed up over the picture; other columns beside them.

    Residual blocks: He, Zhang, Ren and Sun (2016), Deep Residual Learning for Image Recognition. Their last scale
    begins at zero, so that each block begins as nothing: Goyal et al. (2017), Accurate, Large Minibatch SGD.
    """

    parts = (ImageInputs, TabularInputs)
    # Few enough that the learning rate comes down before patience ends.
    steps = 3_000
    min_epochs = 10
    max_epochs = 30
    patience = 10

    def _body(self, keras: Any, entries: Mapping[str, Any], seeds: Iterator[int]) -> Any:
        images = self._inputs.part(ImageInputs)
        summaries = [
            self._summary(keras, entries[entry], seeds) for entry in (() if images is None else images.entries.values())
        ]
        x = beside_columns(keras, summaries, self._inputs, entries, seeds, self._params)
        return keras.layers.Dropout(self._params["dropout"], seed=next(seeds))(x) if self._params["dropout"] else x

    def _augmentation(self) -> Callable[[dict[str, NDArray[Any]], np.random.Generator], None] | None:
        augmentation, images = ImageAugmentation.of(self._params), self._inputs.part(ImageInputs)
        if augmentation is None or images is None:
            return None
        entries = list(images.entries.values())

        def augment(arrays: dict[str, NDArray[Any]], rng: np.random.Generator) -> None:
            for entry in entries:
                augmentation.apply(arrays[entry], rng)

        return augment

    def _summary(self, keras: Any, x: Any, seeds: Iterator[int]) -> Any:
        """One picture as a vector."""
        for stage, width in enumerate(_widths(self._params, x.shape[1:])):
            if stage:
                x = keras.layers.MaxPooling2D(2, padding="same")(x)
            else:
                stride = _first_stride(x.shape[1:])
                x = self._activated(keras, self._convolution(keras, x, width, seeds, stride))
            for _ in range(self._params["blocks"]):
                if self._params["block"] == "residual":
                    x = self._residual(keras, x, width, seeds)
                else:
                    x = self._activated(keras, self._convolution(keras, x, width, seeds))
        if self._params["pooling"] == "max":
            return keras.layers.GlobalMaxPooling2D()(x)
        return keras.layers.GlobalAveragePooling2D()(x)

    def _residual(self, keras: Any, x: Any, width: int, seeds: Iterator[int]) -> Any:
        added = self._activated(keras, self._convolution(keras, x, width, seeds))
        added = self._convolution(keras, added, width, seeds)
        added = keras.layers.BatchNormalization(momentum=0.9, gamma_initializer="zeros")(added)
        if x.shape[-1] != width:
            x = self._convolution(keras, x, width, seeds, kernel_size=1)
        return keras.layers.Activation("relu")(keras.layers.Add()([x, added]))

    def _convolution(
        self, keras: Any, x: Any, width: int, seeds: Iterator[int], stride: int = 1, kernel_size: int | None = None
    ) -> Any:
        return keras.layers.Conv2D(
            width,
            kernel_size or max(self._params["kernel_size"], stride + 1),
            strides=stride,
            padding="same",
            kernel_initializer=drawn(keras.initializers.HeNormal(seed=next(seeds))),
        )(x)

    def _activated(self, keras: Any, x: Any) -> Any:
        if self._params.get("batch_normalization", True):
            x = keras.layers.BatchNormalization(momentum=0.9)(x)
        return keras.layers.Activation("relu")(x)


class KerasCNN(NetworkFamily):
    """A network that sees what lies beside what: at its best on pictures, from 8 x 8 pixels up.

    Parameters: ``resolution``: pictures are made smaller until no side has more pixels, and until all together take
    1 GiB of memory; ``block``: ``plain`` convolutions or ``residual`` ones; ``stages``, each at half the size of the
    one before and twice its width; ``blocks`` in each; ``width`` of the first; ``kernel_size``;
    ``batch_normalization`` of plain blocks; ``pooling`` over the picture, ``mean`` or ``max``; ``dropout``; how
    pictures are changed in each epoch, see ``tuner.models.networks.augmentation``; ``column_units`` and
    ``category_size`` where there are other columns; and how it learns, see ``tuner.models.networks.optimization``.
    """

    name = "keras_cnn"
    title = "Convolutional network (Keras)"
    reads = TABULAR_KINDS | _IMAGE_KINDS
    needs = _IMAGE_KINDS
    start_seconds = 5.0
    estimator = KerasCNNEstimator

    def suits(self, profile: DatasetProfile, target: TargetProfile) -> bool:
        return self.supports(profile, target) and _MIN_ROWS <= target.num_rows <= _MAX_ROWS

    def body_parameters(self, profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
        shape = _largest_shape(profile, target)
        parameters: dict[str, Parameter] = {}
        if len(resolutions := _resolutions(shape)) > 1 or max(shape[:2]) > resolutions[-1]:
            parameters[RESOLUTION] = Categorical(resolutions, ordered=True)
        return {
            **parameters,
            "block": Categorical(["plain", "residual"]),
            "stages": Int(1, _most_stages(shape)),
            "blocks": Int(1, 3),
            "width": Int(16, 128, step=16),
            "kernel_size": Categorical([3, 5], ordered=True),
            "batch_normalization": Categorical([True, False], when={"block": ["plain"]}),
            "pooling": Categorical(["mean", "max"]),
            "dropout": Float(0.0, 0.6),
            **augmentation_parameters(),
            **column_parameters(profile, target),
        }

    def body_defaults(self, profile: DatasetProfile, target: TargetProfile) -> Params:
        shape = _largest_shape(profile, target)
        params: Params = {
            "block": "plain",
            "stages": min(3, _most_stages(shape)),
            "blocks": 1,
            "width": 32,
            "kernel_size": 3,
            "batch_normalization": True,
            "pooling": "mean",
            "dropout": 0.2,
            **augmentation_defaults(shape),
            **column_defaults(profile, target),
        }
        if RESOLUTION in self.body_parameters(profile, target):
            affordable = [side for side in _resolutions(shape) if side <= _USUAL_RESOLUTION]
            params[RESOLUTION] = max(affordable, default=_resolutions(shape)[0])
        return params

    def multiplications(self, profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> float:
        return sum(
            _convolution_multiplications(seen_shape(shape, params.get(RESOLUTION), target.num_rows), params)
            for shape in _shapes(profile, target)
        )


def _shapes(profile: DatasetProfile, target: TargetProfile) -> list[tuple[int, ...]]:
    columns = (column for column in profile.features(target.name) if column.kind is ColumnKind.IMAGE)
    return [column.shape for column in columns if column.shape is not None]


def _largest_shape(profile: DatasetProfile, target: TargetProfile) -> tuple[int, ...]:
    return max(_shapes(profile, target), key=lambda shape: max(shape[:2]))


def _resolutions(shape: tuple[int, ...]) -> list[int]:
    """The sizes to choose from; the last is that of the pictures, or the largest that is affordable."""
    largest = min(max(shape[:2]), _RESOLUTIONS[-1])
    return [*(side for side in _RESOLUTIONS if side < largest), largest]


def _first_stride(shape: tuple[int, ...]) -> int:
    return max(1, round(min(shape[:2]) / _SIDE_OF_STAGES))


def _most_stages(shape: tuple[int, ...]) -> int:
    """So many that the last one still has 2 x 2 places."""
    return max(1, min(_MAX_STAGES, (min(*shape[:2], _SIDE_OF_STAGES)).bit_length() - 1))


def _widths(params: Mapping[str, Any], shape: tuple[int, ...]) -> list[int]:
    """Of each stage. Several columns of pictures may differ in how many they allow."""
    stages = min(int(params["stages"]), _most_stages(shape))
    return [min(int(params["width"]) << stage, _MAX_WIDTH) for stage in range(stages)]


def _convolution_multiplications(shape: tuple[int, ...], params: Mapping[str, Any]) -> float:
    stride = _first_stride(shape)
    places, entering = shape[0] * shape[1] / stride**2, float(shape[2])
    kernel = float(params["kernel_size"]) ** 2
    total = 0.0
    for stage, width in enumerate(_widths(params, shape)):
        if stage == 0:
            total += places * entering * width * max(kernel, (stride + 1) ** 2)
            entering = width
        else:
            places /= 4
        for _ in range(int(params["blocks"])):
            total += places * entering * width * kernel
            if params["block"] == "residual":
                total += places * width * width * kernel
            entering = width
    return total
