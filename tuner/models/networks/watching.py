"""The one callback of a training: it asks whether to go on, and ends what has gone astray."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tuner.models.base import Report
from tuner.models.networks.backends import import_keras


def new_watch(report: Report) -> Any:  # Keras ships without type information
    """A Keras callback that looks after each batch, for an epoch can take long.

    It has ``is_told_to_stop``, once the report wants an end, and ``has_diverged``, once the loss is not finite.
    """
    keras = import_keras()

    class Watch(keras.callbacks.Callback):  # type: ignore[misc, name-defined]  # Keras ships without type information
        is_told_to_stop = False
        has_diverged = False

        def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
            # The loss is the mean of the epoch so far: once not finite, it stays so.
            self.has_diverged = logs is not None and not math.isfinite(logs["loss"])
            self.is_told_to_stop = self.is_told_to_stop or report.should_stop()
            if self.has_diverged or self.is_told_to_stop:
                self.model.stop_training = True

    return Watch()
