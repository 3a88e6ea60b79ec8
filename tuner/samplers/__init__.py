"""Samplers: what to try next. Pure decisions over the facts of one study."""

from tuner.samplers.base import Sampler, Suggestion
from tuner.samplers.registry import create_sampler, sampler_descriptions, sampler_names

__all__ = ["Sampler", "Suggestion", "create_sampler", "sampler_descriptions", "sampler_names"]
