"""Saved models: how they are written, combined, packed, checked, loaded; how they predict, and what they are worth."""

from tuner.artifact.evaluate import FoldModel, evaluate
from tuner.artifact.evaluation import Evaluation
from tuner.artifact.explanation import Explanation
from tuner.artifact.latency import Latency, measure_latency
from tuner.artifact.manifest import Manifest, Member, ModelFacts, Part
from tuner.artifact.package import pack, unpack
from tuner.artifact.saved_model import SavedModel, load_model
from tuner.artifact.writing import combine_models, save_model

__all__ = [
    "Evaluation",
    "Explanation",
    "FoldModel",
    "Latency",
    "Manifest",
    "Member",
    "ModelFacts",
    "Part",
    "SavedModel",
    "combine_models",
    "evaluate",
    "load_model",
    "measure_latency",
    "pack",
    "save_model",
    "unpack",
]
