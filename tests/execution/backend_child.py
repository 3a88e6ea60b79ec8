"""A training process that says what Keras runs on in it."""

from __future__ import annotations

from tuner.training import TrainingJob, TrainingResult, train
from tuner.training.channel import Channel


def train_and_tell(job: TrainingJob, channel: Channel) -> TrainingResult:
    result = train(job, channel)
    import keras

    print("backend", keras.config.backend())
    return result


def fill_memory(job: TrainingJob, channel: Channel) -> TrainingResult:
    from keras import ops

    print("backend", ops.ones(3).shape)
    blocks = [ops.ones((64, 1024, 1024)) for _ in range(1000)]
    raise AssertionError(len(blocks))
