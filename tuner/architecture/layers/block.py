"""What networks are put together from in Python: thin objects over the JSON form, checked by its reader at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tuner.architecture.architecture import Architecture
from tuner.architecture.catalogue import CATALOGUE, MERGES
from tuner.architecture.faults import invalid
from tuner.architecture.reading import VERSION
from tuner.errors import InvalidArchitecture
from tuner.space import Categorical, Float, Int, Parameter


@dataclass(frozen=True)
class Named:
    """A search parameter with a name. In several places it is one parameter with one value, as in all copies of a
    repetition.

    Args:
        name: Its name in the space, after ``architecture.``.
        parameter: Its range.

    Example:
        >>> units = layers.Named("units", tuner.Int(16, 256, step=16))
    """

    name: str
    parameter: Parameter


WholeValue: TypeAlias = int | Int | Categorical | Named
NumberValue: TypeAlias = float | Float | Int | Categorical | Named
FlagValue: TypeAlias = bool | Categorical | Named
WordValue: TypeAlias = str | Categorical | Named
WindowValue: TypeAlias = WholeValue | Sequence[WholeValue]
"""One number, or a list with one for each axis."""


class Block:
    """A part of a network. Made by the functions and classes of this package.

    Args:
        form: Its JSON form.

    Raises:
        InvalidArchitecture: It breaks a rule.
    """

    def __init__(self, form: Mapping[str, Any]) -> None:
        self._form = dict(form)
        _check(self._form)

    def __repr__(self) -> str:
        return f"<Block {self._form!r:.200}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and self._form == other._form

    __hash__ = None  # type: ignore[assignment]  # it holds dicts

    def to_json(self) -> dict[str, Any]:
        """Its JSON form."""
        return dict(self._form)


Blocks: TypeAlias = Sequence[Block | Mapping[str, Any]]
"""Parts one after the other, made here or in their JSON form."""


class Sequential:
    """A network: layers one after the other. Input and output layers come from the dataset.

    Args:
        layers: They.
        source: The input of the data to start from, where there are several: the name of a column of images, sequences
            or text, or ``tabular`` for all other columns. All of them together if None.

    Raises:
        InvalidArchitecture: A layer breaks a rule.

    Example:
        >>> layers.Sequential([
        ...     layers.Conv2D(tuner.Int(8, 64, log=True), 3, activation="relu"),
        ...     layers.Repeat(tuner.Int(1, 3), [layers.Dense(64, activation=tuner.Categorical(["relu", "gelu"]))]),
        ... ])
    """

    def __init__(self, layers: Blocks, source: str | None = None) -> None:
        form = {"version": VERSION, **_source(source), "layers": chain_form(layers)}
        self._architecture = Architecture.from_json(form, pointer="#")

    def to_json(self) -> dict[str, Any]:
        """The one JSON form, version 1."""
        return self._architecture.to_json()


class Repeat(Block):
    """Layers several times in a row. Search parameters in it differ from copy to copy, unless they are ``Named``.

    Args:
        count: How often.
        layers: What is repeated.
        name: Names its output, for branches that start from it.

    Raises:
        InvalidArchitecture: It breaks a rule.
    """

    def __init__(self, count: WholeValue, layers: Blocks, name: str | None = None) -> None:
        super().__init__({"repeat": value_form(count), "layers": chain_form(layers), **_name(name)})


class Choice(Block):
    """One of several lists of layers, chosen by a search parameter.

    Args:
        choice: The parameter's name.
        of: The lists by the parameter's values; one may be empty.
        name: Names its output, for branches that start from it.

    Raises:
        InvalidArchitecture: It breaks a rule.
    """

    def __init__(self, choice: str, of: Mapping[str, Blocks], name: str | None = None) -> None:
        options = {option: chain_form(layers) for option, layers in of.items()}
        super().__init__({"choice": choice, "of": options, **_name(name)})


@dataclass(frozen=True)
class Branch:
    """A branch that starts somewhere else than where the branches part.

    Args:
        source: A block before it, by its name, or an input of the data.
        layers: What is on it.
    """

    source: str
    layers: Blocks = ()


class Branches(Block):
    """Lists of layers side by side, joined at the end.

    Args:
        branches: The lists by name; an empty one leads around the others.
        merge: How they are joined: ``concatenate``, ``add``, ``multiply``, ``average`` or ``maximum``. All but the
            first bring narrower branches to the width of the widest.
        name: Names its output, for branches that start from it.

    Raises:
        InvalidArchitecture: It breaks a rule.
    """

    def __init__(
        self, branches: Mapping[str, Blocks | Branch], merge: WordValue = MERGES[0], name: str | None = None
    ) -> None:
        ways = {
            way: {**_source(branch.source), "layers": chain_form(branch.layers)}
            if isinstance(branch, Branch)
            else chain_form(branch)
            for way, branch in branches.items()
        }
        super().__init__({"branches": ways, "merge": value_form(merge), **_name(name)})


class Residual(Branches):
    """Layers whose output is added to what goes into them.

    Args:
        layers: They.
        name: Names its output, for branches that start from it.

    Raises:
        InvalidArchitecture: It breaks a rule.
    """

    def __init__(self, layers: Blocks, name: str | None = None) -> None:
        super().__init__({"skip": [], "main": layers}, "add", name)


def layer(kind: str, name: str | None, **arguments: object) -> Block:
    """A layer of a kind; arguments that are what they would be anyway are left out of its form."""
    known = CATALOGUE[kind].arguments
    given = {
        argument: value_form(value)
        for argument, value in arguments.items()
        if known[argument].is_required
        or isinstance(value, Parameter | Named | list | tuple)
        or value != known[argument].default
    }
    return Block({"layer": kind, **given, **_name(name)})


def value_form(value: object) -> object:
    """The JSON form of an argument; what is wrong with it is for the reader to say."""
    if isinstance(value, Named):
        form = value_form(value.parameter)
        return {**form, "name": value.name} if isinstance(form, dict) else form
    if isinstance(value, Parameter):
        return value.to_json()
    return [value_form(each) for each in value] if isinstance(value, list | tuple) else value


def chain_form(layers: Blocks) -> list[object]:
    """The JSON form of layers one after the other."""
    if isinstance(layers, Block | Mapping | str) or not isinstance(layers, Sequence):
        raise invalid("", f"needs a list of layers, got {type(layers).__name__}", hint="Write [layers.Dense(64)].")
    return [block.to_json() if isinstance(block, Block) else block for block in layers]


def _name(name: str | None) -> dict[str, str]:
    return {} if name is None else {"name": name}


def _source(source: str | None) -> dict[str, str]:
    return {} if source is None else {"from": source}


def _check(form: dict[str, Any]) -> None:
    """Refuse a part as a whole network would refuse it, told as a fault of the part."""
    try:
        Architecture.from_json({"version": VERSION, "layers": [form]}, pointer="")
    except InvalidArchitecture as error:
        place = error.places[0]
        subject = form.get("layer") or next(iter(form)).capitalize()
        where = place.pointer.removeprefix("/layers/0")
        raise _told_of(str(subject), where, place.detail, error.hint) from None


def _told_of(subject: str, pointer: str, detail: str, hint: str | None) -> InvalidArchitecture:
    told = invalid(pointer, detail, hint)
    message = told.message if pointer else f"{detail}."
    return InvalidArchitecture(f"{subject}: {message}", hint=hint, places=told.places)
