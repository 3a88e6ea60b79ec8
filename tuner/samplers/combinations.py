"""Every combination of listed values in a conditional space: counted without listing them, and found by number."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuner.space import Params, Scalar, SearchSpace
from tuner.space.parameters import is_one_of

# Counting takes memory for each way in which conditions can be left open. Real spaces need one per branch.
_MAX_WORK = 100_000
_MAX_DEPTH = 100


class TooEntangled(ValueError):
    """Conditions that share too many parents, or are nested too deep, for their combinations to be counted."""


class Combinations:
    """The valid combinations of some values for each parameter, each exactly once, in an order that covers early.

    Parameters that share no conditions are independent: their numbers of combinations are multiplied. A parameter on
    which others depend splits the space into branches, whose numbers are added. So the count is exact for spaces of
    any size, and the combination at a position is computed directly.

    The order: first the parameter on which most others depend (the model family, say) takes its values in turn, until
    a branch is used up; the branches that are left go on. Within a branch the combinations come shuffled by a keyed
    permutation, so that whoever stops early has seen a random sample without repetition.

    Args:
        space: The space; its constraints are not looked at.
        values: The values of each parameter, all different.
        seed: Decides the order.

    Attributes:
        count: How many there are.

    Raises:
        TooEntangled: The conditions are beyond what can be counted.

    Source for the permutation of a range of numbers (a Feistel network, repeated until the result is in range): Black
    and Rogaway, Ciphers with Arbitrary Finite Domains (2002).
    """

    def __init__(self, space: SearchSpace, values: Mapping[str, Sequence[Scalar]], seed: int) -> None:
        self._space = space
        self._root = _Builder(space, values, seed).root()
        self.count = self._root.count

    def __getitem__(self, position: int) -> Params:
        """The combination at a position from 0 to ``count - 1``."""
        found: Params = {}
        self._root.put(position, found)
        return {name: found[name] for name in self._space.order if name in found}


@dataclass(frozen=True)
class _Product:
    """Independent parts: every combination of one of each, shuffled."""

    parts: tuple[_Choice, ...]
    count: int
    key: bytes

    def put(self, position: int, found: Params) -> None:
        position = _shuffled(position, self.count, self.key) if len(self.parts) > 1 else position
        for part in self.parts:
            position, place = divmod(position, part.count)
            part.put(place, found)


@dataclass(frozen=True)
class _Choice:
    """A parameter's values in turn, each with what becomes possible with it.

    Args:
        name: The parameter.
        values: Its values and the combinations they open, those with fewest combinations first.
        count: Number of combinations.
    """

    name: str
    values: tuple[tuple[Scalar, _Product], ...]
    count: int

    def put(self, position: int, found: Params) -> None:
        rounds_done = 0
        for index, (_, rest) in enumerate(self.values):
            # All values from here on take part in the rounds until this one is used up.
            num_left = len(self.values) - index
            size = (rest.count - rounds_done) * num_left
            if position < size:
                more_rounds, turn = divmod(position, num_left)
                found[self.name], chosen = self.values[index + turn]
                chosen.put(rounds_done + more_rounds, found)
                return
            position -= size
            rounds_done = rest.count
        raise IndexError(position)


# Parameters that are not decided, with those of their parents that are not decided either.
_Open = dict[str, frozenset[str]]


class _Builder:
    """Takes a space apart."""

    def __init__(self, space: SearchSpace, values: Mapping[str, Sequence[Scalar]], seed: int) -> None:
        self._space = space
        self._values = values
        self._seed = seed
        self._known: dict[frozenset[tuple[str, frozenset[str]]], _Choice] = {}
        self._work = 0
        self._num_products = 0

    def root(self) -> _Product:
        depths: dict[str, int] = {}
        for name in self._space.order:
            depths[name] = max((depths[parent] + 1 for parent in self._space[name].when or ()), default=0)
        if max(depths.values(), default=0) > _MAX_DEPTH:
            raise TooEntangled(f"Conditions are nested {max(depths.values())} deep.")
        everything = {name: frozenset(self._space[name].when or ()) for name in self._space.order}
        leading = self._leading(everything)
        if leading is None:
            return self._product(everything)
        return self._times([self._choice(leading, everything)])

    def _leading(self, open_names: _Open) -> str | None:
        """The free parameter on which most others depend, if any do."""
        roots: dict[str, frozenset[str]] = {}
        dependents: Counter[str] = Counter()
        for name, parents in open_names.items():
            roots[name] = frozenset().union(*(roots[parent] for parent in parents)) if parents else frozenset({name})
            if parents:
                dependents.update(roots[name])
        most = max(dependents.values(), default=0)
        return next((name for name in open_names if most and dependents[name] == most), None)

    def _product(self, open_names: _Open) -> _Product:
        self._work += len(open_names)
        if self._work > _MAX_WORK:
            raise TooEntangled(f"More than {_MAX_WORK:,} parameters are open in the branches counted so far.")
        return self._times([self._part(part) for part in _independent(open_names)])

    def _times(self, parts: Sequence[_Choice]) -> _Product:
        count = 1
        for part in parts:
            count *= part.count
        self._num_products += 1
        key = hashlib.blake2b(f"{self._seed} {self._num_products}".encode(), digest_size=16).digest()
        return _Product(tuple(parts), count, key)

    def _part(self, part: _Open) -> _Choice:
        known_as = frozenset(part.items())
        if known_as not in self._known:
            name = self._leading(part) or next(iter(part))
            self._known[known_as] = self._choice(name, part)
        return self._known[known_as]

    def _choice(self, name: str, part: _Open) -> _Choice:
        children = [child for child, parents in part.items() if name in parents]
        by_closed: dict[frozenset[str], _Product] = {}
        values: list[tuple[Scalar, _Product]] = []
        for value in self._values[name]:
            closed = frozenset(child for child in children if not is_one_of(value, self._wanted(child, name)))
            if closed not in by_closed:
                by_closed[closed] = self._product(_after(name, part, closed))
            values.append((value, by_closed[closed]))
        values.sort(key=lambda each: each[1].count)
        return _Choice(name, tuple(values), sum(rest.count for _, rest in values))

    def _wanted(self, child: str, parent: str) -> Sequence[Scalar]:
        return (self._space[child].when or {})[parent]


def _after(decided: str, part: _Open, closed_children: frozenset[str]) -> _Open:
    """What is left open once a parameter has a value that closes some of its children."""
    left: _Open = {}
    closed = set(closed_children)
    for name, parents in part.items():
        if name == decided:
            continue
        if name in closed or parents & closed:
            closed.add(name)
        else:
            left[name] = parents - {decided}
    return left


def _independent(open_names: _Open) -> Iterator[_Open]:
    """Groups of parameters that share no open conditions, each in the space's order."""
    leader = {name: name for name in open_names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = name = leader[leader[name]]
        return name

    for name, parents in open_names.items():
        for parent in parents:
            leader[find(name)] = find(parent)
    groups: dict[str, _Open] = {}
    for name, parents in open_names.items():
        groups.setdefault(find(name), {})[name] = parents
    yield from groups.values()


def _shuffled(position: int, count: int, key: bytes) -> int:
    """Where a position goes under a permutation of 0 to ``count - 1`` that belongs to the key."""
    half = max((count - 1).bit_length() + 1, 2) // 2
    mask = (1 << half) - 1
    num_bytes = half // 8 + 1
    while True:
        left, right = position >> half, position & mask
        for turn in range(4):
            mixed = hashlib.shake_128(key + bytes([turn]) + right.to_bytes(num_bytes, "big")).digest(num_bytes)
            left, right = right, left ^ (int.from_bytes(mixed, "big") & mask)
        position = left << half | right
        if position < count:
            return position
