"""How a network learns, as search parameters: the optimizer, its learning rate and their course, and the batches."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tuner.data.profile import TargetProfile
from tuner.models.imbalance import class_weight_default, class_weight_parameter
from tuner.models.networks.backends import import_keras
from tuner.space import Categorical, Float, Parameter, Params

_BATCH_SIZES = (32, 64, 128, 256, 512)
_ADAPTIVE = ("adamw", "adam")
_WARM_UP_SHARE = 0.05
# What the exponential schedule leaves of the learning rate in the end.
_LAST_SHARE = 0.01


def optimization_parameters(target: TargetProfile) -> dict[str, Parameter]:
    """``optimizer``: ``adamw``, ``adam`` or ``sgd``; ``learning_rate`` of the first two and ``sgd_learning_rate``, both
    at their peak; ``momentum`` of ``sgd``; ``weight_decay`` of ``adamw`` and ``sgd``; ``schedule`` of the learning rate
    after its warm-up; ``batch_size``; ``clipnorm``, the largest norm of all gradients together; ``class_weight``, where
    classes are rare.
    """
    return {
        "optimizer": Categorical([*_ADAPTIVE, "sgd"]),
        "learning_rate": Float(1e-4, 3e-2, log=True, when={"optimizer": list(_ADAPTIVE)}),
        "sgd_learning_rate": Float(1e-3, 0.5, log=True, when={"optimizer": ["sgd"]}),
        "momentum": Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
        "weight_decay": Float(1e-6, 1e-1, log=True, when={"optimizer": ["adamw", "sgd"]}),
        "schedule": Categorical(["cosine", "constant", "exponential"]),
        "batch_size": Categorical(list(_BATCH_SIZES), ordered=True),
        "clipnorm": Float(0.1, 10.0, log=True),
        **class_weight_parameter(target),
    }


def optimization_defaults(target: TargetProfile, *, learning_rate: float = 3e-3, weight_decay: float = 1e-2) -> Params:
    """AdamW along a cosine, in batches that grow with the table.

    Args:
        target: What is predicted.
        learning_rate: At its peak.
        weight_decay: Share of the weights that goes at each step, as a part of the learning rate.
    """
    return {
        "optimizer": "adamw",
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "schedule": "cosine",
        "batch_size": 32 if target.num_rows < 2_000 else 128 if target.num_rows < 20_000 else 512,
        "clipnorm": 1.0,
        **class_weight_default(target),
    }


# Any: parameters have values of different types, and Keras ships without type information.
def new_optimizer(params: Mapping[str, Any], num_steps: int) -> Any:
    """The Keras optimizer of a point of these parameters.

    Args:
        params: The point.
        num_steps: Steps that are planned; the schedule ends there.
    """
    keras = import_keras()
    shared = {"global_clipnorm": params["clipnorm"]}
    match params["optimizer"]:
        case "sgd":
            optimizer = keras.optimizers.SGD(
                _schedule(params["schedule"], params["sgd_learning_rate"], num_steps),
                momentum=params["momentum"],
                nesterov=params["momentum"] > 0,
                weight_decay=params["weight_decay"],
                **shared,
            )
        case "adam":
            rate = _schedule(params["schedule"], params["learning_rate"], num_steps)
            return keras.optimizers.Adam(rate, **shared)
        case _:
            rate = _schedule(params["schedule"], params["learning_rate"], num_steps)
            optimizer = keras.optimizers.AdamW(rate, weight_decay=params["weight_decay"], **shared)
    # What shifts and scales is not drawn to zero.
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _schedule(name: str, peak: float, num_steps: int) -> Any:
    """The learning rate at each step: up in a straight line for a twentieth of the steps, then as the name says.

    A function of the optimizer's count of steps, so a training that goes on from a checkpoint is where it was.
    """
    keras = import_keras()
    warm_up = max(1, round(_WARM_UP_SHARE * num_steps))
    rest = max(1, num_steps - warm_up)

    class WarmedUp(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc, name-defined]  # untyped
        def __call__(self, step: Any) -> Any:
            step = keras.ops.cast(step, "float32")
            progress = keras.ops.clip((step - warm_up) / rest, 0.0, 1.0)
            match name:
                case "cosine":
                    share = 0.5 * (1.0 + keras.ops.cos(math.pi * progress))
                case "exponential":
                    share = keras.ops.exp(math.log(_LAST_SHARE) * progress)
                case _:
                    share = keras.ops.ones_like(progress)
            return peak * keras.ops.minimum((step + 1) / warm_up, 1.0) * share

        def get_config(self) -> dict[str, Any]:
            return {}

    return WarmedUp()
