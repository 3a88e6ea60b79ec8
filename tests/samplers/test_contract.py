from tuner.samplers import Sampler, create_sampler
from tuner.samplers.nsga2 import NSGA2Sampler
from tuner.samplers.nsga3 import NSGA3Sampler
from tuner.testing.sampler import FLAT_SPACE, SamplerContract


class TestAutoSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("auto")


class TestRandomSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("random")


class TestGridSampler(SamplerContract):
    is_exhaustive = True

    def make_sampler(self) -> Sampler:
        return create_sampler("grid")


class TestSobolSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("sobol")


class TestTPESampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("tpe")


class TestGPSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("gp")


class TestCMAESSampler(SamplerContract):
    space = FLAT_SPACE

    def make_sampler(self) -> Sampler:
        return create_sampler("cmaes")


# Small populations, so that the few trials of the suite are enough to have children.
class TestNSGA2Sampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return NSGA2Sampler(population_size=8)


class TestNSGA3Sampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return NSGA3Sampler(population_size=8)
