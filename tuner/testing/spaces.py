"""Hypothesis strategies for search spaces: everything that is allowed, the nasty corners first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from tuner.space import Categorical, Float, Int, Parameter, Scalar, SearchSpace
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


def parameters(when: When = None) -> st.SearchStrategy[Parameter]:
    """Parameters of every kind."""
    return st.one_of(categoricals(when), ints(when), floats(when))


@st.composite
def search_spaces(draw: st.DrawFn, min_parameters: int = 0, max_parameters: int = 6) -> SearchSpace:
    """Search spaces with conditions nested as deep as there are parameters, in an order of their own."""
    chosen = draw(st.lists(names(), min_size=min_parameters, max_size=max_parameters, unique=True))
    made: dict[str, Parameter] = {}
    for name in chosen:
        made[name] = draw(parameters(draw(_conditions(made))))
    return SearchSpace({name: made[name] for name in draw(st.permutations(chosen))})


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
    }
