"""Layers that go along a whole sequence, and the one that makes a sequence of a text."""

from __future__ import annotations

from tuner.architecture.layers.block import Block, FlagValue, NumberValue, WholeValue, WordValue, layer


def LSTM(
    units: WholeValue,
    *,
    bidirectional: FlagValue = False,
    return_sequences: FlagValue | None = None,
    activation: WordValue = "tanh",
    recurrent_activation: WordValue = "sigmoid",
    use_bias: FlagValue = True,
    dropout: NumberValue = 0.0,
    recurrent_dropout: NumberValue = 0.0,
    name: str | None = None,
) -> Block:
    """Long short-term memory, along a sequence.

    Args:
        units: Width of its output.
        bidirectional: Whether to go both ways; doubles the width.
        return_sequences: Whether to return all steps, not the last alone; as the next layer needs if None.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        recurrent_activation: Function of the gates.
        use_bias: Whether to add a learned number.
        dropout: Share of the inputs that is left out.
        recurrent_dropout: Share of the state that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer(
        "LSTM",
        name,
        units=units,
        bidirectional=bidirectional,
        return_sequences=return_sequences,
        activation=activation,
        recurrent_activation=recurrent_activation,
        use_bias=use_bias,
        dropout=dropout,
        recurrent_dropout=recurrent_dropout,
    )


def GRU(
    units: WholeValue,
    *,
    bidirectional: FlagValue = False,
    return_sequences: FlagValue | None = None,
    activation: WordValue = "tanh",
    recurrent_activation: WordValue = "sigmoid",
    use_bias: FlagValue = True,
    dropout: NumberValue = 0.0,
    recurrent_dropout: NumberValue = 0.0,
    name: str | None = None,
) -> Block:
    """Gated recurrent units, along a sequence.

    Args:
        units: Width of its output.
        bidirectional: Whether to go both ways; doubles the width.
        return_sequences: Whether to return all steps, not the last alone; as the next layer needs if None.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        recurrent_activation: Function of the gates.
        use_bias: Whether to add a learned number.
        dropout: Share of the inputs that is left out.
        recurrent_dropout: Share of the state that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer(
        "GRU",
        name,
        units=units,
        bidirectional=bidirectional,
        return_sequences=return_sequences,
        activation=activation,
        recurrent_activation=recurrent_activation,
        use_bias=use_bias,
        dropout=dropout,
        recurrent_dropout=recurrent_dropout,
    )


def SimpleRNN(
    units: WholeValue,
    *,
    bidirectional: FlagValue = False,
    return_sequences: FlagValue | None = None,
    activation: WordValue = "tanh",
    use_bias: FlagValue = True,
    dropout: NumberValue = 0.0,
    recurrent_dropout: NumberValue = 0.0,
    name: str | None = None,
) -> Block:
    """Recurrent units without gates, along a sequence.

    Args:
        units: Width of its output.
        bidirectional: Whether to go both ways; doubles the width.
        return_sequences: Whether to return all steps, not the last alone; as the next layer needs if None.
        activation: Function of each number: ``relu``, ``gelu``, ``silu``, ``tanh``, ...; none if None.
        use_bias: Whether to add a learned number.
        dropout: Share of the inputs that is left out.
        recurrent_dropout: Share of the state that is left out.
        name: Names its output, for branches that start from it.
    """
    return layer(
        "SimpleRNN",
        name,
        units=units,
        bidirectional=bidirectional,
        return_sequences=return_sequences,
        activation=activation,
        use_bias=use_bias,
        dropout=dropout,
        recurrent_dropout=recurrent_dropout,
    )


def MultiHeadAttention(
    num_heads: WholeValue,
    key_dim: WholeValue,
    *,
    dropout: NumberValue = 0.0,
    use_bias: FlagValue = True,
    name: str | None = None,
) -> Block:
    """Each step of a sequence looks at all others.

    Args:
        num_heads: How many things each step looks for.
        key_dim: Length of the vectors that are compared.
        dropout: Share of the inputs that is left out.
        use_bias: Whether to add a learned number.
        name: Names its output, for branches that start from it.
    """
    return layer("MultiHeadAttention", name, num_heads=num_heads, key_dim=key_dim, dropout=dropout, use_bias=use_bias)


def Embedding(output_dim: WholeValue, *, name: str | None = None) -> Block:
    """A learned vector for each word of a text.

    Args:
        output_dim: Length of a word's vector.
        name: Names its output, for branches that start from it.
    """
    return layer("Embedding", name, output_dim=output_dim)
