"""Hypothesis strategies for search spaces: everything that is allowed, the nasty corners first."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from tuner.errors import InvalidSearchSpace
from tuner.space import (
    Categorical,
    Constant,
    Constraint,
    Float,
    Forbid,
    Int,
    Linear,
    Parameter,
    Params,
    Scalar,
    SearchSpace,
)
from tuner.space.parameters import MAX_EXACT_INTEGER

_LARGEST = 1.7976931348623157e308
_SMALLEST = 5e-324
When = Mapping[str, Sequence[Scalar]] | None


def names() -> st.SearchStrategy[str]:
    """Parameter names: any text without NUL and surrogates, with what JSON pointers and SQL would trip over."""
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    nasty = st.sampled_from(
        ["a/b", "a~b", "~1", "model.lr", "Größe", "学习率", "😀", " ", "'", '"', "%s", "\n", "__class__"]
    )
    return st.text(letters, min_size=1, max_size=8) | nasty


def scalars() -> st.SearchStrategy[Scalar]:
    """Values of a categorical parameter."""
    return (
        st.none()
        | st.booleans()
        | st.integers(-(2**63) + 1, 2**63 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | names()
    )


@st.composite
def floats(draw: st.DrawFn, when: When = None) -> Float:
    """Real ranges: wide as 1e308, narrow as one value, logarithmic, on a grid."""
    kind = draw(st.sampled_from(["plain", "log", "step"]))
    if kind == "log":
        bound = st.floats(_SMALLEST, _LARGEST) | st.sampled_from([_SMALLEST, 1e-308, 1e-5, 1.0, 1e308, _LARGEST])
        low, high = sorted((draw(bound), draw(bound)))
        return Float(low, high, log=True, when=when)
    bound = st.floats(-_LARGEST, _LARGEST) | st.sampled_from([-_LARGEST, -1e308, 0.0, 1.0, 1e308, _LARGEST])
    if kind == "plain":
        low, high = sorted((draw(bound), draw(bound)))
        return Float(low, high, when=when)
    low = draw(st.floats(-1e6, 1e6))
    step = draw(st.floats(1e-3, 1e3) | st.sampled_from([0.1, 0.25, 0.3]))
    high = low + step * draw(st.integers(0, 1_000)) + step * draw(st.sampled_from([0.0, 0.5]))
    return Float(low, high, step=step, when=when)


@st.composite
def ints(draw: st.DrawFn, when: When = None) -> Int:
    """Whole-number ranges up to 2**53, logarithmic or on a grid."""
    is_log = draw(st.booleans())
    smallest = 1 if is_log else -MAX_EXACT_INTEGER
    bound = st.integers(smallest, MAX_EXACT_INTEGER) | st.integers(smallest, 20).filter(lambda value: value > -20)
    low, high = sorted((draw(bound), draw(bound)))
    return Int(low, high, log=is_log, step=1 if is_log else draw(st.integers(1, 50)), when=when)


@st.composite
def categoricals(draw: st.DrawFn, when: When = None) -> Categorical:
    """Choices of every plain type, mixed."""
    choices = draw(st.lists(scalars(), min_size=1, max_size=5, unique=True))
    return Categorical(choices, ordered=draw(st.booleans()), when=when)


def constants(when: When = None) -> st.SearchStrategy[Constant]:
    """Fixed values of every plain type."""
    return st.builds(Constant, scalars(), when=st.just(when))


def parameters(when: When = None) -> st.SearchStrategy[Parameter]:
    """Parameters of every kind."""
    return st.one_of(categoricals(when), ints(when), floats(when), constants(when))


@st.composite
def search_spaces(
    draw: st.DrawFn, min_parameters: int = 0, max_parameters: int = 6, max_constraints: int = 2
) -> SearchSpace:
    """Search spaces with conditions nested as deep as there are parameters, in an order of their own.

    Every third has constraints, all of them such that an allowed point is found.
    """
    space = draw(_unconstrained_spaces(min_parameters, max_parameters))
    if not max_constraints or draw(st.integers(0, 2)):
        return space
    constrained = SearchSpace(space, draw(_constraints(space, max_constraints)))
    try:
        constrained.allowed_point  # noqa: B018  (may be refused)
    except InvalidSearchSpace:
        assume(False)
    return constrained


@st.composite
def satisfiable_spaces(draw: st.DrawFn) -> SearchSpace:
    """Search spaces with constraints that a point keeps for certain, with a little room around it."""
    space = draw(_unconstrained_spaces(1, 5))
    return SearchSpace(space, draw(_constraints(space, 3, rooms=(0.01, 0.3))))


@st.composite
def impossible_spaces(draw: st.DrawFn) -> tuple[SearchSpace, list[int]]:
    """Search spaces without an allowed point, and the places of the constraints that exclude each other."""
    space = draw(_unconstrained_spaces(0, 4))
    mine = {"<number>": Int(0, 10), "<share>": Float(0, 1), "<choice>": Categorical(["a", "b"])}
    conflict: list[Constraint] = draw(
        st.sampled_from(
            [
                [Linear({"<number>": 2}, at_least=3, at_most=3)],
                [Linear({"<number>": 1, "<share>": 1}, at_least=11.5)],
                [Linear({"<share>": 1, "<number>": 1}, at_most=2), Linear({"<number>": 1}, at_least=3)],
                [Forbid({"<choice>": "a"}), Forbid({"<choice>": "b"})],
                [Forbid({"<choice>": choice, "<number>": number}) for choice in "ab" for number in range(11)],
                [Linear({"<number>": 1}, at_least=4, at_most=5), Forbid({"<number>": 4}), Forbid({"<number>": 5})],
            ]
        )
    )
    others = draw(_constraints(space, 2))
    return SearchSpace({**space, **mine}, [*others, *conflict]), list(range(len(others), len(others) + len(conflict)))


@st.composite
def _unconstrained_spaces(draw: st.DrawFn, min_parameters: int, max_parameters: int) -> SearchSpace:
    chosen = draw(st.lists(names(), min_size=min_parameters, max_size=max_parameters, unique=True))
    made: dict[str, Parameter] = {}
    for name in chosen:
        made[name] = draw(parameters(draw(_conditions(made))))
    return SearchSpace({name: made[name] for name in draw(st.permutations(chosen))})


@st.composite
def _constraints(
    draw: st.DrawFn, space: SearchSpace, most: int, rooms: Sequence[float] = (0.0, 0.01, 0.3)
) -> list[Constraint]:
    """Constraints that a point drawn first keeps, with ``rooms`` between it and the bounds as shares of the sum."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kept = space.draw_unconstrained(rng)
    numbers = [name for name, parameter in space.items() if _is_number(parameter)]
    made: list[Constraint] = []
    for _ in range(draw(st.integers(0, most))):
        is_linear: bool = draw(st.booleans())
        if numbers and is_linear:
            made.append(draw(_linear(kept, numbers, rooms)))
        elif len(space):
            forbidden = space.draw_unconstrained(rng)
            named = draw(st.lists(st.sampled_from(list(forbidden)), min_size=1, max_size=3, unique=True))
            constraint = Forbid({name: forbidden[name] for name in named})
            if SearchSpace(space, [constraint]).is_allowed(kept):
                made.append(constraint)
    return made


