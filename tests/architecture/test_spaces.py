"""From a document to parameters, and from their values to a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tuner.architecture import Architecture, DataInput, Network
from tuner.space import SearchSpace

IMAGE = {"photo": DataInput.of(8, 8, 3)}
VECTOR = {"tabular": DataInput.of(5)}


def architecture(*layers: object, **fields: object) -> Architecture:
    return Architecture.from_json({"version": 1, "layers": list(layers), **fields})


def whole(low: int, high: int, **fields: object) -> dict[str, Any]:
    return {"type": "int", "low": low, "high": high, **fields}


def dense(units: object, **fields: object) -> dict[str, Any]:
    return {"layer": "Dense", "units": units, **fields}


def kinds(network: Network) -> list[str]:
    return [step.layer for step in network.steps]


def when(known: Architecture, name: str) -> object:
    return known.parameters[name].when


def test_parameters_are_named_by_their_place_or_by_themselves() -> None:
    known = architecture(
        dense(whole(1, 8)),
        dense(whole(1, 8)),
        dense(whole(1, 8), name="last"),
        dense(whole(1, 8, name="width")),
        {"branches": {"a": [dense(whole(1, 8))]}},
    )
    assert list(known.parameters) == ["dense.units", "dense_2.units", "last.units", "width", "branches.a.dense.units"]


def test_parameters_of_an_option_are_active_only_while_it_is_chosen() -> None:
    known = architecture({"choice": "head", "of": {"wide": [dense(whole(8, 64))], "none": []}})
    assert when(known, "head.wide.dense.units") == {"head": ("wide",)}
    assert kinds(known.resolve({"head": "none"}, VECTOR)) == []
    assert [step.shape for step in known.resolve({"head": "wide", "head.wide.dense.units": 9}, VECTOR).steps] == [(9,)]


def test_parameters_of_later_copies_are_active_only_while_these_are_there() -> None:
    known = architecture({"repeat": whole(1, 3, name="depth"), "layers": [dense(whole(1, 8))]})
    assert when(known, "depth.1.dense.units") is None
    assert when(known, "depth.3.dense.units") == {"depth": (3,)}
    params = {"depth": 2, "depth.1.dense.units": 7, "depth.2.dense.units": 3}
    assert [step.shape for step in known.resolve(params, VECTOR).steps] == [(7,), (3,)]


def test_copies_share_a_named_parameter() -> None:
    known = architecture({"repeat": {"choices": [0, 2, 3]}, "layers": [dense(whole(1, 8, name="units"))]})
    assert list(known.parameters) == ["repeat.count", "units"]
    assert when(known, "units") == {"repeat.count": (2, 3)}
    assert [step.shape for step in known.resolve({"repeat.count": 3, "units": 4}, VECTOR).steps] == [(4,)] * 3
    assert known.resolve({"repeat.count": 0}, VECTOR).output == "tabular"


def test_shared_parameter_is_active_wherever_it_stands() -> None:
    shared = dense(whole(1, 8, name="units"))
    known = architecture({"choice": "a", "of": {"x": [shared], "y": [shared], "z": []}})
    assert when(known, "units") == {"a": ("x", "y")}
    apart = architecture(
        {"choice": "a", "of": {"x": [shared], "y": []}}, {"choice": "b", "of": {"x": [shared], "y": []}}
    )
    # A space has no "or" between two choices: it has a value too often, never too seldom.
    assert when(apart, "units") is None
    always = architecture({"choice": "a", "of": {"x": [shared], "y": []}}, shared)
    assert when(always, "units") is None


def test_one_choice_in_two_places_chooses_the_same() -> None:
    switch = {"choice": "kind", "of": {"a": [dense(3)], "b": []}}
    known = architecture(switch, dense(5), switch)
    assert list(known.parameters) == ["kind"]
    assert [step.shape[0] for step in known.resolve({"kind": "a"}, VECTOR).steps] == [3, 5, 3]


def test_layers_between_that_nobody_wrote_are_inserted() -> None:
    convolution = {"layer": "Conv2D", "filters": 4, "kernel_size": 3}
    assert kinds(architecture(convolution, dense(2)).resolve({}, IMAGE)) == ["Conv2D", "Flatten", "Dense"]
    large = {"photo": DataInput.of(128, 128, 3)}
    assert kinds(architecture(convolution, dense(2)).resolve({}, large)) == [
        "Conv2D",
        "GlobalAveragePooling2D",
        "Dense",
    ]
    assert kinds(architecture(convolution).resolve({}, IMAGE)) == ["Conv2D", "Flatten"]
    words = {"review": DataInput.of(30, num_words=100)}
    assert kinds(architecture({"layer": "GRU", "units": 3}).resolve({}, words)) == ["Embedding", "GRU"]


def test_recurrent_layer_keeps_its_steps_for_those_that_need_them() -> None:
    signal = {"signal": DataInput.of(12, 2)}
    gru = {"layer": "GRU", "units": 3}
    noise = {"layer": "Dropout", "rate": 0.1}
    convolution = {"layer": "Conv1D", "filters": 4, "kernel_size": 3}
    shapes = [step.shape for step in architecture(gru, noise, convolution, gru, noise).resolve({}, signal).steps]
    assert shapes == [(12, 3), (12, 3), (10, 4), (3,), (3,)]
    branches = {"branches": {"end": [gru], "steps": [gru, convolution, {"layer": "GlobalMaxPooling1D"}]}}
    assert [step.shape for step in architecture(branches).resolve({}, signal).steps] == [
        (3,),
        (12, 3),
        (10, 4),
        (4,),
        (7,),
    ]
    beside = {"branches": {"skip": [], "main": [gru]}, "merge": "concatenate"}
    assert architecture(beside).resolve({}, signal).steps[1].shape == (12, 5)


def test_residual_connections_keep_sizes_that_only_the_parameters_know() -> None:
    block = {
        "branches": {
            "skip": [],
            "main": [{"layer": "Conv2D", "filters": whole(2, 9), "kernel_size": whole(1, 5), "padding": "same"}],
        },
        "merge": "add",
    }
    pooling = {"choice": "pool", "of": {"yes": [{"layer": "MaxPooling2D"}], "no": []}}
    known = architecture(pooling, {"repeat": whole(1, 3, name="depth"), "layers": [block]})
    known.check(IMAGE, num_outputs=2)
    rng = np.random.default_rng(0)
    space = SearchSpace(known.parameters)
    for _ in range(20):
        params = space.draw(rng)
        last = known.resolve(params, IMAGE).steps[-2]
        side = 4 if params["pool"] == "yes" else 8
        assert last.layer == "Add"
        assert last.shape[:2] == (side, side)


@pytest.mark.parametrize("merge", ["add", "multiply", "average", "maximum"])
def test_sums_bring_their_parts_to_the_width_of_the_widest(merge: str) -> None:
    known = architecture({"branches": {"a": [dense(3)], "b": [dense(7)], "c": []}, "merge": merge})
    network = known.resolve({}, VECTOR)
    assert [step.shape[0] for step in network.steps] == [3, 7, 7, 7, 7]
    assert network.steps[-1].layer.lower() == merge


def test_inputs_of_mixed_data_are_joined_unless_named() -> None:
    data = {"tabular": DataInput.of(5), "photo": DataInput.of(8, 8, 1)}
    assert kinds(architecture(dense(3)).resolve({}, data)) == ["Flatten", "Concatenate", "Dense"]
    towers = {
        "branches": {
            "picture": {"from": "photo", "layers": [{"layer": "Conv2D", "filters": 2, "kernel_size": 3}]},
            "rest": {"from": "tabular", "layers": [dense(4)]},
        }
    }
    network = architecture(towers, dense(3)).resolve({}, data)
    assert kinds(network) == ["Conv2D", "Dense", "Flatten", "Concatenate", "Dense"]
    assert network.steps[-2].shape == (6 * 6 * 2 + 4,)
    only = architecture(dense(3), **{"from": "tabular"}).resolve({}, data)
    assert [step.inputs for step in only.steps] == [("tabular",)]


def test_branches_go_on_from_named_blocks() -> None:
    down = {"layer": "Conv2D", "filters": 4, "kernel_size": 3, "padding": "same", "name": "top"}
    up = {"branches": {"skip": {"from": "top"}, "up": [{"layer": "UpSampling2D"}]}}
    network = architecture(down, {"layer": "MaxPooling2D"}, up).resolve({}, IMAGE)
    assert network.steps[-2].inputs == ("top", "branches.up.upsampling2d")
    assert network.steps[-2].shape == (8, 8, 8)


def test_groups_are_as_many_as_divide_the_channels() -> None:
    known = architecture(dense(12), {"layer": "GroupNormalization", "groups": 8})
    assert known.resolve({}, VECTOR).steps[-1].arguments["groups"] == 6


def test_default_lies_in_the_middle() -> None:
    known = architecture(
        dense(whole(4, 64, log=True)),
        {"layer": "Dropout", "rate": {"type": "float", "low": 0.1, "high": 0.5}},
        {"repeat": whole(1, 3, name="depth"), "layers": [{"choice": "c", "of": {"a": [], "b": []}}]},
    )
    assert known.default() == {"dense.units": 16, "dropout.rate": pytest.approx(0.3), "depth": 2, "c": "a"}
