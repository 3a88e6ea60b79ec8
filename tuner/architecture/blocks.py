"""A network as a tree of blocks, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tuner.architecture.arguments import Arguments, Search, Value
from tuner.architecture.layer_kind import LayerKind


@dataclass(frozen=True)
class Layer:
    """One layer.

    Args:
        kind: What it is.
        arguments: Its arguments; those left out have their defaults.
        path: Names it, alone in the network.
        pointer: Where it stands in the document.
        name: Its output's name, for branches that start from it.
    """

    kind: LayerKind
    arguments: Arguments
    path: str
    pointer: str
    name: str | None = None


@dataclass(frozen=True)
class Choice:
    """One of several chains.

    Args:
        search: The parameter that chooses.
        options: The chains by its values.
        path: Names it, alone in the network.
        pointer: Where it stands in the document.
        name: Its output's name.
    """

    search: Search
    options: Mapping[str, Chain]
    path: str
    pointer: str
    name: str | None = None


@dataclass(frozen=True)
class Repeat:
    """A chain several times in a row.

    Args:
        count: How often.
        copies: The chain, as often as that can be; search parameters without a name differ between them.
        path: Names it, alone in the network.
        pointer: Where it stands in the document.
        name: Its output's name.
    """

    count: Value
    copies: Sequence[Chain]
    path: str
    pointer: str
    name: str | None = None


@dataclass(frozen=True)
class Branch:
    """One of several ways that go on side by side.

    Args:
        source: The block or the input of the data that it starts from; None: where the branches part.
        chain: What is on it; nothing on a residual connection.
        pointer: Where it stands in the document.
    """

    source: str | None
    chain: Chain
    pointer: str


@dataclass(frozen=True)
class Branches:
    """Several ways side by side, joined at the end.

    Args:
        branches: The ways by name.
        merge: How they are joined.
        path: Names it, alone in the network.
        pointer: Where it stands in the document.
        name: Its output's name.
    """

    branches: Mapping[str, Branch]
    merge: Value
    path: str
    pointer: str
    name: str | None = None


Block: TypeAlias = Layer | Choice | Repeat | Branches
Chain: TypeAlias = tuple[Block, ...]


def layers_in(chain: Chain) -> Iterator[Layer]:
    """All layers of a chain, whatever is chosen."""
    for block in chain:
        match block:
            case Layer():
                yield block
            case Choice(options=options):
                for option in options.values():
                    yield from layers_in(option)
            case Repeat(copies=copies):
                for copy in copies:
                    yield from layers_in(copy)
            case Branches(branches=branches):
                for branch in branches.values():
                    yield from layers_in(branch.chain)
