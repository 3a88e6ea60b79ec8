"""Sequences in, a ranked set of models out: python examples/sequences.py [TIME]. Needs: 'tuner[local,keras]'

Two tremors run through each recording, a quick one and a slow one. What is asked for is which comes first.
"""

import sys

import numpy as np

import tuner

time_budget = sys.argv[1] if len(sys.argv) > 1 else "60s"
rng = np.random.default_rng(0)
QUICK, SLOW = np.tile([1, -1], 6), np.tile([1, 1, -1, -1], 3)


def recording(is_quick_first: bool) -> np.ndarray:
    """Noise of 60 to 120 steps, with both tremors at random places; shape (steps, features)."""
    steps = rng.normal(0, 0.4, rng.integers(60, 121))
    early = rng.integers(0, len(steps) // 2 - 12)
    late = rng.integers(len(steps) // 2, len(steps) - 12)
    steps[early : early + 12] += QUICK if is_quick_first else SLOW
    steps[late : late + 12] += SLOW if is_quick_first else QUICK
    return steps[:, None]


answers = rng.choice(["quick", "slow"], 1_200)
recordings = [recording(answer == "quick") for answer in answers]  # they differ in length
known, new = slice(None, 800), slice(800, None)

result = tuner.fit((recordings[known], answers[known]), time_budget=time_budget)

print(result.leaderboard(limit=10)[["rank", "model", result.metric, "fit_seconds", "predict_ms_one_row"]])
right = np.mean(result.predict(recordings[new]) == answers[new])
print(f"In {right:.1%} of {len(answers[new])} recordings that no model has seen, the first tremor is told.")
result.best_model.card("tremors.html")
