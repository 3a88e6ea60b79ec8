from tuner.pruners import Pruner, create_pruner
from tuner.testing.pruner import ComparingPrunerContract, PrunerContract


class TestASHAPruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("asha")


class TestHyperbandPruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("hyperband")


class TestMedianPruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("median")


class TestPercentilePruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("percentile")


class TestRacingPruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("racing")


class TestPatiencePruner(PrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("patience")


class TestThresholdPruner(PrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner({"name": "threshold", "at_least": -5.0, "at_most": 5.0})


class TestNonePruner(ComparingPrunerContract):
    def make_pruner(self) -> Pruner:
        return create_pruner("none")
