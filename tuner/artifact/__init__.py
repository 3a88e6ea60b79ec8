"""Saved models: how they are written, combined, packed, checked, loaded, and how they predict."""

from tuner.artifact.manifest import Manifest, Member, ModelFacts, Part
from tuner.artifact.package import pack, unpack
from tuner.artifact.saved_model import SavedModel, load_model
from tuner.artifact.writing import combine_models, save_model

__all__ = [
    "Manifest",
    "Member",
    "ModelFacts",
    "Part",
    "SavedModel",
    "combine_models",
    "load_model",
    "pack",
    "save_model",
    "unpack",
]