@st.composite
def _linear(draw: st.DrawFn, kept: Params, numbers: list[str], rooms: Sequence[float]) -> Linear:
    weights: dict[str, float] = draw(
        st.dictionaries(
            st.sampled_from(numbers),
            st.sampled_from([1.0, -1.0, 2.5, 1e-3, 1e308, 5e-324]) | st.floats(-10, 10),
            min_size=1,
            max_size=3,
        )
    )
    terms = [weight * float(kept[name]) for name, weight in weights.items() if name in kept]  # type: ignore[arg-type]
    assume(all(math.isfinite(term) for term in terms) and math.isfinite(sum(terms)))
    room = draw(st.sampled_from(rooms)) * max(map(abs, terms), default=1.0)
    bounds: str = draw(st.sampled_from(["at_most", "at_least", "both"]))
    at_most = min(sum(terms) + room, _LARGEST) if bounds != "at_least" else None
    at_least = max(sum(terms) - room, -_LARGEST) if bounds != "at_most" else None
    return Linear(weights, at_most=at_most, at_least=at_least)


def _is_number(parameter: Parameter) -> bool:
    if isinstance(parameter, Constant):
        return isinstance(parameter.value, int | float) and not isinstance(parameter.value, bool)
    return isinstance(parameter, Float | Int)


