"""The epochs of one training: shuffled, reported, checkpointed, and ended when there is nothing more to gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.errors import TrainingFailed
from tuner.models.base import Report, Verdict
from tuner.models.networks.backends import import_keras
from tuner.models.networks.checkpoint import Checkpoint
from tuner.models.networks.optimization import new_optimizer
from tuner.models.networks.prediction import outputs_of
from tuner.models.networks.watching import new_watch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Plan:
    """How a training goes if nothing ends it before.

    Args:
        batch_size: Rows in a step of the optimizer; at most as many as there are.
        epochs: Passes over the rows.
        patience: Epochs without a better score after which it ends.
        seed: Fixes the order of the rows, and dropout.
    """

    batch_size: int
    epochs: int
    patience: int
    seed: int


@dataclass(frozen=True)
class Examples:
    """Rows to learn from.

    Args:
        arrays: By the names of the network's entries.
        target: Class indices, or values in standard units, shape (n,).
        weights: How much each row counts, of mean 1; None: all alike.
        augment: Changes arrays that are a copy, by random, anew for each epoch; None: they are learned as they are.
    """

    arrays: Mapping[str, NDArray[Any]]
    target: NDArray[np.generic]
    weights: NDArray[np.float64] | None
    augment: Callable[[dict[str, NDArray[Any]], np.random.Generator], None] | None = None


class Training:
    """Trains a network to the weights of its best epoch.

    Each epoch draws its order of the rows and its dropout from the seed and its own number, so that a training that
    goes on from a checkpoint does what it would have done without the break.

    Args:
        model: A Keras model with the logits of classes, or one value, as its output.
        params: Has the optimization parameters.
        plan: How long, in which steps.
        examples: What it learns from.
        validation: The rows that are predicted after each epoch.
        report: Takes the predictions of each epoch, its number being the step; gives and takes checkpoints.
        to_answer: Makes predictions of the model's outputs.
    """

    def __init__(
        self,
        model: Any,  # Keras ships without type information
        params: Mapping[str, Any],
        plan: Plan,
        examples: Examples,
        validation: Mapping[str, NDArray[Any]],
        report: Report,
        to_answer: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ) -> None:
        self._model = model
        self._plan = plan
        self._examples = examples
        self._validation = validation
        self._report = report
        self._to_answer = to_answer
        # The rows left over sit out an epoch: a smaller last batch would be compiled anew.
        self._steps = len(examples.target) // plan.batch_size
        self._trainer = self._new_trainer(params)
        self._watch = new_watch(report)
        self._kept = 0
        self._best_weights: Sequence[NDArray[Any]] = ()

    def run(self) -> int:
        """Train, and leave the model with the weights of the best epoch, which is returned.

        Raises:
            TrainingFailed: The loss was not finite before an epoch was done (``nan``).
        """
        epoch, is_over = self._resume()
        while not is_over and epoch < self._plan.epochs:
            epoch += 1
            is_over = self._train_epoch(epoch)
        self._model.set_weights(self._best_weights)
        return self._kept

    def _train_epoch(self, epoch: int) -> bool:
        """Train one epoch; whether there must be no other."""
        self._fit_once(epoch)
        outputs = self._finite_outputs()
        if outputs is None:
            if self._kept:
                return True
            raise TrainingFailed("nan", f"The loss is not a finite number in epoch {epoch}: nothing was learned.")
        verdict = self._report(epoch, self._to_answer(outputs))
        if verdict.best_step == epoch:
            self._kept, self._best_weights = epoch, copies_of(self._model.weights)
        is_stale = epoch - verdict.best_step >= self._plan.patience
        # What ends by itself needs none, and nothing can go on from the middle of an epoch.
        if not is_stale and not self._watch.is_told_to_stop and epoch < self._plan.epochs:
            self._report.checkpoint(epoch, lambda folder: self._checkpoint(epoch).write(folder))
        return verdict.stop or self._watch.is_told_to_stop or is_stale

    def _fit_once(self, epoch: int) -> None:
        """One pass over the rows."""
        import numpy as np

        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([self._plan.seed, epoch])))
        self._reseed(rng)
        rows = rng.permutation(len(self._examples.target))[: self._steps * self._plan.batch_size]
        weights = self._examples.weights
        arrays = {name: array[rows] for name, array in self._examples.arrays.items()}
        if self._examples.augment is not None:
            self._examples.augment(arrays, rng)
        self._trainer.fit(
            arrays,
            self._examples.target[rows],
            sample_weight=None if weights is None else weights[rows],
            batch_size=self._plan.batch_size,
            shuffle=False,
            verbose=0,
            callbacks=[self._watch],
        )

    def _finite_outputs(self) -> NDArray[np.float64] | None:
        """The outputs for the validation rows; None where the training has gone astray."""
        import numpy as np

        if self._watch.has_diverged:
            return None
        outputs = outputs_of(self._model, self._validation)
        return outputs if np.isfinite(outputs).all() else None

    def _resume(self) -> tuple[int, bool]:
        """Go back to the checkpoint, if there is one. The epoch that is done, and whether there must be no other.

        The best epoch and the last one are reported again: whoever takes the reports may not know them any more.
        """
        folder = self._report.resume()
        if folder is None:
            return 0, False
        found = Checkpoint.read(folder)
        self._kept, self._best_weights = found.kept, found.best_weights
        verdict = self._report_weights(found.kept, found.best_weights)
        if found.epoch != found.kept:
            verdict = self._report_weights(found.epoch, found.weights)
        for variable, value in zip(self._trainer.optimizer.variables, found.optimizer, strict=True):
            variable.assign(value)
        return found.epoch, verdict.stop

    def _report_weights(self, epoch: int, weights: Sequence[NDArray[Any]]) -> Verdict:
        self._model.set_weights(weights)
        return self._report(epoch, self._to_answer(outputs_of(self._model, self._validation)))

    def _checkpoint(self, epoch: int) -> Checkpoint:
        weights = copies_of(self._model.weights)
        return Checkpoint(epoch, self._kept, weights, self._best_weights, copies_of(self._trainer.optimizer.variables))

    def _new_trainer(self, params: Mapping[str, Any]) -> Any:
        """A second model on the same layers that carries the optimizer, so that the first is saved without it."""
        import numpy as np

        keras = import_keras()
        trainer = keras.Model(self._model.input, self._model.output)
        loss = (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            if np.issubdtype(self._examples.target.dtype, np.integer)
            else keras.losses.MeanSquaredError()
        )
        trainer.compile(optimizer=new_optimizer(params, self._steps * self._plan.epochs), loss=loss)
        trainer.optimizer.build(trainer.trainable_variables)
        return trainer

    def _reseed(self, rng: np.random.Generator) -> None:
        """Let every layer that draws begin at a place of its own for this epoch."""
        for layer in self._model._flatten_layers(include_self=False):
            for generator in layer._seed_generators:
                generator.state.assign([int(rng.integers(2**31)), 0])


def copies_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """The values of Keras's variables, which later steps leave alone."""
    import numpy as np

    keras = import_keras()
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]
