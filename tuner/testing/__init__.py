"""Contract suites: what every replaceable part promises, as tests to inherit.

Take a suite from its module, so that only what it needs is imported:

    from tuner.testing.sampler import SamplerContract

    class TestHalton(SamplerContract):
        def make_sampler(self):
            return Halton()

The suites need pytest and Hypothesis (``pip install 'tuner[dev]'``).
"""
