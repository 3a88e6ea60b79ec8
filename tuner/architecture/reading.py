"""From a document to a tree of blocks. Every fault is told with its place in the document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuner.architecture.arguments import Argument, Search, Value, Whole, Window, Word, lengths_of
from tuner.architecture.blocks import Block, Branch, Branches, Chain, Choice, Layer, Repeat
from tuner.architecture.catalogue import CATALOGUE, MERGES
from tuner.architecture.faults import invalid, near
from tuner.architecture.layer_kind import LayerKind
from tuner.architecture.limits import MAX_NESTING, MAX_REPEAT
from tuner.architecture.parameters import Conditions, Parameters, read_parameter, within
from tuner.space import Categorical, Int, Scalar
from tuner.space.parameters import escape, show

VERSION = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

_REPEAT = Whole(0, MAX_REPEAT, is_required=True)
_MERGE = Word(MERGES, "concatenate")
_DOCUMENT_KEYS = ("version", "from", "layers")
_BLOCKS = ("layer", "choice", "repeat", "branches")
_CODE = frozenset({"module", "class_name", "registered_name", "function", "config", "build_config"})
_CODE_LAYERS = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})


@dataclass
class _Place:
    """Where the reader is.

    Args:
        pointer: In the document.
        path: In the names of parameters.
        conditions: When it is reached.
        names: Outputs that a branch may start from here.
        inside: Blocks that it is part of, by name.
        depth: Chains that it is in.
    """

    pointer: str
    path: str = ""
    conditions: Conditions = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    depth: int = 1

    def below(self, pointer: str, path: str, conditions: Conditions | None = None, name: str | None = None) -> _Place:
        return _Place(
            f"{self.pointer}/{pointer}",
            path,
            self.conditions if conditions is None else conditions,
            self.names,
            self.inside if name is None else self.inside | {name},
            self.depth + 1,
        )


class Reader:
    """Reads one document."""

    def __init__(self) -> None:
        self.parameters = Parameters()
        self.sources: dict[str, str] = {}
        """Where each input of the data is named first."""
        self._names: dict[str, str] = {}
        """Where each block with a name stands, those not read yet included."""

    def read(self, form: object) -> tuple[str | None, Chain]:
        """The source and the chain of a document.

        Raises:
            InvalidArchitecture: It breaks a rule.
        """
        if not isinstance(form, Mapping):
            raise invalid("", "must be an object with version and layers", hint=_EXAMPLE)
        _check_keys(form, _DOCUMENT_KEYS, "", "an architecture")
        if form.get("version") != VERSION or isinstance(form.get("version"), bool):
            raise invalid("/version", f"must be {VERSION}, got {show(form.get('version'))}")
        if "layers" not in form:
            raise invalid("/layers", "is missing", hint=_EXAMPLE)
        self._names = dict(_block_names(form["layers"], "/layers"))
        source = self._source(form, _Place(""))
        return source, self._chain(form["layers"], _Place("/layers"))

    def _chain(self, form: object, place: _Place) -> Chain:
        if not isinstance(form, list | tuple):
            raise invalid(place.pointer, f"must be a list of layers, got {show(form)}")
        if place.depth > MAX_NESTING:
            raise invalid(place.pointer, f"is nested more than {MAX_NESTING} chains deep", hint="Flatten the nesting.")
        taken = {str(block["name"]) for block in form if isinstance(block, Mapping) and "name" in block}
        names = place.names
        blocks: list[Block] = []
        for position, block in enumerate(form):
            here = _Place(f"{place.pointer}/{position}", place.path, place.conditions, names, place.inside, place.depth)
            read = self._block(block, here, taken)
            if read.name is not None:
                if read.name in names:
                    raise invalid(f"{here.pointer}/name", f"{show(read.name)} is the name of an earlier block")
                names |= {read.name}
            blocks.append(read)
        return tuple(blocks)

    def _block(self, form: object, place: _Place, taken: set[str]) -> Block:
        if not isinstance(form, Mapping):
            raise invalid(place.pointer, f"must be an object such as {_LAYER}, got {show(form)}")
        _refuse_code(form, place.pointer)
        kinds = [kind for kind in _BLOCKS if kind in form]
        if len(kinds) != 1:
            raise invalid(place.pointer, f"must have exactly one of {', '.join(_BLOCKS)}", hint=f"Write {_LAYER}.")
        name = _name(form["name"], f"{place.pointer}/name") if "name" in form else None
        match kinds[0]:
            case "layer":
                return self._layer(form, place, taken, name)
            case "choice":
                return self._choice(form, place, taken, name)
            case "repeat":
                return self._repeat(form, place, taken, name)
            case _:
                return self._branches(form, place, taken, name)

    def _layer(self, form: Mapping[str, Any], place: _Place, taken: set[str], name: str | None) -> Layer:
        kind = _kind(form["layer"], f"{place.pointer}/layer")
        path = _path(place.path, name or kind.name.lower(), taken, is_given=name is not None)
        arguments: dict[str, Value] = {}
        for key in form:
            if key not in kind.arguments and key not in ("layer", "name"):
                raise invalid(
                    f"{place.pointer}/{escape(key)}",
                    f"is not an argument of {kind.name}",
                    hint=near(key, kind.arguments, f"{kind.name} takes"),
                )
        for argument, expected in kind.arguments.items():
            if argument in form:
                here = _Place(f"{place.pointer}/{argument}", f"{path}.{argument}", place.conditions)
                arguments[argument] = self._value(form[argument], expected, here)
            elif expected.is_required:
                raise invalid(f"{place.pointer}/{argument}", f"is missing; {kind.name} needs it, {expected.expected}")
            else:
                arguments[argument] = expected.default
        _check_together(kind, arguments, place.pointer)
        return Layer(kind, arguments, path, place.pointer, name)

    def _choice(self, form: Mapping[str, Any], place: _Place, taken: set[str], name: str | None) -> Choice:
        _check_keys(form, ("choice", "of", "name"), place.pointer, "a choice")
        parameter = _name(form["choice"], f"{place.pointer}/choice")
        options = form.get("of")
        if not isinstance(options, Mapping) or not options:
            detail = "must be an object that maps the names of options to lists of layers"
            raise invalid(f"{place.pointer}/of", detail, hint='Write {"choice": "head", "of": {"a": [...], "b": []}}.')
        for option in options:
            _name(option, f"{place.pointer}/of/{escape(option)}")
        path = _path(place.path, name or parameter, taken, is_given=name is not None)
        search = self.parameters.add(parameter, Categorical(list(options)), place.conditions, f"{place.pointer}/choice")
        chains = {}
        for option, chain in options.items():
            spot = f"of/{escape(option)}"
            conditions = within(place.conditions, parameter, (option,), f"{place.pointer}/{spot}")
            chains[option] = self._chain(chain, place.below(spot, f"{path}.{option}", conditions, name))
        return Choice(search, chains, path, place.pointer, name)

    def _repeat(self, form: Mapping[str, Any], place: _Place, taken: set[str], name: str | None) -> Repeat:
        _check_keys(form, ("repeat", "layers", "name"), place.pointer, "a repetition")
        if "layers" not in form:
            raise invalid(f"{place.pointer}/layers", "is missing; it is what is repeated")
        count_form = form["repeat"]
        given = count_form.get("name") if isinstance(count_form, Mapping) else None
        label = name or (given if isinstance(given, str) else "repeat")
        path = _path(place.path, label, taken, is_given=name is not None)
        here = _Place(f"{place.pointer}/repeat", f"{path}.count", place.conditions)
        count = self._value(count_form, _REPEAT, here)
        counts = [value for value in _counts(count) if isinstance(value, int)]
        if max(counts) < 1:
            raise invalid(here.pointer, "must be at least 1, or what is repeated can never be reached")
        copies = []
        for copy in range(1, max(counts) + 1):
            conditions = place.conditions
            if isinstance(count, Search) and copy > min(counts):
                reached = tuple(value for value in counts if value >= copy)
                conditions = within(conditions, count.name, reached, f"{place.pointer}/layers")
            copies.append(self._chain(form["layers"], place.below("layers", f"{path}.{copy}", conditions, name)))
        return Repeat(count, copies, path, place.pointer, name)

    def _branches(self, form: Mapping[str, Any], place: _Place, taken: set[str], name: str | None) -> Branches:
        _check_keys(form, ("branches", "merge", "name"), place.pointer, "branches")
        ways = form["branches"]
        if not isinstance(ways, Mapping) or not ways:
            raise invalid(
                f"{place.pointer}/branches",
                "must be an object that maps names to lists of layers",
                hint='Write {"branches": {"skip": [], "main": [...]}, "merge": "add"}.',
            )
        path = _path(place.path, name or "branches", taken, is_given=name is not None)
        here = _Place(f"{place.pointer}/merge", f"{path}.merge", place.conditions)
        merge = self._value(form.get("merge", _MERGE.default), _MERGE, here)
        branches = {}
        for way, branch in ways.items():
            _name(way, f"{place.pointer}/branches/{escape(way)}")
            below = place.below(f"branches/{escape(way)}", f"{path}.{way}", name=name)
            branches[way] = self._branch(branch, below)
        return Branches(branches, merge, path, place.pointer, name)

    def _branch(self, form: object, place: _Place) -> Branch:
        if not isinstance(form, Mapping):
            return Branch(None, self._chain(form, place), place.pointer)
        _check_keys(form, ("from", "layers"), place.pointer, "a branch")
        chain = self._chain(form.get("layers", []), _Place(f"{place.pointer}/layers", *_rest(place)))
        return Branch(self._source(form, place), chain, place.pointer)

    def _source(self, form: Mapping[str, Any], place: _Place) -> str | None:
        """The block or the input that a chain starts from."""
        source = form.get("from")
        if source is None:
            return None
        pointer = f"{place.pointer}/from"
        if not isinstance(source, str) or not source:
            raise invalid(pointer, f"must be the name of an earlier block or of an input, got {show(source)}")
        if source in place.names:
            return source
        if source in place.inside:
            raise invalid(pointer, f"closes a circle: {show(source)} is the block that this is part of")
        if source in self._names:
            raise invalid(
                pointer,
                f"names {show(source)} (#{self._names[source]}), which comes later or is out of reach from here",
                hint="A branch starts from a block before it in its own list, or in a list around that.",
            )
        self.sources.setdefault(source, pointer)
        return source

    def _value(self, form: object, expected: Argument, place: _Place) -> Value:
        if isinstance(form, Mapping):
            return self._search(form, expected, place)
        if isinstance(form, list | tuple) and isinstance(expected, Window) and len(form) == expected.axes:
            return tuple(
                self._value(each, expected, _Place(f"{place.pointer}/{at}", f"{place.path}.{at}", place.conditions))
                for at, each in enumerate(form)
            )
        if form is None and expected.default is None and not expected.is_required:
            return None
        if (fault := expected.fault(form)) is not None:
            raise invalid(place.pointer, fault)
        assert form is None or isinstance(form, str | bool | int | float)
        return form

    def _search(self, form: Mapping[str, Any], expected: Argument, place: _Place) -> Search:
        _refuse_code(form, place.pointer)
        if "type" not in form and "choices" not in form:
            raise invalid(
                place.pointer,
                f"must be {expected.expected}, or a search parameter",
                hint='Write {"type": "int", "low": 8, "high": 64} or {"choices": [...]}.',
            )
        parameter = read_parameter(form, place.pointer)
        if not expected.takes(parameter):
            raise invalid(f"{place.pointer}/type", f"must fit what stands here, {expected.expected}")
        search = Search(place.path, parameter)
        ends = ("low", "high") if not isinstance(parameter, Categorical) else None
        for at, value in enumerate(search.values):
            if (fault := expected.fault(value)) is not None:
                raise invalid(f"{place.pointer}/{ends[at] if ends else f'choices/{at}'}", fault)
        name = _name(form["name"], f"{place.pointer}/name") if form.get("name") is not None else place.path
        return self.parameters.add(name, parameter, place.conditions, place.pointer)


_LAYER = '{"layer": "Dense", "units": 64}'
_EXAMPLE = f'Write {{"version": 1, "layers": [{_LAYER}]}}.'


def _rest(place: _Place) -> tuple[str, Conditions, frozenset[str], frozenset[str], int]:
    return place.path, place.conditions, place.names, place.inside, place.depth


def _path(outer: str, label: str, taken: set[str], *, is_given: bool) -> str:
    """The path of a block: the second of a kind in its chain has a number."""
    if not is_given:
        number, wanted = 1, label
        while label in taken:
            number += 1
            label = f"{wanted}_{number}"
        taken.add(label)
    return f"{outer}.{label}" if outer else label


def _counts(count: Value) -> Sequence[Scalar]:
    if not isinstance(count, Search):
        assert isinstance(count, int)
        return (count,)
    parameter = count.parameter
    if isinstance(parameter, Int):
        return range(parameter.low, parameter.high + 1, parameter.step)
    return count.values


def _kind(name: object, pointer: str) -> LayerKind:
    kind = CATALOGUE.get(name) if isinstance(name, str) else None
    if kind is None:
        detail = f"{show(name)} is not a layer that may be used"
        if name in _CODE_LAYERS:
            detail = f"{show(name)} would run code that comes with the document, which is never done"
        raise invalid(pointer, detail, hint=near(name, CATALOGUE, "The layers are"))
    return kind


def _check_together(kind: LayerKind, arguments: Mapping[str, Value], pointer: str) -> None:
    strides, dilation = arguments.get("strides"), arguments.get("dilation_rate")
    if strides is None or dilation is None:
        return
    axes = kind.takes.num_axes
    assert axes is not None
    if all(max(length.high for length in lengths_of(value, axes - 1)) > 1 for value in (strides, dilation)):
        raise invalid(f"{pointer}/dilation_rate", "does not go with strides above 1", hint="Leave one of them at 1.")


def _check_keys(form: Mapping[str, Any], known: Sequence[str], pointer: str, what: str) -> None:
    _refuse_code(form, pointer)
    for key in form:
        if key not in known:
            raise invalid(
                f"{pointer}/{escape(key)}",
                f"is not a field of {what}",
                hint=near(key, known, f"The fields of {what} are"),
            )


def _refuse_code(form: Mapping[str, Any], pointer: str) -> None:
    for key in form:
        if key in _CODE:
            raise invalid(
                f"{pointer}/{escape(key)}",
                "belongs to a configuration of Keras, from which code could be run",
                hint=f"Name layers and give their arguments: {_LAYER}.",
            )


def _name(name: object, pointer: str) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise invalid(
            pointer,
            f"must be a name of 1 to 40 letters, digits, dashes and underscores that begins with a letter or digit, "
            f"got {show(name)}",
        )
    return name


# Any: a document that is not checked yet.
def _block_names(chain: Any, pointer: str) -> list[tuple[str, str]]:
    """The names of all blocks in a chain, with their places."""
    found: list[tuple[str, str]] = []
    for position, block in enumerate(chain if isinstance(chain, list | tuple) else ()):
        if not isinstance(block, Mapping):
            continue
        here = f"{pointer}/{position}"
        if isinstance(block.get("name"), str):
            found.append((block["name"], here))
        found += _block_names(block.get("layers"), f"{here}/layers")
        for key in ("of", "branches"):
            inside = block.get(key)
            for name, branch in inside.items() if isinstance(inside, Mapping) else ():
                there = f"{here}/{key}/{escape(name)}"
                is_object = isinstance(branch, Mapping)
                found += _block_names(branch.get("layers") if is_object else branch, there)
    return found
