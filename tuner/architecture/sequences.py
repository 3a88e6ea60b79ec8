"""Layers that go along a whole sequence, and the one that makes a sequence of a text."""

from __future__ import annotations

from tuner.architecture.arguments import (
    MAX_UNITS,
    Argument,
    Arguments,
    Flag,
    Real,
    Whole,
    Word,
    length_of,
    possible,
)
from tuner.architecture.dimensions import Length, Shape, either
from tuner.architecture.layer_kind import LayerKind, Takes, bias, last, most

_ACTIVATION = Word(("tanh", "relu", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "gelu", "linear"), "tanh")
_GATE = Word(("sigmoid", "hard_sigmoid", "tanh"), "sigmoid")
_RATE = Real(0.0, 0.95, 0.0)


def _recurrent(name: str, about: str, *, gates: int, biases: int = 1) -> LayerKind:
    def weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
        units = most(arguments, "units")
        one_way = gates * ((entering[-1].high + units) * units + biases * bias(arguments, units))
        return one_way * max(map(_ways, possible(arguments["bidirectional"])))

    own: dict[str, Argument] = {
        "units": Whole(1, MAX_UNITS, is_required=True),
        "bidirectional": Flag(False),
        # None: whatever the next layer needs.
        "return_sequences": Flag(None),
        "activation": _ACTIVATION,
    }
    gate: dict[str, Argument] = {"recurrent_activation": _GATE} if gates > 1 else {}
    tail: dict[str, Argument] = {"use_bias": Flag(True), "dropout": _RATE, "recurrent_dropout": _RATE}
    return LayerKind(name, about, own | gate | tail, Takes.SEQUENCE, _along, weights, is_recurrent=True)


def _ways(is_bidirectional: object) -> int:
    return 2 if is_bidirectional else 1


def _along(arguments: Arguments, entering: Shape) -> Shape:
    """The shape with all steps; whoever asks decides whether to keep them."""
    units = length_of(arguments["units"])
    widths = [
        (Length.between(ways * units.low, ways * units.high, units.key if ways == 1 else ("both ways", units.key)),)
        for ways in map(_ways, possible(arguments["bidirectional"]))
    ]
    return (*entering[:-1], *either(widths))


def _attention_weights(arguments: Arguments, entering: Shape, leaving: Shape) -> int:
    width, inside = entering[-1].high, most(arguments, "num_heads") * most(arguments, "key_dim")
    return 4 * width * inside + bias(arguments, 3 * inside + width)


SEQUENCE_KINDS = (
    _recurrent("LSTM", "Long short-term memory, along a sequence.", gates=4),
    _recurrent("GRU", "Gated recurrent units, along a sequence.", gates=3, biases=2),
    _recurrent("SimpleRNN", "Recurrent units without gates, along a sequence.", gates=1),
    LayerKind(
        "MultiHeadAttention",
        "Each step of a sequence looks at all others.",
        {
            "num_heads": Whole(1, 64, is_required=True),
            "key_dim": Whole(1, 512, is_required=True),
            "dropout": _RATE,
            "use_bias": Flag(True),
        },
        Takes.SEQUENCE,
        weights=_attention_weights,
        scores=lambda arguments, entering: most(arguments, "num_heads") * entering[0].high ** 2,
    ),
    LayerKind(
        "Embedding",
        "A learned vector for each word of a text.",
        {"output_dim": Whole(1, MAX_UNITS, is_required=True)},
        Takes.TOKENS,
        lambda arguments, entering: (*entering, last(arguments, "output_dim")),
        # The reader of the data knows how many words there are, and puts that in.
        lambda arguments, entering, leaving: most(arguments, "input_dim") * most(arguments, "output_dim"),
    ),
)
