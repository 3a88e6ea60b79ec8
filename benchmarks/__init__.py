"""Measurements behind the figures in ``benchmarks/README.md``. Run with ``python -m benchmarks [name ...]``."""
