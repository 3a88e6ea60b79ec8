from tuner.pruners import Pruner, create_pruner
from tuner.testing.pruner import PrunerContract


class TestASHAPruner(PrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("asha")


class TestMedianPruner(PrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("median")


class TestNonePruner(PrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("none")
