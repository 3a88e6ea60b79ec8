"""Pictures in, a ranked set of models out: python examples/images.py [TIME]. Needs: pip install 'tuner[local,keras]'"""

import sys

import numpy as np
from sklearn.datasets import load_digits

import tuner

time_budget = sys.argv[1] if len(sys.argv) > 1 else "60s"

# 1,797 written digits of 8 x 8 pixels. Height, width and channels; one channel is gray.
pixels, digits = load_digits(return_X_y=True)
images = pixels.reshape(-1, 8, 8, 1)
order = np.random.default_rng(0).permutation(len(images))
known, new = order[:1_400], order[1_400:]

result = tuner.fit((images[known], digits[known]), time_budget=time_budget)

print(result.leaderboard(limit=10)[["rank", "model", result.metric, "fit_seconds", "predict_ms_one_row"]])
right = np.mean(result.predict(images[new]) == digits[new])
print(f"{right:.1%} of {len(digits[new])} digits that no model has seen are told.")
result.best_model.card("digits.html")  # with those that it takes for others
