"""Saved models: how they are written, packed, checked, loaded, and how they predict."""

from tuner.artifact.manifest import Manifest, ModelFacts
from tuner.artifact.package import pack, unpack
from tuner.artifact.saved_model import SavedModel, load_model, save_model

__all__ = ["Manifest", "ModelFacts", "SavedModel", "load_model", "pack", "save_model", "unpack"]
