"""Your own training code, anywhere: ask, report, tell: python examples/own_training.py [TRIALS]."""

import secrets
import sys
import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import tuner

num_trials = int(sys.argv[1]) if len(sys.argv) > 1 else 20
train_x, test_x, train_y, test_y = train_test_split(*load_digits(return_X_y=True), random_state=0)
# It trains one epoch at a time, on purpose.
warnings.simplefilter("ignore", ConvergenceWarning)

space = {
    "learning_rate": tuner.Float(1e-4, 1e-1, log=True),
    "units": tuner.Int(16, 128, step=16),
    "optimizer": tuner.Categorical(["adam", "sgd"]),
    "momentum": tuner.Float(0.0, 0.99, when={"optimizer": ["sgd"]}),
}


def train(trial: tuner.Trial) -> float:
    network = MLPClassifier(
        hidden_layer_sizes=(trial.params["units"],),
        solver=trial.params["optimizer"],
        learning_rate_init=trial.params["learning_rate"],
        momentum=trial.params.get("momentum", 0.9),
        max_iter=1,
        warm_start=True,
        random_state=0,
    )
    accuracy = 0.0
    for epoch in range(15):
        network.fit(train_x / 16, train_y)
        accuracy = network.score(test_x / 16, test_y)
        if trial.report(step=epoch, value=accuracy):
            break  # the pruner has decided
    return accuracy


with tuner.Client() as client:
    study = client.create_study(f"digits-{secrets.token_hex(3)}", space=space, objectives={"accuracy": "maximize"})

    # One trial by hand ...
    trial = study.ask()
    trial.tell(train(trial))
    # ... and the same loop, run for you.
    study.optimize(train, trials=num_trials - 1, workers=2)

    print(study.leaderboard(limit=5).to_string(index=False))
    print(study.best_params)
    print(study.importances())
