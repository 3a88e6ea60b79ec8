"""Automatic model selection: which families compete, and what each tries first."""

from tuner.automl.plan import choose_families, opening_points

__all__ = ["choose_families", "opening_points"]
