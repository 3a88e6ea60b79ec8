from tuner.samplers import Sampler, create_sampler
from tuner.testing.sampler import SamplerContract


class TestAutoSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("auto")


class TestRandomSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("random")


class TestTPESampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("tpe")


class TestGPSampler(SamplerContract):
    def make_sampler(self) -> Sampler:
        return create_sampler("gp")
