"""What families of networks are built from: backends, inputs, optimization, and the fit loop that they share.

Importing this package imports no training library; training does.
"""

from tuner.models.networks.backends import Backend, chosen_backend, import_keras, installed_backends
from tuner.models.networks.estimator import NetworkEstimator
from tuner.models.networks.family import NetworkFamily
from tuner.models.networks.inputs import InputPart, Inputs
from tuner.models.networks.optimization import new_optimizer, optimization_defaults, optimization_parameters
from tuner.models.networks.tabular_inputs import TabularInputs

__all__ = [
    "Backend",
    "InputPart",
    "Inputs",
    "NetworkEstimator",
    "NetworkFamily",
    "TabularInputs",
    "chosen_backend",
    "import_keras",
    "installed_backends",
    "new_optimizer",
    "optimization_defaults",
    "optimization_parameters",
]
