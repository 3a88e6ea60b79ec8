"""Pruners: whether a running trial is worth going on with. Pure decisions over the facts of one study."""

from tuner.pruners.base import Decision, Pruner
from tuner.pruners.registry import create_pruner, normal_form, pruner_descriptions, pruner_names, pruner_options

__all__ = [
    "Decision",
    "Pruner",
    "create_pruner",
    "normal_form",
    "pruner_descriptions",
    "pruner_names",
    "pruner_options",
]
