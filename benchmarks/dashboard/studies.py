"""Large studies to look at: 20 parameters, of which four are conditional, and curves of those that ran last."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from benchmarks.servers import Api, tuner_servers

OBJECTIVE = "loss"
NUM_CURVES = 200
STEPS = 20
_IMPORT = 1_000  # the most that one request may bring
_METHODS = ["adam", "sgd", "rmsprop", "lamb"]


@contextmanager
def server() -> Iterator[tuple[Path, Api, httpx.Client]]:
    """A server on SQLite for studies to be shown by, a client of it, and the folder that all is in."""
    with tempfile.TemporaryDirectory(prefix="tuner-benchmark-") as name:
        folder = Path(name)
        with (
            tuner_servers(folder, f"sqlite:///{folder / 'tuner.db'}") as (api,),
            httpx.Client(base_url=api.url, timeout=120) as http,
        ):
            yield folder, api, http


def space() -> dict[str, Any]:
    """12 floats, 4 whole numbers and 4 categories."""
    floats: dict[str, Any] = {f"rate_{number}": {"type": "float", "low": 1e-5, "high": 1.0} for number in range(8)}
    conditional = {"type": "float", "low": 0.0, "high": 0.99, "when": {"method_0": ["sgd"]}}
    floats |= {f"momentum_{number}": conditional for number in range(4)}
    wholes = {f"units_{number}": {"type": "int", "low": 1, "high": 512} for number in range(4)}
    categories = {f"method_{number}": {"type": "categorical", "choices": _METHODS} for number in range(4)}
    return {"version": 1, "parameters": categories | floats | wholes}


def draw(rng: random.Random) -> dict[str, Any]:
    """A point of the space."""
    point: dict[str, Any] = {f"method_{number}": rng.choice(_METHODS) for number in range(4)}
    point |= {f"rate_{number}": rng.uniform(1e-5, 1.0) for number in range(8)}
    point |= {f"units_{number}": rng.randint(1, 512) for number in range(4)}
    if point["method_0"] == "sgd":
        point |= {f"momentum_{number}": rng.uniform(0.0, 0.99) for number in range(4)}
    return point


def loss(point: dict[str, Any], rng: random.Random) -> float:
    """Smooth in some parameters, with noise."""
    return float(sum((point[f"rate_{n}"] - 0.3) ** 2 for n in range(4)) + 0.1 * rng.random())


def create(http: httpx.Client, num_trials: int, rng: random.Random) -> str:
    """A study of so many completed trials; its path. The last of them have learning curves."""
    body = {"name": f"watched-{num_trials}", "space": space(), "objectives": {OBJECTIVE: "minimize"}}
    study = http.post("/v1/studies", json=body | {"sampler": "random", "pruner": "none"}).raise_for_status().json()
    path = f"/v1/studies/{study['id']}"
    left = num_trials - NUM_CURVES
    while left > 0:
        add(http, path, min(left, _IMPORT), rng)
        left -= _IMPORT
    for _ in range(NUM_CURVES):
        run(http, path, rng)
    return path


def add(http: httpx.Client, path: str, count: int, rng: random.Random) -> None:
    """Add completed trials with one request."""
    points = [draw(rng) for _ in range(count)]
    trials = [{"params": point, "values": {OBJECTIVE: loss(point, rng)}} for point in points]
    http.post(f"{path}/trials", json={"trials": trials}).raise_for_status()


def run(http: httpx.Client, path: str, rng: random.Random) -> None:
    """Ask for a trial, report its curve, tell its result."""
    asked = {"worker": "benchmark", "count": 1, "wait_seconds": 60.0}
    (leased,) = http.post(f"{path}/suggest", json=asked).raise_for_status().json()["trials"]
    trial, lease = f"{path}/trials/{leased['trial']['number']}", leased["lease"]
    value = loss(leased["trial"]["params"], rng)
    curve = [{"step": step, "value": value + 1 / (step + 1)} for step in range(STEPS)]
    http.post(f"{trial}/report", json={"lease": lease, "measurements": curve}).raise_for_status()
    told = {"lease": lease, "state": "completed", "values": {OBJECTIVE: value}}
    http.post(f"{trial}/complete", json=told).raise_for_status()
