"""Stars of reviews from their text and what else is known: python examples/text.py [TIME].

The reviews are made up by this script, with a taste of their own, so that the words which tell can be checked.
"""

import random
import sys

import pandas as pd

import tuner

OPENINGS = [
    "We came on a {day}.",
    "Booked for {day} night.",
    "Second visit, a {day} this time.",
    "A {day} with friends.",
]
PRAISE = [
    "The soup was delicious.",
    "Friendly staff, never in a hurry.",
    "The fish was fresh and the wine superb.",
    "¡Excelente!",
]
BLAME = [
    "The soup was cold.",
    "Rude staff, and we waited an hour.",
    "The fish was stale and the wine sour.",
    "Never again 😡",
]
PLAIN = ["The room is on the first floor.", "There is a garden behind the house.", "Parking is around the corner."]


def review(rng: random.Random) -> dict[str, object]:
    """A review with the stars that its writer gives: words count, and so does the price of what was not good."""
    price = round(rng.uniform(12, 80), 2)
    day = rng.choice(["Monday", "Thursday", "Saturday", "Sunday"])
    praise, blame = rng.choice([(3, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)])
    sentences = rng.sample(PRAISE, praise) + rng.sample(BLAME, blame) + rng.sample(PLAIN, rng.randint(1, 2))
    rng.shuffle(sentences)
    stars = 3 + 0.8 * praise - 0.8 * blame - (price - 40) / 40 * (blame > 0) + rng.gauss(0, 0.3)
    text = " ".join([rng.choice(OPENINGS).format(day=day), *sentences])
    return {"review": text, "price": price, "city": rng.choice(["Oslo", "Porto", "東京"]), "stars": round(stars, 2)}


rng = random.Random(0)
reviews = pd.DataFrame([review(rng) for _ in range(800)])
known, new = reviews.iloc[:600], reviews.iloc[600:]
time_budget = sys.argv[1] if len(sys.argv) > 1 else "60s"

result = tuner.fit(known, target="stars", time_budget=time_budget)

facts = ["rank", "model", result.metric, "standard_error", "folds", "fit_seconds", "predict_ms_one_row"]
print(result.leaderboard(limit=10)[facts].to_string(index=False))
print(result.predict([{"review": "Delicious soup, superb wine!", "price": 35.0, "city": "Porto"}]))

explanation = result.best_model.explain(new)
print(explanation.to_pandas().to_string(index=False))  # which columns the stars hang on
for effect in explanation.words[:8]:  # and which words
    print(f"{effect.word:>12} {effect.effect:+.2f} stars")
