"""A network of your own, with search parameters in any place: python examples/architecture.py [TRIALS]."""

import sys

from sklearn.datasets import load_digits

import tuner
from tuner import layers

num_trials = int(sys.argv[1]) if len(sys.argv) > 1 else 10

pictures, digits = load_digits(return_X_y=True)
pictures = pictures.reshape(-1, 8, 8, 1)

# Two places that share one parameter, because they have its name.
filters = layers.Named("filters", tuner.Int(16, 48, step=16))

network = layers.Sequential(
    [
        layers.Conv2D(filters, 3, padding="same", activation="relu"),
        layers.Repeat(
            tuner.Int(1, 2),
            [
                layers.Residual(
                    [layers.Conv2D(filters, 3, padding="same", activation=tuner.Categorical(["relu", "gelu"]))]
                )
            ],
        ),
        layers.MaxPooling2D(),
        layers.Choice(
            "head",
            {
                "average": [layers.GlobalAveragePooling2D()],
                "dense": [layers.Dense(tuner.Int(32, 128, log=True), activation="relu"), layers.Dropout(0.3)],
            },
        ),
    ]
)

with tuner.Client() as client:
    data = client.upload_dataset((pictures[:1400], digits[:1400]), name="digits")
    study = client.create_study(
        f"own-network-{num_trials}",
        dataset=data,
        architecture=network,
        metric="accuracy",
        ensemble=False,
        budget=tuner.Budget(trials=num_trials, seconds=120),
    )
    study.wait()

    print(study.leaderboard(limit=5)[["rank", "number", "accuracy", "architecture.head"]].to_string(index=False))
    print(study.best_params)
    predicted = study.best_model().predict([{"x": picture} for picture in pictures[1400:]])
    print(f"Right for {(predicted == digits[1400:]).mean():.1%} of pictures that it has not seen.")