@st.composite
def _conditions(draw: st.DrawFn, made: Mapping[str, Parameter]) -> When:
    possible = [name for name, parameter in made.items() if not isinstance(parameter, Float)]
    if not possible or draw(st.integers(0, 2)) == 0:
        return None
    parents = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=2, unique=True))
    return {parent: draw(_values(made[parent])) for parent in parents}


@st.composite
def _values(draw: st.DrawFn, parent: Parameter) -> list[Scalar]:
    if isinstance(parent, Categorical):
        return draw(st.lists(st.sampled_from(list(parent.choices)), min_size=1, max_size=3))
    if isinstance(parent, Constant):
        return [parent.value]
    assert isinstance(parent, Int)
    if parent.log:
        return [parent.low, parent.high]
    indices = draw(st.lists(st.integers(0, min(parent.num_steps, 3)), min_size=1, max_size=3))
    return [parent.decode(index) for index in indices]


def corner_spaces() -> dict[str, SearchSpace]:
    """Spaces that break arithmetic, by what is special about them."""
    return {
        "widest": SearchSpace({"x": Float(-_LARGEST, _LARGEST), "y": Float(_SMALLEST, _LARGEST, log=True)}),
        "narrowest": SearchSpace(
            {"x": Float(1.0, math.nextafter(1.0, 2.0)), "y": Float(1e300, 1.0000000000000002e300, log=True)}
        ),
        "single": SearchSpace(
            {"f": Float(0.5, 0.5), "i": Int(3, 3), "c": Categorical([None]), "g": Float(0, 1, step=2)}
        ),
        "largest integers": SearchSpace(
            {"i": Int(-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER), "l": Int(1, MAX_EXACT_INTEGER, log=True)}
        ),
        "empty": SearchSpace({}),
        "constants": SearchSpace({"a": Constant(3), "b": Constant(None, when={"a": [3]}), "x": Float(0, 1)}),
        "nested": SearchSpace(
            {
                "p0": Categorical(["on", "off"]),
                **{
                    f"p{depth}": Int(0, 2, when={f"p{depth - 1}": ["on"] if depth == 1 else [1, 2]})
                    for depth in range(1, 25)
                },
                "deepest": Float(1e-300, 1e300, log=True, when={"p24": [2]}),
            }
        ),
        "thin simplex": SearchSpace(
            {f"x{place}": Float(0, 1) for place in range(5)},
            [Linear({f"x{place}": 1 for place in range(5)}, at_most=1e-9)],
        ),
        "equation": SearchSpace(
            {f"x{place}": Float(-1000, 1000) for place in range(3)},
            [Linear({"x0": 1, "x1": 2, "x2": 3}, at_most=0.1, at_least=0.1)],
        ),
        "widest sum": SearchSpace(
            {"x": Float(-_LARGEST, _LARGEST), "y": Float(-_LARGEST, _LARGEST)},
            [Linear({"x": 1e300, "y": 1e300}, at_least=-1, at_most=1)],
        ),
        "band of one branch": SearchSpace(
            {
                "branch": Categorical(list("abcdef")),
                "y": Float(0, 1),
                **{f"x{name}": Float(0, 10 if name == "e" else 1, when={"branch": [name]}) for name in "abcdef"},
            },
            [Linear({"y": 1, **{f"x{name}": 1 for name in "abcdef"}}, at_least=10.5, at_most=10.6)],
        ),
        "one combination": SearchSpace(
            {name: Categorical(list("abcde")) for name in "xyz"} | {"rate": Float(0, 1)},
            [
                Forbid(dict(zip("xyz", values, strict=True)))
                for values in itertools.product("abcde", repeat=3)
                if values != ("c", "d", "b")
            ],
        ),
        "integers near their maximum": SearchSpace(
            {f"i{place}": Int(0, 1000) for place in range(5)} | {"rate": Float(0, 1)},
            [Linear({f"i{place}": 1 for place in range(5)}, at_least=4998)],
        ),
    }
