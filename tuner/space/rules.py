"""The constraints of a space, prepared for judging many points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuner.space.constraints import Constraint, Forbid, Linear
from tuner.space.parameters import Float, Parameter, Scalar


class Rules:
    """Judges points against constraints; a thousand forbidden combinations of the same parameters cost as much as one.

    Args:
        constraints: The constraints, in the order in which they are numbered.
        parameters: The space's parameters by name.
    """

    def __init__(self, constraints: Sequence[Constraint], parameters: Mapping[str, Parameter]) -> None:
        self._linear = [(place, each) for place, each in enumerate(constraints) if isinstance(each, Linear)]
        tables: dict[tuple[str, ...], _Table] = {}
        for place, each in enumerate(constraints):
            if isinstance(each, Forbid):
                names = tuple(sorted(each.names))
                tables.setdefault(names, _Table(names, parameters)).add(each, place)
        self._tables = list(tables.values())

    def are_kept(self, params: Mapping[str, Scalar]) -> bool:
        """Whether a point, valid in all else, keeps every constraint."""
        return not any(table.find(params) is not None for table in self._tables) and not any(
            linear.excess(params) for _, linear in self._linear
        )

    def broken(self, params: Mapping[str, Scalar]) -> Iterator[tuple[int, float]]:
        """Places of the constraints that a point breaks, each with how far: the excess of a sum, 1 for a combination.

        Of equal combinations only one is told.
        """
        for place, linear in self._linear:
            excess = linear.excess(params)
            if excess:
                yield place, excess
        for table in self._tables:
            found = table.find(params)
            if found is not None:
                yield found, 1.0


class _Table:
    """Forbidden combinations of the same parameters."""

    def __init__(self, names: tuple[str, ...], parameters: Mapping[str, Parameter]) -> None:
        # 0.3 and 0.1 + 0.2 are one grid point.
        self._grids = [
            (name, parameter.encode if isinstance(parameter := parameters[name], Float) and parameter.step else None)
            for name in names
        ]
        self._places: dict[tuple[Scalar, ...], int] = {}

    def add(self, constraint: Forbid, place: int) -> None:
        key = self._key(constraint.values)
        assert key is not None
        self._places.setdefault(key, place)

    def find(self, params: Mapping[str, Scalar]) -> int | None:
        key = self._key(params)
        return None if key is None else self._places.get(key)

    def _key(self, params: Mapping[str, Scalar]) -> tuple[Scalar, ...] | None:
        try:
            return tuple([params[name] if encode is None else encode(params[name]) for name, encode in self._grids])
        except KeyError:
            return None
