"""Known test functions of any dimension, with their optimum moved away from the middle of the box.

Source of the functions: Surjanovic and Bingham, Virtual Library of Simulation Experiments (2013).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Function = Callable[[np.ndarray], float]


def moved(function: Function, optimum: Sequence[float], width: float, seed: int) -> Function:
    """``function`` on the unit cube, its optimum at a place that ``seed`` draws from the middle seven tenths.

    Args:
        function: Defined on all of R^d.
        optimum: Where it is least, shape (d,).
        width: Length of the box's sides in the function's own coordinates.
        seed: Draws the new place.
    """
    place = np.random.default_rng(seed).uniform(0.15, 0.85, len(optimum))
    center = np.asarray(optimum)

    def value(unit: np.ndarray) -> float:
        return function(center + width * (unit - place))

    return value


def branin(unit: np.ndarray) -> float:
    """Branin in 2-D on its usual box, least 0.397887 at three places."""
    x, y = 15 * unit[0] - 5, 15 * unit[1]
    bent = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return float(bent**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def hartmann(unit: np.ndarray) -> float:
    """Hartmann in 6-D, least -3.32237; on the first three coordinates of its own in 3-D, least -3.86278."""
    weights, widths, centers = _HARTMANN[len(unit)]
    return float(-weights @ np.exp(-np.sum(widths * (unit - centers) ** 2, axis=1)))


def rosenbrock(x: np.ndarray) -> float:
    """A bent valley, least 0 at ones; usual sides 15."""
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def ackley(x: np.ndarray) -> float:
    """A narrow hole in a rugged plain, least 0 at zeros; usual sides 65."""
    near = 20 * np.exp(-0.2 * np.sqrt(np.mean(x**2)))
    return float(20 + np.e - near - np.exp(np.mean(np.cos(2 * np.pi * x))))


def levy(x: np.ndarray) -> float:
    """Waves over a bowl, least 0 at ones; usual sides 20."""
    w = 1 + (x - 1) / 4
    middle = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)
    end = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return float(np.sin(np.pi * w[0]) ** 2 + np.sum(middle) + end)


def rastrigin(x: np.ndarray) -> float:
    """A bowl full of holes, least 0 at zeros; usual sides 10."""
    return float(np.sum(x**2 - 10 * np.cos(2 * np.pi * x) + 10))


def griewank(x: np.ndarray) -> float:
    """A wide bowl with fine waves, least 0 at zeros; usual sides 1200."""
    order = np.sqrt(np.arange(1, len(x) + 1))
    return float(np.sum(x**2) / 4000 - np.prod(np.cos(x / order)) + 1)


def styblinski(x: np.ndarray) -> float:
    """2^d basins of unlike depth, least 0 at -2.903534; usual sides 10. Shifted so that the least value is 0."""
    return float(np.sum(x**4 - 16 * x**2 + 5 * x) / 2 + STYBLINSKI_DEPTH * len(x))


STYBLINSKI_DEPTH = 39.166165703771416


def ellipsoid(dimension: int, condition: float, seed: int) -> Function:
    """A turned bowl whose axes differ by ``sqrt(condition)`` in length, least 0 at zeros; sides 10."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))
    scales = condition ** np.linspace(0, 1, dimension)

    def value(x: np.ndarray) -> float:
        return float(scales @ (turn @ x) ** 2)

    return value


_HARTMANN = {
    3: (
        np.array([1.0, 1.2, 3.0, 3.2]),
        np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]]),
        1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]),
    ),
    6: (
        np.array([1.0, 1.2, 3.0, 3.2]),
        np.array(
            [
                [10, 3, 17, 3.5, 1.7, 8],
                [0.05, 10, 17, 0.1, 8, 14],
                [3, 3.5, 1.7, 10, 17, 8],
                [17, 8, 0.05, 10, 0.1, 14],
            ]
        ),
        1e-4
        * np.array(
            [
                [1312, 1696, 5569, 124, 8283, 5886],
                [2329, 4135, 8307, 3736, 1004, 9991],
                [2348, 1451, 3522, 2883, 3047, 6650],
                [4047, 8828, 8732, 5743, 1091, 381],
            ]
        ),
    ),
}
