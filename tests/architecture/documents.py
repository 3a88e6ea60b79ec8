"""Random documents: nested choices, repetitions and branches over data of any kind, all of which should be accepted."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tuner.architecture import DataInput

Form = dict[str, Any]

INPUTS = {
    "vector": {"tabular": DataInput.of(5)},
    "sequence": {"signal": DataInput.of(12, 3)},
    "image": {"photo": DataInput.of(9, 8, 2)},
    "tokens": {"review": DataInput.of(10, num_words=20)},
}


def whole(low: int, high: int) -> st.SearchStrategy[Any]:
    """A number, a range or a choice."""
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    return st.one_of(
        number,
        pair.map(lambda ends: {"type": "int", "low": ends[0], "high": ends[1], "log": low > 0}),
        st.lists(number, min_size=1, max_size=3, unique=True).map(lambda choices: {"choices": choices}),
    )


def word(*words: object) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(words),
        st.lists(st.sampled_from(words), min_size=1, unique=True).map(lambda choices: {"choices": choices}),
    )


def layer(kind: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Form]:
    return st.fixed_dictionaries({"layer": st.just(kind), **arguments})


rate = st.one_of(st.floats(0, 0.9), st.just({"type": "float", "low": 0.1, "high": 0.5}))
activation = word("relu", "tanh", None)
ELEMENTWISE = [
    layer("Dropout", rate=rate),
    layer("Activation", activation=word("gelu", "elu")),
    layer("BatchNormalization"),
    layer("LayerNormalization"),
    layer("GroupNormalization", groups=whole(1, 8)),
    layer("GaussianNoise", stddev=rate),
]
KEEPING = {
    "vector": [layer("Dense", units=whole(1, 12), activation=activation), *ELEMENTWISE],
    "sequence": [
        layer("Conv1D", filters=whole(1, 6), kernel_size=whole(1, 3), padding=st.just("same"), strides=whole(1, 2)),
        layer(
            "SeparableConv1D", filters=whole(1, 6), kernel_size=whole(1, 3), padding=st.just("causal") | st.just("same")
        ).filter(lambda form: form["padding"] == "same"),
        layer("MaxPooling1D", pool_size=whole(1, 2), padding=st.just("same")),
        layer("LSTM", units=whole(1, 4), bidirectional=word(True, False), return_sequences=st.just(True)),
        layer("MultiHeadAttention", num_heads=whole(1, 2), key_dim=whole(1, 4)),
        layer("SpatialDropout1D", rate=rate),
        *ELEMENTWISE,
    ],
    "image": [
        layer("Conv2D", filters=whole(1, 6), kernel_size=whole(1, 3), padding=st.just("same"), strides=whole(1, 2)),
        layer("DepthwiseConv2D", kernel_size=whole(1, 3), padding=st.just("same"), depth_multiplier=whole(1, 2)),
        layer("AveragePooling2D", pool_size=whole(1, 2), padding=st.just("same")),
        layer("ZeroPadding2D", padding=whole(0, 2)),
        layer("RandomFlip", mode=st.just("horizontal")),
        *ELEMENTWISE,
    ],
}
ENDING = {
    "sequence": [
        layer("GRU", units=whole(1, 4), bidirectional=word(True, False)),
        layer("GlobalMaxPooling1D"),
        layer("Flatten"),
        layer("Dense", units=whole(1, 8)),
    ],
    "image": [layer("GlobalAveragePooling2D"), layer("Flatten"), layer("Dense", units=whole(1, 8))],
    "vector": [layer("Dense", units=whole(1, 8))],
}


def chains(kind: str, depth: int = 2) -> st.SearchStrategy[list[Form]]:
    """Blocks that leave the kind of data as it is."""
    plain = st.one_of(KEEPING[kind])
    if not depth:
        return st.lists(plain, max_size=2)
    inner = chains(kind, depth - 1)
    residual = {"vector": ("add", "concatenate"), "sequence": ("concatenate",), "image": ("average",)}[kind]
    # Strides would give the branches different lengths.
    same_size = st.lists(st.one_of(ELEMENTWISE), max_size=2) if kind != "vector" else inner
    block = st.one_of(
        plain,
        st.builds(lambda count, chain: {"repeat": count, "layers": chain}, whole(1, 3), inner),
        st.builds(
            lambda name, chains: {"choice": name, "of": dict(zip("ab", chains, strict=True))},
            st.uuids().map(lambda each: f"c{each.hex[:12]}"),
            st.tuples(inner, inner),
        ),
        st.builds(
            lambda chain, merge: {"branches": {"skip": [], "main": chain}, "merge": merge},
            same_size,
            word(*residual),
        ),
    )
    return st.lists(block, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Form, dict[str, DataInput]]:
    """A document, and data that suits it."""
    kind = draw(st.sampled_from(list(INPUTS)))
    start: list[Form] = []
    inner = kind
    if kind == "tokens":
        inner = "sequence"
        start = [{"layer": "Embedding", "output_dim": draw(whole(1, 6))}] if draw(st.booleans()) else []
    chain = [*start, *draw(chains(inner))]
    if draw(st.booleans()):
        chain += [draw(st.one_of(ENDING[inner])), *draw(chains("vector", 0))]
    return {"version": 1, "layers": chain}, INPUTS[kind]
