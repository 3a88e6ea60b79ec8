"""Networks as data: layers with search parameters in any place, read, checked and resolved, without Keras."""

from tuner.architecture import layers
from tuner.architecture.architecture import Architecture
from tuner.architecture.network import DataInput, Network, Size, Step

__all__ = ["Architecture", "DataInput", "Network", "Size", "Step", "layers"]
